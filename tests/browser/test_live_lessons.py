"""Figures that move in the later chapters: driven by keyboard to the package's numbers."""

import json
import re
from itertools import pairwise

import numpy as np
import pytest
from test_live_figures import num, opened, press, words

import bpcourse as bp


def data_of(figure):
    """Return the numbers that a figure carries."""
    return json.loads(figure.locator("xpath=..").locator("metadata").first.text_content())


def network(sent):
    """Return the network that a figure was sent."""
    layers = sorted(sent["w"], key=int)
    return bp.Network.from_arrays(
        weights=[sent["w"][l] for l in layers],
        biases=[np.ravel(sent["b"][l]) for l in layers],
        activations=[getattr(bp, sent["activations"][l]) for l in layers],
    )


def to_an_end(window, figure, label, key):
    """Move a slider to one of its ends by keyboard."""
    slider = figure.get_by_label(label)
    slider.wait_for()  # a choice may have shown it only now
    slider.focus()
    window.keyboard.press(key)


def found(pattern, text):
    """Return the numbers that a pattern finds in a text."""
    groups = re.search(pattern, text).groups()
    return [float(group.replace("−", "-").replace(",", "")) for group in groups]


def test_the_error_of_a_saturated_neuron(visit):
    window, figure = opened(visit, "book/learning-speed.html", "saturation")
    to_an_end(window, figure, "weighted input z", "End")
    said = words(window, figure)
    z, y = np.array([[8.0]]), np.array([[0.0]])
    a, slope = bp.sigmoid(z), bp.sigmoid.prime(z)
    slow = bp.equations.bp1(a - y, slope).item()
    assert f"a = {num(a.item())}" in said and f"σ′(z) = {num(slope.item())}" in said, said
    assert f"σ′(z) = {num(slow, 5)}." in said, f"BP1 gives {slow}: {said}"
    assert f"δ = a − y = {num((a - y).item())}" in said, said


def uniform(seed):
    """The random numbers of the figures (mulberry32)."""
    mask, s = 2**32 - 1, seed
    while True:
        s = (s + 0x6D2B79F5) & mask
        t = (s ^ (s >> 15)) * (s | 1) & mask
        t = ((t + ((t ^ (t >> 7)) * (t | 61) & mask)) & mask) ^ t
        yield ((t ^ (t >> 14)) & mask) / 2**32


def normal_numbers(seed):
    """Normal random numbers from them, by Box and Muller."""
    drawn = uniform(seed)
    for first in drawn:
        yield np.sqrt(-2 * np.log(1 - first)) * np.cos(2 * np.pi * next(drawn))


def test_what_arrives_at_each_layer(visit):
    window, figure = opened(visit, "book/learning-speed.html", "layer-errors")
    figure.get_by_role("radio", name="ReLU", exact=True).check()
    to_an_end(window, figure, "hidden layers", "Home")
    said, data = words(window, figure), data_of(figure)
    x, labels = np.array(data["x"]), np.array(data["labels"])
    sizes, drawn = [len(x), data["width"], data["outputs"]], normal_numbers(1)
    weights = [
        np.array([next(drawn) for _ in range(rows * columns)]).reshape(rows, columns) / columns**0.5
        for columns, rows in pairwise(sizes)
    ]
    biases = [np.zeros(n) for n in sizes[1:]]
    net = bp.Network.from_arrays(weights, biases, [bp.relu, bp.softmax])
    y = np.eye(data["outputs"])[:, labels]
    g = bp.backprop(net, net.forward(x), y, bp.log_likelihood)
    for l in (2, 3):
        assert f"layer {l}: {num(np.linalg.norm(g.w[l]), 3)}" in said, f"layer {l}: {said}"


