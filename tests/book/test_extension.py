"""The Sphinx extension shows what it should: tested on text, the rest is seen in the built book."""

import sys

import pytest
from book_pages import BOOK, cells, notebooks

import bpcourse as bp

sys.path.insert(0, str(BOOK / "_ext"))
bpbook = pytest.importorskip("bpbook")
questions = pytest.importorskip("questions")
accessible = pytest.importorskip("accessible")
together = pytest.importorskip("together")
drills = pytest.importorskip("drills")


def test_listings_do_without_the_books_plumbing():
    code = "import numpy as np\nfrom myst_nb import glue\n\nx = 1\nglue(\n 'x', f'{x}'\n)\nprint(x)"
    assert bpbook.without_plumbing(code) == "import numpy as np\n\nx = 1\nprint(x)"


def test_what_only_looks_like_plumbing_stays():
    code = "unglue(3)\nfor x in y:\n    glue('x', x)  # in a loop it is part of the idea"
    assert bpbook.without_plumbing(code) == code
    assert bpbook.without_plumbing("%timeit x") == "%timeit x", "what is no Python is left alone"


@pytest.mark.parametrize(
    ("text", "number", "tolerance"),
    [
        ("0.125", 0.125, 0.0005),
        ("about −3", -3.0, 0.0),
        ("1,024 weights", 1024.0, 0.0),
        ("1.5e-3", 0.0015, 0.00005),
        ("any other number", None, 0.0),
        ("2 or 3", None, 0.0),
    ],
)
def test_a_number_is_as_exact_as_it_is_printed(text, number, tolerance):
    found, within = questions.number_in(text)
    assert found == number, "the number that stands in the answer"
    assert within == pytest.approx(tolerance), "half a unit of the last digit; a count is exact"


def test_steps_are_never_shown_in_their_order():
    for k in range(100):
        order = questions.shuffled(3, f"q-{k}")
        assert sorted(order) == [0, 1, 2], "a step is lost"
        assert order != [0, 1, 2], "the question is answered before it is asked"


def test_a_button_of_the_contents_says_what_it_unfolds():
    markup = '<a href="api.html">The package,\n name by name</a><details><summary><i></i></summary>'
    named = accessible.name_buttons(markup)
    assert 'aria-label="Pages of: The package, name by name"' in named
    assert accessible.name_buttons("<p>no button</p>") == "<p>no button</p>"


def test_a_formula_keeps_what_touches_it():
    formula = '<span class="math notranslate nohighlight">\\(3x^2\\)</span>'
    kept = together.formulas(f"<p>({formula}, so {formula}th and {formula} alone</p>")
    assert f'<span class="bp-together">({formula},</span> so' in kept, "bracket and comma"
    assert f'<span class="bp-together">{formula}th</span>' in kept, "letters"
    assert f"and {formula} alone" in kept, "a formula between spaces needs nothing"


def test_an_option_keeps_its_dashes():
    markup = (
        '<code><span class="pre">--export</span></code><pre>x<i class="w"> </i>-m y --a-b=1</pre>'
    )
    kept = together.options(markup)
    for option in ("--export", "-m", "--a-b"):
        assert f'<span class="bp-together">{option}</span>' in kept, option
    for other in (
        "<p>x --export</p>",
        "<code>a-b i--j</code>",
        '<pre><i data-x="a -b">c</i></pre>',
    ):
        assert together.options(other) == other, "this is no option in code"


def test_an_exercise_shows_the_numbers_of_its_drills():
    check = (
        "print(bp.drills.softmax(1).check(a))\nbp.drills.compare(b, {})\nbp.drills.bp4(2).check(c)"
    )
    assert drills.drills_in(check) == [str(bp.drills.softmax(1)), str(bp.drills.bp4(2))]
    assert drills.drills_in("bp.drills.compare(b, {'b': 1})") == [], "nothing is drawn there"


def test_a_figure_that_moves_has_words_for_it_in_its_caption():
    """Where it stands still, they are left out, and it is said that the pages move it."""
    for path in notebooks():
        for cell in cells(path):
            svg = "".join("".join(o.get("data", {}).get("image/svg+xml", "")) for o in cell.outputs)
            if "data-live=" in svg:
                caption = cell.metadata["mystnb"]["figure"]["caption"]
                assert "]{.moving}" in caption, f"{cell.place}: {caption}"
