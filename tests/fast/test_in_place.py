"""The bound gradient equals the plain one, and allocates nothing on the way."""

import itertools
import sys
import tracemalloc

import numpy as np
import pytest

import bpcourse as bp
from bpcourse.activations import ACTIVATIONS
from bpcourse.costs import COSTS
from bpcourse.fast.in_place import BoundGradient, by_layer, faster_order, pack, unpack

SHAPES = [[3, 2], [2, 5, 3, 4, 2], [4, 4, 4]]
ORDERS = ["C", "F"]
# The activations with a rule of their own, which makes no array.
IN_PLACE = [a for a in ACTIVATIONS.values() if a not in (bp.gelu, bp.gelu_tanh)]
FITTING = [
    (output, cost)
    for output, cost in itertools.product(ACTIVATIONS.values(), COSTS.values())
    if cost.outputs is None or output in cost.outputs
]


def problem(sizes, hidden, output, m, dtype=np.float64, seed=0):
    rng = np.random.default_rng(seed)
    net = bp.Network.random(sizes, hidden=hidden, output=output, rng=rng, dtype=dtype)
    x = rng.normal(size=(sizes[0], m)).astype(dtype)
    y = bp.datasets.one_hot(rng.integers(0, sizes[-1], m), sizes[-1], dtype=dtype)
    return net, x, y


def both(net, x, y, cost, **options):
    bound = BoundGradient(net, cost, x.shape[1], **options)
    bound.x[:, :-1], bound.y[...] = x.T, y.T
    bound()
    plain = bp.backprop(net, net.forward(x), y, cost)
    return bound, unpack(net.sizes, bound.gradient), plain.vector


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("output, cost", FITTING, ids=str)
@pytest.mark.parametrize("hidden", ACTIVATIONS.values(), ids=str)
def test_equals_backprop_to_a_few_ulps(hidden, output, cost, dtype):
    """Errors are measured against the largest entry: sums are formed in another order."""
    for sizes, m, order in itertools.product(SHAPES, (1, 2, 7), ORDERS):
        _, bound, plain = both(*problem(sizes, hidden, output, m, dtype), cost, order=order)
        assert bound.dtype == dtype
        error, eps = abs(bound - plain).max(), np.finfo(dtype).eps
        assert error <= 16 * eps * abs(plain).max(), (sizes, m, order)


def test_an_activation_of_ones_own_runs_too():
    softplus = bp.Activation(
        "softplus", lambda z: np.logaddexp(0, z), lambda z: 1 / (1 + np.exp(-z))
    )
    group = bp.Activation("pairs", bp.softmax.f, bp.softmax.prime, elementwise=False)
    for own, order in itertools.product((softplus, group), ORDERS):
        _, bound, plain = both(*problem([3, 4, 4, 2], own, own, 5), bp.quadratic, order=order)
        assert np.allclose(bound, plain, rtol=1e-13, atol=1e-16)


def test_the_name_of_an_activation_decides_nothing():
    """An activation of one's own called "sigmoid" must not be taken for the built-in one."""
    impostor = bp.Activation("sigmoid", np.tanh, lambda z: 1 - np.tanh(z) ** 2)
    _, bound, plain = both(*problem([3, 4, 2], impostor, impostor, 5), bp.quadratic)
    assert np.allclose(bound, plain, rtol=1e-13, atol=1e-16)


def test_saturated_neurons_give_no_warning_and_no_nan():
    net, x, y = problem([3, 4, 2], bp.sigmoid, bp.sigmoid, 5)
    net = net.with_parameters(1e4 * net.parameters)
    with np.errstate(over="ignore"):  # as train does: exp may overflow, its reciprocal is then 0
        _, bound, plain = both(net, x, y, bp.cross_entropy)
    assert np.allclose(bound, plain, atol=1e-15 * abs(plain).max())


