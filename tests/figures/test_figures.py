"""Figures: the axes that come in go out, with what they should show, and the same every time."""

import dataclasses
import inspect
import re
import warnings
from functools import cache

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pytest

import bpcourse as bp
from bpcourse import figures
from bpcourse.figures import labels
from bpcourse.figures.style import PALETTE, STYLE, svg_text

XOR = bp.datasets.xor().train
WEIGHTS = np.array([1e2, 1e3, 1e4])
STEPS = np.logspace(-12, -1, 12)


def small_network(sizes=(2, 3, 1), output=bp.sigmoid):
    rng = np.random.default_rng(0)
    return bp.Network.random(sizes, hidden=bp.tanh, output=output, rng=rng)


def small_gradient():
    net = small_network((2, 3, 3, 1))
    return bp.backprop(net, net.forward(XOR.x), XOR.y, bp.cross_entropy)


def small_history(validation=True):
    examples = bp.Dataset(XOR, validation=XOR if validation else None)
    run = {"cost": bp.cross_entropy, "eta": 1.0, "epochs": 20, "batch_size": None}
    return bp.train(small_network(), examples, **run)[1]


DRAWINGS = {
    "network": lambda ax: figures.network([3, 4, 2], ax=ax, highlight=[(2, 1), (3, 2, 4)]),
    "weights": lambda ax: figures.network(small_network(), ax=ax, weights=True, names=True),
    "weight_index": lambda ax: figures.weight_index([3, 4, 2], (3, 2, 4), ax=ax),
    "history": lambda ax: figures.history(small_history(), ax=ax),
    "errors_by_layer": lambda ax: figures.errors_by_layer(small_gradient(), ax=ax),
    "step_sweep": lambda ax: figures.step_sweep(
        STEPS, {"forward": STEPS + 1e-16 / STEPS, "central": STEPS**2 + 1e-16 / STEPS}, ax=ax
    ),
    "cost_growth": lambda ax: figures.cost_growth(
        WEIGHTS, {"backward": 2 * WEIGHTS, "forward": WEIGHTS**2}, ax=ax
    ),
    "surface": lambda ax: figures.surface(small_network(), ax=ax, examples=XOR, limits=(-0.5, 1.5)),
    "digits": lambda ax: figures.digits(np.eye(64)[:, :3], ax=ax, text=["a", "b", "c"]),
    "activation": lambda ax: figures.activation(bp.sigmoid, ax=ax),
    "matrix": lambda ax: figures.matrix([[0.5, -1.0], [0.0, 0.25]], ax=ax, highlight=(1, 2)),
}
every_drawing = pytest.mark.parametrize("draw", DRAWINGS.values(), ids=DRAWINGS)


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    plt.close("all")


@pytest.fixture
def ax():
    return plt.subplots(layout="constrained")[1]


def texts(ax):
    return [each.get_text() for each in ax.texts if each.get_text()]


def colors(line):
    return matplotlib.colors.to_hex(line.get_color())


def visible(line):
    """Return the points of a line, without the gaps."""
    points = line.get_xydata()
    return points[np.isfinite(points).all(axis=1)]


# What all figures have in common


def test_every_public_function_has_a_drawing_here():
    drawn = {"network" if name == "weights" else name for name in DRAWINGS}
    functions = {name for name in figures.__all__ if inspect.isfunction(getattr(figures, name))}
    assert drawn == functions - {"live", "use_book_style"}  # these draw nothing


@every_drawing
def test_the_axes_that_come_in_go_out(draw, ax):
    assert draw(ax) is ax
    assert plt.get_fignums() == [ax.figure.number], "no other figure is made"


@every_drawing
def test_without_axes_a_new_figure_is_made(draw, ax):
    assert draw(None).figure is not ax.figure


def as_svg(draw):
    """Return what a drawing is in the book's style."""
    with matplotlib.rc_context(STYLE):
        return svg_text(draw(None).figure)


once_as_svg = cache(as_svg)


