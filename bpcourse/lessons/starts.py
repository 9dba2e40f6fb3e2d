r"""Many small networks that learn side by side: what a statistic over starts needs.

:class:`Starts` holds networks of one hidden layer, stacked along a first axis. A test compares it
with :func:`bpcourse.backprop`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from bpcourse import _checks
from bpcourse.activations import sigmoid
from bpcourse.network import Network
from bpcourse.parameters import check_sizes

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

__all__ = ["Starts"]


class Starts:
    r"""Many sigmoid networks of one hidden layer that learn side by side.

    The cost of each is :math:`E = \frac12 \sum_x \|y - a^3\|^2`, a sum over the examples. Biases
    are the last column of each weight array, as in the sources of these experiments.

    Parameters
    ----------
    w2 : array_like of shape (r, n_2, n_1 + 1)
    w3 : array_like of shape (r, n_3, n_2 + 1)
    eta : float
    momentum : float, or one for each network

    Raises
    ------
    ValueError, TypeError
        Shapes that don't fit, numbers out of range, arrays of another type than float64.

    Attributes
    ----------
    w2, w3 : ndarray
        The present weights; they change with every :meth:`step`.
    """

    def __init__(
        self,
        w2: ArrayLike,
        w3: ArrayLike,
        *,
        eta: float,
        momentum: float | Sequence[float] = 0.0,
    ) -> None:
        # In Fortran's order the networks lie side by side, and NumPy's inner loops run over them.
        self.w2, self.w3 = (
            np.array(_real(name, w), order="F") for name, w in (("w2", w2), ("w3", w3))
        )
        if (
            self.w2.ndim != 3
            or self.w3.ndim != 3
            or self.w3.shape[::2] != (len(self.w2), self.w2.shape[1] + 1)
        ):
            raise ValueError(
                f"w2 has shape {self.w2.shape} and w3 has shape {self.w3.shape}, want "
                "(r, n_2, n_1 + 1) and (r, n_3, n_2 + 1)"
            )
        self.eta = _checks.real("eta", eta, above=0)
        self.momentum = for_each("momentum", momentum, len(self.w2), minimum=0, below=1)
        self._moves = bool(np.any(self.momentum))
        self._v2, self._v3 = np.zeros_like(self.w2), np.zeros_like(self.w3)

    @classmethod
    def uniform(
        cls,
        seeds: Iterable[int],
        sizes: Sequence[int],
        *,
        init: float | Sequence[float],
        eta: float,
        momentum: float | Sequence[float] = 0.0,
    ) -> Starts:
        """Draw each network from its own seed: w2, then w3, uniform from -init to init."""
        if len(sizes := check_sizes(sizes)) != 3:
            raise ValueError(f"sizes are {sizes}, want three: input, hidden, output")
        n_1, n_2, n_3 = sizes
        given = list(seeds) if np.iterable(seeds) else []
        if not given:
            raise ValueError(f"seeds is {seeds!r}, want at least one, such as [0]")
        bounds = np.broadcast_to(
            np.ravel(for_each("init", init, len(given), minimum=0)), len(given)
        )
        rngs = [np.random.default_rng(_checks.integer("a seed", s, minimum=0)) for s in given]
        pairs = [
            (rng.uniform(-init, init, (n_2, n_1 + 1)), rng.uniform(-init, init, (n_3, n_2 + 1)))
            for rng, init in zip(rngs, bounds, strict=True)
        ]
        w2, w3 = zip(*pairs, strict=True)
        return cls(w2, w3, eta=eta, momentum=momentum)

    def forward(self, x: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
        """Return hidden and output activations, (r, n_2, m) and (r, n_3, m), for x (n_1, m)."""
        return self.run(with_one(self._inputs(x)))

    def _inputs(self, x):
        return _real("x", _checks.columns("x", x, self.w2.shape[2] - 1))

    def _patterns(self, x, y):
        """Return the inputs, with a last row of ones, and the targets: both checked."""
        x, y = self._inputs(x), _real("y", _checks.columns("y", y, self.w3.shape[1]))
        if x.shape[1] != y.shape[1]:
            raise ValueError(f"x has {x.shape[1]} examples and y has {y.shape[1]}; want as many")
        return with_one(x), y

    def run(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Do what :meth:`forward` does, unchecked, for inputs with a last row of ones."""
        hidden = _logistic(np.einsum("rjk,km->rjm", self.w2, x))
        return hidden, _logistic(np.einsum("rjk,rkm->rjm", self.w3, with_one(hidden)))

    def cost(self, x: ArrayLike, y: ArrayLike) -> np.ndarray:
        """Return E of each network, of shape (r,)."""
        x, y = self._patterns(x, y)
        return ((self.run(x)[1] - y) ** 2).sum(axis=(1, 2)) / 2

    def gradient(self, x: ArrayLike, y: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
        """Return the derivatives with respect to w2 and w3, by BP1 to BP4."""
        return self.slopes(*self._patterns(x, y))

    def slopes(self, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the gradient of every network r, for inputs x with a last row of ones."""
        hidden, output = self.run(x)
        delta3 = (output - y) * output * (1 - output)
        backward = np.einsum("rjk,rjm->rkm", self.w3[:, :, :-1], delta3)
        delta2 = backward * hidden * (1 - hidden)
        return (
            np.einsum("rjm,km->rjk", delta2, x),
            np.einsum("rjm,rkm->rjk", delta3, with_one(hidden)),
        )

    def step(self, x: ArrayLike, y: ArrayLike) -> None:
        """Move every network by one step on this batch."""
        self.move(*self._patterns(x, y))

    def move(self, x: np.ndarray, y: np.ndarray) -> None:
        """Do what :meth:`step` does, unchecked, for inputs with a last row of ones."""
        velocities = (self.w2, self._v2), (self.w3, self._v3)
        for gradient, (w, v) in zip(self.slopes(x, y), velocities, strict=True):
            gradient *= self.eta
            if self._moves:
                v *= self.momentum
                v -= gradient
                w += v
            else:
                w -= gradient

    def network(self, r: int) -> Network:
        """Return the r-th of them as a Network, counted from 0."""
        if (r := _checks.integer("r", r, minimum=0)) >= len(self.w2):
            raise ValueError(f"r is {r}, want less than {len(self.w2)}, the number of networks")
        return Network.from_arrays(
            [self.w2[r, :, :-1], self.w3[r, :, :-1]],
            [self.w2[r, :, -1], self.w3[r, :, -1]],
            [sigmoid, sigmoid],
        )


def for_each(
    name: str,
    value: float | Sequence[float],
    count: int,
    *,
    minimum: float | None = None,
    below: float | None = None,
) -> float | np.ndarray:
    """Return one number for all networks, or one for each as an array of shape (r, 1, 1)."""
    several = isinstance(value, list | tuple | np.ndarray) and getattr(value, "ndim", 1)
    if not several:
        return _checks.real(name, value, minimum=minimum, below=below)
    if len(value) != count:
        raise ValueError(f"{name} has {len(value)} numbers, want one for each of {count} networks")
    numbers = [
        _checks.real(f"{name}[{r}]", each, minimum=minimum, below=below)
        for r, each in enumerate(value)
    ]
    return np.array(numbers)[:, None, None]


def _real(name, value):
    """Return an array of float64 numbers, which a complex step would leave."""
    array = _checks.floating(name, value, np.float64)
    if array.dtype != np.float64:
        raise TypeError(f"{name} has dtype {array.dtype}, want float64")
    return array


def _logistic(z):
    """Return sigma(z) in the place of z. Where exp overflows, 1 / (1 + exp) is 0, and right."""
    np.negative(z, z)
    with np.errstate(over="ignore"):
        np.exp(z, z)
    z += 1
    return np.reciprocal(z, z)


def with_one(a: np.ndarray) -> np.ndarray:
    """Return activations with a last row of ones, the input that belongs to the biases."""
    extended = np.ones((*a.shape[:-2], a.shape[-2] + 1, a.shape[-1]), order="F")
    extended[..., :-1, :] = a
    return extended
