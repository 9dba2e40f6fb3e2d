"""The array engine's doors: what NumPy's users type, copies, updates in place, what is refused."""

import copy
import inspect
import math
import pickle
import re

import numpy as np
import pytest

from bpcourse.autodiff import tensor
from bpcourse.autodiff.tensor import Tensor, gradients

MASK = np.array([True, False])
NO_STEP = slice(None, None, 0)


def table():
    """Return a tensor of 2 rows and 3 columns."""
    return Tensor(np.arange(6.0).reshape(2, 3))


def one():
    return Tensor([1.0, 2.0])


@pytest.mark.parametrize(
    "function",
    [
        lambda t: t.reshape((3, 2)),
        lambda t: t.reshape([3, -1]),
        lambda t: t.reshape(np.int64(3), 2),
        lambda t: t.reshape(t.T.shape),
        lambda t: t.transpose((1, 0)),
        lambda t: t.transpose(),
        lambda t: t.sum(0),
        lambda t: t.sum(axis=np.int64(0)),
        lambda t: t.mean(1),
        lambda t: t.mean(axis=(0, 1), keepdims=True),
        lambda t: t.max(-1),
        lambda t: t[[]],
        lambda t: t[range(2)],
        lambda t: t[np.int64(1)],
        lambda t: t[(0, 0), :],
        lambda t: t > 2,
        lambda t: t < 2.0,
        lambda t: t <= 2,
        lambda t: t >= 2,
        lambda t: t == 2,
        lambda t: t != 2.0,
        lambda t: t <= t.T.T[::-1],
        lambda t: 2 + t,
        lambda t: np.float64(2) * t,
        lambda t: np.int64(2) <= t,
        lambda t: t == np.arange(3.0),
        lambda t: t != t.T.T,
        lambda t: np.full((2, 3), 1.0) > t,
    ],
)
def test_as_numpy_does(function):
    result, expected = function(table()), function(table().data)
    data = result.data if isinstance(result, Tensor) else result
    assert data.shape == expected.shape and data.dtype == expected.dtype
    assert (data == expected).all(), f"{data} where NumPy has {expected}"


def test_a_tuple_in_an_index_adds_up_as_a_list_does():
    x = one()
    x[(0, 0, 1),].sum().backward()
    assert x.grad.tolist() == [2.0, 1.0], "entry 0 was read twice"


def test_one_number():
    t = Tensor(0.25)
    assert (float(t), t.item(), f"{t:.3f}", bool(t), bool(Tensor(0.0))) == (
        0.25, 0.25, "0.250", True, False,
    )  # fmt: skip
    assert (t.size, t.ndim, t.shape) == (1, 0, ())
    assert type(Tensor(np.float32([[2]])).item()) is float
    for refused in (lambda: len(t), lambda: list(t)):
        with pytest.raises(TypeError, match=re.escape("shape () has no length")):
            refused()
    for refused in (lambda: float(one()), lambda: bool(one()), lambda: f"{one():.3f}"):
        with pytest.raises(ValueError, match=re.escape("shape (2,) is not one number")):
            refused()
    assert repr(one()) == "Tensor([1., 2.])"
    assert f"{one()}" == repr(one()), "without a format the whole tensor is shown"


def test_rows():
    t = table()
    assert len(t) == 2
    first, second = t
    (first * second).sum().backward()
    assert t.grad.tolist() == [[3.0, 4.0, 5.0], [0.0, 1.0, 2.0]], "rows belong to the graph"


def test_comparison_with_what_is_no_number():
    t = one()
    assert (t == None, t == "a", t != None) == (False, False, True)  # noqa: E711
    assert len({t, one()}) == 2, "as a key every tensor is itself"
    with pytest.raises(TypeError, match="'<' not supported"):
        t < "a"  # noqa: B015


def test_zero_dimensions_and_nothing():
    joined = tensor.stack([Tensor(1.0), 2.0, np.float32(3), np.array(4.0)], axis=0)
    assert joined.data.tolist() == [1.0, 2.0, 3.0, 4.0]
    small = tensor.stack([Tensor(np.float32(1)), 2.0], axis=0)
    assert small.dtype == np.float32
    assert Tensor(np.zeros((3, 0))).mean(axis=0).shape == (0,), "the mean of three, for no columns"
    assert Tensor(np.zeros((3, 0))).sum(axis=1).data.tolist() == [0.0] * 3