@every_drawing
def test_the_same_data_give_the_same_svg(draw):
    assert as_svg(draw) == once_as_svg(draw)


@every_drawing
def test_nothing_is_left_behind_in_the_settings(draw):
    with matplotlib.rc_context():
        matplotlib.rcdefaults()  # or a setting left behind by an earlier test would hide it
        before = dict(matplotlib.rcParams)
        draw(None)
        draw(plt.subplots()[1])
        assert dict(matplotlib.rcParams) == before


@every_drawing
def test_all_colors_follow_the_theme(draw):
    """A color outside the palette would stay as it is when the page turns dark."""
    bare = set(re.findall(r"(?<!, )#[0-9a-f]{6}\b", once_as_svg(draw)))
    assert not bare, f"colors without a CSS variable: {sorted(bare)}"


@every_drawing
def test_text_is_large_enough_and_in_fonts_that_every_browser_replaces(draw):
    """Nine points at full width; subscripts are smaller, and none is smaller than this."""
    text = once_as_svg(draw)
    sizes = {float(size) for size in re.findall(r"font-size: ([\d.]+)px", text)}
    assert min(sizes) >= 6.9
    assert max(sizes) >= 10
    fonts = set(re.findall(r"font-family: '([^']+)'", text))
    assert fonts == {"DejaVu Sans"}, "a Computer Modern glyph shows as another letter in a browser"


@every_drawing
def test_only_one_axes_will_do(draw):
    with pytest.raises(TypeError, match=r"ax is ndarray, want one matplotlib axes"):
        draw(plt.subplots(1, 2)[1])


def test_the_book_style_is_one_call():
    with matplotlib.rc_context():
        figures.use_book_style()
        assert matplotlib.rcParams["svg.fonttype"] == "none"
        assert matplotlib.rcParams["text.color"] == PALETTE["ink"]


# Networks


def edge_count(ax):
    """Return how many lines the one path of all weights has."""
    return len(visible(ax.lines[0])) // 2


def test_a_network_has_a_line_for_every_weight_and_a_circle_for_every_neuron(ax):
    figures.network([3, 4, 2], ax=ax)
    assert edge_count(ax) == 3 * 4 + 4 * 2
    assert len(visible(ax.lines[1])) == 3 + 4 + 2
    assert texts(ax) == ["layer 1\n3 inputs", "layer 2\n4 neurons", "layer 3\n2 outputs"]


def test_layers_stand_from_left_to_right_and_neuron_1_on_top(ax):
    figures.network([1, 3, 1], ax=ax, neuron_text={(2, 1): "top", (2, 3): "bottom"})
    place = {each.get_text(): each.get_position() for each in ax.texts}
    assert place["top"][0] == place["bottom"][0] == 2
    assert place["top"][1] > place["bottom"][1]


def test_a_large_network_stays_small(ax):
    figures.network([784, 30, 10], ax=ax)
    assert edge_count(ax) == 8 * 8 + 8 * 8, "eight neurons stand for each layer"
    assert texts(ax)[0] == "layer 1\n784 inputs", "the caption tells the true number"
    assert len(svg_text(ax.figure)) < 20_000
    dots = [line for line in ax.lines[2:] if len(line.get_xdata()) == 3]
    assert len(dots) == 3, "three dots in each layer stand for the others"


def test_the_last_neurons_of_a_large_layer_keep_their_numbers(ax):
    figures.network([784, 2], ax=ax, names=True, most=4)
    assert texts(ax)[:4] == ["$a^{1}_{1}$", "$a^{1}_{2}$", "$a^{1}_{783}$", "$a^{1}_{784}$"]


def test_a_layer_of_just_the_greatest_width_is_drawn_in_full(ax):
    figures.network([8, 9], ax=ax, most=8)
    assert len(visible(ax.lines[1])) == 8 + 8
    assert len([line for line in ax.lines[2:] if len(line.get_xdata()) == 3]) == 1


