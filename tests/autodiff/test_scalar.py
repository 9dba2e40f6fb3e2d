"""The scalar engine: every rule, the order of the walk, and what it refuses."""

import gc
import itertools
import math
import sys
import threading
import tracemalloc

import autograd
import autograd.numpy as anp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bpcourse.autodiff.scalar import Value
from bpcourse.autodiff.tensor import Tensor


def sigmoid(x):
    return 1 / (1 + anp.exp(-x))


# name: (on values, the same on numbers for HIPS autograd, whether every argument must exceed 0)
CATALOG = {
    "x + y": (lambda x, y: x + y, lambda x, y: x + y, False),
    "x - y": (lambda x, y: x - y, lambda x, y: x - y, False),
    "x * y": (lambda x, y: x * y, lambda x, y: x * y, False),
    "x / y": (lambda x, y: x / y, lambda x, y: x / y, True),
    "-x y": (lambda x, y: -x * y, lambda x, y: -x * y, False),
    "2 + x y": (lambda x, y: 2 + x * y, lambda x, y: 2 + x * y, False),
    "2 - x y": (lambda x, y: 2 - x * y, lambda x, y: 2 - x * y, False),
    "x y - 2": (lambda x, y: x * y - 2, lambda x, y: x * y - 2, False),
    "3 x y": (lambda x, y: 3 * x * y, lambda x, y: 3 * x * y, False),
    "3 / (x y)": (lambda x, y: 3 / (x * y), lambda x, y: 3 / (x * y), True),
    "x y / 3": (lambda x, y: x * y / 3, lambda x, y: x * y / 3, False),
    "x^3 y^2": (lambda x, y: x**3 * y**2, lambda x, y: x**3 * y**2, False),
    "x^-1 y^0.5": (lambda x, y: x**-1 * y**0.5, lambda x, y: x**-1 * y**0.5, True),
    "2^x y": (lambda x, y: 2**x * y, lambda x, y: 2**x * y, False),
    "exp(x y)": (lambda x, y: (x * y).exp(), lambda x, y: anp.exp(x * y), False),
    "log(x) y": (lambda x, y: x.log() * y, lambda x, y: anp.log(x) * y, True),
    "tanh(x y)": (lambda x, y: (x * y).tanh(), lambda x, y: anp.tanh(x * y), False),
    "sigmoid(x y)": (lambda x, y: (x * y).sigmoid(), lambda x, y: sigmoid(x * y), False),
    "relu(x) y": (lambda x, y: x.relu() * y, lambda x, y: anp.maximum(x, 0.0) * y, True),
    "relu(-x) y": (lambda x, y: (-x).relu() * y, lambda x, y: anp.maximum(-x, 0.0) * y, True),
}
numbers = st.floats(0.3, 2.0)
signs = st.sampled_from([-1.0, 1.0])


def gradient(function, *numbers):
    """Return the result of a function of values, and its derivatives."""
    inputs = [Value(number) for number in numbers]
    result = function(*inputs)
    result.backward()
    return result.data, [x.grad for x in inputs]


@pytest.mark.parametrize("name", CATALOG)
@given(x=numbers, y=numbers, sx=signs, sy=signs)
def test_catalog(name, x, y, sx, sy):
    ours, theirs, positive = CATALOG[name]
    if not positive:
        x, y = sx * x, sy * y
    data, grads = gradient(ours, x, y)
    assert data == pytest.approx(theirs(x, y), rel=1e-14), "the value is wrong"
    expected = [float(slope) for slope in autograd.grad(theirs, argnum=(0, 1))(x, y)]
    # 1e-13: a handful of roundings, in another order than theirs.
    assert grads == pytest.approx(expected, rel=1e-13), "HIPS autograd has another gradient"
    h = 1e-5
    slopes = [(theirs(x + h, y) - theirs(x - h, y)) / (2 * h)]
    slopes += [(theirs(x, y + h) - theirs(x, y - h)) / (2 * h)]
    # A central difference errs by h^2 f'''/6 (about 1e-9 here) and by rounding / h (1e-11).
    assert grads == pytest.approx(slopes, rel=1e-7, abs=1e-7), "finite differences disagree"


def test_order_trap():
    a = Value(1.0)
    b1 = 2 * a
    b2 = 3 * a + b1
    c = 4 * b1 + 5 * b2
    c.backward()
    assert c.data == 33.0
    # 23 and 25 are what depth-first orders give, 41 is what recursion without a memory gives.
    assert (a.grad, b1.grad, b2.grad) == (33.0, 9.0, 5.0), "the walk is not in topological order"


