"""The exercises on the four equations."""

import numpy as np

from bpcourse import equations
from bpcourse.exercises.step import Case, Exercise, Mistake, mean_too_early, numbers, scaled, slopes

_BP1 = ("four-equations", "four-equations-bp1", "BP1: the error of the output layer")
_BP2 = ("four-equations", "four-equations-bp2", "BP2: one layer back")
_BP3 = ("four-equations", "four-equations-bp3", "BP3: the biases")
_BP4 = ("four-equations", "four-equations-bp4", "BP4: the weights")


def _bp1_cases():
    topic = "the numbers for mini-batches and for one example"
    return (
        Case("grad_a and prime of shape (3, 4)", (numbers(5, 3, 4), slopes(6, 3, 4)), topic),
        Case("grad_a and prime of shape (3, 3)", (numbers(7, 3, 3), slopes(8, 3, 3)), topic),
        Case("one example of shape (2, 1)", (numbers(9, 2, 1), slopes(10, 2, 1)), topic),
    )


def _missing_prime(wrong):
    return Mistake(
        "missing_prime",
        "sigma' is missing",
        "The factor sigma' is missing: the argument prime is not used.",
        "Which of the arguments change your result?",
        "The equation is a product. Find the line of each of its factors.",
        "Multiply by `prime`, element by element.",
        (wrong,),
    )


def _division(wrong):
    return Mistake(
        "division",
        "division where the gradient multiplies",
        "The number was divided by sigma'; the equation multiplies.",
        "What should come out of a neuron that is saturated, so that its slope is almost 0?",
        "Which operation joins the two factors of the equation?",
        "Multiply by `prime`.",
        (wrong,),
    )


def _prime_twice(wrong):
    return Mistake(
        "prime_twice",
        "sigma' twice",
        "The factor sigma' stands twice.",
        "If one slope is made ten times smaller, how much smaller should the result be?",
        "Count how often the slope is multiplied in.",
        "Multiply by `prime` once.",
        (wrong,),
    )


_BP1_MISTAKES = (
    _missing_prime(lambda grad_a, prime: grad_a),
    _division(lambda grad_a, prime: grad_a / prime),
    _prime_twice(lambda grad_a, prime: grad_a * prime**2),
    Mistake(
        "matrix_product",
        "a matrix product",
        "The two factors were joined by a matrix product; each neuron has its own slope.",
        "How many neurons have a say in one entry of the result?",
        "Which product does the circled dot of the equation mean?",
        "Use `*`, element by element, not `@`.",
        (
            lambda grad_a, prime: grad_a @ prime,
            lambda grad_a, prime: grad_a @ prime.T,
            lambda grad_a, prime: grad_a.T @ prime,
        ),
    ),
    Mistake(
        "added",
        "a sum in place of a product",
        "The two factors were added.",
        "What should come out of a neuron whose slope is 0?",
        "Which operation joins the two factors of the equation?",
        "Multiply, element by element.",
        (lambda grad_a, prime: grad_a + prime,),
    ),
    mean_too_early(equations.bp1),
    *scaled(equations.bp1),
)


def _bp2_cases():
    topic = "the numbers for mini-batches and for one example"
    return (
        Case(
            "w_next (3, 2), four examples",
            (numbers(11, 3, 2), numbers(12, 3, 4), slopes(13, 2, 4)),
            topic,
        ),
        Case(
            "w_next (3, 3), three examples",
            (numbers(14, 3, 3), numbers(15, 3, 3), slopes(16, 3, 3)),
            topic,
        ),
        Case(
            "w_next (2, 3), one example",
            (numbers(17, 2, 3), numbers(18, 2, 1), slopes(19, 3, 1)),
            topic,
        ),
    )