@pytest.mark.parametrize(
    "inputs", [lambda x: (p for p in [x]), lambda x: iter([x]), lambda x: {x: 0}]
)
def test_gradients_of_any_iterable(inputs):
    x = one()
    assert [g.tolist() for g in gradients((x * x).sum(), inputs(x))] == [[2.0, 4.0]]


@pytest.mark.parametrize(
    "duplicate", [copy.copy, copy.deepcopy, lambda t: pickle.loads(pickle.dumps(t))]
)
def test_copies_are_inputs_of_their_own(duplicate):
    x = one()
    y = 3 * x
    y.sum().backward()
    for t in (x, y):
        u = duplicate(t)
        assert (u.data.tolist(), u.grad.tolist()) == (t.data.tolist(), t.grad.tolist())
        assert (u.op, u.parents) == ("", ()), "the graph stays behind"
        for array in (u.data, u.grad):
            with pytest.raises(ValueError, match="read-only"):
                array[0] = 100.0
        u.grad = None
        (u * u).sum().backward()
        assert u.grad.tolist() == (2 * t.data).tolist()
    assert x.grad.tolist() == [3.0, 3.0], "a copy's pass does not reach the original"


def test_an_update_in_place_is_refused():
    w = one()
    (w * w).sum().backward()
    step = 0.1 * w.grad
    for sign, update in (
        ("-", lambda: w.__isub__(step)),
        ("+", lambda: w.__iadd__(-step)),
        ("*", lambda: w.__imul__(0.9)),
        ("/", lambda: w.__itruediv__(2)),
    ):
        with pytest.raises(TypeError, match=re.escape(f"x.data = x.data {sign} ...")):
            update()
    with pytest.raises(TypeError, match="x -= ndarray would make a new tensor"):
        w -= step
    w.data = w.data - step
    assert w.data.tolist() == [0.8, 1.6]


def test_sums_in_place_are_allowed():
    total, x = Tensor(0.0), one()
    for row in x:
        total += row * row
    total -= 1
    total *= 2.0
    total /= 4
    total.backward()
    assert (total.item(), x.grad.tolist()) == (2.0, [1.0, 2.0])


def test_a_discarded_branch_that_is_singular():
    x = Tensor([4.0, 0.0])
    with pytest.raises(
        ValueError, match=r"log of shape \(2,\) has -inf at entry \(1,\).*where\(c, x"
    ):
        tensor.where(x > 0, x.log(), 0.0)
    naive = tensor.where(x > 0, x.sqrt(), 0.0).sum()
    with pytest.raises(
        ValueError, match=r"gradient through sqrt of shape \(2,\) has nan at entry \(1,"
    ):
        naive.backward()
    safe = tensor.where(x > 0, tensor.where(x > 0, x, 1.0).sqrt(), 0.0)
    assert gradients(safe.sum(), [x])[0].tolist() == [0.25, 0.0]


def test_large_finite_numbers_are_finite():
    x = Tensor([1e200, -1e300])
    y = x + 1e200
    assert y.data.tolist() == [2e200, 1e200 - 1e300], "their squares are infinite, they are not"
    assert gradients(y.sum(), [x])[0].tolist() == [1.0, 1.0]
    tiny = Tensor(np.float32([1e30]))
    assert (tiny * 2).dtype == np.float32