@pytest.mark.parametrize("length", [10, 30, 1000])
def test_exponentially_many_paths(length):
    v = x = Value(1.0)
    for _ in range(length):
        v = v + v
    v.backward()
    assert x.grad == 2.0**length, "2^n paths lead through n + 1 nodes; all must be counted"


def test_same_operand_twice():
    assert gradient(lambda x: x * x, 3.0) == (9.0, [6.0]), "= in place of += gives 3"


def test_a_value_in_between_used_twice():
    def power_by_squaring(x):
        square = x * x
        return square * square

    assert gradient(power_by_squaring, 2.0) == (16.0, [32.0]), "= in place of += gives 16"
    assert gradient(lambda x: (x * x) ** 2 + x * x, 2.0)[1] == [36.0]

    def twice_first(x):
        square = x * x
        return (square + 1) + (square * 3)

    assert gradient(twice_first, 2.0)[1] == [16.0]


@pytest.mark.parametrize(("x", "y", "result", "grads"), [(1, 2, 4, (4, 1)), (2, 3, 13, (13, 1))])
def test_sum_and_cube(x, y, result, grads):
    assert gradient(lambda x, y: (x + y) + x**3, x, y) == (result, list(grads))


def test_square_and_cube():
    assert gradient(lambda x: (x + 2) ** 2 + x**3, 5.0)[1] == [89.0]


def test_cs231n_product():
    assert gradient(lambda x, y, z: (x + y) * z, -2, 5, -4) == (-12.0, [-4.0, -4.0, 3.0])


def test_cs231n_neuron():
    f, grads = gradient(
        lambda w0, w1, w2, x0, x1: (w0 * x0 + w1 * x1 + w2).sigmoid(), 2, -3, -3, -1, -2
    )
    slope = 0.196611933241482
    assert f == pytest.approx(0.731058578630005, abs=1e-12)
    expected = [-slope, -2 * slope, slope, 2 * slope, -3 * slope]
    assert grads == pytest.approx(expected, abs=1e-12)


def test_cs231n_staged():
    f, grads = gradient(lambda x, y: (x + y.sigmoid()) / (x.sigmoid() + (x + y) ** 2), 3.0, -4.0)
    assert f == pytest.approx(1.54564488410664, abs=1e-12)
    # Published to the 9 digits that a central difference has.
    assert grads == pytest.approx([2.059569796, 1.592232752], abs=1e-8)


def test_norm_squared_element_by_element():
    _, grads = gradient(
        lambda a, b, c, d, x, y: (a * x + b * y) ** 2 + (c * x + d * y) ** 2,
        0.1, 0.5, -0.3, 0.8, 0.2, 0.4,
    )  # fmt: skip
    expected = [0.088, 0.176, 0.104, 0.208, -0.112, 0.636]
    assert grads == pytest.approx(expected, abs=1e-12)


def test_kostadinov_weight():
    """The weight (w22)^2 of the 4-2-2-1 network, and the formula for it, by hand."""
    rng = np.random.default_rng(0)
    w1, b1 = rng.standard_normal((2, 4)), rng.standard_normal(2)
    w2, b2, w3 = rng.standard_normal((2, 2)), rng.standard_normal(2), rng.standard_normal(2)
    x, y = rng.standard_normal(4), 1.0

    def layer(w, b, a):
        z = [sum((Value(p) * q for p, q in zip(row, a, strict=True)), Value(c))
             for row, c in zip(w, b, strict=True)]  # fmt: skip
        return z, [v.sigmoid() for v in z]

    _, a2 = layer(w1, b1, [Value(number) for number in x])
    weights = [[Value(number) for number in row] for row in w2]
    z3 = [row[0] * a2[0] + row[1] * a2[1] + c for row, c in zip(weights, b2, strict=True)]
    a3 = [z.sigmoid() for z in z3]
    s = w3[0] * a3[0] + w3[1] * a3[1]
    ((s - y) ** 2).backward()
    prime = a3[1].data * (1 - a3[1].data)
    expected = 2 * (s.data - y) * w3[1] * prime * a2[1].data
    assert weights[1][1].grad == pytest.approx(expected, rel=1e-12), "dC/da f'(z) a is the formula"
    assert a3[1].grad == pytest.approx(2 * (s.data - y) * w3[1], rel=1e-12)


def test_relu_at_zero():
    assert gradient(lambda x: x.relu(), 0.0) == (0.0, [0.0]), "ReLU'(0) = 0 in every engine"


