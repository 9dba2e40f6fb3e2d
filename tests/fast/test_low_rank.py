"""The shared central difference equals the plain loop; the carried one has no U curve."""

import itertools

import numpy as np
import pytest

import bpcourse as bp
from bpcourse.activations import ACTIVATIONS
from bpcourse.costs import COSTS
from bpcourse.fast import low_rank
from bpcourse.finite_difference import cost_function, derivative, gradient

SIZES = ([3, 2], [4, 4, 4], [2, 5, 3, 4, 2])
FITTING = [
    (output, cost)
    for output, cost in itertools.product(ACTIVATIONS.values(), COSTS.values())
    if cost.outputs is None or output in cost.outputs
]
STEPS = (1e-8, 1e-9, 1e-10, 1e-11, 1e-12)


def problem(sizes, hidden, output, m=5, dtype=np.float64, seed=0):
    rng = np.random.default_rng(seed)
    net = bp.Network.random(sizes, hidden=hidden, output=output, rng=rng, dtype=dtype)
    x = rng.normal(size=(sizes[0], m)).astype(dtype)
    y = bp.datasets.one_hot(rng.integers(0, sizes[-1], m), sizes[-1], dtype=dtype)
    return net, x, y


@pytest.mark.parametrize("output, cost", FITTING, ids=str)
@pytest.mark.parametrize("hidden", ACTIVATIONS.values(), ids=str)
def test_central_equals_the_plain_loop(hidden, output, cost):
    """Both carry rounding of about epsilon / h; they agree to a few of it, and in the step."""
    for sizes in SIZES:
        net, x, y = problem(sizes, hidden, output)
        shared = gradient(net, x, y, cost)
        plain = derivative(cost_function(net, x, y, cost), net.parameters.vector)
        assert np.allclose(shared.vector, plain.value, atol=2e-9 * (1 + abs(plain.value).max()))
        assert (shared.step, shared.forward_passes) == (plain.step, plain.forward_passes)
        assert shared.forward_passes == 2 * len(net.parameters)


def carries(activation):
    return activation in low_rank.CHANGES


def test_gelu_alone_is_not_carried():
    """Its normal distribution has no difference in closed form: what it does is said below."""
    assert [each.name for each in ACTIVATIONS.values() if not carries(each)] == ["gelu"]


OF_NIELSEN = (bp.sigmoid, bp.tanh, bp.relu, bp.identity)
# At the kink of relu there is nothing to compare with at the output. The activations like relu are
# tried in hidden layers under two outputs, and at the output over one activation.
CARRIED = [
    (hidden, output, cost)
    for hidden, (output, cost) in itertools.product(ACTIVATIONS.values(), FITTING)
    if (hidden in OF_NIELSEN and output in (bp.sigmoid, bp.tanh, bp.identity, bp.softmax))
    or (cost is bp.quadratic and carries(hidden) and hidden.elementwise and output is bp.identity)
    or (cost is bp.log_likelihood and carries(hidden) and hidden.elementwise)
    or (cost is bp.quadratic and hidden is bp.tanh and carries(output) and output is not bp.relu)
]


@pytest.mark.parametrize("hidden, output, cost", CARRIED, ids=str)
def test_carried_has_no_u_curve(hidden, output, cost):
    """One unit in the last place is 2e-16; the bound is over the largest entry."""
    for sizes in SIZES:
        net, x, y = problem(sizes, hidden, output)
        exact = bp.backprop(net, net.forward(x), y, cost).vector
        for step in STEPS:
            error = abs(gradient(net, x, y, cost, method="carried", step=step).vector - exact).max()
            assert error <= 2e-15 * abs(exact).max(), (sizes, step)


def test_what_is_not_carried_loses_the_digits_of_a_plain_difference():
    net, x, y = problem([2, 5, 3, 2], bp.gelu, bp.identity)
    exact = bp.backprop(net, net.forward(x), y, bp.quadratic).vector
    for step in STEPS:
        found = gradient(net, x, y, bp.quadratic, method="carried", step=step)
        error = abs(found.vector - exact).max()
        assert error <= 20 * np.finfo(float).eps / step, "rounding over the step, and no more"
    assert error > 1e-6, "at the smallest step digits are lost: the docstring says so"


