"""Drawings of computational graphs: what is in them, and that nothing overlaps."""

import itertools
import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest

from bpcourse.autodiff import graph
from bpcourse.autodiff.scalar import Value
from bpcourse.autodiff.tensor import Tensor

SVG = "{http://www.w3.org/2000/svg}"


def order_trap():
    """Return the graph of the book's chapter on order, with its names."""
    a = Value(1.0)
    b1 = 2 * a
    b2 = 3 * a + b1
    c = 4 * b1 + 5 * b2
    c.backward()
    return c, {"a": a, "b1": b1, "b2": b2, "c": c}


def readme():
    """Return the graph of micrograd's README, which has wires across many columns."""
    a, b = Value(-4.0), Value(2.0)
    c = a + b
    d = a * b + b**3
    c += c + 1
    c += 1 + c + (-a)
    d += d * 2 + (b + a).relu()
    d += 3 * d + (b - a).relu()
    f = (c - d) ** 2
    g = f / 2.0 + 10.0 / f
    g.backward()
    return g, {"a": a, "b": b, "g": g}


GRAPHS = {"order trap": order_trap, "readme": readme}


def parsed(drawing):
    """Return the root of the drawing's SVG."""
    return ET.fromstring(drawing.svg)


def boxes(root):
    """Return left, top, right and bottom of every box."""
    found = []
    for rect in root.iter(f"{SVG}rect"):
        x, y, w, h = (float(rect.get(key)) for key in ("x", "y", "width", "height"))
        found.append((x, y, x + w, y + h))
    return found


def wires(root):
    """Return for every wire its points: (x, y) of the ends of the curve's pieces."""
    curves = [p.get("d") for p in root.iter(f"{SVG}path") if "fill: none" in p.get("style")]
    number = r"-?\d+\.\d"
    return [
        [tuple(map(float, point)) for point in re.findall(rf"({number}) ({number})(?=C|$)", curve)]
        for curve in curves
    ]


def count_nodes(result):
    seen, stack = {result}, [result]
    while stack:
        for parent in stack.pop().parents:
            if parent not in seen:
                seen.add(parent)
                stack.append(parent)
    return len(seen), sum(len(node.parents) for node in seen)


@pytest.mark.parametrize("name", GRAPHS)
def test_every_node_and_edge_is_drawn_once(name):
    result, names = GRAPHS[name]()
    root = parsed(graph.draw(result, names=names))
    assert (len(boxes(root)), len(wires(root))) == count_nodes(result)


@pytest.mark.parametrize("name", GRAPHS)
def test_boxes_do_not_overlap_and_stay_on_the_paper(name):
    result, names = GRAPHS[name]()
    root = parsed(graph.draw(result, names=names))
    found = boxes(root)
    for p, q in itertools.combinations(found, 2):
        apart = p[2] < q[0] or q[2] < p[0] or p[3] < q[1] or q[3] < p[1]
        assert apart, f"the boxes {p} and {q} overlap"
    width, height = float(root.get("width")), float(root.get("height"))
    for left, top, right, bottom in found:
        assert left >= 0 and top >= 0 and right <= width and bottom <= height
    for wire in wires(root):
        for x, y in wire:
            assert 0 <= x <= width and 0 <= y <= height, "a wire leaves the paper"


@pytest.mark.parametrize("name", GRAPHS)
def test_wires_pass_boxes_by(name):
    """Where a wire goes straight across a column, no box of that column is in its way."""
    result, names = GRAPHS[name]()
    root = parsed(graph.draw(result, names=names))
    crossings = 0
    for wire in wires(root):
        for (x0, y0), (x1, y1) in zip(wire[1:-1:2], wire[2:-1:2], strict=True):
            crossings += 1
            assert y0 == y1, "a bend is straight"
            for left, top, right, bottom in boxes(root):
                clear = right <= x0 + 0.1 or left >= x1 - 0.1 or not top <= y0 <= bottom
                assert clear, f"a wire at height {y0} runs into a box"
    assert crossings, "the graph was chosen for its long wires"


def test_edges_lead_to_the_right():
    result, _ = readme()
    for wire in wires(parsed(graph.draw(result))):
        xs = [x for x, _ in wire]
        assert xs == sorted(xs), "a result stands to the right of its operands"


