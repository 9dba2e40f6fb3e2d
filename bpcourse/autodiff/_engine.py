"""The class ``Tensor``: how an operation is recorded, and the walk back.

The functions beside it, and the door to both, are :mod:`bpcourse.autodiff.tensor`.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from bpcourse.autodiff import _arrays
from bpcourse.autodiff._arrays import frozen
from bpcourse.autodiff.rules import RULES, unbroadcast

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

COMPARISONS = ("equal", "not_equal", "less", "less_equal", "greater", "greater_equal")


class Tensor:
    """Hold an array, how it was made, and the gradient of a later result.

    The operations are ``+ - * / ** @``, indexing, ``abs`` and the methods and functions of this
    module, between tensors, arrays and numbers in any order; ``np.exp(t)`` and the like work too.
    float32 stays float32. abs'(0) = 0, and ReLU'(0) = 0 however it is written with the number 0
    (a zero that is a tensor is a variable: ``maximum``). Comparisons are NumPy's: ``t > 0`` is an
    array of bool, and belongs to no graph.

    ``copy``, ``deepcopy`` and ``pickle`` keep array and gradient. The graph behind a result stays
    where it is: the copy is an input.

    Parameters
    ----------
    data : array_like of any shape
        Finite real numbers, or -inf as a mask for softmax; copied. Whole numbers become float64.

    Attributes
    ----------
    data : ndarray
        The array, read-only. Assign a new one of the same shape and dtype to change it.
    grad : ndarray or None
        After ``z.backward()``: the gradient of z with respect to this tensor, of its shape.
        None before.
    op : str
        The operation that made the tensor; empty for an input.

    Raises
    ------
    TypeError
        If ``data`` or an operand does not hold real numbers, or float32 meets float64.
    ValueError
        If an entry of an operand, a result or a gradient is NaN or infinite, or shapes do not
        fit; they are given. -inf is passed on, but never made from finite numbers.

    Examples
    --------
    f = ||W x||^2 has the gradients 2 (W x) x^T and W^T 2 (W x):

    >>> w = Tensor([[0.1, 0.5], [-0.3, 0.8]])
    >>> x = Tensor([[0.2], [0.4]])
    >>> f = ((w @ x) ** 2).sum()
    >>> f.backward()
    >>> w.grad.round(3)
    array([[0.088, 0.176],
           [0.104, 0.208]])
    >>> x.grad.round(3)
    array([[-0.112],
           [ 0.636]])
    """

    __slots__ = (
        "_arguments",
        "_data",
        "_gradients",
        "_operands",
        "_rank",
        "_reached",
        "grad",
        "op",
    )

    def __init__(self, data: ArrayLike) -> None:
        self._data = _arrays.own(_arrays.real("Tensor", data, mask=True))
        self.grad, self.op = None, ""
        self._gradients = self._operands = self._arguments = ()
        self._rank, self._reached = 0, False

    @property
    def data(self) -> np.ndarray:
        """Return the array, which is read-only."""
        return self._data

    @data.setter
    def data(self, array: ArrayLike) -> None:
        array = _arrays.real("data", array, dtype=self.dtype, mask=True)
        if array.shape != self.shape:
            raise ValueError(f"new data has shape {array.shape}, want {self.shape} as before")
        self._data = _arrays.own(array)

    @property
    def shape(self) -> tuple[int, ...]:
        """Return the shape of the array."""
        return self._data.shape

    @property
    def dtype(self) -> np.dtype:
        """Return the precision of the array."""
        return self._data.dtype

    @property
    def ndim(self) -> int:
        """Return the number of axes."""
        return self._data.ndim

    @property
    def size(self) -> int:
        """Return the number of entries."""
        return self._data.size

    @property
    def parents(self) -> tuple[Tensor, ...]:
        """Return the operands that are tensors, in order."""
        return tuple(operand for operand in self._operands if operand is not None)

    @property
    def T(self) -> Tensor:  # noqa: N802 (NumPy's name)
        """Return the tensor with its axes in reverse order."""
        return self.transpose()

    def __add__(self, other: Tensor | ArrayLike) -> Tensor:
        return apply("add", self, other)

    def __radd__(self, other: ArrayLike) -> Tensor:
        return apply("add", other, self)

    def __sub__(self, other: Tensor | ArrayLike) -> Tensor:
        return apply("subtract", self, other)

    def __rsub__(self, other: ArrayLike) -> Tensor:
        return apply("subtract", other, self)

    def __mul__(self, other: Tensor | ArrayLike) -> Tensor:
        return apply("multiply", self, other)

    def __rmul__(self, other: ArrayLike) -> Tensor:
        return apply("multiply", other, self)

    def __truediv__(self, other: Tensor | ArrayLike) -> Tensor:
        return apply("divide", self, other)

    def __rtruediv__(self, other: ArrayLike) -> Tensor:
        return apply("divide", other, self)

    def __matmul__(self, other: Tensor | ArrayLike) -> Tensor:
        return apply("matmul", self, other)

    def __rmatmul__(self, other: ArrayLike) -> Tensor:
        return apply("matmul", other, self)

    def __pow__(self, exponent: Tensor | ArrayLike) -> Tensor:
        return apply("power", self, exponent)

    def __rpow__(self, base: ArrayLike) -> Tensor:
        return apply("power", base, self)

    def __neg__(self) -> Tensor:
        return apply("negative", self)

    def __abs__(self) -> Tensor:
        return apply("absolute", self)

    def __iadd__(self, other):
        return _not_an_update(self, "+", other) + other

    def __isub__(self, other):
        return _not_an_update(self, "-", other) - other

    def __imul__(self, other):
        return _not_an_update(self, "*", other) * other

    def __itruediv__(self, other):
        return _not_an_update(self, "/", other) / other

    def __eq__(self, other):
        return np.equal(self, other) if _comparable(other) else NotImplemented

    def __ne__(self, other):
        return np.not_equal(self, other) if _comparable(other) else NotImplemented

    __hash__ = object.__hash__  # as a key every tensor is itself

    def __lt__(self, other: Tensor | ArrayLike) -> np.ndarray:
        return np.less(self, other) if _comparable(other) else NotImplemented

    def __le__(self, other: Tensor | ArrayLike) -> np.ndarray:
        return np.less_equal(self, other) if _comparable(other) else NotImplemented

    def __gt__(self, other: Tensor | ArrayLike) -> np.ndarray:
        return np.greater(self, other) if _comparable(other) else NotImplemented

    def __ge__(self, other: Tensor | ArrayLike) -> np.ndarray:
        return np.greater_equal(self, other) if _comparable(other) else NotImplemented

    def __len__(self) -> int:
        if not self.ndim:
            raise TypeError("a Tensor of shape () has no length; want an axis or more")
        return len(self._data)

    def __iter__(self) -> Iterator[Tensor]:
        return (self[k] for k in range(len(self)))

    def __bool__(self) -> bool:
        return bool(self.item())

    def __float__(self) -> float:
        return self.item()

    def __format__(self, form):
        return format(self.item(), form) if form else repr(self)

    def __reduce__(self):
        return _copied, (self._data, self.grad)

    def item(self) -> float:
        """Return the only entry as a Python float, which belongs to no graph."""
        if self.size != 1:
            raise ValueError(f"a Tensor of shape {self.shape} is not one number; reduce it first")
        return self._data.item()

    def __getitem__(self, index: Any) -> Tensor:
        index = index if isinstance(index, tuple) else (index,)
        return apply("getitem", self, tuple(_arrays.index_part(part) for part in index))

    def exp(self) -> Tensor:
        """Return e to the power of each entry."""
        return apply("exp", self)

    def log(self) -> Tensor:
        """Return the natural logarithm of each entry."""
        return apply("log", self)

    def sqrt(self) -> Tensor:
        """Return the square root of each entry."""
        return apply("sqrt", self)

    def tanh(self) -> Tensor:
        """Return the hyperbolic tangent of each entry."""
        return apply("tanh", self)

    def sigmoid(self) -> Tensor:
        """Return 1 / (1 + exp(-x)) of each entry, computed so that it never overflows."""
        return apply("sigmoid", self)

    def relu(self) -> Tensor:
        """Return max(0, x) of each entry; the derivative at 0 is 0."""
        return apply("relu", self)

    def sum(self, axis: int | tuple[int, ...] | None = None, *, keepdims: bool = False) -> Tensor:
        """Return the sum of all entries, or along an axis or a tuple of axes."""
        return reduced("sum", self, axis, keepdims)

    def mean(self, axis: int | tuple[int, ...] | None = None, *, keepdims: bool = False) -> Tensor:
        """Return the mean of all entries, or along an axis or a tuple of axes."""
        total = self.sum(axis, keepdims=keepdims)
        along = range(self.ndim) if axis is None else np.atleast_1d(axis)
        count = math.prod(self.shape[k] for k in along)
        if not count:
            raise ValueError(f"mean of shape {self.shape} along axis {axis}: nothing to average")
        return total / count

    def max(self, axis: int | tuple[int, ...] | None = None, *, keepdims: bool = False) -> Tensor:
        """Return the largest entry; entries that tie share its gradient equally."""
        return reduced("max", self, axis, keepdims)

    def reshape(self, *shape: Any) -> Tensor:
        """Return the same entries in the given shape, one length of which may be -1."""
        return apply("reshape", self, _arrays.wholes("shape", shape))

    def transpose(self, *axes: Any) -> Tensor:
        """Return the tensor with its axes in the given order, in reverse order by default."""
        axes = _arrays.wholes("axes", axes) or tuple(reversed(range(self.ndim)))
        return apply("transpose", self, axes)

    def backward(self, cotangent: ArrayLike | None = None) -> None:
        """Add to ``grad`` of every input the gradient of this tensor with respect to it.

        Inputs *add up* over several calls, so a training loop sets ``p.grad = None`` before each
        new pass. Every tensor between has the gradient of the last result that was passed
        through it; shared ones are started afresh.

        Parameters
        ----------
        cotangent : array_like of the tensor's shape, optional
            What each entry counts: the gradients are those of ``(cotangent * self).sum()``. Not
            needed for a single number, where it is 1.

        Raises
        ------
        ValueError
            If a cotangent is needed and missing, or not of the tensor's shape.
        RuntimeError
            If a pass has gone through this tensor before. :func:`gradients` may be called as
            often as you like.

        Examples
        --------
        >>> x = Tensor([1.0, 2.0, 3.0])
        >>> y = x * x
        >>> y.backward(np.array([1.0, 0.0, 1.0]))
        >>> x.grad
        array([2., 0., 6.])
        """
        if self._reached:
            raise RuntimeError(
                "backward() has already gone through this tensor; again, it would count its "
                "gradients twice. Compute it again first, or use gradients(), which adds nothing"
            )
        for tensor, gradient in walk(self, _cotangent(self, cotangent)):
            add_up = tensor.grad is not None and not tensor.op
            tensor.grad = frozen(tensor.grad + gradient) if add_up else gradient
            tensor._reached = bool(tensor.op) or tensor is self

    def __array_ufunc__(self, ufunc, method, *inputs, **options):
        """Answer NumPy's functions: np.exp(t), array + t (this signature is NumPy's)."""
        if method != "__call__" or options or ufunc.__name__ not in (*RULES, *COMPARISONS):
            form = ufunc.__name__ if method == "__call__" else f"{ufunc.__name__}.{method}"
            form += f" with {', '.join(options)}" if options else ""
            raise TypeError(f"no rule for {form}; known: {', '.join(sorted(RULES))}")
        if ufunc.__name__ in COMPARISONS:
            return _arrays.computed(ufunc.__name__, ufunc, [raw(x) for x in inputs])
        if ufunc.__name__ in ("maximum", "minimum"):
            return constant_last(ufunc.__name__, *inputs)
        return apply(ufunc.__name__, *inputs)

    def __array_function__(self, function, types, inputs, options):
        """Refuse NumPy's other functions, which would lose the graph."""
        raise TypeError(
            f"no rule for numpy.{function.__name__}; use the methods of the tensor, such as "
            "t.sum(axis=0), and the functions of bpcourse.autodiff.tensor, such as concatenate"
        )

    def __array__(self, dtype=None, copy=None):
        """Refuse to become an array, which would lose the graph."""
        raise TypeError("a Tensor does not turn into an array by itself; use its .data")

    def __repr__(self):
        return f"Tensor({np.array2string(self._data, separator=', ', prefix='Tensor(')})"


