"""Figures that move, in a real browser: at home on every screen, and driven by keyboard."""

import html
import json
import re

import numpy as np
import pytest
from book_pages import BOOK

import bpcourse as bp

STORED = re.compile(r'<metadata data-live=\\"([a-z-]+)\\"')
FIGURES = {
    f"book/{path.stem}.html": STORED.findall(path.read_text(encoding="utf-8"))
    for path in sorted(BOOK.glob("*.ipynb"))
}
PAGES = [page for page, names in FIGURES.items() if names]
each_page = pytest.mark.parametrize("page", PAGES)
SMALL = """() => [...document.querySelectorAll(".bp-live :is(button, select, a, input)")]
  .filter(each => each.checkVisibility())
  .map(each => [each.outerHTML.slice(0, 80), each.getBoundingClientRect()])
  .filter(([, box]) => Math.min(box.width, box.height) < 40).map(([text]) => text)"""
TINY = """() => [...document.querySelectorAll(".bp-live, .bp-live *")]
  .filter(each => each.checkVisibility() && parseFloat(getComputedStyle(each).fontSize) < 11)
  .map(each => each.outerHTML.slice(0, 80))"""
WIDE = """() => [...document.querySelectorAll(".bp-live, .bp-live *")]
  .filter(each => each.checkVisibility() && each.getBoundingClientRect().right > innerWidth)
  .map(each => each.outerHTML.slice(0, 80))"""


def num(value, decimals=4):
    """Return a number as the figures write it."""
    text = f"{round(float(value), decimals) + 0.0:.{decimals}f}".replace("-", "−")
    return text.rstrip("0").rstrip(".") if "." in text else text


def only_figures(text):
    """Return a page of the book with nothing in it but its moving figures: it loads in no time."""
    figures = re.findall(r"<figure[^>]*>\s*<bp-.*?</figure>", text, re.DOTALL)
    text = re.sub(r"<script[^>]*mathjax[^>]*></script>", "", text)
    body = "".join(figures).replace("\\", r"\\")
    return re.sub(r"(<article[^>]*>).*(</article>)", rf"\1{body}\2", text, flags=re.DOTALL)


def opened(visit, page, name, state="", **options):
    """Open a page at a state of one of its figures; return the page and the figure."""
    window = visit(page + state, change=only_figures, **options)
    figure = window.locator(f"bp-{name} .bp-live")
    figure.locator(".bp-live-words").first.wait_for()
    return window, figure


@pytest.fixture(scope="module")
def desk(visit_and_stay):
    """As ``opened``, on pages that stay open: ``desk(page, name, "steps=4&eta=0.1")``."""
    windows = {}

    def open_figure(page, name, state=""):
        if page not in windows:
            windows[page], _ = opened(visit_and_stay, page, name)
        window, figure = windows[page], windows[page].locator(f"bp-{name} .bp-live")
        place = figure.evaluate("live => live.parentElement.figure.id")
        window.evaluate("hash => { location.hash = ''; location.hash = hash; }", f"{place}?{state}")
        window.wait_for_timeout(30)  # the change of the address is an event of its own
        return window, figure

    return open_figure


def words(window, figure):
    """Return what a figure says, after its next drawing."""
    window.evaluate(
        "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"
    )
    return figure.locator(".bp-live-words").inner_text()


def press(window, figure, name, times=1):
    """Press a button of a figure by keyboard."""
    figure.get_by_role("button", name=name, exact=True).focus()
    for _ in range(times):
        window.keyboard.press("Enter")


def carried(page, name):
    """Return the numbers that the chapter gave to a figure."""
    text = (BOOK.parent / page).with_suffix(".ipynb").read_text(encoding="utf-8")
    svgs = ["".join(lines) for lines in svg_outputs(json.loads(text))]
    found = [re.search(rf'<metadata data-live="{name}">(.*?)</metadata>', svg) for svg in svgs]
    return json.loads(html.unescape(next(filter(None, found))[1]))


def svg_outputs(notebook):
    outputs = [out for cell in notebook["cells"] for out in cell.get("outputs", [])]
    return [
        out["data"]["image/svg+xml"] for out in outputs if "image/svg+xml" in out.get("data", {})
    ]


def network_of(data):
    """Return the network that a figure computes with."""
    layers = sorted(data["w"])
    weights, biases = ([data[name][l] for l in layers] for name in "wb")
    return bp.Network.from_arrays(
        weights, [np.ravel(b) for b in biases], [data["activations"][l] for l in layers]
    )


