"""The exercises on costs and their derivatives."""

import numpy as np

from bpcourse.costs import cross_entropy, log_likelihood, quadratic
from bpcourse.exercises.step import Case, Exercise, Mistake, mean_too_early, scaled, sign

_COST = ("reading-digits", "forward-pass-cost", "How wrong? One number")
_BP1 = ("four-equations", "four-equations-bp1", "BP1: the error of the output layer")


def _outputs(seed, n, m):
    """Return outputs between 0 and 1, two digits after the point."""
    return np.round(np.random.default_rng(seed).uniform(0.1, 0.9, (n, m)), 2)


def _one_hot(n, m):
    return np.eye(n)[:, [(2 * x + 1) % n for x in range(m)]]


def _cost_cases(far=None):
    topic = "the numbers for outputs between 0 and 1"
    cases = [
        Case("a and y of shape (4, 3)", (_outputs(3, 4, 3), _one_hot(4, 3)), topic),
        Case("a and y of shape (3, 5)", (_outputs(4, 3, 5), _one_hot(3, 5)), topic),
    ]
    if far is not None:
        label = "outputs of exactly 0 and 1"
        cases.append(Case(label, far, label, far=True, tolerance=1e-3))
    return tuple(cases)


_EXACT = (np.array([[1.0, 0.2], [0.0, 0.8]]), np.array([[1.0, 0.0], [0.0, 1.0]]))

_LOG_OF_ZERO = Mistake(
    "log_of_zero",
    "0 times the logarithm of 0",
    "Where an output is exactly 0 or 1 the formula computes 0 times log(0), which is NaN; the "
    "limit is 0. A sigmoid gives exactly 1 from z = 37 on, so this happens.",
    "What does your formula compute, step by step, for a perfect output?",
    "Print np.log(0.0), and 0 times it. Which terms of the sum don't count at all?",
    "Leave out the terms whose target is 0, or keep a away from 0 and 1: "
    "`a = np.clip(a, 1e-12, 1 - 1e-12)`.",
)


def _cost_mistakes(value, per_example):
    """Return what goes wrong with the mean in any cost."""
    return (
        Mistake(
            "sum",
            "the sum over the examples, not their mean",
            "The costs of the examples are added up; the cost of a mini-batch is their mean.",
            "Write every column down a second time. Should the number change? Does yours?",
            "Divide your number by the wanted one, for both mini-batches. Where have you seen "
            "these two numbers?",
            "Divide by m, the number of columns: `a.shape[1]`.",
            (lambda a, y: value(a, y) * a.shape[1],),
        ),
        Mistake(
            "mean_over_outputs",
            "a mean over the outputs as well",
            "The mean runs over all entries. The cost of one example is a sum over its outputs; "
            "only the examples are averaged.",
            "Write every neuron of the last layer down a second time. Should the cost stay as it "
            "is? Does yours?",
            "Divide the wanted number by yours, for both mini-batches. Where have you seen these "
            "two numbers?",
            "Sum over `axis=0` first, then take the mean over the columns.",
            (lambda a, y: value(a, y) / a.shape[0],),
        ),
        Mistake(
            "not_averaged",
            "one number for each example",
            "The costs of the single examples came back; the cost of the mini-batch is their mean.",
            "How many numbers describe how good the network is on the whole mini-batch?",
            "You return one number for each column.",
            "Return the mean of these numbers.",
            (per_example,),
        ),
        sign(value),
    )


def _other_base(value):
    return Mistake(
        "other_base",
        "a logarithm to another base",
        "The logarithm is to the base 2 or 10; the costs use the natural one.",
        "For a single output of 1/e with the target 1: which round number should the cost be?",
        "Every number is off by the same factor. Is it log 2, or log 10?",
        "Use `np.log`, the natural logarithm.",
        (lambda a, y: value(a, y) / np.log(10), lambda a, y: value(a, y) / np.log(2)),
    )


def _mean_square(a, y):
    return ((a - y) ** 2).mean()


