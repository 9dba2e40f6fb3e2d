"""The table of rules of the array engine: one line an operation."""

import math

import numpy as np


def unbroadcast(gradient, shape):
    """Sum a gradient over the axes along which an operand of this shape was repeated.

    Parameters
    ----------
    gradient : ndarray
        The gradient with respect to the repeated operand.
    shape : tuple of int
        The shape of the operand itself.

    Returns
    -------
    ndarray of shape ``shape``

    Examples
    --------
    A bias of shape (2, 1) was added to 3 columns, so its gradient is a sum over the columns:

    >>> unbroadcast(np.array([[1.0, 2.0, 3.0], [0.5, 0.5, 0.5]]), (2, 1))
    array([[6. ],
           [1.5]])
    """
    if gradient.shape == shape:
        return gradient
    extra = gradient.ndim - len(shape)
    repeated = tuple(extra + k for k, n in enumerate(shape) if n == 1)
    return gradient.sum(axis=tuple(range(extra)) + repeated).reshape(shape)


def _sigmoid(x):
    # exp(-|x|) never overflows, and 1 - sigmoid(x) is never formed for large x.
    e = np.exp(-np.abs(x))
    return np.where(x >= 0, 1, e) / (1 + e)


def _power(a, n):
    """Return a ** n, where one of the two is a number."""
    if isinstance(a, np.ndarray) and isinstance(n, np.ndarray):
        raise TypeError("base and exponent are arrays, want one number; use (n * a.log()).exp()")
    if isinstance(n, np.ndarray) and a <= 0:
        raise ValueError(f"{a:g} ** Tensor: want a base above 0, its logarithm is needed")
    return np.power(a, n)


def _matmul_left(g, y, a, b):
    """Return the gradient of a @ b with respect to a; both are matrices, stacks or vectors."""
    if b.ndim == 1:
        return g[..., None] * b
    if a.ndim == 1:
        return (b @ g[..., None])[..., 0]
    return g @ np.swapaxes(b, -1, -2)


def _matmul_right(g, y, a, b):
    """Return the gradient of a @ b with respect to b."""
    if a.ndim == 1:
        return a * g if b.ndim == 1 else a[:, None] * g[..., None, :]
    if b.ndim == 1:
        return (g[..., None, :] @ a)[..., 0, :]
    return np.swapaxes(a, -1, -2) @ g


def _spread(array, x, axis, keepdims):
    """Return the result of a reduction of x, repeated along the axes that it has lost."""
    if axis is not None and not keepdims:
        array = np.expand_dims(array, axis)
    return np.broadcast_to(array, x.shape)


def _share_of_max(y, x, axis, keepdims):
    """Return 1 where x has its maximum; equal shares that add up to 1 where several tie."""
    largest = (x == _spread(y, x, axis, keepdims)).astype(x.dtype)
    return largest / largest.sum(axis=axis, keepdims=True)


def _below_max(x, axis):
    """Return x less its maximum: no exp of it overflows, and large logits keep their digits."""
    largest = x.max(axis=axis, keepdims=True)
    if np.isneginf(largest).any():
        raise ValueError(f"all entries along axis {axis} are -inf, want one that is not masked")
    return x - largest


def _softmax(x, axis):
    e = np.exp(_below_max(x, axis))
    return e / e.sum(axis=axis, keepdims=True)


def _log_softmax(x, axis):
    below = _below_max(x, axis)
    return below - np.log(np.exp(below).sum(axis=axis, keepdims=True))


def _logsumexp(x, axis, keepdims):
    total = np.exp(_below_max(x, axis)).sum(axis=axis, keepdims=keepdims)
    return x.max(axis=axis, keepdims=keepdims) + np.log(total)


def _scatter(g, x, index):
    """Return zeros like x with g added at the index: entries that were read twice add up."""
    result = np.zeros_like(x)
    if any(isinstance(part, np.ndarray) for part in index):
        np.add.at(result, index, g)
    else:
        result[index] = g
    return result


def _unpad(g, x, widths):
    cuts = [slice(before, before + n) for (before, _), n in zip(widths, x.shape, strict=True)]
    return g[tuple(cuts)]


# name: (operation, gradient with respect to its first argument, its second ...), each from the
# gradient g with respect to the result y, from y and the arguments. What stands beyond the last
# gradient are settings.
RULES = {
    "add": (np.add, lambda g, y, a, b: g, lambda g, y, a, b: g),
    "subtract": (np.subtract, lambda g, y, a, b: g, lambda g, y, a, b: -g),
    "multiply": (np.multiply, lambda g, y, a, b: g * b, lambda g, y, a, b: g * a),
    "divide": (np.divide, lambda g, y, a, b: g / b, lambda g, y, a, b: -g * y / b),
    "matmul": (np.matmul, _matmul_left, _matmul_right),
    "power": (
        _power,
        lambda g, y, a, n: g * (n * a ** (n - 1) if n else 0),
        lambda g, y, a, n: g * y * math.log(a),
    ),
    "negative": (np.negative, lambda g, y, x: -g),
    "exp": (np.exp, lambda g, y, x: g * y),
    "log": (np.log, lambda g, y, x: g / x),
    "sqrt": (np.sqrt, lambda g, y, x: g / (2 * y)),
    "square": (np.square, lambda g, y, x: g * (2 * x)),
    "absolute": (np.absolute, lambda g, y, x: g * np.sign(x)),
    "tanh": (np.tanh, lambda g, y, x: g * (1 - y * y)),
    "sigmoid": (_sigmoid, lambda g, y, x: g * (y * (1 - y))),
    "relu": (lambda x: np.maximum(x, 0), lambda g, y, x: g * (x > 0)),
    "maximum": (np.maximum, lambda g, y, a, b: g * (a > b), lambda g, y, a, b: g * (a <= b)),
    "minimum": (np.minimum, lambda g, y, a, b: g * (a < b), lambda g, y, a, b: g * (a >= b)),
    "where": (np.where, None, lambda g, y, c, a, b: g * c, lambda g, y, c, a, b: g * ~c),
    "sum": (
        lambda x, axis, keepdims: x.sum(axis=axis, keepdims=keepdims),
        lambda g, y, x, axis, keepdims: _spread(g, x, axis, keepdims),
    ),
    "max": (
        lambda x, axis, keepdims: x.max(axis=axis, keepdims=keepdims),
        lambda g, y, x, axis, keepdims: (
            _spread(g, x, axis, keepdims) * _share_of_max(y, x, axis, keepdims)
        ),
    ),
    "logsumexp": (
        _logsumexp,
        lambda g, y, x, axis, keepdims: _spread(g, x, axis, keepdims) * _softmax(x, axis),
    ),
    "log_softmax": (
        _log_softmax,
        lambda g, y, x, axis: g - np.exp(y) * g.sum(axis=axis, keepdims=True),
    ),
    "softmax": (
        _softmax,
        lambda g, y, x, axis: y * (g - (g * y).sum(axis=axis, keepdims=True)),
    ),
    "reshape": (np.reshape, lambda g, y, x, shape: g.reshape(x.shape)),
    "transpose": (
        np.transpose,
        lambda g, y, x, axes: g.transpose(np.argsort(np.mod(axes, x.ndim))),
    ),
    "getitem": (lambda x, index: x[index], lambda g, y, x, index: _scatter(g, x, index)),
    "scatter_add": (
        lambda x, index, shape: _scatter(x, np.zeros(shape, x.dtype), index),
        lambda g, y, x, index, shape: g[index],
    ),
    "pad": (np.pad, lambda g, y, x, widths: _unpad(g, x, widths)),
}