def test_carried_at_the_size_of_the_digits_is_below_1e_15():
    data = bp.datasets.digits(rng=np.random.default_rng(0)).train.take(slice(10))
    rng = np.random.default_rng(0)
    net = bp.Network.random([64, 30, 10], hidden=bp.sigmoid, output=bp.sigmoid, rng=rng)
    exact = bp.backprop(net, net.forward(data.x), data.y, bp.quadratic).vector
    for step in STEPS:
        carried = gradient(net, data.x, data.y, bp.quadratic, method="carried", step=step)
        assert abs(carried.vector - exact).max() <= 1e-15 * abs(exact).max()


@pytest.mark.parametrize("activation", [bp.sigmoid, bp.tanh], ids=str)
@pytest.mark.parametrize("weight", [20.0, 30.0, -30.0])
def test_saturated_neurons_are_carried_too(activation, weight):
    """At a weighted input of 30 the plain 1 - sigma has no more than two or three digits."""
    net = bp.Network.from_arrays([[[weight]]], [[0.0]], [activation])
    x, y = np.array([[1.0]]), np.array([[0.5]])
    exact = bp.backprop(net, net.forward(x), y, bp.quadratic).vector
    carried = gradient(net, x, y, bp.quadratic, method="carried", step=1e-9).vector
    assert np.allclose(carried, exact, rtol=1e-13, atol=0)


def test_softmax_in_a_hidden_layer_is_carried_too():
    net, x, y = problem([3, 5, 4, 2], bp.softmax, bp.sigmoid)
    exact = bp.backprop(net, net.forward(x), y, bp.cross_entropy).vector
    carried = gradient(net, x, y, bp.cross_entropy, method="carried").vector
    assert abs(carried - exact).max() <= 5e-15 * abs(exact).max()


@pytest.mark.parametrize("block", [1, 7, 10**9])
def test_the_block_size_changes_nothing(block, monkeypatch):
    net, x, y = problem([5, 4, 3], bp.tanh, bp.softmax)
    whole = gradient(net, x, y, bp.log_likelihood, method="carried").vector
    monkeypatch.setattr(low_rank, "BLOCK", block * 25)
    cut = gradient(net, x, y, bp.log_likelihood, method="carried").vector
    assert np.allclose(cut, whole, rtol=1e-12, atol=1e-17)


def test_float32_stays_float32():
    net, x, y = problem([5, 4, 3], bp.tanh, bp.softmax, dtype=np.float32)
    exact = bp.backprop(net, net.forward(x), y, bp.log_likelihood).vector
    for method, bound in (("central", 2e-3), ("carried", 2e-6)):
        estimate = gradient(net, x, y, bp.log_likelihood, method=method)
        assert estimate.vector.dtype == np.float32
        assert abs(estimate.vector - exact).max() < bound * abs(exact).max()


def test_an_activation_and_a_cost_of_ones_own():
    softplus = bp.Activation(
        "softplus", lambda z: np.logaddexp(0, z), lambda z: 1 / (1 + np.exp(-z))
    )
    own = bp.Cost("quartic", lambda a, y: ((a - y) ** 4).mean(), lambda a, y: 4 * (a - y) ** 3)
    net, x, y = problem([3, 4, 1], softplus, softplus)
    exact = bp.backprop(net, net.forward(x), y, own).vector
    assert np.allclose(gradient(net, x, y, own).vector, exact, atol=1e-7 * abs(exact).max())
    with pytest.raises(
        ValueError, match="'carried' needs a cost with per_example, and quartic has"
    ):
        gradient(net, x, y, own, method="carried")  # it has no per_example
    quadratic = gradient(net, x, y, bp.quadratic, method="carried", step=1e-5).vector
    exact = bp.backprop(net, net.forward(x), y, bp.quadratic).vector
    assert np.allclose(quadratic, exact, atol=1e-8 * abs(exact).max())


class Comparable:
    """A function that can be compared, so that Python gives it no hash."""

    def __init__(self, f):
        self.f = f

    def __call__(self, *arguments):
        return self.f(*arguments)

    def __eq__(self, other):
        return isinstance(other, Comparable) and self.f is other.f