@pytest.fixture(scope="module")
def phone(visit_and_stay):
    """A phone, on which one page after the other is opened."""
    return visit_and_stay(PAGES[0], width=390, height=844, change=only_figures)


@each_page
def test_every_figure_is_at_home_on_a_phone_in_both_themes(phone, site, findings, page):
    window = phone
    window.goto(f"{site}/{page}")
    awake = window.locator(".bp-awake").count()
    assert awake == len(FIGURES[page]), f"{awake} figures move on {page}, want {FIGURES[page]}"
    assert not (wide := window.evaluate(WIDE)), f"wider than the screen: {wide}"
    assert not (small := window.evaluate(SMALL)), f"under 40 pixels to hit: {small}"
    assert not (tiny := window.evaluate(TINY)), f"text under 11 pixels: {tiny}"
    window.emulate_media(media="print")
    still = window.locator(".bp-awake > .bp-figure-box")
    assert all(each.is_visible() for each in still.all()), "on paper the still figure is missing"
    assert not window.locator(".bp-live").first.is_visible(), "controls would be printed"
    window.emulate_media(media="screen")
    # What axe finds in the rest of the page is looked at elsewhere; here it would only take time.
    window.evaluate("document.body.replaceChildren(...document.querySelectorAll('.bp-awake'))")
    assert not (found := findings(window, ".bp-live")), found
    window.evaluate("document.documentElement.dataset.theme = 'dark'")
    assert not (found := findings(window, ".bp-live", runOnly=["color-contrast"])), f"dark: {found}"


def test_without_scripts_the_still_figures_are_seen(visit, site):
    window = visit(PAGES[0], change=only_figures, java_script_enabled=False)
    for page, names in FIGURES.items():
        if names:
            window.goto(f"{site}/{page}")
        for name in names:
            still = window.locator(f"bp-{name} svg.bp-figure").first
            assert still.is_visible(), f"{name} on {page}: nothing is seen"


def test_only_pages_with_moving_figures_load_the_script(book):
    for path in sorted(book.glob("book/*.html")):
        loads = "bpcourse-live.js" in path.read_text(encoding="utf-8")
        assert loads == (f"book/{path.name}" in PAGES), f"{path.name} loads it: {loads}"


ONE = "book/one-weight.html"


def test_one_weight_steps_as_the_chapter_says(desk):
    window, figure = desk(ONE, "one-weight", "eta=0.15")
    press(window, figure, "Step", 3)
    w = 3.0
    for _ in range(3):
        example = bp.worked_examples.line(w)
        grad = bp.backprop(
            example.network, example.network.forward(example.x), example.y, "quadratic"
        )
        w -= 0.15 * 6 * grad.w[2][0, 0]  # the sum of three squares is six times half their mean
    said = words(window, figure)
    assert f"After 3 steps: w = {num(w)}, sum of squares {num(5 * (w - 2) ** 2)}" in said, said
    assert "1 − 10η = −0.5" in said, said
    press(window, figure, "Start again")
    assert "After 0 steps: w = 3, sum of squares 5, slope 10" in words(window, figure)


def test_one_weight_diverges_when_told(desk):
    window, figure = desk(ONE, "one-weight")
    window.emulate_media(reduced_motion="reduce")
    figure.get_by_label("learning rate eta").focus()
    window.keyboard.press("End")
    press(window, figure, "Step", 12)
    w = 2 + (1 - 10 * 0.25) ** 12
    said = words(window, figure)
    window.emulate_media(reduced_motion="no-preference")
    assert f"w = {num(w)}" in said and "it diverges" in said, said


def test_the_ball_is_dragged_and_the_link_leads_back(desk):
    window, figure = desk(ONE, "one-weight")
    figure.scroll_into_view_if_needed()
    ball = figure.locator("circle.grab").bounding_box()
    middle = ball["x"] + ball["width"] / 2, ball["y"] + ball["height"] / 2
    window.mouse.move(*middle)
    window.mouse.down()
    window.mouse.move(middle[0] - 60, middle[1], steps=3)
    window.mouse.up()
    said = words(window, figure)
    w = float(re.search(r"w = ([\d.]+)", said)[1])
    assert 1 < w < 2.9, f"the ball was drawn to the left of 3: {said}"
    figure.get_by_role("link", name="Link to this state").click()
    address = window.evaluate("location.hash")
    assert address == f"#fig-one-weight-steps?from={w:g}", "the link names the state"
    desk(ONE, "one-weight")
    assert words(window, figure) != said, "without the link the figure starts as ever"
    again, same = desk(ONE, "one-weight", address.partition("?")[2])
    assert words(again, same) == said, "the link leads to another state"


