r"""Figures: every function takes data and matplotlib axes, and returns the axes.

``bp.figures.history(history, ax=ax)`` draws on axes of yours; without ``ax`` it makes a new
figure. Titles are left to the caller, who knows what the figure shows: ``ax.set_title(...)``.

Neurons, rows and columns are counted from 1 here, as in the notation: :math:`w^3_{24}` is the
weight ``(3, 2, 4)``, and stands in the array at ``net.w[3][1, 3]``.

This module needs matplotlib; the rest of the package does not.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import cycle

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.patches import PathPatch, Rectangle
from matplotlib.path import Path
from matplotlib.ticker import FuncFormatter, MaxNLocator
from matplotlib.transforms import Affine2D

from bpcourse import _checks
from bpcourse._svg import DIVERGING, PALETTE, SERIES, use_book_style
from bpcourse.activations import ACTIVATIONS
from bpcourse.backprop import Gradient
from bpcourse.datasets import Examples
from bpcourse.network import Network, _check_sizes
from bpcourse.training import History

__all__ = [
    "activation",
    "cost_growth",
    "digits",
    "errors_by_layer",
    "history",
    "matrix",
    "network",
    "step_sweep",
    "surface",
    "use_book_style",
    "weight_index",
]


def network(
    net,
    *,
    ax=None,
    highlight=(),
    backward=False,
    names=False,
    neuron_text=None,
    edge_text=None,
    weights=False,
    most=8,
):
    r"""Draw a network: layers from left to right, a line for every weight.

    Parameters
    ----------
    net : Network or sequence of int
        A network, or the widths n_1, ..., n_L.
    ax : matplotlib.axes.Axes, optional
    highlight : sequence of tuple
        What stands out: a neuron is ``(l, j)``, a weight is ``(l, j, k)`` as in
        :math:`w^l_{jk}`, and a path is several weights. They are drawn in color, with their names.
    backward : bool
        Whether the arrows of highlighted weights point from right to left, as the error travels.
    names : bool
        Whether every neuron shows its name :math:`a^l_j`.
    neuron_text, edge_text : mapping, optional
        What to write in neuron ``(l, j)`` or on weight ``(l, j, k)`` in place of its name:
        ``{(2, 1): "0.59"}``. Math goes between dollar signs.
    weights : bool
        Whether lines show the weights of ``net``: the wider the larger, blue where negative,
        orange where positive.
    most : int
        At most so many neurons are drawn in a layer; dots stand for the others.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    ValueError
        A highlighted or labeled neuron that the network doesn't have, or that isn't drawn.

    Notes
    -----
    After the diagrams of Nielsen, chapter 2. Used throughout the book, first in the chapter "The
    forward pass".

    Examples
    --------
    >>> ax = network([3, 4, 2], highlight=[(3, 2, 4)])
    >>> "$w^{3}_{24}$" in [each.get_text() for each in ax.texts]
    True
    """
    plan = _plan(net, _axes(ax, 6.5, 3.6), most, names)
    neuron_text, edge_text = neuron_text or {}, edge_text or {}
    highlight = [_check_item(plan, item) for item in highlight]
    for length, texts in ((2, neuron_text), (3, edge_text)):
        for item in texts:
            _check_item(plan, item, length=length)
    _draw_lines(plan)
    if weights:
        _draw_weights(plan, net)
    _draw_neurons(plan)
    bold = [item for item in highlight if len(item) == 3]
    _draw_highlight(plan, highlight, bold, backward)
    named = plan.places if names else [item for item in highlight if len(item) == 2]
    _write_in_neurons(plan, {item: _name("a", *item) for item in named} | neuron_text)
    _write_on_edges(plan, {item: _name("w", *item) for item in bold} | edge_text, bold)
    _write_captions(plan)
    return plan.ax


def weight_index(sizes, weight, *, ax=None):
    r"""Draw what the three indices of a weight mean: :math:`w^l_{jk}` goes to j and comes from k.

    Parameters
    ----------
    sizes : Network or sequence of int
        A network, or the widths n_1, ..., n_L.
    weight : tuple of int
        ``(l, j, k)``.
    ax : matplotlib.axes.Axes, optional

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    ValueError
        A weight that the network doesn't have.

    Notes
    -----
    Nielsen, chapter 2, section "Warm up". Used in the book's chapter "The forward pass".

    Examples
    --------
    >>> ax = weight_index([3, 4, 2], (3, 2, 4))
    """
    plan = _plan(sizes, _axes(ax, 6.5, 3.6), 8, names=True)
    _check_item(plan, weight, length=3)
    l, j, k = weight
    _draw_lines(plan)
    _draw_neurons(plan)
    _draw_arrow(plan, weight, PALETTE["ink"])
    _ring(plan, [(l, j)], _GOES)
    _ring(plan, [(l - 1, k)], _COMES)
    _write_in_neurons(plan, {(layer, number): f"${number}$" for layer, number in plan.places})
    _write_captions(plan)
    _write_under(plan, l, f"goes to $j = {j}$", _GOES)
    _write_under(plan, l - 1, f"comes from $k = {k}$", _COMES)
    _write_colored_name(plan, weight)
    return plan.ax


def history(history, *, ax=None, quantity="cost"):
    """Draw what training recorded, and mark the epoch of the lowest validation cost.

    Parameters
    ----------
    history : History
        From :func:`bpcourse.train`.
    ax : matplotlib.axes.Axes, optional
    quantity : {"cost", "accuracy"}
        The cost (without penalty) or the fraction of examples classified correctly, in percent.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    ValueError
        A quantity that wasn't recorded, or an unknown one.

    Notes
    -----
    Used in the book's chapter "Overfitting".

    Examples
    --------
    >>> import bpcourse as bp
    >>> net = bp.Network.from_arrays([[[1.0, 1.0]]], [[0.0]], [bp.sigmoid])
    >>> _, record = bp.train(
    ...     net, bp.datasets.xor(), cost=bp.quadratic, eta=1.0, epochs=9, batch_size=None
    ... )
    >>> ax = history(record)
    >>> ax.get_xlabel(), ax.get_ylabel()
    ('epoch', 'cost')
    """
    ax, curves = _axes(ax), _recorded(history, quantity)
    for values, color in zip(curves.values(), SERIES, strict=False):
        ax.plot(history.epochs, values, color=color)
    if quantity == "cost":
        ax.set_ylim(bottom=0)
    ax.set(xlabel="epoch", ylabel="cost" if quantity == "cost" else "accuracy (%)")
    ax.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    if "validation" in curves:
        _mark_best(ax, history, curves["validation"], top=quantity == "cost")
    _label_ends(ax, {name: values[-1] for name, values in curves.items()})
    return ax


def errors_by_layer(errors, *, ax=None):
    r"""Draw the size of the error :math:`\delta^l` by layer, on a logarithmic scale.

    Parameters
    ----------
    errors : Gradient or mapping
        A gradient, whose error in layer l is the mean over the mini-batch of the lengths
        :math:`\|\delta^l_x\|`; or sizes by layer, ``{2: 0.01, 3: 0.2}``; or several of these by
        name, ``{"sigmoid": grad, "relu": other}``.
    ax : matplotlib.axes.Axes, optional

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    ValueError
        An error of exactly 0, which has no place on a logarithmic scale; NaN or infinity.

    Notes
    -----
    Used in the book's chapter "The four fundamental equations".

    Examples
    --------
    >>> ax = errors_by_layer({2: 0.001, 3: 0.02, 4: 0.3})
    >>> ax.get_yscale()
    'log'
    """
    ax, series = _axes(ax), _error_series(errors)
    ax.set(yscale="log", xlabel="layer $l$", ylabel=r"size of the error $\|\delta^l\|$")
    for sizes, color in zip(series.values(), cycle(SERIES), strict=False):
        layers = sorted(sizes)
        ax.plot(layers, [sizes[l] for l in layers], "o-", color=color)
    ax.set_xticks(sorted({l for sizes in series.values() for l in sizes}))
    ax.margins(x=0.22, y=0.15)
    if len(series) > 1:
        _label_ends(ax, {name: sizes[max(sizes)] for name, sizes in series.items()})
        return ax
    # On the side where the curve is lower, a number stands clear of it.
    growing = ax.lines[0].get_ydata()[-1] > ax.lines[0].get_ydata()[0]
    ha, right = ("right", -5) if growing else ("left", 5)
    for l, size in next(iter(series.values())).items():
        _write(ax, (l, size), _two_digits(size), PALETTE["ink"], offset=(right, 5), ha=ha)
    return ax


def step_sweep(steps, errors, *, ax=None):
    """Draw the error of finite differences against their step: the U curves.

    Parameters
    ----------
    steps : array_like of shape (s,)
        The steps h.
    errors : mapping from str to array_like of shape (s,)
        The error at each step, by the name of the method.
    ax : matplotlib.axes.Axes, optional

    Returns
    -------
    matplotlib.axes.Axes
        Each curve carries its name at its lowest point.

    Raises
    ------
    ValueError
        Steps or errors that aren't positive: a logarithmic scale has no place for them.

    Notes
    -----
    Derived in the book's chapter "Finite differences against backpropagation".

    Examples
    --------
    >>> h = np.logspace(-12, -1, 12)
    >>> ax = step_sweep(h, {"forward": h + 1e-16 / h, "central": h**2 + 1e-16 / h})
    >>> [each.get_text() for each in ax.texts]
    ['forward', 'central']
    """
    ax, steps = _axes(ax), _positive("steps", steps)
    ax.set(xscale="log", yscale="log", xlabel="step $h$", ylabel="error of the derivative")
    for (name, values), color in zip(_named("errors", errors), cycle(SERIES), strict=False):
        values = _positive(f"errors[{name!r}]", values, like=steps)
        ax.plot(steps, values, "o-", color=color, label=name, markevery=[values.argmin()])
    ax.margins(x=0.06, y=0.12)
    _label_lowest(ax)
    return ax


def cost_growth(weights, costs, *, ax=None, extrapolated=None, slopes=True):
    """Draw how the price of a gradient grows with the number of weights, log-log.

    Parameters
    ----------
    weights : array_like of shape (s,)
        The numbers of weights W.
    costs : mapping from str to array_like of shape (s,)
        The price at each W (multiplications or seconds), by the name of the method.
    ax : matplotlib.axes.Axes, optional
    extrapolated : mapping from str to float, optional
        For a method, the largest W at which its price was measured. Beyond it the curve is
        dashed, with hollow points.
    slopes : bool
        Whether each name tells the slope of the straight line of least squares through the
        measured points: 1 is proportional to W, 2 to its square.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    ValueError
        Numbers that aren't positive, or arrays that differ in length.

    Notes
    -----
    Used in the book's chapter "Finite differences against backpropagation".

    Examples
    --------
    >>> w = np.array([1e2, 1e3, 1e4])
    >>> ax = cost_growth(w, {"backpropagation": 2 * w, "finite differences": w**2})
    >>> [each.get_text() for each in ax.texts]
    ['backpropagation\\nslope 1.00', 'finite differences\\nslope 2.00']
    """
    ax, weights = _axes(ax), _positive("weights", weights)
    ax.set(xscale="log", yscale="log", xlabel="number of weights $W$", ylabel="price")
    ends, extrapolated = {}, extrapolated or {}
    for name in extrapolated:
        _checks.lookup_name("method", name, costs)
    for (name, values), color in zip(_named("costs", costs), cycle(SERIES), strict=False):
        values = _positive(f"costs[{name!r}]", values, like=weights)
        measured = weights <= extrapolated.get(name, np.inf)
        ax.plot(weights[measured], values[measured], "o-", color=color)
        beyond = np.flatnonzero(~measured)
        if beyond.size:
            _draw_beyond(ax, weights, values, max(beyond[0] - 1, 0), color)
        if slopes:
            name += f"\nslope {_slope(weights[measured], values[measured]):.2f}"
        ends[name] = values[-1]
    _label_ends(ax, ends)
    return ax


def surface(
    net, *, ax=None, examples=None, limits=(-1.0, 1.0), levels=None, boundary=0.5, key=True
):
    """Draw the output of a network with two inputs and one output, over a square.

    Parameters
    ----------
    net : Network
        Of sizes [2, ..., 1].
    ax : matplotlib.axes.Axes, optional
    examples : Examples, optional
        Data points to draw on top, such as ``data.train``; classes differ in color and shape.
    limits : tuple of float
        The square reaches from ``limits[0]`` to ``limits[1]`` in both inputs.
    levels : array_like, optional
        The outputs at which the color changes, in ascending order; eighths from 0 to 1 if left out.
    boundary : float
        The output at which a line is drawn: the decision boundary.
    key : bool
        Whether to show which marker is which class.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    ValueError
        A network that hasn't two inputs and one output.

    Notes
    -----
    Used in the book's chapter "Overfitting".

    Examples
    --------
    >>> import bpcourse as bp
    >>> net = bp.Network.from_arrays([[[4.0, 1.0]]], [[0.0]], [bp.sigmoid])
    >>> ax = surface(net, examples=bp.datasets.xor().train, limits=(-0.5, 1.5))
    """
    _check_surface(net, examples)
    limits = _range(limits)
    ax = _axes(ax, 5.0, 4.2)
    levels = np.linspace(0, 1, 9) if levels is None else _numbers("levels", levels)
    side = np.linspace(*limits, 60)
    output = _outputs_over(net, side)
    reach = abs(levels - boundary).max()
    ax.contourf(
        side,
        side,
        output,
        levels,
        cmap=DIVERGING,
        extend="both",
        antialiased=False,
        vmin=boundary - reach,
        vmax=boundary + reach,
    )
    if output.min() < boundary < output.max():
        ax.contour(side, side, output, [boundary], colors=[PALETTE["ink"]], linewidths=2)
    # Ticks that are chosen while drawing would change the layout from one drawing to the next.
    ticks = np.linspace(*limits, 3)
    ax.set(xlabel="$x_1$", ylabel="$x_2$", box_aspect=1, xticks=ticks, yticks=ticks)
    ax.set(xlim=limits, ylim=limits)
    ax.grid(False)
    if examples is not None:
        _draw_points(ax, examples, key)
    return ax


def digits(examples, *, ax=None, text=None, columns=10):
    """Draw handwritten digits in a grid, ink on paper.

    Parameters
    ----------
    examples : Examples or array_like of shape (s * s, m)
        Square images, one per column, with pixels from 0 (paper) to 1 (ink).
    ax : matplotlib.axes.Axes, optional
    text : sequence of str, optional
        What to write under each digit; the labels of the examples if left out.
    columns : int
        How many digits stand in a row.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    ValueError
        Images that aren't square, pixels outside 0 to 1, or not one text per image.

    Examples
    --------
    >>> ax = digits(np.eye(64)[:, :3], text=["first", "second", "third"])
    >>> [each.get_text() for each in ax.texts]
    ['first', 'second', 'third']
    """
    images, text = _images(examples, text)
    columns = min(_checks.integer("columns", columns, minimum=1), len(images))
    rows, tall = -(-len(images) // columns), 1.55 if text else 1.2
    ax = _axes(ax, 6.5, 6.5 / 1.2 / columns * tall * rows)
    for level, path in _level_paths(images, columns, tall).items():
        ink = PathPatch(path, facecolor=PALETTE["ink"], alpha=level / 16, linewidth=0)
        ink.set_antialiased(False)
        ax.add_patch(ink)
    for i, each in enumerate(text):
        x, y = 1.2 * (i % columns) + 0.5, tall * (i // columns) + 1.05
        ax.text(x, y, each, ha="center", va="top", color=PALETTE["ink"])
    ax.set(xlim=(-0.1, 1.2 * columns - 0.1), ylim=(tall * rows - 0.1, -0.1), aspect="equal")
    ax.set_axis_off()
    return ax


def activation(activation, *, ax=None, limits=(-6.0, 6.0)):
    r"""Draw an activation function :math:`\sigma(z)` and its derivative :math:`\sigma'(z)`.

    Parameters
    ----------
    activation : Activation or str
    ax : matplotlib.axes.Axes, optional
    limits : tuple of float
        The range of z.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    ValueError
        Softmax, which is no function of one weighted input; an unknown name.

    Examples
    --------
    >>> ax = activation("sigmoid")
    >>> ax.get_xlabel()
    'weighted input $z$'
    """
    activation = _checks.lookup("activation", activation, ACTIVATIONS)
    if not activation.elementwise:
        raise ValueError(
            f"{activation.name} is no function of one weighted input; want an activation that "
            "works on each neuron alone, such as bp.sigmoid"
        )
    limits = _range(limits)
    ax, z = _axes(ax, 5.0, 3.2), np.linspace(*limits, 400)
    curves = {r"$\sigma(z)$": activation(z), "$\\sigma\N{PRIME}(z)$": activation.prime(z)}
    for values, color in zip(curves.values(), SERIES, strict=False):
        jumps = np.flatnonzero(abs(np.diff(values)) > 0.5) + 1
        ax.plot(np.insert(z, jumps, np.nan), np.insert(values, jumps, np.nan), color=color)
    ax.set(xlabel="weighted input $z$", xlim=limits)
    _label_ends(ax, {name: values[-1] for name, values in curves.items()})
    return ax


def matrix(array, *, ax=None, text=None, decimals=2, limit=None, highlight=None):
    """Draw a small matrix: blue where negative, orange where positive, with its numbers.

    Parameters
    ----------
    array : array_like of shape (rows, columns)
    ax : matplotlib.axes.Axes, optional
    text : nested sequence of str, of shape (rows, columns), optional
        What to write in the cells in place of the numbers.
    decimals : int
        Of the numbers.
    limit : float, optional
        The size of entry that gets the full color; the largest in ``array`` if left out. Give the
        same limit to matrices that are compared.
    highlight : tuple of int, optional
        ``(j, k)``: row j and column k stand out, counted from 1, in the colors of
        :func:`weight_index`.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    ValueError
        An array that hasn't two axes, NaN or infinity, texts of another shape.

    Examples
    --------
    >>> ax = matrix([[0.5, -1.0], [0.0, 0.25]])
    >>> [each.get_text() for each in ax.texts]
    ['0.50', '−1.00', '0.00', '0.25']
    """
    array = np.asarray(array, dtype=float)
    if array.ndim != 2 or not array.size:
        raise ValueError(f"array has shape {array.shape}, want (rows, columns)")
    _checks.finite("array", array)
    limit = abs(array).max() or 1.0 if limit is None else _checks.real("limit", limit, above=0)
    rows, columns = array.shape
    ax = _axes(ax, 0.55 * columns + 0.8, 0.45 * rows + 0.8)
    x, y = np.arange(columns + 1) + 0.5, np.arange(rows + 1) + 0.5
    shade = np.round(array / limit, 6)
    ax.pcolormesh(x, y, shade, cmap=DIVERGING, vmin=-1, vmax=1, edgecolors=PALETTE["grid"])
    _write_cells(ax, array, text, decimals)
    _number_cells(ax, rows, columns)
    if highlight is not None:
        _frame_row_and_column(ax, highlight, rows, columns)
    return ax


# Colors of the two indices of a weight: j, where it goes, and k, where it comes from.
_GOES, _COMES = PALETTE["blue"], PALETTE["orange"]


def _axes(ax, width=6.5, height=3.8):
    """Return the caller's axes, or axes in a new figure of this size in inches."""
    if ax is None:
        return plt.subplots(figsize=(width, height), layout="constrained")[1]
    if not isinstance(ax, Axes):
        raise TypeError(
            f"ax is {type(ax).__name__}, want one matplotlib axes; fig, ax = plt.subplots() "
            "makes one"
        )
    return ax


