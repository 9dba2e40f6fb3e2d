"""The array engine: every rule by two other routes, and every promise of its docstrings."""

import re

import autograd
import autograd.numpy as anp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import bpcourse as bp
from bpcourse import tensor
from bpcourse.tensor import RULES, Tensor, gradients, unbroadcast

# name: (with our engine, with autograd's NumPy, shapes of the arguments)
CATALOG = {
    "add": (lambda a, b: a + b, lambda a, b: a + b, [(3, 4), (3, 4)]),
    "add, broadcast": (lambda a, b: a + b, lambda a, b: a + b, [(3, 4), (3, 1)]),
    "subtract, broadcast": (lambda a, b: a - b, lambda a, b: a - b, [(4,), (3, 4)]),
    "multiply, broadcast": (lambda a, b: a * b, lambda a, b: a * b, [(2, 1, 4), (3, 1)]),
    "divide": (lambda a, b: a / b, lambda a, b: a / b, [(3, 4), (1, 4)]),
    "numbers": (lambda a: 2 - 3 / (a * 5 + 1), lambda a: 2 - 3 / (a * 5 + 1), [(3,)]),
    "power": (lambda a: a**3, lambda a: a**3, [(3, 4)]),
    "power, number to": (lambda a: 2.5**a, lambda a: 2.5**a, [(3, 4)]),
    "negative": (lambda a: -a, lambda a: -a, [(3,)]),
    "matmul": (lambda a, b: a @ b, lambda a, b: a @ b, [(3, 4), (4, 2)]),
    "matmul, vector right": (lambda a, b: a @ b, lambda a, b: a @ b, [(3, 4), (4,)]),
    "matmul, vector left": (lambda a, b: a @ b, lambda a, b: a @ b, [(4,), (4, 2)]),
    "matmul, vectors": (lambda a, b: a @ b, lambda a, b: a @ b, [(4,), (4,)]),
    "matmul, stacks": (lambda a, b: a @ b, lambda a, b: a @ b, [(5, 3, 4), (4, 2)]),
    "exp": (lambda a: a.exp(), anp.exp, [(3, 4)]),
    "log": (lambda a: a.log(), anp.log, [(3, 4)]),
    "sqrt": (lambda a: a.sqrt(), anp.sqrt, [(3, 4)]),
    "square": (np.square, lambda a: a * a, [(3, 4)]),
    "absolute": (lambda a: abs(a - 1), lambda a: anp.abs(a - 1), [(3, 4)]),
    "tanh": (lambda a: a.tanh(), anp.tanh, [(3, 4)]),
    "sigmoid": (lambda a: a.sigmoid(), lambda a: 1 / (1 + anp.exp(-a)), [(3, 4)]),
    "relu": (lambda a: (a - 1).relu(), lambda a: anp.maximum(a - 1, 0), [(3, 4)]),
    "maximum": (tensor.maximum, anp.maximum, [(3, 4), (3, 4)]),
    "minimum": (tensor.minimum, anp.minimum, [(3, 4), (4,)]),
    "where": (
        lambda a, b: tensor.where(a.data > 1, a, b * a),
        lambda a, b: anp.where(a > 1, a, b * a),
        [(3, 4), (3, 4)],
    ),
    "sum": (lambda a: a.sum(), anp.sum, [(3, 4)]),
    "sum, axis": (lambda a: a.sum(axis=0), lambda a: anp.sum(a, axis=0), [(3, 4)]),
    "sum, axes": (lambda a: a.sum(axis=(0, 2)), lambda a: anp.sum(a, axis=(0, 2)), [(2, 3, 4)]),
    "mean": (
        lambda a: a.mean(axis=1, keepdims=True),
        lambda a: anp.mean(a, axis=1, keepdims=True),
        [(3, 4)],
    ),
    "max": (lambda a: a.max(axis=0), lambda a: anp.max(a, axis=0), [(3, 4)]),
    "logsumexp": (
        lambda a: tensor.logsumexp(a, axis=0),
        lambda a: anp.log(anp.sum(anp.exp(a), axis=0)),
        [(3, 4)],
    ),
    "softmax": (
        lambda a: tensor.softmax(a, axis=0),
        lambda a: anp.exp(a) / anp.sum(anp.exp(a), axis=0),
        [(3, 4)],
    ),
    "log_softmax": (
        lambda a: tensor.log_softmax(a, axis=1),
        lambda a: a - anp.log(anp.sum(anp.exp(a), axis=1, keepdims=True)),
        [(3, 4)],
    ),
    "norm": (tensor.norm, lambda a: anp.sqrt(anp.sum(a * a)), [(3, 4)]),
    "reshape": (lambda a: a.reshape(2, -1), lambda a: a.reshape((2, -1)), [(3, 4)]),
    "transpose": (lambda a: a.T, lambda a: a.T, [(2, 3, 4)]),
    "transpose, axes": (
        lambda a: a.transpose(1, 2, 0),
        lambda a: anp.transpose(a, (1, 2, 0)),
        [(2, 3, 4)],
    ),
    "getitem": (lambda a: a[1:, ::2], lambda a: a[1:, ::2], [(3, 4)]),
    "getitem, repeated": (
        lambda a: a[[0, 2, 0]],
        lambda a: a[np.array([0, 2, 0])],
        [(3, 4)],
    ),
    "concatenate": (
        lambda a, b: tensor.concatenate([a, b, a], axis=1),
        lambda a, b: anp.concatenate([a, b, a], axis=1),
        [(3, 2), (3, 4)],
    ),
    "stack": (
        lambda a, b: tensor.stack([a, b], axis=1),
        lambda a, b: anp.stack([a, b], axis=1),
        [(3, 4), (3, 4)],
    ),
    "pad": (
        lambda a: tensor.pad(a, [(1, 0), (2, 3)]),
        lambda a: anp.pad(a, [(1, 0), (2, 3)], "constant"),
        [(3, 4)],
    ),
    "one operand twice": (lambda a: a * a + a, lambda a: a * a + a, [(3, 4)]),
}


