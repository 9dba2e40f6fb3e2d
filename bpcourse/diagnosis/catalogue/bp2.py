"""Mistakes in BP2, the error of a hidden layer."""

from dataclasses import replace

import numpy as np

from bpcourse.activations import identity, relu, sigmoid, softmax
from bpcourse.diagnosis.catalogue.cause import Cause, Line, divided_by_prime, error_times, right_bp4
from bpcourse.diagnosis.catalogue.slopes import FORMULAS, formula_of_z, other_primes


def _divided_back(step):
    """Return the error divided by sigma', and the one divided by each weight."""
    by_weights = (1 / step.net.w[step.l + 1]).T @ step.delta[step.l + 1] * step.prime
    return [divided_by_prime(step.back, step), by_weights]


def _wrong_layer_primes(step):
    """Return the error with sigma' taken in another layer of the same width."""
    z, a = step.trace.z, step.trace.a
    primes = [step.activation.prime(place) for l, place in z.items() if l != step.l]
    primes += [step.activation.prime(a[step.l - 1])]
    formula = FORMULAS.get(step.activation.name)
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


def bare_errors(step):
    """Return the errors of layer l + 1 without its sigma', as they may have been sent back.

    One is delta^{l+1} without the factor, the other one never had it in any layer on the way.
    """
    l, later = step.l + 1, replace(step, l=step.l + 1)
    if later.activation == softmax or (later.activation == identity and l == step.net.depth):
        return []
    first = replace(step, l=step.net.depth)
    bare = first.grad_a
    if first.activation.elementwise and first.cost.matched == first.activation:
        bare = first.delta[first.l]  # the cost has cancelled sigma'
    for k in range(first.l - 1, l - 1, -1):
        bare = step.net.w[k + 1].T @ bare
    divided = divided_by_prime(step.delta[l], later)
    return [bare] if divided is None else [divided, bare]


def _error_without_slope(step):
    return [step.net.w[step.l + 1].T @ bare * step.prime for bare in bare_errors(step)]


def _without_weights(step):
    errors = [step.delta[step.l + 1], *bare_errors(step)]
    return [each.sum(axis=0) * step.prime for each in errors]


def _bias_row_not_cut(step):
    """Return the error that went back through [b, w] or [w, b] with the wrong row cut off."""
    w, b, delta = step.net.w[step.l + 1], step.net.b[step.l + 1], step.delta[step.l + 1]
    if not b.any():
        return None
    of_ones = step.activation.prime(np.ones((1, delta.shape[1])))
    formula = FORMULAS.get(step.activation.name)
    slopes_of_ones = [of_ones, *([0 * of_ones] if formula else [])]
    first = np.hstack([b, w])[:, :-1].T @ delta
    last = np.hstack([w, b])[:, 1:].T @ delta
    errors = [first * step.prime, last * step.prime]
    errors += [first * np.vstack([one, step.prime[:-1]]) for one in slopes_of_ones]
    return errors + [last * np.vstack([step.prime[1:], one]) for one in slopes_of_ones]


def _prime_of_error(step):
    if step.activation in (identity, relu):
        return None  # a mask by the error: see mask_in_wrong_place
    formula, error = FORMULAS.get(step.activation.name), step.back
    slopes = [step.activation.prime(error), *([formula(error)] if formula else [])]
    return [error * slope for slope in slopes]


def _prime_of_bias(step):
    b = step.net.b[step.l]
    return step.back * step.activation.prime(b) if step.activation != identity else None


def _prime_without_bias(step):
    z = step.z - step.net.b[step.l]
    return step.back * step.activation.prime(z) if step.activation != identity else None


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
        lambda step: error_times(step.back, formula_of_z(step)),
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
        lambda step: [step.back * prime for prime in other_primes(step)],
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
        _without_weights,
    ),
    _bp2(
        "error_without_slope",
        "the bare error is sent back",
        "What goes back through the weights is the error of layer l+1 before it was multiplied by "
        "sigma'(z^{l+1}): the bare difference at the output, not delta^{l+1}.",
        "Is what you send back through w^{l+1} the delta of that layer, with all its factors?",
        "Send delta^{l+1} back, complete with sigma'(z^{l+1}).",
        _error_without_slope,
    ),
    _bp2(
        "bias_row_not_cut",
        "a bias among the weights on the way back",
        "The biases stand in one array with the weights, and on the way back the wrong row or "
        "column was cut off: the error went through a bias, and all weights are shifted by one.",
        "Which row or column of your array holds the biases? Which one do you leave out on the way "
        "back?",
        "Cut off the row or column of the biases before the error goes back through the weights.",
        _bias_row_not_cut,
    ),
    _bp2(
        "prime_of_error",
        "sigma' of the error instead of z",
        "sigma' was taken at the error that came back instead of at the weighted input z^l.",
        "Of which variable is sigma' a function in BP2?",
        "Write sigma'(z^l), or its formula in terms of a^l; the error itself is the other factor.",
        _prime_of_error,
    ),
    _bp2(
        "prime_of_bias",
        "sigma' of b instead of z",
        "sigma' was taken at the bias b^l instead of at the weighted input z^l.",
        "Of which variable is sigma' a function in BP2?",
        "Write sigma'(z^l), with z^l = w^l a^{l-1} + b^l.",
        _prime_of_bias,
    ),
    _bp2(
        "prime_without_bias",
        "sigma' of w a, without the bias",
        "sigma' was taken at w^l a^{l-1}, without the bias, instead of at z^l.",
        "Of which variable is sigma' a function in BP2? Which terms has it?",
        "Write sigma'(z^l), with z^l = w^l a^{l-1} + b^l.",
        _prime_without_bias,
    ),
    _bp2(
        "zero",
        "no error comes back",
        "The error of layer l is zero everywhere: nothing comes back from layer l+1, or the loop "
        "ends before it reaches layer l.",
        "Print l in your loop: does it reach this layer? Then print the error before and after "
        "each factor of BP2. Which one makes it zero?",
        "Multiply delta^{l+1} by the transposed weights and by sigma'(z^l); a slope of whole "
        "numbers or a mask that never holds makes it zero.",
        lambda step: 0 * step.back,
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
