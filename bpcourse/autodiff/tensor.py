r"""Reverse-mode automatic differentiation of arrays.

A :class:`Tensor` is an array that remembers how it was made. What the scalar engine does number by
number happens here array by array: for a result y = f(a, b) and the gradient g of a later quantity
by y, a rule gives the gradient by a, without ever forming the matrix of all partial derivatives.
It is the product of g with that matrix: a vector-Jacobian product.

``RULES``, in :mod:`bpcourse.autodiff.rules`, holds them, one line an operation. Where NumPy
stretched an operand to fit, its gradient is the sum over the copies; ``unbroadcast`` takes it, for
every rule, in one place.

The arrays of a graph are read-only, because rules need them again on the way back. A
:class:`Tensor` copies what it is given, so the caller's array stays writable and can't disturb the
graph; ``t.data += 1`` is refused by NumPy, ``t.data = t.data + 1`` is the way. Arrays that take
part in an operation are constants: no time is spent on gradients by them.

Source: the table of rules and ``unbroadcast`` follow HIPS autograd. Derived in the book's chapter
"Vectors and matrices".
"""

import math
import numbers
from collections import defaultdict

import numpy as np

from bpcourse.autodiff.rules import RULES, unbroadcast


class Tensor:
    """Hold an array, how it was made, and the gradient of a later result by it.

    The operations are ``+ - * / ** @``, indexing, ``abs`` and the methods and functions of this
    module, between tensors, arrays and numbers in any order; ``np.exp(t)`` and the like work too.
    float32 stays float32. ReLU'(0) = 0, and abs'(0) = 0.

    Parameters
    ----------
    data : array_like of any shape
        Finite real numbers; copied. Whole numbers become float64.

    Attributes
    ----------
    data : ndarray
        The array, read-only. Assign a new one of the same shape and dtype to change it.
    grad : ndarray or None
        After ``z.backward()``: the gradient of z by this tensor, of its shape. None before.
    op : str
        The operation that made the tensor; empty for an input.

    Raises
    ------
    TypeError
        If ``data`` or an operand does not hold real numbers, or float32 meets float64.
    ValueError
        If an entry is NaN or infinite, or shapes do not fit; both shapes are given.

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

    def __init__(self, data):
        self._data = _own(_real("Tensor", np.asarray(data), dtype=None))
        self.grad, self.op = None, ""
        self._gradients = self._operands = self._arguments = ()
        self._rank, self._reached = 0, False

    @property
    def data(self):
        """Return the array, which is read-only."""
        return self._data

    @data.setter
    def data(self, array):
        array = _real("data", np.asarray(array), dtype=self.dtype)
        if array.shape != self.shape:
            raise ValueError(f"new data has shape {array.shape}, want {self.shape} as before")
        self._data = _own(array)

    @property
    def shape(self):
        """Return the shape of the array."""
        return self._data.shape

    @property
    def dtype(self):
        """Return the precision of the array."""
        return self._data.dtype

    @property
    def parents(self):
        """Return the operands that are tensors, in order."""
        return tuple(operand for operand in self._operands if operand is not None)

    @property
    def T(self):  # noqa: N802 (NumPy's name)
        """Return the tensor with its axes in reverse order."""
        return self.transpose()

    def __add__(self, other):
        return _apply("add", self, other)

    def __radd__(self, other):
        return _apply("add", other, self)

    def __sub__(self, other):
        return _apply("subtract", self, other)

    def __rsub__(self, other):
        return _apply("subtract", other, self)

    def __mul__(self, other):
        return _apply("multiply", self, other)

    def __rmul__(self, other):
        return _apply("multiply", other, self)

    def __truediv__(self, other):
        return _apply("divide", self, other)

    def __rtruediv__(self, other):
        return _apply("divide", other, self)

    def __matmul__(self, other):
        return _apply("matmul", self, other)

    def __rmatmul__(self, other):
        return _apply("matmul", other, self)

    def __pow__(self, exponent):
        return _apply("power", self, exponent)

    def __rpow__(self, base):
        return _apply("power", base, self)

    def __neg__(self):
        return _apply("negative", self)

    def __abs__(self):
        return _apply("absolute", self)

    def __getitem__(self, index):
        index = index if isinstance(index, tuple) else (index,)
        return _apply("getitem", self, tuple(_index(part) for part in index))

    def exp(self):
        """Return e to the power of each entry."""
        return _apply("exp", self)

    def log(self):
        """Return the natural logarithm of each entry."""
        return _apply("log", self)

    def sqrt(self):
        """Return the square root of each entry."""
        return _apply("sqrt", self)

    def tanh(self):
        """Return the hyperbolic tangent of each entry."""
        return _apply("tanh", self)

    def sigmoid(self):
        """Return 1 / (1 + exp(-x)) of each entry, computed so that it never overflows."""
        return _apply("sigmoid", self)

    def relu(self):
        """Return max(0, x) of each entry; the derivative at 0 is 0."""
        return _apply("relu", self)

    def sum(self, *, axis=None, keepdims=False):
        """Return the sum of all entries, or along an axis or a tuple of axes."""
        return _apply("sum", self, axis, keepdims)

    def mean(self, *, axis=None, keepdims=False):
        """Return the mean of all entries, or along an axis or a tuple of axes."""
        total = self.sum(axis=axis, keepdims=keepdims)
        return total / (self._data.size // total._data.size)

    def max(self, *, axis=None, keepdims=False):
        """Return the largest entry; entries that tie share its gradient equally."""
        return _apply("max", self, axis, keepdims)

    def reshape(self, *shape):
        """Return the same entries in the given shape, one length of which may be -1."""
        return _apply("reshape", self, shape)

    def transpose(self, *axes):
        """Return the tensor with its axes in the given order, in reverse order by default."""
        return _apply("transpose", self, axes or tuple(reversed(range(self._data.ndim))))

    def backward(self, cotangent=None):
        """Add to ``grad`` of every input the gradient of this tensor by that input.

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
        for tensor, gradient in _walk(self, _cotangent(self, cotangent)):
            add_up = tensor.grad is not None and not tensor.op
            tensor.grad = _frozen(tensor.grad + gradient) if add_up else gradient
            tensor._reached = bool(tensor.op) or tensor is self

    def __array_ufunc__(self, ufunc, method, *inputs, **options):
        """Answer NumPy's functions: np.exp(t), array + t (this signature is NumPy's)."""
        if method != "__call__" or options or ufunc.__name__ not in RULES:
            form = ufunc.__name__ if method == "__call__" else f"{ufunc.__name__}.{method}"
            form += f" with {', '.join(options)}" if options else ""
            raise TypeError(f"no rule for {form}; known: {', '.join(sorted(RULES))}")
        return _apply(ufunc.__name__, *inputs)

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