@pytest.mark.parametrize(
    ("function", "error", "message"),
    [
        (lambda: one() - (1.0, 2.0), TypeError, "subtract of a Tensor and (1.0, 2.0): want a"),
        (lambda: (np.nan, 1.0) * one(), TypeError, "multiply of a Tensor and (nan, 1.0)"),
        (lambda: [1.0, 2.0] @ one(), TypeError, "matmul of a Tensor and [1.0, 2.0]: want a"),
        (lambda: one() @ (1.0, 2.0), TypeError, "matmul of a Tensor and (1.0, 2.0)"),
        (lambda: one() + None, TypeError, "add of a Tensor and None"),
        (lambda: one() * 10**400, TypeError, "want a Tensor, an array or a finite number"),
        (lambda: Tensor(np.float32([1])) * 10**39, ValueError, "multiply of shape (1,) has inf"),
        (lambda: Tensor([1000.0]).exp(), ValueError, "exp of shape (1,) has inf at entry (0,)"),
        (lambda: 1 / Tensor([1.0, 0.0]), ValueError, "divide of shape (2,) has inf at entry (1,)"),
        (lambda: Tensor([-1.0]) ** 0.5, ValueError, "power of shape (1,) has nan at entry (0,)"),
        (lambda: Tensor([[1.0], [2.0, 3.0]]), ValueError, "its rows differ in length"),
        (lambda: Tensor(np.ma.array([1.0], mask=[True])), TypeError, "mask would be lost"),
        (lambda: one() * np.ma.array([1.0, 2.0], mask=[0, 1]), TypeError, "mask would be lost"),
        (lambda: Tensor(x for x in [1.0]), TypeError, "Tensor (generator) has dtype object"),
        (lambda: one().sum(axis=1), ValueError, "sum of shape (2,): axis 1 is out of bounds"),
        (lambda: one().sum(axis=0.0), TypeError, "axis is 0.0, want a whole number"),
        (lambda: one().sum(axis=True), TypeError, "axis is True, want a whole number"),
        (lambda: one().sum(axis=0, keepdims=1), TypeError, "keepdims is 1, want True or False"),
        (lambda: Tensor([]).mean(), ValueError, "mean of shape (0,) along axis None: nothing"),
        (lambda: Tensor([]).max(), ValueError, "max of shape (0,)"),
        (lambda: one().reshape(1.0, 2), TypeError, "an entry of shape is 1.0, want a whole"),
        (lambda: one().transpose(0, 1), ValueError, "transpose of shape (2,)"),
        (lambda: one()[5], IndexError, "getitem of shape (2,): index 5 is out of bounds"),
        (lambda: one()["a"], IndexError, "getitem of shape (2,): "),
        (lambda: one()[one()], TypeError, "use its .data"),
        (lambda: gradients(one().sum(), one()), TypeError, "inputs is Tensor, want a list"),
        (lambda: gradients(one().sum(), [1.0]), TypeError, "gradients with respect to of 1.0"),
        (lambda: gradients(2.0, [one()]), TypeError, "gradients of 2.0: want a Tensor"),
        (lambda: tensor.concatenate([Tensor(1.0)] * 2, axis=0), ValueError, "no axis 0 in common"),
        (lambda: tensor.concatenate([one(), one()], axis=1), ValueError, "no axis 1 in common"),
        (lambda: tensor.concatenate(one(), axis=0), ValueError, "stack() makes a new one"),
        (lambda: tensor.concatenate(None, axis=0), TypeError, "no tensor among them"),
        (lambda: tensor.stack([one(), Tensor(1.0)], axis=0), ValueError, "stack of shapes"),
        (lambda: tensor.stack([one(), one()], axis=3), ValueError, "a new axis 3"),
        (lambda: tensor.pad(one(), 1), ValueError, "widths are 1, want a pair (before, after)"),
        (lambda: tensor.pad(one(), [(-1, 0)]), ValueError, "pad of shape (2,)"),
        (lambda: tensor.norm(np.ones(2)), TypeError, "norm of array([1., 1.]): want a Tensor"),
        (lambda: tensor.where(MASK, np.ones(2), 0), TypeError, "where of no tensor"),
        (lambda: np.less(one(), [1.0, 2.0, 3.0]), ValueError, "less of shape (2,)"),
        (lambda: math.exp(one()), ValueError, "is not one number"),
        (lambda: 0 ** one(), ValueError, "0 ** Tensor: want a base above 0"),
        (lambda: one() + np.array(["a", "b"]), TypeError, "dtype <U1, want float32 or float64"),
        (lambda: Tensor(np.float32([1])) * np.ones(1), TypeError, "float64, want float32; use"),
        (lambda: Tensor([np.nan, 1.0, np.nan]), ValueError, "Tensor, entry (0,), is nan"),
        (lambda: Tensor([]).item(), ValueError, "shape (0,) is not one number"),
        (
            lambda: Tensor([]).backward(),
            ValueError,
            "shape (0,), so its gradient needs a cotangent",
        ),
        (lambda: one().backward(np.ones(3)), ValueError, "cotangent has shape (3,), want (2,)"),
        (
            lambda: table().reshape((3, 2), 1),
            TypeError,
            "an entry of shape is (3, 2), want a whole",
        ),
        (lambda: tensor.where(np.array([1, 0]), one(), 0), TypeError, "want an array of bool"),
        (lambda: tensor.where(np.array(["a", ""]), one(), 0), TypeError, "want an array of bool"),
        (lambda: tensor.concatenate([one()], axis=2), ValueError, "no axis 2 in common"),
        (lambda: tensor.stack([one(), one()], axis=-3), ValueError, "a new axis -3"),
        (
            lambda: tensor.split(one(), 2, axis=1),
            ValueError,
            "axis is 1, and a tensor of shape (2,)",
        ),
        (
            lambda: tensor.split(one(), 2, axis=2),
            ValueError,
            "axis is 2, and a tensor of shape (2,)",
        ),
        (lambda: tensor.split(one(), 3, axis=0), ValueError, "length 2 has no 3 equal parts"),
        (lambda: tensor.split(one(), 0, axis=0), ValueError, "length 2 has no 0 equal parts"),
        (lambda: tensor.split(one(), -1, axis=0), ValueError, "length 2 has no -1 equal parts"),
        (lambda: tensor.pad(one(), [1]), ValueError, "widths are [1], want a pair"),
        (lambda: tensor.pad(one(), [(1,)]), ValueError, "widths are [(1,)], want a pair"),
        (lambda: tensor.pad(one(), [(1, 2, 3)]), ValueError, "widths are [(1, 2, 3)], want a pair"),
        (lambda: tensor.pad(table(), [(1, 1)]), ValueError, "(before, after) for 2 axes"),
        (lambda: tensor.pad(one(), [(1, 1)] * 2), ValueError, "(before, after) for 1 axes"),
        (lambda: tensor.scatter_add(one(), [0], (3,)), ValueError, "has (1,) at this index"),
        (lambda: tensor.scatter_add(one(), [0] * 3, (3,)), ValueError, "has (3,) at this index"),
        (lambda: tensor.scatter_add(one(), [0, 3], (3,)), ValueError, "no such index: index 3 is"),
        (lambda: tensor.scatter_add(one(), NO_STEP, (3,)), ValueError, "no such index: slice step"),
        (lambda: tensor.scatter_add(one(), [0, 0], (-1,)), ValueError, "want lengths of 0 or more"),
    ],
)
def test_what_is_refused(function, error, message):
    with pytest.raises(error, match=re.escape(message)):
        function()


