"""The array engine: a catalog of operations by four routes, dtypes, and what it refuses."""

import autograd
import autograd.numpy as anp
import autograd.scipy.special as aspecial
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from strategies import laid_out

import bpcourse as bp
from bpcourse.autodiff import tensor
from bpcourse.autodiff.rules import RULES
from bpcourse.autodiff.scalar import Value
from bpcourse.autodiff.tensor import Tensor, gradients

PICK = (np.array([0, 0, 1]), np.array([1, 1, 0]))
MASK = np.array([[True, False, True], [False, True, True]])
NEGATIVE, TINY_STEP = -0.7, 1e-6


def sigmoid(x):
    return 1 / (1 + anp.exp(-x))


def log_softmax(x):
    return x - aspecial.logsumexp(x, axis=0, keepdims=True)


# name: (on tensors, the same for HIPS autograd, shapes of the arguments).
# Arguments lie between 0.5 and 2, and the two of maximum and the like are never equal.
CATALOG = {
    "add": (lambda a, b: a + b, lambda a, b: a + b, [(2, 3), (2, 1)]),
    "subtract": (lambda a, b: a - b, lambda a, b: a - b, [(3,), (2, 3)]),
    "multiply": (lambda a, b: a * b, lambda a, b: a * b, [(2, 1, 3), (4, 1)]),
    "divide": (lambda a, b: a / b, lambda a, b: a / b, [(2, 3), ()]),
    "numbers": (lambda a: 2 / (3 - a * 2) + 1 - a, lambda a: 2 / (3 - a * 2) + 1 - a, [(2, 3)]),
    "matmul": (lambda a, b: a @ b, lambda a, b: a @ b, [(2, 3), (3, 4)]),
    "matmul vector": (lambda a, b: a @ b, lambda a, b: a @ b, [(2, 3), (3,)]),
    "vector matmul": (lambda a, b: a @ b, lambda a, b: a @ b, [(3,), (3, 2)]),
    "inner product": (lambda a, b: a @ b, lambda a, b: a @ b, [(3,), (3,)]),
    "matmul stack": (lambda a, b: a @ b, lambda a, b: a @ b, [(5, 2, 3), (3, 4)]),
    "matmul stacks": (lambda a, b: a @ b, lambda a, b: a @ b, [(5, 1, 2, 3), (2, 3, 1)]),
    "vector matmul stack": (lambda a, b: a @ b, lambda a, b: anp.matmul(a, b), [(3,), (4, 3, 2)]),
    "matmul stack vector": (lambda a, b: a @ b, lambda a, b: anp.matmul(a, b), [(4, 2, 3), (3,)]),
    "power": (lambda a: a**3, lambda a: a**3, [(2, 3)]),
    "power negative": (lambda a: a**-1.5, lambda a: a**-1.5, [(2, 3)]),
    "power of number": (lambda a: 2**a, lambda a: 2**a, [(2, 3)]),
    "negative": (lambda a: -a, lambda a: -a, [(2, 3)]),
    "exp": (lambda a: a.exp(), anp.exp, [(2, 3)]),
    "log": (lambda a: a.log(), anp.log, [(2, 3)]),
    "sqrt": (lambda a: a.sqrt(), anp.sqrt, [(2, 3)]),
    "square": (np.square, anp.square, [(2, 3)]),
    "absolute": (lambda a: abs(a - 1.2), lambda a: anp.abs(a - 1.2), [(2, 3)]),
    "tanh": (lambda a: a.tanh(), anp.tanh, [(2, 3)]),
    "sigmoid": (lambda a: a.sigmoid(), sigmoid, [(2, 3)]),
    "relu": (lambda a: (a - 1.2).relu(), lambda a: anp.maximum(a - 1.2, 0), [(2, 3)]),
    "maximum": (tensor.maximum, anp.maximum, [(2, 3), (2, 1)]),
    "minimum": (tensor.minimum, anp.minimum, [(2, 3), (3,)]),
    "where": (
        lambda a, b: tensor.where(MASK, a, b),
        # The zeros: HIPS autograd does not undo the broadcasting of anp.where.
        lambda a, b: anp.where(MASK, a, b + anp.zeros((2, 3))),
        [(2, 3), (3,)],
    ),
    "sum": (lambda a: a.sum(), anp.sum, [(2, 3)]),
    "sum axis": (lambda a: a.sum(axis=1), lambda a: anp.sum(a, axis=1), [(2, 3)]),
    "sum axes": (
        lambda a: a.sum(axis=(0, -1), keepdims=True),
        lambda a: anp.sum(a, axis=(0, -1), keepdims=True),
        [(2, 3, 4)],
    ),
    "mean": (lambda a: a.mean(axis=-1), lambda a: anp.mean(a, axis=-1), [(2, 3)]),
    "max": (lambda a: a.max(axis=0), lambda a: anp.max(a, axis=0), [(2, 3)]),
    "max of all": (lambda a: a.max(keepdims=True), lambda a: anp.max(a, keepdims=True), [(2, 3)]),
    "logsumexp": (
        lambda a: tensor.logsumexp(a, axis=0),
        lambda a: aspecial.logsumexp(a, axis=0),
        [(2, 3)],
    ),
    "logsumexp of all": (
        lambda a: tensor.logsumexp(a, axis=None),
        aspecial.logsumexp,
        [(2, 3)],
    ),
    "log_softmax": (lambda a: tensor.log_softmax(a, axis=0), log_softmax, [(2, 3)]),
    "softmax": (
        lambda a: tensor.softmax(a, axis=0),
        lambda a: anp.exp(log_softmax(a)),
        [(2, 3)],
    ),
    "norm": (tensor.norm, lambda a: anp.sqrt(anp.sum(a * a)), [(2, 3)]),
    "reshape": (lambda a: a.reshape(3, -1), lambda a: anp.reshape(a, (3, -1)), [(2, 3)]),
    "T": (lambda a: a.T, lambda a: a.T, [(2, 3)]),
    "transpose": (
        lambda a: a.transpose(1, -1, 0),
        lambda a: anp.transpose(a, (1, 2, 0)),
        [(2, 3, 4)],
    ),
    "getitem": (lambda a: a[1], lambda a: a[1], [(2, 3)]),
    "getitem slice": (lambda a: a[..., None, ::-2], lambda a: a[..., None, ::-2], [(2, 3)]),
    "getitem gather": (lambda a: a[PICK], lambda a: a[PICK], [(2, 3)]),
    "getitem rows": (lambda a: a[:, [1, 1, 0]], lambda a: a[:, [1, 1, 0]], [(2, 3)]),
    "getitem mask": (lambda a: a[MASK], lambda a: a[MASK], [(2, 3)]),
    "getitem mixed": (lambda a: a[None, [1, 1]], lambda a: a[None, [1, 1]], [(2, 3)]),
    "pad": (
        lambda a: tensor.pad(a, [(1, 0), (0, 2)]),
        lambda a: anp.pad(a, [(1, 0), (0, 2)], mode="constant"),
        [(2, 3)],
    ),
    "concatenate": (
        lambda a, b: tensor.concatenate([a, b, a], axis=1),
        lambda a, b: anp.concatenate([a, b, a], axis=1),
        [(2, 3), (2, 1)],
    ),
    "concatenate last": (
        lambda a, b: tensor.concatenate([a, b], axis=-1),
        lambda a, b: anp.concatenate([a, b], axis=-1),
        [(2, 1, 3), (2, 1, 2)],
    ),
    "stack": (
        lambda a, b: tensor.stack([a, b], axis=1),
        lambda a, b: anp.stack([a, b], axis=1),
        [(2, 3), (2, 3)],
    ),
    "split": (
        lambda a: tensor.split(a, 2, axis=-1)[1] * tensor.split(a, 2, axis=-1)[0],
        lambda a: a[:, 2:] * a[:, :2],
        [(3, 4)],
    ),
    "scatter_add": (
        lambda a: tensor.scatter_add(a, np.array([2, 0, 2]), (4, 2)),
        lambda a: np.eye(4)[[2, 0, 2]].T @ a,
        [(3, 2)],
    ),
    "scatter_add columns": (
        lambda a: tensor.scatter_add(a, (slice(None), np.array([1, 1, 0])), (2, 3)),
        lambda a: a @ np.eye(3)[[1, 1, 0]],
        [(2, 3)],
    ),
}