@pytest.mark.parametrize("odd", ["from=x", "steps=-3&eta=99", "eta=", "nonsense", "steps=1e999"])
def test_an_odd_link_opens_a_figure_all_the_same(desk, odd):
    window, figure = desk(ONE, "one-weight", odd)
    assert re.search(r"After \d+ steps?: w = ", words(window, figure))


FOUR = "book/four-equations.html"
PENCIL = {
    "weights": [[[1.0, -2.0], [-1.0, 3.0]], [[5.0, -8.0], [-5.0, 2.0]]],
    "biases": [[np.log(4), -1.0], [np.log(2 / 3), 3 + np.log(9)]],
    "activations": ["sigmoid", "sigmoid"],
}


def pencil(**changed):
    """Return the chapter's network, its trace, target and gradient."""
    net = bp.Network.from_arrays(**(PENCIL | changed))
    trace, y = net.forward(np.array([[2.0], [1.0]])), np.array([[1.0], [0.0]])
    return net, trace, y, bp.backprop(net, trace, y, bp.quadratic)


def test_the_stepper_finds_one_number_after_the_other(desk):
    _, trace, _, grad = pencil()
    window, figure = desk(FOUR, "stepper")
    press(window, figure, "Step")
    assert f"= {num(trace.z[2][0, 0])}\na²₁ = σ" in words(window, figure)
    press(window, figure, "Step", 7)
    said = words(window, figure)
    assert "(5 · (−0.144) + (−5) · 0.081) · 0.8 · (1 − 0.8)" in said, said
    assert said.endswith(f"= {num(grad.delta[2][0, 0])}"), said
    assert figure.get_by_text(f"δ = {num(grad.delta[3][1, 0])}").count() == 1, "found before"
    assert figure.get_by_text(f"δ = {num(grad.delta[2][1, 0])}").count() == 0, "not yet found"
    press(window, figure, "BP4")
    press(window, figure, "Step", 2)
    said = words(window, figure)
    assert "∂C/∂w³₂₁ = a²₁ δ³₂" in said and said.endswith(f" = {num(grad.w[3][1, 0])}"), said
    press(window, figure, "Back", 21)
    assert words(window, figure).startswith("The input: a¹₁ = x₁ = 2, a¹₂ = x₂ = 1")


def test_a_nudge_is_measured_beside_delta(desk):
    net, trace, y, grad = pencil()
    window, figure = desk(FOUR, "stepper", "mode=nudge")
    figure.get_by_label("z²₂").focus()
    window.keyboard.press("Space")
    figure.get_by_label("nudge Δz").focus()
    for _ in range(5):
        window.keyboard.press("ArrowLeft")
    z2 = trace.z[2] + [[0.0], [0.05]]
    after = bp.quadratic.value(bp.sigmoid(net.w[3] @ bp.sigmoid(z2) + net.b[3]), y)
    before = bp.quadratic.value(trace.a[3], y)
    said = words(window, figure)
    assert f"from {num(before, 6)} to {num(after, 6)}" in said, said
    assert f"= {num((after - before) / 0.05)}." in said, said
    assert said.endswith(f"δ²₂ = {num(grad.delta[2][1, 0])}."), said


def test_every_number_of_the_stepper_can_be_changed(desk):
    window, figure = desk(FOUR, "stepper", "mode=change")
    figure.get_by_role("combobox").select_option("w³₁₂")
    figure.get_by_label("its value, typed").fill("-2.5")
    net, trace, y, grad = pencil(weights=[PENCIL["weights"][0], [[5.0, -2.5], [-5.0, 2.0]]])
    said, cost = words(window, figure), bp.quadratic.value(trace.a[3], y)
    assert f"w³₁₂ = −2.5, and the cost is C = {num(cost)}." in said, said
    assert said.endswith(f" = {num(grad.w[3][0, 1])}"), said
    figure.locator("rect.touch").first.click()
    assert "w²₁₁ = 1, and the cost" in words(window, figure), "a touch on a weight chooses it"
    names = figure.get_by_role("combobox").locator("option").all_inner_texts()
    assert len(names) == len(net.parameters) + 4, f"{names} are not all weights, inputs and targets"


