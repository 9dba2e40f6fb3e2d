r"""Reverse-mode automatic differentiation of arrays.

A :class:`Tensor` is an array that remembers how it was made. What the scalar engine does number by
number happens here array by array: for a result y = f(a, b) and the gradient g of a later quantity
with respect to y, a rule gives the gradient with respect to a, without ever forming the matrix of
all partial derivatives.
It is the product of g with that matrix: a vector-Jacobian product.

``RULES``, in :mod:`bpcourse.autodiff.rules`, holds them, one line an operation. Where NumPy
stretched an operand to fit, its gradient is the sum over the copies; ``unbroadcast`` takes it, for
every rule, in one place.

The arrays of a graph are read-only, because rules need them again on the way back. A
``Tensor`` copies what it is given, so the caller's array stays writable and can't disturb the
graph; ``t.data += 1`` is refused by NumPy, ``t.data = t.data + 1`` is the way. Arrays that take
part in an operation are constants: no time is spent on their gradients.

Source: the table of rules and ``unbroadcast`` follow HIPS autograd. Derived in the book's chapter
"Vectors and matrices".
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from bpcourse.autodiff import _arrays
from bpcourse.autodiff._engine import (
    Tensor,
    apply,
    checked,
    constant_last,
    gradients,
    raw,
    record,
    reduced,
)
from bpcourse.autodiff.rules import RULES as RULES
from bpcourse.autodiff.rules import unbroadcast as unbroadcast

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

__all__ = [
    "Tensor",
    "concatenate",
    "gradients",
    "log_softmax",
    "logsumexp",
    "maximum",
    "minimum",
    "norm",
    "pad",
    "scatter_add",
    "softmax",
    "split",
    "stack",
    "where",
]


def maximum(a: Tensor | ArrayLike, b: Tensor | ArrayLike) -> Tensor:
    """Return the larger of each two entries.

    Where they tie, the gradient goes to b, but never to a constant's place: ``maximum(x, 0)``,
    ``maximum(0, x)`` and ``np.maximum(0, x)`` have the derivative 0 at 0, like ``x.relu()``. A
    zero that is a tensor is a variable like any other: write ReLU with the number 0.

    Examples
    --------
    >>> maximum(Tensor([-1.0, 2.0]), 0)
    Tensor([0., 2.])
    """
    return constant_last("maximum", a, b)


def minimum(a: Tensor | ArrayLike, b: Tensor | ArrayLike) -> Tensor:
    """Return the smaller of each two entries; where they tie, do as :func:`maximum`.

    Examples
    --------
    >>> minimum(Tensor([-1.0, 2.0]), 0)
    Tensor([-1.,  0.])
    """
    return constant_last("minimum", a, b)


def where(condition: np.ndarray, a: Tensor | ArrayLike, b: Tensor | ArrayLike) -> Tensor:
    """Return the entries of a where the condition holds, those of b elsewhere.

    Both are computed everywhere, and so are their derivatives. A derivative that is infinite
    where the entry is discarded would be multiplied by 0, which gives NaN: it is refused, by the
    operation that it belongs to. So keep the operand away from the singular place as well.

    Parameters
    ----------
    condition : ndarray of bool
    a, b : Tensor, ndarray or number

    Examples
    --------
    >>> x = Tensor([1.0, -2.0])
    >>> where(x > 0, x, 0.1 * x)
    Tensor([ 1. , -0.2])

    The square root of max(0, x), whose derivative at 0 would be infinite; hence two times where:

    >>> x = Tensor([4.0, 0.0])
    >>> y = where(x > 0, where(x > 0, x, 1.0).sqrt(), 0.0)
    >>> gradients(y.sum(), [x])
    [array([0.25, 0.  ])]
    """
    if not isinstance(condition, np.ndarray | np.bool_) or condition.dtype != bool:
        raise TypeError(f"the condition is {condition!r}, want an array of bool, such as x > 0")
    return apply("where", condition, a, b)


def concatenate(tensors: Sequence[Tensor | ArrayLike], *, axis: int) -> Tensor:
    """Return tensors (or arrays, at least one a tensor) joined along an axis.

    Examples
    --------
    >>> concatenate([Tensor([1.0, 2.0]), np.array([3.0])], axis=0)
    Tensor([1., 2., 3.])
    """
    tensors, axis = _several("concatenate", tensors), _arrays.whole("axis", axis)
    shapes = [np.shape(raw(x)) for x in tensors]
    if not all(-len(shape) <= axis < len(shape) for shape in shapes):
        raise ValueError(f"shapes {shapes} have no axis {axis} in common; stack() makes a new one")
    lengths = [shape[axis] for shape in shapes]
    ends = np.cumsum(lengths)
    pieces = [_piece(axis, end - n, end) for n, end in zip(lengths, ends, strict=True)]
    return record("concatenate", lambda *arrays: np.concatenate(arrays, axis), pieces, tensors)


def _piece(axis, start, stop):
    """Return the rule that takes one operand's part out of the gradient of the joined array."""
    return lambda g, y, *arrays: g.swapaxes(0, axis)[start:stop].swapaxes(0, axis)