_QUADRATIC = (
    Mistake(
        "no_half",
        "no 1/2",
        "The 1/2 in front of the square is missing.",
        "What does your function say for a single output that is off by exactly 1?",
        "Which constant did the course put in front, so that it cancels later?",
        "Divide by 2. (Without it the cost is as good, but all its derivatives double.)",
        (lambda a, y: 2 * quadratic.value(a, y),),
    ),
    Mistake(
        "mean_square",
        "the mean square of all entries",
        "This is the mean of all squares, as many libraries have it: without the 1/2, and divided "
        "by the number of outputs as well.",
        "For one example with two outputs, each off by 1: what should the cost be, and what is "
        "yours?",
        "You take one mean over everything. Which numbers does the course add, and which does it "
        "average?",
        "Half the sum over `axis=0`, then the mean over the columns.",
        (_mean_square,),
    ),
    Mistake(
        "no_square",
        "the differences are not squared",
        "The absolute differences are added up, not their squares.",
        "How much more should it cost to be off by 2 than to be off by 1?",
        "What do you do to the differences before you add them up?",
        "Square them: `(a - y)**2`.",
        (
            lambda a, y: abs(a - y).sum() / a.shape[1],
            lambda a, y: abs(a - y).sum() / (2 * a.shape[1]),
        ),
    ),
    Mistake(
        "root",
        "the length, not its square",
        "The length of the difference was used: a square root too many.",
        "How much more should it cost to be off by 2 than to be off by 1?",
        "np.linalg.norm takes a square root at the end.",
        "Leave out the root: sum the squares.",
        (
            lambda a, y: np.linalg.norm(a - y, axis=0).mean(),
            lambda a, y: np.linalg.norm(a - y, axis=0).mean() / 2,
        ),
    ),
    *_cost_mistakes(quadratic.value, quadratic.per_example),
)

_QUADRATIC_GRADIENT = (
    Mistake(
        "mean_square",
        "the slope of the mean square",
        "This is the derivative of the mean of all squares: divided by the number of entries, and "
        "with the 2 of the square.",
        "What is the cost that you have differentiated, in one formula?",
        "Divide your numbers by the wanted ones, for both mini-batches: which counts do you see?",
        "The cost of one example is half the sum of squares; its derivative is `a - y`.",
        (lambda a, y: 2 * (a - y) / a.size, lambda a, y: (a - y) / a.size),
    ),
    Mistake(
        "extra_prime",
        "sigma' is in it already",
        "The numbers are (a - y) a (1 - a): the derivative with respect to z, not a.",
        "By which quantity do you differentiate?",
        "Which equation multiplies by the slope of the activation: is it this one?",
        "Return `a - y`. BP1 multiplies by sigma'.",
        (lambda a, y: (a - y) * a * (1 - a),),
    ),
    mean_too_early(quadratic.gradient),
    *scaled(quadratic.gradient),
)

_CROSS_ENTROPY = (
    Mistake(
        "one_term",
        "the second term is missing",
        "Only the outputs with target 1 count; those with target 0 may say anything for free.",
        "What does it cost to answer 0.9 where the target is 0?",
        "The formula has two terms: one for the target 1, one for the target 0.",
        "Add `(1 - y) * np.log(1 - a)` under the minus.",
        (lambda a, y: log_likelihood.value(a, y),),
    ),
    Mistake(
        "swapped",
        "a and y exchanged",
        "The logarithm is taken of the targets instead of the outputs.",
        "Of which quantity do you take the logarithm, and can it be 0?",
        "The targets are exactly 0 or 1. What is their logarithm?",
        "The targets weigh, the outputs go into the logarithm: `y * np.log(a)`.",
        (lambda a, y: -(a * np.log(y) + (1 - a) * np.log(1 - y)).sum() / a.shape[1],),
    ),
    _other_base(cross_entropy.value),
    *_cost_mistakes(cross_entropy.value, cross_entropy.per_example),
)

_OUTPUT_ERROR = Mistake(
    "output_error",
    "a - y, the error delta^L",
    "a - y is the derivative with respect to z, after sigma' has cancelled; here the derivative "
    "with respect to a is wanted.",
    "By which quantity do you differentiate?",
    "Differentiate the cost by the output itself, before any activation comes in.",
    "This function is only the first factor of BP1: the cost differentiated by a.",
    (lambda a, y: a - y,),
)


def _multiplied(wrong, repair):
    return Mistake(
        "multiplied",
        "a product in place of a quotient",
        "The number was multiplied where the derivative of the logarithm divides.",
        "What is the derivative of the logarithm?",
        "If an output is nearly 0 where it should be 1, is the derivative small or large?",
        repair,
        (wrong,),
    )


