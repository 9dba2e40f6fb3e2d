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


# Everything that can be pushed sideways, what it is marked with, and whether it shows that.
SIDEWAYS = """() => [...document.querySelectorAll('.bd-article :is(mjx-container, pre, table)')]
  .filter(e => e.clientWidth > 100 && getComputedStyle(e).overflowX === 'auto'
    && e.scrollWidth > e.clientWidth + 1)
  .map(e => [e.dataset.scrolls, getComputedStyle(e).boxShadow !== 'none',
    e.textContent.trim().slice(0, 40)])"""


@pytest.mark.parametrize("width", [390, 1280])
def test_what_goes_on_to_the_right_shows_that(visit, width):
    page = visit("book/differences.html", width=width)
    page.wait_for_function("document.querySelector('[data-scrolls]')")
    found = page.evaluate(SIDEWAYS)
    assert found, "nothing on this page is wide any more: take another"
    assert all(mark == "more" and shown for mark, shown, _ in found), found
    box = page.locator("[data-scrolls=more]").first
    box.evaluate("box => { box.scrollLeft = box.scrollWidth; }")
    page.wait_for_function("document.querySelector('[data-scrolls=end]')")


# A formula and the sign behind it: torn where the sign stands below, at the left.
TORN = """() => [...document.querySelectorAll('.bp-together')].filter(each => {
  const formula = each.querySelector('mjx-container'), last = each.lastChild;
  if (!formula || last.nodeType !== Node.TEXT_NODE) return false;
  const sign = document.createRange();
  sign.selectNodeContents(last);
  return sign.getBoundingClientRect().left < formula.getBoundingClientRect().left;
}).map(each => each.parentElement.textContent.slice(0, 60))"""


def test_a_comma_stays_with_its_formula(visit):
    page = visit("book/chain-rule.html", width=390)
    page.wait_for_function("document.querySelectorAll('.bp-together mjx-container').length > 20")
    torn = page.evaluate(TORN)
    assert not torn, torn
    page.add_style_tag(content=".bp-together { white-space: normal !important; }")
    assert page.evaluate(TORN), "this check finds nothing where everything is torn"
