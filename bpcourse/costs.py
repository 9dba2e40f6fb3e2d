r"""Cost functions, and the output layers that each of them fits.

A :class:`Cost` has the value of a whole mini-batch, :math:`C = \frac{1}{m} \sum_x C_x`, and the
gradient of each example's cost by its output activations. The mean stands in the value and, on the
way back, in BP3 and BP4; it does not stand in the gradient here.

Two pairs are made for each other: sigmoid with cross-entropy, and softmax with log-likelihood. For
these the error of the output layer is simply :math:`\delta^L = a^L - y` (proved in the book's
chapter "Proofs of the four equations").
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps

import numpy as np

from bpcourse import _checks
from bpcourse._reading import guard
from bpcourse.activations import ACTIVATIONS, Activation, sigmoid, softmax


@dataclass(frozen=True)
class Cost:
    r"""A cost function with its gradient.

    Functions of your own only read a and y: one that writes into them is a ValueError.

    Parameters
    ----------
    name : str
        How the cost is called in messages and figures.
    value : callable
        ``value(a, y)``: the mean cost over a mini-batch, a number, from outputs a and targets y of
        shape (n_L, m).
    gradient : callable
        ``gradient(a, y)``: :math:`\nabla_a C_x`, of shape (n_L, m), one example per column.
    per_example : callable or None
        ``per_example(a, y)``: :math:`C_x` of each example, of shape (m,), where ``value`` is its
        mean. The fast finite differences need it.
    matched : Activation or None
        The output activation with which :math:`\delta^L = a^L - y`.
    outputs : tuple of Activation or None
        The built-in output activations that the cost fits; None for any.
    check_targets : callable or None
        ``check_targets(y)`` raises ValueError for targets that the cost can't take.
    """

    name: str
    value: Callable
    gradient: Callable
    per_example: Callable | None = None
    matched: Activation | None = None
    outputs: tuple[Activation, ...] | None = None
    check_targets: Callable | None = None

    def __post_init__(self):
        functions = ("value", "gradient", "per_example", "check_targets")
        guard(self, "cost", functions, "copies, a.copy() and y.copy()")

    def __repr__(self):
        return f"<cost {self.name}>"

    def __hash__(self):
        return hash(self.name)  # value may be an object without a hash


def _of_examples(function):
    """Let a function of a and y check that they have one shape and one precision."""

    @wraps(function)
    def of_examples(a, y):
        return function(*_checks.outputs_and_targets(a, y))

    return of_examples


def _of_probabilities(function):
    """Let a function of a and y check as well that both lie from 0 to 1.

    The values of the entropies need it. The algebra of their gradients holds beyond, and a
    diagnosis of wrong outputs relies on that.
    """

    @wraps(function)
    def of_probabilities(a, y):
        a, y = _checks.outputs_and_targets(a, y)
        _check_probabilities("a", a)
        _check_probabilities("y", y)
        return function(a, y)

    return of_probabilities


def _check_probabilities(name, array):
    real = array.real  # the complex step moves numbers off the real line
    if real.size and (real.min() < 0 or real.max() > 1):
        place = np.unravel_index(np.argmax(abs(real - 0.5)), real.shape)
        where = ", ".join(map(str, place))
        raise ValueError(
            f"{name}[{where}] is {real[place]:g}, want 0 to 1: the logarithms of this cost are of "
            "probabilities. For other numbers use bp.quadratic"
        )


def _mean(per_example, a, y):
    """Return C = (1/m) sum_x C_x."""
    costs = per_example(a, y)
    return costs.sum() / len(costs)


@_of_examples
def _quadratic(a, y):
    return ((a - y) ** 2).sum(axis=0) / 2


def _quadratic_value(a, y):
    return _mean(_quadratic, a, y)


@_of_examples
def _sse(a, y):
    return ((a - y) ** 2).sum(axis=0)


def _mse(a, y):
    return _sse(a, y) / len(a)


def _half_mse(a, y):
    return _quadratic(a, y) / len(a)


def _sse_value(a, y):
    return _mean(_sse, a, y)


def _mse_value(a, y):
    return _mean(_mse, a, y)


def _half_mse_value(a, y):
    return _mean(_half_mse, a, y)


@_of_examples
def _quadratic_gradient(a, y):
    return a - y


def _sse_gradient(a, y):
    return 2 * _quadratic_gradient(a, y)


def _mse_gradient(a, y):
    return _sse_gradient(a, y) / len(a)


def _half_mse_gradient(a, y):
    return _quadratic_gradient(a, y) / len(a)


def _times_log(factor, p):
    """Return factor * log(p) with 0 log 0 = 0; log 0 itself is -infinity, which is the truth."""
    with np.errstate(divide="ignore"):
        return factor * np.log(np.where(factor == 0, 1, p))


def _quotient(top, bottom):
    """Return top / bottom with 0/0 = 0, the limit where an output reaches its target."""
    with np.errstate(divide="ignore"):
        return top / np.where(top == 0, 1, bottom)


@_of_probabilities
def _cross_entropy(a, y):
    return -(_times_log(y, a) + _times_log(1 - y, 1 - a)).sum(axis=0)


def _cross_entropy_value(a, y):
    return _mean(_cross_entropy, a, y)


@_of_examples
def _cross_entropy_gradient(a, y):
    return _quotient(a - y, a * (1 - a))


@_of_probabilities
def _log_likelihood(a, y):
    return -_times_log(y, a).sum(axis=0)


def _log_likelihood_value(a, y):
    return _mean(_log_likelihood, a, y)


@_of_examples
def _log_likelihood_gradient(a, y):
    return _quotient(-y, a)


def _check_between_0_and_1(y):
    if (y < 0).any() or (y > 1).any():
        raise ValueError(
            f"y reaches from {y.min():g} to {y.max():g}; cross_entropy wants targets from 0 to 1. "
            "For other targets use bp.quadratic with bp.identity as the output"
        )


def _check_distributions(y):
    sums = y.sum(axis=0)
    tolerance = 8 * np.finfo(y.dtype).eps * y.shape[0]
    if (y < 0).any() or (abs(sums - 1) > tolerance).any():
        worst = int(np.argmax(abs(sums - 1)))
        raise ValueError(
            f"column {worst} of y sums to {sums[worst]:g}, the smallest entry of y is "
            f"{y.min():g}; log_likelihood wants each column to be a probability distribution, "
            "such as a one-hot column (bp.datasets.one_hot makes them from class labels)"
        )


quadratic = Cost("quadratic", _quadratic_value, _quadratic_gradient, _quadratic)
# The quadratic costs of other books and libraries, of n outputs, without the half or averaged over
# the outputs as well: (1/n) sum_j (a_j - y_j)^2, sum_j (a_j - y_j)^2, (1/2n) sum_j (a_j - y_j)^2.
mse = Cost("mse", _mse_value, _mse_gradient, _mse)
sse = Cost("sse", _sse_value, _sse_gradient, _sse)
half_mse = Cost("half_mse", _half_mse_value, _half_mse_gradient, _half_mse)
cross_entropy = Cost(
    "cross_entropy",
    _cross_entropy_value,
    _cross_entropy_gradient,
    _cross_entropy,
    matched=sigmoid,
    outputs=(sigmoid, softmax),
    check_targets=_check_between_0_and_1,
)
log_likelihood = Cost(
    "log_likelihood",
    _log_likelihood_value,
    _log_likelihood_gradient,
    _log_likelihood,
    matched=softmax,
    outputs=(softmax,),
    check_targets=_check_distributions,
)

COSTS = {each.name: each for each in (quadratic, cross_entropy, log_likelihood, mse, sse, half_mse)}


def check_fit(cost: Cost, activation: Activation) -> None:
    """Refuse a cost that makes no sense on the outputs of a built-in activation.

    Raises
    ------
    ValueError
        Cross-entropy needs outputs between 0 and 1, log-likelihood needs probabilities that sum
        to 1. An activation of your own is taken at its word.

    Examples
    --------
    >>> from bpcourse.activations import tanh
    >>> check_fit(cross_entropy, tanh)
    Traceback (most recent call last):
        ...
    ValueError: cost cross_entropy does not fit output activation tanh; it fits sigmoid, softmax
    """
    built_in = activation in ACTIVATIONS.values()
    if cost.outputs is not None and built_in and activation not in cost.outputs:
        fits = ", ".join(each.name for each in cost.outputs)
        raise ValueError(
            f"cost {cost.name} does not fit output activation {activation.name}; it fits {fits}"
        )