def positive(shapes, seed=0, order="C", dtype=np.float64):
    """Arrays away from 0 and from one another, so that no kink or tie is near."""
    rng = np.random.default_rng(seed)
    return [np.array(rng.uniform(0.3, 1.9, shape), dtype, order=order) for shape in shapes]


def weighted_sum(function, weights):
    return lambda *arrays: anp.sum(weights * function(*arrays))


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("name", CATALOG)
def test_rules_against_autograd_and_central_differences(name, order):
    """A random cotangent sees every entry of the Jacobian; two independent routes confirm it."""
    ours, theirs, shapes = CATALOG[name]
    arrays = positive(shapes, order=order)
    inputs = [Tensor(array) for array in arrays]
    result = ours(*inputs)
    weights = np.random.default_rng(1).normal(size=result.shape)
    found = gradients(result, inputs, cotangent=weights)
    scalar = weighted_sum(theirs, weights)
    for i, gradient in enumerate(found):
        assert gradient.shape == arrays[i].shape
        expected = autograd.grad(scalar, i)(*arrays)
        assert np.allclose(gradient, expected, rtol=1e-12, atol=1e-13), "autograd"

        def along(array, i=i):
            return (
                weights * ours(*[Tensor(a) for a in (*arrays[:i], array, *arrays[i + 1 :])]).data
            ).sum()

        numeric = bp.finite_difference.derivative(along, arrays[i]).value
        assert np.allclose(gradient, numeric, rtol=1e-6, atol=1e-8), "central differences"


def test_the_catalog_covers_every_rule():
    names = {name.split(",")[0] for name in CATALOG}
    assert set(RULES) <= names, set(RULES) - names


@pytest.mark.parametrize("name", CATALOG)
def test_float32_is_kept(name):
    ours, _, shapes = CATALOG[name]
    inputs = [Tensor(array) for array in positive(shapes, dtype=np.float32)]
    result = ours(*inputs)
    assert result.dtype == np.float32
    cotangent = np.ones(result.shape, np.float32)
    assert all(each.dtype == np.float32 for each in gradients(result, inputs, cotangent=cotangent))


broadcast_shapes = st.lists(st.integers(1, 3), max_size=3).flatmap(
    lambda shape: st.tuples(
        st.just(tuple(shape)),
        st.integers(0, len(shape)).flatmap(
            lambda cut: st.tuples(*(st.sampled_from([1, n]) for n in shape[cut:]))
        ),
    )
)