@pytest.mark.parametrize("method", ["central", "carried"])
def test_a_cost_and_an_activation_whose_functions_have_no_hash(method):
    theirs = (bp.quadratic.value, bp.quadratic.gradient, bp.quadratic.per_example)
    own = bp.Cost("own", *map(Comparable, theirs))
    tanh = bp.Activation("own", Comparable(bp.tanh.f), Comparable(bp.tanh.prime))
    net, x, y = problem([3, 4, 2], tanh, bp.sigmoid)
    exact = bp.backprop(net, net.forward(x), y, own).vector
    estimate = gradient(net, x, y, own, method=method, step=1e-5).vector
    assert np.allclose(estimate, exact, atol=1e-8 * abs(exact).max())


def test_no_more_multiplications_than_the_rank_one_change_needs(monkeypatch):
    """In [6, 5, 4, 3] no product of the first two layers is repeated for a weight into layer 2."""
    seen = []
    next_layer = low_rank._next_layer
    monkeypatch.setattr(
        low_rank, "_next_layer", lambda net, l, *pair: seen.append(l) or next_layer(net, l, *pair)
    )
    net, x, y = problem([6, 5, 4, 3], bp.sigmoid, bp.sigmoid)
    gradient(net, x, y, bp.quadratic)
    assert set(seen) == {4}, "only the product into layer 4 is needed, and only from layer 2"
    assert len(seen) == 5, "once for each neuron of layer 2"


def test_the_network_and_the_data_do_not_change():
    net, x, y = problem([3, 4, 2], bp.sigmoid, bp.softmax)
    before = x.copy(), y.copy(), net.parameters.vector.copy()
    for method in ("central", "carried"):
        gradient(net, x, y, bp.log_likelihood, method=method)
    after = x, y, net.parameters.vector
    assert all(np.array_equal(b, a) for b, a in zip(before, after, strict=True))


@pytest.mark.parametrize(
    ("up", "down"), [(2.0, 1.0), (0.25, -0.5), (-0.5, 0.25), (-1.0, -2.0), (0.0, -1.0), (1.0, 0.0)]
)
def test_relu_changes_by_what_lies_above_0(up, down):
    """With one of the two below 0 only the other one counts; the carried difference is of z."""
    up, down = np.array([[up]]), np.array([[down]])
    change = low_rank.CHANGES[bp.relu](up, down, up - down)
    assert change == np.maximum(up, 0) - np.maximum(down, 0)


@pytest.mark.parametrize("cost", [bp.cross_entropy, bp.log_likelihood], ids=str)
def test_a_target_of_0_has_no_part_in_the_change_even_at_an_output_of_0(cost):
    """0 times log(0/0) is 0, not NaN."""
    up = np.array([[0.0], [1.0]])
    change = low_rank.COST_CHANGES[cost](up, up, np.zeros((2, 1)), np.array([[0.0], [1.0]]))
    assert change == 0, "an output that stays where its target is costs nothing more"


@pytest.mark.parametrize("hidden", [bp.relu, bp.leaky_relu, bp.elu], ids=str)
def test_the_change_across_and_on_both_sides_of_the_bend(hidden):
    """sigma(u) - sigma(v) where none, one or both are positive, in either order."""
    up, down = np.meshgrid([-2.0, -0.5, 0.0, 0.5, 3.0], [-1.0, 0.0, 0.25, 2.0])
    change = low_rank.CHANGES[hidden](up, down, up - down)
    assert np.allclose(change, hidden(up) - hidden(down), rtol=1e-14, atol=1e-15)


@pytest.mark.parametrize("known", COSTS.values(), ids=str)
def test_a_cost_of_the_name_of_a_known_one_keeps_its_own_value(known):
    def quartic(a, y):
        return ((a - y) ** 4).sum(axis=0)

    impostor = bp.Cost(known.name, lambda a, y: quartic(a, y).mean(), None, quartic)
    net, x, y = problem([2, 3, 2], bp.tanh, bp.sigmoid)
    plain = derivative(cost_function(net, x, y, impostor), net.parameters.vector).value
    for method in ("central", "carried"):
        # A cost of one's own is subtracted, so that a step too small for that would lose digits.
        found = gradient(net, x, y, impostor, method=method, step=6e-6).value
        assert np.allclose(found, plain, atol=1e-8)
