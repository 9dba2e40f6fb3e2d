"""Python in the pages of the built book: run, edited, stopped, judged, on a server and on a disk.

Each start of Python takes seconds of processor time, so one page goes through several things.
"""

import json

import pytest

SLOW = 90_000  # milliseconds; on a busy machine Python starts slowly
AGREED = "localStorage.setItem('bpcourse-python', 'true')"


@pytest.fixture
def open_page(visit, book):
    """Open a page that can run Python: ``open_page("book/proofs.html")``."""
    if not (book / "_static" / "python" / "core-1.js").exists():
        pytest.skip("the book was built without Pyodide's files: its pages have no Run buttons")

    def open_it(path, **options):
        page = visit(path, **options)
        page.set_default_timeout(SLOW)
        return page

    return open_it


def cell_with(page, text):
    """Return the first cell whose listing holds a text."""
    return page.locator("div.cell:has(.bp-bar)").filter(has_text=text).first


def press(place, name):
    """Press a button by its name."""
    place.get_by_role("button", name=name, exact=True).click()


def wait_until_ready(page):
    """Wait until Python has nothing to do."""
    page.wait_for_function("document.querySelector('.bp-strip').textContent.includes('is ready')")


def write(cell, code):
    """Put code into a cell's editor, which opens if it has to."""
    if not cell.locator("textarea").count():
        press(cell, "Edit")
    cell.locator("textarea").fill(code)


def test_a_cell_is_run_edited_stopped_and_run_again(open_page, findings):
    page = open_page("book/computational-graphs.html")
    cells = page.locator("div.cell:has(.bp-bar:visible)")
    first, second = cells.nth(0), cells.nth(1)
    assert "MB" not in page.inner_text("article"), "nothing is said before it is asked for"
    loaded = [url for url in page.asked if "/python/" in url]
    assert all(url.split("?")[0].endswith(("page.js", "python.css")) for url in loaded), loaded

    press(second, "Run")
    assert "MB" in page.locator(".bp-ask").inner_text(), "its size is said before it is loaded"
    press(page.locator(".bp-ask"), "Load and run")
    second.locator(".bp-result").wait_for()
    wait_until_ready(page)
    assert not second.locator(".bp-error").count(), second.inner_text()

    # By keyboard: the cell before, edited, is what the second one finds.
    press(first, "Edit")
    code = first.locator("textarea").input_value()  # a figure between the two needs its names
    write(first, f"{code}\nedited = 40 + 2")
    first.locator("textarea").press("Shift+Enter")
    first.locator(".bp-result").wait_for()
    wait_until_ready(page)
    write(second, "print('it is', edited)\n1 / 0")
    second.locator("textarea").press("Control+Enter")
    second.locator(".bp-error").wait_for()
    said = second.locator(".bp-result").inner_text()
    assert "it is 42" in said, said
    assert "Line 2" in said and "ZeroDivisionError" in said and "runner" not in said, said
    assert findings(page, "div.cell:has(.bp-error)") == []

    write(second, "print('begun', flush=True)\nwhile True:\n    pass")
    press(second, "Run")
    second.locator(".bp-result").get_by_text("begun").wait_for()
    press(page.locator(".bp-strip"), "Stop")
    assert "lost" in page.locator(".bp-strip").inner_text()
    assert "Stopped" in second.locator(".bp-result").inner_text()

    # After a stop Python is new: the cells above run again, as they are now, before this one.
    write(second, "print('again', edited)")
    press(second, "Run all above")
    second.locator(".bp-result").get_by_text("again 42").wait_for()
    wait_until_ready(page)
    press(second, "Reset")
    assert not second.locator(".bp-result, textarea").count(), "reset brings the book's own back"
    press(page.locator(".bp-strip"), "Restart")
    assert "no names" in page.locator(".bp-strip").inner_text()


TEXTS = "svg => [...svg.querySelectorAll('text')].map(each => each.textContent)"


