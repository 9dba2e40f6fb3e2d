r"""Exact counts of multiplications: a forward pass, a backward pass, and finite differences.

Counted are the multiplications inside the matrix products, for one example; a mini-batch of m
examples takes m times as many. The work that is done once per neuron (the activation function, the
Hadamard product with :math:`\sigma'`) is left out: it grows with the number of neurons, the matrix
products with the number of weights.

==================================  =============================================
forward pass                        :math:`\sum_{l=2}^L n_l n_{l-1}`
error from layer l to l - 1 (BP2)   :math:`\sum_{l=3}^L n_l n_{l-1}`
outer products (BP4)                :math:`\sum_{l=2}^L n_l n_{l-1}`
==================================  =============================================

The error stops at layer 2, because the input has no error. That is why a backward pass costs
between one and two forward passes. These are counts, not times: on a real machine, moving the
numbers through memory takes time too.

Source: Nielsen, chapter 2, section "In what sense is backpropagation a fast algorithm?". Derived
in the book's chapter "One gradient, two prices".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from bpcourse import _checks
from bpcourse.finite_difference import METHODS
from bpcourse.parameters import check_sizes, parameter_count


@dataclass(frozen=True)
class BackwardCount:
    """The multiplications of a backward pass for one example.

    Attributes
    ----------
    delta : int
        To bring the error from each layer to the one before it (BP2).
    outer_products : int
        To make the derivatives with respect to the weights out of errors and activations (BP4).

    Examples
    --------
    >>> BackwardCount(delta=300, outer_products=23820).total
    24120
    """

    delta: int
    outer_products: int

    @property
    def total(self) -> int:
        """Both together."""
        return self.delta + self.outer_products


def forward(sizes: Sequence[int]) -> int:
    r"""Count the multiplications of a forward pass: one for each weight.

    Parameters
    ----------
    sizes : sequence of int
        The widths n_1, ..., n_L of the layers.

    Returns
    -------
    int
        :math:`\sum_{l=2}^L n_l n_{l-1}`, for one example.

    Raises
    ------
    ValueError, TypeError
        Sizes that aren't two or more positive whole numbers.

    Examples
    --------
    >>> forward([784, 30, 10])
    23820
    """
    return sum(_products(sizes))


def backward(sizes: Sequence[int]) -> BackwardCount:
    r"""Count the multiplications of a backward pass, apart from those of the forward pass.

    Parameters
    ----------
    sizes : sequence of int
        The widths n_1, ..., n_L of the layers.

    Returns
    -------
    BackwardCount
        ``delta``, :math:`\sum_{l=3}^L n_l n_{l-1}`; ``outer_products``,
        :math:`\sum_{l=2}^L n_l n_{l-1}`; and their ``total``, for one example.

    Raises
    ------
    ValueError, TypeError
        As :func:`forward`.

    Examples
    --------
    >>> backward([784, 30, 10])
    BackwardCount(delta=300, outer_products=23820)
    """
    products = _products(sizes)
    return BackwardCount(delta=sum(products[1:]), outer_products=sum(products))


def ratio(sizes: Sequence[int]) -> float:
    r"""Return the cost of all derivatives in forward passes: (forward + backward) / forward.

    It is 2 for a network without hidden layers, grows with depth, and stays below 3, because
    bringing the error back takes fewer multiplications than a forward pass.

    Parameters
    ----------
    sizes : sequence of int
        The widths n_1, ..., n_L of the layers.

    Returns
    -------
    float
        At least 2, less than 3.

    Raises
    ------
    ValueError, TypeError
        As :func:`forward`.

    Examples
    --------
    >>> round(ratio([784, 30, 10]), 3)
    2.013
    >>> ratio([1000, 1000]), ratio([100] * 6)
    (2.0, 2.8)
    """
    return (forward(sizes) + backward(sizes).total) / forward(sizes)


def forward_passes(sizes: Sequence[int], method: Literal["forward", "central", "complex"]) -> int:
    """Count the forward passes that finite differences need for all derivatives of the cost.

    Parameters
    ----------
    sizes : sequence of int
        The widths n_1, ..., n_L of the layers.
    method : {"forward", "central", "complex"}

    Returns
    -------
    int
        W + 1, 2 W or W, for a network of W weights and biases.

    Raises
    ------
    ValueError, TypeError
        An unknown method; sizes as in :func:`forward`.

    Examples
    --------
    >>> forward_passes([784, 30, 10], "forward"), forward_passes([784, 30, 10], "central")
    (23861, 47720)
    """
    how = _checks.lookup_name("method", method, METHODS)
    return how.evaluations * parameter_count(check_sizes(sizes)) + how.needs_base


def finite_difference(
    sizes: Sequence[int], method: Literal["forward", "central", "complex"]
) -> int:
    """Count the multiplications of all derivatives of the cost by finite differences.

    Parameters
    ----------
    sizes : sequence of int
        The widths n_1, ..., n_L of the layers.
    method : {"forward", "central", "complex"}
        A product of two complex numbers is four real multiplications.

    Returns
    -------
    int
        Forward passes times multiplications of one forward pass, for one example.

    Raises
    ------
    ValueError, TypeError
        As :func:`forward_passes`.

    Examples
    --------
    >>> f"{finite_difference([784, 30, 10], 'forward'):,}"
    '568,369,020'
    """
    passes = forward_passes(sizes, method)
    return passes * forward(sizes) * (4 if method == "complex" else 1)


def _products(sizes):
    """Return n_l n_{l-1}, the number of weights into layer l, for l = 2..L."""
    sizes = check_sizes(sizes)
    return [n_out * n_in for n_in, n_out in pairwise(sizes)]