DIGITS = "book/reading-digits.html"


def test_a_digit_is_drawn_by_keyboard_and_read(desk):
    data = carried(DIGITS, "draw-a-digit")
    net, ink = network_of(data["network"]), np.array(data["examples"][data["first"]]) / 16.0
    window, figure = desk(DIGITS, "draw-a-digit")
    a = net.forward(ink[:, None]).a[3][:, 0]
    said = words(window, figure)
    assert f"says {a.argmax()}, with a probability of {num(100 * a.max(), 1)} %" in said, said
    figure.get_by_role("gridcell").first.focus()
    for key in ("ArrowRight", "ArrowDown", "ArrowDown", "Space"):
        window.keyboard.press(key)
    ink[17] = 1.0
    figure.get_by_role("combobox").select_option("9")
    trace, y = net.forward(ink[:, None]), np.eye(10)[:, [9]]
    grad, said = bp.backprop(net, trace, y, "log_likelihood"), words(window, figure)
    assert f"C = {num(bp.log_likelihood.value(trace.a[3], y), 3)}." in said, said
    assert f"δ = {num(grad.delta[3][9, 0], 3)}." in said, said


def test_the_pixels_change_against_the_slope_and_the_cost_falls(desk):
    data = carried(DIGITS, "draw-a-digit")
    window, figure = desk(DIGITS, "draw-a-digit", "meant=3")
    costs = []
    for _ in range(4):
        costs.append(float(re.search(r"C = ([\d.]+)\.", words(window, figure))[1]))
        press(window, figure, "Change the pixels a little")
    assert costs == sorted(costs, reverse=True) and costs[-1] < costs[0] / 2, costs
    net, y = network_of(data["network"]), np.eye(10)[:, [3]]
    ink = np.array(data["examples"][data["first"]])[:, None] / 16.0
    slopes = net.w[2].T @ bp.backprop(net, net.forward(ink), y, "log_likelihood").delta[2]
    ink = np.floor(16 * np.clip(ink - 0.25 * slopes / abs(slopes).max(), 0, 1) + 0.5) / 16
    assert costs[1] == pytest.approx(bp.log_likelihood.value(net.forward(ink).a[3], y), abs=6e-4)


def test_a_digit_is_drawn_with_the_pointer(desk):
    window, figure = desk(DIGITS, "draw-a-digit", "meant=1")
    press(window, figure, "Clear")
    figure.get_by_role("grid").scroll_into_view_if_needed()
    slate = figure.get_by_role("grid").bounding_box()
    window.mouse.move(slate["x"] + slate["width"] / 2, slate["y"] + 10)
    window.mouse.down()
    window.mouse.move(slate["x"] + slate["width"] / 2, slate["y"] + slate["height"] - 10, steps=4)
    window.mouse.up()
    words(window, figure)
    inks = [each.get_attribute("aria-label") for each in figure.get_by_role("gridcell").all()]
    middle = [text for text in inks if re.search(r"column [45]: ink (1|0\.[5-9])", text)]
    assert len(middle) == 16, f"a stroke from top to bottom left ink on {middle}"
    assert sum("ink 0" in text and "ink 0." not in text for text in inks) >= 32, "beside it, paper"


def test_a_touched_wire_is_an_entry_of_the_matrix(desk):
    window, figure = desk(DIGITS, "same-wire")
    w = np.array(carried(DIGITS, "same-wire")["w"])
    assert f"w²₃₂ = {num(w[2, 1])} is the weight to neuron 3, from neuron 2" in words(
        window, figure
    )
    figure.get_by_role("radio", name="1").last.focus()
    window.keyboard.press("Space")
    assert f"w²₃₁ = {num(w[2, 0])} is the weight to neuron 3" in words(window, figure)
    figure.locator("rect.touch").nth(2).click()
    assert f"w²₂₁ = {num(w[1, 0])} is the weight to neuron 2" in words(window, figure)
    figure.locator("line.touch").nth(5).dispatch_event("click")
    assert "w²₃₂" in words(window, figure), "a touched arrow is the entry that lights up"


