r"""The catalogue of mistakes in backpropagation, each with the numbers that it produces.

A :class:`Cause` belongs to one equation. Its ``predict`` computes what the learner's program
returns if this mistake, and no other, was made at this step: a cause is believed only if it
reproduces the learner's numbers. What it starts from are the learner's own earlier results, so that
one mistake does not smear over the steps that follow.

=========  =================================  ==================================
equation   ``predict``                        returns
=========  =================================  ==================================
forward    ``(net)``                          a :class:`Recipe` of the forward pass
bp1, bp2   ``(step)``                         :math:`\delta^l`, of shape (n_l, m)
bp3        ``(step, delta)``                  one gradient per example, (n_l, m)
bp4        ``(step, delta)``                  one gradient per example, (m, n_l, n_{l-1})
=========  =================================  ==================================

``predict`` may also return a list of such arrays, if the same mistake has several forms; a
:class:`Line`, the numbers up to one unknown factor, such as a learning rate, which is then fitted;
or None, where the arrays do not fit, so that the mistake can't be made here.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from bpcourse.activations import ACTIVATIONS, Activation, identity, relu, sigmoid, softmax, tanh
from bpcourse.backprop import hidden_error, output_error
from bpcourse.costs import COSTS, Cost, log_likelihood
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
    the arrays of a layer into those that it uses; ``output`` replaces the output activation.
    """

    assumed: tuple[Activation, Activation] | None = None
    weights: Callable | None = None
    biases: Callable | None = None
    output: Callable | None = None


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
        The learner's own gradients by the weights, of each example alone.
    decay : float
        The number that multiplies w in the gradient that was asked for; 0 without weight decay.
    biases : dict from layer to ndarray of shape (n_l, m)
        The learner's own gradients by the biases, of each example alone.
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

    @property
    def prime(self):
        """The derivatives of the activation; for softmax those of each output by its own z."""
        return (
            self.activation.prime(self.z) if self.activation.elementwise else self.a * (1 - self.a)
        )

    @property
    def grad_a(self):
        """The gradient of the cost by the outputs."""
        return self.cost.gradient(self.a, self.y)

    @property
    def back(self):
        """The error of layer l + 1, taken back through the weights."""
        return self.net.w[self.l + 1].T @ self.delta[self.l + 1]

    @property
    def penalty(self):
        """The penalty's part of the gradient by the weights of layer l."""
        return self.decay * self.given.w[self.l]

    @property
    def right(self):
        """The error of layer l, by BP1 or by BP2 from the learner's own error of layer l + 1."""
        if self.l == self.net.depth:
            return output_error(self.net, self.trace, self.y, self.cost)
        return hidden_error(self.net, self.trace, self.l, self.delta[self.l + 1])


def outer(delta, a):
    r"""Return :math:`\delta a^T` for each example: from (n, m) and (k, m) an array (m, n, k)."""
    return np.einsum("jm,km->mjk", delta, a)


def right_bp3(step, delta):
    """Return the gradients by the biases, one column per example."""
    return delta


def right_bp4(step, delta):
    """Return the gradients by the weights, one matrix per example."""
    return outer(delta, step.before) + step.penalty


# Formulas that learners use for the derivative, of z or of a.
_FORMULAS = {"sigmoid": lambda v: v * (1 - v), "tanh": lambda v: 1 - v**2}


def _formula_of_z(step):
    formula = _FORMULAS.get(step.activation.name)
    return None if formula is None else formula(step.z)


def _prime_of(step, array):
    return step.activation.prime(array) if step.activation.elementwise else None


def _other_primes(step):
    """Return sigma' of every other built-in activation, taken of z, or by its formula of a."""
    primes = [each.prime(step.z) for each in (sigmoid, tanh, relu) if each != step.activation]
    primes += [f(step.a) for name, f in _FORMULAS.items() if name != step.activation.name]
    return [prime for prime in primes if prime.any()]  # what is 0 everywhere explains nothing


def _times(error, factor):
    return None if factor is None else error * factor


def _other_cost(step):
    """Return the output errors that the other costs have with this output activation."""
    errors = []
    for other in COSTS.values():
        fits = other.outputs is None or step.activation in other.outputs
        if other != step.cost and fits and not (other == log_likelihood and _sums_differ(step.y)):
            errors.append(output_error(step.net, step.trace, step.y, other))
    return errors


def _sums_differ(y):
    return not np.allclose(y.sum(axis=0), 1)


def _softmax_as_sigmoid(step):
    return (step.a - step.y) * step.prime if step.activation == softmax else None


def _softmax_diagonal(step):
    return step.grad_a * step.prime if step.activation == softmax else None


def _extra_prime(step):
    matched = step.cost.matched == step.activation and step.activation != softmax
    return (step.a - step.y) * step.prime if matched else None


def _prime_squared(step):
    # With its matched cost the second sigma' is the first one: see extra_prime.
    plain = step.activation.elementwise and step.cost.matched != step.activation
    return step.grad_a * step.prime**2 if plain else None


def _without_prime(step):
    if step.activation == softmax or step.activation == identity:
        return None
    return step.grad_a


def _gradient_over_outputs(step):
    n = len(step.y)
    return [step.right / n, 2 * step.right / n] if n > 1 else None


def _bp1(*arguments, **options):
    return Cause(arguments[0], "bp1", *arguments[1:], **options)


