"""Questions answered in a real browser: by pointer and keyboard, without scripts, on paper."""

import pytest

# Pages with few formulas that have questions of all four kinds.
CHOICES, NUMBER = "book/attention.html", "book/learning-speed.html"
# What a finger has to hit.
TARGETS = ".bp-choice > label, .bp-question button, .bp-answers > summary"
SMALL = f"""[...document.querySelectorAll("{TARGETS}")]
  .filter(each => each.checkVisibility() && each.getBoundingClientRect().height < 40)
  .map(each => each.outerHTML.slice(0, 80))"""
# What does not reach the paper.
LOST = """[...document.querySelectorAll(".bp-question .bp-reply")].filter(
  each => !each.checkVisibility({contentVisibilityAuto: true}) || !each.offsetHeight
).length"""


def box(page, kind):
    """Return the first question of a kind."""
    return page.locator(f".bp-question[data-kind={kind}]").first


def said(question):
    """Return the visible replies to the answers of a question."""
    replies = question.locator(".bp-reply").all()
    return [each.inner_text() for each in replies if each.is_visible()]


def test_a_choice_by_pointer(visit):
    question = box(visit(CHOICES), "single")
    assert said(question) == [], "a question starts without an answer"
    question.locator(".wrong > label").first.click()
    [reply] = said(question)
    assert reply.startswith("No."), "the verdict comes first"
    question.locator(".right > label").click()
    [reply] = said(question)
    assert reply.startswith("Right."), "one reply at a time, that of the last answer"


def test_a_choice_by_keyboard_waits_for_the_answer(visit):
    page = visit(CHOICES)
    question = box(page, "single")
    question.locator("input").first.focus()
    page.keyboard.press("Space")
    assert len(said(question)) == 1, "Space answers"
    page.keyboard.press("ArrowDown")
    assert question.locator("input").nth(1).is_checked(), "the arrow goes to the next answer"
    assert said(question) == [], "who passes an answer by has not given it"
    page.keyboard.press("Enter")
    assert len(said(question)) == 1, "Enter answers"


def test_several_answers_say_whether_they_are_all(visit):
    page = visit(CHOICES)
    question = box(page, "multiple")
    more, done = question.locator(".bp-more"), question.locator(".bp-all")
    right = question.locator(".right > input").all()
    right[0].focus()
    page.keyboard.press("Space")
    assert more.is_visible() and not done.is_visible(), "one of several"
    for field in right[1:]:
        field.check()
    assert done.is_visible() and not more.is_visible(), "all that hold"
    question.locator(".wrong > input").first.check()
    assert not done.is_visible() and not more.is_visible(), "a wrong one speaks for itself"
    assert len(said(question)) == len(right) + 1, "each marked answer has its reply"


def test_a_number_in_several_spellings(visit):
    page = visit(NUMBER)
    question = box(page, "number")
    field, reply = question.locator("input"), question.locator(".bp-said")
    for text, verdict in (
        ("0.667", "Right."), ("2/3", "Right."), (" 0,66 ", "Right."), ("66.7e-2", "Right."),
        ("0.5", "No."), ("1", "No."), ("−7", "No."), ("0.9", "No."),
        ("two", "Please write a number"), ("", "Please write a number"), ("1/", "Please"),
    ):  # fmt: skip
        field.fill(text)
        page.keyboard.press("Enter")
        assert reply.inner_text().startswith(verdict), f"{text!r} was read as something else"
    field.fill("1")
    question.locator(".bp-check").click()
    own = reply.inner_text()
    field.fill("0.9")
    question.locator(".bp-check").click()
    assert own != reply.inner_text(), "a known mistake has a reply of its own"


def test_an_order_by_keyboard(visit):
    page = visit(CHOICES)
    question = box(page, "order")
    steps, reply = question.locator(".bp-steps > li"), question.locator(".bp-said")
    question.locator(".bp-check").click()
    assert "Too early" in reply.inner_text(), "the steps are not shown in their order"
    for place in range(steps.count()):
        wanted = question.locator(f".bp-steps > [data-step='{place}']")
        while wanted.evaluate("step => [...step.parentElement.children].indexOf(step)") > place:
            wanted.get_by_role("button", name="Up").focus()
            page.keyboard.press("Enter")
            assert page.evaluate("document.activeElement.ariaLabel") == "Up", "the focus stays"
    assert "Now in place" in reply.inner_text(), "a step that moves says where it is"
    question.locator(".bp-check").click()
    assert reply.inner_text().startswith("Right."), "every step in its place"


def test_without_scripts_choices_answer_and_the_rest_can_be_read(visit):
    page = visit(CHOICES, java_script_enabled=False)
    question = box(page, "single")
    question.locator(".right > label").click()
    assert len(said(question)) == 1, "a choice needs no script"
    order = box(page, "order")
    assert not order.locator("button").first.is_visible(), "no button that does nothing"
    order.locator("summary").click()
    assert order.locator(".bp-closing").is_visible(), "the right order can be unfolded"


def test_on_paper_every_answer_has_its_reply(visit):
    page = visit(CHOICES)
    page.emulate_media(media="print")
    assert page.evaluate(LOST) == 0, "a reply does not reach the paper"
    buttons = page.locator(".bp-question button").all()
    assert not any(each.is_visible() for each in buttons), "nothing to press on paper"


def test_a_page_from_the_disk_judges_too(browser, book):
    page = browser.new_context().new_page()
    page.goto((book / NUMBER).as_uri())
    question = box(page, "number")
    question.locator("input").fill("2/3")
    question.locator(".bp-check").click()
    assert "Right." in question.locator(".bp-said").inner_text(), "the script needs a server"
    page.context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_open_replies_are_accessible(visit, findings, scheme):
    page = visit(CHOICES, width=390, height=844, scheme=scheme)
    for field in page.locator(".bp-choice > input").all():
        field.check()
    box(page, "order").locator(".bp-check").click()
    assert findings(page, ".bp-question") == [], "axe finds something serious"
    assert page.evaluate(SMALL) == [], "too small for a finger"