def _numbers(name, values):
    """Return ``values`` as a vector of finite float64 numbers."""
    array = np.asarray(values, dtype=float)
    if array.ndim != 1 or not array.size:
        raise ValueError(f"{name} has shape {array.shape}, want one axis and at least one number")
    _checks.finite(name, array)
    return array


def _positive(name, values, like=None):
    """Return ``values`` as a vector of positive numbers, as long as the vector ``like``."""
    array = _numbers(name, values)
    if like is not None and array.shape != like.shape:
        raise ValueError(f"{name} has {array.size} numbers, want {like.size}: one for each point")
    bad = np.flatnonzero(array <= 0)
    if bad.size:
        raise ValueError(
            f"{name}[{bad[0]}] is {array[bad[0]]:g}, which has no place on a logarithmic scale; "
            "want positive numbers. Leave the point out, or put a floor under it and say so"
        )
    return array


def _named(name, curves):
    """Return the names and values of curves."""
    if not isinstance(curves, Mapping) or not curves:
        raise TypeError(f"{name} is {curves!r}, want values by name, such as {{'central': [...]}}")
    return curves.items()


def _range(limits):
    """Return the two ends of a range."""
    low, high = _numbers("limits", limits) if np.size(limits) == 2 else (0.0, 0.0)
    if not low < high:
        raise ValueError(f"limits is {limits!r}, want the lower and the upper end, as (-1, 1)")
    return float(low), float(high)