def gradients(
    result: Tensor, inputs: Iterable[Tensor], *, cotangent: ArrayLike | None = None
) -> list[np.ndarray]:
    """Return the gradients of a result with respect to some inputs, and change nothing.

    The vector-Jacobian product: for y = f(x) with Jacobian J and a cotangent v, it is v^T J.

    Parameters
    ----------
    result : Tensor
        The result y.
    inputs : iterable of Tensor
        With respect to what to differentiate; tensors between will do.
    cotangent : array_like of the shape of ``result``, optional
        Not needed for a single number, where it is 1.

    Returns
    -------
    list of ndarray
        One gradient for each input, zero where the result does not depend on it.

    Raises
    ------
    TypeError
        If ``result`` is no Tensor, or ``inputs`` is one, or has something else among it.
    ValueError
        If a cotangent is needed and missing, or not of the shape of ``result``.

    Examples
    --------
    The two rows of a Jacobian:

    >>> x = Tensor([3.0, 5.0])
    >>> y = x * x.sum()
    >>> [gradients(y, [x], cotangent=row)[0] for row in np.eye(2)]
    [array([11.,  3.]), array([ 5., 13.])]
    """
    if isinstance(inputs, Tensor) or not np.iterable(inputs):
        kind = type(inputs).__name__
        raise TypeError(f"inputs is {kind}, want a list of tensors: gradients(result, [x])")
    inputs = [checked("gradients with respect to", x) for x in inputs]
    wanted = dict.fromkeys(inputs)
    checked("gradients", result)
    for tensor, gradient in walk(result, _cotangent(result, cotangent)):
        if tensor in wanted:
            wanted[tensor] = gradient
    return [np.zeros_like(x.data) if wanted[x] is None else wanted[x] for x in inputs]


