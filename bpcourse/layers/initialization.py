r"""How large the first weights should be: variances through the layers, forward and backward.

Take weights drawn independently with mean 0 and variance v, biases 0, and layers wide enough for
averages to hold. Then z^l has the variance q_l, and the error has the variance g_l:

.. math::

    q_{l} = n_{l-1}\, v_l\, \mathrm{E}[\sigma(\sqrt{q_{l-1}}\, u)^2], \qquad
    g_{l} = n_{l+1}\, v_{l+1}\, g_{l+1}\, \mathrm{E}[\sigma'(\sqrt{q_l}\, u)^2],
    \qquad u \sim N(0, 1)

If both factors are near 1, fifty layers pass signal and error on; if not, both grow or vanish
exponentially. Glorot's variance 2 / (n_in + n_out) is a compromise between the two for slopes near
1; He's 2 / n_in makes up for the half that a rectifier blocks.

Sources: Glorot and Bengio (2010); He et al. (2015); Saxe, McClelland and Ganguli (2014). Derived in
the book's chapter "Deep, and still learning".
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy import ndarray

from bpcourse import _checks
from bpcourse.activations import ACTIVATIONS, Activation
from bpcourse.parameters import check_sizes

if TYPE_CHECKING:
    from numpy.typing import DTypeLike

# Points and weights to take means over a normal distribution.
_POINTS, _WEIGHTS = np.polynomial.hermite_e.hermegauss(100)
_WEIGHTS = _WEIGHTS / _WEIGHTS.sum()


def glorot(
    shape: tuple[int, ...], *, rng: np.random.Generator, dtype: DTypeLike = np.float64
) -> ndarray:
    r"""Draw weights with the variance 2 / (n_in + n_out).

    Parameters
    ----------
    shape : tuple of int
        (n_out, n_in), or (c_out, c_in, k, k) for a convolution, where each place counts.
    rng : numpy.random.Generator
    dtype : dtype

    Returns
    -------
    ndarray of that shape
        Normally distributed, with mean 0.

    Raises
    ------
    ValueError, TypeError
        A shape with fewer than two axes, no generator.

    Examples
    --------
    >>> w = glorot((300, 100), rng=np.random.default_rng(0))
    >>> round(float(w.var() * (300 + 100) / 2), 2)
    0.99
    """
    shape = _shape(shape)
    n_in, n_out = _fans(shape)
    return _normal(shape, 2 / (n_in + n_out), rng, dtype)


def he(
    shape: tuple[int, ...], *, rng: np.random.Generator, dtype: DTypeLike = np.float64
) -> ndarray:
    r"""Draw weights with the variance 2 / n_in, for rectifiers.

    Parameters, result and errors as for :func:`glorot`.

    Examples
    --------
    >>> w = he((300, 100), rng=np.random.default_rng(0))
    >>> round(float(w.var() * 100 / 2), 2)
    0.99
    """
    shape = _shape(shape)
    return _normal(shape, 2 / _fans(shape)[0], rng, dtype)


def orthogonal(
    shape: tuple[int, ...],
    *,
    rng: np.random.Generator,
    gain: float = 1.0,
    dtype: DTypeLike = np.float64,
) -> ndarray:
    r"""Draw weights whose rows, or columns if there are fewer of them, are orthonormal.

    No vector changes its length in a square matrix of this kind, so neither signal nor error grows
    or shrinks in it, at any depth.

    Parameters
    ----------
    shape : tuple of int
        (n_out, n_in), or (c_out, c_in, k, k), taken as a matrix (c_out, c_in k k).
    rng : numpy.random.Generator
    gain : float
        A factor on all weights.
    dtype : dtype

    Returns
    -------
    ndarray of that shape

    Raises
    ------
    ValueError, TypeError
        A shape with fewer than two axes, no generator.

    Examples
    --------
    >>> w = orthogonal((2, 3), rng=np.random.default_rng(0))
    >>> (w @ w.T).round(10)
    array([[ 1., -0.],
           [-0.,  1.]])
    """
    shape, gain = _shape(shape), _checks.real("gain", gain)
    dtype = _checks.precision("the array", dtype)
    rows, columns = shape[0], math.prod(shape[1:])
    drawn = _checks.generator(rng).standard_normal((max(rows, columns), min(rows, columns)))
    q, r = np.linalg.qr(drawn)
    q = q * np.sign(np.diag(r))  # else the signs would not be drawn uniformly
    w = q if rows >= columns else q.T
    return (gain * w).reshape(shape).astype(dtype)


def _shape(shape):
    """Return the shape of weights as a tuple of Python ints."""
    shape = tuple(_checks.sequence("shape", shape, "(n_out, n_in) or (c_out, c_in, k, k)"))
    if len(shape) < 2:
        raise ValueError(f"shape is {shape}, want (n_out, n_in) or (c_out, c_in, k, k)")
    return tuple(_checks.integer("a length in shape", n, minimum=1) for n in shape)


def _fans(shape):
    """Return how many inputs a neuron has, and how many outputs an input reaches."""
    places = math.prod(shape[2:])
    return shape[1] * places, shape[0] * places


def _normal(shape, variance, rng, dtype):
    dtype = _checks.precision("the array", dtype)
    return (variance**0.5 * _checks.generator(rng).standard_normal(shape)).astype(dtype)


def forward_variances(
    sizes: Sequence[int],
    weight_variances: Sequence[float],
    activation: Activation | str,
    *,
    input_variance: float = 1.0,
) -> dict[int, float]:
    r"""Return the variances of the weighted inputs, layer by layer, as theory has them.

    .. math:: q_2 = n_1 v_2 q_1, \qquad
              q_{l} = n_{l-1} v_l\, \mathrm{E}[\sigma(\sqrt{q_{l-1}}\, u)^2]

    Parameters
    ----------
    sizes : sequence of int
        The widths n_1, ..., n_L.
    weight_variances : sequence of float
        v_2, ..., v_L: the variance of the weights into each layer.
    activation : Activation or str
        That of the hidden layers; it works on each neuron alone.
    input_variance : float
        :math:`q_1`, the mean of the squared inputs.

    Returns
    -------
    dict from int to float
        q_l for the layers 2 to L.

    Raises
    ------
    ValueError, TypeError
        Another number of variances than of layers, an activation that is not known or does not work
        on each neuron alone.

    Examples
    --------
    He's variance keeps the signal of rectifiers as it is; half of it halves it in every layer:

    >>> sizes = [100, 100, 100, 100]
    >>> for variance in (0.02, 0.01):
    ...     q = forward_variances(sizes, [variance] * 3, "relu")
    ...     print({l: round(value, 4) for l, value in q.items()})
    {2: 2.0, 3: 2.0, 4: 2.0}
    {2: 1.0, 3: 0.5, 4: 0.25}
    """
    sizes, weight_variances, activation = _checked(sizes, weight_variances, activation)
    input_variance = _checks.real("input_variance", input_variance, minimum=0)
    q = {2: sizes[0] * weight_variances[0] * input_variance}
    for l in range(3, len(sizes) + 1):
        mean_square = _mean_square(activation.f, q[l - 1])
        q[l] = sizes[l - 2] * weight_variances[l - 2] * mean_square
    return q


def backward_variances(
    sizes: Sequence[int],
    weight_variances: Sequence[float],
    activation: Activation | str,
    variances: dict[int, float],
    *,
    output_variance: float = 1.0,
) -> dict[int, float]:
    r"""Return the variances of the error, from the last layer back, as theory has them.

    .. math:: g_{l} = n_{l+1}\, v_{l+1}\, g_{l+1}\, \mathrm{E}[\sigma'(\sqrt{q_l}\, u)^2]

    Parameters
    ----------
    sizes : sequence of int
    weight_variances : sequence of float
        v_2, ..., v_L.
    activation : Activation or str
        That of the hidden layers.
    variances : dict from int to float
        q_l, from :func:`forward_variances`.
    output_variance : float
        g_L, the variance of the output error.

    Returns
    -------
    dict from int to float
        g_l for the layers 2 to L.

    Raises
    ------
    ValueError, TypeError
        As for :func:`forward_variances`.

    Examples
    --------
    Sigmoids at slopes of 1/4 lose the error, with weights that keep the signal:

    >>> sizes, v = [100] * 4, [0.01] * 3
    >>> q = forward_variances(sizes, v, "sigmoid")
    >>> g = backward_variances(sizes, v, "sigmoid", q)
    >>> {l: round(value, 4) for l, value in g.items()}
    {4: 1.0, 3: 0.0551, 2: 0.0025}
    """
    sizes, weight_variances, activation = _checked(sizes, weight_variances, activation)
    variances = _layer_variances(variances, len(sizes))
    g = {len(sizes): _checks.real("output_variance", output_variance, minimum=0)}
    for l in range(len(sizes) - 1, 1, -1):
        mean_square = _mean_square(activation.prime, variances[l])
        g[l] = sizes[l] * weight_variances[l - 1] * g[l + 1] * mean_square
    return g


def _layer_variances(variances, depth):
    """Return the variance of every layer after the first, or say which is missing."""
    if not isinstance(variances, Mapping) or not set(range(2, depth + 1)) <= set(variances):
        raise ValueError(
            f"variances is {variances!r}, want what forward_variances gives: one for each of the "
            f"layers 2 to {depth}"
        )
    name = "the variance of layer {}".format
    return {l: _checks.real(name(l), variances[l], minimum=0) for l in range(2, depth + 1)}


@_checks.silent
def _mean_square(f, variance):
    """Return the mean of f(z)^2 over a normal z with mean 0 and this variance."""
    values = f(variance**0.5 * _POINTS[:, None])[:, 0]
    return float(_WEIGHTS @ values**2)


def _checked(sizes, weight_variances, activation):
    """Return widths, a variance for the weights into each layer but the first, an activation."""
    sizes = check_sizes(sizes)
    weight_variances = _checks.sequence("weight_variances", weight_variances, "a list of numbers")
    activation = _checks.lookup("activation", activation, ACTIVATIONS)
    if not activation.elementwise:
        raise ValueError(
            f"{activation.name} does not work on each neuron alone, want one that does"
        )
    if len(weight_variances) != len(sizes) - 1:
        raise ValueError(
            f"{len(weight_variances)} variances for {len(sizes)} layers; want one for the weights "
            "into each layer after the first"
        )
    name = "the variance of the weights into layer {}".format
    weight_variances = [
        _checks.real(name(l), v, minimum=0) for l, v in enumerate(weight_variances, start=2)
    ]
    return sizes, weight_variances, activation
