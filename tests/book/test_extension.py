"""The Sphinx extension shows what it should: tested on text, the rest is seen in the built book."""

import sys

import pytest
from book_pages import BOOK

sys.path.insert(0, str(BOOK / "_ext"))
bpbook = pytest.importorskip("bpbook")


def test_listings_do_without_the_books_plumbing():
    code = "import numpy as np\nfrom myst_nb import glue\n\nx = 1\nglue(\n 'x', f'{x}'\n)\nprint(x)"
    assert bpbook.without_plumbing(code) == "import numpy as np\n\nx = 1\nprint(x)"


def test_what_only_looks_like_plumbing_stays():
    code = "unglue(3)\nfor x in y:\n    glue('x', x)  # in a loop it is part of the idea"
    assert bpbook.without_plumbing(code) == code
    assert bpbook.without_plumbing("%timeit x") == "%timeit x", "what is no Python is left alone"
