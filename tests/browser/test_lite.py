"""A chapter in JupyterLite, beside the book: run from its menu, offline, to a checked exercise."""

import pytest

CHAPTER = "chain-rule"
MINUTES_4 = 240_000


@pytest.fixture
def lab(browser, site, book):
    """JupyterLite, opened from the menu of a chapter, and what it asked other hosts for."""
    if not (book / "lite").exists():
        pytest.skip("there is no JupyterLite beside the book: make lite")
    context = browser.new_context(viewport={"width": 1300, "height": 1000})
    page = context.new_page()
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{site}/book/{CHAPTER}.html")
    address = page.get_attribute(".btn-launch-lite-button", "href")
    page.goto(f"{site}/book/{address}")
    yield page
    elsewhere = [url for url in asked if not url.startswith((site, "data:", "blob:"))]
    context.close()
    assert not elsewhere, f"JupyterLite asked another host: {elsewhere}"


def test_a_chapter_runs_in_jupyterlite(lab):
    lab.set_default_timeout(MINUTES_4)
    lab.wait_for_selector(".jp-NotebookPanel .jp-Cell")
    lab.click("text=Run >> nth=0")
    lab.click("text=Run All Cells >> nth=0")
    lab.wait_for_selector(".jp-OutputArea-output >> text=Still to be found")
    said = lab.evaluate("document.querySelector('.jp-NotebookPanel').innerText")
    assert "ModuleNotFoundError" not in said, "the first cell did not find the package"
    assert "Traceback" not in said
