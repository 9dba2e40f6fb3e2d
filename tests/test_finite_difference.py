"""Finite differences: their accuracy, their price, and what they refuse."""

import math
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import bpcourse as bp
from bpcourse import finite_difference
from bpcourse.finite_difference import METHODS, ComplexStepError, derivative, gradient
from bpcourse.parameters import parameter_count

STEPS = 10.0 ** -np.arange(1, 13)


def problem(sizes, m, *, hidden=bp.sigmoid, output=bp.sigmoid, seed=0, dtype=np.float64):
    """Return a random network and a batch with one-hot targets."""
    rng = np.random.default_rng(seed)
    net = bp.Network.random(sizes, hidden=hidden, output=output, rng=rng, dtype=dtype)
    x = rng.standard_normal((sizes[0], m)).astype(dtype)
    y = np.eye(sizes[-1], dtype=dtype)[:, rng.integers(sizes[-1], size=m)]
    return net, x, y


def relative_error(net, x, y, cost, **options):
    """Return the distance from backpropagation, relative to the length of the gradient."""
    exact = bp.backprop(net, net.forward(x), y, cost).vector
    estimate = gradient(net, x, y, cost, **options).vector
    return np.linalg.norm(estimate - exact) / np.linalg.norm(exact)


# Accuracy on networks


@pytest.mark.parametrize("sizes", [[2, 3, 1], [3, 5, 4, 2], [8, 3, 8]])
def test_accuracy_against_backpropagation(sizes):
    net, x, y = problem(sizes, 4)
    central = relative_error(net, x, y, bp.quadratic, method="central", step=1e-5)
    forward = relative_error(net, x, y, bp.quadratic, method="forward", step=1e-5)
    assert 1e-13 < central < 5e-10, "about 1e-10; far less would mean that it is no estimate"
    assert 1e-7 < forward < 1e-4, "about 1e-6: the first-order error of the formula"
    assert relative_error(net, x, y, bp.quadratic, method="complex") < 1e-15


@settings(max_examples=30)
@given(
    sizes=st.lists(st.integers(1, 5), min_size=2, max_size=5),
    pair=st.sampled_from(
        [
            (bp.sigmoid, bp.cross_entropy),
            (bp.softmax, bp.log_likelihood),
            (bp.tanh, bp.quadratic),
            (bp.identity, bp.quadratic),
        ]
    ),
    seed=st.integers(0, 10**6),
)
def test_the_complex_step_is_as_exact_as_backpropagation(sizes, pair, seed):
    output, cost = pair
    net, x, y = problem(sizes, 3, hidden=bp.tanh, output=output, seed=seed)
    exact = bp.backprop(net, net.forward(x), y, cost).vector
    estimate = gradient(net, x, y, cost, method="complex").vector
    # The terms of the gradient are of order 1, so its rounding is of order 1e-16.
    assert abs(estimate - exact).max() <= 1e-14 * max(1, abs(exact).max())


@pytest.mark.parametrize("hidden", [bp.sigmoid, bp.tanh, bp.relu, bp.identity, bp.softmax])
@pytest.mark.parametrize("method", list(METHODS))
def test_every_activation(hidden, method):
    net, x, y = problem([3, 5, 4, 2], 4, hidden=hidden, output=bp.softmax)
    limit = {"forward": 1e-6, "central": 1e-8, "complex": 1e-14}[method]
    assert relative_error(net, x, y, bp.log_likelihood, method=method) < limit


def sweep(method):
    net, x, y = problem([3, 5, 4, 2], 4)
    return np.array(
        [relative_error(net, x, y, bp.quadratic, method=method, step=step) for step in STEPS]
    )


@pytest.mark.parametrize(
    ("method", "order", "best_step", "best_error"),
    [("forward", 1, (1e-9, 1e-7), 1e-7), ("central", 2, (1e-6, 1e-4), 5e-10)],
)
def test_the_error_has_the_shape_of_a_u(method, order, best_step, best_error):
    errors = sweep(method)
    best = int(np.argmin(errors))
    assert best_step[0] * 0.99 <= STEPS[best] <= best_step[1] * 1.01
    assert errors[best] < best_error
    # On the left arm rounding grows: a step 100 times smaller is clearly worse.
    assert errors[-1] > 10 * errors[-3] > 10 * errors[best]
    # On the right arm the formula's own error: h or h^2, decade by decade.
    arm = errors[1 : best - 1]
    assert len(arm) >= 2
    assert arm[:-1] / arm[1:] == pytest.approx(10.0**order, rel=0.2)