@pytest.mark.parametrize("x", [-700.0, -40.0, -12.0, 12.0, 25.0, 36.0, 40.0, 700.0])
def test_sigmoid_far_out(x):
    f, (slope,) = gradient(lambda x: x.sigmoid(), x)
    e = math.exp(-abs(x))
    assert f == pytest.approx((1.0 if x > 0 else e) / (1 + e), rel=1e-15, abs=0)
    # abs=0: approx allows an error of 1e-12 otherwise, and the slope is smaller than that.
    reason = "s (1 - s) loses its digits to cancellation, and is 0 at x = 40"
    assert slope == pytest.approx(e / (1 + e) ** 2, rel=1e-15, abs=0), reason


def test_sigmoid_underflows_quietly():
    assert gradient(lambda x: x.sigmoid(), -800.0) == (0.0, [0.0])
    assert gradient(lambda x: x.sigmoid(), 800.0) == (1.0, [0.0])


@pytest.mark.parametrize("exponent", [0, 0.0])
def test_power_zero(exponent):
    assert gradient(lambda x: x**exponent, 0.0) == (1.0, [0.0])


def test_losses_add_up_in_shared_inputs():
    w = Value(2.0)
    (3 * w).backward()
    (w * w).backward()
    assert w.grad == 7.0, "the gradients 3 and 4 of two losses add up"


@pytest.mark.parametrize("times", [lambda k, h: k * h, lambda k, h: h * k], ids=["right", "left"])
def test_losses_that_share_a_value_between(times):
    w = Value(2.0)
    h = w * w
    times(3, h).backward()
    times(5, h).backward()
    # The gradients by w are 12 and 20. If h kept the 3 of the first pass, the second would
    # give 32 in place of 20.
    assert (h.grad, w.grad) == (5.0, 32.0), "a value between must start afresh"


def test_second_backward_is_refused():
    x = Value(2.0)
    y = x * x
    y.backward()
    with pytest.raises(RuntimeError, match="would count its gradients twice"):
        y.backward()
    assert x.grad == 4.0, "the refused call must not have changed anything"


def test_backward_from_between_is_refused_afterwards():
    x = Value(2.0)
    y = x * x
    (3 * y).backward()
    with pytest.raises(RuntimeError, match="has already gone through"):
        y.backward()


def test_an_unfinished_walk_leaves_no_trace_in_the_next():
    x = Value(2.0)
    y = x * x
    bad = y + y
    bad._da = None  # as if the walk had been interrupted
    with pytest.raises(TypeError):
        bad.backward()
    (y * 3).backward()
    assert (x.grad, y.grad) == (12.0, 3.0)


def test_before_a_pass_every_gradient_is_0():
    x = Value(2.0)
    assert [x.grad, (x * 3).grad, x.exp().grad] == [0.0, 0.0, 0.0]


def test_backward_from_an_input():
    x = Value(2.0)
    (3 * x).backward()
    x.backward()
    assert x.grad == 4.0, "an input adds up, and counts 1 for itself"


def test_derivatives_belong_to_the_point_of_computation():
    x = Value(3.0)
    y = x * x
    x.data = 100.0
    y.backward()
    assert x.grad == 6.0, "y was computed at x = 3"


def test_other_results_do_not_disturb():
    x = Value(2.0)
    y = x * x
    unused = y * 100
    (y + 1).backward()
    assert (x.grad, unused.grad) == (4.0, 0.0)


def test_numpy_numbers():
    x = Value(np.float32(2))
    for y in (np.int64(3) * x, x * np.float64(3), -np.int64(-3) * x):
        assert (type(y), type(y.data), y.data) == (Value, float, 6.0)


def test_parents_and_derivatives():
    x, y = Value(3.0), Value(4.0)
    z = x * y
    assert (z.parents, z.derivatives) == ((x, y), (4.0, 3.0))
    assert (x.parents, x.derivatives) == ((), ())
    assert (2 - x).parents[0].data == 2.0, "operands stand in the order in which they are written"
    assert (x.exp().parents, x.exp().op) == ((x,), "exp")


def test_reproducible_to_the_last_bit():
    def grads():
        rng = np.random.default_rng(0)
        x = [Value(number) for number in rng.standard_normal(30)]
        total = sum((a * b).tanh() for a, b in itertools.combinations(x, 2))
        total.backward()
        return [v.grad for v in x]

    assert grads() == grads(), "the order of summation must be fixed"


def test_a_million_nodes_deep():
    """Neither the walk nor the destruction of a chain may recurse; a small stack shows it.

    CPython itself nests some thousands of deallocations before it unrolls them (3.13 more than
    others), which takes up to a megabyte. Half a million nested ones would take dozens.
    """
    result = []

    def chain():
        v = x = Value(1.0)
        for _ in range(500_000):
            v = v + 1.0
        v.backward()
        del v
        result.append(x.grad)

    before = threading.stack_size(4 * 1024 * 1024)
    try:
        thread = threading.Thread(target=chain)
        thread.start()
        thread.join()
    finally:
        threading.stack_size(before)
    assert result == [1.0]


