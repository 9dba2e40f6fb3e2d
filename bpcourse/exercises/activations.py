"""The exercises on activation functions and their derivatives."""

import numpy as np

from bpcourse.activations import relu, sigmoid, softmax, tanh
from bpcourse.exercises.step import Case, Exercise, Mistake, numbers, scaled, sign

_NEURON = ("reading-digits", "ch-reading-digits", "A machine that reads digits")
_SLOPES = ("chain-rule", "chain-rule-path", "One after another: rates multiply")
_RECTIFIER = ("learning-speed", "four-equations-depth", "The first layers learn slowly")
_KINK = ("five-routes", "five-routes-mistakes", "Where people go wrong")
_SHARES = ("reading-digits", "reading-digits-softmax", "From pixels to probabilities")
_SOFTMAX = ("proofs", "proofs-softmax", "Softmax: when neurons don't work alone")
_VJP = ("vectors-and-matrices", "vectors-and-matrices-vjp", "Vector-Jacobian products")


def _z_cases(far=True):
    """Return the cases; ``far``: whether a warning far from 0 counts."""
    ends = np.array([[-1000.0, 1000.0]])
    return (
        Case("z of shape (4, 3)", (numbers(1, 4, 3),), "the numbers for z between -2 and 2"),
        Case("z of shape (2, 5)", (numbers(2, 2, 5),), "the numbers for z between -2 and 2"),
        Case("z of whole numbers", (np.array([[-2, 1], [3, -1]]),), "z of whole numbers"),
        Case("z = -1000 and z = 1000", (ends,), "z = -1000 and z = 1000", far=far),
    )


def _overflow(repair):
    return Mistake(
        "overflow",
        "overflow far from 0",
        "The formula is right, but exp of a large number is too large for a float: NumPy warns, "
        "and infinity divided by infinity is NaN.",
        "What is the largest number that your program computes on the way to this result?",
        "Print np.exp(1000). For which sign of the exponent can exp never be too large?",
        repair,
    )


def _function_for_derivative(function, name):
    return Mistake(
        "function_for_derivative",
        f"{name} instead of its slope",
        f"The numbers are those of {name} itself, not of its derivative.",
        "How steep is the curve far out on the right? What does your function say there?",
        "Compare what you return with the value of the activation at the same z.",
        f"Return the derivative of {name}, not {name}.",
        (function,),
    )


def _derivative_for_function(prime, name):
    return Mistake(
        "derivative_for_function",
        f"the slope of {name}",
        f"The numbers are those of the derivative of {name}.",
        "What should come out for a very large z? What comes out?",
        "Compare what you return with the slope of the curve at the same z.",
        f"Return {name} itself, not its derivative.",
        (prime,),
    )


def _formula_of_z(formula, written):
    return Mistake(
        "formula_of_z",
        "the formula for a, applied to z",
        f"The formula {written[1]} holds for the activation a. It was applied to z.",
        "Is the slope of the curve ever larger than 1, or below 0? What does your function say at "
        "3?",
        f"You use {written[1]}. Which quantity must be put in: the weighted input, or what the "
        "activation made of it?",
        f"Compute a from z first, then return `{written[0]}`.",
        (formula,),
    )


def _prime_of_a(prime, function, written):
    return Mistake(
        "prime_of_a",
        "the derivative at a instead of z",
        "The activation was applied once too often: the derivative was taken at a, not at z.",
        "How often does your program apply the activation on the way to this number?",
        "The argument of this function is a weighted input already.",
        f"Apply the activation once: `{written}`.",
        (lambda z: prime(function(z)),),
    )


def _no_square(wrong, sentence, repair):
    return Mistake(
        "no_square",
        "one power too few",
        sentence,
        "Is the slope the same at 1 and at -1? What does your function say there?",
        "The slope is symmetric around 0. Write it as a product of two terms, and look for both.",
        repair,
        (wrong,),
    )


def _other_activation(function, own, other):
    return Mistake(
        "other_activation",
        f"{other} instead of {own}",
        f"The numbers are those of {other}.",
        "What comes out at 0, and what far out on the left? Which curve is that?",
        f"Your values are right for another activation than {own}.",
        f"This exercise asks for {own}; yours is {other}.",
        (function,),
    )