def arguments(shapes, seed, order="C", dtype=np.float64):
    """Return arrays of different numbers between 0.5 and 2, in a memory order."""
    rng = np.random.default_rng(seed)
    count = sum(int(np.prod(shape)) for shape in shapes)
    pool = rng.permutation(np.linspace(0.5, 2.0, count)).astype(dtype)
    arrays = []
    for shape in shapes:
        size = int(np.prod(shape))
        array, pool = pool[:size].reshape(shape), pool[size:]
        arrays.append(laid_out(array, order if array.ndim > 1 else "C"))
    return arrays


def slopes(function, arrays, cotangent, position):
    """Return the gradient of (cotangent * function).sum() by central differences."""
    result = np.zeros_like(arrays[position])
    for index in np.ndindex(result.shape):
        ends = []
        for step in (TINY_STEP, -TINY_STEP):
            moved = [array.copy() for array in arrays]
            moved[position][index] += step
            ends.append((cotangent * function(*moved)).sum())
        result[index] = (ends[0] - ends[1]) / (2 * TINY_STEP)
    return result


@pytest.mark.parametrize("name", CATALOG)
@given(seed=st.integers(0, 10**6), order=st.sampled_from(["C", "F", "strided"]))
def test_catalog(name, seed, order):
    ours, theirs, shapes = CATALOG[name]
    arrays = arguments(shapes, seed, order)
    result = ours(*map(Tensor, arrays))
    value = theirs(*arrays)
    np.testing.assert_allclose(result.data, value, rtol=1e-14, err_msg="the value is wrong")
    assert result.shape == np.shape(value), "the shape of the value is wrong"
    cotangent = np.random.default_rng(seed + 1).standard_normal(result.shape)
    inputs = [Tensor(array) for array in arrays]
    ours(*inputs).backward(cotangent)
    expected = autograd.grad(lambda args: anp.sum(cotangent * theirs(*args)))(tuple(arrays))
    for x, grad in zip(inputs, expected, strict=True):
        assert x.grad.shape == x.shape, "a gradient has the shape of its tensor"
        # A few roundings of numbers up to about 100.
        np.testing.assert_allclose(x.grad, grad, rtol=1e-12, atol=1e-13, err_msg="HIPS autograd")


