r"""The four fundamental equations of backpropagation, each one short function over plain arrays.

The backward pass of this package (:func:`bpcourse.backprop`) calls these very functions: what the
book displays is what runs. Every array holds a mini-batch of m examples, one example per column;
layer l has n_l neurons; layer 1 is the input and layer L the output.

============  ==========================================================================
``bp1``       :math:`\delta^L = \nabla_a C \odot \sigma'(z^L)`
``bp2``       :math:`\delta^l = ((w^{l+1})^T \delta^{l+1}) \odot \sigma'(z^l)`
``bp3``       :math:`\partial C / \partial b^l = \delta^l`, averaged over the mini-batch
``bp4``       :math:`\partial C / \partial w^l = \delta^l (a^{l-1})^T`, averaged likewise
============  ==========================================================================

``bp1_matrix`` and ``bp2_matrix`` are the same first two with the Hadamard product written as a
matrix product, which is the form that a softmax layer needs. ``path_sum`` computes a derivative
the slow way, as a sum over all paths through the network.

Source: Nielsen, *Neural Networks and Deep Learning*, chapter 2. Derived in the book's chapters
"The four fundamental equations" and "Proofs of the four equations".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from itertools import product
from typing import TYPE_CHECKING

import numpy as np

from bpcourse import _checks

if TYPE_CHECKING:
    from numpy import ndarray


def bp1(grad_a: ndarray, prime: ndarray) -> ndarray:
    r"""Return the error of the output layer.

    .. math:: \delta^L = \nabla_a C \odot \sigma'(z^L)

    Parameters
    ----------
    grad_a : ndarray of shape (n_L, m)
        :math:`\nabla_a C`, the derivative of each example's cost with respect to each output
        activation.
    prime : ndarray of shape (n_L, m)
        :math:`\sigma'(z^L)`.

    Returns
    -------
    ndarray of shape (n_L, m)
        :math:`\delta^L`, the derivative of each example's cost with respect to each weighted
        input.

    Examples
    --------
    >>> bp1(np.array([[0.5], [-2.0]]), np.array([[0.25], [0.1]]))
    array([[ 0.125],
           [-0.2  ]])
    """
    return grad_a * prime


def bp2(w_next: ndarray, delta_next: ndarray, prime: ndarray) -> ndarray:
    r"""Return the error of layer l from that of layer l+1.

    .. math:: \delta^l = ((w^{l+1})^T \delta^{l+1}) \odot \sigma'(z^l)

    Parameters
    ----------
    w_next : ndarray of shape (n_{l+1}, n_l)
        The weights out of layer l, into layer l+1.
    delta_next : ndarray of shape (n_{l+1}, m)
        The error of layer l+1.
    prime : ndarray of shape (n_l, m)
        :math:`\sigma'(z^l)`.

    Returns
    -------
    ndarray of shape (n_l, m)
        :math:`\delta^l`.

    Examples
    --------
    One neuron in layer l+1 passes its error back to two neurons, each in proportion to its weight:

    >>> bp2(np.array([[2.0, -1.0]]), np.array([[0.5]]), np.array([[0.25], [0.25]]))
    array([[ 0.25 ],
           [-0.125]])
    """
    return (w_next.T @ delta_next) * prime


def bp3(delta: ndarray) -> ndarray:
    r"""Return the gradient with respect to the biases of a layer.

    .. math:: \frac{\partial C}{\partial b^l_j} = \delta^l_j

    The cost of a mini-batch is the mean of the costs of its examples, so its gradient is the mean
    of theirs.

    Parameters
    ----------
    delta : ndarray of shape (n_l, m)
        The error of layer l, one column per example.

    Returns
    -------
    ndarray of shape (n_l, 1)

    Examples
    --------
    >>> bp3(np.array([[1.0, 3.0], [0.5, -0.5]]))
    array([[2.],
           [0.]])
    """
    return delta.mean(axis=1, keepdims=True)


def bp4(a_previous: ndarray, delta: ndarray) -> ndarray:
    r"""Return the gradient with respect to the weights into a layer.

    .. math:: \frac{\partial C}{\partial w^l_{jk}} = a^{l-1}_k \delta^l_j

    For all weights at once this is :math:`\delta^l (a^{l-1})^T`. The matrix product adds up the
    examples of the mini-batch; the division makes it their mean.

    Parameters
    ----------
    a_previous : ndarray of shape (n_{l-1}, m)
        The activations of the layer before.
    delta : ndarray of shape (n_l, m)
        The error of layer l.

    Returns
    -------
    ndarray of shape (n_l, n_{l-1})

    Examples
    --------
    >>> bp4(np.array([[1.0], [2.0], [3.0]]), np.array([[0.5], [-1.0]]))
    array([[ 0.5,  1. ,  1.5],
           [-1. , -2. , -3. ]])
    """
    m = delta.shape[1]
    return delta @ a_previous.T / m


def bp1_matrix(grad_a: ndarray, jacobian: ndarray) -> ndarray:
    r"""Return the error of the output layer in matrix form.

    .. math:: \delta^L = \Sigma'(z^L) \nabla_a C

    For an activation that works on each neuron alone, :math:`\Sigma'(z^L)` is diagonal and this is
    ``bp1`` (Nielsen's equation 33). For softmax it is a full matrix, and only this form holds.

    Parameters
    ----------
    grad_a : ndarray of shape (n_L, m)
        :math:`\nabla_a C`.
    jacobian : ndarray of shape (m, n_L, n_L)
        For each example the matrix of :math:`\partial a^L_i / \partial z^L_j`.

    Returns
    -------
    ndarray of shape (n_L, m)

    Examples
    --------
    >>> jacobian = np.array([[[0.25, 0.0], [0.0, 0.1]]])
    >>> bp1_matrix(np.array([[0.5], [-2.0]]), jacobian)
    array([[ 0.125],
           [-0.2  ]])
    """
    return np.einsum("mij,im->jm", jacobian, grad_a)


def bp2_matrix(w_next: ndarray, delta_next: ndarray, jacobian: ndarray) -> ndarray:
    r"""Return the error of layer l in matrix form.

    .. math:: \delta^l = \Sigma'(z^l) (w^{l+1})^T \delta^{l+1}

    Nielsen's equation 34. Parameters as in :func:`bp2`, but for the matrix of derivatives.

    Parameters
    ----------
    w_next : ndarray of shape (n_{l+1}, n_l)
        The weights out of layer l.
    delta_next : ndarray of shape (n_{l+1}, m)
        The error of layer l+1.
    jacobian : ndarray of shape (m, n_l, n_l)
        For each example the matrix of :math:`\partial a^l_i / \partial z^l_j`.

    Returns
    -------
    ndarray of shape (n_l, m)

    Examples
    --------
    >>> jacobian = np.array([[[0.25, 0.0], [0.0, 0.25]]])
    >>> bp2_matrix(np.array([[2.0, -1.0]]), np.array([[0.5]]), jacobian)
    array([[ 0.25 ],
           [-0.125]])
    """
    return bp1_matrix(w_next.T @ delta_next, jacobian)


def path_sum(
    w: Mapping[int, ndarray], prime: Mapping[int, ndarray], grad_a: ndarray, l: int, j: int
) -> tuple[float, int]:
    r"""Return the error of one neuron, for one example, as a sum over all paths.

    This is :math:`\delta^l_j = \partial C / \partial z^l_j`. A path leads from neuron j of layer l
    through one neuron of each later layer to an output neuron. It contributes the product of what
    it meets: :math:`\sigma'` of every neuron on it, every weight between them, and :math:`\partial
    C / \partial a^L_i` at its end (Nielsen's equation 53, with respect to the weighted
    input). There are :math:`n_{l+1} \cdots n_L` paths; backpropagation adds up the same products
    without ever listing them.

    Parameters
    ----------
    w : mapping from layer to ndarray of shape (n_l, n_{l-1})
        The weights, such as ``net.w``.
    prime : mapping from layer to ndarray of shape (n_l,)
        :math:`\sigma'(z^l)` of one example.
    grad_a : ndarray of shape (n_L,)
        :math:`\nabla_a C` of one example.
    l : int
        The layer to start from, 2 to L.
    j : int
        The neuron to start from, 0 to n_l - 1.

    Returns
    -------
    derivative : float
        :math:`\delta^l_j`.
    paths : int
        The number of paths that were added up.

    Examples
    --------
    Two paths, each of one weight:

    >>> w = {3: np.array([[2.0], [-1.0]])}
    >>> prime = {2: np.array([0.5]), 3: np.array([0.25, 0.1])}
    >>> derivative, paths = path_sum(w, prime, np.array([1.0, 4.0]), l=2, j=0)
    >>> print(f"{derivative:.3f} over {paths} paths")
    0.050 over 2 paths
    """
    later_layers = range(l + 1, max(prime) + 1)
    total, paths = 0.0, 0
    for path in product(*(range(prime[layer].size) for layer in later_layers)):
        contribution, here = 1.0 * prime[l][j], j
        for layer, neuron in zip(later_layers, path, strict=True):
            contribution = contribution * w[layer][neuron, here] * prime[layer][neuron]
            here = neuron
        total, paths = total + contribution * grad_a[here], paths + 1
    return total, paths


def _with_a_door(function: Callable) -> Callable:
    """Let an equation take whole numbers, whose products wrap around in uint8, as float64."""

    @wraps(function)
    def with_a_door(*arrays, **named):
        names = function.__code__.co_varnames
        arrays = [_floats(name, each) for name, each in zip(names, arrays, strict=False)]
        named = {name: _floats(name, each) for name, each in named.items()}
        # Products of finite numbers may raise the flag of invalid ones; a NaN is there to be seen.
        with np.errstate(invalid="ignore"):
            return function(*arrays, **named)

    return with_a_door


def _floats(name, value):
    array = _checks.array_of(name, value)
    return array.astype(np.float64) if array.dtype.kind in "iub" else array


# As they are displayed, for the backward pass, whose arrays have been checked.
DISPLAYED = (bp1, bp2, bp3, bp4, bp1_matrix, bp2_matrix)
bp1, bp2, bp3, bp4, bp1_matrix, bp2_matrix = map(_with_a_door, DISPLAYED)
