"""Drawings of computational graphs: what is in them, and that nothing overlaps."""

import inspect
import itertools
import re
import types
import xml.etree.ElementTree as ET

import numpy as np
import pytest

from bpcourse.autodiff import graph, tensor
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


def long_numbers():
    """Return a graph with a long name and with derivatives of up to ten characters."""
    a, b = Value(-1.2345e-5), Value(2.3456e8)
    z = a * (a + b)
    z.backward()
    return z, {"a": a, "a rather long name": b, "z": z}


GRAPHS = {"order trap": order_trap, "readme": readme, "long numbers": long_numbers}


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


def curves(root):
    """Return the pieces of all wires, each with its four points (x, y)."""
    pieces = []
    for path in root.iter(f"{SVG}path"):
        if "fill: none" in path.get("style"):
            numbers = [float(number) for number in re.findall(r"-?\d+\.\d", path.get("d"))]
            points = list(zip(numbers[::2], numbers[1::2], strict=True))
            pieces += [points[k : k + 4] for k in range(0, len(points) - 1, 3)]
    return pieces


def tips(root):
    """Return the tip (x, y) of every arrow, in the order of the wires."""
    paths = [p.get("d") for p in root.iter(f"{SVG}path") if "fill: none" not in p.get("style")]
    return [tuple(map(float, re.match(r"M(\S+) (\S+)l-8 -4v8Z", d).groups())) for d in paths]


def lines_of_text(root):
    """Return for every box, in the order of ``boxes``, its lines: x, y of the baseline, text."""
    found = []
    for element in root:
        if element.tag == f"{SVG}rect":
            found.append([])
        elif element.tag == f"{SVG}text" and element.get("text-anchor") is None:
            found[-1].append((float(element.get("x")), float(element.get("y")), element.text))
    return found


def titled(root):
    """Return the boxes by their first lines."""
    return {lines[0][2]: box for lines, box in zip(lines_of_text(root), boxes(root), strict=True)}


def middle(box):
    """Return the height of the middle of a box."""
    return (box[1] + box[3]) / 2


def drawn(name):
    """Return the root of the drawing of one of the graphs."""
    result, names = GRAPHS[name]()
    return parsed(graph.draw(result, names=names))


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
                beside = right <= x0 + 0.1 or left >= x1 - 0.1
                clear = not top - graph.GAP + 0.2 <= y0 <= bottom + graph.GAP - 0.2
                assert beside or clear, f"a wire at height {y0} runs into a box or along its side"
    assert crossings, "the graph was chosen for its long wires"


@pytest.mark.parametrize("name", GRAPHS)
def test_the_paper_has_the_same_margin_on_all_sides(name):
    root = drawn(name)
    found = boxes(root)
    ys = [y for wire in wires(root) for _, y in wire]
    left, top, right, bottom = zip(*found, strict=True)
    margins = [
        min(left),
        min(*top, *ys),
        float(root.get("width")) - max(right),
        float(root.get("height")) - max(*bottom, *ys),
    ]
    assert margins == pytest.approx([graph.GAP] * 4, abs=0.6), "size is given in whole pixels"


@pytest.mark.parametrize("name", GRAPHS)
def test_text_lies_in_the_middle_of_its_box(name):
    """In a font of 13 px letters reach about 10 px above the baseline and 3 px below it."""
    root = drawn(name)
    for (left, top, right, bottom), lines in zip(boxes(root), lines_of_text(root), strict=True):
        xs, ys, texts = zip(*lines, strict=True)
        assert xs == pytest.approx([(left + right) / 2] * len(xs), abs=0.11)
        assert ys == pytest.approx([ys[0] + 17 * k for k in range(len(ys))], abs=0.01)
        assert top + 5 <= ys[0] - 10 and ys[-1] + 3 <= bottom - 3, f"{texts} leaves its box"
        # A digit of Arial is 0.556 of the size wide.
        room = right - left - 0.556 * 13 * max(map(len, texts))
        assert 10 <= room <= 21, f"{texts} in a box that has {room} px more"


@pytest.mark.parametrize("name", GRAPHS)
def test_columns_keep_apart(name):
    root = drawn(name)
    columns = {}
    for left, _, right, _ in boxes(root):
        half = max(right - left, columns.get(round((left + right) / 2), 0))
        columns[round((left + right) / 2)] = half
    for (x, width), (far, other) in itertools.pairwise(sorted(columns.items())):
        assert far - other / 2 - x - width / 2 >= 42, "wires have no room between columns"
    for wire in wires(root):
        for (x0, _), (x1, _) in zip(wire[1:-1:2], wire[2:-1:2], strict=True):
            width = next(w for x, w in columns.items() if abs(x - (x0 + x1) / 2) < 1)
            assert x1 - x0 == pytest.approx(width, abs=0.2), "straight along all of the column"


@pytest.mark.parametrize("name", GRAPHS)
def test_wires_run_from_box_to_box(name):
    root = drawn(name)
    found, ends, targets = boxes(root), tips(root), {}
    for wire, (x, y) in zip(wires(root), ends, strict=True):
        starts = [(box[2], middle(box)) for box in found]
        distance = min(abs(wire[0][0] - x) + abs(wire[0][1] - y) for x, y in starts)
        assert distance < 0.2, f"a wire starts at {wire[0]}, which is no box's right side"
        assert wire[-1][1] == y and 5 <= x - wire[-1][0] <= 8, "the arrow covers the wire's end"
        (box,) = [b for b in found if abs(b[0] - x) < 0.11 and b[1] + 3 < y < b[3] - 3]
        targets.setdefault(box, []).append(y)
    for box, ys in targets.items():
        assert sum(ys) / len(ys) == pytest.approx(middle(box), abs=0.2), "arrows off the middle"
        assert ys == sorted(ys), "the first operand arrives above the second"
        assert all(b - a >= 15 for a, b in itertools.pairwise(ys)), "arrows lie on each other"