@pytest.mark.parametrize("name", CATALOG)
def test_catalog_by_finite_differences(name):
    ours, theirs, shapes = CATALOG[name]
    arrays = arguments(shapes, seed=5)
    inputs = [Tensor(array) for array in arrays]
    result = ours(*inputs)
    cotangent = np.random.default_rng(6).standard_normal(result.shape)
    result.backward(cotangent)
    for position, x in enumerate(inputs):
        # Rounding of order 1e-16 * 100 over a step of 1e-6.
        np.testing.assert_allclose(
            x.grad, slopes(theirs, arrays, cotangent, position), rtol=1e-7, atol=1e-7
        )


@pytest.mark.parametrize("name", CATALOG)
def test_float32_stays(name):
    ours, _, shapes = CATALOG[name]
    inputs = [Tensor(array) for array in arguments(shapes, seed=0, dtype=np.float32)]
    result = ours(*inputs)
    assert result.dtype == np.float32, "the result leaks float64"
    result.backward(np.ones(result.shape))
    assert {x.grad.dtype for x in inputs} == {np.dtype(np.float32)}, "the gradient leaks float64"


@pytest.mark.parametrize("number", [2, 2.0, np.float64(2), np.float32(2), np.int64(2)])
def test_float32_beside_any_number(number):
    x = Tensor(np.ones(2, np.float32))
    for result in (x * number, number * x, x**number, number / x, tensor.maximum(x, number)):
        assert result.dtype == np.float32, "a NumPy number of 64 bits is a number like others"