def test_the_complex_step_has_no_u():
    net, x, y = problem([3, 5, 4, 2], 4)
    for step in (1e-10, 1e-20, 1e-50, 1e-100):
        assert relative_error(net, x, y, bp.quadratic, method="complex", step=step) < 1e-15


@pytest.mark.parametrize(("method", "limit"), [("forward", 1e-2), ("central", 1e-3)])
def test_in_float32_the_bottom_of_the_u_is_high(method, limit):
    net, x, y = problem([3, 5, 4, 2], 4, dtype=np.float32)
    estimate = gradient(net, x, y, bp.quadratic, method=method)
    assert estimate.vector.dtype == np.float32, "no float64 leaks in"
    exact = bp.backprop(net, net.forward(x), y, bp.quadratic).vector
    error = np.linalg.norm(estimate.vector - exact) / np.linalg.norm(exact)
    assert 1e-6 < error < limit


def test_the_complex_step_in_float32_keeps_the_precision_of_float32():
    net, x, y = problem([3, 5, 4, 2], 4, dtype=np.float32)
    assert gradient(net, x, y, bp.quadratic, method="complex").vector.dtype == np.float32
    assert relative_error(net, x, y, bp.quadratic, method="complex") < 1e-6


# Price


class Counting:
    """A cost that counts how often it is asked for its value."""

    def __init__(self):
        self.calls = 0
        self.cost = bp.Cost("counting", self.value, bp.quadratic.gradient)

    def value(self, a, y):
        self.calls += 1
        return bp.quadratic.value(a, y)


@pytest.mark.parametrize(
    ("method", "price"), [("forward", lambda w: w + 1), ("central", lambda w: 2 * w),
                          ("complex", lambda w: w)]
)  # fmt: skip
@pytest.mark.parametrize("sizes", [[1, 1], [3, 5, 4, 2]])
def test_forward_passes_are_counted_exactly(sizes, method, price):
    net, x, y = problem(sizes, 3)
    counting = Counting()
    estimate = gradient(net, x, y, counting.cost, method=method)
    # This cost is none of the package's own: the noise of its value is measured, and a line for all
    # parameters and one for each array confirm the complex step.
    confirming = 3 + 10 * (1 + 2 * (len(sizes) - 1)) if method == "complex" else 0
    assert estimate.forward_passes == counting.calls - confirming == price(parameter_count(sizes))


@pytest.mark.parametrize(("method", "calls"), [("forward", 7), ("central", 12), ("complex", 6)])
def test_evaluations_of_any_function_are_counted(method, calls):
    arguments = []

    def f(v):
        arguments.append(v)
        return (v * v).sum()

    assert derivative(f, np.ones((2, 3)), method=method).forward_passes == calls
    confirming = 20 if method == "complex" else 0
    assert len(arguments) == calls + confirming, "ten for each of two parts"


def test_a_constant_is_confirmed_at_once():
    """It has no slope to be relative to."""
    arguments = []
    derivative(lambda v: arguments.append(v) or 0 * v[0] + 5, np.ones(6), method="complex")
    assert len(arguments) == 6 + 20


# Any function of an array


@pytest.mark.parametrize("method", list(METHODS))
@pytest.mark.parametrize("shape", [(), (1,), (4,), (2, 3), (2, 1, 2)])
def test_a_number_from_an_array_of_any_shape(shape, method):
    x = np.random.default_rng(0).standard_normal(shape)
    value = derivative(lambda v: (v**3).sum(), x, method=method).value
    assert value.shape == shape
    assert value == pytest.approx(3 * x**2, rel=1e-6, abs=1e-6)