@given(broadcast_shapes, st.sampled_from("CF"), st.booleans())
def test_broadcasting_is_undone_for_every_pair_of_shapes(shapes, order, swap):
    arrays = positive(shapes[::-1] if swap else shapes, order=order)
    inputs = [Tensor(array) for array in arrays]
    result = inputs[0] * inputs[1] + inputs[1]
    weights = np.random.default_rng(2).normal(size=result.shape)
    found = gradients(result, inputs, cotangent=weights)
    scalar = weighted_sum(lambda a, b: a * b + b, weights)
    for i, gradient in enumerate(found):
        assert np.allclose(gradient, autograd.grad(scalar, i)(*arrays), rtol=1e-12, atol=1e-13)


def test_unbroadcast_adds_up_what_was_repeated():
    assert unbroadcast(np.ones((2, 3, 4)), (3, 1)).tolist() == [[8], [8], [8]]
    assert unbroadcast(np.ones((2, 3)), ()).shape == ()


def test_squared_norm_of_wx():
    """Source book, section 2."""
    w, x = Tensor([[0.1, 0.5], [-0.3, 0.8]]), Tensor([0.2, 0.4])
    q = w @ x
    f = (q * q).sum()
    dq, dw, dx = gradients(f, [q, w, x])
    assert np.allclose(q.data, [0.22, 0.26], rtol=0, atol=1e-12)
    assert f.data == pytest.approx(0.116, abs=1e-12)
    assert np.allclose(dq, [0.44, 0.52], rtol=0, atol=1e-12)
    assert np.allclose(dw, [[0.088, 0.176], [0.104, 0.208]], rtol=0, atol=1e-12)
    assert np.allclose(dx, [-0.112, 0.636], rtol=0, atol=1e-12)
    length = tensor.norm(q)
    assert length.data == pytest.approx(0.3405877273185281, abs=1e-12)
    assert np.allclose(
        gradients(length, [q])[0], [0.645942241466, 0.763386285369], rtol=0, atol=1e-12
    )


def network_cost(w2, b2, w3, b3, x, y):
    """Mean log-likelihood of a sigmoid-softmax network, columns for examples."""
    a2 = (w2 @ x + b2).sigmoid()
    return -(y * tensor.log_softmax(w3 @ a2 + b3, axis=0)).sum() / x.shape[1]


def parameters_of(net):
    return [Tensor(each) for l in (2, 3) for each in (net.w[l], net.b[l])]


def small_problem():
    rng = np.random.default_rng(0)
    data = bp.datasets.digits(rng=rng)
    net = bp.Network.random([64, 12, 10], hidden=bp.sigmoid, output=bp.softmax, rng=rng)
    return net, data.train


def test_a_networks_gradient_equals_the_equations():
    net, train = small_problem()
    x, y = train.x[:, :7], train.y[:, :7]
    found = gradients(network_cost(*(p := parameters_of(net)), x, y), p)
    grad = bp.backprop(net, net.forward(x), y, bp.log_likelihood)
    for ours, theirs in zip(found, [grad.w[2], grad.b[2], grad.w[3], grad.b[3]], strict=True):
        assert np.allclose(ours, theirs, rtol=1e-12, atol=1e-15)


def test_an_epoch_on_the_digits_gives_the_parameters_of_the_equations():
    net, train = small_problem()
    options = {"cost": bp.log_likelihood, "eta": 0.5, "epochs": 1, "batch_size": 10}
    expected, _ = bp.train(net, train, **options, rng=np.random.default_rng(5))
    p = parameters_of(net)
    for x, y in train.batches(10, np.random.default_rng(5)):
        network_cost(*p, x, y).backward()
        for each in p:
            each.data, each.grad = each.data - 0.5 * each.grad, None
    for ours, theirs in zip(p, parameters_of(expected), strict=True):
        assert np.allclose(ours.data, theirs.data, rtol=0, atol=1e-10)


def test_a_long_chain_needs_no_recursion():
    x = y = Tensor(1.0)
    for _ in range(20_000):
        y = y * 1.0
    y.backward()
    assert x.grad == 1


def test_many_paths_are_walked_once():
    x = y = Tensor(1.0)
    for _ in range(30):
        y = y + y
    y.backward()
    assert x.grad == 2**30