def test_the_catalog_is_complete():
    used = set()
    for ours, _, shapes in CATALOG.values():
        stack = [ours(*map(Tensor, arguments(shapes, seed=0)))]
        while stack:
            node = stack.pop()
            used.add(node.op)
            stack += node.parents
    assert set(RULES) <= used, f"no test for {set(RULES) - used}"


@given(
    shapes=hnp.mutually_broadcastable_shapes(num_shapes=2, max_dims=4, max_side=3),
    order=st.sampled_from("CF"),
    dtype=st.sampled_from([np.float32, np.float64]),
)
def test_broadcasting(shapes, order, dtype):
    rng = np.random.default_rng(0)
    a, b = (np.array(rng.uniform(1, 2, s), order=order, dtype=dtype) for s in shapes.input_shapes)
    s, t = Tensor(a), Tensor(b)
    (s * t).backward(np.ones(shapes.result_shape))
    rtol = 20 * np.finfo(dtype).eps
    for x, other in ((s, b), (t, a)):
        wide = np.broadcast_to(other, shapes.result_shape)
        # Entry by entry: each copy of an entry contributes its partner.
        copies = np.broadcast_to(np.arange(x.data.size).reshape(x.shape), shapes.result_shape)
        expected = np.bincount(copies.ravel(), weights=wide.ravel(), minlength=x.data.size)
        np.testing.assert_allclose(x.grad, expected.reshape(x.shape), rtol=rtol)
        assert (x.grad.shape, x.grad.dtype) == (x.shape, dtype)


@given(
    shapes=hnp.mutually_broadcastable_shapes(signature="(n,k),(k,m)->(n,m)", max_dims=2, max_side=3)
)
def test_matmul_shapes(shapes):
    rng = np.random.default_rng(0)
    a, b = (rng.standard_normal(shape) for shape in shapes.input_shapes)
    s, t = Tensor(a), Tensor(b)
    cotangent = rng.standard_normal(shapes.result_shape)
    (s @ t).backward(cotangent)
    theirs = autograd.grad(lambda args: anp.sum(cotangent * anp.matmul(*args)))((a, b))
    np.testing.assert_allclose(s.grad, theirs[0], rtol=1e-12, atol=1e-13)
    np.testing.assert_allclose(t.grad, theirs[1], rtol=1e-12, atol=1e-13)


def test_norm_squared():
    w, x = Tensor([[0.1, 0.5], [-0.3, 0.8]]), Tensor([[0.2], [0.4]])
    q = w @ x
    f = (q * q).sum()
    f.backward()
    close = {"rtol": 0, "atol": 1e-12}
    np.testing.assert_allclose(q.data, [[0.22], [0.26]], **close)
    np.testing.assert_allclose(f.data, 0.116, **close)
    np.testing.assert_allclose(q.grad, [[0.44], [0.52]], **close)
    np.testing.assert_allclose(w.grad, [[0.088, 0.176], [0.104, 0.208]], **close)
    np.testing.assert_allclose(x.grad, [[-0.112], [0.636]], **close)


def test_norm_not_squared():
    q = Tensor([0.22, 0.26])
    length = tensor.norm(q)
    length.backward()
    assert length.data == pytest.approx(0.3405877273185281, abs=1e-12)
    # The gradient of the norm is the direction; 2 q is that of its square.
    np.testing.assert_allclose(q.grad, [0.645942241466, 0.763386285369], rtol=0, atol=1e-12)