@pytest.mark.parametrize("axis", [-2, -1, 0, 1])
def test_stack_along_every_new_axis(axis):
    a, b = np.array([1.0, 2.0]), np.array([3.0, 4.0])
    ours = tensor.stack([Tensor(a), b], axis=axis)
    np.testing.assert_array_equal(ours.data, np.stack([a, b], axis))


@pytest.mark.parametrize("axis", [-2, -1, 0, 1])
def test_concatenate_and_split_along_every_axis(axis):
    a = np.arange(4.0).reshape(2, 2)
    joined = tensor.concatenate([Tensor(a), 10 + a], axis=axis)
    np.testing.assert_array_equal(joined.data, np.concatenate([a, 10 + a], axis))
    parts = tensor.split(joined, 2, axis=axis)
    np.testing.assert_array_equal([part.data for part in parts], [a, 10 + a])


def test_whole_numbers_become_float64():
    assert Tensor([1, 2]).dtype == Tensor(3).dtype == np.float64
    assert Tensor(np.array([1, 2], np.uint8)).dtype == np.float64


def test_advice_fits_what_is_not_finite():
    """The trap of where() is not what an overflow is about."""
    x = Tensor([1e200, 1.0])
    for too_large in (lambda: x**2, lambda: x * x, lambda: (x * 0 + 1000).exp(), lambda: 1e200 * x):
        with pytest.raises(ValueError, match="No float is that large: scale the numbers down"):
            too_large()
    with pytest.raises(ValueError, match=r"A branch that where\(\) discards"):
        Tensor([0.0, 1.0]).log()