def apply(name, *arguments):
    """Compute an operation of the table and remember how."""
    operation, *gradient_rules = RULES[name]
    return record(name, operation, gradient_rules, arguments)


def reduced(name, x, axis, keepdims):
    """Apply an operation that sums up along axes."""
    return apply(name, x, _arrays.axes(axis), _arrays.flag("keepdims", keepdims))


def constant_last(name, a, b):
    """Apply maximum or minimum with a constant, if there is one, as b: b's rule takes the ties."""
    return apply(name, a, b) if isinstance(a, Tensor) else apply(name, b, a)


def record(name, operation, gradient_rules, arguments):
    """Return the tensor that an operation makes from arguments, some of them tensors."""
    operands = tuple(x if isinstance(x, Tensor) else None for x in arguments)
    arrays = _arguments_of(name, arguments, len(gradient_rules))
    result = object.__new__(Tensor)
    result._data = frozen(_arrays.computed(name, operation, arrays))
    result.grad, result.op = None, name
    result._gradients, result._operands, result._arguments = gradient_rules, operands, arrays
    result._rank = 1 + max(x._rank for x in operands if x is not None)
    result._reached = False
    return result


def walk(result, cotangent):
    """Yield every tensor that the result depends on with its gradient, in reverse order."""
    waiting = defaultdict(dict)
    waiting[result._rank][result] = cotangent
    for rank in range(result._rank, -1, -1):
        for tensor, gradient in waiting.pop(rank, {}).items():
            yield tensor, gradient
            for operand, part in parts(tensor, gradient):
                sums = waiting[operand._rank]
                sums[operand] = frozen(sums[operand] + part) if operand in sums else part