def test_order_trap():
    a = Tensor(1.0)
    b1 = 2 * a
    b2 = 3 * a + b1
    (4 * b1 + 5 * b2).backward()
    assert (a.grad, b1.grad, b2.grad) == (33, 9, 5), "the walk is not in topological order"


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("hidden", ["sigmoid", "tanh", "relu"])
def test_same_gradient_as_the_equations(hidden, dtype):
    rng = np.random.default_rng(1)
    net = bp.Network.random([6, 5, 4, 3], hidden=hidden, output=bp.softmax, rng=rng)
    net = net.with_parameters(
        bp.Parameters(net.parameters.sizes, net.parameters.vector.astype(dtype))
    )
    x = rng.standard_normal((6, 7)).astype(dtype)
    y = np.eye(3, dtype=dtype)[:, rng.integers(0, 3, 7)]
    expected = bp.backprop(net, net.forward(x), y, bp.log_likelihood)
    w = {l: Tensor(net.w[l]) for l in range(2, 5)}
    b = {l: Tensor(net.b[l]) for l in range(2, 5)}
    a = x
    for l in (2, 3):
        a = getattr(w[l] @ a + b[l], hidden)()
    cost = -(y * tensor.log_softmax(w[4] @ a + b[4], axis=0)).sum() / 7
    cost.backward()
    atol = 20 * np.finfo(dtype).eps
    for l in range(2, 5):
        np.testing.assert_allclose(w[l].grad, expected.w[l], rtol=0, atol=atol)
        np.testing.assert_allclose(b[l].grad, expected.b[l], rtol=0, atol=atol)


def test_an_epoch_on_the_digits_like_the_equations():
    data = bp.datasets.digits(rng=np.random.default_rng(0))
    net = bp.Network.random(
        [64, 30, 10], hidden=bp.sigmoid, output=bp.softmax, rng=np.random.default_rng(1)
    )
    x, y, eta = data.train.x, data.train.y, 0.5
    p = [Tensor(array) for array in (net.w[2], net.b[2], net.w[3], net.b[3])]
    for start in range(0, x.shape[1], 10):
        some = slice(start, start + 10)
        xs, ys = np.ascontiguousarray(x[:, some]), np.ascontiguousarray(y[:, some])
        grad = bp.backprop(net, net.forward(xs), ys, bp.log_likelihood)
        net = net.with_parameters(net.parameters - eta * grad)
        z = p[2] @ (p[0] @ xs + p[1]).sigmoid() + p[3]
        (-(ys * tensor.log_softmax(z, axis=0)).sum() / xs.shape[1]).backward()
        for t in p:
            t.data = t.data - eta * t.grad
            t.grad = None
    for t, expected in zip(p, (net.w[2], net.b[2], net.w[3], net.b[3]), strict=True):
        np.testing.assert_allclose(t.data, expected, rtol=0, atol=1e-10)


def test_convolution_by_gathering():
    """A 2 x 2 kernel over a 3 x 3 image; the middle pixel is read four times."""
    rows = np.arange(2)[:, None, None, None] + np.arange(2)[None, None, :, None]
    cols = np.arange(2)[None, :, None, None] + np.arange(2)[None, None, None, :]
    image, kernel = Tensor(np.arange(9.0).reshape(3, 3)), Tensor([[1.0, 2.0], [3.0, 4.0]])
    (image[rows, cols] * kernel).sum().backward()
    np.testing.assert_array_equal(image.grad, [[1, 3, 2], [4, 10, 6], [3, 7, 4]])
    np.testing.assert_array_equal(kernel.grad, [[8, 12], [20, 24]])