def _write(ax, place, text, color, *, offset, ha="center", va="center", weight="normal"):
    """Write at a place in data coordinates, moved by an offset in points."""
    return ax.annotate(
        text,
        place,
        offset,
        textcoords="offset points",
        color=color,
        ha=ha,
        va=va,
        fontsize=10,
        fontweight=weight,
        annotation_clip=False,
    )


def _label_ends(ax, ends):
    """Write names to the right of the axes, beside where their curves end, none on another."""
    height = ax.figure.get_figheight() * 72 * ax.get_position().height
    gap = 13 * max(name.count("\n") + 1 for name in ends) / height
    ax.autoscale_view()  # matplotlib puts it off until it draws, and the limits matter here
    to_fraction = ax.transData + ax.transAxes.inverted()
    wanted = [to_fraction.transform((ax.get_xlim()[1], y))[1] for y in ends.values()]
    places = _spread(np.array(wanted), gap)
    for (name, place), color in zip(zip(ends, places, strict=True), cycle(SERIES), strict=False):
        y = to_fraction.inverted().transform((1, place))[1]
        ax.annotate(
            name,
            (1, y),
            (5, 0),
            xycoords=ax.get_yaxis_transform(),
            textcoords="offset points",
            color=color,
            va="center",
            fontsize=10,
            fontweight="bold",
            annotation_clip=False,
        )


