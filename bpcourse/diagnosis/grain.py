"""Whether derivatives were measured: what a formula gives is smooth, a difference is grainy.

Where the arguments move by far less than the numbers could show, the results of a formula move on a
straight line, but for rounding in the last digits. A difference of two values, divided by a small
distance h, makes that rounding 1/h times as large. Numbers computed in float32 do not move at all.
"""

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np

_STEP = 1e-11
# In units of the largest number: the rounding of a formula, of a difference, and of float32.
_FORMULA, _DIFFERENCE = 1e-13, 1e-5


def grain(numbers: Callable, arguments: tuple) -> float:
    """Return how far results are off a straight line, in units of the largest one.

    Parameters
    ----------
    numbers : callable
        ``numbers(*arguments)`` returns an array of floating-point numbers.
    arguments : tuple
        Arrays, numbers, and lists of them.

    Returns
    -------
    float
        NaN if the results are no such numbers.

    Examples
    --------
    >>> import numpy as np
    >>> h, z = 1e-6, np.linspace(-2, 2, 9)
    >>> def formula(z): return 1 - np.tanh(z) ** 2
    >>> def difference(z): return (np.tanh(z + h) - np.tanh(z - h)) / (2 * h)
    >>> [is_measured(grain(f, (z,))) for f in (formula, difference)]
    [False, True]
    """
    before, here, after = (
        np.asarray(numbers(*_moved(arguments, np.random.default_rng(0), step)), float)
        for step in (-_STEP, 0.0, _STEP)
    )
    if not before.shape == here.shape == after.shape or not np.isfinite(here).all():
        return math.nan
    scale = abs(here).max(initial=0)
    return float(abs(before - 2 * here + after).max(initial=0) / scale) if scale else 0.0


def is_measured(grain: float) -> bool:
    """Say whether a grain is that of a difference, and not of a formula."""
    return _FORMULA < grain < _DIFFERENCE


def digits(grain: float, came: np.ndarray, right: np.ndarray) -> int:
    """Return to how many digits differences are right; 0 if the grain is not that of one."""
    if not is_measured(grain) or not abs(right).any():
        return 0
    error = abs(came - right).max() / abs(right).max()
    return max(1, math.floor(-math.log10(max(error, grain))))


def note(digits: int) -> str:
    """Return what is said to a learner whose results are differences."""
    return (
        f"These are finite differences: right to about {digits} digits, but not backpropagation. "
        "Good for checking a derivative; as an answer, the formula is wanted."
    )


def grain_of_network(subject, problem) -> float:
    """Return the grain of the gradients of the output layer, of a learner's whole backpropagation.

    In the layers before, a sigma' that was measured shows as well.
    """

    def numbers(vector, x):
        moved = replace(problem, net=problem.net.with_parameters(vector), x=x)
        came, depth = subject(moved), problem.net.depth
        return np.concatenate(
            [np.ravel(a[depth]) for a in (came.w, came.b) if a[depth] is not None]
        )

    return grain(numbers, (problem.net.parameters.vector, problem.x))


def _moved(argument, rng, step):
    """Return arguments that are moved by a tiny part of themselves."""
    if isinstance(argument, np.ndarray) and argument.dtype.kind == "f":
        return argument * (1 + step * rng.choice([-1.0, 1.0], argument.shape))
    if isinstance(argument, list | tuple):
        return type(argument)(_moved(each, rng, step) for each in argument)
    return argument * (1 + step) if type(argument) is float else argument