def gradients(result, inputs, *, cotangent=None):
    """Return the gradients of a result by some of its inputs, and change nothing.

    The vector-Jacobian product: for y = f(x) with Jacobian J and a cotangent v, it is v^T J.

    Parameters
    ----------
    result : Tensor
        The result y.
    inputs : sequence of Tensor
        By what to differentiate; tensors between will do.
    cotangent : array_like of the shape of ``result``, optional
        Not needed for a single number, where it is 1.

    Returns
    -------
    list of ndarray
        One gradient for each input, zero where the result does not depend on it.

    Raises
    ------
    ValueError
        If a cotangent is needed and missing, or not of the shape of ``result``.

    Examples
    --------
    The two rows of a Jacobian:

    >>> x = Tensor([3.0, 5.0])
    >>> y = stack([x[0] * x[1], x[0] + x[1]], axis=0)
    >>> [gradients(y, [x], cotangent=row)[0] for row in np.eye(2)]
    [array([5., 3.]), array([1., 1.])]
    """
    wanted = dict.fromkeys(inputs)
    for tensor, gradient in _walk(result, _cotangent(result, cotangent)):
        if tensor in wanted:
            wanted[tensor] = gradient
    return [np.zeros_like(x.data) if wanted[x] is None else wanted[x] for x in inputs]


def maximum(a, b):
    """Return the larger of each two entries; where they tie, the gradient goes to b.

    So ``maximum(x, 0)`` has the derivative 0 at 0, like ``x.relu()``.

    Examples
    --------
    >>> maximum(Tensor([-1.0, 2.0]), 0)
    Tensor([0., 2.])
    """
    return _apply("maximum", a, b)


def minimum(a, b):
    """Return the smaller of each two entries; where they tie, the gradient goes to b.

    Examples
    --------
    >>> minimum(Tensor([-1.0, 2.0]), 0)
    Tensor([-1.,  0.])
    """
    return _apply("minimum", a, b)


def where(condition, a, b):
    """Return the entries of a where the condition holds, those of b elsewhere.

    Parameters
    ----------
    condition : ndarray of bool
    a, b : Tensor, ndarray or number

    Examples
    --------
    >>> x = Tensor([1.0, -2.0])
    >>> where(x.data > 0, x, 0.1 * x)
    Tensor([ 1. , -0.2])
    """
    if not isinstance(condition, np.ndarray) or condition.dtype != bool:
        raise TypeError("the condition must be an array of bool, such as x.data > 0")
    return _apply("where", condition, a, b)