def _spread(wanted, gap):
    """Return places near the wanted ones, at least ``gap`` apart, in the same order."""
    order = np.argsort(wanted, kind="stable")
    places = wanted[order]
    for i in range(1, len(places)):
        places[i] = max(places[i], places[i - 1] + gap)
    places += (wanted[order] - places).mean()
    return places[np.argsort(order)]


def _label_lowest(ax):
    """Write the name of each curve as near its lowest point as there is room."""
    ax.autoscale_view()  # matplotlib puts it off until it draws, and the limits matter here
    to_points = ax.transData + Affine2D().scale(72 / ax.figure.dpi)
    taken = np.vstack([_dense(to_points.transform(line.get_xydata())) for line in ax.lines])
    for line in ax.lines:
        place = line.get_xydata()[line.get_ydata().argmin()]
        at, half = to_points.transform(place), np.array([3.5 * len(line.get_label()), 6])
        offset = max(_offsets(half), key=lambda each: _room(taken, at + each, half))
        note = _write(ax, place, line.get_label(), line.get_color(), offset=offset, weight="bold")
        if np.hypot(*offset) > 24:
            _tie(note)
        taken = np.vstack(
            [taken, at + offset + half * [(-1, 0), (-0.5, 0), (0, 0), (0.5, 0), (1, 0)]]
        )