def test_memory_per_node():
    """micrograd 0.1.0 keeps 596 bytes a node of a balanced tree; a quarter of that is 149."""
    count = 20_000
    gc.collect()
    tracemalloc.start()
    try:
        v = Value(1.0)
        for _ in range(count):
            v = v * Value(1.5).tanh()
        built = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    assert built / (3 * count) < 149


def wide_graph():
    """Return a balanced tree of 16,384 leaves, whose operands are all made before it is used."""
    level = [Value(1.0 + i / 2**14) for i in range(2**14)]
    while len(level) > 1:
        level = [a + b for a, b in zip(level[::2], level[1::2], strict=True)]
    return level[0]


def test_memory_of_the_walk():
    """micrograd 0.1.0 peaks at 662 bytes a node or more while it walks; a quarter is 165."""
    gc.collect()
    tracemalloc.start()
    try:
        wide_graph().backward()
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak / (2**15 - 1) < 165


@pytest.mark.parametrize(
    ("function", "nodes", "edges"),
    [
        (lambda x, y: x + y, 3, 2),
        (lambda x, y: x * y, 3, 2),
        (lambda x, y: x * x, 2, 2),
        (lambda x, y: 2 * x, 3, 2),
        (lambda x, y: x**3, 2, 1),
        (lambda x, y: -x, 3, 2),
        (lambda x, y: x - y, 5, 4),
        (lambda x, y: x / y, 4, 3),
        (lambda x, y: (x * y).sigmoid(), 4, 3),
        (lambda x, y: sum([x * y, x * y]), 7, 8),
    ],
)
def test_nodes_of_an_expression(function, nodes, edges):
    seen, stack, count = set(), [function(Value(2.0), Value(3.0))], 0
    while stack:
        node = stack.pop()
        if node not in seen:
            seen.add(node)
            stack += node.parents
            count += len(node.parents)
    assert (len(seen), count) == (nodes, edges), "every node costs time and memory, twice"


def python_calls(function):
    """Return what a function returns, and how many functions written in Python it called."""
    calls = 0

    def count(frame, event, argument):
        nonlocal calls
        calls += event == "call"

    sys.setprofile(count)
    try:
        result = function()
    finally:
        sys.setprofile(None)
    return result, calls - 1


def test_python_calls_of_an_expression():
    """The noise-free part of the time: a call costs as much as filling a node."""
    x, y = Value(2.0), Value(3.0)
    assert python_calls(lambda: x * y)[1] == 2, "the operator and the helper that fills the node"
    assert python_calls(lambda: x.exp())[1] == 2
    assert python_calls(lambda: x * 2.0)[1] == 3, "and one for the constant"
    graph = wide_graph()
    assert python_calls(graph.backward)[1] == 0, "the walk calls nothing for a node"


def test_graphs_are_free_of_reference_cycles():
    x = Value(1.0)
    y = (x * x + x).exp()
    y.backward()
    gc.collect()
    del y
    assert gc.collect() == 0, "a cycle keeps graphs in memory until the collector comes"


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_not_finite_is_refused(bad):
    with pytest.raises(ValueError, match=f"Value\\({bad}\\): want a finite number"):
        Value(bad)
    with pytest.raises(ValueError, match="want a finite number"):
        Value(1.0) * bad


@pytest.mark.parametrize("bad", ["1", None, 1j, [1.0], np.ones(2), Tensor([1.0])])
@pytest.mark.parametrize("position", ["alone", "right", "left"])
def test_other_types_are_refused(bad, position):
    build = {
        "alone": lambda: Value(bad),
        "right": lambda: Value(1.0) * bad,
        "left": lambda: bad * Value(1.0),
    }[position]
    with pytest.raises(TypeError, match=f"{type(bad).__name__}|belongs to one engine"):
        build()


