r"""Convolution: the same few weights at every place of an image.

.. math:: z_{o,p,q} = b_o + \sum_{c,i,j} w_{o,c,i,j}\, x_{c,\; s p + i - d,\; s q + j - d}

with stride s and a border of d zeros. (Strictly a cross-correlation: the kernel is not turned. The
field calls it a convolution.) A weight is used at every place (p, q), so its gradient is a sum over
places.

:func:`gather` lays out what each place sees as one column; the convolution is then one matrix
product, and the way back is the product's transposes followed by :func:`scatter`, the exact adjoint
of gathering: what was read twice is added up. :func:`conv_loop` says the same in loops, for a check
that shares nothing with it.

Images are (c, height, width, m): channels first, examples last. Sources: LeCun et al. (1989);
Chellapilla, Puri and Simard (2006) for the matrix product. Derived in the book's chapter
"Convolution".
"""

from __future__ import annotations

from itertools import product

import numpy as np
from numpy import ndarray

from bpcourse import _checks

_IMAGES = ("c", "height", "width", "m")


def gather(x: ndarray, kernel: int, *, stride: int = 1, padding: int = 0) -> ndarray:
    r"""Return what every place of an image sees, one place per column.

    Parameters
    ----------
    x : ndarray of shape (c, height, width, m)
    kernel : int
        k, for windows of k x k.
    stride, padding : int
        The step from one place to the next, and the width of the border of zeros.

    Returns
    -------
    ndarray of shape (c k k, h' w' m)
        The rows in the order (channel, i, j), the columns in the order (p, q, example).

    Raises
    ------
    ValueError
        x without four axes, windows larger than the image.

    Examples
    --------
    Three pixels in a row, seen through windows of 2 x 2 over a border of zeros:

    >>> x = np.array([1.0, 2.0, 3.0]).reshape(1, 1, 3, 1)
    >>> gather(x, 2, stride=2, padding=1)
    array([[0., 0.],
           [0., 0.],
           [0., 2.],
           [1., 3.]])
    """
    x = _checks.shaped("x", x, _IMAGES)
    return _gather(x, _places(x.shape, kernel, stride, padding), kernel, stride, padding)


def _gather(x, places, kernel, stride, padding):
    x, (h, w) = _framed(x, padding), places
    c, m = x.shape[0], x.shape[3]
    columns = np.empty((c, kernel, kernel, h, w, m), x.dtype)
    for i, j in product(range(kernel), repeat=2):
        columns[:, i, j] = x[_window(i, j, h, w, stride)]
    return columns.reshape(c * kernel * kernel, h * w * m)


@_checks.silent
def scatter(
    columns: ndarray, shape: tuple[int, ...], kernel: int, *, stride: int = 1, padding: int = 0
) -> ndarray:
    r"""Add every column back to the places where :func:`gather` read it: the adjoint of gathering.

    For all x and y, the inner product of gather(x) with y is that of x with scatter(y).

    Parameters
    ----------
    columns : ndarray of shape (c k k, h' w' m)
    shape : tuple of int
        (c, height, width, m), the shape of the image.
    kernel, stride, padding : int
        As in :func:`gather`.

    Returns
    -------
    ndarray of shape (c, height, width, m)

    Raises
    ------
    ValueError
        Columns that :func:`gather` would not make of such an image.

    Examples
    --------
    The middle one of three pixels stands in two windows:

    >>> columns = gather(np.ones((1, 1, 3, 1)), 1)
    >>> scatter(columns, (1, 1, 3, 1), 1).ravel()
    array([1., 1., 1.])
    >>> scatter(np.ones((4, 2)), (1, 2, 3, 1), 2).reshape(2, 3)
    array([[1., 2., 1.],
           [1., 2., 1.]])
    """
    shape = _image_shape(shape)
    c, (h, w), m = shape[0], _places(shape, kernel, stride, padding), shape[3]
    columns = _checks.shaped("columns", columns, (c * kernel * kernel, h * w * m))
    return _scatter(columns, shape, (h, w), kernel, stride, padding)