BP1 = [
    _bp1(
        "missing_prime",
        "sigma' is missing",
        "The factor sigma'(z^L) is missing: the error came as the gradient of the cost alone.",
        "BP1 has two factors. Find the line of each.",
        "Multiply the gradient of the cost by sigma'(z^L), element by element.",
        _without_prime,
        "Compute your cost for the output 0.5 and the target 1. If it is 0.125, the cost is "
        "quadratic, and sigma' is missing. If it is 0.693, the cost is cross-entropy, and only its "
        "name has to change.",
    ),
    _bp1(
        "extra_prime",
        "sigma' where the cost has cancelled it",
        "The error is (a - y) sigma'(z), but with cross-entropy and sigmoid sigma' cancels: the "
        "error is a - y.",
        "Work out the gradient of your cost by a, then multiply by sigma'(z). What is left?",
        "With cross-entropy and sigmoid outputs write delta = a - y.",
        _extra_prime,
        "Compute your cost for the output 0.5 and the target 1. If it is 0.693, the cost is "
        "cross-entropy, and sigma' is too much. If it is 0.125, the cost is quadratic, and only "
        "its name has to change.",
    ),
    _bp1(
        "other_cost",
        "the derivative of another cost",
        "The error is that of another cost function than the one that was asked for.",
        "Which cost does your output error belong to? Differentiate your cost on paper.",
        "Either use the gradient of the cost that was asked for, or pass the cost that you mean: "
        'cost="quadratic", "cross_entropy" or "log_likelihood".',
        _other_cost,
    ),
    _bp1(
        "prime_of_a",
        "sigma' of a instead of z",
        "sigma' was taken at the activation a^L instead of at the weighted input z^L.",
        "Of which variable is sigma' a function in BP1?",
        "Write sigma'(z^L). A formula in terms of a, such as a (1 - a), takes a; a function that "
        "applies sigma first takes z.",
        lambda step: _times(step.grad_a, _prime_of(step, step.a)),
    ),
    _bp1(
        "formula_of_z",
        "the formula for a, applied to z",
        "The formula for the derivative in terms of a was applied to z.",
        "Your derivative function takes a, or z: which of the two do you hand to it?",
        "sigma'(z) = a (1 - a) for the sigmoid, 1 - a^2 for tanh: put in a = sigma(z), not z.",
        lambda step: _times(step.grad_a, _formula_of_z(step)),
    ),
    _bp1(
        "function_for_derivative",
        "sigma instead of sigma'",
        "The error was multiplied by sigma(z^L) instead of sigma'(z^L).",
        "Which function do you call on z^L here?",
        "Multiply by the derivative sigma'(z^L).",
        lambda step: None if step.activation == softmax else step.grad_a * step.a,
    ),
    _bp1(
        "half_of_formula",
        "1 - a instead of a (1 - a)",
        "The error was multiplied by 1 - a: one of the two factors of a (1 - a) is missing.",
        "What is the derivative of the sigmoid at z = 0? What do you get there?",
        "Multiply by a (1 - a).",
        lambda step: step.grad_a * (1 - step.a) if step.activation == sigmoid else None,
    ),
    _bp1(
        "wrong_activation_prime",
        "the derivative of another activation",
        "The output was computed with one activation function, sigma' belongs to another one.",
        "Compare the activation of the output layer in the forward pass and on the way back.",
        "Take the derivative of the activation that the output layer uses.",
        lambda step: (
            None
            if step.activation == softmax
            else [step.grad_a * prime for prime in _other_primes(step)]
        ),
    ),
    _bp1(
        "prime_twice",
        "sigma' twice",
        "The factor sigma'(z^L) stands twice.",
        "Count how often sigma' is multiplied between the cost and delta^L.",
        "Multiply by sigma'(z^L) once.",
        _prime_squared,
    ),
    _bp1(
        "division",
        "division where the gradient multiplies",
        "The gradient of the cost was divided by sigma'(z^L); BP1 multiplies.",
        "Which operation joins the two factors of BP1?",
        "Multiply by sigma'(z^L).",
        lambda step: _divided(step.grad_a, step),
    ),
    _bp1(
        "softmax_as_sigmoid",
        "softmax treated as a sigmoid",
        "The error was multiplied by a (1 - a), as if each softmax output had a neuron of its own. "
        "Softmax outputs depend on all z; with log-likelihood all its derivatives add up to a - y.",
        "What is the derivative of one softmax output by the z of another one?",
        "With softmax and log-likelihood write delta = a - y.",
        _softmax_as_sigmoid,
    ),
    _bp1(
        "softmax_missing",
        "no derivative of the softmax",
        "The error came as the gradient of the cost by the outputs, -y/a: the derivatives of the "
        "softmax are missing.",
        "Between the cost and z lies the softmax. Which line takes the error back through it?",
        "With softmax and log-likelihood write delta = a - y.",
        lambda step: step.grad_a if step.activation == softmax else None,
    ),
    _bp1(
        "softmax_diagonal",
        "only the diagonal of softmax's derivatives",
        "Each softmax output was differentiated by its own z alone, but it depends on all of them.",
        "Does one z of the output layer change the other softmax outputs?",
        "Sum over all outputs, each differentiated by this z. With log-likelihood this is a - y.",
        _softmax_diagonal,
    ),
    _bp1(
        "cost_for_gradient",
        "the cost instead of its derivative",
        "The squared difference stands where its derivative belongs.",
        "What is the derivative of (a - y)^2 / 2 by a?",
        "Take a - y, the derivative, not the square.",
        lambda step: [(step.a - step.y) ** 2 * step.prime * c for c in (1, 0.5)],
    ),
    _bp1(
        "absolute_error",
        "the sign of each error is lost",
        "The error came as |a - y|: outputs that are too small are pushed the wrong way.",
        "What sign has the error of an output that is smaller than its target?",
        "Leave out the absolute value.",
        lambda step: abs(step.right),
    ),
    _bp1(
        "sign",
        "the sign",
        "The error has the wrong sign: y - a in place of a - y, or a stray minus.",
        "An output is larger than its target. Which sign has its error?",
        "Write a - y, if the step is w - eta * gradient.",
        lambda step: -step.right,
    ),
    _bp1(
        "factor_2",
        "a factor 2",
        "The error is twice what it should be.",
        "Differentiate your cost once more. Does a 2 remain?",
        "Leave out the 2. The quadratic cost here is (a - y)^2 / 2: its derivative is a - y.",
        lambda step: 2 * step.right,
    ),
    _bp1(
        "factor_half",
        "a factor 1/2",
        "The error is half of what it should be.",
        "Differentiate your cost once more. Does a 1/2 remain?",
        "Leave out the 1/2. In (a - y)^2 / 2 the square brings a 2 that cancels it.",
        lambda step: step.right / 2,
    ),
    _bp1(
        "mean_over_outputs",
        "a mean over the outputs",
        "The cost was averaged over the output neurons as well: the cost of an example is their "
        "sum.",
        "Over how many numbers does your cost take the mean: examples, or examples times outputs?",
        "Divide by the number of examples, not by the number of all entries.",
        _gradient_over_outputs,
    ),
]


