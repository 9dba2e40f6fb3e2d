"""Mistakes in BP3, the gradient with respect to the biases."""

from dataclasses import replace

import numpy as np

from bpcourse.activations import identity, relu, softmax
from bpcourse.diagnosis.catalogue.cause import (
    Cause,
    Line,
    errors_by_weights,
    layer_widths,
    right_bp3,
)


def of_other_layers(step, right, errors):
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
        there = replace(step, l=l)
        errors[l] = errors_by_weights(there, gradient - there.penalty)
    return {**errors, **step.delta}


OWN_PLACE = (
    "Put the gradient of layer l at the place of layer l, in an array of its own: [array] * 3 is a "
    "list of one array three times."
)

PRINT_DELTA = (
    "Print delta^l for one example, and work it out by hand: if it is right, the mistake stands in "
    "the line of this gradient."
)


def before_prime(step, delta):
    """Return the error of a layer before sigma': as BP1 or BP2 has it, and as delta^l has it."""
    if step.activation in (identity, softmax):
        return []
    if step.l == step.net.depth:
        return [] if step.cost.matched == step.activation else [step.grad_a]
    return [step.back] if (step.prime == 0).any() else [step.back, delta / step.prime]


def _bp3(*arguments, **options):
    return Cause(arguments[0], "bp3", *arguments[1:], **options)


def parameters_after_step(array, gradient):
    """Return the parameters after a step against the gradient, with the rate to be found."""
    return Line(np.broadcast_to(array, gradient.shape), -gradient, lambda eta: eta > 0)


STEP_TAKEN = (
    "step_taken",
    "updated parameters instead of a gradient",
    "Not the gradient came back but the parameters after a step against it.",
    "Subtract from what you return what you were given. What is left?",
    "Return the gradient alone, and take the step outside this function.",
)


def _from_the_weights(step, delta):
    """Return the sums, and the means, of the weights' gradient over the inputs."""
    sums = [step.gradients[step.l].sum(axis=2).T, delta * step.before.sum(axis=0)]
    return [each / n for each in sums for n in (1, len(step.before))]


def _times_prime_of_bias(step, delta):
    if not step.activation.elementwise or step.activation == identity:
        return None
    prime = step.activation.prime(step.given.b[step.l])
    return [error * prime for error in (delta, *before_prime(step, delta))]


BP3 = [
    _bp3(
        *STEP_TAKEN,
        lambda step, delta: parameters_after_step(step.given.b[step.l], delta),
    ),
    _bp3(
        "zero",
        "stays zero",
        "The biases' gradient is all zero.",
        "Where is the biases' gradient assigned?",
        "Assign delta^l to it, averaged over the mini-batch.",
        lambda step, delta: 0 * delta,
    ),
    _bp3(
        "sign",
        "the sign",
        "The biases' gradient has the wrong sign.",
        "Compare the line with the one for the weights.",
        "It is delta^l itself, without a minus.",
        lambda step, delta: -delta,
        PRINT_DELTA,
    ),
    _bp3(
        "factor_2",
        "a factor 2",
        "The biases' gradient is twice what it should be.",
        "Which factors stand in BP3?",
        "It is delta^l itself.",
        lambda step, delta: 2 * delta,
        PRINT_DELTA,
    ),
    _bp3(
        "factor_half",
        "a factor 1/2",
        "The biases' gradient is half of what it should be.",
        "Which factors stand in BP3?",
        "It is delta^l itself.",
        lambda step, delta: delta / 2,
        PRINT_DELTA,
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
        "The biases' gradient was divided by a number of neurons or inputs. The mean is over "
        "examples.",
        "By which axis of which array do you divide?",
        "Divide by m, the number of examples, and by nothing else.",
        lambda step, delta: [delta / n for n in layer_widths(step, 1, step.l)],
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
        "The biases' gradient was taken from the error before it was multiplied by sigma'.",
        "In which line does delta^l become complete?",
        "Take delta^l after the multiplication by sigma'(z^l).",
        before_prime,
    ),
    _bp3(
        "times_activations",
        "summed from the weights' gradient",
        "The biases' gradient was taken from the weights' gradient, by a sum or a mean "
        "over the inputs: delta^l is multiplied by all activations a^{l-1}.",
        "By what does the cost change if a bias changes? Does a^{l-1} play a part in it?",
        "It is delta^l itself, averaged over the examples; a bias has no input.",
        _from_the_weights,
        PRINT_DELTA,
    ),
    _bp3(
        "prime_of_bias",
        "sigma' of the bias",
        "The biases' gradient was multiplied by sigma'(b^l).",
        "Which factors stand in BP3? Of which variable is sigma' a function?",
        "It is delta^l itself.",
        _times_prime_of_bias,
    ),
    _bp3(
        "decay_on_biases",
        "weight decay on the biases",
        "The penalty was added to the biases' gradient; biases are not decayed.",
        "Over which parameters does the penalty sum?",
        "Leave the biases out of the penalty.",
        lambda step, delta: Line(delta, step.given.b[step.l], lambda c: abs(c) > 1e-9),
    ),
    _bp3(
        "other_layer",
        "the gradient of another layer",
        "At this place of the list stands the gradient of another layer.",
        "Print the whole list. Does each layer have an array of its own?",
        OWN_PLACE,
        lambda step, delta: of_other_layers(step, right_bp3, _errors_by_weights(step)),
    ),
]
