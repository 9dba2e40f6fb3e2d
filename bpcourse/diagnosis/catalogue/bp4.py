"""Mistakes in BP4, the gradient with respect to the weights."""

import numpy as np

from bpcourse.activations import identity, relu
from bpcourse.diagnosis.catalogue.bp3 import (
    OWN_PLACE,
    PRINT_DELTA,
    STEP_TAKEN,
    before_prime,
    of_other_layers,
    parameters_after_step,
)
from bpcourse.diagnosis.catalogue.cause import Cause, Line, layer_widths, outer, right_bp4


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


def _by_neurons(step, delta):
    gradient = outer(delta, step.before)
    widths = layer_widths(step, 1, step.l - 1, step.l)
    return [_with_decay(step, gradient / n) for n in widths]


def _decay_line(step, delta):
    return Line(
        outer(delta, step.before),
        step.given.w[step.l],
        lambda c: abs(c) > 1e-9,
    )


BP4 = [
    _bp4(
        *STEP_TAKEN,
        lambda step, delta: parameters_after_step(step.given.w[step.l], right_bp4(step, delta)),
    ),
    _bp4(
        "decay_missing",
        "weight decay is missing",
        "The penalty does not appear in the weights' gradient.",
        "The cost has two terms. Differentiate the second one by a weight.",
        "Add lambda/n times w to the weights' gradient.",
        lambda step, delta: outer(delta, step.before) if step.decay else None,
    ),
    _bp4(
        "zero",
        "stays zero",
        "The weights' gradient is all zero.",
        "Where is the weights' gradient assigned?",
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
        "The weights' gradient was multiplied by the weights.",
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
        "The weights' gradient was taken from the error before it was multiplied by sigma'.",
        "In which line does delta^l become complete?",
        "Take delta^l after the multiplication by sigma'(z^l).",
        lambda step, delta: [
            _with_decay(step, outer(error, step.before)) for error in before_prime(step, delta)
        ],
    ),
    _bp4(
        "sign",
        "the sign",
        "The weights' gradient has the wrong sign.",
        "Compare the line with the one for the biases.",
        "It is delta^l times a^{l-1}, without a minus.",
        _scaled(-1),
        PRINT_DELTA,
    ),
    _bp4(
        "factor_2",
        "a factor 2",
        "The weights' gradient is twice what it should be.",
        "Which factors stand in BP4?",
        "It is delta^l times a^{l-1}.",
        _scaled(2),
        PRINT_DELTA,
    ),
    _bp4(
        "factor_half",
        "a factor 1/2",
        "The weights' gradient is half of what it should be.",
        "Which factors stand in BP4?",
        "It is delta^l times a^{l-1}.",
        _scaled(0.5),
        PRINT_DELTA,
    ),
    _bp4(
        "mean_over_neurons",
        "divided by the number of neurons",
        "The weights' gradient was divided by a number of neurons or inputs. The mean is "
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
        OWN_PLACE,
        lambda step, delta: of_other_layers(step, right_bp4, {**step.biases, **step.delta}),
    ),
]
