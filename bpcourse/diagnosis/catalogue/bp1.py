"""Mistakes in BP1, the error of the output layer."""

import numpy as np

from bpcourse.activations import identity, sigmoid, softmax
from bpcourse.backprop import output_error
from bpcourse.costs import cross_entropy, log_likelihood, quadratic
from bpcourse.diagnosis.catalogue.cause import Cause, divided_by_prime, error_times
from bpcourse.diagnosis.catalogue.slopes import FORMULAS, formula_of_z, other_primes, prime_of


def _other_cost(step):
    """Return the output errors that the other costs have with this output activation."""
    errors = []
    for other in (quadratic, cross_entropy, log_likelihood):
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


def _prime_of_error(step):
    if step.activation in (identity, softmax):
        return None
    formula, error = FORMULAS.get(step.activation.name), step.grad_a
    slopes = [step.activation.prime(error), *([formula(error)] if formula else [])]
    return [error * slope for slope in slopes]


def _prime_of_bias(step):
    prime = prime_of(step, step.net.b[step.l])
    return None if prime is None or step.activation == identity else step.grad_a * prime


def _prime_without_bias(step):
    prime = prime_of(step, step.z - step.net.b[step.l])
    return None if prime is None or step.activation == identity else step.grad_a * prime


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
        lambda step: error_times(step.grad_a, prime_of(step, step.a)),
    ),
    _bp1(
        "formula_of_z",
        "the formula for a, applied to z",
        "The formula for the derivative in terms of a was applied to z.",
        "Your derivative function takes a, or z: which of the two do you hand to it?",
        "sigma'(z) = a (1 - a) for the sigmoid, 1 - a^2 for tanh: put in a = sigma(z), not z.",
        lambda step: error_times(step.grad_a, formula_of_z(step)),
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
            else [step.grad_a * prime for prime in other_primes(step)]
        ),
    ),
    _bp1(
        "prime_of_error",
        "sigma' of the error instead of z",
        "sigma' was taken at the error instead of at the weighted input z^L.",
        "Of which variable is sigma' a function in BP1?",
        "Write sigma'(z^L), or its formula in terms of a^L; the error itself is the other factor.",
        _prime_of_error,
    ),
    _bp1(
        "prime_of_bias",
        "sigma' of b instead of z",
        "sigma' was taken at the bias b^L instead of at the weighted input z^L.",
        "Of which variable is sigma' a function in BP1?",
        "Write sigma'(z^L), with z^L = w^L a^{L-1} + b^L.",
        _prime_of_bias,
    ),
    _bp1(
        "prime_without_bias",
        "sigma' of w a, without the bias",
        "sigma' was taken at w^L a^{L-1}, without the bias, instead of at z^L.",
        "Of which variable is sigma' a function in BP1? Which terms has it?",
        "Write sigma'(z^L), with z^L = w^L a^{L-1} + b^L.",
        _prime_without_bias,
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
        lambda step: divided_by_prime(step.grad_a, step),
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