def _tie(note):
    """Draw a thin line from a text to the point that it names."""
    right, up = note.xyann
    edge = right, up - np.copysign(min(7, abs(up)), up)
    line = {"arrowstyle": "-", "color": note.get_color(), "linewidth": 0.8, "shrinkB": 4}
    note.axes.annotate("", note.xy, edge, textcoords="offset points", arrowprops=line)


def _offsets(half):
    """Return places for a text around a point, in points, the nearest first."""
    sides = [(right * half[0], up) for right in (0, -1, 1, -1.3, 1.3) for up in range(-60, 61, 6)]
    return sorted(np.array(sides), key=lambda each: np.hypot(*each))


def _dense(points):
    """Return the points of a broken line, with ten more between neighbors."""
    t = np.linspace(0, len(points) - 1, 11 * len(points))
    return np.stack([np.interp(t, np.arange(len(points)), each) for each in points.T], axis=1)


def _room(points, middle, half):
    """Return how far the nearest point is from a rectangle; beyond 5 points all is the same."""
    outside = np.maximum(abs(points - middle) - half, 0)
    return min(5.0, np.hypot(*outside.T).min().round(1))


def _two_digits(value):
    """Return a number with two digits, such as 0.24 or 3.1 x 10^-5, as math text."""
    mantissa, exponent = f"{value:.1e}".split("e")
    if -3 < int(exponent) < 2:
        return f"{value:.{1 - int(exponent)}f}"
    return rf"${mantissa}\times 10^{{{int(exponent)}}}$"


@dataclass(frozen=True)
class _Plan:
    """Where the parts of a network diagram stand: x is the layer, y counts rows of neurons."""

    ax: Axes
    sizes: tuple
    places: dict  # (l, j) to (x, y)
    dots: list  # (x, y) of the middle of each gap
    diameter: float  # of a neuron, in points


def _plan(net, ax, most, names):
    """Lay out the neurons of a network on axes."""
    sizes = net.sizes if isinstance(net, Network) else _check_sizes(net)
    most = _checks.integer("most", most, minimum=2)
    rows = max(n if n <= most else most + 1 for n in sizes)
    places, dots = {}, []
    for l, n in enumerate(sizes, start=1):
        slots = n if n <= most else most + 1
        above = slots if n <= most else (most + 1) // 2
        for slot in range(slots):
            y = (slots - 1) / 2 - slot
            if n > most and slot == above:
                dots.append((l, y))
            else:
                places[l, slot + 1 if slot < above else n - (slots - 1 - slot)] = (l, y)
    height = ax.figure.get_figheight() * 72 * ax.get_position().height
    diameter = min(34, max(22 if names else 8, 0.6 * height / rows))
    margin = (diameter / 2 + 3) / height
    half = max(0.5, (rows - 1) / 2 / (1 - 2 * margin))
    ax.set(xlim=(0.6, len(sizes) + 0.4), ylim=(-half, half))
    return _Plan(ax, sizes, places, dots, diameter)