def test_scale_is_a_factor_on_the_gradient():
    net, x, y = problem([3, 4, 2], bp.tanh, bp.sigmoid, 5)
    _, bound, plain = both(net, x, y, bp.cross_entropy, scale=0.25)
    assert np.allclose(bound, 0.25 * plain, rtol=1e-13, atol=1e-17)


def test_a_second_batch_size_shares_the_weights():
    net, x, y = problem([3, 4, 2], bp.tanh, bp.sigmoid, 5)
    bound, _, _ = both(net, x, y, bp.cross_entropy)
    short = BoundGradient(net, bp.cross_entropy, 2, share=bound)
    bound.weights *= 2
    short.x[:, :-1], short.y[...] = x.T[:2], y.T[:2]
    short()
    doubled = net.with_parameters(2 * net.parameters)
    plain = bp.backprop(doubled, doubled.forward(x[:, :2]), y[:, :2], bp.cross_entropy)
    assert np.allclose(unpack(net.sizes, bound.gradient), plain.vector, rtol=1e-13, atol=1e-16)


@pytest.mark.parametrize("dtype, sizes", [(np.float32, [3, 4, 2]), (np.float64, [3, 5, 2])])
def test_weights_of_another_network_are_not_shared(dtype, sizes):
    bound, _, _ = both(*problem([3, 4, 2], bp.tanh, bp.sigmoid, 5), bp.cross_entropy)
    other, _, _ = problem(sizes, bp.tanh, bp.sigmoid, 1, dtype)
    with pytest.raises(ValueError, match="share belongs to a network of sizes"):
        BoundGradient(other, bp.cross_entropy, 5, share=bound)


def test_functions_without_a_hash_are_taken():
    """A polynomial knows its own derivative, and Python gives it no hash."""
    p = np.polynomial.Polynomial([0.0, 1.0, 0.0, -0.1])
    cubic = bp.Activation("cubic", p, p.deriv())
    net, x, y = problem([3, 4, 2], cubic, bp.sigmoid, 5)
    _, bound, plain = both(net, x, y, bp.cross_entropy)
    assert np.allclose(bound, plain, rtol=1e-13, atol=1e-16)
    report = bp.gradcheck.check(net, x, y, bp.cross_entropy, method="central")
    assert report.ok


def test_pack_and_unpack_are_inverse_and_put_each_bias_last():
    net = bp.Network.random([3, 4, 2], hidden="tanh", output="tanh", rng=np.random.default_rng(0))
    packed = pack(net.parameters)
    assert np.array_equal(unpack(net.sizes, packed), net.parameters.vector)
    rows = by_layer(net.sizes, packed)
    assert np.array_equal(rows[3], np.hstack([net.w[3], net.b[3]]))


def test_the_network_does_not_change():
    net, x, y = problem([3, 4, 2], bp.tanh, bp.sigmoid, 5)
    before = net.parameters.vector.copy()
    bound, _, _ = both(net, x, y, bp.cross_entropy)
    bound.weights *= 3
    assert np.array_equal(net.parameters.vector, before)


def bytes_allocated(hidden, order):
    """Return how many bytes a gradient has at its peak, beside the arrays that were made once."""
    net, x, y = problem([64, 30, 10], hidden, bp.softmax, 32)
    bound, _, _ = both(net, x, y, bp.log_likelihood, order=order)
    tracemalloc.start()
    try:
        for _ in range(100):  # until the interpreter has filled the lists of what it uses again
            bound()
        tracemalloc.reset_peak()
        before, _ = tracemalloc.get_traced_memory()
        for _ in range(10):
            bound()
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    return peak - before


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("hidden", IN_PLACE, ids=str)
def test_nothing_is_allocated(hidden, order):
    """No array of a layer: the smallest one here has 2,560 bytes. Python's own objects and NumPy's
    iterators stay below 2,048, with the oldest NumPy as with the newest."""
    assert bytes_allocated(hidden, order) < 2048