def _scatter(columns, shape, places, kernel, stride, padding):
    (c, height, width, m), (h, w) = shape, places
    framed = (c, height + 2 * padding, width + 2 * padding, m)
    columns = columns.reshape(c, kernel, kernel, h, w, m)
    x = np.zeros(framed, columns.dtype)
    for i, j in product(range(kernel), repeat=2):
        x[_window(i, j, h, w, stride)] += columns[:, i, j]
    return x[:, padding : padding + height, padding : padding + width]


def _image_shape(shape):
    """Return the shape of an image as a tuple of Python ints."""
    shape = _checks.sequence("shape", shape, "(c, height, width, m)")
    if len(shape) != 4:
        raise ValueError(f"shape is {tuple(shape)}, want (c, height, width, m)")
    return tuple(_checks.integer("a length in shape", n, minimum=1) for n in shape)


def _framed(x, padding):
    """Return an image with a border of zeros."""
    if not padding:
        return x
    c, height, width, m = x.shape
    framed = np.zeros((c, height + 2 * padding, width + 2 * padding, m), x.dtype)
    framed[:, padding : padding + height, padding : padding + width] = x
    return framed


def _places(shape, kernel, stride, padding):
    """Return how many places there are, down and across, after a look at the settings."""
    border = 2 * _checks.integer("padding", padding, minimum=0)
    height, width = shape[1] + border, shape[2] + border
    _checks.integer("stride", stride, minimum=1)
    if not 1 <= _checks.integer("kernel", kernel) <= min(height, width):
        raise ValueError(
            f"the windows are {kernel} x {kernel} and the image, with its border, is {height} x "
            f"{width}; want windows that fit: a smaller kernel, or more padding"
        )
    return (height - kernel) // stride + 1, (width - kernel) // stride + 1


def _window(i, j, h, w, stride):
    """Return the index of the pixels that stand at (i, j) of all windows."""
    return np.s_[:, i : i + stride * (h - 1) + 1 : stride, j : j + stride * (w - 1) + 1 : stride]


@_checks.silent
def conv(
    x: ndarray,
    w: ndarray,
    b: ndarray,
    *,
    stride: int = 1,
    padding: int = 0,
    columns: ndarray | None = None,
) -> ndarray:
    r"""Return the weighted inputs of a convolutional layer.

    .. math:: z_{o,p,q} = b_o + \sum_{c,i,j} w_{o,c,i,j}\, x_{c,\; s p + i - d,\; s q + j - d}

    Parameters
    ----------
    x : ndarray of shape (c_in, height, width, m)
    w : ndarray of shape (c_out, c_in, k, k)
    b : ndarray of shape (c_out, 1)
    stride, padding : int
        s and d.
    columns : ndarray, optional
        ``gather(x, k, stride=s, padding=d)``, if it is there already.

    Returns
    -------
    ndarray of shape (c_out, h', w', m)

    Raises
    ------
    ValueError, TypeError
        Shapes or precisions that don't fit.

    Examples
    --------
    A kernel that takes the difference of neighbors finds an edge:

    >>> x = np.array([0.0, 0.0, 1.0, 1.0]).reshape(1, 1, 4, 1)
    >>> w = np.array([[-1.0, 1.0], [0.0, 0.0]]).reshape(1, 1, 2, 2)
    >>> conv(np.repeat(x, 2, axis=1), w, np.zeros((1, 1))).ravel()
    array([0., 1., 0.])
    """
    x = _checks.shaped("x", x, _IMAGES)
    w, c_out, kernel = _kernels(w, len(x), like=x)
    b = _checks.shaped("b", b, (c_out, 1), like=x)
    places = _places(x.shape, kernel, stride, padding)
    columns = _columns(x, kernel, places, columns, stride, padding)
    z = w.reshape(c_out, -1) @ columns
    z = np.add(z, b, out=None if np.iscomplexobj(b) else z)  # in place: z is large
    return z.reshape(c_out, *places, x.shape[3])