@pytest.mark.parametrize(
    ("function", "at", "grad"),
    [
        (lambda x: x.relu(), [0.0], [0.0]),
        (lambda x: tensor.maximum(x, 0), [0.0], [0.0]),
        (lambda x: tensor.maximum(0, x), [0.0], [0.0]),
        (lambda x: np.maximum(0, x), [0.0], [0.0]),
        (lambda x: np.maximum(x, np.zeros(1)), [0.0], [0.0]),
        (lambda x: tensor.minimum(x, 0), [0.0], [0.0]),
        (lambda x: np.minimum(0, x), [0.0], [0.0]),
        (lambda x: tensor.maximum(Tensor([0.0]), x), [0.0], [1.0]),
        (lambda x: abs(x), [0.0], [0.0]),
        (lambda x: x.max(), [2.0, 1.0, 2.0], [0.5, 0.0, 0.5]),
        (lambda x: x.max(axis=1), [[2.0, 2.0], [3.0, 1.0]], [[0.5, 0.5], [1.0, 0.0]]),
        (lambda x: x**0, [0.0], [0.0]),
    ],
)
def test_where_there_is_a_kink(function, at, grad):
    x = Tensor(at)
    function(x).sum().backward()
    assert x.grad.tolist() == grad, "the docstring says which one-sided derivative is taken"


def test_far_out():
    x = Tensor([-800.0, -40.0, 40.0, 800.0])
    y = x.sigmoid()
    y.sum().backward()
    np.testing.assert_allclose(y.data[:2], np.exp([-800.0, -40.0]), rtol=1e-12)
    assert y.data[2:].tolist() == [1.0, 1.0]
    assert np.isfinite(x.grad).all()
    z = Tensor([[1000.0], [-1000.0]])
    assert tensor.log_softmax(z, axis=0).data.tolist() == [[0.0], [-2000.0]]


def test_inputs_add_up_and_tensors_between_start_afresh():
    w = Tensor([2.0])
    h = w * w
    (3 * h).backward()
    (5 * h).backward()
    assert (h.grad.tolist(), w.grad.tolist()) == ([5.0], [32.0])


def test_second_backward_is_refused():
    x = Tensor(2.0)
    y = x * x
    y.backward()
    with pytest.raises(RuntimeError, match="count its gradients twice"):
        y.backward()
    assert x.grad == 4, "the refused call must not have changed anything"
    assert gradients(y, [x])[0] == 4, "gradients() may be called at any time"
    assert x.grad == 4, "gradients() must change nothing"


def test_gradients_of_what_the_result_does_not_depend_on():
    x, other = Tensor([1.0, 2.0]), Tensor([[1.0]])
    assert gradients(x.sum(), [other, x])[0].tolist() == [[0.0]]


def test_arrays_are_constants():
    x = np.ones((3, 2))
    w = Tensor(np.ones((2, 3)))
    z = w @ x
    assert z.parents == (w,), "no gradient by a constant is computed"


def test_deep_graphs():
    x = Tensor(1.0)
    y = x
    for _ in range(50_000):
        y = -y
    y.backward()
    del y
    assert x.grad == 1


def test_numpy_functions_and_arrays_on_the_left():
    x = Tensor([1.0, 2.0])
    for result in (np.exp(x), np.add(x, 1), np.ones(2) + x, np.ones(2) @ x, np.ones((2, 2)) @ x):
        assert type(result) is Tensor, "NumPy must leave the operation to the tensor"


def test_the_callers_array_is_left_alone():
    array = np.ones(2)
    x = Tensor(array)
    constant = np.full(2, 3.0)
    y = (x * constant).sum()
    array += 5
    constant += 5
    y.backward()
    assert (x.data.tolist(), x.grad.tolist()) == ([1.0, 1.0], [3.0, 3.0]), (
        "a change of the caller's arrays must not reach the graph"
    )


def test_an_index_changed_afterwards():
    x, index = Tensor([1.0, 2.0]), np.array([0])
    y = x[index].sum()
    index[0] = 1
    y.backward()
    assert x.grad.tolist() == [1.0, 0.0]


def test_a_writable_array_behind_a_read_only_view_is_copied():
    base = np.ones(2)
    view = base[:]
    view.flags.writeable = False
    x = Tensor(view)
    base += 5
    assert x.data.tolist() == [1.0, 1.0]


@pytest.mark.parametrize("part", ["data", "grad"])
def test_changes_in_place_are_refused(part):
    x = Tensor([1.0, 2.0])
    y = x * x
    y.backward(np.ones(2))
    for t in (x, y):
        with pytest.raises(ValueError, match="read-only"):
            getattr(t, part)[0] = 5.0
        with pytest.raises(ValueError, match="read-only"):
            np.add(getattr(t, part), 1, out=getattr(t, part))