def _leaky(function):
    return Mistake(
        "leaky",
        "a leak on the left",
        "For negative z the numbers are small, but not 0: this is a leaky ReLU.",
        "What should happen to a negative input, exactly?",
        "Look at your numbers where z is negative.",
        "For negative z return 0.",
        (function,),
    )


_SIGMOID = (
    Mistake(
        "exponent_sign",
        "the sign of the exponent",
        "The exponent has the wrong sign: the curve falls where it should rise.",
        "Does your function grow with its input?",
        "Look at what goes into exp: is the result near 1 for a large z?",
        "Write `np.exp(-z)`.",
        (lambda z: sigmoid(-z),),
    ),
    Mistake(
        "missing_one",
        "no 1 below the line",
        "The 1 in the denominator is missing, so that exp(z) is left.",
        "What should the function be at 0? And what comes near it far out on the right?",
        "Compute your denominator at z = 0 by hand.",
        "The denominator is `1 + np.exp(-z)`; mind the parentheses.",
        (np.exp,),
    ),
    Mistake(
        "step",
        "a step",
        "The numbers are 0 and 1 alone: a perceptron's step, which has no slope to learn from.",
        "Does your result change when the input changes a little?",
        "A neuron that learns needs a smooth curve. Yours compares and decides.",
        "Return `1 / (1 + np.exp(-z))`.",
        (lambda z: np.where(z > 0, 1.0, 0.0),),
    ),
    _derivative_for_function(sigmoid.prime, "the sigmoid"),
    _other_activation(np.tanh, "the sigmoid", "tanh"),
)

_SIGMOID_PRIME = (
    _formula_of_z(lambda z: z * (1 - z), ("a * (1 - a)", "a (1 - a)")),
    _prime_of_a(sigmoid.prime, sigmoid, "a = sigmoid(z)` and `a * (1 - a)"),
    _no_square(
        lambda z: 1 - sigmoid(z),
        "One of the two factors of a (1 - a) is missing: 1 - a is left.",
        "Multiply by the other factor: `a * (1 - a)`.",
    ),
    _function_for_derivative(sigmoid, "the sigmoid"),
    _other_activation(tanh.prime, "the sigmoid's slope", "tanh's slope"),
    *scaled(sigmoid.prime),
)

_TANH = (
    Mistake(
        "half_argument",
        "tanh of half the argument",
        "The numbers are 2 sigmoid(z) - 1, which is tanh(z/2): the curve is half as steep.",
        "What is the slope of your curve at 0? And what should it be?",
        "tanh is a sigmoid, stretched in both directions. By how much to the side?",
        "It is `2 * sigmoid(2 * z) - 1`, or simply `np.tanh(z)`.",
        (lambda z: 2 * sigmoid(z) - 1,),
    ),
    _derivative_for_function(tanh.prime, "tanh"),
    _other_activation(sigmoid, "tanh", "the sigmoid"),
    sign(np.tanh),
)

_TANH_PRIME = (
    _formula_of_z(lambda z: 1 - z**2, ("1 - a**2", "1 - a^2")),
    _prime_of_a(tanh.prime, np.tanh, "1 - np.tanh(z)**2"),
    _no_square(
        lambda z: 1 - np.tanh(z),
        "The square is missing: 1 - tanh(z) instead of 1 - tanh^2(z).",
        "Square it: `1 - np.tanh(z)**2`.",
    ),
    _function_for_derivative(np.tanh, "tanh"),
    _other_activation(sigmoid.prime, "tanh's slope", "the sigmoid's slope"),
    *scaled(tanh.prime),
)

_RELU = (
    Mistake(
        "minimum",
        "the smaller of the two",
        "The negative numbers pass and the positive ones become 0: the minimum was taken.",
        "Which inputs should pass unchanged? Which ones do?",
        "Of z and 0, which one do you keep?",
        "Keep the larger one: `np.maximum(0, z)`.",
        (lambda z: np.minimum(0, z),),
    ),
    Mistake(
        "absolute",
        "the absolute value",
        "Negative inputs come out positive: this is |z|.",
        "What should happen to a negative input?",
        "Look at your numbers where z is negative.",
        "For negative z return 0: `np.maximum(0, z)`.",
        (abs,),
    ),
    _leaky(lambda z: np.where(z > 0, z, 0.01 * z)),
    _derivative_for_function(relu.prime, "ReLU"),
)

