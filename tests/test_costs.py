"""Cost functions: values by hand, gradients by complex step, and what they refuse."""

import copy
import math
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import DIFFERENT, HIDDEN, SQUARE, dtypes, laid_out, seeds, targets, widths
from strategies import FITTING as TAUGHT

import bpcourse as bp
from bpcourse.costs import COSTS, check_fit

FITTING = TAUGHT | dict.fromkeys(("mse", "sse", "half_mse"), HIDDEN)

# One example with plain Python numbers: no mini-batch, no array.
BY_MATH = {
    "quadratic": lambda a, y: sum((p - t) ** 2 for p, t in zip(a, y, strict=True)) / 2,
    "cross_entropy": lambda a, y: (
        -sum(t * math.log(p) + (1 - t) * math.log(1 - p) for p, t in zip(a, y, strict=True))
    ),
    "log_likelihood": lambda a, y: -sum(t * math.log(p) for p, t in zip(a, y, strict=True)),
    "mse": lambda a, y: sum((p - t) ** 2 for p, t in zip(a, y, strict=True)) / len(a),
    "sse": lambda a, y: sum((p - t) ** 2 for p, t in zip(a, y, strict=True)),
    "half_mse": lambda a, y: sum((p - t) ** 2 for p, t in zip(a, y, strict=True)) / len(a) / 2,
}


def outputs_and_targets(name, n, m, seed, dtype=np.float64, order="C"):
    """Return outputs strictly between 0 and 1, and targets that the cost can take."""
    rng = np.random.default_rng(seed)
    a = laid_out(rng.uniform(0.05, 0.95, (n, m)).astype(dtype), order)
    return a, laid_out(targets(name, (n, m), rng).astype(dtype), order)


def check_value(name, a, y):
    one_by_one = [BY_MATH[name](p, t) for p, t in zip(a.T.tolist(), y.T.tolist(), strict=True)]
    mean = sum(one_by_one) / len(one_by_one)
    value = COSTS[name].value(a, y)
    np.testing.assert_allclose(value, mean, rtol=1e-12, err_msg="not the mean over the examples")


def check_per_example(name, a, y):
    """The fast finite differences rely on it: the same cost, one number for each example."""
    costs = COSTS[name].per_example(a, y)
    one_by_one = [BY_MATH[name](p, t) for p, t in zip(a.T.tolist(), y.T.tolist(), strict=True)]
    assert costs.shape == (a.shape[1],)
    np.testing.assert_allclose(costs, one_by_one, rtol=1e-12)


def check_gradient(name, a, y):
    """The gradient is each example's own: m times the derivative of the mean."""
    cost, m = COSTS[name], a.shape[1]
    gradient = cost.gradient(a, y)
    assert gradient.shape == a.shape
    for i in np.ndindex(a.shape):
        stepped = a.astype(complex)
        stepped[i] += 1e-30j
        numeric = cost.value(stepped, y).imag / 1e-30 * m
        assert gradient[i] == pytest.approx(numeric, rel=1e-12, abs=1e-14), f"{name} at {i}"


def test_the_catalogue_holds_each_cost_under_its_name():
    assert tuple(COSTS) == tuple(FITTING)
    for name, cost in COSTS.items():
        assert cost.name == name
        assert getattr(bp, name) is cost
        assert repr(cost) == f"<cost {name}>"


@pytest.mark.parametrize("name", COSTS)
@given(widths, widths, seeds, st.sampled_from(["C", "F", "strided"]))
def test_value_is_the_mean_over_examples_and_gradient_is_per_example(name, n, m, seed, order):
    a, y = outputs_and_targets(name, n, m, seed, order=order)
    check_value(name, a, y)
    check_per_example(name, a, y)
    check_gradient(name, a, y)


@pytest.mark.parametrize("shape", [DIFFERENT, SQUARE], ids=["different", "square"])
@pytest.mark.parametrize("name", COSTS)
def test_with_sizes_different_and_square(name, shape):
    a, y = outputs_and_targets(name, shape["sizes"][0], shape["m"], seed=3)
    check_value(name, a, y)
    check_gradient(name, a, y)