@pytest.mark.parametrize("hidden", [bp.gelu, bp.gelu_tanh], ids=str)
def test_gelu_allocates_in_its_own_functions_only(hidden):
    """They make some arrays of their layer, of 30 neurons and 32 examples, and none is kept."""
    own = 30 * 32 * 8
    assert own < bytes_allocated(hidden, "C") < 12 * own


@pytest.mark.parametrize("order", ORDERS)
def test_no_page_faults(order):
    resource = pytest.importorskip("resource")  # Windows has none
    net, x, y = problem([200, 300, 10], bp.sigmoid, bp.sigmoid, 64)
    bound, _, _ = both(net, x, y, bp.cross_entropy, order=order)
    for _ in range(3):
        bound()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(50):
        bound()
    faults = resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before
    assert faults < 50, f"{faults} page faults in 50 gradients: something allocates"


def test_number_of_calls():
    """Each product and ufunc once: a call costs about a microsecond, which small nets feel. By
    example two more for the hidden layer: to the place beside the ones, and back from it."""
    for order, more in (("C", 0), ("F", 2)):
        net, _, _ = problem([64, 30, 10], bp.sigmoid, bp.sigmoid, 10)
        assert len(BoundGradient(net, bp.cross_entropy, 10, order=order).calls) == 19 + more
        net, _, _ = problem([64, 30, 10], bp.sigmoid, bp.softmax, 10)
        assert len(BoundGradient(net, bp.log_likelihood, 10, order=order).calls) == 21 + more


@pytest.mark.parametrize(
    "sizes, batch_size, dtype, order",
    [
        ([784, 30, 10], 10, np.float64, "C"),
        ([784, 512, 512, 10], 128, np.float64, "F"),
        ([784, 512, 512, 10], 128, np.float32, "C"),
        ([784, 255, 10], 10, np.float64, "C"),
        ([784, 256, 10], 128, np.float64, "F"),
        ([784, 256, 10], 129, np.float64, "C"),
    ],
)
def test_doubles_lie_by_example_where_a_layer_is_wide(sizes, batch_size, dtype, order):
    """Wide: 256 neurons, and twice as many as there are examples. The inputs do not count."""
    assert faster_order(sizes, batch_size, dtype) == order
    net, _, _ = problem(sizes, bp.sigmoid, bp.sigmoid, 1, dtype)
    first_product = BoundGradient(net, bp.cross_entropy, batch_size).calls[0].args[-1]
    by_neuron = (sizes[1], batch_size)
    assert first_product.shape == (by_neuron if order == "C" else by_neuron[::-1])


@pytest.mark.parametrize("hidden", [bp.sigmoid, bp.tanh, bp.relu], ids=str)
def test_every_call_is_one_of_numpys_own(hidden):
    """So the length of ``calls`` is the number of NumPy calls: none hides others in Python."""
    for output, cost in ((bp.sigmoid, bp.cross_entropy), (bp.softmax, bp.log_likelihood)):
        bound, _, _ = both(*problem([64, 30, 10], hidden, output, 10), cost)
        entered = []
        sys.setprofile(lambda frame, event, _, entered=entered: entered.append((frame, event)))
        try:
            bound()
        finally:
            sys.setprofile(None)
        modules = [frame.f_globals["__name__"] for frame, event in entered if event == "call"]
        ours = [module for module in modules if not module.startswith("numpy")]
        assert ours == ["bpcourse.fast.in_place"], (
            "one call, of the gradient itself; the rest is NumPy's"
        )


@pytest.mark.parametrize("order", ORDERS)
def test_matrix_products_are_those_that_the_theory_counts(order):
    """Forward one per layer, backward one per layer and one more per hidden layer."""
    sizes = [7, 5, 4, 3]
    net, _, _ = problem(sizes, bp.sigmoid, bp.sigmoid, 2)
    products = [
        (call.func.__self__.shape, call.args[0].shape)
        for call in BoundGradient(net, bp.cross_entropy, 2, order=order).calls
        if getattr(call.func, "__name__", "") == "dot"
    ]
    count = sum(rows * inner * columns for (rows, inner), (_, columns) in products)
    forward = sum(n * (k + 1) for k, n in itertools.pairwise(sizes))
    back = sum(n * (k + 1) for k, n in itertools.pairwise(sizes[1:]))
    assert count == 2 * (2 * forward + back), "two examples"