@pytest.mark.parametrize("method", list(METHODS))
def test_an_array_from_an_array_gives_the_jacobian(method):
    matrix = np.random.default_rng(0).standard_normal((4, 3))
    jacobian = derivative(lambda v: matrix @ v, np.array([0.3, -2.0, 5.0]), method=method).value
    assert jacobian.shape == (4, 3), "f(x).shape + x.shape"
    assert jacobian == pytest.approx(matrix, rel=1e-6, abs=1e-6)


def test_f_sees_the_shape_of_x_in_every_memory_order():
    x = np.asfortranarray(np.arange(6.0).reshape(2, 3))
    weights = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    for each in (x, x.T.copy().T, np.arange(12.0).reshape(2, 6)[:, ::2]):
        value = derivative(lambda v: (weights * v).sum(), each, method="complex").value
        assert value == pytest.approx(weights, rel=1e-14), "an entry's derivative in its own place"


def test_the_squared_norm_of_wx():
    # Source: CS231n; by hand, 2 (W x) x^T and W^T (2 W x).
    w, x = np.array([[0.1, 0.5], [-0.3, 0.8]]), np.array([0.2, 0.4])
    by_w = derivative(lambda v: ((v @ x) ** 2).sum(), w, method="complex").value
    by_x = derivative(lambda v: ((w @ v) ** 2).sum(), x, method="complex").value
    assert by_w == pytest.approx(np.array([[0.088, 0.176], [0.104, 0.208]]), rel=1e-14)
    assert by_x == pytest.approx(np.array([-0.112, 0.636]), rel=1e-14)


# The step


@pytest.mark.parametrize("method", ["forward", "central"])
def test_the_divisor_is_the_step_that_was_taken(method):
    # 1 + 1e-10 is not a float64, so that the step taken is 8e-8 off. Dividing by 1e-10 would show.
    assert (1 + 1e-10) - 1 != 1e-10
    assert derivative(lambda v: v, 1.0, method=method, step=1e-10).value == 1.0


@pytest.mark.parametrize(("method", "power"), [("forward", 1 / 2), ("central", 1 / 3)])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_default_step_follows_the_dtype_and_the_size_of_x(method, power, dtype):
    seen = []

    def f(v):
        seen.append(v.copy())
        return v.sum()

    x = np.array([0.001, -500.0], dtype)
    estimate = derivative(f, x, method=method)
    want = float(np.finfo(dtype).eps) ** power
    assert estimate.step == pytest.approx(want)
    moves = np.max([abs(each - x) for each in seen], axis=0)
    # The steps that were taken are whole units of the last place of x.
    assert moves == pytest.approx(
        want * np.array([1, 500]), rel=0.2 if method == "forward" else 0.02
    )


def test_the_carried_difference_takes_small_steps_that_grow_with_the_parameters(monkeypatch):
    """Nothing is subtracted from it, so that the error of the formula alone counts."""
    seen = []
    fast = finite_difference.central_differences
    monkeypatch.setattr(
        finite_difference,
        "central_differences",
        lambda *a, **o: seen.append(a[-1]) or fast(*a, **o),
    )
    for dtype in (np.float32, np.float64):
        net, x, y = problem([3, 4, 2], 5, dtype=dtype)
        vector = net.parameters.vector * np.array([100, 1] * 13, dtype)
        estimate = gradient(net.with_parameters(vector), x, y, bp.quadratic, method="carried")
        want = float(np.finfo(dtype).eps) ** (2 / 3)
        assert estimate.step == pytest.approx(want, rel=1e-12)
        assert seen[-1] == pytest.approx(want * np.maximum(1, abs(vector)), rel=1e-6)
        assert estimate.forward_passes == 2 * len(net.parameters)
        tiny = gradient(net, x, y, bp.quadratic, method="carried", step=1e-30)
        assert np.isfinite(tiny.value).all(), "a step that does not change a weight is no trouble"


def test_the_default_complex_step_does_not_grow_with_x():
    steps = []
    derivative(lambda v: steps.append(v.imag.max()) or (v**2).sum(), [0.5, 5e3], method="complex")
    assert max(steps) == 1e-20


