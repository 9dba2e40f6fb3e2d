"""What a cause is, and the step of the learner's program that it looks at."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from bpcourse.activations import Activation, softmax
from bpcourse.backprop import hidden_error, output_error
from bpcourse.costs import Cost
from bpcourse.network import Network, Trace


@dataclass(frozen=True)
class Cause:
    """A mistake.

    Attributes
    ----------
    name : str
        How it is called in ``diagnosis.cause``.
    equation : str
        "forward" or "bp1" to "bp4".
    title : str
        The mistake in a few words, for a table.
    sentence : str
        What is wrong, in a sentence.
    nudge : str
        The second hint: it points at the term.
    answer : str
        The third hint: what to write.
    predict : callable or None
        See the module. None for a mistake that shows over a whole mini-batch only.
    experiment : str
        How to tell this cause from another one with the same numbers.
    """

    name: str
    equation: str
    title: str
    sentence: str
    nudge: str
    answer: str
    predict: Callable | None = None
    experiment: str = ""


@dataclass(frozen=True)
class Line:
    """The numbers ``start + c * direction`` with a factor c that is to be found.

    ``accept(c)`` says whether a factor makes sense.
    """

    start: np.ndarray
    direction: np.ndarray
    accept: Callable


@dataclass(frozen=True)
class Recipe:
    """A forward pass, perhaps a wrong one.

    ``assumed`` are the activations that the learner's program uses; ``weights`` and ``biases`` turn
    the arrays of a layer into those that it uses; ``output`` replaces the output activation;
    ``network`` is all of it at once.
    """

    assumed: tuple[Activation, Activation] | None = None
    weights: Callable | None = None
    biases: Callable | None = None
    output: Callable | None = None
    network: Network | None = None


@dataclass(frozen=True)
class Step:
    """What a cause may use to predict the learner's numbers at layer l.

    Attributes
    ----------
    given : Network
        The network that the learner's program was called with.
    net : Network
        The network that it computes; another one if its forward pass is wrong.
    trace : Trace
        The learner's forward pass, with m examples.
    y : ndarray of shape (n_L, m)
    cost : Cost
    l : int
    delta : dict from layer to ndarray of shape (n_l, m)
        The learner's own errors of the later layers.
    gradients : dict from layer to ndarray of shape (m, n_l, n_{l-1})
        The learner's own gradients of the weights, of each example alone.
    decay : float
        The number that multiplies w in the gradient that was asked for; 0 without weight decay.
    biases : dict from layer to ndarray of shape (n_l, m)
        The learner's own gradients of the biases, of each example alone.
    """

    given: Network
    net: Network
    trace: Trace
    y: np.ndarray
    cost: Cost
    l: int
    delta: dict
    gradients: dict
    decay: float
    biases: dict

    @property
    def activation(self):
        """The activation of layer l."""
        return self.net.activations[self.l]

    @property
    def z(self):
        """The weighted inputs of layer l."""
        return self.trace.z[self.l]

    @property
    def a(self):
        """The activations of layer l."""
        return self.trace.a[self.l]

    @property
    def before(self):
        """The activations of layer l - 1."""
        return self.trace.a[self.l - 1]

    @cached_property
    def prime(self):
        """The derivatives of the activation; for softmax those of each output by its own z."""
        return (
            self.activation.prime(self.z) if self.activation.elementwise else self.a * (1 - self.a)
        )

    @cached_property
    def grad_a(self):
        """The gradient of the cost by the outputs."""
        return self.cost.gradient(self.a, self.y)

    @cached_property
    def back(self):
        """The error of layer l + 1, taken back through the weights."""
        return self.net.w[self.l + 1].T @ self.delta[self.l + 1]

    @property
    def penalty(self):
        """The penalty's part of the weights' gradient of layer l."""
        return self.decay * self.given.w[self.l]

    @cached_property
    def right(self):
        """The error of layer l, by BP1 or by BP2 from the learner's own error of layer l + 1."""
        if self.l == self.net.depth:
            return output_error(self.net, self.trace, self.y, self.cost)
        return hidden_error(self.net, self.trace, self.l, self.delta[self.l + 1])


def outer(delta, a):
    r"""Return :math:`\delta a^T` for each example: from (n, m) and (k, m) an array (m, n, k)."""
    return np.einsum("jm,km->mjk", delta, a)


def errors_by_weights(step, gradient):
    """Return the errors that give a gradient of the weights, if it is an outer product."""
    squares = (step.before**2).sum(axis=0)
    return np.einsum("mjk,km->jm", gradient, step.before) / np.where(squares, squares, 1)


def right_bp3(step, delta):
    """Return the gradients of the biases, one column per example."""
    return delta


def right_bp4(step, delta):
    """Return the gradients of the weights, one matrix per example."""
    return outer(delta, step.before) + step.penalty


def error_times(error, factor):
    return None if factor is None else error * factor


def layer_widths(step, *layers):
    """Return what a learner may have taken for the number of examples; 1 and 2 prove nothing."""
    return sorted({len(step.trace.a[l]) for l in layers} - {1, 2})


def divided_by_prime(error, step):
    if step.activation == softmax or (step.prime == 0).any():
        return None
    return error / step.prime
