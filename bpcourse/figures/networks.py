"""Drawings of networks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection

from bpcourse import _checks
from bpcourse.figures.axes import axes_or_new, text_by_key, whole
from bpcourse.figures.labels import write_at
from bpcourse.figures.style import PALETTE
from bpcourse.network import Network
from bpcourse.parameters import check_sizes


def network(
    net: Network | Sequence[int],
    *,
    ax: Axes | None = None,
    highlight: Sequence[tuple[int, ...]] = (),
    backward: bool = False,
    names: bool = False,
    neuron_text: Mapping | None = None,
    edge_text: Mapping | None = None,
    weights: bool = False,
    most: int = 8,
) -> Axes:
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
    After the diagrams of Nielsen, chapter 2. Used throughout the book, first in the chapter "A
    machine that reads digits".

    Examples
    --------
    >>> ax = network([3, 4, 2], highlight=[(3, 2, 4)])
    >>> "$w^{3}_{24}$" in [each.get_text() for each in ax.texts]
    True
    """
    backward, weights = _checks.flag("backward", backward), _checks.flag("weights", weights)
    plan = _plan(net, axes_or_new(ax, 6.5, 3.6), most, _checks.flag("names", names))
    neuron_text = text_by_key("neuron_text", neuron_text)
    edge_text = text_by_key("edge_text", edge_text)
    if not np.iterable(highlight):
        raise TypeError(f"highlight is {highlight!r}, want a list such as [(2, 1), (3, 1, 2)]")
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


def weight_index(
    sizes: Network | Sequence[int], weight: tuple[int, int, int], *, ax: Axes | None = None
) -> Axes:
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
    Nielsen, chapter 2, section "Warm up". Used in the book's chapter "A machine that
    reads digits".

    Examples
    --------
    >>> ax = weight_index([3, 4, 2], (3, 2, 4))
    """
    plan = _plan(sizes, axes_or_new(ax, 6.5, 3.6), 8, names=True)
    _check_item(plan, weight, length=3)
    l, j, k = weight
    _draw_lines(plan)
    _draw_neurons(plan)
    _draw_arrow(plan, weight, PALETTE["ink"])
    _ring(plan, [(l, j)], GOES)
    _ring(plan, [(l - 1, k)], COMES)
    _write_in_neurons(plan, {(layer, number): f"${number}$" for layer, number in plan.places})
    _write_captions(plan)
    _write_under(plan, l, f"goes to $j = {j}$", GOES)
    _write_under(plan, l - 1, f"comes from $k = {k}$", COMES)
    _write_colored_name(plan, weight)
    return plan.ax


# Colors of the two indices of a weight: j, where it goes, and k, where it comes from.
GOES, COMES = PALETTE["blue"], PALETTE["orange"]


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
    sizes = net.sizes if isinstance(net, Network) else check_sizes(net)
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
    item = tuple(whole(f"an index of {item}", index) for index in item)
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
            fontsize=11,
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
    down = plan.diameter / 2 + 7 + 14 * skip
    write_at(plan.ax, (l, bottom), text, color, offset=(0, -down), va="top")


def _write_colored_name(plan, weight):
    """Write the name of a weight on its line, each index in the color of its neuron.

    Math text has one color, so the indices are texts of their own, at offsets in points.
    """
    l, j, k = weight
    middle = np.mean([plan.places[l - 1, k], plan.places[l, j]], axis=0)
    plan.ax.plot(*middle, "o", color=PALETTE["paper"], markersize=38, zorder=2.5)
    first = f"{j}," if max(j, k) > 9 else f"{j}"
    parts = [("$w$", 0, 0, 22, PALETTE["ink"]), (f"${l}$", 1, 9, 14, PALETTE["ink"])]
    parts += [(f"${first}$", 0, -8, 14, GOES), (f"${k}$", 9 * len(first), -8, 14, COMES)]
    for text, right, up, size, color in parts:
        ha = "right" if text == "$w$" else "left"
        write_at(plan.ax, middle, text, color, offset=(right, up), ha=ha).set(
            fontsize=size, zorder=6
        )