def test_a_step_of_your_own_is_taken_as_it_is():
    seen = []
    derivative(lambda v: seen.append(v[0]) or v.sum(), [1000.0], method="central", step=0.25)
    assert sorted(seen) == [999.75, 1000.25]
    seen.clear()
    derivative(lambda v: seen.append(v[0]) or v.sum(), [1000.0], method="forward", step=0.25)
    assert sorted(seen) == [1000.0, 1000.25], "a forward difference looks forward"


# What it leaves alone, what it refuses


@pytest.mark.parametrize("method", list(METHODS))
def test_the_callers_arrays_never_change(method):
    net, x, y = problem([3, 4, 2], 5)
    arrays = [net.parameters.vector, x, y]
    copies = [each.copy() for each in arrays]
    gradient(net, x, y, bp.quadratic, method=method)
    for array, copy in zip(arrays, copies, strict=True):
        assert np.array_equal(array, copy)


@pytest.mark.parametrize("method", list(METHODS))
def test_f_gets_copies_that_it_may_spoil(method):
    def f(v):
        v *= 2  # a careless function
        return v.sum()

    x = np.array([1.0, 2.0])
    value = derivative(f, x, method=method).value
    assert np.array_equal(x, [1.0, 2.0])
    assert value == pytest.approx([2.0, 2.0], rel=1e-6)


def test_the_result_is_laid_out_like_a_gradient():
    net, x, y = problem([3, 4, 2], 5)
    estimate = gradient(net, x, y, bp.quadratic, method="complex")
    exact = bp.backprop(net, net.forward(x), y, bp.quadratic)
    assert estimate.sizes == net.sizes
    for l in (2, 3):
        assert estimate.w[l] == pytest.approx(exact.w[l], rel=1e-10)
        assert estimate.b[l] == pytest.approx(exact.b[l], rel=1e-10)
    assert estimate.method == "complex"
    assert repr(estimate) == (
        f"<complex difference, step {estimate.step:g}: 26 derivatives from 26 evaluations>"
    )
    with pytest.raises(ValueError, match="read-only"):
        estimate.vector[0] = 1.0


def test_only_a_network_has_layers():
    estimate = derivative(lambda v: v.sum(), [1.0])
    with pytest.raises(AttributeError, match=r"has layers; use \.value"):
        _ = estimate.w


@pytest.mark.parametrize("function", [abs, np.real, lambda v: v.real, lambda v: v > 0])
def test_a_complex_step_through_a_real_function_is_refused(function):
    with pytest.raises(TypeError, match=r"drops the imaginary part.*use method='central'"):
        derivative(function, [1.0], method="complex")


@pytest.mark.parametrize("method", list(METHODS))
@pytest.mark.parametrize(
    ("step", "message"), [(0.0, "step is 0, want more than 0"), (-1e-5, "step is -1e-05"),
                          (np.nan, "step is nan, want a finite number")]
)  # fmt: skip
def test_a_step_must_be_positive(step, message, method):
    with pytest.raises(ValueError, match=message):
        derivative(lambda v: v.sum(), [1.0], method=method, step=step)


@pytest.mark.parametrize("method", ["forward", "central"])
def test_a_step_that_changes_nothing_is_refused(method):
    with pytest.raises(ValueError, match=r"step 1e-05 does not change x, which is 1e\+12 there"):
        derivative(lambda v: v.sum(), [1.0, 1e12], method=method, step=1e-5)
    with pytest.raises(ValueError, match="step 1e-16 does not change x, which is 1 there"):
        derivative(lambda v: v.sum(), [1.0], method=method, step=1e-16)  # downwards it would


def test_a_step_that_float32_rounds_to_zero_is_refused():
    x = np.ones(2, np.float32)
    with pytest.raises(ValueError, match="step"):
        derivative(lambda v: v.sum(), x, method="complex", step=1e-50)


