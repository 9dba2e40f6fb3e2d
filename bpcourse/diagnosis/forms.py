"""How a learner's function is called: the form of its arguments and of its result."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np


@dataclass(frozen=True)
class Convention:
    """The form in which a learner's function takes its arguments and returns its gradients.

    ``biases`` is False for a network without biases, None where that is still to be seen.
    ``bias_rows`` hands biases over as (1, n) where an example is a row, ``vectors`` one example as
    vectors, ``labels`` the targets as whole numbers: for each example the output that is 1.
    """

    rows: bool = False
    biases_first: bool = False
    biases: bool | None = None
    bias_rows: bool = False
    vectors: bool = False
    labels: bool = False

    def turned(self):
        """Return the convention with rows for columns, or columns for rows."""
        return replace(self, rows=not self.rows)

    def arguments(self, problem):
        """Return fresh copies of the weights, the biases, x and y, for the learner's function."""
        net = problem.net
        layers = range(2, net.depth + 1)
        weights = [self._turn(net.w[l]) for l in layers]
        biases = [np.array(net.b[l].reshape(self._bias_shape(net.b[l].size))) for l in layers]
        y = _classes(problem.y) if self.labels else self._turn(problem.y)
        return weights, biases, self._example(self._turn(problem.x)), self._example(y)

    def _bias_shape(self, n):
        if self.vectors:
            return (n,)
        if self.rows:
            return (1, n) if self.bias_rows else (n,)
        return (n, 1)

    def _example(self, array):
        return array.ravel() if self.vectors and array.size and not self.labels else array

    def _turn(self, array):
        return np.array(array.T if self.rows else array, order="C")


def _classes(y):
    """Return the class of each example: the output whose target is 1, or the one target itself."""
    return y.argmax(axis=0) if len(y) > 1 else y[0].astype(int)


@dataclass(frozen=True)
class Form:
    """A program of another form, as a function that :func:`diagnose` calls.

    Attributes
    ----------
    function : callable
        ``function(weights, biases, x, y)``.
    name : str
        That of the learner's program.
    text : str
        How the form was made, for a line that can be typed.
    layers : int or None
        How many arrays of weights the program is written for; None for any number.
    sizes : tuple of int or None
        The widths that it has written in; None for any.
    rows : bool or None
        Whether an example is a row; None where that is not known.
    notes : tuple of str
        How it was understood.
    returns : tuple of str
        The names behind its ``return``.
    program : object
        The learner's own function or class.
    """

    function: Callable
    name: str
    text: str = ""
    layers: int | None = None
    sizes: tuple | None = None
    rows: bool | None = None
    notes: tuple = ()
    returns: tuple = ()
    program: object = None

    @property
    def __name__(self):
        """The name of the learner's program."""
        return self.name

    def __call__(self, weights, biases, x, y):
        """Return what the program returns."""
        return self.function(weights, biases, x, y)


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