def _check_item(plan, item, length=None):
    """Return a neuron (l, j) or weight (l, j, k), if the network has it and it is drawn."""
    want = {2: "(l, j) for a neuron", 3: "(l, j, k) for a weight"}
    want = {length: want[length]} if length else want
    if not isinstance(item, tuple) or len(item) not in want:
        raise ValueError(
            f"{item!r} names no part of the network; want {' or '.join(want.values())}"
        )
    first = len(item) - 1
    if not first <= item[0] <= len(plan.sizes):
        raise ValueError(f"{item} is in layer {item[0]}, want {first} to {len(plan.sizes)}")
    for l, j in zip((item[0], item[0] - 1), item[1:], strict=False):
        n = plan.sizes[l - 1]
        if not 1 <= j <= n:
            raise ValueError(f"{item}: layer {l} has no neuron {j}, want 1 to {n}")
        if (l, j) not in plan.places:
            raise ValueError(
                f"{item}: neuron {j} of layer {l} isn't drawn; raise most, or pick another"
            )
    return item


def _name(letter, l, *indices):
    """Return the book's name of a neuron's quantity or of a weight, as math text."""
    comma = "," if max(indices) > 9 else ""
    return rf"${letter}^{{{l}}}_{{{comma.join(map(str, indices))}}}$"


def _lines(plan):
    """Yield every drawn weight (l, j, k), with the places that it comes from and goes to."""
    for l, j in plan.places:
        for layer, k in plan.places:
            if layer == l - 1:
                yield (l, j, k), plan.places[l - 1, k], plan.places[l, j]


def _draw_lines(plan):
    """Draw all weights alike: one path, which keeps the file small."""
    gap = (np.nan, np.nan)
    points = np.array([point for _, start, end in _lines(plan) for point in (start, end, gap)])
    plan.ax.plot(*points.T, color=PALETTE["muted"], alpha=0.45, linewidth=0.8, zorder=1)


def _draw_weights(plan, net):
    """Draw each weight as wide as it is large, blue where negative, orange where positive."""
    if not isinstance(net, Network):
        raise TypeError("weights=True needs a Network; a list of sizes has no weights")
    lines = list(_lines(plan))
    values = np.array([net.w[l][j - 1, k - 1] for (l, j, k), _, _ in lines])
    widths = 4 * abs(values) / (abs(values).max() or 1)
    colors = np.where(values < 0, PALETTE["blue"], PALETTE["orange"])
    segments = [line[1:] for line in lines]
    plan.ax.add_collection(
        LineCollection(segments, linewidths=np.round(widths, 2), colors=list(colors), zorder=1)
    )


def _draw_neurons(plan):
    """Draw the circles, and the dots for the neurons left out."""
    circles = {"markersize": plan.diameter, "markerfacecolor": PALETTE["paper"], "clip_on": False}
    plan.ax.plot(
        *np.array(list(plan.places.values())).T, "o", color=PALETTE["ink"], zorder=3, **circles
    )
    for x, y in plan.dots:
        dots = np.array([0.22, 0, -0.22])
        plan.ax.plot([x] * 3, y + dots, "o", color=PALETTE["ink"], markersize=2.5, zorder=3)
    plan.ax.set_axis_off()


def _ring(plan, neurons, color):
    """Draw neurons again, tinted and with a thick line."""
    places = np.array([plan.places[each] for each in neurons]).T
    circle = {"markersize": plan.diameter, "clip_on": False, "zorder": 4}
    for face, alpha in ((PALETTE["paper"], 1), (color, 0.15)):
        plan.ax.plot(*places, "o", color=face, alpha=alpha, markeredgewidth=0, **circle)
    plan.ax.plot(
        *places,
        "o",
        markerfacecolor="none",
        markeredgecolor=color,
        markeredgewidth=2.4,
        **circle,
    )


def _draw_arrow(plan, weight, color, backward=False):
    """Draw an arrow along a weight, from circle to circle."""
    l, j, k = weight
    start, end = plan.places[l - 1, k], plan.places[l, j]
    if backward:
        start, end = end, start
    shrink = plan.diameter / 2 + 1.5
    arrow = {"arrowstyle": "-|>,head_length=0.5,head_width=0.22", "shrinkA": shrink}
    plan.ax.annotate(
        "",
        end,
        start,
        zorder=2,
        arrowprops=arrow | {"shrinkB": shrink, "color": color, "linewidth": 2.4},
    )


def _draw_highlight(plan, highlight, bold, backward):
    """Draw the highlighted neurons and weights, and the neurons at both ends of these."""
    for weight in bold:
        _draw_arrow(plan, weight, PALETTE["orange"], backward)
    ends = [end for l, j, k in bold for end in ((l, j), (l - 1, k))]
    neurons = [tuple(item) for item in highlight if len(item) == 2]
    if ends or neurons:
        _ring(plan, list(dict.fromkeys(ends + neurons)), PALETTE["orange"])


def _write_in_neurons(plan, texts):
    """Write in the middle of neurons."""
    for neuron, text in texts.items():
        plan.ax.text(
            *plan.places[neuron],
            text,
            ha="center",
            va="center",
            zorder=5,
            fontsize=10,
            color=PALETTE["ink"],
        )