def test_bad_input():
    with pytest.raises(ValueError, match="unknown method 'newton'; known: forward, central, compl"):
        derivative(lambda v: v, [1.0], method="newton")
    with pytest.raises(ValueError, match=r"x\[1\] is nan"):
        derivative(lambda v: v.sum(), [1.0, np.nan])
    with pytest.raises(TypeError, match=r"f is 3\.0, want a function of an array"):
        derivative(3.0, [1.0])
    with pytest.raises(ValueError, match="x is empty"):
        derivative(lambda v: v.sum(), np.empty(0))
    with pytest.raises(TypeError, match="x is complex; want a real array"):
        derivative(lambda v: v.sum(), [1.0 + 2.0j])
    net, x, y = problem([3, 4, 2], 5)
    with pytest.raises(ValueError, match=r"x has shape \(5, 3\), want \(3, m\)"):
        gradient(net, x.T, y, bp.quadratic)
    with pytest.raises(ValueError, match="cost cross_entropy does not fit output activation tanh"):
        gradient(*problem([3, 4, 2], 5, output=bp.tanh), bp.cross_entropy)


def test_whole_numbers_are_converted():
    value = derivative(lambda v: (v**2).sum(), np.array([3, 4])).value
    assert value == pytest.approx([6, 8], rel=1e-9)


# The complex step, confirmed


def squares_and_absolutes(v):
    return (v**2).sum() + abs(v).sum()


HALF_REAL = {
    "abs": squares_and_absolutes,
    "sign": lambda v: (v**2 + v * np.sign(v.real)).sum() + (v.real**3).sum(),
    "where": lambda v: (v**2).sum() + np.where(abs(v) < 10, abs(v), v).sum(),
    "a vector": lambda v: np.array([v[0] ** 2, abs(v[1]) + 0j]),
    "into an array of real numbers": lambda v: np.array([1j, 1]) @ np.array([v[0], v[1].real]),
}


@pytest.mark.parametrize("f", HALF_REAL.values(), ids=HALF_REAL)
@pytest.mark.parametrize("x", [[3.0, -4.0], [30.0, 0.5], [-0.25, 7.0]])
def test_a_function_that_drops_a_part_of_the_imaginary_part_is_refused(f, x):
    """abs of 3 - 4i is 5: complex numbers come out, and a derivative of 0 in place of 1."""
    with pytest.raises(ComplexStepError, match=r"f drops the imaginary part.*method='central'"):
        derivative(f, x, method="complex")


def test_what_the_complex_step_refuses_real_steps_can():
    value = derivative(squares_and_absolutes, [3.0, -4.0]).value
    assert value == pytest.approx([7, -9], rel=1e-9)


def test_a_function_that_takes_no_complex_numbers_is_named_as_such():
    for f in (lambda v: np.logaddexp(0, v).sum(), lambda v: math.exp(v[0])):
        with pytest.raises(ComplexStepError, match=r"f takes no complex numbers.*method='central'"):
            derivative(f, [1.0], method="complex")

    def by_a_real_array(v):
        kept = np.zeros(v.shape)
        kept[:] = v  # NumPy warns that the imaginary part is discarded
        return (kept**2).sum() * v[0]

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # as a user may: the number would be wrong all the same
        with pytest.raises(ComplexStepError, match="f takes no complex numbers"):
            derivative(by_a_real_array, [1.0], method="complex")


def test_other_warnings_of_f_are_its_own():
    def chatty(v):
        warnings.warn("a new version is out", UserWarning, stacklevel=1)
        return (v**2).sum()

    with pytest.warns(UserWarning, match="a new version"):
        assert derivative(chatty, [3.0], method="complex").value == 6


def test_a_real_step_confirms_at_zero_too():
    """A line through x moves the coordinates that are 0 as well."""
    with pytest.raises(ComplexStepError, match="f drops the imaginary part"):
        derivative(lambda v: (v**2 + abs(v - 1)).sum(), [0.0, 0.0], method="complex")


COMPLEX = {
    "steep": lambda v: np.exp(20 * v).sum(),
    "wild": lambda v: np.sin(1e3 * v).sum(),
    "a kink at x": lambda v: (np.where(v.real > 0, v, 0) * np.array([1.0, -2.0])).sum(),
    "a kink near by": lambda v: np.where(v.real > 1e-9, v, 0.01 * v).sum(),
    "a pole near by": lambda v: np.log(v + 1.0000001).sum(),
    "constant": lambda v: 0 * v.sum() + 5,
    "a vector": lambda v: np.array([v[0] * v[1], v[0] / (1 + v[1] ** 2)]),
    "large": lambda v: 1e12 * (v**3).sum(),
    "tiny": lambda v: 1e-12 * (v**3).sum(),
}