def _divided(error, step):
    if step.activation == softmax or (step.prime == 0).any():
        return None
    return error / step.prime


def _divided_back(step):
    """Return the error divided by sigma', and the one divided by each weight."""
    by_weights = (1 / step.net.w[step.l + 1]).T @ step.delta[step.l + 1] * step.prime
    return [_divided(step.back, step), by_weights]


def _wrong_layer_primes(step):
    """Return the error with sigma' taken in another layer of the same width."""
    z, a = step.trace.z, step.trace.a
    primes = [step.activation.prime(place) for l, place in z.items() if l != step.l]
    primes += [step.activation.prime(a[step.l - 1])]
    formula = _FORMULAS.get(step.activation.name)
    primes += [formula(place) for l, place in a.items() if formula and l != step.l]
    return [step.back * prime for prime in primes if prime.shape == step.z.shape]


def _no_transpose(step):
    w, delta = step.net.w[step.l + 1], step.delta[step.l + 1]
    return w @ delta * step.prime if w.shape[0] == w.shape[1] else None


def _wrong_weights(step):
    w, delta = step.net.w[step.l], step.delta[step.l + 1]
    options = []
    if w.shape == (len(delta), len(step.z)):
        options.append(w.T @ delta * step.prime)
    if w.shape == (len(step.z), len(delta)):
        options.append(w @ delta * step.prime)
    return options


def _updated_weights(step):
    """Return the error taken back through w - eta * gradient, with eta to be found.

    The gradient is the learner's own, or the right one, where another line returns a wrong one.
    """
    delta = step.delta[step.l + 1]
    own, right = step.gradients[step.l + 1], right_bp4(replace(step, l=step.l + 1), delta)
    changes = [np.einsum("mjk,jm->km", each, delta) * step.prime for each in (own, right)]
    changes = changes[:1] if np.allclose(*changes) else changes
    return [Line(step.right, -change, lambda eta: eta > 0) for change in changes]


def _delta_of_later_layer(step):
    w, later = step.net.w[step.l + 1], step.delta.get(step.l + 2)
    if later is None or len(later) != len(w):
        return None
    return w.T @ later * step.prime


def _one_neuron(step):
    """Return the error in which the sum over layer l + 1 keeps one term only."""
    w, delta = step.net.w[step.l + 1], step.delta[step.l + 1]
    return [np.outer(w[j], delta[j]) * step.prime for j in (-1, 0)] if len(w) > 1 else None


def _prime_in_wrong_place(step):
    """Return errors that were multiplied by sigma' elsewhere: at z^{l+1}, or at the error."""
    w, delta, z = step.net.w[step.l + 1], step.delta[step.l + 1], step.trace.z[step.l + 1]
    activations = (step.activation, step.net.activations[step.l + 1])
    errors = [w.T @ (delta * each.prime(z)) for each in activations if each.elementwise]
    if step.activation == relu:
        errors.append(step.back * (step.back > 0))
    return errors


def _bp2(*arguments, **options):
    return Cause(arguments[0], "bp2", *arguments[1:], **options)