@pytest.mark.parametrize(
    ("function", "error", "message"),
    [
        (lambda: Value(0.0).log(), ValueError, r"log\(0\): want a number above 0"),
        (lambda: Value(1000.0).exp(), OverflowError, r"exp\(1000\) exceeds the largest float"),
        (lambda: Value(1e200) * 1e200, OverflowError, r"1e\+200 \* 1e\+200 exceeds the largest"),
        (lambda: 1e308 + Value(1e308), OverflowError, r"1e\+308 \+ 1e\+308 exceeds the largest"),
        (lambda: Value(1e200) ** 2, OverflowError, r"1e\+200 \*\* 2 or its derivative exceeds"),
        (lambda: 2 ** Value(2000.0), OverflowError, r"2 \*\* 2000 or its derivative exceeds"),
        (lambda: 1e300 ** Value(1.027), OverflowError, "or its derivative exceeds"),
        (lambda: Value(1.0) / Value(1e-200), OverflowError, r"1e-200 \*\* -1 or its derivative"),
        (lambda: Value(10**400), OverflowError, "the int given, 100000000..., exceeds"),
        (lambda: Value(2.0) ** math.nan, ValueError, r"2 \*\* nan: want a finite exponent"),
        (lambda: math.inf ** Value(2.0), ValueError, "want a finite base above 0"),
        (lambda: Value(-1.0) ** 0.5, ValueError, "is not real"),
        (lambda: 1 / Value(0.0), ZeroDivisionError, r"0 \*\* -1"),
        (lambda: Value(0.0) ** 0.5, ZeroDivisionError, "derivative is infinite"),
        (lambda: (-2) ** Value(2.0), ValueError, "base above 0"),
        (lambda: Value(2.0) ** Value(2.0), TypeError, "exponent is a Value"),
    ],
)
def test_no_derivative_is_refused(function, error, message):
    with pytest.raises(error, match=message):
        function()


def test_the_largest_numbers_that_there_are():
    x = Value(709.7825)
    assert x.exp().data == math.exp(709.7825), "it is finite, close to the largest float"
    assert (Value(1e200) * 1e100).data == 1e200 * 1e100


def test_comparisons_are_those_of_the_numbers():
    x, y = Value(1.0), Value(2.0)
    assert max(x, y) is y and min(x, 5, y) is x and sorted([y, x]) == [x, y]
    assert x < y and x <= 1 and y < 3 and y >= 2.0 and not x > y and not x >= 2
    assert Value(1.0) not in [x, y], "a walk must tell nodes with the same number apart"
    assert x in [y, x] and x == x and x != Value(1.0)
    assert (bool(Value(0.0)), bool(Value(-0.5))) == (False, True)
    assert (x.op, (x + y).parents) == ("", (x, y)), "a comparison leaves no trace"


def test_format():
    assert f"{Value(0.25):.3f}" == "0.250"
    assert f"{Value(0.25)}" == "Value(data=0.25, grad=0.0)"


def test_no_function_of_numbers_takes_a_value_silently():
    with pytest.raises(TypeError, match="must be real number, not Value"):
        math.exp(Value(1.0))  # a float would have lost the graph


@pytest.mark.parametrize(
    ("function", "name"),
    [
        (lambda x: x + 1, "+"),
        (lambda x: x * 2, "*"),
        (lambda x: x**2, "**2"),
        (lambda x: 2**x, "2**"),
        (lambda x: x.exp(), "exp"),
        (lambda x: x.log(), "log"),
        (lambda x: x.tanh(), "tanh"),
        (lambda x: x.sigmoid(), "sigmoid"),
        (lambda x: x.relu(), "relu"),
    ],
)
def test_the_name_of_the_operation(function, name):
    assert function(Value(0.5)).op == name, "drawings of graphs show it"


def test_at_the_edge_of_what_is_allowed():
    assert gradient(lambda x: x**1, 0.0) == (0.0, [1.0])
    assert gradient(lambda x: x**1.5, 0.0) == (0.0, [0.0])
    assert gradient(lambda x: 0.5**x, 2.0) == (0.25, [0.25 * math.log(0.5)])
    assert gradient(lambda x: 1**x, 2.0) == (1.0, [0.0])
    with pytest.raises(ValueError, match="0 \\*\\* Value: want a finite base above 0"):
        0 ** Value(2.0)
    with pytest.raises(TypeError, match="not with str"):
        Value(1.0) / "a"
    same = Value(2.0)
    assert not same < 2 and not same > 2 and not same < Value(2.0) and not same > Value(2.0)


def test_a_derivative_that_no_float_holds_is_refused():
    with pytest.raises(OverflowError, match=r"the derivative of log\(9.99989e-321\) exceeds"):
        Value(1e-320).log()
    x = Value(1e-300)
    with pytest.raises(OverflowError, match=r"the derivative through \* exceeds the largest float"):
        ((x * 1e300) * 1e300).backward()
    with pytest.raises(OverflowError, match="the derivative through"):
        (x * 1e308 + 1e308 * x).backward()
    two = x * 1.0
    with pytest.raises(OverflowError, match="the derivative through"):
        ((two * 1e300) * 1e300 + two).backward()