def test_the_trap_of_where_is_described_where_a_gradient_meets_it():
    x = Tensor([0.0, 4.0])
    root = tensor.where(x.data > 0, x**0.5, 0)
    with pytest.raises(
        ValueError, match=r"the gradient through .*A branch that where\(\) discards"
    ):
        root.sum().backward()


@pytest.mark.parametrize("function", [tensor.maximum, tensor.minimum])
def test_a_tie_of_two_tensors_goes_to_the_second(function):
    """A zero that is a tensor is a variable; written as a number, ReLU'(0) = 0."""
    x, zero = Tensor([0.0]), Tensor([0.0])
    function(zero, x).sum().backward()
    assert (zero.grad, x.grad) == (0, 1)
    for at_a_tie in (function(0, Tensor([0.0])), function(Tensor([0.0]), 0)):
        at_a_tie.sum().backward()
        assert at_a_tie.parents[0].grad == 0


def test_options_of_functions_have_to_be_named():
    """NumPy's own order differs: its stack takes the axis second, its split third."""
    for name in tensor.__all__:
        parameters = inspect.signature(getattr(tensor, name)).parameters
        for option in {"axis", "keepdims", "cotangent"} & set(parameters):
            kind = parameters[option].kind
            assert kind is inspect.Parameter.KEYWORD_ONLY, f"{option} of {name} needs no name"


def test_where_nothing_is():
    """Lengths of 0 are lengths: nothing is repeated along them, cut or scattered."""
    x = Tensor(np.ones(0))
    slope = gradients(x + np.ones((2, 0)), [x], cotangent=np.ones((2, 0)))[0]
    assert slope.shape == (0,), "the sum over the two rows, of no columns"
    assert tensor.scatter_add(x, [], (0,)).shape == (0,)
    assert tensor.scatter_add(Tensor(2.0), (), ()).item() == 2, "a shape without axes is a shape"


def test_one_part_is_the_whole():
    (part,) = tensor.split(one(), 1, axis=0)
    assert part.data.tolist() == [1.0, 2.0]


def test_powers_at_the_edge():
    x = Tensor([1.0, 2.0])
    slope = gradients((0.5**x).sum(), [x])[0]
    np.testing.assert_allclose(slope, np.log(0.5) * np.array([0.5, 0.25]), rtol=1e-15)
    large = Tensor([1e200, -1e200, 0.0])
    assert gradients((large**0).sum(), [large])[0].tolist() == [0.0] * 3, "x^0 is constant"


def test_an_infinite_slope_of_a_finite_result_is_refused():
    x = Tensor([1e-200])
    with pytest.raises(ValueError, match=r"gradient through divide .* has -inf at entry \(0,\)"):
        (1 / x).sum().backward()  # -1 / x^2 = -1e400; the mask -inf is for results alone


def test_new_data_may_hold_a_mask_and_must_have_the_shape():
    scores = one()
    scores.data = np.array([0.0, -np.inf])
    assert tensor.softmax(scores, axis=0).data.tolist() == [1.0, 0.0]
    with pytest.raises(ValueError, match=re.escape("new data has shape (1,), want (2,)")):
        scores.data = np.ones(1)


def test_what_nobody_can_write_to_is_not_copied():
    x = one()
    assert np.shares_memory(Tensor(x.data).data, x.data), "a copy of what cannot change"
    assert (Tensor(np.float32([3])) * np.array([2])).dtype == np.float32, "whole numbers fit all"


def test_a_pass_through_a_tensor_between_or_an_input_itself_is_not_repeated():
    x = Tensor(3.0)
    h = x * x
    (2 * h).backward()
    with pytest.raises(RuntimeError, match="count its gradients twice"):
        h.backward()
    x.backward()
    assert x.grad == 13, "2 h' = 12 through the product, and dx/dx = 1"
    with pytest.raises(RuntimeError, match="count its gradients twice"):
        x.backward()