BP2 = [
    _bp2(
        "missing_prime",
        "sigma' is missing",
        "The factor sigma'(z^l) is missing: the error came back through the weights, no further.",
        "BP2 has three factors. Which of them has no counterpart in your line?",
        "Multiply by sigma'(z^l), element by element, after the product with the weights.",
        lambda step: None if step.activation == identity else step.back,
    ),
    _bp2(
        "prime_of_a",
        "sigma' of a instead of z",
        "sigma' was taken at the activation a^l instead of at the weighted input z^l.",
        "Of which variable is sigma' a function in BP2?",
        "Write sigma'(z^l). A formula in terms of a, such as a (1 - a), takes a; a function that "
        "applies sigma first takes z.",
        lambda step: step.back * step.activation.prime(step.a),
    ),
    _bp2(
        "formula_of_z",
        "the formula for a, applied to z",
        "The formula for the derivative in terms of a was applied to z.",
        "Your derivative function takes a, or z: which of the two do you hand to it?",
        "sigma'(z) = a (1 - a) for the sigmoid, 1 - a^2 for tanh: put in a = sigma(z), not z.",
        lambda step: _times(step.back, _formula_of_z(step)),
    ),
    _bp2(
        "prime_of_wrong_layer",
        "sigma' of another layer",
        "sigma' was taken in another layer than the one whose error is computed.",
        "The error of layer l is computed. In which layer do you take z?",
        "Take z^l, the weighted input of the layer whose error you are computing. Check the index "
        "of the list: z has no entry for the input layer.",
        _wrong_layer_primes,
    ),
    _bp2(
        "no_transpose",
        "the transpose is missing",
        "The weights were not transposed on the way back. With layers of equal width the product "
        "exists all the same.",
        "Error goes from layer l+1 to layer l. Which shape must the matrix have that takes it "
        "there?",
        "Multiply by the transpose of w^{l+1}.",
        _no_transpose,
    ),
    _bp2(
        "wrong_weights",
        "the weights of another layer",
        "The error went back through w^l instead of w^{l+1}.",
        "Which matrix lies between layer l and layer l+1?",
        "Use the weights out of layer l, w^{l+1}. Check the index of the list.",
        _wrong_weights,
    ),
    _bp2(
        "function_for_derivative",
        "sigma instead of sigma'",
        "The error was multiplied by sigma(z^l) instead of sigma'(z^l).",
        "Which function do you call on z^l here?",
        "Multiply by the derivative sigma'(z^l).",
        lambda step: step.back * step.a,
    ),
    _bp2(
        "half_of_formula",
        "1 - a instead of a (1 - a)",
        "The error was multiplied by 1 - a: one of the two factors of a (1 - a) is missing.",
        "What is the derivative of the sigmoid at z = 0? What do you get there?",
        "Multiply by a (1 - a).",
        lambda step: step.back * (1 - step.a) if step.activation == sigmoid else None,
    ),
    _bp2(
        "wrong_activation_prime",
        "the derivative of another activation",
        "The layer was computed with one activation function, sigma' belongs to another one.",
        "Compare the activation of this layer in the forward pass and on the way back.",
        "Take the derivative of the activation that the layer uses.",
        lambda step: [step.back * prime for prime in _other_primes(step)],
    ),
    _bp2(
        "mask_in_wrong_place",
        "sigma' in the wrong place",
        "sigma' was not applied to the error of layer l at z^l: it masks or scales another array.",
        "The order in BP2 is: back through the weights, then times sigma'. At which z?",
        "First compute the product of the transposed weights with delta^{l+1}, then multiply by "
        "sigma'(z^l), with the z of the forward pass.",
        _prime_in_wrong_place,
    ),
    _bp2(
        "prime_twice",
        "sigma' twice",
        "The factor sigma'(z^l) stands twice.",
        "Count how often sigma' is multiplied on the way from layer l+1 to layer l.",
        "Multiply by sigma'(z^l) once.",
        lambda step: None if step.activation in (identity, relu) else step.back * step.prime**2,
    ),
    _bp2(
        "division",
        "division where the gradient multiplies",
        "BP2 is a product. Here one of its factors, the weights or sigma'(z^l), is a divisor.",
        "Which operation joins the factors of BP2?",
        "Multiply delta^{l+1} by the transposed weights, and by sigma'(z^l).",
        _divided_back,
    ),
    _bp2(
        "delta_of_later_layer",
        "the error of a later layer",
        "The error of layer l+2 went back instead of that of layer l+1: delta is not renewed on "
        "the way.",
        "After one step back, which delta does the next step start from?",
        "Assign the new delta to the variable that the next step reads.",
        _delta_of_later_layer,
    ),
    _bp2(
        "last_term_only",
        "= where += belongs",
        "Only one neuron of layer l+1 sends its error back: the sum over its neurons keeps a "
        "single term.",
        "A neuron feeds all neurons of the next layer. What happens to their contributions?",
        "Add the contributions up: += in the loop, not =.",
        _one_neuron,
    ),
    _bp2(
        "no_weights",
        "the weights are missing",
        "The errors of layer l+1 were added up without their weights.",
        "Does a neuron with a small weight get as much blame as one with a large weight?",
        "Multiply by the transpose of w^{l+1}.",
        lambda step: step.delta[step.l + 1].sum(axis=0) * step.prime,
    ),
    _bp2(
        "updated_weights",
        "weights already updated",
        "The weights were updated before the error went back through them: BP2 needs the weights "
        "of the forward pass.",
        "When is w^{l+1} changed, and when is it read for the last time?",
        "Compute all deltas with the old weights first. Update at the end.",
        _updated_weights,
    ),
    _bp2(
        "sign",
        "the sign",
        "The sign changes on the way back from layer l+1 to layer l.",
        "Is there a minus in BP2?",
        "Remove the minus: the sign comes from BP1 alone.",
        lambda step: -step.right,
    ),
    _bp2(
        "factor_2",
        "a factor 2",
        "The error doubles on the way back.",
        "Which factors stand in BP2?",
        "Remove the 2: it belongs to the cost, if anywhere.",
        lambda step: 2 * step.right,
    ),
    _bp2(
        "factor_half",
        "a factor 1/2",
        "The error is halved on the way back.",
        "Which factors stand in BP2?",
        "Remove the 1/2: it belongs to the cost, if anywhere.",
        lambda step: step.right / 2,
    ),
    _bp2(
        "mean_over_neurons",
        "a mean over the neurons of layer l+1",
        "The errors of layer l+1 were averaged; BP2 adds them up.",
        "Is it the sum or the mean of the contributions that reaches a neuron?",
        "Take the sum: a plain product with the transposed weights.",
        lambda step: step.right / len(step.delta[step.l + 1]),
    ),
]


def _of_other_layers(step, right, errors):
    """Return the gradients of the other layers, where these have the shape of this one's."""
    shape = step.net.w[step.l].shape
    return [
        right(replace(step, l=l), error)
        for l, error in errors.items()
        if l != step.l and step.net.w[l].shape == shape
    ]


