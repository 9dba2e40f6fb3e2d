"""Drawings of computational graphs, with value and gradient at every node.

The layout is layered: a node stands one column to the left of the nodes made from it, the result
on the right, and an edge that spans several columns bends around the boxes between. Within a
column nodes are ordered by the mean place of their neighbors, which keeps most edges from
crossing (the barycenter method of Sugiyama, Tagawa and Toda, 1981).

A drawing is SVG text. Its colors are CSS variables of the page with fallbacks, so that it can be
read on light and on dark paper. Used in the book's chapter "Computational graphs and the chain
rule".
"""

from __future__ import annotations

import html
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from statistics import fmean
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from bpcourse.autodiff._engine import Tensor
    from bpcourse.autodiff.scalar import Value

MOST_NODES = 150
LINE, PADDING, GAP, LETTER, COLUMN_GAP = 17, 7, 14, 7.4, 44
SYMBOLS = {
    "*": "×", "multiply": "×", "add": "+", "subtract": "−", "negative": "−", "divide": "÷",
    "matmul": "@",
}  # fmt: skip
INK = "var(--bp-ink, #1f2933)"
PAPER = "var(--bp-paper, #ffffff)"
MUTED = "var(--bp-muted, #5a6672)"
DERIVATIVE = "var(--bp-blue, #0b62a8)"
GRADIENT = "var(--bp-orange, #b84a07)"


@dataclass(frozen=True)
class Drawing:
    """An SVG picture, which a notebook shows by itself.

    Parameters
    ----------
    svg : str
        The text of the picture.
    """

    svg: str

    def _repr_svg_(self):
        return self.svg

    def __repr__(self):
        return f"<drawing of {len(self.svg)} characters of SVG>"


def draw(result: Value | Tensor, *, names: Mapping[str, Value | Tensor] | None = None) -> Drawing:
    """Return a drawing of how a result was computed.

    Each box has the name or operation, the value and, below it, the gradient (orange). A number
    on an edge (blue) is the derivative of the right end with respect to the left end, which
    scalar graphs know.

    Parameters
    ----------
    result : Value or Tensor
        The result, whose operands and their operands are drawn as well. Arrays that are not
        tensors are constants and are not drawn.
    names : dict from str to Value or Tensor, optional
        What to write in the boxes. With names, a number that was not computed and has no name
        is a constant: its box holds the value alone.

    Returns
    -------
    Drawing

    Raises
    ------
    TypeError
        If ``result`` is neither a Value nor a Tensor.
    ValueError
        If the graph has more than 150 nodes, or a name does not belong to any of them.

    Examples
    --------
    >>> from bpcourse.autodiff.scalar import Value
    >>> a = Value(1.0)
    >>> b = 2 * a
    >>> b.backward()
    >>> picture = draw(b, names={"a": a, "b": b})
    >>> "<title>Computational graph. a: value 1, gradient 2." in picture.svg
    True
    """
    if not hasattr(result, "parents") or not hasattr(result, "grad"):
        raise TypeError(f"can't draw {type(result).__name__}, want a Value or a Tensor")
    distance = _distances(result)
    named = _named(names, distance)
    labels = {node: _label(node, named.get(node, ""), constants=bool(named)) for node in distance}
    columns, wires = _columns(distance)
    _sort(columns, wires)
    y = _heights(columns, wires, labels)
    x, half = _spans(columns, labels)
    boxes = [_box(labels[node], x[node], y[node]) for node in reversed(distance)]
    edges = [_edge(path, port, x, half, y, labels) for path, port in wires]
    # No wire runs over the number of another one: the numbers lie on top of all wires.
    shapes = [wire for wire, _ in edges] + [number for _, number in edges] + boxes
    return Drawing(_document(shapes, x, y, labels))


def _distances(result):
    """Return every node with the length of its longest path to the result, nearest first."""
    uses = Counter()
    stack, seen = [result], {result}
    while stack:
        for operand in stack.pop().parents:
            uses[operand] += 1
            if operand not in seen:
                seen.add(operand)
                stack.append(operand)
        if len(seen) > MOST_NODES:
            raise ValueError(f"the graph has more than {MOST_NODES} nodes; draw a smaller part")
    distance, ready = defaultdict(int), [result]
    for node in ready:
        for operand in node.parents:
            distance[operand] = max(distance[operand], distance[node] + 1)
            uses[operand] -= 1
            if not uses[operand]:
                ready.append(operand)
    return {node: distance[node] for node in ready}


