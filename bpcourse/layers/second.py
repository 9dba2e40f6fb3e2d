r"""Curvature: products of the Hessian with a vector, without the Hessian.

The Hessian H of a cost with N parameters has N^2 entries. Its product with one vector v is the
derivative of the gradient along v, and the gradient is a program: the four equations. Differentiate
each of them along v, and a pass forward and a pass backward give H v exactly, at about twice the
cost of a gradient (Pearlmutter 1994). Writing R{.} for the derivative along v:

.. math::

    R\{z^l\} = w^l R\{a^{l-1}\} + v_w^l a^{l-1} + v_b^l, \qquad
    R\{a^l\} = \sigma'(z^l) \odot R\{z^l\}, \\
    R\{\delta^l\} = \left(v_w^{l+1\,T} \delta^{l+1} + w^{l+1\,T} R\{\delta^{l+1}\}\right)
    \odot \sigma'(z^l) + (w^{l+1})^T \delta^{l+1} \odot R\{\sigma'(z^l)\}, \\
    (H v)_w^l = \frac{1}{m} \sum \left(R\{\delta^l\} (a^{l-1})^T
    + \delta^l R\{a^{l-1}\}^T\right), \qquad
    (H v)_b^l = \frac{1}{m} \sum R\{\delta^l\}

Derived in the book's chapter "Steps".
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from numpy import ndarray

from bpcourse import _checks
from bpcourse.backprop import backprop
from bpcourse.costs import COSTS, Cost
from bpcourse.equations import bp1, bp1_matrix, bp3, bp4
from bpcourse.network import Network, check_network
from bpcourse.parameters import Parameters

if TYPE_CHECKING:
    from numpy.typing import DTypeLike

# Small enough that its square is lost in rounding, and so the derivative is exact.
_STEP = 1e-20


@_checks.silent
def hessian_vector(
    net: Network, x: ndarray, y: ndarray, cost: Cost | str, v: Parameters | ndarray
) -> Parameters:
    r"""Return the product of the cost's Hessian with a vector, forward over reverse.

    Parameters
    ----------
    net : Network
    x : ndarray of shape (n_1, m)
    y : ndarray of shape (n_L, m)
    cost : Cost or str
    v : Parameters or ndarray of shape (N,)
        In the order of ``net.parameters.vector``.

    Returns
    -------
    Parameters
        H v, laid out like the parameters; ``.vector`` holds all its numbers.

    Raises
    ------
    ValueError, TypeError
        What :func:`bpcourse.backprop` refuses, and vectors of another length.

    Notes
    -----
    At the kink of a rectifier the second derivative is taken as 0.

    Examples
    --------
    For one weight, input 1, target 0 and cross-entropy, H is the sigmoid's slope at the weight:

    >>> import bpcourse as bp
    >>> net = bp.Network.from_arrays([[[2.0]]], [[0.0]], [bp.sigmoid])
    >>> x, y = np.array([[1.0]]), np.array([[0.0]])
    >>> hessian_vector(net, x, y, bp.cross_entropy, np.array([1.0, 0.0])).vector
    array([0.10499359, 0.10499359])
    >>> bp.sigmoid.prime(np.array([2.0]))
    array([0.10499359])
    """
    cost = _checks.lookup("cost", cost, COSTS)
    v = _like_parameters(check_network(net), v)
    trace = net.forward(x)
    delta = backprop(net, trace, y, cost).delta
    for name, array in (("v", v.vector), ("the output error", delta[net.depth])):
        if np.iscomplexobj(array):
            raise TypeError(f"{name} is complex, want real numbers: a complex step is taken inside")
    r_z, r_a = _forward_rates(net, trace, v)
    r_delta = _backward_rates(net, trace, y, cost, v, delta, r_z, r_a)
    product = np.empty_like(net.parameters.vector)
    parts = Parameters._over(net.sizes, product)
    for l in delta:
        parts.w[l][...] = bp4(trace.a[l - 1], r_delta[l]) + bp4(r_a[l - 1], delta[l])
        parts.b[l][...] = bp3(r_delta[l])
    return net.parameters._with(product)


def _like_parameters(net, v):
    """Return a direction laid out like the parameters of a network."""
    own = net.parameters.vector
    vector = _checks.shaped("v", getattr(v, "vector", v), own.shape, like=own)
    return Parameters._over(net.sizes, vector)


def _along(function, z, rate):
    """Return the derivative of function(z) as z moves at a rate: the complex step."""
    return function(z + 1j * _STEP * rate).imag / _STEP


def _forward_rates(net, trace, v):
    """Return R{z^l} and R{a^l} as the parameters move along v."""
    r_z, r_a = {}, {1: np.zeros_like(trace.a[1])}
    for l, activation in net.activations.items():
        r_z[l] = net.w[l] @ r_a[l - 1] + v.w[l] @ trace.a[l - 1] + v.b[l]
        r_a[l] = _along(activation.f, trace.z[l], r_z[l])
    return r_z, r_a


def _backward_rates(net, trace, y, cost, v, delta, r_z, r_a):
    """Return R{delta^l} as the parameters move along v."""
    L = net.depth
    r_delta = {L: _output_rate(net, trace, y, cost, r_z[L], r_a[L])}
    for l in range(L - 1, 1, -1):
        back = net.w[l + 1].T @ delta[l + 1]
        r_back = v.w[l + 1].T @ delta[l + 1] + net.w[l + 1].T @ r_delta[l + 1]
        r_delta[l] = _product_rule(net.activations[l], trace.z[l], r_z[l], back, r_back)
    return r_delta


def _output_rate(net, trace, y, cost, r_z, r_a):
    activation, z, a = net.activations[net.depth], trace.z[net.depth], trace.a[net.depth]
    if cost.matched == activation:
        return r_a  # delta = a - y
    r_gradient = _along(lambda moved: cost.gradient(moved, y), a, r_a)
    return _product_rule(activation, z, r_z, cost.gradient(a, y), r_gradient)


def _product_rule(activation, z, r_z, back, r_back):
    """Return R{back * sigma'(z)}."""
    times = bp1 if activation.elementwise else bp1_matrix
    return times(r_back, activation.prime(z)) + times(back, _along(activation.prime, z, r_z))


@_checks.silent
def largest_curvature(
    product: Callable,
    n: int,
    *,
    rng: np.random.Generator,
    steps: int = 100,
    dtype: DTypeLike = np.float64,
) -> tuple[float, ndarray]:
    r"""Return the eigenvalue of largest size of a symmetric matrix, by the power method.

    .. math:: v \leftarrow H v / \lVert H v \rVert, \qquad \lambda = v^T H v

    Gradient descent on a quadratic cost with the largest eigenvalue :math:`\lambda > 0` is stable
    for :math:`\eta < 2 / \lambda`.

    Parameters
    ----------
    product : callable
        From a vector of shape (n,) to H times that vector, such as
        ``lambda v: hessian_vector(net, x, y, cost, v).vector``.
    n : int
    rng : numpy.random.Generator
        Draws the vector to begin with.
    steps : int
        How many products to take; each reduces what is left of the other eigenvectors by the
        quotient of their eigenvalues.
    dtype : dtype

    Returns
    -------
    value : float
        Negative where the curvature of largest size is.
    vector : ndarray of shape (n,)
        Of length 1.

    Raises
    ------
    ValueError, TypeError
        No generator, numbers out of range.

    Examples
    --------
    >>> H = np.diag([1.0, -5.0, 3.0])
    >>> value, vector = largest_curvature(lambda v: H @ v, 3, rng=np.random.default_rng(0))
    >>> round(value, 6), abs(vector).round(6)
    (-5.0, array([0., 1., 0.]))
    """
    steps = _checks.integer("steps", steps, minimum=1)
    if not callable(product):
        raise TypeError(f"product is {type(product).__name__}, want a function of a vector")
    n, dtype = _checks.integer("n", n, minimum=1), _checks.precision("the vector", dtype)
    v = _checks.generator(rng).standard_normal(n).astype(dtype)
    v, value = v / np.linalg.norm(v), 0.0
    for _ in range(steps):
        moved = _checks.shaped("product(v)", product(v), (n,), like=v)
        value = float(v @ moved)
        length = np.linalg.norm(moved)
        if not length:
            break  # v is an eigenvector of the eigenvalue 0
        v = moved / length
    return value, v