@pytest.mark.parametrize("f", COMPLEX.values(), ids=COMPLEX)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("x", [[0.0, 0.0], [1e-9, -1e-9], [0.5, -0.75], [1e8, 3.0]])
def test_a_function_of_complex_numbers_passes(f, dtype, x):
    with np.errstate(all="ignore"):
        derivative(f, np.array(x, dtype), method="complex")


@pytest.mark.parametrize("method", [*METHODS, "carried"])
def test_complex_numbers_are_refused_where_a_real_step_has_no_meaning(method):
    net, x, y = problem([3, 4, 2], 5)
    with pytest.raises(TypeError, match="x holds complex numbers"):
        gradient(net, x + 1j, y, bp.quadratic, method=method)
    with pytest.raises(TypeError, match="y holds complex numbers"):
        gradient(net, x, y + 1j, bp.quadratic, method=method)
    with pytest.raises(TypeError, match="net holds complex numbers"):
        complex_net = net.with_parameters(net.parameters.vector + 1j)
        gradient(complex_net, x, y, bp.quadratic, method=method)
    with pytest.raises(TypeError, match="x holds complex numbers"):
        bp.finite_difference.cost_function(net, x + 1j, y, bp.quadratic)


def test_the_cost_of_too_few_or_too_many_parameters_is_refused():
    net, x, y = problem([3, 4, 2], 5)
    cost_at = bp.finite_difference.cost_function(net, x, y, bp.quadratic)
    w = len(net.parameters)
    for shape in ((w - 1,), (w + 3,), (w, 1)):
        with pytest.raises(ValueError, match=rf"vector has shape .*, want \({w},\)"):
            cost_at(np.zeros(shape))


@pytest.mark.parametrize("method", ["forward", "central"])
def test_a_step_out_of_the_numbers_is_refused(method):
    with pytest.raises(ValueError, match="step 1e\\+308 leads out of float64; take a smaller step"):
        derivative(lambda v: (v**2).sum(), [1.0, 2.0], method=method, step=1e308)
    with pytest.raises(ValueError, match="step 1e\\+307 leads out of float64"):
        derivative(lambda v: v.sum(), [-1.75e308], method=method, step=1e307)


# The complex step, confirmed as sharply as real steps allow


@pytest.mark.parametrize("part", [1.0, 1e-3, 1e-5, 1e-6])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_small_part_that_the_complex_step_drops_is_seen(part, dtype):
    x = np.array([3.0, -4.0], dtype)
    with pytest.raises(ComplexStepError, match="drops the imaginary part"):
        derivative(lambda v: (v**2).sum() + part * abs(v).sum(), x, method="complex")


def test_a_part_dropped_in_the_only_coordinate_is_seen():
    with pytest.raises(ComplexStepError, match="drops the imaginary part"):
        derivative(lambda v: (v**2 + abs(v)).sum(), [3.0], method="complex")


def lines_of_the_confirmation(x):
    """Return along which lines the complex step is confirmed at x."""
    seen = []
    derivative(lambda v: seen.append(v.imag) or (v**2).sum(), x, method="complex")
    return [each / 1e-20 for each in seen if np.count_nonzero(each) > 1]


def test_parts_that_cancel_along_the_line_through_all_coordinates_are_seen():
    """Half of the coordinates, moved alone, show what the other half had made up for."""
    x = np.array([3.0, -4.0, 2.0])
    line = lines_of_the_confirmation(x)[0]
    weights = np.sign(x) * [line[1], -line[0], 0]
    with pytest.raises(ComplexStepError, match="drops the imaginary part"):
        derivative(lambda v: (v**2 + weights * abs(v)).sum(), x, method="complex")


def test_a_part_is_seen_beside_a_coordinate_that_is_known_to_few_digits():
    """Along a line that leaves that coordinate in its place, nothing of it is rounded."""

    def f(v):
        return v[0] ** 2 + abs(v[0]) + 100 * (v[1] - 1e8)

    with pytest.raises(ComplexStepError, match="drops the imaginary part"):
        derivative(f, [3.0, 1e8], method="complex")