def test_by_hand():
    a, y = np.array([[0.5, 0.25], [0.5, 0.75]]), np.array([[1.0, 0.0], [0.0, 1.0]])
    # ((1/4 + 1/4) / 2 + (1/16 + 1/16) / 2) / 2 = 5/32: no 1/k over the k outputs.
    assert bp.quadratic.value(a, y) == 5 / 32
    # Example 1: 2 log 2; example 2: 2 log(4/3).
    assert bp.cross_entropy.value(a, y) == pytest.approx(math.log(2) + math.log(4 / 3))
    assert bp.log_likelihood.value(a, y) == pytest.approx((math.log(2) + math.log(4 / 3)) / 2)
    assert bp.quadratic.gradient(a, y).tolist() == [[-0.5, 0.25], [0.5, -0.25]]
    assert bp.cross_entropy.gradient(a, y)[:, 0].tolist() == [-2, 2]
    assert bp.log_likelihood.gradient(a, y)[:, 0].tolist() == [-2, 0]


@pytest.mark.parametrize("name", COSTS)
def test_repeating_the_batch_changes_nothing(name):
    a, y = outputs_and_targets(name, 3, 2, seed=5)
    twice = COSTS[name].value(np.tile(a, 2), np.tile(y, 2))
    assert twice == pytest.approx(COSTS[name].value(a, y), rel=1e-14), "a mean, not a sum"


@pytest.mark.parametrize("name", COSTS)
@given(dtypes, seeds)
def test_dtype_out_is_dtype_in_and_the_arrays_do_not_change(name, dtype, seed):
    a, y = outputs_and_targets(name, 3, 4, seed, dtype)
    before = a.copy(), y.copy()
    a.flags.writeable = y.flags.writeable = False
    assert COSTS[name].value(a, y).dtype == dtype
    assert COSTS[name].gradient(a, y).dtype == dtype
    np.testing.assert_array_equal((a, y), before)


@pytest.mark.parametrize("name", ["cross_entropy", "log_likelihood"])
def test_a_perfect_output_costs_nothing_and_asks_for_no_change(name):
    """0 log 0 is 0, and so is its slope: no NaN, no warning."""
    y = np.array([[1.0, 0.0], [0.0, 1.0]])
    assert COSTS[name].value(y, y) == 0
    gradient = COSTS[name].gradient(y, y)
    want = [[0, 0], [0, 0]] if name == "cross_entropy" else [[-1, 0], [0, -1]]
    assert gradient.tolist() == want


@pytest.mark.parametrize("name", ["cross_entropy", "log_likelihood"])
def test_certainty_of_the_wrong_answer_costs_infinity(name):
    a, y = np.array([[1.0], [0.0]]), np.array([[0.0], [1.0]])
    assert COSTS[name].value(a, y) == np.inf
    assert COSTS[name].gradient(a, y)[1, 0] == -np.inf


@pytest.mark.parametrize("what", ["value", "gradient", "per_example"])
@pytest.mark.parametrize("name", COSTS)
def test_shapes_that_numpy_would_broadcast_are_refused(name, what):
    a = np.full((3, 2), 0.5)
    for y in (np.full((3, 1), 0.5), np.full((1, 2), 0.5), np.full(2, 0.5), np.float64(0.5)):
        with pytest.raises(ValueError, match=r"a has shape \(3, 2\) and y has shape .* want the"):
            getattr(COSTS[name], what)(a, y)


@pytest.mark.parametrize("name", COSTS)
def test_lists_are_welcome(name):
    assert COSTS[name].value([[0.5], [0.5]], [[1.0], [0.0]]) > 0


def message(call, *arguments):
    with pytest.raises(ValueError) as error:
        call(*arguments)
    return str(error.value)


def test_cross_entropy_wants_targets_from_0_to_1():
    bp.cross_entropy.check_targets(np.array([[0.0, 0.5, 1.0]]))
    for y in ([[-0.25, 0.5]], [[0.5, 1.25]]):
        text = message(bp.cross_entropy.check_targets, np.array(y))
        assert f"y reaches from {y[0][0]:g} to {y[0][1]:g}" in text
        assert "cross_entropy wants targets from 0 to 1" in text
        assert "use bp.quadratic" in text


def test_log_likelihood_wants_distributions():
    check = bp.log_likelihood.check_targets
    check(np.array([[1.0, 0.25], [0.0, 0.75]]))
    text = message(check, np.array([[1.0, 1.0], [0.0, 0.5]]))
    assert "column 1 of y sums to 1.5" in text
    too_little = message(check, np.array([[1.0, 0.25], [0.0, 0.0]]))
    assert "column 1 of y sums to 0.25" in too_little, "the column farthest from 1 is named"
    assert "wants each column to be a probability distribution" in text
    assert "bp.datasets.one_hot" in text
    assert "smallest entry of y is -0.5" in message(check, np.array([[1.5], [-0.5]]))