def _kernels(w, c_in, like=None):
    """Return weights (c_out, c_in, k, k), their c_out and their k."""
    w = _checks.shaped("w", w, ("c_out", "c_in", "k", "k"), like=like)
    c_out, kernel = len(w), w.shape[-1]
    _checks.shape("w", w, (c_out, c_in, kernel, kernel))
    return w, c_out, kernel


def _columns(x, kernel, places, columns, stride, padding):
    """Return what every place sees: gathered now, or before."""
    if columns is None:
        return _gather(x, places, kernel, stride, padding)
    wanted = (len(x) * kernel * kernel, places[0] * places[1] * x.shape[3])
    return _checks.shaped("columns", columns, wanted, like=x)


@_checks.silent
def conv_backward_input(
    delta: ndarray, w: ndarray, shape: tuple[int, ...], *, stride: int = 1, padding: int = 0
) -> ndarray:
    r"""Return the derivative of each example's cost with respect to x: BP2 in space.

    Every output sends its error back to the pixels that it saw, each by the weight it was seen
    with; where windows overlap, the errors add up:

    .. math:: \sum_{o,p,q} w_{o,c,i,j}\, \delta_{o,p,q}
              \quad\text{over all } (p, i) \text{ and } (q, j) \text{ that meet at this pixel.}

    With stride 1 this is the convolution of delta with the kernel turned by half a turn.

    Parameters
    ----------
    delta : ndarray of shape (c_out, h', w', m)
    w : ndarray of shape (c_out, c_in, k, k)
    shape : tuple of int
        (c_in, height, width, m), the shape of x.
    stride, padding : int

    Returns
    -------
    ndarray of shape (c_in, height, width, m)

    Raises
    ------
    ValueError, TypeError
        Shapes or precisions that don't fit.

    Examples
    --------
    >>> w = np.array([[-1.0, 1.0], [0.0, 0.0]]).reshape(1, 1, 2, 2)
    >>> delta = np.array([0.0, 1.0, 0.0]).reshape(1, 1, 3, 1)
    >>> conv_backward_input(delta, w, (1, 2, 4, 1))[0, 0, :, 0]
    array([ 0., -1.,  1.,  0.])
    """
    shape = _image_shape(shape)
    w, c_out, kernel = _kernels(w, shape[0])
    places = _places(shape, kernel, stride, padding)
    delta = _checks.shaped("delta", delta, (c_out, *places, shape[3]), like=w)
    columns = w.reshape(c_out, -1).T @ delta.reshape(c_out, -1)
    return _scatter(columns, shape, places, kernel, stride, padding)


@_checks.silent
def conv_backward_weights(
    x: ndarray,
    delta: ndarray,
    kernel: int,
    *,
    stride: int = 1,
    padding: int = 0,
    columns: ndarray | None = None,
) -> ndarray:
    r"""Return the gradient with respect to the weights: BP4, summed over all places.

    .. math:: \frac{\partial C}{\partial w_{o,c,i,j}}
              = \frac{1}{m} \sum_{p,q} \delta_{o,p,q}\, x_{c,\; s p + i - d,\; s q + j - d}

    Parameters
    ----------
    x : ndarray of shape (c_in, height, width, m)
    delta : ndarray of shape (c_out, h', w', m)
    kernel : int
        k.
    stride, padding : int
    columns : ndarray, optional
        ``gather(x, k, stride=s, padding=d)``, if it is there already.

    Returns
    -------
    ndarray of shape (c_out, c_in, k, k)

    Raises
    ------
    ValueError, TypeError
        Shapes or precisions that don't fit.

    Examples
    --------
    >>> x = np.arange(8.0).reshape(1, 2, 4, 1)
    >>> delta = np.array([0.0, 1.0, 0.0]).reshape(1, 1, 3, 1)
    >>> conv_backward_weights(x, delta, 2)[0, 0]
    array([[1., 2.],
           [5., 6.]])
    """
    x = _checks.shaped("x", x, _IMAGES)
    c_in, _, _, m = x.shape
    places = _places(x.shape, kernel, stride, padding)
    delta = _checks.shaped("delta", delta, ("c_out", *places, m), like=x)
    columns = _columns(x, kernel, places, columns, stride, padding)
    grad = delta.reshape(len(delta), -1) @ columns.T / m
    return grad.reshape(len(delta), c_in, kernel, kernel)


