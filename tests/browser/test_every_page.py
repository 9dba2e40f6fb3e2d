"""Every page of the built book in a real browser: nothing sticks out, nothing complains."""

import pytest

PHONE, DESK = {"width": 390, "height": 844}, {"width": 1280, "height": 900}

# What scrolls sideways and can't be reached with the keyboard.
UNREACHABLE = """() => [...document.querySelectorAll("body *")]
  .filter(box => box.scrollWidth > box.clientWidth && box.clientWidth > 0)
  .filter(box => ["auto", "scroll"].includes(getComputedStyle(box).overflowX))
  .filter(box => box.checkVisibility({visibilityProperty: true}))
  .filter(box => box.tabIndex < 0)
  .filter(box => !box.querySelector("a, button, input, textarea, [tabindex='0']"))
  .map(box => box.outerHTML.slice(0, 100))"""

# An element's kind is its tag, classes and role, and those of the four around it, sections aside.
# What the book has shown twice is cut out of the page, and the insides of formulas and figures: axe
# would look at the same things over and over, for half a minute a page. Returns the kinds met so
# far, or null if this page brought few new ones: they are looked at with those of the next page.
THIN = """(known) => {
  const ENOUGH = 30;
  const seen = new Map(known), before = seen.size;
  const paths = new Map([[document.documentElement, []]]), keep = new Set();
  const hash = (text) => [...text].reduce((h, c) => (h * 31 + c.charCodeAt(0)) % 2 ** 40, 7);
  const insides = document.querySelectorAll("mjx-container, svg.bp-figure");
  insides.forEach((each) => (each.textContent = "x"));
  for (const each of document.querySelectorAll("body, body *")) {
    const around = paths.get(each.parentElement);
    const name = `${each.tagName}.${each.getAttribute("class")}.${each.getAttribute("role")}`;
    paths.set(each, each.tagName === "SECTION" ? around : [...around.slice(-4), name]);
    const kind = hash(paths.get(each).join(">"));
    const times = (seen.get(kind) || 0) + 1;
    seen.set(kind, times);
    if (times > 2) continue;
    for (let up = each; up && !keep.has(up); up = up.parentElement) keep.add(up);
  }
  // With all that gives it its name, or that it must hold.
  const whole = "a, button, label, summary, [role=grid]";
  for (const each of document.querySelectorAll("body *"))
    keep.has(each) || keep.has(each.closest(whole)) || each.remove();
  return seen.size > before + ENOUGH ? [...seen] : null;
}"""
DARK = "document.documentElement.dataset.theme = 'dark'"
STILL = "* { transition: none !important; animation: none !important; }"


@pytest.fixture(scope="module")
def pages(book):
    """The addresses of all pages, from the book's folder."""
    found = [path for path in sorted(book.rglob("*.html")) if "_static" not in path.parts]
    # The front door only leads on to the start page.
    found = [path for path in found if 'http-equiv="Refresh"' not in path.read_text("utf-8")]
    return [path.relative_to(book).as_posix() for path in found]


@pytest.fixture(scope="module")
def tab(browser, site):
    """One page for all; ``tab.said`` holds what it complains of and what failed to load."""
    page = browser.new_context(viewport=PHONE).new_page()
    page.said = []
    loud = ("warning", "error")
    page.on("console", lambda message: message.type in loud and page.said.append(message.text))
    page.on("pageerror", lambda error: page.said.append(str(error)))
    page.on("requestfailed", lambda request: page.said.append(f"failed: {request.url}"))
    page.on("response", lambda r: r.status >= 400 and page.said.append(f"{r.status}: {r.url}"))
    page.on("request", lambda r: r.url.startswith(own) or page.said.append(f"asked {r.url}"))
    own = (site, "data:", "blob:", "about:")
    yield page
    page.context.close()


def test_every_page(tab, site, pages, findings):
    problems, known = [], []
    for path in pages:
        tab.goto("about:blank")  # the page that was cut has scripts which miss the rest
        tab.set_viewport_size(PHONE)
        tab.said.clear()
        tab.goto(f"{site}/{path}", wait_until="load")
        found = shown_by(tab)
        problems += [f"{path}: {what}" for what in (*found, *tab.said)]
        found, known = axe_on(tab, known, findings)
        problems += [f"{path}: {what}" for what in found]
    assert not problems, "\n".join(problems)


def shown_by(page):
    """Return what sticks out of a page that has loaded, and what the keyboard can't reach."""
    page.evaluate("window.MathJax?.startup?.promise.then(() => null)")
    wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    problems = [f"{wide} pixels wider than a phone"] if wide > 0 else []
    return problems + [f"out of the keyboard's reach: {e}" for e in page.evaluate(UNREACHABLE)]


def axe_on(page, known, findings):
    """Return what axe finds among the elements of new kinds, and the kinds known by now."""
    more = page.evaluate(THIN, known)
    if more is None:
        return [], known
    page.add_style_tag(content=STILL)
    # What the cut makes of lists and of boxes that scroll is no fault of the page.
    cut = ("definition-list", "scrollable-region-focusable")
    options = {"rules": {rule: {"enabled": False} for rule in cut}}
    problems = [f"light: {each}" for each in findings(page, **options)]
    page.evaluate(DARK)
    page.set_viewport_size(DESK)
    options = {"runOnly": ["color-contrast", "summary-name", "link-name", "button-name"]}
    return problems + [f"dark: {each}" for each in findings(page, **options)], more


def test_on_a_phone_figures_take_the_screen_and_listings_wrap(visit):
    page = visit("book/four-equations.html", width=390, height=844)
    figures = page.locator("article .bp-figure-box").evaluate_all(
        "boxes => boxes.filter(b => !b.closest('details, .admonition'))"
        ".map(b => b.clientWidth).filter(width => width > 0)"
    )
    assert figures and set(figures) == {390}, f"figures as wide as the screen, not {figures}"
    # A matrix scrolls instead: broken lines would make nonsense of it.
    cut = page.locator("article pre:visible:not(.bp-columns)").evaluate_all(
        "all => all.filter(e => e.scrollWidth > e.clientWidth + 1).map(e => e.textContent)"
    )
    assert not cut, f"listings and results that run off the screen: {cut}"