def test_distributions_may_carry_the_rounding_of_their_precision_but_no_more():
    check = bp.log_likelihood.check_targets
    thirds = np.full((3, 1), 1 / 3, np.float32)
    check(thirds)
    many = np.full((3000, 2), 1 / 3000, np.float32)
    assert abs(many.sum(axis=0) - 1).max() > 1e-5, "the more classes, the more rounding"
    check(many)
    with pytest.raises(ValueError):
        check(np.array([[0.5], [0.5001]], np.float32))


@pytest.mark.parametrize(("name", "output"), [(c, o) for c in COSTS for o in FITTING["quadratic"]])
def test_fit_of_cost_and_output(name, output):
    cost, activation = COSTS[name], bp.activations.ACTIVATIONS[output]
    if output in FITTING[name]:
        check_fit(cost, activation)
    else:
        fits = ", ".join(FITTING[name])
        assert message(check_fit, cost, activation) == (
            f"cost {name} does not fit output activation {output}; it fits {fits}"
        )


def test_an_activation_of_your_own_is_taken_at_its_word():
    for name in ("own", "tanh"):  # what it is called decides nothing
        check_fit(bp.cross_entropy, bp.Activation(name, np.sin, np.cos))


@pytest.mark.parametrize("name", COSTS)
def test_copies_compare_equal(name):
    assert copy.deepcopy(COSTS[name]) == COSTS[name]
    assert pickle.loads(pickle.dumps(COSTS[name])) == COSTS[name]
    with pytest.raises(AttributeError):
        COSTS[name].name = "other"


@pytest.mark.parametrize("what", ["value", "per_example"])
@pytest.mark.parametrize("name", ["cross_entropy", "log_likelihood"])
def test_what_is_no_probability_is_refused(name, what):
    """log(-1) is NaN, and the cross-entropy of a target of 7 has no minimum."""
    function = getattr(COSTS[name], what)
    half = np.array([[0.5, 0.5], [0.5, 0.5]])
    for bad in (2.0, -0.5, 1 + 1e-12, np.inf):
        wrong = half.copy()
        wrong[1, 0] = bad
        assert f"a[1, 0] is {bad:g}, want 0 to 1" in message(function, wrong, half)
        assert f"y[1, 0] is {bad:g}, want 0 to 1" in message(function, half, wrong)
    for edge in (0.0, 1.0):
        function(np.where(half == 0.5, edge, 0), np.where(half == 0.5, edge, 0))
    assert np.isfinite(bp.quadratic.value(np.array([[7.0]]), np.array([[-3.0]])))


def test_a_cost_is_matched_by_what_it_is_not_by_its_name():
    """An activation of one's own called "sigmoid" has another derivative: a - y would be wrong."""
    impostor = bp.Activation(
        "sigmoid", lambda z: np.tanh(z) / 2 + 0.5, lambda z: 0.5 - np.tanh(z) ** 2 / 2
    )
    net = bp.Network.from_arrays([[[0.7]]], [[0.1]], [impostor])
    x, y = np.array([[1.0, -2.0]]), np.array([[1.0, 0.0]])
    grad = bp.backprop(net, net.forward(x), y, bp.cross_entropy)
    numeric = bp.finite_difference.gradient(net, x, y, bp.cross_entropy)
    np.testing.assert_allclose(grad.vector, numeric.vector, rtol=1e-7)
    called_alike = bp.Cost("cross_entropy", bp.quadratic.value, bp.quadratic.gradient)
    check_fit(called_alike, bp.tanh)  # it is no cross-entropy, and fits any output


def test_a_matched_pair_learns_from_an_output_that_is_quite_wrong():
    """By BP1 the derivative would be infinity times 0; a - y is 1 there, whatever the output."""
    one = bp.Network.from_arrays([[[1.0]]], [[0.0]], ["sigmoid"])
    grad = bp.backprop(one, one.forward([[-800.0]]), [[1.0]], "cross_entropy")
    assert grad.delta[2].tolist() == [[-1.0]]
    two = bp.Network.from_arrays([np.eye(2)], [np.zeros(2)], ["softmax"])
    grad = bp.backprop(two, two.forward([[800.0], [0.0]]), [[0.0], [1.0]], "log_likelihood")
    assert grad.delta[2].tolist() == [[1.0], [-1.0]]