def arrows(ax):
    """Return (start, end) of each arrow."""
    return [(each.xyann, each.xy) for each in ax.texts if getattr(each, "arrow_patch", None)]


def test_a_highlighted_weight_goes_to_j_and_comes_from_k(ax):
    figures.network([3, 4, 2], ax=ax, highlight=[(3, 2, 4)])
    ((start, end),) = arrows(ax)
    assert start == (2, -1.5), "from the fourth neuron of layer 2, the lowest of four"
    assert end == (3, -0.5), "to the second neuron of layer 3, the lower of two"
    assert "$w^{3}_{24}$" in texts(ax)


def test_backward_turns_the_arrow_round(ax):
    figures.network([3, 4, 2], ax=ax, highlight=[(3, 2, 4)], backward=True)
    assert arrows(ax) == [((3, -0.5), (2, -1.5))]


def test_indices_of_two_digits_get_a_comma(ax):
    figures.network([12, 2], ax=ax, most=12, highlight=[(2, 1, 12)])
    assert "$w^{2}_{1,12}$" in texts(ax), "w_112 could be 1,12 or 11,2"


def test_given_texts_stand_in_place_of_the_names(ax):
    figures.network(
        [2, 2],
        ax=ax,
        highlight=[(1, 1), (2, 1, 2)],
        neuron_text={(1, 1): "0.05"},
        edge_text={(2, 1, 2): "0.20", (2, 2, 1): "0.25"},
    )
    assert texts(ax)[:3] == ["0.05", "0.20", "0.25"]


def test_widths_and_colors_show_the_weights(ax):
    net = bp.Network.from_arrays([[[-4.0, 1.0]]], [[0.0]], [bp.sigmoid])
    figures.network(net, ax=ax, weights=True)
    (lines,) = ax.collections
    assert lines.get_linewidths()[0] == 4 * lines.get_linewidths()[1]
    seen = [matplotlib.colors.to_hex(color) for color in lines.get_colors()]
    assert seen == [PALETTE["blue"], PALETTE["orange"]], "negative is blue, positive orange"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"highlight": [(3, 3, 1)]}, r"layer 3 has no neuron 3, want 1 to 2"),
        ({"highlight": [(3, 1, 5)]}, r"layer 2 has no neuron 5, want 1 to 4"),
        ({"highlight": [(3, 0, 1)]}, r"layer 3 has no neuron 0, want 1 to 2"),
        ({"highlight": [(1, 1, 1)]}, r"\(1, 1, 1\) is in layer 1, want 2 to 3"),
        ({"highlight": [(4, 1)]}, r"\(4, 1\) is in layer 4, want 1 to 3"),
        ({"highlight": (3, 2, 4)}, r"3 names no part of the network"),
        ({"edge_text": {(2, 1): "x"}}, r"\(2, 1\) names no part .* want \(l, j, k\) for a weight"),
        ({"neuron_text": {(2, 1, 1): "x"}}, r"want \(l, j\) for a neuron"),
        ({"most": 2, "highlight": [(2, 3)]}, r"neuron 3 of layer 2 isn't drawn; raise most"),
        ({"most": 1}, r"most is 1, want 2 or more"),
    ],
)
def test_parts_that_are_not_there_are_refused(options, message, ax):
    with pytest.raises(ValueError, match=message):
        figures.network([3, 4, 2], ax=ax, **options)


def test_sizes_have_no_weights(ax):
    with pytest.raises(TypeError, match="a list of sizes has no weights"):
        figures.network([3, 4, 2], ax=ax, weights=True)


def test_the_index_picture_colors_each_index_like_its_neuron(ax):
    figures.weight_index([3, 4, 2], (3, 2, 4), ax=ax)
    color = {each.get_text(): each.get_color() for each in ax.texts}
    assert color["goes to $j = 2$"] == PALETTE["blue"]
    assert color["comes from $k = 4$"] == PALETTE["orange"]
    rings = {
        tuple(visible(line)[0]): line.get_markeredgecolor()
        for line in ax.lines[2:]
        if line.get_markeredgecolor() in (PALETTE["blue"], PALETTE["orange"])
    }
    assert rings == {(3, -0.5): PALETTE["blue"], (2, -1.5): PALETTE["orange"]}
    last = {each.get_text(): each.get_color() for each in ax.texts[-2:]}
    assert last == {"$2$": PALETTE["blue"], "$4$": PALETTE["orange"]}