@pytest.mark.parametrize("sign", [-1, 1])
def test_equal_parts_do_not_cancel(sign):
    """Along a line that moves all coordinates equally, up or down, they could."""

    def f(v):
        return v[0] ** 2 + abs(v[0]) + sign * abs(v[1])

    value = np.array([6.0, 0.0])  # as the complex step has it
    with pytest.raises(ComplexStepError, match="drops the imaginary part"):
        finite_difference.confirm(f, np.array([3.0, 4.0]), value, [slice(None)])


@pytest.mark.parametrize("sign", [-1, 1])
def test_a_part_is_seen_where_only_steps_much_smaller_than_1_stay_in_the_domain(sign):
    def f(v):
        return (np.log(sign * v) + 1e8 * abs(v)).sum()

    with np.errstate(invalid="ignore"), pytest.raises(ComplexStepError, match="drops the imag"):
        derivative(f, [sign * 5e-9], method="complex")


@pytest.mark.parametrize("distance", [1e-7, 3e-6])
def test_a_part_is_seen_between_a_kink_near_by_and_the_point(distance):
    """A real step beyond the kink says nothing; a shorter one does."""

    def f(v, part):
        bent = np.where(v.real > 1 + distance, 3 * v, 2 * v + 1 + distance)
        return (bent + part * abs(v)).sum()

    assert derivative(lambda v: f(v, 0), [1.0], method="complex").value == pytest.approx([2])
    with pytest.raises(ComplexStepError, match="drops the imaginary part"):
        derivative(lambda v: f(v, 0.01), [1.0], method="complex")


def test_a_function_that_computes_in_float32_is_confirmed_in_float32():
    """Whatever it is given: in steps made for float64, rounding would hide everything."""

    def f(v, part):
        narrow = v.astype(np.complex64 if np.iscomplexobj(v) else np.float32)
        return (narrow**2 + np.float32(part) * abs(narrow)).sum()

    x = np.array([3.0, -4.0])
    assert derivative(lambda v: f(v, 0), x, method="complex").value == pytest.approx([6, -8])
    with pytest.raises(ComplexStepError, match="drops the imaginary part"):
        derivative(lambda v: f(v, 1), x, method="complex")


@pytest.mark.parametrize("offset", [1.0, 1e2, 1e6, 1e8])
@pytest.mark.parametrize("x", [[1e-5], [-1e-6], [1e-5, 3.0]])
def test_a_function_that_rounds_what_it_is_given_accuses_nobody(offset, x):
    """Real steps climb a staircase there, of which the complex step knows nothing."""
    value = derivative(lambda v: ((v + offset) - offset).sum(), x, method="complex").value
    assert value == pytest.approx(np.ones(len(x)))


@pytest.mark.parametrize(
    ("x", "steepness", "distance"),
    [(3.0, 1e5, 1e-9), (3.0, 1e5, 1e-4), (3.0, 1e4, 1e-3), (300.0, 1e5, 1e-5), (300.0, 1e4, 0.01)],
)
@pytest.mark.parametrize("others", [[], [0.25], [-3.0]])
def test_a_steep_function_accuses_nobody(x, steepness, distance, others):
    """What x itself has lost in its last digits is many times larger in the value."""

    def f(v):
        return 1 / (1 + np.exp(-steepness * (v[0] - x - distance))) + v[1:].sum()

    derivative(f, [x, *others], method="complex")


def test_one_dropped_part_among_a_hundred_is_seen():
    with pytest.raises(ComplexStepError, match="drops the imaginary part"):
        derivative(lambda v: (v**2).sum() + abs(v[0]), np.arange(1.0, 101.0), method="complex")


def test_a_function_of_one_precision_is_confirmed_in_it():
    net, x, _ = problem([2, 3, 1], 4, dtype=np.float32)

    def output(v):
        return net.with_parameters(v).forward(x).a[3].sum()

    vector = net.parameters.vector
    assert derivative(output, vector, method="complex").value.dtype == np.float32
    with pytest.raises(ComplexStepError, match="drops the imaginary part"):
        derivative(lambda v: output(v) + abs(v).sum(), vector, method="complex")


