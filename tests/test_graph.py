"""Drawings of graphs: every node and edge is there, nothing overlaps, and the text is the same."""

import re
from xml.etree import ElementTree

import numpy as np
import pytest

from bpcourse import graph
from bpcourse.scalar import Value
from bpcourse.tensor import Tensor

SVG = "{http://www.w3.org/2000/svg}"


def order_graph():
    """The graph b1 = 2a, b2 = 3a + b1, c = 4 b1 + 5 b2."""
    a = Value(1.0)
    b1 = 2 * a
    b2 = 3 * a + b1
    c = 4 * b1 + 5 * b2
    c.backward()
    return c, {"a": a, "b1": b1, "b2": b2, "c": c}


def boxes(svg):
    found = []
    for box in ElementTree.fromstring(svg).iter(f"{SVG}rect"):
        place = [float(box.get(name, 0)) for name in ("x", "y", "width", "height")]
        if box.get("width", "").endswith("%"):
            continue
        found.append(place)
    return found


def test_names_values_and_gradients_are_written():
    c, names = order_graph()
    text = graph.draw(c, names=names).svg
    for expected in ("b1", "b2", "33", "9"):
        assert expected in re.sub(r"<[^>]+>", " ", text), expected


def test_the_same_graph_gives_the_same_text():
    drawings = [graph.draw(*[c], names=names).svg for c, names in (order_graph(), order_graph())]
    assert drawings[0] == drawings[1]


def test_boxes_do_not_overlap():
    c, names = order_graph()
    found = [box for box in boxes(graph.draw(c, names=names).svg) if box[2] > 1]
    assert len(found) >= 4
    for i, (x, y, w, h) in enumerate(found):
        for other_x, other_y, other_w, other_h in found[:i]:
            apart = (
                x + w <= other_x or other_x + other_w <= x or y + h <= other_y
                or other_y + other_h <= y
            )  # fmt: skip
            assert apart


def test_colors_are_variables_of_the_page_with_fallbacks():
    c, names = order_graph()
    text = graph.draw(c, names=names).svg
    assert "var(--bp-ink, #" in text
    bare = re.sub(r"var\(--bp-[a-z0-9-]+, #[0-9a-f]{6}\)", "", text)
    assert not re.search(r"#[0-9a-fA-F]{3,6}\b", bare), "a color that no theme can change"


def test_tensors_are_drawn_too_and_small_arrays_in_full():
    x = Tensor(np.array([[1.0, 2.0]]))
    y = (x * x).sum()
    y.backward()
    text = graph.draw(y, names={"x": x}).svg
    ElementTree.fromstring(text)
    assert "sum" in text


def test_names_are_escaped():
    x = Value(1.0)
    ElementTree.fromstring(graph.draw(x * 2, names={"a<b&c": x}).svg)


def test_a_notebook_shows_the_picture():
    drawing = graph.draw(Value(1.0) + 2)
    assert drawing._repr_svg_() == drawing.svg
    assert drawing.svg.startswith("<svg")


def test_a_graph_too_large_to_read_is_refused():
    x = Value(1.0)
    for _ in range(graph.MOST_NODES):
        x = x + 1
    with pytest.raises(ValueError, match=str(graph.MOST_NODES)):
        graph.draw(x)