def test_digits_lost_on_both_sides_of_the_best_step(visit):
    window, figure = opened(visit, "book/differences.html", "step-size")
    data = data_of(figure)
    net, (l, j, k) = network(data["net"]), data["place"]
    x, y = np.array(data["x"]), np.array(data["y"])
    true = bp.backprop(net, net.forward(x), y, bp.quadratic).w[l][j, k]
    figure.get_by_label("step h").focus()
    for presses, h in ((0, 1e-5), (12, 1e-8)):
        for _ in range(presses):
            window.keyboard.press("ArrowLeft")
        said = words(window, figure)
        quotient, derivative = found(r"Quotient (\S+), derivative (\S+):", said)
        assert derivative == pytest.approx(true, abs=1e-12), "the derivative is not backprop's"
        right, error = int(re.search(r"(\d+) digits? right", said)[1]), abs(quotient / true - 1)
        shown = 1e-9  # a quotient of about 0.001 is written with twelve decimals
        assert 10.0 ** -(right + 1) - shown <= error <= 10.0**-right + shown, said
        assert f"10{'⁻⁵' if h == 1e-5 else '⁻⁸'}" in figure.locator("output").inner_text()
    assert "A larger step would do better" in said, "at 1e-8 rounding costs the digits"
    to_an_end(window, figure, "step h", "End")
    assert "A smaller step would do better" in words(window, figure), "at 1 curvature does"


def test_four_walks_over_one_graph(visit):
    window, figure = opened(visit, "book/order-matters.html", "order-walks")
    ends = []
    for _ in range(4):
        press(window, figure, "To the end")
        ends.append(int(re.search(r"dc/da = (\d+)", words(window, figure))[1]))
        figure.get_by_label("walk").focus()
        window.keyboard.press("ArrowDown")
    assert ends == [33, 23, 25, 41], "in the order of the list"
    press(window, figure, "Start again")
    press(window, figure, "One share", 2)
    assert "b₂ now has 5" in words(window, figure), "c hands 4 to b1, then 5 to b2"


def test_the_codes_part_in_the_cube(visit):
    window, figure = opened(visit, "book/hidden-layer.html", "encoder-cube")
    data = data_of(figure)
    figure.get_by_role("radio", name="fewer codes").check()
    for key, moment in (("Home", 0), ("End", -1)):
        to_an_end(window, figure, "epoch", key)
        said, codes = words(window, figure), np.array(data["runs"][1]["codes"][moment])
        count = len({tuple(code) for code in codes >= 0.5})
        assert f"make {count} " in said, f"{count} codes: {said}"
        far = np.linalg.norm(codes[:, None] - codes[None], axis=2) + 9 * np.eye(8)
        assert f"{far.min():.2f} apart" in said, said
    turned = figure.locator("svg line").first.get_attribute("x1")
    to_an_end(window, figure, "turn", "End")
    words(window, figure)
    assert figure.locator("svg line").first.get_attribute("x1") != turned, "the cube stands still"


@pytest.mark.parametrize("decay", [None, "λ = 0.02"])
def test_stopping_shows_the_network_of_that_step(visit, decay):
    window, figure = opened(visit, "book/overfitting.html", "stopping")
    figure = figure.nth(1 if decay else 0)  # the page has two
    if decay:
        figure.get_by_role("radio", name=decay).check()
    run = data_of(figure)["runs"][2 if decay else 0]
    press(window, figure, "Later")
    said, moment = words(window, figure), run["best"] + 1
    if decay:
        moment = data_of(figure)["runs"][0]["best"] + 1
    net, points = network(run["nets"][moment]), data_of(figure)["points"]
    answers = net.forward(np.array(points["x"])).a[3][0] >= 0.5
    wrong = int((answers != np.array(points["labels"], dtype=bool)).sum())
    assert f"Stop at step {run['steps'][moment]:,}" in said, said
    assert f"{wrong} of the {len(answers)} training points" in said, said


