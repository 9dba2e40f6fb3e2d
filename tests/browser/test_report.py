"""The report on a class, as a teacher uses it: filter, sort, a phone, the dark, paper."""

import pytest
from test_marks import TASKS, handed_in, outcome

from bpcourse.classroom import report

MISTAKES = {"bp1": ["a plus", "", "a plus"], "bp2": ["", "no transpose", "a sum"]}


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    """The report on three students, as a file."""
    class_ = handed_in("ada.py", "bea.py", "cem.py")
    came = [
        outcome(each.name, "wrong" if MISTAKES[task.name][k] else "right", equation=task.name,
                title=MISTAKES[task.name][k])
        for k, each in enumerate(class_)
        for task in TASKS
    ]  # fmt: skip
    sheet = [t.name for t in TASKS], [[e.name[:3], str(k), ""] for k, e in enumerate(class_)]
    more = {"sheet": sheet, "code": {"ada.py": "def bp1(): ..."}, "notices": {"Not judged": "x"}}
    place = tmp_path_factory.mktemp("report")
    return report.write_report(place / "week", came, {"Seed": "7"}, **more)[1].as_uri()


@pytest.fixture
def page(browser, address):
    """The report on a desk; at the end it has written nothing to the console."""
    context = browser.new_context(viewport={"width": 1200, "height": 800})
    page, said = context.new_page(), []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(address)
    yield page
    context.close()
    assert not said, said


def shown(page, selector):
    return [each.inner_text() for each in page.locator(selector).all() if each.is_visible()]


def test_a_question_leaves_its_column_and_its_mistakes(page):
    page.select_option("#question", "bp1")
    assert shown(page, "#marks th button") == ["name", "bp1", "points", "late"]
    free = page.locator("#mistake option:not([disabled])").all_inner_texts()
    assert free == ["any", "BP1: a plus"], "the mistake of another question can be chosen"
    assert not [text for text in shown(page, ".one .badge") if text.startswith("bp2")]
    page.select_option("#mistake", "BP1: a plus")
    assert shown(page, "#marks tbody th") == ["ada", "cem"]
    assert shown(page, ".one .name") == ["ada", "cem"], "the list below is filtered alike"
    page.select_option("#question", "bp2")
    assert page.input_value("#mistake") == "", "nobody makes this mistake here"


def test_a_heading_sorts_by_keyboard_too(page):
    page.locator("#marks th button", has_text="points").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    assert shown(page, "#marks tbody th") == ["cem", "bea", "ada"]


def test_a_name_leads_to_what_was_said_and_to_the_code(page):
    page.locator("#marks a", has_text="ada").click()
    assert page.locator("details.one[open] .name").inner_text() == "ada"
    page.get_by_text("The code (1 line)").click()
    assert page.get_by_text("def bp1(): ...").is_visible()


def test_paper_says_who_made_which_mistake(page):
    page.emulate_media(media="print")
    assert shown(page, ".mistakes td a") == ["ada", "cem", "cem", "bea"], "who is missing"
    assert "BP1: a plus" in shown(page, "#marks td small"), "the table says only right or wrong"
    assert not shown(page, ".every, .choose"), "what can't be used on paper"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_report_is_accessible_and_fits_a_phone(page, findings, scheme):
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": 360, "height": 700})
    wide = page.evaluate("document.documentElement.scrollWidth > window.innerWidth")
    assert not wide, "the page scrolls sideways"
    assert findings(page) == []