def test_the_index_picture_wants_a_weight(ax):
    with pytest.raises(ValueError, match=r"\(3, 2\) names no part"):
        figures.weight_index([3, 4, 2], (3, 2), ax=ax)


# Curves


def overfitted_history():
    """Return a history whose best epoch is neither the first nor the last."""
    record = small_history()
    cost = 0.1 + (record.epochs - 7.0) ** 2 / 100
    return dataclasses.replace(record, validation_cost=cost, best_epoch=7)


def test_history_shows_both_costs_and_the_lowest_validation_cost(ax):
    record = overfitted_history()
    figures.history(record, ax=ax)
    assert np.array_equal(ax.lines[0].get_ydata(), record.training_cost)
    assert np.array_equal(ax.lines[1].get_ydata(), record.validation_cost)
    assert ax.lines[2].get_xdata()[0] == record.best_epoch
    assert ax.lines[3].get_xydata().tolist() == [[record.best_epoch, record.validation_cost.min()]]
    assert texts(ax) == [
        f"lowest validation cost:\nepoch {record.best_epoch}",
        "training",
        "validation",
    ]


def test_history_without_validation_marks_nothing(ax):
    figures.history(small_history(validation=False), ax=ax)
    assert len(ax.lines) == 1
    assert texts(ax) == ["training"]


def test_history_in_percent(ax):
    record = small_history()
    figures.history(record, ax=ax, quantity="accuracy")
    assert ax.get_ylabel() == "accuracy (%)"
    assert np.array_equal(ax.lines[0].get_ydata(), 100 * record.training_accuracy)


def test_history_can_be_put_on_a_logarithmic_scale(ax):
    figures.history(small_history(), ax=ax).set_yscale("log")
    ax.figure.draw_without_rendering()  # a warning would be an error here


def test_history_refuses_what_was_not_recorded(ax):
    with pytest.raises(ValueError, match="unknown quantity 'loss'; known: cost, accuracy"):
        figures.history(small_history(), ax=ax, quantity="loss")
    with pytest.raises(TypeError, match=r"history is list, want the History of bp.train"):
        figures.history([0.3, 0.2], ax=ax)
    data = bp.Dataset.from_rows(np.array([[0.0], [1.0]]), np.array([[0.3], [0.7]]))
    net = small_network((1, 2, 1))
    record = bp.train(net, data, cost=bp.quadratic, eta=0.1, epochs=1, batch_size=None)[1]
    with pytest.raises(ValueError, match="no accuracy was recorded"):
        figures.history(record, ax=ax, quantity="accuracy")


def test_labels_at_the_ends_stay_apart_and_in_order():
    places = labels._spread(np.array([0.5, 0.1, 0.51]), 0.1)
    assert places.argsort().tolist() == [1, 0, 2]
    assert np.diff(np.sort(places)).min() >= 0.1 - 1e-12
    assert labels._spread(np.array([0.9, 0.1]), 0.1).tolist() == [0.9, 0.1], "room enough"


def test_the_error_of_a_layer_is_the_mean_length_over_the_examples(ax):
    grad = small_gradient()
    figures.errors_by_layer(grad, ax=ax)
    want = [np.sqrt((grad.delta[l] ** 2).sum(axis=0)).mean() for l in (2, 3, 4)]
    assert ax.get_yscale() == "log"
    np.testing.assert_allclose(ax.lines[0].get_xydata(), np.column_stack([[2, 3, 4], want]))