def test_the_paths_add_up_to_the_error(visit):
    window, figure = opened(visit, "book/proofs.html", "paths")
    data = data_of(figure)
    net, x, y = network(data["net"]), np.array(data["x"]), np.array(data["y"])
    delta = bp.backprop(net, net.forward(x), y, bp.quadratic).delta[2][0, 0]
    press(window, figure, "Next path", 6)
    said = words(window, figure)
    assert f"Sum so far: {num(delta)}, and that is the error δ²₁" in said, f"{delta}: {said}"
    figure.get_by_role("radio", name="Merge", exact=True).check()
    assert f"= {num(delta)}\n" in words(window, figure), "merged tails give another error"
    figure.get_by_role("radio", name="Deeper", exact=True).check()
    to_an_end(window, figure, "layers behind the neuron", "Home")
    assert "3¹ = 3 paths" in words(window, figure)


def test_a_guess_from_the_smear_is_judged(visit):
    window, figure = opened(visit, "book/debugging.html", "smear")
    data = data_of(figure)
    press(window, figure, "Reveal")
    planted = re.search(r"Planted: (.*?)\.( The same|$)", words(window, figure))[1]
    errors = data["singles"][data["names"].index(planted)]
    shown = figure.locator("svg").first.text_content()
    for column, error in zip(data["columns"], errors, strict=True):
        assert not error or f"{error:.2f}" in shown, f"{column}: {error}"
    figure.get_by_label("your guess").select_option(label=planted)
    assert "You found it." in words(window, figure)
    wrong = next(name for name in data["names"] if name != planted)
    figure.get_by_label("your guess").select_option(label=wrong)
    assert "That was not it." in words(window, figure)


def test_a_start_is_followed_to_the_end(visit):
    window, figure = opened(visit, "book/where-descent-gets-stuck.html", "descent-map")
    to_an_end(window, figure, "towards a third", "End")
    figure.get_by_text("after 20,000 steps").first.wait_for(timeout=60_000)
    said, data = words(window, figure), data_of(figure)
    corner, quarter, third = map(network, data["starts"])
    vector = corner.parameters.vector
    vector = vector + (quarter.parameters.vector - vector) + 2 * (third.parameters.vector - vector)
    net, x, y = corner.with_parameters(vector), np.array(data["x"]), np.array(data["y"])
    net, _ = bp.train(
        net,
        bp.Dataset.from_rows(x.T.astype(float), y.T.astype(float)),
        cost=bp.quadratic,
        eta=4.0,
        epochs=20_000,
        batch_size=None,
        record_every=20_000,
    )
    answers = net.forward(x).a[3][0]
    assert f"Answers {', '.join(f'{a:.2f}' for a in answers)}; wanted 0, 1, 1, 0." in said, said


def test_a_circuit_goes_forward_and_back(visit):
    window, figure = opened(visit, "book/chain-rule.html", "circuit")
    press(window, figure, "Step", 8)
    below = [text for text in figure.locator("svg text.orange").all_text_contents() if text]
    assert sorted(below) == sorted(["1", "4", "−3", "4", "4", "−8", "12", "4", "0"]), below
    assert "p −4, q 12, r 0, s −3" in words(window, figure), "the chapter's four derivatives"
    figure.get_by_role("slider", name="q", exact=True).focus()
    window.keyboard.press("ArrowRight")
    p, q, r, s = map(bp.scalar.Value, (3.0, -1.5, 1.0, 4.0))
    larger = r + (p - r).relu()  # max(p, r), and its rates
    ((p * q + larger) * s).backward()
    wanted = ", ".join(f"{n} {num(v.grad)}" for n, v in zip("pqrs", (p, q, r, s), strict=True))
    assert wanted in words(window, figure), wanted


def test_the_first_graph_changes_with_its_inputs(visit):
    window, figure = opened(visit, "book/computational-graphs.html", "circuit")
    assert "Gradients" not in words(window, figure), "the answer stands there before the first step"
    press(window, figure, "Step", 4)
    figure.get_by_role("slider", name="y", exact=True).focus()
    window.keyboard.press("End")
    x, y, z = map(bp.scalar.Value, (-2.0, 9.0, -4.0))
    ((x + y) * z).backward()
    wanted = ", ".join(f"{n} {num(v.grad)}" for n, v in (("x", x), ("y", y), ("z", z)))
    assert wanted in words(window, figure), f"want {wanted}"