def test_new_data_does_not_change_the_graph():
    x = Tensor([3.0])
    y = x * x
    x.data = np.array([100.0])
    y.backward()
    assert x.grad.tolist() == [6.0], "y was computed at x = 3"


def one():
    return Tensor([1.0, 2.0])


@pytest.mark.parametrize(
    ("function", "error", "message"),
    [
        (lambda: np.sin(one()), TypeError, "no rule for sin; known: absolute, add"),
        (lambda: np.add.reduce(one()), TypeError, "no rule for add.reduce"),
        (lambda: np.add(one(), 1, where=MASK), TypeError, "no rule for add with where"),
        (lambda: np.concatenate([one()]), TypeError, r"no rule for numpy\.concatenate"),
        (lambda: np.sum(one()), TypeError, r"no rule for numpy\.sum"),
        (lambda: np.asarray(one()), TypeError, r"use its \.data"),
        (lambda: one() + Tensor([1.0, 2, 3]), ValueError, r"add of shape \(2,\) and \(3,\)"),
        (lambda: one() @ Tensor([1.0, 2, 3]), ValueError, r"matmul of shape \(2,\) and \(3,\)"),
        (lambda: one().reshape(3), ValueError, r"reshape of shape \(2,\)"),
        (lambda: one().backward(), ValueError, r"has shape \(2,\), so its gradient needs"),
        (lambda: one().backward([1.0]), ValueError, r"cotangent has shape \(1,\), want \(2,\)"),
        (lambda: one().backward([np.nan, 1]), ValueError, r"cotangent, entry \(0,\), is nan"),
        (lambda: one().backward([-np.inf, 1]), ValueError, r"cotangent, entry \(0,\), is -inf"),
        (lambda: Tensor([1.0, np.inf]), ValueError, r"Tensor, entry \(1,\), is inf"),
        (lambda: one() * np.array([1, np.nan]), ValueError, r"multiply, entry \(1,\), is nan"),
        (lambda: one() * np.nan, TypeError, "want a Tensor, an array or a finite number"),
        (lambda: Tensor([1j]), TypeError, "dtype complex128, want float32 or float64"),
        (lambda: Tensor(np.ones(2, np.float16)), TypeError, "dtype float16"),
        (lambda: Tensor(["a"]), TypeError, "want float32 or float64"),
        (lambda: one() * np.ones(2, np.float32), TypeError, "float32, want float64; use .astype"),
        (lambda: one() * Tensor(np.ones(2, np.float32)), TypeError, "float32 and float64"),
        (lambda: one() + list("ab"), TypeError, r"add of a Tensor and \['a', 'b'\]"),
        (lambda: one() + Value(1.0), TypeError, "belongs to one engine"),
        (lambda: Value(1.0) + one(), TypeError, "belongs to one engine"),
        (lambda: Tensor([Value(1.0)]), TypeError, "dtype object"),
        (lambda: one() ** one(), TypeError, "want one number"),
        (lambda: NEGATIVE ** one(), ValueError, "want a base above 0"),
        (lambda: tensor.where([True, False], one(), 0), TypeError, "array of bool"),
        (lambda: tensor.maximum(1.0, np.ones(2)), TypeError, "no tensor"),
        (lambda: tensor.concatenate([np.ones(2)], axis=0), TypeError, "no tensor"),
        (lambda: tensor.norm(Tensor([0.0, 0.0])), ValueError, "no derivative there"),
    ],
)
def test_what_is_refused(function, error, message):
    with pytest.raises(error, match=message):
        function()


def test_new_data_of_another_shape_is_refused():
    b = Tensor(np.ones((3, 1)))
    with pytest.raises(ValueError, match=r"new data has shape \(3, 3\), want \(3, 1\)"):
        b.data = np.ones((3, 3))