_BP2_MISTAKES = (
    Mistake(
        "no_transpose",
        "the transpose is missing",
        "The weights are not transposed. Where both layers are equally wide this goes unnoticed; "
        "elsewhere the shapes do not fit.",
        "In which direction do the weights carry the error: from this layer to the next, or back?",
        "Row j of w_next belongs to neuron j of the next layer. You need a row for each neuron of "
        "this layer.",
        "Write `w_next.T @ delta_next`.",
        (lambda w, delta, prime: (w @ delta) * prime,),
    ),
    _missing_prime(lambda w, delta, prime: w.T @ delta),
    _division(lambda w, delta, prime: (w.T @ delta) / prime),
    _prime_twice(lambda w, delta, prime: (w.T @ delta) * prime**2),
    Mistake(
        "prime_first",
        "sigma' before the weights",
        "sigma' was multiplied in before the error came through the weights: it is the slope of "
        "this layer, not of the next.",
        "To which layer does each of the three arguments belong?",
        "Which comes first on the way back: the weights, or the slope of the neurons behind them?",
        "First `w_next.T @ delta_next`, then `* prime`.",
        (lambda w, delta, prime: w.T @ (delta * prime),),
    ),
    Mistake(
        "elementwise",
        "element by element instead of a matrix product",
        "The weights and the error were multiplied element by element; one entry of the result is "
        "a sum over all neurons of the next layer.",
        "How many neurons of the next layer hear one neuron of this layer?",
        "Which product sums over the neurons of the next layer?",
        "Use `@` between the weights and the error: `w_next.T @ delta_next`.",
        (
            lambda w, delta, prime: w.T * delta * prime,
            lambda w, delta, prime: w * delta * prime,
        ),
    ),
    mean_too_early(equations.bp2),
    *scaled(equations.bp2),
)


def _bp3_cases():
    topic = "the numbers for mini-batches and for one example"
    return (
        Case("delta of shape (4, 3)", (numbers(20, 4, 3),), topic),
        Case("delta of shape (5, 5)", (numbers(21, 5, 5),), topic),
        Case("delta of shape (3, 1)", (numbers(22, 3, 1),), topic),
    )


def _no_mean(wrong):
    return Mistake(
        "sum",
        "no 1/m",
        "The examples are added up; the gradient of a mini-batch is their mean.",
        "Write every column down a second time. Should the result change? Does yours?",
        "Divide your numbers by the wanted ones, for each of the mini-batches. Where have you seen "
        "these numbers?",
        "Divide by m, the number of columns.",
        (wrong,),
    )


def _mean_twice(wrong):
    return Mistake(
        "mean_twice",
        "divided by m twice",
        "The numbers are divided by the number of examples twice.",
        "Write every column down a second time. Should the result change? Does yours?",
        "Count the divisions, those hidden in a mean included.",
        "Keep one of the two.",
        (wrong,),
    )


def _one_example(wrong):
    return Mistake(
        "one_example",
        "only one of the examples",
        "One column alone was used; the others have no influence.",
        "Change the numbers in the middle of the mini-batch. Does your result change?",
        "Which columns do you use?",
        "Use all columns, and take their mean.",
        wrong,
    )


_BP3_MISTAKES = (
    _no_mean(lambda delta: delta.sum(axis=1, keepdims=True)),
    _mean_twice(lambda delta: equations.bp3(delta) / delta.shape[1]),
    _one_example((lambda delta: delta[:, :1], lambda delta: delta[:, -1:])),
    Mistake(
        "not_averaged",
        "no mean at all",
        "The error came back as it is, one column for each example.",
        "How many biases are there? How many values do you return?",
        "The gradient of a mini-batch has the shape of what it is the gradient of.",
        "Take the mean over the examples: `delta.mean(axis=1, keepdims=True)`.",
        (lambda delta: delta,),
    ),
    Mistake(
        "wrong_axis",
        "the other axis",
        "The mean runs over the neurons; it has to run over the examples.",
        "Which numbers do you put together: those of one neuron, or those of one example?",
        "An example is a column, so a row belongs to a neuron. Along which one do you go?",
        "Use `axis=1`.",
        (
            lambda delta: delta.mean(axis=0, keepdims=True),
            lambda delta: delta.mean(axis=0, keepdims=True).T,
            lambda delta: delta.mean(axis=0),
            lambda delta: delta.sum(axis=0, keepdims=True),
        ),
    ),
    Mistake(
        "one_number",
        "one number for the whole layer",
        "The mean runs over everything; every neuron has a bias of its own.",
        "How many biases are there? How many values do you return?",
        "A mean without an axis is a mean of all.",
        "Use `delta.mean(axis=1, keepdims=True)`.",
        (np.mean, np.sum),
    ),
    Mistake(
        "flat",
        "one axis instead of a column",
        "The numbers are right, but they lie in one axis. Added to a mini-batch of as many "
        "examples as neurons, such an array is broadcast along the wrong one.",
        "What is the shape of b, the array whose gradient this is?",
        "The mean removes an axis. How can it be kept?",
        "Write `keepdims=True`.",
        (lambda delta: delta.mean(axis=1),),
        read=("reading-digits", "forward-pass-broadcasting", "What happens to the bias?"),
    ),
    *scaled(equations.bp3),
)