def test_errors_are_drawn_in_the_order_of_the_layers(ax):
    figures.errors_by_layer({4: 0.3, 2: 0.00012, 3: 1.5}, ax=ax)
    assert ax.lines[0].get_xdata().tolist() == [2, 3, 4]
    assert texts(ax) == [r"$1.2\times 10^{-4}$", "1.5", "0.30"]


def test_several_networks_are_labeled_by_name(ax):
    figures.errors_by_layer({"deep": {2: 0.1, 3: 0.2}, "grad": small_gradient()}, ax=ax)
    assert texts(ax) == ["deep", "grad"]
    assert ax.get_xticks().tolist() == [2, 3, 4]


def test_an_error_of_zero_has_no_logarithm(ax):
    with pytest.raises(ValueError, match=r"errors\[0\] is 0, which has no place"):
        figures.errors_by_layer({2: 0.0, 3: 0.2}, ax=ax)
    with pytest.raises(TypeError, match="errors is list, want a gradient, or sizes by layer"):
        figures.errors_by_layer([0.1, 0.2], ax=ax)


def test_each_sweep_carries_its_name_and_its_lowest_point(ax):
    DRAWINGS["step_sweep"](ax)
    assert texts(ax) == ["forward", "central"]
    assert (ax.get_xscale(), ax.get_yscale()) == ("log", "log")
    lowest = [visible(line)[line.get_markevery()[0]].tolist() for line in ax.lines]
    assert [each[0] for each in lowest] == [STEPS[4], STEPS[6]], "h near 1e-8 and near 1e-5"
    assert [each.xy for each in ax.texts if each.get_text()] == [tuple(each) for each in lowest]


def test_names_of_sweeps_keep_clear_of_the_curves(ax):
    noise = 1e-16 / STEPS
    curves = {"forward": STEPS + noise, "central": STEPS**2 + noise, "complex": STEPS**2 + 1e-16}
    figures.step_sweep(STEPS, curves, ax=ax)
    ax.figure.draw_without_rendering()
    for text in (each for each in ax.texts if each.get_text()):
        box = matplotlib.text.Text.get_window_extent(text)
        for line in ax.lines:
            points = labels._dense(ax.transData.transform(line.get_xydata()))
            assert not box.count_contains(points), f"{text.get_text()} lies on a curve"


@pytest.mark.parametrize(
    ("errors", "kind", "message"),
    [
        ({"central": [1.0, 0.0]}, ValueError, r"errors\['central'\]\[1\] is 0, which has no place"),
        ({"central": [1.0]}, ValueError, r"errors\['central'\] has 1 numbers, want 2"),
        ({"central": [1.0, np.nan]}, ValueError, r"errors\['central'\]\[1\] is nan"),
        ({}, TypeError, r"errors is \{\}, want values by name"),
    ],
)
def test_a_sweep_refuses_what_it_cannot_draw(errors, kind, message, ax):
    with pytest.raises(kind, match=message):
        figures.step_sweep([0.1, 0.01], errors, ax=ax)


def test_growth_tells_the_slope_of_the_measured_points_alone(ax):
    price = np.array([1e4, 1e6, 1e10])  # the last step is not like the one before
    figures.cost_growth(WEIGHTS, {"f": price, "b": WEIGHTS}, ax=ax, extrapolated={"f": 1e3})
    assert texts(ax) == ["f\nslope 2.00", "b\nslope 1.00"]
    solid, dashed, hollow = ax.lines[:3]
    assert solid.get_xdata().tolist() == [1e2, 1e3]
    assert (dashed.get_linestyle(), dashed.get_xdata().tolist()) == ("--", [1e3, 1e4])
    assert hollow.get_markerfacecolor() == PALETTE["paper"]
    assert hollow.get_xdata().tolist() == [1e4]


def test_growth_without_slopes(ax):
    figures.cost_growth(WEIGHTS[:1], {"backward": [1.0]}, ax=ax, slopes=False)
    assert texts(ax) == ["backward"]