_RELU_PRIME = (
    Mistake(
        "always_one",
        "1 everywhere",
        "The slope came as 1 for every z: nothing is ever blocked. The usual reason is a "
        "comparison >= 0 made on the output of ReLU, which is never negative.",
        "For which inputs is the curve flat? What does your function say there?",
        "Which quantity do you compare with 0, and can it be negative?",
        "Compare z itself: `(z > 0).astype(float)`.",
        (lambda z: np.ones(z.shape),),
    ),
    Mistake(
        "inverted",
        "the two sides exchanged",
        "The slope is 1 where it should be 0, and the other way round.",
        "On which side of 0 does the curve rise?",
        "Look at the direction of your comparison.",
        "The slope is 1 for positive z: `(z > 0).astype(float)`.",
        (lambda z: np.where(z < 0, 1.0, 0.0),),
    ),
    Mistake(
        "sign_function",
        "-1 on the left",
        "For negative z the slope came as -1; there the curve is flat.",
        "How steep is the curve for negative inputs?",
        "Look at your numbers where z is negative.",
        "For negative z return 0: `(z > 0).astype(float)`.",
        (np.sign,),
    ),
    _leaky(lambda z: np.where(z > 0, 1.0, 0.01)),
    _function_for_derivative(relu, "ReLU"),
)


def _at_zero(value):
    def prime(z):
        return np.where(z == 0, value, np.where(z > 0, 1.0, 0.0))

    return prime, (
        f"At z = 0 yours gives {value:g}. ReLU has a kink there, and no derivative: any number "
        "from 0 to 1 is a fair choice. This course takes 0, in every engine; take it too if you "
        "compare gradients at 0."
    )


def _exponentials(z):
    return np.exp(z - z.max())


_SOFTMAX_MISTAKES = (
    Mistake(
        "rows",
        "the sum over the other axis",
        "Every row adds up to 1, but an example is a column: the sum goes over the examples.",
        "Which of your numbers add up to 1? Which ones should?",
        "An example is a column. Along which axis do its entries lie?",
        "Sum with `axis=0, keepdims=True`.",
        (lambda z: _exponentials(z) / _exponentials(z).sum(axis=1, keepdims=True),),
    ),
    Mistake(
        "whole_batch",
        "one sum for the whole mini-batch",
        "All entries together add up to 1: the sum runs over all examples at once.",
        "Give the function one column, then the same column twice. Does the result of the first "
        "change?",
        "How many numbers does your sum have: one, or one for each column?",
        "Sum every column on its own, with `axis=0, keepdims=True`.",
        (lambda z: _exponentials(z) / _exponentials(z).sum(),),
    ),
    Mistake(
        "not_normalized",
        "not divided by the sum",
        "The exponentials are there, but they are not divided by their sum.",
        "What do the outputs of one example add up to?",
        "Probabilities add up to 1. What has to be done to the exponentials?",
        "Divide by `e.sum(axis=0, keepdims=True)`.",
        (np.exp, lambda z: np.exp(z - z.max(axis=0, keepdims=True))),
    ),
    Mistake(
        "no_exponential",
        "no exponential",
        "The numbers themselves were divided by their sum; negative ones stay negative.",
        "Can a probability be negative? Can yours?",
        "What makes every entry positive before the division?",
        "Take `np.exp` first, then divide by the sum.",
        (lambda z: z / z.sum(axis=0, keepdims=True),),
    ),
    Mistake(
        "logarithm",
        "the logarithm of it",
        "The numbers are the logarithms of the probabilities.",
        "In which range do probabilities lie? And your numbers?",
        "Apply np.exp to your result, and look at it.",
        "Return the probabilities, without the logarithm.",
        (lambda z: np.log(softmax(z)),),
    ),
    _other_activation(sigmoid, "softmax", "the sigmoid"),
)


def _jacobian(z):
    return softmax.prime(z[:, None])[0]


def _outer(v):
    return np.multiply.outer(v, v)


def _run_jacobian(function, args):
    """Call a function of one example; one that takes a mini-batch of columns will do as well."""
    (z,) = args
    try:
        return function(z)
    except NotImplementedError:
        raise
    except Exception as error:
        try:
            result = np.asarray(function(z[:, None]))
        except Exception:
            raise error from None
        return result[0] if result.shape == (1, z.size, z.size) else result