@_checks.silent
def conv_backward_bias(delta: ndarray) -> ndarray:
    r"""Return the gradient with respect to the biases: BP3, summed over all places.

    .. math:: \frac{\partial C}{\partial b_o} = \frac{1}{m} \sum_{p,q} \delta_{o,p,q}

    Parameters
    ----------
    delta : ndarray of shape (c_out, h', w', m)

    Returns
    -------
    ndarray of shape (c_out, 1)

    Examples
    --------
    >>> conv_backward_bias(np.ones((1, 2, 3, 5)))
    array([[6.]])
    """
    delta = _checks.shaped("delta", delta, ("c_out", "h'", "w'", "m"))
    return delta.reshape(len(delta), -1).sum(axis=1, keepdims=True) / delta.shape[3]


@_checks.silent
def conv_loop(x: ndarray, w: ndarray, b: ndarray, *, stride: int = 1, padding: int = 0) -> ndarray:
    """Return what :func:`conv` returns, one place and one channel at a time.

    Parameters, result and errors as for :func:`conv`; slow, and for checks alone.

    Examples
    --------
    >>> x, w = np.arange(8.0).reshape(1, 2, 4, 1), np.ones((1, 1, 2, 2))
    >>> conv_loop(x, w, np.zeros((1, 1))).ravel(), conv(x, w, np.zeros((1, 1))).ravel()
    (array([10., 14., 18.]), array([10., 14., 18.]))
    """
    x = _checks.shaped("x", x, _IMAGES)
    w, c_out, kernel = _kernels(w, len(x), like=x)
    b = _checks.shaped("b", b, (c_out, 1), like=x)
    height, width = x.shape[1:3]
    h, w_ = _places(x.shape, kernel, stride, padding)
    z = np.zeros((len(w), h, w_, x.shape[3]), np.result_type(x, w, b))
    for o, p, q in product(range(len(w)), range(h), range(w_)):
        z[o, p, q] = b[o]
        for c, i, j in product(range(len(x)), range(kernel), range(kernel)):
            row, column = stride * p + i - padding, stride * q + j - padding
            if 0 <= row < height and 0 <= column < width:
                z[o, p, q] += w[o, c, i, j] * x[c, row, column]
    return z


def max_pool(x: ndarray, size: int) -> tuple[ndarray, ndarray]:
    """Return the largest entry of every square of an image, and where it stood.

    Parameters
    ----------
    x : ndarray of shape (c, height, width, m)
    size : int
        The side of the squares; both sides of the image are multiples of it.

    Returns
    -------
    a : ndarray of shape (c, height / size, width / size, m)
    switch : ndarray of int, of the shape of ``a``
        Where the largest stood, counted along the rows of the square from 0; the first of several.

    Raises
    ------
    ValueError
        x without four axes, sides that are no multiples.

    Examples
    --------
    >>> a, switch = max_pool(np.array([[1.0, 5.0], [2.0, 3.0]]).reshape(1, 2, 2, 1), 2)
    >>> a.ravel(), switch.ravel()
    (array([5.]), array([1]))
    """
    squares = _squares(x, size)
    switch = squares.real.argmax(axis=0)
    return np.take_along_axis(squares, switch[None], axis=0)[0], switch