def test_growth_refuses_what_it_cannot_draw(ax):
    with pytest.raises(ValueError, match="1 measured point has no slope; pass slopes=False"):
        figures.cost_growth(WEIGHTS[:1], {"backward": [1.0]}, ax=ax)
    with pytest.raises(ValueError, match="unknown method 'forwards'; known: forward"):
        figures.cost_growth(WEIGHTS, {"forward": WEIGHTS}, ax=ax, extrapolated={"forwards": 10})


def test_an_activation_and_its_derivative(ax):
    figures.activation("sigmoid", ax=ax)
    z, prime = ax.lines[1].get_data()
    np.testing.assert_allclose(prime, bp.sigmoid.prime(z))
    assert texts(ax) == [r"$\sigma(z)$", "$\\sigma\N{PRIME}(z)$"]


def test_a_jump_is_a_gap_and_not_a_slope(ax):
    figures.activation(bp.relu, ax=ax)
    assert np.isnan(ax.lines[1].get_ydata()).sum() == 1, "the derivative of relu jumps once"
    assert not np.isnan(ax.lines[0].get_ydata()).any(), "relu itself doesn't"


def test_softmax_has_no_curve(ax):
    with pytest.raises(ValueError, match="softmax is no function of one weighted input"):
        figures.activation(bp.softmax, ax=ax)


@pytest.mark.parametrize("limits", [(1, -1), (0, 0), (1,), (0, 1, 2)])
def test_a_range_has_a_lower_and_an_upper_end(limits, ax):
    with pytest.raises(ValueError, match="want the lower and the upper end"):
        figures.activation(bp.sigmoid, ax=ax, limits=limits)


# Planes and pictures


def test_the_boundary_is_where_the_output_crosses_a_half(ax):
    net = bp.Network.from_arrays([[[4.0, 0.0]]], [[-1.0]], [bp.sigmoid])  # 0.5 at x_1 = 0.25
    figures.surface(net, ax=ax)
    line = np.concatenate([path.vertices for path in ax.collections[-1].get_paths()])
    np.testing.assert_allclose(line[:, 0], 0.25, atol=1e-3)
    assert ax.collections[-1].get_linewidth() == 2


def test_the_surface_has_its_inputs_the_right_way_round(ax):
    net = bp.Network.from_arrays([[[0.0, 4.0]]], [[-1.0]], [bp.sigmoid])  # 0.5 at x_2 = 0.25
    figures.surface(net, ax=ax)
    line = np.concatenate([path.vertices for path in ax.collections[-1].get_paths()])
    np.testing.assert_allclose(line[:, 1], 0.25, atol=1e-3)


def test_without_a_crossing_there_is_no_boundary(ax):
    net = bp.Network.from_arrays([[[0.0, 0.0]]], [[3.0]], [bp.sigmoid])
    figures.surface(net, ax=ax)  # a contour that isn't there would be a warning
    assert len(ax.collections) == 1


def test_points_lie_on_the_surface_class_by_class(ax):
    figures.surface(small_network(), ax=ax, examples=XOR, limits=(-0.5, 1.5))
    zero, one = ax.lines
    assert {tuple(each) for each in zero.get_xydata()} == {(0, 0), (1, 1)}
    assert {tuple(each) for each in one.get_xydata()} == {(0, 1), (1, 0)}
    assert zero.get_marker() != one.get_marker(), "color is not the only difference"
    assert [each.get_text() for each in ax.get_legend().get_texts()] == ["class 0", "class 1"]


def test_the_key_can_be_left_out(ax):
    figures.surface(small_network(), ax=ax, examples=XOR, key=False)
    assert ax.get_legend() is None


def test_a_float32_network_has_a_surface(ax):
    weights, bias = np.ones((1, 2), np.float32), np.zeros(1, np.float32)
    figures.surface(bp.Network.from_arrays([weights], [bias], [bp.sigmoid]), ax=ax)