_JACOBIAN = (
    Mistake(
        "diagonal",
        "the diagonal alone",
        "The entries off the diagonal are 0, as if every output had a neuron of its own.",
        "Does one weighted input change the other outputs, too?",
        "All outputs of a softmax share a sum. Which entries of your matrix say so?",
        "Off the diagonal the entries are -s_i s_j: `np.diag(s) - np.outer(s, s)`.",
        (lambda z: np.diag(softmax(z) * (1 - softmax(z))),),
    ),
    Mistake(
        "vector",
        "a vector instead of a matrix",
        "The numbers are s (1 - s), the derivative of each output by its own z: one column.",
        "How many derivatives are there, for n outputs and n weighted inputs?",
        "You return n numbers. Which pairs of output and input have none?",
        "Return the whole matrix: `np.diag(s) - np.outer(s, s)`.",
        (lambda z: softmax(z) * (1 - softmax(z)),),
    ),
    Mistake(
        "no_diagonal",
        "the first term is missing",
        "The entries are -s_i s_j on the diagonal as well; there s_i is to be added.",
        "If one weighted input grows, does its own output grow or shrink? What does your matrix "
        "say?",
        "Look at the entries i = j.",
        "Add s on the diagonal: `np.diag(s) - np.outer(s, s)`.",
        (lambda z: -_outer(softmax(z)),),
    ),
    Mistake(
        "plus",
        "a plus for the minus",
        "The product s_i s_j is added instead of subtracted.",
        "The outputs always add up to 1. What must each column of the matrix add up to?",
        "If one output grows, the others must shrink: look at the signs off the diagonal.",
        "Subtract: `np.diag(s) - np.outer(s, s)`.",
        (lambda z: np.diag(softmax(z)) + _outer(softmax(z)),),
    ),
    Mistake(
        "formula_of_z",
        "the formula for s, applied to z",
        "The formula diag(s) - s s^T was applied to z instead of to s = softmax(z).",
        "The outputs always add up to 1. What must each column of the matrix add up to?",
        "Which quantity do you put into your formula?",
        "Compute `s = softmax(z)` first, then `np.diag(s) - np.outer(s, s)`.",
        (lambda z: np.diag(z) - _outer(z),),
    ),
    *scaled(_jacobian),
)


def _softmax_vjp(s, g):
    return s * (g - (s * g).sum())


_SOFTMAX_VJP = (
    Mistake(
        "first_term",
        "the first term alone",
        "The product came as s g: the part of the Jacobian off the diagonal is missing.",
        "If all entries of g are equal, what must the product be? (The outputs add up to 1.)",
        "The Jacobian has two terms. What does each of them do to g?",
        "Subtract the second one: `s * (g - (s * g).sum())`.",
        (lambda s, g: s * g,),
    ),
    Mistake(
        "diagonal",
        "the diagonal alone",
        "The product came as s (1 - s) g, which uses only the diagonal of the Jacobian.",
        "If all entries of g are equal, what must the product be? (The outputs add up to 1.)",
        "Which entries of the Jacobian does your formula use?",
        "Every output depends on every z: `s * (g - (s * g).sum())`.",
        (lambda s, g: s * (1 - s) * g,),
    ),
    Mistake(
        "plain_mean",
        "a mean without weights",
        "From g its plain sum or mean was subtracted; it must be weighted by s.",
        "What exactly is taken from each entry of g?",
        "The second term of the Jacobian is s s^T: what is s^T g?",
        "Weigh the entries by s: `(s * g).sum()`.",
        (lambda s, g: s * (g - g.mean()), lambda s, g: s * (g - g.sum())),
    ),
    Mistake(
        "plus",
        "a plus for the minus",
        "The second term is added instead of subtracted.",
        "If all entries of g are equal, what must the product be? (The outputs add up to 1.)",
        "Look at the signs of the two terms of the Jacobian.",
        "Subtract: `s * (g - (s * g).sum())`.",
        (lambda s, g: s * (g + (s * g).sum()),),
    ),
    *scaled(_softmax_vjp),
)


def _activation(name, what, begin, right, mistakes, read, overflow=None):
    """Return an exercise on a function of z that works on each neuron alone."""
    return Exercise(
        name,
        f"{name}(z)",
        f"{what}, of z's shape",
        begin,
        _z_cases(far=overflow is not None),
        right,
        mistakes,
        read,
        overflow=overflow,
    )