def _write_on_edges(plan, texts, bold):
    """Write on weights, a third of the way along, where lines that cross are still apart."""
    for (l, j, k), text in texts.items():
        (x, y), (x_end, y_end) = plan.places[l - 1, k], plan.places[l, j]
        color = PALETTE["orange"] if (l, j, k) in bold else PALETTE["ink"]
        plan.ax.text(
            x + 0.36 * (x_end - x),
            y + 0.36 * (y_end - y),
            text,
            ha="center",
            va="center",
            fontsize=11,
            color=color,
            zorder=3,
            bbox=_PAPER,
        )


# A patch of paper behind a text keeps it legible on lines.
_PAPER = {"boxstyle": "square,pad=0.15", "facecolor": PALETTE["paper"], "edgecolor": "none"}


def _write_captions(plan):
    """Write the number of each layer, and of its neurons, under it."""
    last = len(plan.sizes)
    for l, n in enumerate(plan.sizes, start=1):
        kind = "input" if l == 1 else "output" if l == last else "neuron"
        count = f"{n:,} {kind}{'s' if n > 1 else ''}" if last < 7 else f"{n:,}"
        _write_under(plan, l, f"layer {l}\n{count}", PALETTE["muted"], skip=0)


def _write_under(plan, l, text, color, *, skip=2):
    """Write under layer l, below as many lines as ``skip`` tells."""
    bottom = min(y for _, y in plan.places.values())
    down = plan.diameter / 2 + 7 + 13 * skip
    _write(plan.ax, (l, bottom), text, color, offset=(0, -down), va="top")


def _write_colored_name(plan, weight):
    """Write the name of a weight on its line, each index in the color of its neuron.

    Math text has one color, so the indices are texts of their own, at offsets in points.
    """
    l, j, k = weight
    middle = np.mean([plan.places[l - 1, k], plan.places[l, j]], axis=0)
    plan.ax.plot(*middle, "o", color=PALETTE["paper"], markersize=38, zorder=2.5)
    first = f"{j}," if max(j, k) > 9 else f"{j}"
    parts = [("$w$", 0, 0, 22, PALETTE["ink"]), (f"${l}$", 1, 9, 14, PALETTE["ink"])]
    parts += [(f"${first}$", 0, -8, 14, _GOES), (f"${k}$", 9 * len(first), -8, 14, _COMES)]
    for text, right, up, size, color in parts:
        ha = "right" if text == "$w$" else "left"
        _write(plan.ax, middle, text, color, offset=(right, up), ha=ha).set(fontsize=size, zorder=6)


def _recorded(history, quantity):
    """Return what was recorded for training and validation, in percent for accuracy."""
    if not isinstance(history, History):
        raise TypeError(f"history is {type(history).__name__}, want the History of bp.train")
    _checks.lookup_name("quantity", quantity, {"cost": 1, "accuracy": 100})
    curves = {
        name: getattr(history, f"{name}_{quantity}") * (100 if quantity == "accuracy" else 1)
        for name in ("training", "validation")
    }
    curves = {name: values for name, values in curves.items() if not np.isnan(values).all()}
    if not curves:
        raise ValueError(f"no {quantity} was recorded: the examples have no classes")
    return curves


def _mark_best(ax, history, values, top):
    """Mark the epoch of the lowest validation cost on a curve; say so at the top or bottom."""
    best = history.best_epoch
    height = values[list(history.epochs).index(best)]
    ax.axvline(best, color=PALETTE["muted"], linestyle=(0, (4, 3)), linewidth=1.2, zorder=1)
    ax.plot(best, height, "o", color=SERIES[1], markersize=8, zorder=4)
    late = best > 0.6 * history.epochs[-1]
    ax.annotate(
        f"lowest validation cost:\nepoch {best:,}",
        (best, 0.98 if top else 0.04),
        (-7 if late else 7, 0),
        xycoords=ax.get_xaxis_transform(),
        textcoords="offset points",
        va="top" if top else "bottom",
        ha="right" if late else "left",
        fontsize=10,
        color=PALETTE["muted"],
    )


def _error_series(errors):
    """Return the sizes of errors by layer, by name."""
    if isinstance(errors, Gradient):
        return {"": _layer_sizes("errors", errors)}
    if not isinstance(errors, Mapping) or not errors:
        raise TypeError(f"errors is {type(errors).__name__}, want a gradient, or sizes by layer")
    if all(isinstance(each, Gradient | Mapping) for each in errors.values()):
        return {name: _layer_sizes(f"errors[{name!r}]", each) for name, each in errors.items()}
    return {"": _layer_sizes("errors", errors)}


def _layer_sizes(name, errors):
    """Return the size of the error in each layer: for a gradient, the mean over examples."""
    if isinstance(errors, Gradient):
        errors = {l: np.linalg.norm(d, axis=0).mean() for l, d in errors.delta.items()}
    layers = sorted(errors)
    return dict(zip(layers, _positive(name, [errors[l] for l in layers]), strict=True))


def _slope(x, y):
    """Return the slope of the straight line of least squares through log y against log x."""
    if len(x) < 2:
        raise ValueError(f"{len(x)} measured point has no slope; pass slopes=False")
    return np.polyfit(np.log(x), np.log(y), 1)[0]


def _draw_beyond(ax, x, y, start, color):
    """Draw the extrapolated part of a curve, dashed and with hollow points."""
    ax.plot(x[start:], y[start:], "--", color=color, zorder=1.5)
    ax.plot(x[start + 1 :], y[start + 1 :], "o", color=color, markerfacecolor=PALETTE["paper"])


