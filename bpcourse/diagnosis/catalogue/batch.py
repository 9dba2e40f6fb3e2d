"""Mistakes in the mean over a mini-batch, and in the shapes of what is returned."""

from bpcourse.diagnosis.catalogue.cause import Cause


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
            f"The {letter}' gradient is the sum over the mini-batch, not its mean: the "
            "factor 1/m is missing.",
            "The cost of a mini-batch is the mean of the costs of its examples. What follows for "
            "the gradient?",
            'Divide by m, the number of examples; or, if sums are meant, pass reduction="sum".',
        ),
        Cause(
            "mean_for_sum",
            equation,
            "a mean where a sum was asked for",
            f"The {letter}' gradient is the mean over the mini-batch; asked for was the sum.",
            "Is the cost of your mini-batch the mean or the sum of the costs of its examples?",
            'Leave 1/m out; or, if means are meant, leave out reduction="sum".',
        ),
        Cause(
            "mean_twice",
            equation,
            "1/m twice",
            f"The {letter}' gradient is divided by m twice.",
            "How often does 1/m stand between the cost and this gradient?",
            "Divide by m once: in BP3 and BP4, not in delta as well.",
        ),
        Cause(
            "neurons_for_examples",
            equation,
            "divided by the number of neurons",
            f"The {letter}' gradient is divided by a number of neurons or inputs instead of "
            "the number of examples.",
            "Along which axis do the examples lie?",
            "Divide by m = x.shape[1] (with an example as a column), the number of examples.",
        ),
        Cause(
            "fixed_number",
            equation,
            "divided by a fixed number",
            f"The sum in the {letter}' gradient is divided by a fixed number instead of the "
            "number of examples.",
            "Does your divisor change when the mini-batch has another size?",
            "Divide by m, the number of examples in this mini-batch, read off x.",
        ),
        Cause(
            "one_too_few",
            equation,
            "divided by m - 1",
            f"The sum in the {letter}' gradient is divided by m - 1 instead of m.",
            "How many examples are there, and by which number do you divide?",
            "Divide by m, the number of examples; m - 1 belongs to a variance.",
        ),
        Cause(
            "last_example",
            equation,
            "the last example only",
            f"Only the last example of the mini-batch counts in the {letter}' gradient: "
            "each one overwrites the one before.",
            "In the loop over the examples, what happens to the gradient that is there already?",
            "Add up: += in the loop, not =.",
        ),
        Cause(
            "first_example",
            equation,
            "the first example only",
            f"Only the first example of the mini-batch counts in the {letter}' gradient.",
            "Where does the loop over the examples end? Is there a return inside?",
            "Go through all examples, add up, and divide by m.",
        ),
        Cause(
            "not_averaged",
            equation,
            "not averaged over the examples",
            f"The {letter}' gradient came with one number per example: the mean over the "
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
        experiment="Print delta^2 for an example alone, and for a mini-batch of two such examples. "
        "If the second is half of the first, 1/m stands in BP2; if both are the same, it stands "
        "twice in BP3 and in BP4.",
    ),
    Cause(
        "mean_in_bp1",
        "bp1",
        "1/m in the error as well",
        "All gradients are divided by m twice: 1/m stands in the error of the output layer, and "
        "again in BP3 and BP4.",
        "How often does 1/m stand between the cost and a gradient?",
        "Divide by m once: in BP3 and BP4, not in delta as well.",
    ),
    Cause(
        "broadcast_error",
        "bp1",
        "every output minus every target",
        "The outputs and the targets have different shapes, (m, 1) and (m,) or (1, m): their "
        "difference is an array of m times m numbers, each output minus each target. With one "
        "example it can't be seen.",
        "Print the shapes of the outputs, of the targets, and of their difference.",
        "Give both one shape before you subtract: y.reshape(a.shape).",
    ),
    Cause(
        "other_inputs",
        "forward",
        "other inputs than x",
        "The gradients of the weights of layer 2 show other inputs than x: the inputs are changed "
        "before the first layer, or before this gradient.",
        "Print x at the start, and what is multiplied by the first weights. Where does it change?",
        "If inputs are to be scaled or clipped, do so outside of this function; let it use x as it "
        "comes.",
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
        "The biases' gradient has the right numbers in another shape than the biases: in "
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
        "The weights' gradient contains a multiple of w: a penalty that was not asked for.",
        "What does your gradient contain besides the gradient of the cost?",
        "Leave the penalty out, or say that it is meant: weight_decay=lambda, training_size=n.",
    ),
]

BATCH = [
    *_batch("bp3", "biases", "delta^l"),
    *_batch("bp4", "weights", "delta^l times the transposed a^{l-1}"),
]