@pytest.mark.parametrize(
    ("values", "want"),
    [
        ([-0.97, 0.98], (-1, 1)),
        ([0.0, 1.0], (-0.5, 1.5)),
        ([3.0, 97.0], (0, 100)),
        ([0.0012, 0.0031], (0.001, 0.0035)),
        ([5.0, 5.0], (4.5, 5.5)),
        ([0.0, 0.0], (-0.5, 0.5)),
    ],
)
def test_the_picture_reaches_around_the_examples_in_round_numbers(ax, values, want):
    rows = np.stack([values, np.array(values) + 1], axis=1)
    net = small_network()
    figures.surface(net, ax=ax, examples=bp.Dataset.from_rows(rows, [0, 1]).train)
    assert ax.get_xlim() == pytest.approx(want)
    low, high = ax.get_ylim()
    assert low < rows[:, 1].min() and rows[:, 1].max() < high, "each input has its own limits"


def test_limits_may_be_given_for_each_input(ax):
    figures.surface(small_network(), ax=ax, limits=((0, 1), (-50, 50)))
    assert (ax.get_xlim(), ax.get_ylim()) == ((0, 1), (-50, 50))
    figures.surface(small_network(), ax=ax)
    assert (ax.get_xlim(), ax.get_ylim()) == ((-1, 1), (-1, 1)), "without examples"


def test_several_outputs_share_the_plane_by_the_largest(ax):
    # Softmax of (x_1, -x_1, -2): class 2 never leads; 0 and 1 meet at x_1 = 0.
    w, b = [[4.0, 0.0], [-4.0, 0.0], [0.0, 0.0]], [0.0, 0.0, -8.0]
    net = bp.Network.from_arrays([w], [b], [bp.softmax])
    data = bp.Dataset.from_rows([[-0.5, 0.0], [0.5, 0.0], [0.5, 0.5]], [1, 0, 2]).train
    figures.surface(net, ax=ax, examples=data, limits=(-1, 1))
    filled = [each for each in ax.collections if each.get_facecolor().size]
    lines = [each for each in ax.collections if each not in filled]
    assert len(filled) == len(lines) == 2, "two areas, and the boundary of each"
    for line in lines:
        at = np.concatenate([path.vertices for path in line.get_paths()])
        np.testing.assert_allclose(at[:, 0], 0, atol=1e-3)
    right, left = (np.concatenate([p.vertices for p in f.get_paths()])[:, 0] for f in filled)
    assert right.min() > -1e-3 and left.max() < 1e-3, "class 0 leads where x_1 is positive"
    markers = [each.get_marker() for each in ax.lines]
    assert len(set(markers)) == 3 and len(ax.get_legend().get_texts()) == 3


def test_a_surface_needs_two_inputs_and_classes_that_have_colors(ax):
    with pytest.raises(ValueError, match=r"net has sizes \[3, 4, 1\], want two inputs and one"):
        figures.surface(small_network((3, 4, 1)), ax=ax)
    with pytest.raises(ValueError, match=r"net has sizes \[2, 4, 7\], .* up to 6"):
        figures.surface(small_network((2, 4, 7)), ax=ax)
    three = bp.Dataset.from_rows([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0]], [0, 1, 2]).train
    with pytest.raises(ValueError, match=r"3 classes.*the network knows 2 classes"):
        figures.surface(small_network(), ax=ax, examples=three)
    with pytest.raises(TypeError, match=r"examples is Dataset, want Examples: pass data.train"):
        figures.surface(small_network(), ax=ax, examples=bp.datasets.xor())


def test_every_pixel_with_ink_is_drawn_once(ax):
    images = np.array([[0.0, 0.5, 0.5, 1.0], [1.0, 0.0, 0.0, 0.0]]).T
    figures.digits(images, ax=ax)
    squares = {
        round(patch.get_alpha(), 2): len(patch.get_path().vertices) // 5 for patch in ax.patches
    }
    assert squares == {0.5: 2, 1.0: 2}
    assert texts(ax) == []