def test_the_wires_collect_rows_forward_and_columns_backward(desk):
    page = "book/proofs.html"
    data = carried(page, "same-wire")
    w, a, delta = (np.array(data[name]) for name in ("w", "a", "delta"))
    window, figure = desk(page, "same-wire")
    assert words(window, figure).endswith(f" = {num(w[1] @ a)}"), "a row times a"
    figure.get_by_role("radio", name="Forward").focus()
    window.keyboard.press("ArrowRight")
    back = bp.equations.bp2(w, delta[:, None], np.ones((4, 1)))[:, 0]
    for k in (3, 4):
        said = words(window, figure)
        assert f"down column {k}" in said and said.endswith(f" = {num(back[k - 1])}"), said
        figure.get_by_role("radio", name="4").focus()
        window.keyboard.press("Space")


OWN = "book/your-own-backpropagation.html"
TRAINING = """figure => {
  const { net, batch, steps } = figure.closest(".bp-awake").figure.training;
  return { net, batch, steps };
}"""


def digits_of(part):
    """Return the digits that a figure got, a column each, and their targets."""
    inks = [["0123456789abcdefg".index(letter) / 16 for letter in text] for text in part["x"]]
    return np.array(inks).T, np.eye(10)[:, part["labels"]]


def test_the_network_in_the_page_takes_the_steps_of_the_package(desk):
    data = carried(OWN, "watch-it-train")
    (x, y), (test_x, _) = digits_of(data["digits"]), digits_of(data["test"])
    window, figure = desk(OWN, "watch-it-train", "eta=0.8")
    for step in (1, 2, 3):
        net = network_of(figure.evaluate(TRAINING)["net"])
        press(window, figure, "One step")
        said, after = words(window, figure), figure.evaluate(TRAINING)
        assert after["steps"] == step and len(set(after["batch"])) == 10, "ten digits a step"
        chosen = after["batch"]
        grad = bp.backprop(net, net.forward(x[:, chosen]), y[:, chosen], "log_likelihood")
        wanted = (net.parameters - 0.8 * grad).vector
        net = network_of(after["net"])
        assert abs(net.parameters.vector - wanted).max() < 1e-12, f"step {step} leads elsewhere"
    cost = bp.log_likelihood.value(net.forward(x).a[3], y)
    right = (net.forward(test_x).a[3].argmax(axis=0) == data["test"]["labels"]).sum()
    assert f"After 3 steps, 0.1 epochs on 300 digits: cost C = {num(cost)}." in said, said
    assert f"Of 100 other digits {right} are read" in said, said


def test_the_training_plays_pauses_and_starts_again(desk):
    window, figure = desk(OWN, "watch-it-train")
    press(window, figure, "Play")
    window.wait_for_function("document.querySelector('bp-watch-it-train').figure.state.steps > 20")
    press(window, figure, "Pause")
    said = words(window, figure)
    assert words(window, figure) == said, "a paused training moves"
    press(window, figure, "Start again")
    assert words(window, figure).startswith("After 0 steps, 0 epochs on 300 digits")


def test_the_digits_can_be_seen_in_the_dark(desk):
    window, figure = desk(OWN, "watch-it-train")
    darkest = """() => { const canvas = document.querySelector('bp-watch-it-train canvas');
      const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
      let least = 255;
      for (let i = 0; i < data.length; i += 4)
        if (data[i + 3] > 250) least = Math.min(least, data[i + 2]);
      return least; }"""
    window.evaluate("document.documentElement.dataset.theme = 'light'")
    words(window, figure)
    window.evaluate("document.documentElement.dataset.theme = 'dark'")
    words(window, figure)
    seen = window.evaluate(darkest)
    window.evaluate("document.documentElement.dataset.theme = 'light'")
    assert seen > 80, "dark digits on a dark ground"


def test_a_link_leads_through_thirty_epochs(desk):
    link = "steps=20000&batch=50"
    _, figure = desk(OWN, "watch-it-train", link)
    figure.get_by_text("After 180 steps, 30 epochs").first.wait_for()
    button = figure.get_by_role("button", name="One step")
    assert button.get_attribute("aria-disabled") == "true", "the curve has no room for more"


def test_the_moons_are_parted_by_a_trained_border(desk):
    link = "task=moons&eta=5&width=10&steps=2400"
    window, figure = desk(OWN, "watch-it-train", link)
    figure.get_by_text("After 2400 steps, 200 epochs").first.wait_for()
    net = network_of(figure.evaluate(TRAINING)["net"])
    moons = carried(OWN, "watch-it-train")["moons"]
    right = (net.forward(np.array(moons["x"]).T).a[3].argmax(axis=0) == moons["labels"]).sum()
    said = words(window, figure)
    assert f"Of them {right} are on the right side" in said and right > 110, said