def max_pool_backward(delta: ndarray, switch: ndarray, size: int) -> ndarray:
    """Return the errors of the pixels: each square's error goes to the pixel that was the largest.

    Parameters
    ----------
    delta : ndarray of shape (c, h', w', m)
    switch : ndarray of int, of the shape of ``delta``
        From :func:`max_pool`.
    size : int

    Returns
    -------
    ndarray of shape (c, size h', size w', m)

    Raises
    ------
    ValueError
        Shapes that don't fit.

    Examples
    --------
    >>> delta, switch = np.full((1, 1, 1, 1), 7.0), np.full((1, 1, 1, 1), 1)
    >>> max_pool_backward(delta, switch, 2)[0, ..., 0]
    array([[0., 7.],
           [0., 0.]])
    """
    delta = _checks.shaped("delta", delta, ("c", "h'", "w'", "m"))
    size, switch = _checks.integer("size", size, minimum=1), _checks.array_of("switch", switch)
    _checks.shape("switch", switch, delta.shape)
    if switch.dtype.kind not in "iu" or switch.min() < 0 or switch.max() >= size**2:
        raise ValueError(
            f"switch holds {switch.dtype} from {switch.min()} to {switch.max()}, want whole "
            f"numbers from 0 to {size**2 - 1}: what max_pool gave with this size"
        )
    places = np.arange(size * size).reshape(-1, 1, 1, 1, 1)
    return _image(np.where(places == switch, delta, 0), size)


@_checks.silent
def mean_pool(x: ndarray, size: int) -> ndarray:
    """Return the mean of every square of an image.

    Parameters
    ----------
    x : ndarray of shape (c, height, width, m)
    size : int
        The side of the squares; both sides of the image are multiples of it.

    Returns
    -------
    ndarray of shape (c, height / size, width / size, m)

    Raises
    ------
    ValueError
        x without four axes, sides that are no multiples.

    Examples
    --------
    >>> mean_pool(np.array([[1.0, 5.0], [2.0, 4.0]]).reshape(1, 2, 2, 1), 2).ravel()
    array([3.])
    """
    return _squares(x, size).mean(axis=0)


def mean_pool_backward(delta: ndarray, size: int) -> ndarray:
    """Return the errors of the pixels: each gets an equal share of its square's error.

    Parameters
    ----------
    delta : ndarray of shape (c, h', w', m)
    size : int

    Returns
    -------
    ndarray of shape (c, size h', size w', m)

    Examples
    --------
    >>> mean_pool_backward(np.full((1, 1, 1, 1), 4.0), 2)[0, ..., 0]
    array([[1., 1.],
           [1., 1.]])
    """
    delta = _checks.shaped("delta", delta, ("c", "h'", "w'", "m"))
    size = _checks.integer("size", size, minimum=1)
    return (delta / size**2).repeat(size, axis=1).repeat(size, axis=2)


def _squares(x, size):
    """Return an image (c, height, width, m) as (size size, c, h', w', m)."""
    x = _checks.shaped("x", x, _IMAGES)
    _checks.integer("size", size, minimum=1)
    c, height, width, m = x.shape
    if height % size or width % size:
        raise ValueError(
            f"x has shape {x.shape}, want sides that are multiples of {size}; "
            "crop the image, or take a border in the convolution before"
        )
    tiles = x.reshape(c, height // size, size, width // size, size, m)
    return tiles.transpose(2, 4, 0, 1, 3, 5).reshape(size**2, c, height // size, width // size, m)


def _image(squares, size):
    """Return squares (size size, c, h', w', m) as the image that they cut up."""
    _, c, h, w, m = squares.shape
    tiles = squares.reshape(size, size, c, h, w, m).transpose(2, 3, 0, 4, 1, 5)
    return tiles.reshape(c, h * size, w * size, m)