def test_the_engine_checks_what_it_is_bound_to():
    net, _, _ = problem([3, 4, 2], bp.tanh, bp.tanh, 5)
    for cost, size, options, kind, message in (
        (bp.cross_entropy, 5, {}, ValueError, "cross_entropy does not fit output activation tanh"),
        ("hinge", 5, {}, ValueError, "unknown cost 'hinge'"),
        (bp.quadratic, 0, {}, ValueError, "batch_size is 0, want 1 or more"),
        (bp.quadratic, 2.5, {}, TypeError, "batch_size is 2.5, want a whole number"),
        (bp.quadratic, 5, {"order": "A"}, ValueError, "order is 'A', want 'C', 'F' or None"),
        (bp.quadratic, 5, {"scale": np.nan}, ValueError, "scale is nan"),
    ):
        with pytest.raises(kind, match=message):
            BoundGradient(net, cost, size, **options)
    complex_net = net.with_parameters(net.parameters.vector + 0j)
    with pytest.raises(TypeError, match="net has complex parameters"):
        BoundGradient(complex_net, bp.quadratic, 5)
    assert len(BoundGradient(net, "quadratic", 5).calls)


@pytest.mark.parametrize("shift", [-1e4, 1e4])
@pytest.mark.parametrize("order", ORDERS)
def test_softmax_is_shifted_by_its_maximum(order, shift):
    """Shifted by anything smaller, exp overflows: infinity over infinity."""
    z = np.array([[0.0], [1.0], [-3000.0]]) + shift
    net = bp.Network.from_arrays([np.zeros((3, 2))], [z[:, 0]], [bp.softmax])
    bound = BoundGradient(net, bp.log_likelihood, 4, order=order)
    bound.x[:, :-1], bound.y[...] = 0.0, [1.0, 0.0, 0.0]
    bound()
    want = bp.softmax(z)[:, 0] - [1, 0, 0]
    np.testing.assert_allclose(by_layer(net.sizes, bound.gradient)[2][:, -1], want, atol=1e-16)


@pytest.mark.parametrize("known", [bp.quadratic, bp.cross_entropy, bp.log_likelihood], ids=str)
def test_a_cost_of_the_name_of_a_known_one_keeps_its_own_gradient(known):
    output = known.matched or bp.sigmoid
    impostor = bp.Cost(known.name, bp.sse.value, bp.sse.gradient)
    _, bound, plain = both(*problem([3, 4, 2], bp.tanh, output, 5), impostor)
    assert np.allclose(bound, plain, rtol=1e-13)
    _, _, right = both(*problem([3, 4, 2], bp.tanh, output, 5), bp.sse)
    assert np.allclose(bound, right, rtol=1e-13)


@pytest.mark.parametrize("known", [bp.sigmoid, bp.softmax], ids=str)
def test_an_output_of_the_name_of_a_matched_one_keeps_its_derivative(known):
    matched = {"sigmoid": bp.cross_entropy, "softmax": bp.log_likelihood}[known.name]
    f = lambda z: 0.5 + np.tanh(z) / 4  # noqa: E731
    impostor = bp.Activation(known.name, f, lambda z: (1 - np.tanh(z) ** 2) / 4)
    net, x, y = problem([3, 4, 2], bp.tanh, impostor, 5)
    cost = bp.Cost(matched.name, matched.value, matched.gradient, matched=known)
    _, bound, plain = both(net, x, y, cost)
    numeric = bp.finite_difference.gradient(net, x, y, cost, method="central").vector
    assert np.allclose(bound, numeric, atol=1e-8)
    assert np.allclose(plain, numeric, atol=1e-8)