def test_from_a_disk_a_figure_is_drawn_and_an_exercise_answered(open_page, book, findings):
    page = open_page("book/four-equations.html", address=book.as_uri())
    page.evaluate(AGREED)
    cell = page.locator("div.cell.tag_hide-input:has(.bp-bar):has(svg.bp-figure)").first
    stored = cell.locator("svg.bp-figure").first.evaluate(TEXTS)
    cell.locator("summary").first.click()
    press(cell, "Run")
    drawn = cell.locator(".bp-result svg.bp-figure")
    drawn.wait_for(state="attached")
    wait_until_ready(page)
    assert drawn.evaluate(TEXTS) == stored, "the figure has other words than the book's"
    assert drawn.get_attribute("aria-label"), "a drawing has its words"
    assert cell.locator("figcaption").is_visible(), "the caption stays"

    answer = page.locator(".bp-answer[data-exercise='ex-four-equations-hunt']")
    press(answer, "Check")
    verdict = answer.locator(".bp-judgement")
    verdict.wait_for()
    assert verdict.get_attribute("data-equations") == "bp3"
    assert verdict.locator("li").count() == 0, "no hint before it is asked for"
    press(verdict, "First hint")
    press(verdict, "Next hint")
    assert verdict.locator("li").count() == 2
    assert findings(page, ".bp-answer") == []
    assert not page.locator(".bd-sidebar-primary .bp-done").count()

    code = answer.locator("textarea").input_value()
    answer.locator("textarea").fill(code.replace("delta.sum(", "delta.mean("))
    press(answer, "Check")
    answer.locator(".bp-judgement.bp-right").wait_for()

    page.reload()
    answer = page.locator(".bp-answer[data-exercise='ex-four-equations-hunt']")
    assert "✓ right" in answer.inner_text(), "a reload forgot it"
    assert "delta.mean(" in answer.locator("textarea").input_value()
    mark = page.locator(".bd-sidebar-primary li:has(.bp-done)").inner_text()
    assert "The four fundamental equations 1/" in mark, mark

    page.goto(page.url.replace("four-equations", "intro"))
    progress = page.locator("#bp-progress")
    assert "The four fundamental equations" in progress.inner_text()
    with page.expect_download() as download:
        press(progress, "Save to a file")
    saved = json.loads(download.value.path().read_text(encoding="utf-8"))
    assert saved["four-equations"]["ex-four-equations-hunt"]["right"] is True
    page.on("dialog", lambda dialog: dialog.accept())
    press(progress, "Erase")
    assert not progress.is_visible() and not page.locator(".bp-done").count()
    # The theme's icon font can't be preloaded from a disk; each page says so, and does without.
    page.said[:] = [text for text in page.said if "fontawesome" not in text]
    page.said[:] = [
        text for text in page.said if text != "Failed to load resource: net::ERR_FAILED"
    ]


def test_numbers_are_checked_in_words_and_results_stay_until_new_ones_come(open_page, findings):
    page = open_page("book/one-weight.html", width=390, height=844)
    page.evaluate(AGREED)
    answer = page.locator(".bp-answer[data-exercise='ex-one-weight-1']")
    field = answer.locator("textarea")
    assert "# sum of squares, slope" in field.input_value(), "which number goes where?"
    heads = {
        None: "… Still to be found: sum of squares, slope.",
        "answer = [5, 10]": "Not right yet: slope (you have 10).",
        "[5 -10]": "! Your answer has 1 number, want 2",
        "5, -10": "✓ Right: sum of squares, slope.",
    }
    for code, said in heads.items():
        if code:
            field.fill(code)
        press(answer, "Check")
        answer.locator(".bp-headline").get_by_text(said).wait_for()
        assert "Wrong" not in answer.inner_text()
    assert answer.locator(".bp-judgement").inner_text().count("Right") == 1
    assert findings(page, ".bp-answer") == []
    assert not page.locator("#pst-back-to-top").is_visible(), "it would lie on what is said"

    hunt = page.locator(".bp-same-ex-one-weight-bug .cell_input")
    assert hunt.count() == 1 and not hunt.is_visible(), "its listing stands in the field already"

    cell = page.locator("div.cell:has(.bp-bar)").first
    write(cell, "import time\ntime.sleep(2)\nprint('new')")
    old = cell.locator(".cell_output").first
    press(cell, "Run")
    page.locator(".bp-running").wait_for(state="attached")
    assert "outputs" in old.inner_text() and old.is_visible(), "the old result went too early"
    cell.locator(".bp-result").get_by_text("new").wait_for()
    assert not page.locator(".bp-running").count()
    assert "outputs" not in cell.locator(".bp-result").inner_text()


def test_the_clinic_tells_right_programs_from_wrong_ones(open_page, findings):
    page = open_page("book/clinic.html#example=step-inside", width=390, height=844)
    page.evaluate(AGREED)
    menu, clinic = page.get_by_label("An example to begin with"), page.locator("#bp-clinic")
    assert menu.input_value() == "step-inside", "the link names an example"
    for name, equations in (("step-inside", "bp2"), ("two-mistakes", "bp1 bp3"), ("right", "")):
        menu.select_option(name)
        press(clinic, "Diagnose")
        verdict = clinic.locator(".bp-judgement")
        verdict.wait_for()
        wait_until_ready(page)
        assert verdict.get_attribute("data-equations") == equations, verdict.inner_text()
        assert verdict.locator("svg").count() == 1, "the network shows where"
        assert ("✓ Right" if name == "right" else "✗ Wrong") in verdict.inner_text()
    assert page.url.endswith("#example=right")

    clinic.locator("textarea").fill("def backprop(weights, biases, x, y)\n    pass")
    press(clinic, "Diagnose")
    clinic.locator(".bp-judgement.bp-cannot-run").wait_for()
    assert "line 1" in clinic.locator(".bp-judgement").inner_text()
    assert findings(page, "article") == []
    wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    assert wide <= 0, f"the clinic is {wide} pixels wider than a phone"


def test_what_every_page_loads_for_it_is_small(open_page, book):
    import gzip

    folder = book / "_static" / "python"
    size = sum(
        len(gzip.compress((folder / name).read_bytes())) for name in ("page.js", "python.css")
    )
    assert size < 40_000, f"{size} bytes, compressed, before anything is started"