def _columns(distance):
    """Return the columns, result first, and the wires: their points from right to left.

    Where a wire crosses a column it gets a place of its own there, as if it were a node.
    """
    columns = [[] for _ in range(max(distance.values()) + 1)]
    for node, d in distance.items():
        columns[d].append(node)
    wires = []
    for node in distance:
        for port, operand in enumerate(node.parents):
            bends = [object() for _ in range(distance[node] + 1, distance[operand])]
            for d, bend in enumerate(bends, start=distance[node] + 1):
                columns[d].append(bend)
            wires.append(((node, *bends, operand), port))
    return columns, wires


def _links(wires):
    """Return for each point its neighbors on the right and those on the left.

    A neighbor is a pair: the point, and how much lower than its middle the wire arrives, in
    boxes. So the second operand of a product is drawn below the first.
    """
    right, left = defaultdict(list), defaultdict(list)
    for path, port in wires:
        arrival = [port / 4] + [0.0] * len(path)
        for near, far, lower in zip(path, path[1:], arrival, strict=False):
            right[far].append((near, lower))
            left[near].append((far, 0.0))
    return right, left


def _mean(heights, neighbors, own, unit=1.0):
    """Return the mean height of the neighbors; a point without any stays at its own."""
    return fmean([heights[point] + unit * lower for point, lower in neighbors] or [own])


def _sort(columns, wires):
    """Order each column by the mean place of the neighbors, sweeping left and right in turn."""
    right, left = _links(wires)
    for neighbors, sweep in [(right, columns), (left, columns[::-1])] * 3 + [(right, columns)]:
        place = {point: k for column in columns for k, point in enumerate(column)}
        for column in sweep:
            mean = {p: _mean(place, neighbors[p], place[p]) for p in column}
            column.sort(key=mean.get)
            place.update((point, k) for k, point in enumerate(column))


def _heights(columns, wires, labels):
    """Return the vertical middle of every point: near its neighbors, never overlapping."""
    right, left = _links(wires)
    y = {point: 0.0 for column in columns for point in column}
    for _ in range(8):
        for column in columns:
            wish = [_mean(y, right[p] + left[p], y[p], unit=LINE) for p in column]
            y.update(zip(column, _apart(column, wish, labels), strict=True))
    top = min(y[node] - _size(labels[node])[1] / 2 for node in labels)
    top = min([top, *(y[p] for column in columns for p in column)])
    return {point: height - top + GAP for point, height in y.items()}


def _apart(column, wish, labels):
    """Return heights close to the wished ones, in order and far enough apart."""
    half = [_size(labels[p])[1] / 2 if p in labels else 0.0 for p in column]
    heights = [wish[0]]
    for k in range(1, len(column)):
        heights.append(max(wish[k], heights[-1] + half[k - 1] + half[k] + GAP))
    shift = fmean(w - h for w, h in zip(wish, heights, strict=True))
    return [height + shift for height in heights]


def _spans(columns, labels):
    """Return for every point the horizontal middle and the half width of its column."""
    x, half, edge = {}, {}, GAP - _gap(columns[-1], labels)
    for column in reversed(columns):
        edge += _gap(column, labels)
        width = max(_size(labels[p])[0] for p in column if p in labels)
        x.update(dict.fromkeys(column, edge + width / 2))
        half.update(dict.fromkeys(column, width / 2))
        edge += width
    return x, half


def _gap(column, labels):
    """Return the room to the left of a column: enough for the longest number on its wires."""
    numbers = [
        _text(derivative)
        for node in column
        if node in labels and hasattr(node, "derivatives")
        for operand, derivative in zip(node.parents, node.derivatives, strict=True)
        if "title" in labels[operand]
    ]
    return max([COLUMN_GAP, *(LETTER * len(number) + 20 for number in numbers)])


def _named(names, distance):
    """Return the names of nodes, from node to name."""
    if names is None:
        return {}
    if not isinstance(names, Mapping):
        raise TypeError(f"names is {names!r}, want a dict from names to nodes, as {{'x': x}}")
    for name, node in names.items():
        if getattr(node, "__hash__", None) is None or node not in distance:
            raise ValueError(f"the result does not depend on what is named {name!r}; leave it out")
    return {node: name for name, node in names.items()}


def _label(node, name, *, constants):
    """Return the lines of a box by what they are: title, value, gradient."""
    made_by = _operation(node)
    value = _text(node.data)
    if constants and not name and not made_by:
        return {"value": value}
    title = f"{name} ({made_by})" if name and made_by else name or made_by or "input"
    lines = {"title": title, "value": value}
    return lines if node.grad is None else {**lines, "gradient": _text(node.grad)}


def _operation(node):
    """Return the sign or name of a node's operation, with the operand that is not drawn."""
    sign = SYMBOLS.get(node.op, node.op)
    operands = getattr(node, "_operands", ())
    if node.op in SYMBOLS and None in operands:
        return f"const {sign}" if operands[0] is None else f"{sign} const"
    return sign