def test_inputs_add_up_and_a_second_pass_is_refused():
    x = Tensor([1.0, 2.0])
    first = (x * x).sum()
    first.backward()
    (3 * x).sum().backward()
    assert x.grad.tolist() == [5, 7]
    with pytest.raises(RuntimeError, match=r"backward\(\) has already gone through"):
        first.backward()


def test_gradients_changes_nothing_and_can_be_repeated():
    x = Tensor([1.0, 2.0])
    f = (x * x).sum()
    for _ in range(2):
        assert gradients(f, [x])[0].tolist() == [2, 4]
    assert x.grad is None
    assert gradients(f, [Tensor(3.0)])[0] == 0, "f does not depend on this one"


def test_ties_of_max_share_and_relu_at_its_kink_is_0():
    assert gradients((x := Tensor([2.0, 1.0, 2.0])).max(), [x])[0].tolist() == [0.5, 0, 0.5]
    assert gradients((x := Tensor([0.0])).relu().sum(), [x])[0].tolist() == [0]
    assert gradients(tensor.maximum(x := Tensor([0.0]), 0).sum(), [x])[0].tolist() == [0]


def test_sigmoid_and_logsumexp_do_not_overflow():
    x = Tensor([-800.0, 0.0, 800.0])
    assert x.sigmoid().data.tolist() == [0, 0.5, 1]
    assert np.isfinite(tensor.logsumexp(x, axis=0).data)


def test_arrays_of_a_graph_are_read_only_and_the_callers_are_not():
    mine = np.array([1.0, 2.0])
    x = Tensor(mine)
    y = x * mine
    mine[:] = 9.0
    assert x.data.tolist() == [1, 2]
    y.sum().backward()
    assert x.grad.tolist() == [1, 2], "the rule must see the array as it was"
    with pytest.raises(ValueError, match="read-only"):
        x.data[0] = 5.0
    with pytest.raises(ValueError, match="read-only"):
        x.data += 1.0


def test_arrays_on_the_left_make_tensors():
    x = Tensor([1.0, 2.0])
    for made in (np.ones(2) + x, np.ones(2) * x, np.ones((3, 2)) @ x, np.float64(2) * x):
        assert isinstance(made, Tensor)


@pytest.mark.parametrize(
    "call, error, message",
    [
        (lambda: np.sin(Tensor(1.0)), TypeError, "no rule for sin; known: absolute, add"),
        (lambda: np.add.reduce(Tensor([1.0])), TypeError, "no rule for add.reduce"),
        (lambda: np.concatenate([Tensor([1.0])]), TypeError, "no rule for numpy.concatenate"),
        (lambda: np.asarray(Tensor([1.0])), TypeError, "use its .data"),
        (lambda: Tensor([1.0, 2.0]).backward(), ValueError, "needs a cotangent of that shape"),
        (
            lambda: Tensor([1.0, 2.0]).backward(np.ones(3)),
            ValueError,
            "the cotangent has shape (3,), want (2,)",
        ),
        (
            lambda: Tensor(np.ones((2, 3))) + Tensor(np.ones((3, 2))),
            ValueError,
            "add of shape (2, 3) and (3, 2)",
        ),
        (
            lambda: Tensor(np.ones((2, 3))) @ Tensor(np.ones((2, 3))),
            ValueError,
            "matmul of shape (2, 3) and (2, 3)",
        ),
        (lambda: Tensor(1.0) + bp.scalar.Value(1.0), TypeError, "a graph belongs to one engine"),
        (lambda: bp.scalar.Value(1.0) + Tensor(1.0), TypeError, "engine"),
        (lambda: Tensor([1.0, np.nan]), ValueError, "Tensor, entry (1,), is nan"),
        (lambda: Tensor(["a"]), TypeError, "Tensor has dtype <U1"),
        (
            lambda: Tensor(np.ones(2, np.float32)) + np.ones(2),
            TypeError,
            "an operand of add has dtype float64, want float32",
        ),
        (lambda: tensor.norm(Tensor([0.0, 0.0])), ValueError, "no derivative there"),
        (lambda: Tensor([1.0]) ** Tensor([2.0]), TypeError, "want one number"),
        (lambda: tensor.where([True], Tensor(1.0), 0), TypeError, "must be an array of bool"),
    ],
)
def test_errors_say_what_came_and_what_to_do(call, error, message):
    with pytest.raises(error, match=re.escape(message)):
        call()