def stack(tensors: Sequence[Tensor | ArrayLike], *, axis: int) -> Tensor:
    """Return tensors (or arrays and numbers, at least one a tensor) joined along a new axis.

    Examples
    --------
    >>> stack([Tensor([1.0, 2.0]), Tensor([3.0, 4.0])], axis=1)
    Tensor([[1., 3.],
            [2., 4.]])
    """
    tensors, axis = _several("stack", tensors), _arrays.whole("axis", axis)
    dtype = next(x.dtype for x in tensors if isinstance(x, Tensor))
    tensors = [x if isinstance(x, Tensor | np.ndarray) else np.asarray(x, dtype) for x in tensors]
    shape, *others = sorted({x.shape for x in tensors})
    if others or not -len(shape) - 1 <= axis <= len(shape):
        shapes = [shape, *others]
        raise ValueError(f"stack of shapes {shapes} along a new axis {axis}: does not fit")
    shape = list(shape)
    shape.insert(axis % (len(shape) + 1), 1)
    return concatenate([x.reshape(shape) for x in tensors], axis=axis)


def split(x: Tensor, sections: int, *, axis: int) -> list[Tensor]:
    """Return equal parts of a tensor, cut along an axis: the way back from :func:`concatenate`.

    Raises
    ------
    ValueError
        If the axis can't be cut into so many equal parts.

    Examples
    --------
    >>> split(Tensor([1.0, 2.0, 3.0, 4.0]), 2, axis=0)
    [Tensor([1., 2.]), Tensor([3., 4.])]
    """
    shape, sections = checked("split", x).shape, _arrays.whole("sections", sections)
    axis = _arrays.whole("axis", axis)
    if not -len(shape) <= axis < len(shape):
        raise ValueError(f"axis is {axis}, and a tensor of shape {shape} has none of this number")
    if sections < 1 or shape[axis] % sections:
        raise ValueError(f"an axis of length {shape[axis]} has no {sections} equal parts")
    length, before = shape[axis] // sections, (slice(None),) * (axis % len(shape))
    return [x[(*before, slice(i * length, (i + 1) * length))] for i in range(sections)]


def scatter_add(x: Tensor, index: Any, shape: tuple[int, ...]) -> Tensor:
    """Return zeros of a shape with the entries of x added at an index: indexing turned round.

    Entries that go to the same place add up. The gradient of x is read at the index.

    Parameters
    ----------
    x : Tensor
        Of the shape that ``array[index]`` has.
    index : index, or tuple of them
        As in ``array[index]``, for an array of the given shape.
    shape : tuple of int

    Raises
    ------
    ValueError, TypeError
        An index that such an array does not have, or that has another shape there than x.

    Examples
    --------
    >>> scatter_add(Tensor([1.0, 2.0, 4.0]), np.array([0, 2, 0]), (3,))
    Tensor([5., 0., 2.])
    """
    index = index if isinstance(index, tuple) else (index,)
    index = tuple(_arrays.index_part(part) for part in index)
    shape = _arrays.lengths(shape)
    _arrays.fits(checked("scatter_add", x).shape, index, shape)
    return apply("scatter_add", x, index, shape)


def pad(x: Tensor, widths: Sequence[tuple[int, int]]) -> Tensor:
    """Return x with zeros around it: ``widths`` has a pair (before, after) for each axis.

    Examples
    --------
    >>> pad(Tensor([1.0, 2.0]), [(1, 2)])
    Tensor([0., 1., 2., 0., 0.])
    """
    return apply("pad", x, _arrays.margins(widths, checked("pad", x).ndim))


def logsumexp(x: Tensor, *, axis: int, keepdims: bool = False) -> Tensor:
    r"""Return :math:`\log \sum_j e^{x_j}` along an axis, without overflow.

    An entry -inf counts as :math:`e^{-\infty} = 0`, here and in the two softmax: that is how
    attention masks what must not be seen. One entry at least must be finite.

    Examples
    --------
    >>> logsumexp(Tensor([1000.0, 1000.0]), axis=0).data.round(4)
    np.float64(1000.6931)
    """
    return reduced("logsumexp", x, axis, keepdims)


def log_softmax(x: Tensor, *, axis: int) -> Tensor:
    r"""Return :math:`x_j - \log \sum_k e^{x_k}` along an axis; 0 where examples are columns.

    The maximum is subtracted first, so large logits keep their digits; likewise in softmax.

    Examples
    --------
    >>> log_softmax(Tensor([[0.0], [0.0]]), axis=0).data.round(4)
    array([[-0.6931],
           [-0.6931]])
    """
    return apply("log_softmax", x, _arrays.axes(axis))


def softmax(x: Tensor, *, axis: int) -> Tensor:
    r"""Return :math:`e^{x_j} / \sum_k e^{x_k}` along an axis; 0 where examples are columns.

    Examples
    --------
    >>> softmax(Tensor([[0.0], [0.0]]), axis=0)
    Tensor([[0.5],
            [0.5]])
    >>> softmax(Tensor([1e8, 1e8, -np.inf]), axis=0)
    Tensor([0.5, 0.5, 0. ])
    """
    return apply("softmax", x, _arrays.axes(axis))


def norm(x: Tensor) -> Tensor:
    """Return the Euclidean norm of all entries; its gradient is x divided by it.

    Raises
    ------
    ValueError
        If all entries are 0, where the norm has no derivative.

    Examples
    --------
    >>> norm(Tensor([3.0, 4.0]))
    Tensor(5.)
    """
    if not checked("norm", x).data.any():
        raise ValueError(f"norm of an array of zeros, shape {x.shape}: it has no derivative there")
    return np.square(x).sum().sqrt()


def _several(name, tensors):
    """Return what is to be joined as a list, with a tensor in it."""
    try:
        tensors = list(tensors)
    except TypeError:
        tensors = [tensors]
    if not any(isinstance(x, Tensor) for x in tensors):
        raise TypeError(f"{name} of {tensors!r}, no tensor among them: want tensors in a list")
    return tensors