def _text(data):
    """Return a number, or a small array, with four digits; of a large array the shape."""
    array = np.asarray(data) + 0.0  # -0 is shown as 0
    if array.size > 4:
        return "of shape " + " × ".join(map(str, array.shape))
    digits = {"float_kind": "{:.4g}".format}
    return np.array2string(array, separator=", ", formatter=digits).replace("\n", "")


def _lines(label):
    """Return the lines of a box as pairs (kind, text): a small matrix takes one for each row."""
    return [
        (kind, line)
        for kind, text in label.items()
        for line in text.removeprefix("of shape ").replace("], [", "],\n[").split("\n")
    ]


def _size(label):
    """Return width and height of a box."""
    lines = [line for _, line in _lines(label)]
    return max(map(len, lines)) * LETTER + 2 * PADDING, len(lines) * LINE + PADDING


def _box(label, x, y):
    """Return the SVG of a box around (x, y) with its lines of text."""
    width, height = _size(label)
    looks = {
        "title": f'style="fill: {INK}" font-weight="bold"',
        "value": f'style="fill: {INK}"',
        "gradient": f'style="fill: {GRADIENT}"',
    }
    top = y - height / 2 + LINE
    texts = [
        f'<text x="{x:.1f}" y="{top + k * LINE:.1f}" {looks[kind]}>{_shown(line)}</text>'
        for k, (kind, line) in enumerate(_lines(label))
    ]
    frame = (
        f'<rect x="{x - width / 2:.1f}" y="{y - height / 2:.1f}" width="{width:.1f}" '
        f'height="{height:.1f}" rx="6" style="fill: {PAPER}; stroke: {MUTED}"/>'
    )
    return frame + "".join(texts)


def _shown(line):
    """Return a line of text as the picture shows it: with minus signs, not hyphens."""
    return html.escape(line.replace("-", "\N{MINUS SIGN}"))


def _edge(path, port, x, half, y, labels):
    """Return the SVG of one wire from an operand (the path's end), with arrow, and its number."""
    node, operand = path[0], path[-1]
    count = len(node.parents)
    tip_x = x[node] - _size(labels[node])[0] / 2
    tip_y = y[node] + (port - (count - 1) / 2) * LINE
    points = [(x[operand] + _size(labels[operand])[0] / 2, y[operand])]
    for bend in reversed(path[1:-1]):
        # Straight across the column, so that the wire keeps clear of the boxes in it.
        points += [(x[bend] - half[bend], y[bend]), (x[bend] + half[bend], y[bend])]
    curve = _curve([*points, (tip_x - 7, tip_y)])
    arrow = f"M{tip_x:.1f} {tip_y:.1f}l-8 -4v8Z"
    shapes = f'<path d="{curve}" style="fill: none; stroke: {MUTED}"/>'
    shapes += f'<path d="{arrow}" style="fill: {MUTED}"/>'
    if "title" not in labels[operand]:
        return shapes, ""  # nobody asks for the derivative with respect to a constant
    return shapes, _derivative(node, port, tip_x - 11, tip_y - 4)


def _derivative(node, port, x, y):
    """Return the SVG of the derivative with respect to one operand, where the graph knows it."""
    if not hasattr(node, "derivatives"):
        return ""
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="end" font-size="12.5" '
        f'style="fill: {DERIVATIVE}; stroke: {PAPER}; stroke-width: 3px; paint-order: stroke">'
        f"{_shown(_text(node.derivatives[port]))}</text>"
    )


def _curve(points):
    """Return the path through the points that enters and leaves each one horizontally."""
    path = f"M{points[0][0]:.1f} {points[0][1]:.1f}"
    for (x0, y0), (x1, y1) in pairwise(points):
        middle = (x0 + x1) / 2
        path += f"C{middle:.1f} {y0:.1f} {middle:.1f} {y1:.1f} {x1:.1f} {y1:.1f}"
    return path


def _words(label):
    """Return in words what a box shows."""
    rest = ", ".join(f"{kind} {line}" for kind, line in label.items() if kind != "title")
    return f"{label.get('title', 'constant')}: {rest}"


def _document(shapes, x, y, labels):
    """Return the whole SVG, with a title that says in words what it shows."""
    width = max(x[n] + _size(label)[0] / 2 for n, label in labels.items()) + GAP
    height = max([*y.values(), *(y[n] + _size(label)[1] / 2 for n, label in labels.items())]) + GAP
    words = ". ".join(_words(label) for label in reversed(labels.values()))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" '
        f'width="{width:.0f}" height="{height:.0f}" font-family="sans-serif" font-size="13" '
        f'text-anchor="middle"><title>{html.escape(f"Computational graph. {words}.")}</title>'
        + "".join(shapes)
        + "</svg>"
    )
