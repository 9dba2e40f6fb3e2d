r"""Batch normalization, layer normalization and dropout.

Both normalizations do the same along different axes: over the examples of a mini-batch (and the
places of an image), for each neuron; or over the neurons, for each example.

.. math:: \hat{x} = \frac{x - \mu}{\sqrt{v + \epsilon}}, \qquad y = \gamma \hat{x} + \beta

On the way back the statistics are functions of x, too. With :math:`g = \gamma\delta` and the mean
over what was normalized together,

.. math:: \delta_x = \frac{1}{\sqrt{v + \epsilon}}
          \left(g - \overline{g} - \hat{x}\, \overline{g \hat{x}}\right).

The two means take out of the error what normalization takes out of x: a shift and a stretch.

Sources: Ioffe and Szegedy (2015); Ba, Kiros and Hinton (2016); Srivastava et al. (2014). Derived in
the book's chapter "Deep, and still learning".
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy import ndarray

from bpcourse import _checks


@dataclass(frozen=True, eq=False)
class Normalized:
    r"""What a normalization makes of a mini-batch.

    Attributes
    ----------
    y : ndarray of the shape of x
        :math:`\gamma \hat{x} + \beta`.
    normalized : ndarray of the shape of x
        :math:`\hat{x}`, with mean 0 and variance 1.
    scale : ndarray
        :math:`1 / \sqrt{v + \epsilon}`, of length 1 along the axes that were normalized together.
    mean, variance : ndarray of the shape of ``scale``
        :math:`\mu` and v; the variance is the mean of the squared deviations.
    """

    y: ndarray
    normalized: ndarray
    scale: ndarray
    mean: ndarray
    variance: ndarray


@_checks.silent
def batch_norm(x: ndarray, gamma: ndarray, beta: ndarray, *, epsilon: float = 1e-5) -> Normalized:
    r"""Normalize every neuron over the examples of a mini-batch, as in training.

    .. math:: y = \gamma \frac{x - \mu}{\sqrt{v + \epsilon}} + \beta

    Parameters
    ----------
    x : ndarray of shape (n, m) or (c, height, width, m)
        The mean runs over the examples; for images, over all places as well.
    gamma, beta : ndarray of shape (n, 1)
    epsilon : float

    Returns
    -------
    Normalized

    Raises
    ------
    ValueError, TypeError
        Shapes or precisions that don't fit; a single number for each neuron, which is its own mean.

    Examples
    --------
    >>> out = batch_norm(np.array([[1.0, 3.0]]), np.array([[2.0]]), np.array([[10.0]]))
    >>> out.y.round(4), out.mean, out.variance
    (array([[ 8., 12.]]), array([[2.]]), array([[1.]]))
    """
    x = _shaped("x", x)
    if x.size == len(x):
        raise ValueError(
            f"x has shape {x.shape}: one number for each neuron, which would be normalized to 0; "
            "take a larger mini-batch, or batch_norm_evaluate"
        )
    return _normalize(x, gamma, beta, _but_the_first(x), epsilon)


@_checks.silent
def layer_norm(x: ndarray, gamma: ndarray, beta: ndarray, *, epsilon: float = 1e-5) -> Normalized:
    r"""Normalize every example over its neurons.

    .. math:: y = \gamma \frac{x - \mu}{\sqrt{v + \epsilon}} + \beta

    Parameters
    ----------
    x : ndarray of shape (n, m) or (n, m, T)
        Every column is normalized by itself: nothing depends on the other examples.
    gamma, beta : ndarray of shape (n, 1)
    epsilon : float

    Returns
    -------
    Normalized

    Raises
    ------
    ValueError, TypeError
        Shapes or precisions that don't fit.

    Examples
    --------
    >>> x = np.array([[1.0, 10.0], [3.0, 30.0]])
    >>> layer_norm(x, np.ones((2, 1)), np.zeros((2, 1))).y.round(4)
    array([[-1., -1.],
           [ 1.,  1.]])
    """
    return _normalize(_shaped("x", x), gamma, beta, (0,), epsilon)


def _shaped(name, value):
    """Return a mini-batch of columns (n, m), of texts (n, m, T) or of images (c, ..., m)."""
    array = _checks.shaped(name, value, ("n", "m", "..."))
    if array.ndim > 4:
        raise ValueError(f"{name} has shape {array.shape}, want at most (c, height, width, m)")
    return array


def _but_the_first(x):
    return tuple(range(1, x.ndim))


def _normalize(x, gamma, beta, axes, epsilon):
    """Return x normalized over some axes, scaled and shifted."""
    gamma, beta = (_beside(name, p, x) for name, p in (("gamma", gamma), ("beta", beta)))
    epsilon = _checks.real("epsilon", epsilon, minimum=0)
    mean = x.mean(axis=axes, keepdims=True)
    centered = x - mean
    variance = (centered * centered).mean(axis=axes, keepdims=True)
    scale = 1 / np.sqrt(variance + epsilon)
    normalized = centered * scale
    return Normalized(gamma * normalized + beta, normalized, scale, mean, variance)


def _beside(name, parameter, x):
    """Return a parameter (n, 1) with as many axes as x."""
    parameter = _checks.shaped(name, parameter, (len(x), 1), like=x)
    return parameter.reshape(-1, *(1,) * (x.ndim - 1))


@_checks.silent
def batch_norm_backward(
    delta: ndarray, normalized: ndarray, scale: ndarray, gamma: ndarray
) -> tuple[ndarray, ndarray, ndarray]:
    r"""Return the error before batch normalization, and the gradients of its parameters.

    .. math::

        \delta_x = \frac{1}{\sqrt{v + \epsilon}}
                   \left(g - \overline{g} - \hat{x}\, \overline{g \hat{x}}\right),
        \quad g = \gamma \delta, \qquad
        \frac{\partial C}{\partial \gamma} = \frac{1}{m} \sum \delta \hat{x}, \qquad
        \frac{\partial C}{\partial \beta} = \frac{1}{m} \sum \delta

    The mean runs over the examples (and places): each x also moves all the others, through the mean
    and the variance. So ``delta`` is here what the rule of this wing says, m times the derivative
    of the mean cost: the examples no longer have errors of their own.

    Parameters
    ----------
    delta : ndarray of shape (n, m) or (c, height, width, m)
    normalized : ndarray of the shape of ``delta``
        :math:`\hat{x}`.
    scale : ndarray of shape (n, 1) or (c, 1, 1, 1)
        :math:`1 / \sqrt{v + \epsilon}`.
    gamma : ndarray of shape (n, 1)

    Returns
    -------
    delta_x : ndarray of the shape of ``delta``
    grad_gamma, grad_beta : ndarray of shape (n, 1)

    Raises
    ------
    ValueError, TypeError
        Shapes or precisions that don't fit.

    Examples
    --------
    Two examples are normalized to -1 and 1 whatever they are, so no error comes through:

    >>> out = batch_norm(np.array([[1.0, 3.0]]), np.ones((1, 1)), np.zeros((1, 1)), epsilon=0.0)
    >>> delta = np.array([[5.0, 1.0]])
    >>> batch_norm_backward(delta, out.normalized, out.scale, np.ones((1, 1)))
    (array([[0., 0.]]), array([[-2.]]), array([[3.]]))
    """
    delta = _shaped("delta", delta)
    return _normalize_backward(delta, normalized, scale, gamma, _but_the_first(delta))


@_checks.silent
def layer_norm_backward(
    delta: ndarray, normalized: ndarray, scale: ndarray, gamma: ndarray
) -> tuple[ndarray, ndarray, ndarray]:
    r"""Return the error before layer normalization, and the gradients of its parameters.

    .. math::

        \delta_x = \frac{1}{\sqrt{v + \epsilon}}
                   \left(g - \overline{g} - \hat{x}\, \overline{g \hat{x}}\right),
        \quad g = \gamma \delta,

    with the mean over the neurons of each column; the gradients of the parameters as in
    :func:`batch_norm_backward`.

    Parameters
    ----------
    delta : ndarray of shape (n, m) or (n, m, T)
    normalized : ndarray of the shape of ``delta``
        :math:`\hat{x}`.
    scale : ndarray of shape (1, m) or (1, m, T)
        :math:`1 / \sqrt{v + \epsilon}`.
    gamma : ndarray of shape (n, 1)

    Returns
    -------
    delta_x : ndarray of the shape of ``delta``
    grad_gamma, grad_beta : ndarray of shape (n, 1)

    Raises
    ------
    ValueError, TypeError
        Shapes or precisions that don't fit.

    Examples
    --------
    >>> x, delta = np.array([[1.0], [3.0], [8.0]]), np.array([[1.0], [0.0], [0.0]])
    >>> out = layer_norm(x, np.ones((3, 1)), np.zeros((3, 1)))
    >>> layer_norm_backward(delta, out.normalized, out.scale, np.ones((3, 1)))[0].round(4)
    array([[ 0.1089],
           [-0.1524],
           [ 0.0435]])
    """
    return _normalize_backward(_shaped("delta", delta), normalized, scale, gamma, (0,))


def _normalize_backward(delta, normalized, scale, gamma, axes):
    normalized = _checks.shaped("normalized", normalized, delta.shape, like=delta)
    wanted = tuple(1 if axis in axes else n for axis, n in enumerate(delta.shape))
    scale = _checks.shaped("scale", scale, wanted, like=delta)
    weighted = _beside("gamma", gamma, delta) * delta
    shift = weighted.mean(axis=axes, keepdims=True)
    stretch = (weighted * normalized).mean(axis=axes, keepdims=True)
    delta_x = scale * (weighted - shift - normalized * stretch)
    return delta_x, _sum_of_uses(delta * normalized), _sum_of_uses(delta)


def _sum_of_uses(delta):
    """Return the sum over all uses of a parameter (n, 1), as the mean over the examples."""
    m = delta.shape[3] if delta.ndim == 4 else delta.shape[1]
    return delta.reshape(len(delta), -1).sum(axis=1, keepdims=True) / m


@_checks.silent
def batch_norm_evaluate(
    x: ndarray,
    gamma: ndarray,
    beta: ndarray,
    mean: ndarray,
    variance: ndarray,
    *,
    epsilon: float = 1e-5,
) -> ndarray:
    r"""Normalize by statistics that were gathered in training, so that examples stand alone.

    .. math:: y = \gamma \frac{x - \mu}{\sqrt{v + \epsilon}} + \beta

    Now :math:`\mu` and v are constants, and the way back is
    :math:`\delta_x = \gamma \delta / \sqrt{v + \epsilon}`.

    Parameters
    ----------
    x : ndarray of shape (n, m) or (c, height, width, m)
    gamma, beta : ndarray of shape (n, 1)
    mean, variance : ndarray
        Averages of the mean and the variance of mini-batches, as :func:`moving_average` takes
        them.
    epsilon : float

    Returns
    -------
    ndarray of the shape of x

    Raises
    ------
    ValueError, TypeError
        Shapes or precisions that don't fit.

    Examples
    --------
    >>> one = np.ones((1, 1))
    >>> batch_norm_evaluate(np.array([[5.0]]), one, 0 * one, 3 * one, 4 * one, epsilon=0.0)
    array([[1.]])
    """
    x = _shaped("x", x)
    gamma, beta = (_beside(name, p, x) for name, p in (("gamma", gamma), ("beta", beta)))
    epsilon = _checks.real("epsilon", epsilon, minimum=0)
    mean = _checks.shaped("mean", mean, gamma.shape, like=x)
    variance = _checks.shaped("variance", variance, gamma.shape, like=x)
    if (variance.real < 0).any():
        raise ValueError(f"variance is {variance.real.min():g} somewhere, want 0 or more")
    return gamma * (x - mean) / np.sqrt(variance + epsilon) + beta


@_checks.silent
def moving_average(average: ndarray | None, new: ndarray, *, rate: float = 0.1) -> ndarray:
    r"""Return an average that forgets: :math:`(1 - r)\,\text{average} + r\,\text{new}`.

    Parameters
    ----------
    average : ndarray or None
        The average before; None at the beginning, which gives ``new``.
    new : ndarray
    rate : float
        r, above 0 and at most 1.

    Returns
    -------
    ndarray

    Raises
    ------
    ValueError, TypeError
        A rate out of range, shapes or precisions that don't fit.

    Examples
    --------
    >>> moving_average(np.array([1.0]), np.array([2.0]), rate=0.25)
    array([1.25])
    """
    rate, new = _checks.real("rate", rate, above=0, maximum=1), _checks.shaped("new", new, ("...",))
    if average is None:
        return new
    return (1 - rate) * _checks.shaped("average", average, new.shape, like=new) + rate * new


@_checks.silent
def dropout(a: ndarray, keep: float, *, rng: np.random.Generator) -> tuple[ndarray, ndarray]:
    r"""Silence neurons at random, and scale up the others so that the mean stays.

    .. math:: a \odot d, \qquad d_j = 1 / p \text{ with probability } p, \text{ else } 0

    Parameters
    ----------
    a : ndarray of any shape
    keep : float
        p, above 0 and at most 1.
    rng : numpy.random.Generator

    Returns
    -------
    dropped : ndarray of the shape of ``a``
    mask : ndarray of the shape of ``a``
        d, which holds the factor 1 / p; the way back needs it.

    Raises
    ------
    ValueError, TypeError
        A probability out of range, no generator.

    Examples
    --------
    >>> dropped, mask = dropout(np.ones(6), keep=0.5, rng=np.random.default_rng(0))
    >>> dropped
    array([0., 2., 2., 2., 0., 0.])
    """
    a, keep = _checks.shaped("a", a, ("...",)), _checks.real("keep", keep, above=0)
    if keep > 1:
        raise ValueError(f"keep is {keep:g}, want a probability: at most 1")
    kept = _checks.generator(rng).random(a.shape) < keep
    mask = kept.astype(a.real.dtype) / keep
    return a * mask, mask


@_checks.silent
def dropout_backward(delta: ndarray, mask: ndarray) -> ndarray:
    r"""Return the error before dropout: the same mask, with the same factor.

    .. math:: \delta \odot d

    Parameters
    ----------
    delta, mask : ndarray of one shape

    Returns
    -------
    ndarray of that shape

    Raises
    ------
    ValueError, TypeError
        Shapes or precisions that don't fit.

    Examples
    --------
    >>> dropout_backward(np.array([3.0, 3.0]), np.array([0.0, 2.0]))
    array([0., 6.])
    """
    delta = _checks.shaped("delta", delta, ("...",))
    mask = _checks.shaped("mask", mask, delta.shape, like=delta)
    return delta * mask