def test_a_pixel_stands_where_it_belongs(ax):
    image = np.zeros((8, 8))
    image[1, 6] = 1
    figures.digits(image.reshape(64, 1), ax=ax)
    (patch,) = ax.patches
    corner, opposite = patch.get_path().vertices[[0, 2]]
    assert corner.tolist() == [6 / 8, 1 / 8]
    assert opposite.tolist() == [7 / 8, 2 / 8]
    low, high = ax.get_ylim()
    assert low > high, "the first row is on top"


def test_digits_carry_their_labels_and_fill_rows(ax):
    digits = bp.datasets.digits(rng=np.random.default_rng(0)).train.take(slice(0, 7))
    figures.digits(digits, ax=ax, columns=4)
    assert texts(ax) == [str(label) for label in digits.labels]
    x, y = zip(*(each.get_position() for each in ax.texts), strict=True)
    assert len(set(x)) == 4
    assert len(set(y)) == 2


@pytest.mark.parametrize(
    ("images", "text", "message"),
    [
        (np.ones((3, 2)), None, r"shape \(3, 2\), want \(s \* s, m\): square images"),
        (np.ones(64), None, r"shape \(64,\), want \(s \* s, m\)"),
        (16 * np.ones((64, 1)), None, r"from 16 to 16, want 0 \(paper\) to 1 \(ink\)"),
        (np.ones((64, 2)), ["one"], "1 texts for 2 images"),
    ],
)
def test_pictures_that_are_none_are_refused(images, text, message, ax):
    with pytest.raises(ValueError, match=message):
        figures.digits(images, ax=ax, text=text)


def test_a_matrix_shows_its_numbers_row_by_row_from_the_top(ax):
    figures.matrix([[0.5, -1.0, 0.0], [0.0, 0.25, 2.0]], ax=ax, decimals=1)
    assert texts(ax) == ["0.5", "−1.0", "0.0", "0.0", "0.2", "2.0"]
    assert ax.texts[0].get_position() == (1, 1)
    assert ax.texts[2].get_position() == (3, 1), "first the column, as x"
    low, high = ax.get_ylim()
    assert low > high, "the first row is on top"


def test_colors_of_a_matrix_have_the_sign_of_its_entries(ax):
    figures.matrix([[-2.0, 0.0, 2.0]], ax=ax)
    mesh = ax.collections[0]
    low, zero, high = mesh.cmap(mesh.norm(mesh.get_array().ravel()))
    assert matplotlib.colors.to_hex(low) == PALETTE["blue"]
    assert zero[3] == 0, "zero is paper"
    assert matplotlib.colors.to_hex(high) == PALETTE["orange"]


def test_compared_matrices_share_a_limit(ax):
    figures.matrix([[1.0]], ax=ax, limit=4.0)
    assert ax.collections[0].get_array().ravel().tolist() == [0.25]


def test_a_matrix_of_zeros_is_paper(ax):
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # no division by its largest entry
        figures.matrix(np.zeros((2, 2)), ax=ax)


def test_the_highlighted_row_and_column_are_framed(ax):
    figures.matrix(np.eye(3), ax=ax, highlight=(2, 3))
    row, column = ax.patches
    assert (row.get_y(), row.get_height()) == (1.5, 1)
    assert (column.get_x(), column.get_width()) == (2.5, 1)


@pytest.mark.parametrize(
    ("array", "options", "message"),
    [
        ([1.0, 2.0], {}, r"array has shape \(2,\), want \(rows, columns\)"),
        ([[np.inf]], {}, r"array\[0, 0\] is inf"),
        ([[1.0]], {"text": [["a", "b"]]}, r"text has shape \(1, 2\), want \(1, 1\)"),
        ([[1.0]], {"highlight": (0, 1)}, r"highlight is \(0, 1\), want a row 1..1"),
        ([[1.0]], {"limit": 0}, r"limit is 0, want more than 0"),
    ],
)
def test_a_matrix_refuses_what_it_cannot_draw(array, options, message, ax):
    with pytest.raises(ValueError, match=message):
        figures.matrix(array, ax=ax, **options)