def _bp4_cases():
    topic = "the numbers for mini-batches and for one example"
    return (
        Case("2 neurons before, 4 here, 3 examples", (numbers(23, 2, 3), numbers(24, 4, 3)), topic),
        Case("3 neurons before, 3 here, 3 examples", (numbers(25, 3, 3), numbers(26, 3, 3)), topic),
        Case("2 neurons before, 3 here, 1 example", (numbers(27, 2, 1), numbers(28, 3, 1)), topic),
    )


_BP4_MISTAKES = (
    _no_mean(lambda a, delta: delta @ a.T),
    _mean_twice(lambda a, delta: equations.bp4(a, delta) / delta.shape[1]),
    _one_example(
        (
            lambda a, delta: delta[:, :1] @ a[:, :1].T,
            lambda a, delta: delta[:, -1:] @ a[:, -1:].T,
        )
    ),
    Mistake(
        "transposed",
        "rows and columns exchanged",
        "The product came as a delta^T: its rows belong to the layer before.",
        "What is the shape of w, the array whose gradient this is?",
        "Entry (j, k) belongs to neuron j of this layer and neuron k of the layer before.",
        "Write `delta @ a_previous.T`, in this order, and divide by m.",
        (lambda a, delta: equations.bp4(a, delta).T, lambda a, delta: a @ delta.T),
    ),
    Mistake(
        "no_transpose",
        "no transpose",
        "The activations are not transposed: the product sums over neurons instead of examples.",
        "Over which index does your product sum: the neurons, or the examples?",
        "In both arrays an example is a column. The sum over the examples needs them side by side.",
        "Write `delta @ a_previous.T`, and divide by m.",
        (
            lambda a, delta: delta @ a / delta.shape[1],
            lambda a, delta: delta.T @ a / delta.shape[1],
            lambda a, delta: a @ delta / delta.shape[1],
            lambda a, delta: delta @ a,
        ),
    ),
    Mistake(
        "elementwise",
        "element by element instead of an outer product",
        "The two arrays were multiplied element by element; every pair of neurons has a weight.",
        "How many weights join the two layers?",
        "Every neuron of this layer meets every neuron of the layer before.",
        "Write `delta @ a_previous.T`, and divide by m.",
        (lambda a, delta: delta * a, lambda a, delta: delta * a / delta.shape[1]),
    ),
    Mistake(
        "wrong_count",
        "divided by the number of neurons",
        "The sum is divided by the number of neurons instead of the number of examples.",
        "Which count do you divide by, and what does it count?",
        "Look at the axis whose length you take.",
        "Divide by `delta.shape[1]`.",
        (
            lambda a, delta: delta @ a.T / delta.shape[0],
            lambda a, delta: delta @ a.T / a.shape[0],
        ),
    ),
    *scaled(equations.bp4),
)


EXERCISES = (
    Exercise(
        "bp1",
        "bp1(grad_a, prime)",
        "the error of the output layer, of shape (n_L, m) like both arguments",
        "Every output neuron has one entry in each of the two arguments.",
        _bp1_cases(),
        equations.bp1,
        _BP1_MISTAKES,
        _BP1,
    ),
    Exercise(
        "bp2",
        "bp2(w_next, delta_next, prime)",
        "the error of layer l, of shape (n_l, m); w_next is (n_{l+1}, n_l), delta_next "
        "(n_{l+1}, m), prime (n_l, m)",
        "Write the shapes of the three arguments on paper. In which order do they fit together?",
        _bp2_cases(),
        equations.bp2,
        _BP2_MISTAKES,
        _BP2,
    ),
    Exercise(
        "bp3",
        "bp3(delta)",
        "the biases' gradient, of shape (n_l, 1); delta is (n_l, m)",
        "The cost of a mini-batch is the mean of its examples' costs. So is its gradient.",
        _bp3_cases(),
        equations.bp3,
        _BP3_MISTAKES,
        _BP3,
    ),
    Exercise(
        "bp4",
        "bp4(a_previous, delta)",
        "the weights' gradient, of shape (n_l, n_{l-1}); a_previous is (n_{l-1}, m), delta "
        "(n_l, m)",
        "Begin with one example: a column and a row make a matrix. Then think of the mean.",
        _bp4_cases(),
        equations.bp4,
        _BP4_MISTAKES,
        _BP4,
    ),
)