def concatenate(tensors, *, axis):
    """Return tensors (or arrays, at least one a tensor) joined along an axis.

    Examples
    --------
    >>> concatenate([Tensor([1.0, 2.0]), np.array([3.0])], axis=0)
    Tensor([1., 2., 3.])
    """
    lengths = [np.shape(_raw(x))[axis] for x in tensors]
    ends = np.cumsum(lengths)
    pieces = [_piece(axis, end - n, end) for n, end in zip(lengths, ends, strict=True)]
    return _record("concatenate", lambda *arrays: np.concatenate(arrays, axis), pieces, tensors)


def _piece(axis, start, stop):
    """Return the rule that takes one operand's part out of the gradient of the joined array."""
    return lambda g, y, *arrays: g.swapaxes(0, axis)[start:stop].swapaxes(0, axis)


def stack(tensors, *, axis):
    """Return tensors of one shape joined along a new axis.

    Examples
    --------
    >>> stack([Tensor([1.0, 2.0]), Tensor([3.0, 4.0])], axis=1)
    Tensor([[1., 3.],
            [2., 4.]])
    """
    return concatenate([x.reshape(*np.expand_dims(x.data, axis).shape) for x in tensors], axis=axis)


def split(x, sections, *, axis):
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
    length, rest = divmod(x.shape[axis], sections)
    if rest:
        raise ValueError(f"an axis of length {x.shape[axis]} has no {sections} equal parts")
    before = (slice(None),) * (axis % x.data.ndim)
    return [x[(*before, slice(i * length, (i + 1) * length))] for i in range(sections)]


def scatter_add(x, index, shape):
    """Return zeros of a shape with the entries of x added at an index: indexing turned round.

    Entries that go to the same place add up. The gradient of x is read at the index.

    Parameters
    ----------
    x : Tensor
        Of the shape that ``array[index]`` has.
    index : index, or tuple of them
        As in ``array[index]``, for an array of the given shape.
    shape : tuple of int

    Examples
    --------
    >>> scatter_add(Tensor([1.0, 2.0, 4.0]), np.array([0, 2, 0]), (3,))
    Tensor([5., 0., 2.])
    """
    index = index if isinstance(index, tuple) else (index,)
    return _apply("scatter_add", x, tuple(_index(part) for part in index), tuple(shape))


def pad(x, widths):
    """Return x with zeros around it: ``widths`` has a pair (before, after) for each axis.

    Examples
    --------
    >>> pad(Tensor([1.0, 2.0]), [(1, 2)])
    Tensor([0., 1., 2., 0., 0.])
    """
    return _apply("pad", x, tuple((before, after) for before, after in widths))


def logsumexp(x, *, axis, keepdims=False):
    r"""Return :math:`\log \sum_j e^{x_j}` along an axis, without overflow.

    Examples
    --------
    >>> logsumexp(Tensor([1000.0, 1000.0]), axis=0).data.round(4)
    np.float64(1000.6931)
    """
    return _apply("logsumexp", x, axis, keepdims)


def log_softmax(x, *, axis):
    r"""Return :math:`x_j - \log \sum_k e^{x_k}` along an axis; 0 where examples are columns.

    Examples
    --------
    >>> log_softmax(Tensor([[0.0], [0.0]]), axis=0).data.round(4)
    array([[-0.6931],
           [-0.6931]])
    """
    return x - logsumexp(x, axis=axis, keepdims=True)


def softmax(x, *, axis):
    r"""Return :math:`e^{x_j} / \sum_k e^{x_k}` along an axis; 0 where examples are columns.

    Examples
    --------
    >>> softmax(Tensor([[0.0], [0.0]]), axis=0)
    Tensor([[0.5],
            [0.5]])
    """
    return log_softmax(x, axis=axis).exp()


def norm(x):
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
    if not x.data.any():
        raise ValueError(f"norm of an array of zeros, shape {x.shape}: it has no derivative there")
    return np.square(x).sum().sqrt()


def _apply(name, *arguments):
    """Compute an operation of the table and remember how."""
    operation, *gradient_rules = RULES[name]
    return _record(name, operation, gradient_rules, arguments)


def _record(name, operation, gradient_rules, arguments):
    """Return the tensor that an operation makes from arguments, some of them tensors."""
    operands = tuple(x if isinstance(x, Tensor) else None for x in arguments)
    arrays = _arrays(name, arguments)
    result = object.__new__(Tensor)
    result._data = _frozen(_fitting(name, operation, arrays))
    result.grad, result.op = None, name
    result._gradients, result._operands, result._arguments = gradient_rules, operands, arrays
    result._rank = 1 + max(x._rank for x in operands if x is not None)
    result._reached = False
    return result