@pytest.mark.parametrize("name", GRAPHS)
def test_wires_leave_and_arrive_horizontally(name):
    for (x0, y0), (xa, ya), (xb, yb), (x1, y1) in curves(drawn(name)):
        assert (ya, yb) == (y0, y1)
        assert xa == xb == pytest.approx((x0 + x1) / 2, abs=0.11), "a bend has two equal halves"


@pytest.mark.parametrize("name", GRAPHS)
def test_every_number_stands_on_its_wire_before_the_arrow(name):
    root = drawn(name)
    numbers = [t for t in root.iter(f"{SVG}text") if t.get("text-anchor")]
    assert numbers
    for number in numbers:
        x, y = float(number.get("x")), float(number.get("y"))
        above = [0 < a - x <= 12 and 2 <= b - y <= 6 and a - 8 >= x for a, b in tips(root)]
        assert sum(above) == 1, f"{number.text} belongs to {sum(above)} arrows"
        # A digit of Arial is 0.556 of the size wide.
        left = x - 0.556 * 12.5 * len(number.text)
        for box in boxes(root):
            clear = box[2] < left or box[0] > x or box[1] > y or box[3] < y - 10
            assert clear, f"{number.text} lies on a box"


def test_operands_side_by_side_stand_in_order_as_close_as_may_be():
    parts = {name: Tensor([1.0]) for name in "abc"}
    z = tensor.concatenate(list(parts.values()), axis=0)
    found = titled(parsed(graph.draw(z, names={**parts, "z": z})))
    column = [found[name] for name in "abc"]
    gaps = [lower[1] - upper[3] for upper, lower in itertools.pairwise(column)]
    assert gaps == pytest.approx([graph.GAP] * 2, abs=0.2), "nothing else keeps them apart"
    arrivals = [middle(found["z (concatenate)"]) + 17 * k / 4 for k in range(3)]
    mean = sum(map(middle, column)) / 3
    assert mean == pytest.approx(sum(arrivals) / 3, abs=0.2), "as a whole at their wires' height"


def chain_with_a_common_operand():
    """Return a graph in which one input goes into five sums."""
    a, b = Tensor(1.0), Tensor(1.0)
    total = (b + a) + (b + a)
    return (b + ((total + b) + b)) + (-total)


@pytest.mark.parametrize(
    ("result", "most"), [(readme()[0], 14), (chain_with_a_common_operand(), 3)]
)
def test_few_wires_cross(result, most):
    """In the order in which nodes are found 77 pairs cross in the first; without ports 23.

    Unless every second sweep goes column by column from the inputs on, 5 cross in the second.
    """
    crossings = 0
    for one, other in itertools.combinations(wires(parsed(graph.draw(result))), 2):
        for (x0, y0), (x1, y1) in zip(one[::2], one[1::2], strict=True):
            for (u0, v0), (u1, v1) in zip(other[::2], other[1::2], strict=True):
                same_gap = max(x0, u0) < min(x1, u1)
                crossings += same_gap and (y0 - v0) * (y1 - v1) < -0.5
    assert crossings <= most, "neighbors stand far from each other"


def test_wires_are_straight_where_there_is_room():
    x = [Tensor(np.full(4, float(k))) for k in range(3)]
    tall = [part.reshape(2, 2) for part in x]
    nodes = {**dict(zip("abc", x, strict=True)), **dict(zip("pqr", tall, strict=True))}
    found = titled(parsed(graph.draw(tensor.concatenate(tall, axis=0), names=nodes)))
    for low, high in ("ap", "bq", "cr"):
        assert middle(found[low]) == middle(found[f"{high} (reshape)"]), "they have one neighbor"
    h = Tensor(1.0)
    a = h
    for _ in range(4):
        h = -h
    root = parsed(graph.draw(h * a))
    chain = [middle(box) for box in boxes(root)][1:5]
    (beside,) = [[y for _, y in wire][1:-1] for wire in wires(root) if len(wire) > 2]
    for heights in (chain, beside):
        assert max(heights) - min(heights) < 4, "two lines side by side, a fraction of a letter off"


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


def test_no_names_are_no_names():
    result, _ = order_trap()
    assert graph.draw(result, names={}).svg == graph.draw(result).svg
    named = inspect.signature(graph.draw).parameters["names"].kind
    assert named is inspect.Parameter.KEYWORD_ONLY, "as an option"


def test_the_largest_graph_and_the_largest_array_shown_as_numbers():
    v = Tensor(1.0)
    for _ in range(149):
        v = -v
    assert len(boxes(parsed(graph.draw(v)))) == 150, "the limit itself is allowed"
    with pytest.raises(ValueError, match="more than 150 nodes"):
        graph.draw(-v)
    assert "value [1, 2, 3, 4]." in graph.draw(Tensor([1.0, 2.0, 3.0, 4.0])).svg
    assert "value of shape 5." in graph.draw(Tensor(np.ones(5))).svg


def test_what_is_refused():
    for half in ({"parents": ()}, {"grad": None}):
        with pytest.raises(TypeError, match="can't draw SimpleNamespace"):
            graph.draw(types.SimpleNamespace(**half))
    with pytest.raises(TypeError, match="can't draw float, want a Value or a Tensor"):
        graph.draw(1.0)
    x = Value(1.0)
    with pytest.raises(ValueError, match="does not depend on what is named 'y'"):
        graph.draw(x, names={"y": Value(2.0)})
    for _ in range(200):
        x = x + 1
    with pytest.raises(ValueError, match="more than 150 nodes"):
        graph.draw(x)