def _errors_by_weights(step):
    """Return the errors of all layers; those of earlier ones as the gradients have them."""
    errors = {}
    for l, gradient in step.gradients.items():
        a = step.trace.a[l - 1]
        squares = (a**2).sum(axis=0)
        data = gradient - replace(step, l=l).penalty
        errors[l] = np.einsum("mjk,km->jm", data, a) / np.where(squares, squares, 1)
    return {**errors, **step.delta}


_OWN_PLACE = (
    "Put the gradient of layer l at the place of layer l, in an array of its own: [array] * 3 is a "
    "list of one array three times."
)

_PRINT_DELTA = (
    "Print delta^l for one example, and work it out by hand: if it is right, the mistake stands in "
    "the line of this gradient."
)


def _before_prime(step, delta):
    """Return the error of a hidden layer before sigma': as BP2 has it, and as delta^l has it."""
    if step.l == step.net.depth or step.activation == identity:
        return []
    return [step.back] if (step.prime == 0).any() else [step.back, delta / step.prime]


def _bp3(*arguments, **options):
    return Cause(arguments[0], "bp3", *arguments[1:], **options)


def _parameters_after_step(array, gradient):
    """Return the parameters after a step against the gradient, with the rate to be found."""
    return Line(np.broadcast_to(array, gradient.shape), -gradient, lambda eta: eta > 0)


_STEP_TAKEN = (
    "step_taken",
    "updated parameters instead of a gradient",
    "Not the gradient came back but the parameters after a step against it.",
    "Subtract from what you return what you were given. What is left?",
    "Return the gradient alone, and take the step outside this function.",
)

BP3 = [
    _bp3(
        *_STEP_TAKEN,
        lambda step, delta: _parameters_after_step(step.given.b[step.l], delta),
    ),
    _bp3(
        "zero",
        "stays zero",
        "The gradient by the biases is zero: the array is made, and never filled.",
        "Where is the gradient by the biases assigned?",
        "Assign delta^l to it, averaged over the mini-batch.",
        lambda step, delta: 0 * delta,
    ),
    _bp3(
        "sign",
        "the sign",
        "The gradient by the biases has the wrong sign.",
        "Compare the line with the one for the weights.",
        "It is delta^l itself, without a minus.",
        lambda step, delta: -delta,
        _PRINT_DELTA,
    ),
    _bp3(
        "factor_2",
        "a factor 2",
        "The gradient by the biases is twice what it should be.",
        "Which factors stand in BP3?",
        "It is delta^l itself.",
        lambda step, delta: 2 * delta,
        _PRINT_DELTA,
    ),
    _bp3(
        "factor_half",
        "a factor 1/2",
        "The gradient by the biases is half of what it should be.",
        "Which factors stand in BP3?",
        "It is delta^l itself.",
        lambda step, delta: delta / 2,
        _PRINT_DELTA,
    ),
    _bp3(
        "neurons_summed",
        "summed over the neurons",
        "The errors were added up over the neurons of the layer. BP3 averages over the examples, "
        "and keeps one number per neuron.",
        "Along which axis do the examples lie, along which the neurons?",
        "One number per neuron must remain: take the mean along the axis of the examples.",
        lambda step, delta: (
            [
                np.broadcast_to(delta.sum(axis=0), delta.shape),
                np.broadcast_to(delta.mean(axis=0), delta.shape),
            ]
            if len(delta) > 1
            else None
        ),
    ),
    _bp3(
        "mean_over_neurons",
        "divided by the number of neurons",
        "The gradient by the biases was divided by a number of neurons or inputs. The mean is over "
        "examples.",
        "By which axis of which array do you divide?",
        "Divide by m, the number of examples, and by nothing else.",
        lambda step, delta: [delta / n for n in _widths(step, 1, step.l)],
    ),
    _bp3(
        "prime_twice",
        "sigma' once more",
        "delta^l was multiplied by sigma'(z^l) once more.",
        "delta^l holds sigma' already.",
        "It is delta^l itself.",
        lambda step, delta: None if step.activation in (identity, relu) else delta * step.prime,
    ),
    _bp3(
        "missing_prime",
        "delta before sigma'",
        "The gradient by the biases was taken from the error before it was multiplied by sigma'.",
        "In which line does delta^l become complete?",
        "Take delta^l after the multiplication by sigma'(z^l).",
        _before_prime,
    ),
    _bp3(
        "decay_on_biases",
        "weight decay on the biases",
        "The penalty was added to the gradient by the biases; biases are not decayed.",
        "Over which parameters does the penalty sum?",
        "Leave the biases out of the penalty.",
        lambda step, delta: Line(delta, step.given.b[step.l], lambda c: abs(c) > 1e-9),
    ),
    _bp3(
        "other_layer",
        "the gradient of another layer",
        "At this place of the list stands the gradient of another layer.",
        "Print the whole list. Does each layer have an array of its own?",
        _OWN_PLACE,
        lambda step, delta: _of_other_layers(step, right_bp3, _errors_by_weights(step)),
    ),
]


def _bp4(*arguments, **options):
    return Cause(arguments[0], "bp4", *arguments[1:], **options)


def _with_decay(step, gradient):
    """Return a wrong gradient of the data with the right penalty, or None for a wrong shape."""
    fits = gradient.shape[1:] == step.penalty.shape
    return gradient + step.penalty if fits else None


def _outer_with(step, delta, arrays):
    options = [_with_decay(step, outer(delta, array)) for array in arrays if array is not None]
    return [each for each in options if each is not None]


def _other_activations(step, delta):
    others = [step.trace.a[k] for k in step.trace.a if k != step.l - 1]
    return _outer_with(step, delta, others)


def _before_activation(step, delta):
    if step.l == 2 or step.net.activations[step.l - 1] == identity:
        return None
    return _outer_with(step, delta, [step.trace.z[step.l - 1]])