SOFTSIGN = bp.Activation("softsign", lambda z: z / (1 + abs(z)), lambda z: 1 / (1 + abs(z)) ** 2)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_network_that_drops_a_part_is_refused_at_every_start(dtype):
    """Along one line through all parameters the mistakes of several may cancel."""
    for seed in range(20):
        net, x, y = problem([2, 8, 8, 1], 5, hidden=SOFTSIGN, seed=seed, dtype=dtype)
        with pytest.raises(ComplexStepError):
            gradient(net, x, y, bp.quadratic, method="complex")


def test_a_large_complex_step_is_not_taken_for_a_dropped_part():
    value = derivative(lambda v: (v**3).sum(), [1.0], method="complex", step=1e-2).value
    assert value == pytest.approx(3 - 1e-4), "its own error of h^2, and no accusation"


def test_two_kinks_that_cancel_along_a_line_accuse_nobody():
    def f(v):
        return np.where(v[0].real > 0, v[0], 0) - np.where(v[1].real > 0, v[1], 0) + v[0] ** 2

    assert derivative(f, [1e-9, -1e-9], method="complex").value == pytest.approx([1, 0])


FLAGS = {
    "underflow": "silu",
    "overflow": bp.Activation("own", lambda z: 1 / (1 + np.exp(-z)), bp.sigmoid.prime),
    "invalid": bp.Activation("own", lambda z: np.where(z > 0, np.sqrt(z), 0), bp.relu.prime),
}


@pytest.mark.parametrize("seterr", ["raise", "warn"])
@pytest.mark.parametrize("hidden", FLAGS.values(), ids=FLAGS)
def test_numpys_flags_do_not_break_the_plain_loop(seterr, hidden):
    """Saturated neurons overflow and underflow on the way to a cost that is finite."""
    net = bp.Network.from_arrays([[[400.0]], [[400.0]]], [[0.0], [0.0]], [hidden, "sigmoid"])
    own = bp.Cost("own", lambda a, y: bp.quadratic.value(a, y), bp.quadratic.gradient)
    with np.errstate(all="ignore"):
        want = gradient(net, [[-2.0]], [[0.5]], own).value
    with np.errstate(all=seterr, divide="ignore"):
        assert np.array_equal(gradient(net, [[-2.0]], [[0.5]], own).value, want)


# The noise of a cost


def moved_outputs(a):
    """Return the two places near a at which the noise of a cost is measured."""
    seen = []
    own = bp.Cost("own", lambda a, y: seen.append(a.copy()) or 0.0, None)
    assert finite_difference.cost_noise(own, a, a) == 0
    assert np.array_equal(seen[0], a), "where the network is"
    return seen[1:]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_noise_of_a_cost_is_measured_one_digit_up_and_one_digit_down(dtype):
    for a in (np.linspace(0.1, 0.9, 40), np.linspace(1.5, 9, 40), -np.linspace(0.1, 9, 40)):
        a = a.reshape(2, 20).astype(dtype)
        one, other = ((each / a - 1) / np.finfo(dtype).eps for each in moved_outputs(a))
        assert abs(one).min() > 0.4, "every output moves"
        assert abs(one).max() < 2.1, "in its last digit"
        assert (one > 0).any() and (one < 0).any(), "not all the same way: they would cancel"
        assert np.array_equal(np.sign(other), -np.sign(one))


def test_the_noise_of_a_cost_leaves_probabilities_what_they_are():
    """A cost refuses 1 + 2e-16 where it needs a probability; what is no probability moves."""
    one = np.ones((2, 20))
    for each in moved_outputs(one):
        assert np.array_equal(each, one - np.finfo(float).eps), "downwards, wherever it would go"
    for each in moved_outputs(one - np.finfo(float).epsneg):
        assert each.max() == 1, "which is a probability"
    for each in moved_outputs(1.25 * one):
        assert each.max() > 1.25


def test_a_cost_that_is_no_number_near_by_is_all_noise():
    here = np.array([[0.5]])
    own = bp.Cost("own", lambda a, y: 0.0 if (a == here).all() else np.nan, None)
    assert finite_difference.cost_noise(own, here, here) == np.inf