EXERCISES = (
    _activation(
        "sigmoid",
        "sigmoid(z)",
        "Write the formula with np.exp, so that it takes whole arrays.",
        sigmoid,
        _SIGMOID,
        _NEURON,
        overflow=_overflow(
            "Let exp see no positive number: with `e = np.exp(-abs(z))` the sigmoid is "
            "`np.where(z >= 0, 1, e) / (1 + e)`."
        ),
    ),
    _activation(
        "sigmoid_prime",
        "the slope of the sigmoid at z",
        "Compute the sigmoid first: its slope can be written with its value alone.",
        sigmoid.prime,
        _SIGMOID_PRIME,
        _SLOPES,
        overflow=_overflow(
            "Let exp see no positive number: with `e = np.exp(-abs(z))` the slope is "
            "`e / (1 + e)**2`."
        ),
    ),
    _activation(
        "tanh",
        "tanh(z)",
        "Write the formula with np.exp, or look for the function in NumPy.",
        tanh,
        _TANH,
        _SLOPES,
        overflow=_overflow(
            "Use `np.tanh(z)`, or divide by the larger exponential: with `e = np.exp(-2 * abs(z))` "
            "it is `np.sign(z) * (1 - e) / (1 + e)`."
        ),
    ),
    _activation(
        "tanh_prime",
        "the slope of tanh at z",
        "Compute tanh first: its slope can be written with its value alone.",
        tanh.prime,
        _TANH_PRIME,
        _SLOPES,
        overflow=_overflow("Take tanh from NumPy: `1 - np.tanh(z)**2`."),
    ),
    _activation(
        "relu",
        "the larger of 0 and z",
        "NumPy compares whole arrays: look for a function that takes the larger of two.",
        relu,
        _RELU,
        _RECTIFIER,
    ),
    Exercise(
        "relu_prime",
        "relu_prime(z)",
        "the slope of ReLU at z, of z's shape",
        "Where does the curve rise, and where is it flat? Compare z with 0.",
        (*_z_cases(far=False), Case("z = 0", (np.array([[0.0, -0.5, 1.5]]),), "z = 0")),
        relu.prime,
        _RELU_PRIME,
        _KINK,
        conventions=(_at_zero(1.0), _at_zero(0.5)),
    ),
    Exercise(
        "softmax",
        "softmax(z)",
        "the probabilities of every example, of z's shape (n, m); each column adds up to 1",
        "Take exponentials, then divide every column by its own sum.",
        (
            *_z_cases()[:3],
            Case(
                "columns with entries of 1000 and -1000",
                (np.array([[1000.0, -1001.0, 3.0], [999.0, -1000.0, -1000.0]]),),
                "z = -1000 and z = 1000",
                far=True,
            ),
        ),
        softmax,
        _SOFTMAX_MISTAKES,
        _SHARES,
        overflow=_overflow(
            "Subtract the largest entry of each column first: "
            "`e = np.exp(z - z.max(axis=0, keepdims=True))`. The quotient does not change."
        ),
    ),
    Exercise(
        "softmax_jacobian",
        "softmax_jacobian(z)",
        "for one example z of shape (n,) the matrix of ds_i/dz_j, of shape (n, n)",
        "Compute s = softmax(z) first. How does output i change with its own z, and how with z_j?",
        (
            Case("z of shape (3,)", (numbers(29, 3),), "the numbers for one example"),
            Case("z of shape (4,)", (numbers(30, 4),), "the numbers for one example"),
        ),
        _jacobian,
        _JACOBIAN,
        _SOFTMAX,
        run=_run_jacobian,
    ),
    Exercise(
        "softmax_vjp",
        "softmax_vjp(s, g)",
        "g^T J without any matrix, for outputs s and a cotangent g of shape (n,)",
        "Write the Jacobian with its two terms, and multiply g into each.",
        (
            Case(
                "s and g of shape (3,)",
                (np.array([0.5, 0.2, 0.3]), numbers(31, 3)),
                "the numbers for one example",
            ),
            Case(
                "s and g of shape (4,)",
                (np.array([0.1, 0.4, 0.2, 0.3]), numbers(32, 4)),
                "the numbers for one example",
            ),
        ),
        _softmax_vjp,
        _SOFTMAX_VJP,
        _VJP,
    ),
)