def _prime_of_before(step, delta):
    if step.l == 2:
        return None
    return _outer_with(
        step, delta, [step.net.activations[step.l - 1].prime(step.trace.z[step.l - 1])]
    )


def _divided_by_a(step, delta):
    if (step.before == 0).any():
        return None
    return _outer_with(step, delta, [1 / step.before])


def _scaled(factor):
    return lambda step, delta: _with_decay(step, factor * outer(delta, step.before))


def _widths(step, *layers):
    """Return what a learner may have taken for the number of examples; 1 and 2 prove nothing."""
    return sorted({len(step.trace.a[l]) for l in layers} - {1, 2})


def _by_neurons(step, delta):
    gradient = outer(delta, step.before)
    widths = _widths(step, 1, step.l - 1, step.l)
    return [_with_decay(step, gradient / n) for n in widths]


def _decay_line(step, delta):
    return Line(
        outer(delta, step.before),
        step.given.w[step.l],
        lambda c: abs(c) > 1e-9,
    )


BP4 = [
    _bp4(
        *_STEP_TAKEN,
        lambda step, delta: _parameters_after_step(step.given.w[step.l], right_bp4(step, delta)),
    ),
    _bp4(
        "decay_missing",
        "weight decay is missing",
        "The penalty does not appear in the gradient by the weights.",
        "The cost has two terms. Differentiate the second one by a weight.",
        "Add lambda/n times w to the gradient by the weights.",
        lambda step, delta: outer(delta, step.before) if step.decay else None,
    ),
    _bp4(
        "zero",
        "stays zero",
        "The gradient by the weights is zero: the array is made, and never filled.",
        "Where is the gradient by the weights assigned?",
        "Assign the product of delta^l with the transposed a^{l-1} to it.",
        lambda step, delta: np.zeros((delta.shape[1], *step.net.w[step.l].shape)),
    ),
    _bp4(
        "transposed",
        "the transposed outer product",
        "The outer product stands the wrong way round: row j, column k holds the derivative by "
        "w_kj.",
        "Which shape has w^l? Which shape has your product?",
        "delta^l is the column on the left, a^{l-1} the row on the right.",
        lambda step, delta: _with_decay(step, np.swapaxes(outer(delta, step.before), 1, 2)),
    ),
    _bp4(
        "before_activation",
        "z where a belongs",
        "The weighted input z^{l-1} stands in place of the activation a^{l-1}.",
        "What goes through the weights of layer l in the forward pass?",
        "Use a^{l-1} = sigma(z^{l-1}).",
        _before_activation,
    ),
    _bp4(
        "prime_for_activation",
        "sigma' where a belongs",
        "sigma'(z^{l-1}) stands in place of the activation a^{l-1}.",
        "What goes through the weights of layer l in the forward pass?",
        "Use a^{l-1} = sigma(z^{l-1}).",
        _prime_of_before,
    ),
    _bp4(
        "a_of_wrong_layer",
        "a of another layer",
        "The activation of another layer stands in place of a^{l-1}.",
        "Between which two layers do the weights w^l lie?",
        "Use the activation of the layer before, a^{l-1}. Check the index of the list: a has an "
        "entry for the input layer.",
        _other_activations,
    ),
    _bp4(
        "division",
        "division where the gradient multiplies",
        "delta^l was divided by a^{l-1}; BP4 multiplies.",
        "A neuron that is nearly silent: does its weight get a large gradient, or a small one?",
        "Multiply delta^l by a^{l-1}.",
        _divided_by_a,
    ),
    _bp4(
        "times_weights",
        "multiplied by the weights",
        "The gradient by the weights was multiplied by the weights.",
        "Does w^l itself stand in BP4?",
        "Leave w^l out: delta^l times a^{l-1} is all.",
        lambda step, delta: outer(delta, step.before) * step.net.w[step.l],
    ),
    _bp4(
        "prime_twice",
        "sigma' once more",
        "delta^l was multiplied by sigma'(z^l) once more.",
        "delta^l holds sigma' already.",
        "It is delta^l times a^{l-1}.",
        lambda step, delta: (
            None
            if step.activation in (identity, relu)
            else _with_decay(step, outer(delta * step.prime, step.before))
        ),
    ),
    _bp4(
        "missing_prime",
        "delta before sigma'",
        "The gradient by the weights was taken from the error before it was multiplied by sigma'.",
        "In which line does delta^l become complete?",
        "Take delta^l after the multiplication by sigma'(z^l).",
        lambda step, delta: [
            _with_decay(step, outer(error, step.before)) for error in _before_prime(step, delta)
        ],
    ),
    _bp4(
        "sign",
        "the sign",
        "The gradient by the weights has the wrong sign.",
        "Compare the line with the one for the biases.",
        "It is delta^l times a^{l-1}, without a minus.",
        _scaled(-1),
        _PRINT_DELTA,
    ),
    _bp4(
        "factor_2",
        "a factor 2",
        "The gradient by the weights is twice what it should be.",
        "Which factors stand in BP4?",
        "It is delta^l times a^{l-1}.",
        _scaled(2),
        _PRINT_DELTA,
    ),
    _bp4(
        "factor_half",
        "a factor 1/2",
        "The gradient by the weights is half of what it should be.",
        "Which factors stand in BP4?",
        "It is delta^l times a^{l-1}.",
        _scaled(0.5),
        _PRINT_DELTA,
    ),
    _bp4(
        "mean_over_neurons",
        "divided by the number of neurons",
        "The gradient by the weights was divided by a number of neurons or inputs. The mean is "
        "over examples.",
        "By which axis of which array do you divide?",
        "Divide by m, the number of examples, and by nothing else.",
        _by_neurons,
    ),
    _bp4(
        "decay_factor",
        "weight decay with another factor",
        "The penalty adds a multiple of w to the gradient, with another factor than lambda/n.",
        "Differentiate lambda/(2n) times the sum of all w^2 by one weight.",
        "Add lambda/n times w, with n the size of the training set.",
        _decay_line,
    ),
    _bp4(
        "other_layer",
        "the gradient of another layer",
        "At this place of the list stands the gradient of another layer.",
        "Print the whole list. Does each layer have an array of its own?",
        _OWN_PLACE,
        lambda step, delta: _of_other_layers(step, right_bp4, {**step.biases, **step.delta}),
    ),
]


