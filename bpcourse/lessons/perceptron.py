r"""Learning before backpropagation: the perceptron rule and the delta rule, for a single unit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from bpcourse import _checks

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


@dataclass(frozen=True, eq=False)
class PerceptronRun:
    """What the perceptron rule did.

    Attributes
    ----------
    weights : ndarray of shape (epochs + 1, n_1 + 1)
        The weights after each epoch, the bias last; row 0 is the start.
    mistakes : ndarray of int, of shape (epochs,)
        Examples that were misclassified, and led to a change, in each epoch.
    learned : bool
        Whether the last epoch made no mistake.
    cycle : tuple of int or None
        Two epochs after which the weights are the same although mistakes were made between them:
        from there on the rule repeats itself for ever.
    """

    weights: np.ndarray
    mistakes: np.ndarray
    learned: bool
    cycle: tuple[int, int] | None


def perceptron_rule(x: ArrayLike, y: ArrayLike, *, epochs: int) -> PerceptronRun:
    r"""Train a perceptron: it fires where :math:`w \cdot x + b > 0`, and learns from mistakes.

    Every misclassified example changes the weights by :math:`(y - \text{output}) x`, and the bias
    by :math:`y - \text{output}`. The weights start at zero. Training stops after an epoch without
    a mistake, or when the weights return to what they were.

    Parameters
    ----------
    x : array_like of shape (n_1, m)
        One example per column; they are visited in this order.
    y : array_like of shape (1, m)
        Each 0 or 1.
    epochs : int
        How many at most.

    Returns
    -------
    PerceptronRun

    Raises
    ------
    ValueError
        Targets other than 0 and 1, or shapes that don't fit.

    Notes
    -----
    F. Rosenblatt, Psychological Review 65 (1958). Used in the book's chapter "One weight".

    Examples
    --------
    >>> x = [[0.0, 0.0, 1.0, 1.0], [0.0, 1.0, 0.0, 1.0]]
    >>> run = perceptron_rule(x, [[0.0, 0.0, 0.0, 1.0]], epochs=20)  # "and"
    >>> run.learned, len(run.mistakes), run.weights[-1]
    (True, 6, array([ 2.,  1., -2.]))
    """
    x, y = _check_batch(x, y)
    if not np.isin(y, (0, 1)).all():
        raise ValueError(f"y holds {np.unique(y)}, want only 0 and 1")
    inputs = np.vstack([x, np.ones(x.shape[1])]).T
    weights, mistakes, cycle = [np.zeros(inputs.shape[1])], [], None
    for _ in range(_checks.integer("epochs", epochs, minimum=1)):
        w, wrong = weights[-1], 0
        for example, target in zip(inputs, y[0], strict=True):
            error = target - (w @ example > 0)
            w, wrong = w + error * example, wrong + int(error != 0)
        weights.append(w)
        mistakes.append(wrong)
        cycle = _cycle(weights) if wrong else None
        if cycle or not wrong:
            break
    return PerceptronRun(np.array(weights), np.array(mistakes), not mistakes[-1], cycle)


def _cycle(weights):
    for epoch, earlier in enumerate(weights[:-1]):
        if np.array_equal(earlier, weights[-1]):
            return epoch, len(weights) - 1
    return None


def _check_batch(x, y):
    """Return x (n_1, m) and y (1, m) as arrays of one precision."""
    shape = np.shape(_checks.array_of("x", x))
    if len(shape) != 2:
        raise ValueError(f"x has shape {shape}, want (n_1, m): one example per column")
    x = _checks.columns("x", x, shape[0])
    y = _as_precise("y", y, x.dtype)
    y = _checks.columns("y", y, 1)
    if y.shape[1] != x.shape[1]:
        raise ValueError(f"x has {x.shape[1]} examples and y has {y.shape[1]}; want as many")
    return x, y


def _as_precise(name, value, dtype):
    """Return an array in the precision of ``dtype``; lists have none of their own."""
    if isinstance(value, np.ndarray):
        return _checks.floating(name, value, dtype)
    array = _checks.floating(name, value)
    if np.iscomplexobj(array):
        raise TypeError(f"{name} is {value!r}, want real numbers")
    return array.astype(dtype)


def delta_rule(
    x: ArrayLike, y: ArrayLike, *, eta: float, epochs: int, start: ArrayLike
) -> np.ndarray:
    r"""Train a linear unit :math:`w \cdot x` by the delta rule, example by example.

    Each example changes the weights by :math:`\eta (y - w \cdot x) x`: a step down the slope of
    its own quadratic cost. For one linear layer this is all that backpropagation does.

    Parameters
    ----------
    x : array_like of shape (n_1, m)
    y : array_like of shape (1, m)
    eta : float
    epochs : int
    start : array_like of shape (n_1,)

    Returns
    -------
    ndarray of shape (epochs + 1, n_1)
        The weights after each epoch; row 0 is the start.

    Raises
    ------
    ValueError, TypeError
        Shapes or precisions that don't fit, NaN or infinity, an eta that is not above 0.

    Notes
    -----
    B. Widrow and M. Hoff, IRE WESCON Convention Record (1960). Used in the book's chapter
    "One weight".

    Examples
    --------
    >>> weights = delta_rule([[0.0, 1.0, 2.0]], [[0.0, 2.0, 4.0]], eta=0.1, epochs=3, start=[3.0])
    >>> weights[:, 0].round(4)
    array([3.    , 2.54  , 2.2916, 2.1575])
    """
    x, y = _check_batch(x, y)
    eta = _checks.real("eta", eta, above=0)
    weights = [_as_precise("start", start, x.dtype)]
    if weights[0].shape != x.shape[:1]:
        raise ValueError(
            f"start has shape {weights[0].shape}, want ({len(x)},): one weight for each input"
        )
    for _ in range(_checks.integer("epochs", epochs, minimum=0)):
        w = weights[-1]
        with np.errstate(over="ignore", invalid="ignore"):  # refused just below
            for example, target in zip(x.T, y[0], strict=True):
                w = w + eta * (target - w @ example) * example
        _checks.finite(f"eta = {eta:g} is too large: the weights after epoch {len(weights)}", w)
        weights.append(w)
    return np.array(weights)
