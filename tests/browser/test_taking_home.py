"""A notebook that is taken from a page knows where it comes from, and its first cell works."""

import json
import re
from pathlib import Path


def test_a_notebook_knows_the_address_of_its_book(visit, site):
    page = visit("book/chain-rule.html")
    page.click(".dropdown-download-buttons button")
    with page.expect_download() as download:
        page.click(".btn-download-learner-button")
    assert download.value.suggested_filename == "chain-rule.ipynb"
    notebook = json.loads(Path(download.value.path()).read_text(encoding="utf-8"))
    first = "".join(notebook["cells"][2]["source"])
    assert f'book = "{site}"' in first, "the first cell can't fetch the package"
    wheel = re.search(r'wheel = "(.*?)"', first)[1]
    assert page.request.get(f"{site}/downloads/{wheel}").ok, "the package is not where it says"