def _forward(*arguments, **options):
    return Cause(arguments[0], "forward", *arguments[1:], **options)


def _other_activation(which):
    """Return the recipes with another activation in the hidden layers, the output, or both."""

    def predict(net):
        hidden, output = net.activations.get(2), net.activations[net.depth]
        hidden = hidden if net.depth > 2 else output
        names = [each for each in ACTIVATIONS.values() if each != softmax]
        if which == "hidden":
            return [Recipe((each, output)) for each in names if each != hidden and net.depth > 2]
        if which == "output":
            return [Recipe((hidden, each)) for each in ACTIVATIONS.values() if each != output]
        return [Recipe((each, each)) for each in names if each not in (hidden, output)]

    return predict


def _without_reciprocal(z):
    return 1 + np.exp(-z)


# What is left of the sigmoid without "1 /", with the derivative that is taken from it.
_NO_RECIPROCAL = Activation(
    "1 + exp(-z)",
    _without_reciprocal,
    lambda z: _FORMULAS["sigmoid"](_without_reciprocal(z)),
)


# The sigmoid without the minus, with the derivative that is usually taken from its value.
_NO_MINUS = Activation(
    "1 / (1 + exp(z))",
    lambda z: sigmoid(-z),
    lambda z: _FORMULAS["sigmoid"](sigmoid(-z)),
)


def _for_sigmoids(other):
    """Return the recipes in which another function stands for the sigmoid."""

    def predict(net):
        hidden, output = net.activations[2], net.activations[net.depth]
        if sigmoid not in (hidden, output):
            return None
        return Recipe(tuple(other if each == sigmoid else each for each in (hidden, output)))

    return predict


FORWARD = [
    _forward(
        "hidden_activation",
        "another activation in the hidden layers",
        "Everything fits if the hidden layers use another activation function than the one that "
        "was asked for.",
        "Print a of a hidden layer beside its z.",
        "Either change the activation of the hidden layers, or say with the option `activation` "
        "that it is the one that you mean.",
        _other_activation("hidden"),
    ),
    _forward(
        "output_activation",
        "another activation at the output",
        "Everything fits if the output layer uses another activation function than the one that "
        "was asked for.",
        "Print the output beside its z.",
        "Either change the activation of the output layer, or say with the option `output` that it "
        "is the one that you mean.",
        _other_activation("output"),
    ),
    _forward(
        "all_activations",
        "another activation in every layer",
        "Everything fits if all layers use another activation function than the one that was asked "
        "for.",
        "Print a of a layer beside its z.",
        'Either change the activation, or pass the one that you mean: activation="tanh".',
        _other_activation("all"),
    ),
    _forward(
        "sigmoid_without_reciprocal",
        "1 + exp(-z) for the sigmoid",
        "Everything fits if the sigmoid is computed as 1 + exp(-z): its reciprocal is missing.",
        "Between which two numbers does the sigmoid lie? Print yours at z = 0.",
        "Compute 1 / (1 + exp(-z)), which is 0.5 at z = 0.",
        _for_sigmoids(_NO_RECIPROCAL),
    ),
    _forward(
        "sigmoid_without_minus",
        "1 / (1 + exp(z)) for the sigmoid",
        "Everything fits if the sigmoid is computed as 1 / (1 + exp(z)): the minus is missing.",
        "Does your sigmoid rise or fall? Print it at z = -5, 0 and 5.",
        "Compute 1 / (1 + exp(-z)).",
        _for_sigmoids(_NO_MINUS),
    ),
    _forward(
        "no_biases",
        "the biases are missing in the forward pass",
        "Everything fits if the forward pass leaves out the biases.",
        "Of which terms is z the sum?",
        "Compute z = w a + b.",
        lambda net: Recipe(biases=lambda b: 0 * b),
    ),
    _forward(
        "biases_subtracted",
        "the biases are subtracted in the forward pass",
        "Everything fits if the forward pass subtracts the biases.",
        "Which sign has b in z?",
        "Compute z = w a + b.",
        lambda net: Recipe(biases=lambda b: -b),
    ),
    _forward(
        "weights_transposed",
        "the weights are transposed in the forward pass",
        "Everything fits if the forward pass uses the transposed weights, which only layers of "
        "equal width allow.",
        "Which index of w^l counts the neurons of layer l?",
        "Compute z = w a + b, with w^l of shape (n_l, n_{l-1}).",
        lambda net: Recipe(weights=lambda w: w.T) if len(set(net.sizes)) == 1 else None,
    ),
    _forward(
        "softmax_axis",
        "softmax over the wrong axis",
        "The softmax was taken over the examples instead of over the outputs of each example.",
        "What do the outputs of one example add up to?",
        "Sum over the axis of the outputs, and keep the dimension.",
        lambda net: Recipe(output=np.ones_like) if net.activations[net.depth] == softmax else None,
    ),
]