def test_values_gradients_and_derivatives_are_written():
    result, names = order_trap()
    root = parsed(graph.draw(result, names=names))
    texts = [text.text for text in root.iter(f"{SVG}text")]
    for k, title in enumerate(("a", "b1 (×)", "b2 (+)", "c (+)")):
        at = texts.index(title)
        value, gradient = (1, 2, 5, 33)[k], (33, 9, 5, 1)[k]
        assert texts[at + 1 : at + 3] == [f"{value}", f"{gradient}"]
    on_edges = sorted(float(t.text) for t in root.iter(f"{SVG}text") if t.get("text-anchor"))
    # The products 2a, 3a, 4 b1, 5 b2 with respect to a, a, b1 and b2; the two sums ones.
    assert on_edges == sorted([2, 3, 4, 5, 1, 1, 1, 1]), "constants have no derivative"


def test_constants_have_no_gradient_where_names_tell_them_from_inputs():
    result, names = order_trap()
    title = parsed(graph.draw(result, names=names)).find(f"{SVG}title").text
    for number in (2, 3, 4, 5):
        assert f"constant: value {number}." in title, "a constant has a gradient, or is missing"
    unnamed = parsed(graph.draw(result)).find(f"{SVG}title").text
    assert "constant" not in unnamed and "input: value 4, gradient 2" in unnamed


def test_an_operation_says_that_its_other_operand_is_not_drawn():
    w = Tensor(np.ones((2, 2)))
    right, left = w @ np.ones((2, 3)), np.ones((3, 2)) @ w
    for z, sign in ((right, "z (@ const)"), (left, "z (const @)"), (w @ w, "z (@)")):
        texts = [t.text for t in parsed(graph.draw(z, names={"z": z})).iter(f"{SVG}text")]
        assert sign in texts, f"want {sign} among {texts}"


def test_no_wire_runs_over_a_number():
    result, names = readme()
    shapes = [element.tag for element in parsed(graph.draw(result, names=names))]
    last_wire = max(k for k, tag in enumerate(shapes) if tag == f"{SVG}path")
    assert last_wire < shapes.index(f"{SVG}text"), "a wire is drawn after a number"


def test_the_title_says_in_words_what_is_shown():
    result, names = order_trap()
    title = parsed(graph.draw(result, names=names)).find(f"{SVG}title").text
    assert title.startswith("Computational graph. ")
    assert "a: value 1, gradient 33" in title and "c (+): value 33, gradient 1" in title


def test_the_same_operand_twice_gives_two_edges():
    x = Value(3.0)
    first, second = wires(parsed(graph.draw(x * x)))
    assert first[0] == second[0] and first[-1] != second[-1]


def test_many_paths_take_no_longer():
    v = Value(1.0)
    for _ in range(100):
        v = v + v
    # 2^100 paths: a layout that followed each of them would never return.
    assert len(boxes(parsed(graph.draw(v)))) == 101


def test_tensors():
    w, x = Tensor([[0.1, 0.5], [-0.3, 0.8]]), Tensor([[0.2], [0.4]])
    f = ((w @ x) ** 2).sum()
    before = parsed(graph.draw(f)).find(f"{SVG}title").text
    assert "gradient" not in before, "there is no gradient before backward()"
    f.backward()
    svg = graph.draw(f, names={"W": w}).svg
    assert "gradient [[0.088, 0.176], [0.104, 0.208]]" in svg
    assert "@" in svg and "value 0.116" in svg
    large = graph.draw(Tensor(np.ones((5, 7))).sum()).svg
    assert "value of shape 5 × 7" in large, "a large array is shown by its shape"


def test_colors_are_those_of_the_page():
    result, _ = readme()
    root = parsed(graph.draw(result))
    styles = "".join(element.get("style", "") for element in root.iter())
    assert not re.search(r"(?<!, )#[0-9a-f]{6}", styles), "a color without a CSS variable"
    assert all(element.get("fill") is None for element in root.iter())


def test_the_same_text_every_time():
    (first, names), (second, others) = readme(), readme()
    assert graph.draw(first, names=names).svg == graph.draw(second, names=others).svg


def test_a_notebook_shows_it():
    drawing = graph.draw(Value(1.0))
    assert drawing._repr_svg_() == drawing.svg
    assert repr(drawing) == f"<drawing of {len(drawing.svg)} characters of SVG>"


def test_names_are_escaped_and_zero_has_no_sign():
    x = Value(-0.0)
    texts = [t.text for t in parsed(graph.draw(x, names={"<a & b>": x})).iter(f"{SVG}text")]
    assert texts == ["<a & b>", "0", "0"]


def test_what_is_refused():
    with pytest.raises(TypeError, match="can't draw float, want a Value or a Tensor"):
        graph.draw(1.0)
    x = Value(1.0)
    with pytest.raises(ValueError, match="does not depend on what is named 'y'"):
        graph.draw(x, names={"y": Value(2.0)})
    for _ in range(200):
        x = x + 1
    with pytest.raises(ValueError, match="more than 150 nodes"):
        graph.draw(x)
