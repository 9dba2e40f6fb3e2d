r"""Activation functions and their derivatives.

An :class:`Activation` is a name, a function f and its derivative ``prime``, both of the weighted
input z: the derivative is :math:`\sigma'(z)`, never a function of the activation. Complex z passes
through, which is what the complex-step derivative needs, and float32 stays float32.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import TYPE_CHECKING

import numpy as np

from bpcourse import _checks
from bpcourse._reading import guard

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


@dataclass(frozen=True)
class Activation:
    r"""An activation function with its derivative.

    Functions of your own only read z: one that writes into it is a ValueError.

    Parameters
    ----------
    name : str
        How the function is called in messages and figures.
    f : callable
        :math:`a = f(z)`, from an array (n_l, m) to an array of the same shape and dtype.
    prime : callable
        :math:`f'(z)`. Of shape (n_l, m) where f works on each neuron alone; otherwise the
        matrices :math:`\partial a_i / \partial z_j`, of shape (m, n_l, n_l).
    elementwise : bool
        Whether f works on each neuron alone. Softmax does not: every output depends on every
        weighted input of the layer.

    Examples
    --------
    An activation of your own, ready for a network:

    >>> softplus = Activation(
    ...     "softplus", lambda z: np.logaddexp(0, z), lambda z: 1 / (1 + np.exp(-z))
    ... )
    >>> softplus(np.array([[0.0]])).round(4)
    array([[0.6931]])
    """

    name: str
    f: Callable
    prime: Callable
    elementwise: bool = True

    def __post_init__(self):
        guard(self, "activation", ("f", "prime"), "a copy, z.copy()")

    def __call__(self, z: ArrayLike) -> np.ndarray:
        """Return f(z); lists and whole numbers become float64."""
        return self.f(_numbers(z))

    def __repr__(self):
        return f"<activation {self.name}>"

    def __hash__(self):
        return hash(self.name)  # f may be an object without a hash, such as a polynomial


def _numbers(z):
    """Return z as an array that f can compute with, whole numbers as float64.

    NumPy's functions of whole numbers give half precision, wrap around or divide by zero.
    """
    # A subclass such as a masked array has rules of its own. O: objects know their arithmetic.
    if type(z) is np.ndarray and z.dtype.kind in "fcO":
        return z
    return _checks.converted("z", z)


def _of_numbers(prime):
    """Let a derivative take what :func:`_numbers` takes."""

    @wraps(prime)
    def of_numbers(z):
        return prime(_numbers(z))

    return of_numbers


def _decay(z):
    """Return exp(-|z|), continued analytically: it never overflows, and complex z passes."""
    return np.exp(np.where(z.real >= 0, -z, z))


def _sigmoid(z):
    e = _decay(z)
    return np.where(z.real >= 0, 1, e) / (1 + e)


@_of_numbers
def _sigmoid_prime(z):
    # e / (1 + e)^2 is sigma (1 - sigma) without the cancellation of 1 - sigma at large z.
    e = _decay(z)
    return e / (1 + e) ** 2


@_of_numbers
def _tanh_prime(z):
    # 4 e / (1 + e)^2 with e = exp(-2|z|) is 1 - tanh^2 without its cancellation.
    return 4 * _sigmoid_prime(2 * z)


def _relu(z):
    return np.where(z.real <= 0, 0, z)  # NaN is not 0 or less, and stays NaN


@_of_numbers
def _relu_prime(z):
    # The slope at the kink is a choice: 0 here, in every engine of this course.
    return (z.real > 0).astype(z.dtype)


@_of_numbers
def _identity_prime(z):
    return np.ones_like(z)


def _leaky_relu(z):
    return np.where(z.real > 0, z, 0.01 * z)


@_of_numbers
def _leaky_relu_prime(z):
    # At the kink the slope of the left side, as for ReLU.
    return np.where(z.real > 0, 1, 0.01).astype(z.dtype)


def _elu(z):
    return np.where(z.real > 0, z, np.expm1(np.where(z.real > 0, 0, z)))


@_of_numbers
def _elu_prime(z):
    return np.exp(np.where(z.real > 0, 0, z))


def _softplus(z):
    e = _decay(z)  # log(1 + e) = 2 artanh(e / (2 + e)): NumPy's complex log1p loses digits
    return np.where(z.real >= 0, z, 0) + 2 * np.arctanh(e / (2 + e))


@_of_numbers
def _softplus_prime(z):
    return _sigmoid(z)


def _silu(z):
    return z * _sigmoid(z)


@_of_numbers
def _silu_prime(z):
    return _sigmoid(z) + z * _sigmoid_prime(z)


_tail = np.vectorize(lambda x: math.erfc(-x / math.sqrt(2)) / 2, otypes=[float])


def _bell(z):
    return np.exp(-(z**2) / 2) / math.sqrt(2 * math.pi)


def _normal(z):
    """Return the normal distribution function Phi(z).

    NumPy has none for complex z: there it is continued to first order, as the complex step needs.
    """
    phi = _tail(z.real).astype(z.real.dtype)
    return phi + 1j * z.imag * _bell(z.real) if z.dtype.kind == "c" else phi


def _gelu(z):
    return z * _normal(z)


@_of_numbers
def _gelu_prime(z):
    return _normal(z) + z * _bell(z)


def _gelu_inner(z):
    return math.sqrt(2 / math.pi) * (z + 0.044715 * z**3)


def _gelu_tanh(z):
    with np.errstate(over="ignore"):  # far out the tanh is 1 or -1, whatever its argument
        return z * _sigmoid(2 * _gelu_inner(z))


@_of_numbers
def _gelu_tanh_prime(z):
    slope = math.sqrt(2 / math.pi) * (1 + 3 * 0.044715 * z**2)
    inner = 2 * _gelu_inner(z)
    return _sigmoid(inner) + 2 * z * slope * _sigmoid_prime(inner)


def _softmax(z):
    e = np.exp(z - z.real.max(axis=0))
    return e / e.sum(axis=0)


@_of_numbers
def _softmax_prime(z):
    a = _softmax(z).T
    n = a.shape[1]
    return a[:, :, None] * (np.eye(n, dtype=z.real.dtype) - a[:, None, :])


sigmoid = Activation("sigmoid", _sigmoid, _sigmoid_prime)
tanh = Activation("tanh", np.tanh, _tanh_prime)
relu = Activation("relu", _relu, _relu_prime)
identity = Activation("identity", np.positive, _identity_prime)
softmax = Activation("softmax", _softmax, _softmax_prime, elementwise=False)
# z for z > 0; below, 0.01 z (leaky ReLU) or exp(z) - 1 (ELU with alpha = 1).
leaky_relu = Activation("leaky_relu", _leaky_relu, _leaky_relu_prime)
elu = Activation("elu", _elu, _elu_prime)
# log(1 + exp(z)); z sigma(z); z Phi(z) with the normal distribution function, and its usual
# approximation by tanh.
softplus = Activation("softplus", _softplus, _softplus_prime)
silu = Activation("silu", _silu, _silu_prime)
gelu = Activation("gelu", _gelu, _gelu_prime)
gelu_tanh = Activation("gelu_tanh", _gelu_tanh, _gelu_tanh_prime)

_ALL = (sigmoid, tanh, relu, identity, softmax)
_ALL += (leaky_relu, elu, softplus, silu, gelu, gelu_tanh)
ACTIVATIONS = {each.name: each for each in _ALL}