def batch_ratios(m, n, reduction="mean"):
    """Return the factors on the right gradient of m examples that a mistake leaves, by cause."""
    if reduction == "sum":
        return {"mean_for_sum": 1 / m}
    return {"sum_for_mean": m, "mean_twice": 1 / m, "neurons_for_examples": m / n}


def _batch(equation, letter, term):
    """Return the causes that show only when a mini-batch is averaged in BP3 or BP4."""
    return [
        Cause(
            "sum_for_mean",
            equation,
            "no 1/m",
            f"The gradient by the {letter} is the sum over the mini-batch, not its mean: the "
            "factor 1/m is missing.",
            "The cost of a mini-batch is the mean of the costs of its examples. What follows for "
            "the gradient?",
            'Divide by m, the number of examples; or, if sums are meant, pass reduction="sum".',
        ),
        Cause(
            "mean_for_sum",
            equation,
            "a mean where a sum was asked for",
            f"The gradient by the {letter} is the mean over the mini-batch; asked for was the sum.",
            "Is the cost of your mini-batch the mean or the sum of the costs of its examples?",
            'Leave 1/m out; or, if means are meant, leave out reduction="sum".',
        ),
        Cause(
            "mean_twice",
            equation,
            "1/m twice",
            f"The gradient by the {letter} is divided by m twice.",
            "How often does 1/m stand between the cost and this gradient?",
            "Divide by m once: in BP3 and BP4, not in delta as well.",
        ),
        Cause(
            "neurons_for_examples",
            equation,
            "divided by the number of neurons",
            f"The gradient by the {letter} is divided by a number of neurons or inputs instead of "
            "the number of examples.",
            "Along which axis do the examples lie?",
            "Divide by m = x.shape[1] (with an example as a column), the number of examples.",
        ),
        Cause(
            "last_example",
            equation,
            "the last example only",
            f"Only the last example of the mini-batch counts in the gradient by the {letter}: "
            "each one overwrites the one before.",
            "In the loop over the examples, what happens to the gradient that is there already?",
            "Add up: += in the loop, not =.",
        ),
        Cause(
            "first_example",
            equation,
            "the first example only",
            f"Only the first example of the mini-batch counts in the gradient by the {letter}.",
            "Where does the loop over the examples end? Is there a return inside?",
            "Go through all examples, add up, and divide by m.",
        ),
        Cause(
            "not_averaged",
            equation,
            "not averaged over the examples",
            f"The gradient by the {letter} came with one number per example: the mean over the "
            "mini-batch is missing.",
            f"The gradient has the shape of the {letter} themselves. Which axis is too many?",
            f"Take the mean of {term} over the examples; or, if the function is meant for one "
            "example at a time, pass batch=False.",
        ),
    ]


SHAPES = [
    Cause(
        "mean_in_bp2",
        "bp2",
        "1/m on the way back",
        "The error is divided by m on its way from layer to layer, so that 1/m stands once more in "
        "the gradients of every layer further back.",
        "Where does the mean over the examples belong: in the deltas, or in the gradients?",
        "Divide by m in BP3 and BP4, and nowhere else.",
    ),
    Cause(
        "softmax_over_batch",
        "forward",
        "softmax over the whole mini-batch",
        "The softmax was normalized over all examples together: right for one example alone, wrong "
        "for a mini-batch.",
        "What do the outputs of one example add up to, and what those of the whole mini-batch?",
        "Sum over the axis of the outputs alone, and keep the dimension.",
    ),
    Cause(
        "bias_shape",
        "bp3",
        "a bias gradient of another shape",
        "The gradient by the biases has the right numbers in another shape than the biases: in "
        "b - eta * gradient NumPy would broadcast the two to a matrix.",
        "Print the shapes of a bias and of its gradient.",
        "Keep the dimension: delta.mean(axis=1, keepdims=True) for an example as a column.",
    ),
    Cause(
        "outer_flattened",
        "bp4",
        "np.outer on a mini-batch",
        "np.outer flattens its arguments: on a mini-batch it pairs every example with each other.",
        "What does np.outer do with two matrices?",
        "Use the matrix product of delta^l with the transposed a^{l-1}, divided by m; or pass "
        "batch=False if the function is meant for one example.",
    ),
    Cause(
        "product_of_means",
        "bp4",
        "the product of the means",
        "The means of delta^l and of a^{l-1} were multiplied; BP4 is the mean of the products.",
        "Is the mean of a product the product of the means?",
        "Take the product for each example first: delta^l times the transposed a^{l-1}, over m.",
    ),
    Cause(
        "decay_not_divided",
        "bp4",
        "weight decay not divided by n",
        "The penalty adds lambda w to the gradient instead of lambda/n w.",
        "Differentiate lambda/(2n) times the sum of all w^2 by one weight.",
        "Divide by n, the size of the training set.",
    ),
    Cause(
        "decay_by_batch",
        "bp4",
        "weight decay divided by the batch size",
        "The penalty is divided by the size of the mini-batch instead of the training set: in an "
        "epoch it then acts many times over.",
        "Is n in the penalty the number of examples at hand, or in the training set?",
        "Divide by n, the size of the training set.",
    ),
    Cause(
        "decay_undeclared",
        "bp4",
        "weight decay that was not asked for",
        "The gradient by the weights contains a multiple of w: a penalty that was not asked for.",
        "What does your gradient contain besides the gradient of the cost?",
        "Leave the penalty out, or say that it is meant: weight_decay=lambda, training_size=n.",
    ),
]

BATCH = [
    *_batch("bp3", "biases", "delta^l"),
    *_batch("bp4", "weights", "delta^l times the transposed a^{l-1}"),
]

CAUSES = {
    (each.equation, each.name): each for each in [*FORWARD, *BP1, *BP2, *BP3, *BP4, *BATCH, *SHAPES]
}
