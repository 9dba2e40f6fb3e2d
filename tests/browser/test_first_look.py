"""What a newcomer sees first: the logo, listings on a phone, words that fit what stands there."""

import pytest

LINES = """() => [...document.querySelectorAll('.bd-article .cell_input pre')].map(pre => ({
  text: pre.textContent,
  hangs: [...pre.querySelectorAll('.bp-line')].every(line => {
    const depth = line.textContent.match(/^ */)[0].length;
    return parseFloat(line.style.getPropertyValue('--bp-hang')) > Math.min(depth, 12);
  }),
  lines: pre.querySelectorAll('.bp-line').length,
}))"""
VISIBLE = """() => [...document.querySelectorAll('.moving, .still')]
  .filter(each => getComputedStyle(each).display !== 'none').map(each => each.className)"""


def test_the_side_bar_shows_the_logo_on_the_first_visit(visit):
    page = visit("book/reading-digits.html", height=800)
    assert page.evaluate("document.querySelector('.bd-sidebar-primary').scrollTop") == 0
    page = visit("book/gradient-cost.html", height=800)
    assert page.evaluate("document.querySelector('.bd-sidebar-primary').scrollTop") > 0, (
        "a page far down stays in view"
    )


def test_on_a_phone_long_lines_of_code_go_on_deeper_than_they_begin(visit):
    phone, desk = visit("book/reading-digits.html", width=390), visit("book/reading-digits.html")
    wrapped, plain = phone.evaluate(LINES), desk.evaluate(LINES)
    assert [each["text"] for each in wrapped] == [each["text"] for each in plain]
    assert all(each["hangs"] for each in wrapped) and sum(each["lines"] for each in wrapped) > 50
    assert sum(each["lines"] for each in plain) == 0, "where nothing wraps, nothing is cut"


@pytest.mark.parametrize(
    ("scripts", "media", "kind"),
    [(True, "screen", "moving"), (False, "screen", "still"), (True, "print", "still")],
)
def test_the_words_fit_the_figure_that_stands_there(visit, scripts, media, kind):
    page = visit("book/reading-digits.html", java_script_enabled=scripts)
    page.emulate_media(media=media)
    assert set(page.evaluate(VISIBLE)) == {kind}
