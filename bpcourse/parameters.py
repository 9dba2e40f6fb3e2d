"""All weights and biases of a network, as one vector with named views."""

from __future__ import annotations

import numbers
from collections.abc import Iterable, Mapping, Sequence, Set
from itertools import pairwise
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from bpcourse import _checks

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from bpcourse.backprop import Gradient


class Parameters:
    r"""All weights and biases of a network in one vector, with a named view of each array.

    The vector holds w^2 row by row, then b^2, then w^3, b^3 and so on. ``w[l]`` and ``b[l]`` are
    views of it. It is read-only: a step of gradient descent makes new parameters,
    ``p - eta * g``.

    Parameters
    ----------
    sizes : sequence of int
        The widths n_1, ..., n_L of the layers.
    vector : array_like of shape (W,)
        All W parameters; copied.

    Attributes
    ----------
    sizes : tuple of int
    vector : ndarray of shape (W,)
    w : mapping from l = 2..L to ndarray of shape (n_l, n_{l-1})
    b : mapping from l = 2..L to ndarray of shape (n_l, 1)

    Raises
    ------
    ValueError
        Sizes that aren't two or more positive whole numbers, a vector of the wrong length, NaN or
        infinity (named: "w2[1,4] is nan").

    Examples
    --------
    >>> p = Parameters([2, 3, 1], np.linspace(0, 1.2, 13))
    >>> p.w[2]
    array([[0. , 0.1],
           [0.2, 0.3],
           [0.4, 0.5]])
    >>> p.name(5), p.w[2][2, 1] == p.vector[5]
    ('w2[2,1]', np.True_)
    >>> (p - 0.5 * p).b[3]
    array([[0.6]])
    """

    __slots__ = ("b", "sizes", "vector", "w")
    __array_ufunc__ = None  # np.float64(0.5) * p then asks p, instead of making an object array

    def __init__(self, sizes: Sequence[int], vector: ArrayLike) -> None:
        self.sizes = check_sizes(sizes)
        vector = _checks.array_of("vector", vector)
        array = np.array(vector)
        want = parameter_count(self.sizes)
        if array.shape != (want,):
            raise ValueError(
                f"vector has shape {array.shape}, want ({want},): "
                f"all weights and biases of a network {list(self.sizes)}"
            )
        self.vector = _checks.converted("vector", array)
        self._check_numbers()
        self.vector.flags.writeable = False
        self._make_views()

    @classmethod
    def _over(cls, sizes, vector):
        """Return parameters over ``vector`` itself: no copy, no check, and writable."""
        self = object.__new__(cls)
        self.sizes, self.vector = sizes, vector
        self._make_views()
        return self

    def _make_views(self):
        w, b, start = {}, {}, 0
        for l, (n_in, n_out) in enumerate(pairwise(self.sizes), start=2):
            middle, end = start + n_out * n_in, start + n_out * n_in + n_out
            w[l] = self.vector[start:middle].reshape(n_out, n_in)
            b[l] = self.vector[middle:end].reshape(n_out, 1)
            start = end
        self.w, self.b = MappingProxyType(w), MappingProxyType(b)

    def _check_numbers(self):
        bad = np.flatnonzero(~np.isfinite(self.vector))
        if bad.size:
            raise ValueError(
                f"{self.name(bad[0])} is {self.vector[bad[0]]} ({bad.size} of {self.vector.size} "
                "parameters are not finite); want finite numbers everywhere"
            )

    def name(self, index: int) -> str:
        """Return the name of one entry of the vector, such as ``"w2[1,4]"`` for w[2][1, 4].

        Rows and columns count from 0, as in the array.

        Raises
        ------
        IndexError
            An index outside 0..W-1.
        """
        rest = _checks.integer("index", index)
        if rest >= 0:
            for l, (n_in, n_out) in enumerate(pairwise(self.sizes), start=2):
                if rest < n_out * n_in:
                    return f"w{l}[{rest // n_in},{rest % n_in}]"
                rest -= n_out * n_in
                if rest < n_out:
                    return f"b{l}[{rest}]"
                rest -= n_out
        raise IndexError(f"index is {index}, want 0 to {self.vector.size - 1}")

    def _with(self, vector):
        vector.flags.writeable = False
        return Parameters._over(self.sizes, vector)

    def _other(self, other):
        if not isinstance(getattr(other, "vector", None), np.ndarray):
            raise TypeError(
                f"can't add {type(other).__name__} to parameters; want parameters or a gradient "
                "of the same network"
            )
        if other.sizes != self.sizes:
            raise ValueError(
                f"parameters of networks {list(self.sizes)} and {list(other.sizes)} don't add up; "
                "want the same sizes"
            )
        mine, others = self.vector.dtype, other.vector.dtype
        if np.finfo(mine).dtype != np.finfo(others).dtype:
            raise TypeError(
                f"parameters of dtype {mine} and {others} don't add up; want one precision. "
                "Convert a network with net.with_parameters(net.parameters.vector.astype(dtype))"
            )
        return other.vector

    def __add__(self, other: Parameters | Gradient) -> Parameters:
        return self._with(self.vector + self._other(other))

    def __sub__(self, other: Parameters | Gradient) -> Parameters:
        return self._with(self.vector - self._other(other))

    def __mul__(self, number: complex) -> Parameters:
        return self._with(self.vector * _scalar(number))

    __rmul__ = __mul__

    def __truediv__(self, number: complex) -> Parameters:
        return self._with(self.vector / _scalar(number))

    def __neg__(self) -> Parameters:
        return self._with(-self.vector)

    def __len__(self) -> int:
        return self.vector.size

    def __reduce__(self):
        return _restored, (self.sizes, self.vector)

    def __repr__(self):
        return f"<parameters of {list(self.sizes)}: {len(self):,} numbers, {self.vector.dtype}>"


def _restored(sizes, vector):
    # No check on the way out of a pickle: a gradient that overflowed must survive the trip.
    vector = vector.copy()
    vector.flags.writeable = False
    return Parameters._over(sizes, vector)


def parameter_count(sizes: Sequence[int]) -> int:
    """Return W, the number of weights and biases of a network.

    Parameters
    ----------
    sizes : sequence of int
        The widths n_1, ..., n_L of the layers.

    Returns
    -------
    int

    Raises
    ------
    ValueError, TypeError
        Sizes that aren't two or more positive whole numbers.

    Examples
    --------
    >>> parameter_count([784, 30, 10])
    23860
    """
    return sum(n_out * (n_in + 1) for n_in, n_out in pairwise(check_sizes(sizes)))


def check_sizes(sizes: Iterable[int]) -> tuple[int, ...]:
    if not np.iterable(sizes) or isinstance(sizes, str | Set | Mapping):  # sets have no order
        raise TypeError(f"sizes is {sizes!r}, want the width of every layer, such as [64, 30, 10]")
    sizes = tuple(_checks.integer("a layer size", n, minimum=1) for n in sizes)
    if len(sizes) < 2:
        raise ValueError(f"sizes is {list(sizes)}, want two layers or more, such as [64, 30, 10]")
    return sizes


def _scalar(number):
    # A Python float is a weak scalar: float32 parameters times it stay float32.
    if isinstance(number, np.ndarray) and number.shape == ():
        number = number[()]
    if not isinstance(number, numbers.Number):
        raise TypeError(
            f"parameters can be multiplied and divided by a number, not by {type(number).__name__};"
            " for products of their entries work on the .vector"
        )
    return complex(number) if np.iscomplexobj(number) else float(number)
