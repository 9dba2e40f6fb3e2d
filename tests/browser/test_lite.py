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
    lab.wait_for_selector(".jp-Notebook-ExecutionIndicator[data-status=idle]", state="attached")
    lab.click('.lm-MenuBar-item:has-text("Run")')
    lab.click('.lm-Menu-item:has-text("Run All Cells")')
    said = ""
    for _ in range(24):  # four minutes and more
        if "Still to be found: du/dx" in said:
            break
        lab.wait_for_timeout(5000)
        said = whole_text(lab)
    assert "Still to be found: du/dx" in said, "the check of an exercise did not answer"
    assert "Traceback" not in said, "a cell failed"


def whole_text(lab):
    """Return what the notebook shows, from top to end: only what is in view is in the page."""
    shown = []
    for part in range(0, 101, 4):
        lab.evaluate(
            """part => {
              const all = document.querySelector(".jp-WindowedPanel-outer");
              all.scrollTop = part / 100 * all.scrollHeight;
            }""",
            part,
        )
        lab.wait_for_timeout(200)
        shown.append(lab.evaluate("document.querySelector('.jp-NotebookPanel').innerText"))
    return "\n".join(shown)