def _check_surface(net, examples):
    """Refuse a network that is no function of the plane, and data that are no points of it."""
    if not isinstance(net, Network):
        raise TypeError(f"net is {type(net).__name__}, want a Network of sizes [2, ..., 1]")
    if (net.sizes[0], net.sizes[-1]) != (2, 1):
        raise ValueError(f"net has sizes {list(net.sizes)}, want two inputs and one output")
    if examples is None:
        return
    if not isinstance(examples, Examples):
        raise TypeError(f"examples is {type(examples).__name__}, want Examples: pass data.train")
    if examples.labels is None or examples.x.shape[0] != 2:
        raise ValueError(f"examples are {examples!r}, want two inputs, and targets of 0 and 1")


def _outputs_over(net, side):
    """Return the output of a network over a square.

    Six decimals are more than the eye can see, and the same on every processor.
    """
    x = np.stack(np.meshgrid(side, side)).reshape(2, -1).astype(net.parameters.vector.dtype)
    return net.forward(x).a[net.depth].reshape(side.size, side.size).round(6)


def _draw_points(ax, examples, key):
    """Draw data points, each class in a color and shape of its own."""
    for label, marker, color in ((0, "o", PALETTE["blue"]), (1, "^", PALETTE["orange"])):
        points = examples.x[:, examples.labels == label]
        ax.plot(
            *points,
            marker,
            color=color,
            markeredgecolor=PALETTE["paper"],
            markersize=7,
            label=f"class {label}",
            clip_on=False,
        )
    if key:
        # Under the axes, the key changes the layout only once; beside a square it keeps changing.
        ax.legend(
            loc="upper center",
            bbox_to_anchor=(0.5, 0),
            borderaxespad=3.4,
            ncols=2,
            fontsize=10,
            frameon=False,
            handletextpad=0.1,
            columnspacing=1.0,
            labelcolor=PALETTE["ink"],
        )


def _images(examples, text):
    """Return square images (m, s, s) of digits, and the text of each."""
    if isinstance(examples, Examples):
        if text is None and examples.labels is not None:
            text = [str(label) for label in examples.labels]
        examples = examples.x
    array = np.asarray(examples, dtype=float)
    side = round(np.sqrt(array.shape[0])) if array.ndim == 2 else 0
    if array.ndim != 2 or side**2 != array.shape[0] or not array.size:
        raise ValueError(f"examples have shape {array.shape}, want (s * s, m): square images")
    _checks.finite("examples", array)
    if array.min() < 0 or array.max() > 1:
        raise ValueError(
            f"pixels reach from {array.min():g} to {array.max():g}, want 0 (paper) to 1 (ink)"
        )
    text = [] if text is None else list(text)
    if text and len(text) != array.shape[1]:
        raise ValueError(f"{len(text)} texts for {array.shape[1]} images; want one for each")
    return array.T.reshape(-1, side, side), text


def _level_paths(images, columns, tall):
    """Return, for each of 16 levels of ink, all pixels of that level as one path."""
    levels = np.round(16 * images).astype(int)
    side = 1 / images.shape[1]
    vertices = {}
    for i, row, column in np.argwhere(levels):
        x = 1.2 * (i % columns) + column * side
        y = tall * (i // columns) + row * side
        square = [(x, y), (x + side, y), (x + side, y + side), (x, y + side), (x, y)]
        vertices.setdefault(levels[i, row, column], []).extend(square)
    square = [Path.MOVETO, Path.LINETO, Path.LINETO, Path.LINETO, Path.CLOSEPOLY]
    return {
        int(level): Path(points, square * (len(points) // 5))
        for level, points in sorted(vertices.items())
    }


def _write_cells(ax, array, text, decimals):
    """Write in each cell its text, or its number."""
    if text is None:
        text = [
            [f"{value:.{decimals}f}".replace("-", "\N{MINUS SIGN}") for value in row]
            for row in array
        ]
    text = np.asarray(text, dtype=object)
    if text.shape != array.shape:
        raise ValueError(f"text has shape {text.shape}, want {array.shape} like the array")
    for (row, column), each in np.ndenumerate(text):
        ax.text(
            column + 1, row + 1, each, ha="center", va="center", fontsize=10, color=PALETTE["ink"]
        )


def _number_cells(ax, rows, columns):
    """Number rows and columns as the book does, from 1, with the first row at the top."""
    ax.set(xticks=range(1, columns + 1), yticks=range(1, rows + 1), aspect="auto")
    ax.set(xlabel="column $k$", ylabel="row $j$", ylim=(rows + 0.5, 0.5))
    ax.xaxis.set(ticks_position="top", label_position="top")
    ax.tick_params(length=0)
    ax.grid(False)
    ax.spines[:].set_visible(False)


def _frame_row_and_column(ax, highlight, rows, columns):
    """Frame row j and column k, in the colors of the two indices of a weight."""
    j, k = highlight
    if not (1 <= j <= rows and 1 <= k <= columns):
        raise ValueError(f"highlight is {highlight}, want a row 1..{rows} and column 1..{columns}")
    frame = {"facecolor": "none", "linewidth": 2.4, "clip_on": False, "zorder": 3}
    ax.add_patch(Rectangle((0.5, j - 0.5), columns, 1, edgecolor=_GOES, **frame))
    ax.add_patch(Rectangle((k - 0.5, 0.5), 1, rows, edgecolor=_COMES, **frame))
    for label, color in (
        (ax.get_yticklabels()[j - 1], _GOES),
        (ax.get_xticklabels()[k - 1], _COMES),
    ):
        label.set(color=color, fontweight="bold")