def parts(tensor, gradient):
    """Yield each operand of a tensor with what the tensor's gradient contributes to its own."""
    for operand, rule in zip(tensor._operands, tensor._gradients, strict=False):
        if operand is not None:
            part = _arrays.contribution(tensor.op, rule, gradient, tensor._data, tensor._arguments)
            yield operand, frozen(unbroadcast(part, operand.shape))


def _cotangent(result, cotangent):
    """Return the cotangent to begin with: given, or 1 for a single number."""
    if cotangent is None:
        if result.data.size != 1:
            raise ValueError(
                f"the result has shape {result.shape}, so its gradient needs a cotangent of that "
                "shape: pass one, or reduce the result to a number first, say with .sum()"
            )
        return frozen(np.ones_like(result.data))
    cotangent = _arrays.real("cotangent", cotangent)
    if cotangent.shape != result.shape:
        raise ValueError(f"the cotangent has shape {cotangent.shape}, want {result.shape}")
    return frozen(cotangent.astype(result.dtype))


def _arguments_of(name, arguments, count):
    """Return the arguments as their operation wants them: of ``count`` operands the arrays.

    What comes after the operands are settings, such as an axis, checked where they came in.
    """
    dtypes = {x.dtype for x in arguments[:count] if isinstance(x, Tensor)}
    if len(dtypes) != 1:
        found = " and ".join(sorted(map(str, dtypes))) or "no tensor"
        raise TypeError(f"{name} of {found}: want tensors of one precision")
    dtype = dtypes.pop()
    arrays = [
        x._data if isinstance(x, Tensor) else _arrays.operand(name, x, dtype)
        for x in arguments[:count]
    ]
    return (*arrays, *arguments[count:])


def checked(name, x):
    """Return x if it is a tensor."""
    if not isinstance(x, Tensor):
        raise TypeError(f"{name} of {x!r}: want a Tensor")
    return x


def _not_an_update(x, sign, other):
    """Return x, unless it is an input that a constant would change: the step of a descent."""
    if x.op or isinstance(other, Tensor):
        return x
    raise TypeError(
        f"x {sign}= {type(other).__name__} would make a new tensor out of the input x, and keep "
        f"the old ones for ever. To change the input, write x.data = x.data {sign} ...; if a new "
        f"tensor is meant, x = x {sign} ..."
    )


def _comparable(other):
    return isinstance(other, Tensor | np.ndarray | np.generic | int | float)


def _copied(data, gradient):
    """Return the input that a copied or unpickled tensor becomes."""
    result = Tensor(data)
    result.grad = None if gradient is None else frozen(np.array(gradient))
    return result


def raw(x):
    return x._data if isinstance(x, Tensor) else x
