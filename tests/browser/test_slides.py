"""The decks of slides that ``make slides`` made, in a real browser: every slide of two of them."""

import pytest

# One deck with code and equations, one with the longest formulas.
DECKS = ("four-equations", "differences")
# What a slide shows beyond the window, in pixels; figures clip what is outside themselves.
BEYOND = """() => {
  const slide = Reveal.getCurrentSlide();
  const whole = ":not(svg *, .notes, .notes *, mjx-container *)";
  const parts = [...slide.querySelectorAll(`${whole}, mjx-math`)];
  return Math.max(...parts.map((part) => part.getBoundingClientRect()).map(
    (box) => Math.max(box.right - innerWidth, box.bottom - innerHeight, -box.left, -box.top)));
}"""
# The same for the pages of the print view. What a slide is set in that had to become smaller, and
# how far a slide is from the middle of its page.
BEYOND_ITS_PAGE = """() => [...document.querySelectorAll(".pdf-page")].map((page) => {
  const outside = page.getBoundingClientRect();
  const parts = page.querySelectorAll("section > :not(.notes), section mjx-math");
  return Math.max(...[...parts].map((part) => part.getBoundingClientRect()).map((box) => Math.max(
    outside.top - box.top, box.bottom - outside.bottom, box.right - outside.right)));
})"""
SIZES = """() => [...document.querySelectorAll(".pdf-page section")].map(
  (slide) => slide.style.fontSize).filter((size) => size)"""
OFF_CENTER = """() => [...document.querySelectorAll(".pdf-page")].map((page) => {
  const [outside, slide] = [page, page.querySelector("section")].map(
    (part) => part.getBoundingClientRect());
  return Math.abs(outside.top + outside.bottom - slide.top - slide.bottom) / 2;
})"""
LUMINANCE = """() => {
  const light = (color) => color.match(/\\d+/g).slice(0, 3).reduce((sum, part) => sum + +part, 0);
  const heading = Reveal.getCurrentSlide().querySelector("h1");
  return [getComputedStyle(heading).color,
    getComputedStyle(document.querySelector(".reveal-viewport")).backgroundColor].map(light);
}"""


@pytest.fixture(scope="module")
def decks(book):
    """The address of the decks' folder."""
    folder = book.parent / "slides"
    if not (folder / "index.html").exists():
        pytest.skip("the slides are not built: run `make slides` first")
    return folder.as_uri()


def ready(page):
    """Wait for the formulas of a deck; return how many slides it has."""
    page.wait_for_function("window.MathJax?.startup?.promise !== undefined")
    page.evaluate("MathJax.startup.promise")
    return page.evaluate("Reveal.getTotalSlides()")


@pytest.mark.parametrize("name", DECKS)
@pytest.mark.parametrize("size", [(1280, 720), (960, 700)])
def test_every_slide_fits_its_window(visit, decks, name, size):
    page = visit(f"{name}.html", address=decks, width=size[0], height=size[1])
    count = ready(page)
    assert count > 5, "a deck of a chapter has more slides"
    for place in range(count):
        page.evaluate("(place) => Reveal.slide(place)", place)
        assert page.evaluate(BEYOND) <= 1, f"slide {place + 1} is cut off"
        wrong = page.evaluate("Reveal.getCurrentSlide().querySelectorAll('mjx-merror').length")
        assert not wrong, f"a formula of slide {place + 1} can't be set"


def test_every_slide_fits_its_printed_page(visit, decks):
    page = visit(f"{DECKS[1]}.html?print-pdf", address=decks)
    count = ready(page)
    page.wait_for_selector(".pdf-page")
    beyond = page.evaluate(BEYOND_ITS_PAGE)
    assert len(beyond) == count, "a page for each slide"
    assert max(beyond) <= 1, f"beyond the page by pixels: {beyond}"
    assert page.evaluate(SIZES), "no slide of this deck is too large for its page: take another"
    assert max(page.evaluate(OFF_CENTER)) <= 2, "a slide is not in the middle of its page"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_slides_are_read_in_both_themes(visit, decks, scheme):
    page = visit("four-equations.html", address=decks, scheme=scheme)
    letters, ground = page.evaluate(LUMINANCE)
    assert abs(letters - ground) > 450, "the letters stand out from the ground"
    assert (ground < letters) == (scheme == "dark"), "the ground follows the theme"


def test_the_keys_of_the_lecturer_work(visit, decks):
    page = visit("four-equations.html", address=decks)
    ready(page)
    for key in ("Space", "ArrowRight", "ArrowLeft"):
        page.keyboard.press(key)
    assert page.evaluate("Reveal.getIndices().h") == 1, "two forward, one back"
    page.keyboard.press("Escape")
    assert page.evaluate("Reveal.isOverview()"), "Escape shows all slides"
    page.keyboard.press("Escape")
    with page.expect_popup() as notes:
        page.keyboard.press("s")
    shown = notes.value.locator(".speaker-controls-notes .value")
    shown.get_by_text("You need").wait_for(state="attached")