_CROSS_ENTROPY_GRADIENT = (
    _OUTPUT_ERROR,
    Mistake(
        "one_term",
        "the second term is missing",
        "This is the derivative of y log a alone; outputs with target 0 have none.",
        "Should an output whose target is 0 have a derivative?",
        "The cost has two terms. Differentiate both.",
        "Both together are `(a - y) / (a * (1 - a))`.",
        (lambda a, y: -y / a,),
    ),
    Mistake(
        "inner_sign",
        "the sign of the second term",
        "The chain rule's minus in the derivative of log(1 - a) is missing.",
        "Should the derivative of an output whose target is 0 be above or below 0?",
        "What is the derivative of log(1 - a)?",
        "It is -1 / (1 - a): both terms together are `(a - y) / (a * (1 - a))`.",
        (lambda a, y: -(y / a + (1 - y) / (1 - a)),),
    ),
    _multiplied(lambda a, y: (a - y) * a * (1 - a), "Divide: `(a - y) / (a * (1 - a))`."),
    mean_too_early(cross_entropy.gradient),
    *scaled(cross_entropy.gradient),
)

_LOG_LIKELIHOOD = (
    Mistake(
        "both_terms",
        "a term of the cross-entropy too many",
        "This is the cross-entropy: it has the term (1 - y) log(1 - a) as well.",
        "Which outputs of an example enter your sum?",
        "With a one-hot target, how many terms does the sum have?",
        "Leave out the second term: -sum y log a.",
        (lambda a, y: cross_entropy.value(a, y),),
    ),
    Mistake(
        "no_log",
        "no logarithm",
        "The probability of the right class came back, not its logarithm.",
        "What does it cost to give the right class the probability 1?",
        "What is done to the probability of the right class?",
        "Take `np.log` of it, with a minus.",
        (lambda a, y: -(y * a).sum() / a.shape[1], lambda a, y: (y * a).sum() / a.shape[1]),
    ),
    _other_base(log_likelihood.value),
    *_cost_mistakes(log_likelihood.value, log_likelihood.per_example),
)

_LOG_LIKELIHOOD_GRADIENT = (
    _OUTPUT_ERROR,
    Mistake(
        "no_target",
        "the target is missing",
        "The numbers are -1/a for every output; only the output of the right class counts.",
        "On which outputs does the cost of an example depend directly?",
        "Which factor makes the other outputs drop out of the sum?",
        "Multiply by y: `-y / a`.",
        (lambda a, y: -1 / a,),
    ),
    _multiplied(lambda a, y: -y * a, "Divide: `-y / a`."),
    mean_too_early(log_likelihood.gradient),
    *scaled(log_likelihood.gradient),
)


def _cost(name, cost, begin, mistakes, far):
    """Return an exercise on the value of a cost."""
    return Exercise(
        name,
        f"{name}(a, y)",
        "the mean cost of the mini-batch, one number; a and y have shape (n_L, m)",
        begin,
        _cost_cases(far),
        cost.value,
        mistakes,
        _COST,
        overflow=None if far is None else _LOG_OF_ZERO,
    )


def _cost_gradient(name, cost, begin, mistakes):
    """Return an exercise on the derivative of a cost by the outputs."""
    return Exercise(
        f"{name}_gradient",
        f"{name}_gradient(a, y)",
        "the derivative of each example's cost by its outputs, of a's shape (n_L, m)",
        begin,
        _cost_cases(),
        cost.gradient,
        mistakes,
        _BP1,
    )


EXERCISES = (
    _cost(
        "quadratic",
        quadratic,
        "Half the sum of squares for every column, then the mean over the columns.",
        _QUADRATIC,
        None,
    ),
    _cost_gradient(
        "quadratic",
        quadratic,
        "Differentiate the cost of one example by one of its outputs.",
        _QUADRATIC_GRADIENT,
    ),
    _cost(
        "cross_entropy",
        cross_entropy,
        "Two terms for every output: one counts where the target is 1, one where it is 0.",
        _CROSS_ENTROPY,
        _EXACT,
    ),
    _cost_gradient(
        "cross_entropy",
        cross_entropy,
        "Differentiate both terms by a, then put them over one denominator.",
        _CROSS_ENTROPY_GRADIENT,
    ),
    _cost(
        "log_likelihood",
        log_likelihood,
        "For a one-hot target a single output of each example counts.",
        _LOG_LIKELIHOOD,
        _EXACT,
    ),
    _cost_gradient(
        "log_likelihood",
        log_likelihood,
        "Differentiate the cost of one example by one of its outputs.",
        _LOG_LIKELIHOOD_GRADIENT,
    ),
)
