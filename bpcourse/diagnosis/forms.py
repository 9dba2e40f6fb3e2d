"""How a learner's function is called: the form of its arguments and of its result."""

import inspect
from dataclasses import dataclass, replace

import numpy as np


@dataclass(frozen=True)
class Convention:
    """The form in which a learner's function takes its arguments and returns its gradients.

    ``biases`` is False for a network without biases, None where that is still to be seen.
    """

    rows: bool = False
    biases_first: bool = False
    biases: bool | None = None

    def turned(self):
        """Return the convention with rows for columns, or columns for rows."""
        return replace(self, rows=not self.rows)

    def arguments(self, problem):
        """Return fresh copies of the weights, the biases, x and y, for the learner's function."""
        net = problem.net
        layers = range(2, net.depth + 1)
        weights = [self._turn(net.w[l]) for l in layers]
        biases = [np.array(net.b[l].ravel() if self.rows else net.b[l]) for l in layers]
        return weights, biases, self._turn(problem.x), self._turn(problem.y)

    def _turn(self, array):
        return np.array(array.T if self.rows else array, order="C")


def unfit_signature(function, arguments):
    """Return the signature of a function that can't take so many arguments, or None if it can."""
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):  # some functions in C have none
        return None
    try:
        signature.bind(*arguments)
    except TypeError:
        return signature
    return None