def _fitting(name, operation, arrays):
    """Return the operation's result; where shapes do not fit, say which shapes they are."""
    try:
        return operation(*arrays)
    except ValueError as error:
        shapes = " and ".join(str(x.shape) for x in arrays if isinstance(x, np.ndarray))
        raise ValueError(f"{name} of shape {shapes}: {error}") from error


def _walk(result, cotangent):
    """Yield every tensor that the result depends on with its gradient, in reverse order."""
    waiting = defaultdict(dict)
    waiting[result._rank][result] = cotangent
    for rank in range(result._rank, -1, -1):
        for tensor, gradient in waiting.pop(rank, {}).items():
            yield tensor, gradient
            for operand, part in _parts(tensor, gradient):
                sums = waiting[operand._rank]
                sums[operand] = _frozen(sums[operand] + part) if operand in sums else part


def _parts(tensor, gradient):
    """Yield each operand of a tensor with what the tensor's gradient contributes to its own."""
    for operand, rule in zip(tensor._operands, tensor._gradients, strict=False):
        if operand is not None:
            part = np.asarray(rule(gradient, tensor._data, *tensor._arguments))
            yield operand, _frozen(unbroadcast(part, operand.shape))


def _cotangent(result, cotangent):
    """Return the cotangent to begin with: given, or 1 for a single number."""
    if cotangent is None:
        if result.data.size != 1:
            raise ValueError(
                f"the result has shape {result.shape}, so its gradient needs a cotangent of that "
                "shape: pass one, or reduce the result to a number first, say with .sum()"
            )
        return _frozen(np.ones_like(result.data))
    cotangent = _real("cotangent", np.asarray(cotangent), dtype=None)
    if cotangent.shape != result.shape:
        raise ValueError(f"the cotangent has shape {cotangent.shape}, want {result.shape}")
    return _frozen(cotangent.astype(result.dtype))


def _arrays(name, arguments):
    """Return the arguments as their operation wants them: arrays frozen, settings untouched."""
    dtypes = {x.dtype for x in arguments if isinstance(x, Tensor)}
    if len(dtypes) != 1:
        found = " and ".join(sorted(map(str, dtypes))) or "no tensor"
        raise TypeError(f"{name} of {found}: want tensors of one precision; convert with astype")
    dtype = dtypes.pop()
    return tuple(_argument(name, x, dtype) for x in arguments)


def _argument(name, x, dtype):
    """Return one argument: a tensor's array, a constant, or a setting such as an axis."""
    if isinstance(x, Tensor):
        return x.data
    if isinstance(x, np.ndarray) and x.dtype == bool:
        return _own(x)
    if isinstance(x, np.ndarray):
        return _own(_real(f"an operand of {name}", x, dtype=dtype))
    if isinstance(x, int | tuple | None):
        return x
    if isinstance(x, numbers.Real) and math.isfinite(x):
        # A Python number: a NumPy one of 64 bits would turn float32 into float64.
        return float(x)
    raise TypeError(
        f"{name} of a Tensor and {x!r}: want a Tensor, an array or a finite number; a graph "
        "belongs to one engine, so make a Tensor of it first"
    )


def _real(name, array, *, dtype):
    """Return an array of finite real numbers in the given precision, or in its own if None."""
    if array.dtype.kind in "biu":
        array = array.astype(dtype or np.float64)
    if array.dtype not in (np.float32, np.float64):
        raise TypeError(f"{name} has dtype {array.dtype}, want float32 or float64")
    if dtype is not None and array.dtype != dtype:
        raise TypeError(f"{name} has dtype {array.dtype}, want {dtype}; use .astype(np.{dtype})")
    good = np.isfinite(array)
    if not good.all():
        place = tuple(int(i) for i in np.argwhere(~good)[0])
        raise ValueError(f"{name}, entry {place}, is {array[place]}; want finite numbers")
    return array


def _own(array):
    """Return the array if nobody can write to it, or else a read-only copy of it."""
    source = array
    while isinstance(source, np.ndarray) and not source.flags.writeable:
        source = source.base
    return array if source is None else _frozen(array.copy(order="K"))


def _frozen(array):
    """Return a new array after making it read-only."""
    array = np.asarray(array)
    array.flags.writeable = False
    return array


def _index(part):
    """Return one part of an index, a list or array as an array of our own."""
    if isinstance(part, list | np.ndarray):
        return _frozen(np.array(part))
    return part


def _raw(x):
    return x.data if isinstance(x, Tensor) else x
