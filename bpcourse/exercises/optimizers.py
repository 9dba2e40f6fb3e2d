"""The exercise on a step of Adam."""

import numpy as np

from bpcourse.exercises.step import Case, Exercise, Mistake, numbers

_CHAPTER = ("steps", "steps-scale", "A scale for every parameter")


def _case(label, seed, shapes, step, topic="the numbers for the first steps and a later one"):
    """Return arrays in the middle of a run; epsilon is large enough to be seen."""
    weights, grads, velocity = (
        [numbers(seed + 10 * i + j, *shape) for j, shape in enumerate(shapes)] for i in range(3)
    )
    square = [abs(numbers(seed + 30 + j, *shape)) for j, shape in enumerate(shapes)]
    if step == 1:
        velocity, square = ([0 * each for each in group] for group in (velocity, square))
    return Case(label, (weights, grads, velocity, square, step, 0.1, 0.8, 0.95, 0.3), topic)


def _adam(
    *,
    correct=lambda b_1, b_2, t: (1 - b_1**t, 1 - b_2**t),
    root=lambda s, epsilon: np.sqrt(s) + epsilon,
    count=lambda t, i: t,
    squared=lambda g: g * g,
    top=lambda v, g: v,
    sign=1,
    exchange=False,
    complement=True,
):
    """Return a step of Adam with the parts given."""

    def step(weights, grads, v, s, t, eta, beta_1, beta_2, epsilon):
        b_1, b_2 = (beta_2, beta_1) if exchange else (beta_1, beta_2)
        new = [], [], []
        for i, (w, g, v_i, s_i) in enumerate(zip(weights, grads, v, s, strict=True)):
            v_i = b_1 * v_i + ((1 - b_1) if complement else 1) * g
            s_i = b_2 * s_i + ((1 - b_2) if complement else 1) * squared(g)
            c_1, c_2 = correct(b_1, b_2, count(t, i))
            moved = w - sign * eta * (top(v_i, g) / c_1) / root(s_i / c_2, epsilon)
            for group, array in zip(new, (moved, v_i, s_i), strict=True):
                group.append(array)
        return new

    return step


def _unpack(result):
    """Return weights, v and s of every array, by name."""
    if not isinstance(result, tuple | list) or len(result) != 3:
        raise ValueError(f"a {type(result).__name__}, not weights, v and s")
    if not all(isinstance(group, tuple | list) for group in result):
        raise ValueError("three things that are not lists")
    # v and s first: where they are wrong, so are the weights.
    return {
        f"{name}[{i}]": array
        for name, group in zip(("v", "s", "weights"), (*result[1:], result[0]), strict=True)
        for i, array in enumerate(group)
    }


_right = _adam()

_MISTAKES = (
    Mistake(
        "no_correction",
        "no bias correction",
        "The two averages were used as they are; both begin at 0 and are too small at first.",
        "At the very first step, how large is v beside the gradient? How large should it be?",
        "Compare step 1 with step 50. What does the course divide by, and when does it matter?",
        "Divide v by `1 - beta_1**t` and s by `1 - beta_2**t`.",
        (_adam(correct=lambda b_1, b_2, t: (1, 1)),),
    ),
    Mistake(
        "half_correction",
        "only one of the two averages corrected",
        "One of the two averages was divided by 1 - beta^t, the other was not.",
        "Both begin at 0. How long does each of them take to forget it?",
        "Look for both divisions. Which one is missing?",
        "Divide v by `1 - beta_1**t` and s by `1 - beta_2**t`.",
        (
            _adam(correct=lambda b_1, b_2, t: (1 - b_1**t, 1)),
            _adam(correct=lambda b_1, b_2, t: (1, 1 - b_2**t)),
        ),
    ),
    Mistake(
        "counter",
        "a counter that runs over the arrays",
        "The step t was counted up from one array to the next: it counts steps, not parameters.",
        "How many steps has the second array made, compared with the first?",
        "Print t at every use. When should it change?",
        "Count once for each call, outside the loop over the arrays.",
        (
            _adam(count=lambda t, i: t + i),
            _adam(count=lambda t, i: t + i + 1),
        ),
    ),
    Mistake(
        "late_count",
        "t is one too large",
        "The corrections use t + 1: the argument t counts from 1 already.",
        "At the first step of all, what should the correction make of v?",
        "With t = 1, by what do you divide?",
        "Use `t` as it comes.",
        (_adam(count=lambda t, i: t + 1),),
    ),
    Mistake(
        "epsilon_inside",
        "epsilon inside the root",
        "Epsilon was added before the root was taken: a number of 1e-8 then acts like 1e-4.",
        "If all gradients are 0, what is left in the denominator?",
        "Which comes first in the formula, the addition or the root?",
        "Write `np.sqrt(s) + epsilon`, with the corrected s.",
        (
            _adam(root=lambda s, epsilon: np.sqrt(s + epsilon)),
            _adam(root=lambda s, epsilon: np.sqrt(s + epsilon**2)),
        ),
    ),
    Mistake(
        "no_root",
        "no root in the denominator",
        "The mean of the squares was used without its root.",
        "Multiply all gradients by 10. What should become of the step?",
        "v has the unit of a gradient. Which unit has your denominator?",
        "Take `np.sqrt` of the corrected s.",
        (_adam(root=lambda s, epsilon: s + epsilon),),
    ),
    Mistake(
        "no_square",
        "the gradient not squared",
        "The second average is one of gradients, not of their squares.",
        "Can the second average be negative? Can yours?",
        "What is averaged in s?",
        "Add `(1 - beta_2) * g**2`.",
        (_adam(squared=lambda g: g), _adam(squared=abs)),
    ),
    Mistake(
        "gradient_on_top",
        "the gradient instead of its average",
        "The step goes along the gradient, divided by the root: that is RMSProp with a correction.",
        "Which of the two averages do you use for the direction?",
        "What stands in the numerator?",
        "Put the corrected v into the numerator.",
        (
            _adam(top=lambda v, g: g),
            _adam(top=lambda v, g: g, correct=lambda b_1, b_2, t: (1, 1 - b_2**t)),
        ),
    ),
    Mistake(
        "exchanged",
        "beta_1 and beta_2 exchanged",
        "The average of the gradients forgets with beta_2, that of the squares with beta_1.",
        "Which of the two should remember for longer, and which number is nearer to 1?",
        "Write down which number belongs to v and which to s.",
        "Use `beta_1` for v and `beta_2` for s.",
        (_adam(exchange=True),),
    ),
    Mistake(
        "no_complement",
        "sums instead of averages",
        "The new gradient is added without the factor 1 - beta, so that v and s are no averages.",
        "If the gradient is always 1, where should v end? Where does yours?",
        "The two weights of an average add up to 1. Do yours?",
        "Multiply the new gradient by `1 - beta_1`, its square by `1 - beta_2`.",
        (_adam(complement=False),),
    ),
    Mistake(
        "uphill",
        "uphill instead of down",
        "The step was added: it goes up.",
        "For a positive gradient, should the weight become larger?",
        "Look at the last sign of your formula.",
        "Subtract the step.",
        (_adam(sign=-1),),
    ),
    Mistake(
        "old_averages",
        "the averages are not handed back",
        "The weights are right, but v and s came back as they were: the next step would begin "
        "anew.",
        "What will the next step be given as v?",
        "Which variables do you return: those that came in, or those that you computed?",
        "Return the new v and s.",
        (lambda w, g, v, s, *rest: (_right(w, g, v, s, *rest)[0], v, s),),
    ),
)


def _papers_order(weights, grads, v, s, t, eta, beta_1, beta_2, epsilon):
    """Return a step in the paper's faster order, where epsilon is added to the raw root."""
    rate = eta * np.sqrt(1 - beta_2**t) / (1 - beta_1**t)
    plain = _adam(correct=lambda b_1, b_2, t: (1, 1))
    return plain(weights, grads, v, s, t, rate, beta_1, beta_2, epsilon)


EXERCISES = (
    Exercise(
        "adam_step",
        "adam_step(weights, grads, v, s, t, eta, beta_1, beta_2, epsilon)",
        "(weights, v, s) after one step, as new lists of arrays; v and s are the averages of the "
        "gradients and of their squares, t is the number of this step, from 1",
        "Update v first, then s. What does the course do with both before they are used?",
        (
            _case("the first step of two arrays", 900, [(2, 3), (2, 1)], 1),
            _case("the third step of two arrays", 940, [(3, 2), (3, 1)], 3),
            _case("the fiftieth step of one array", 980, [(2, 2)], 50),
        ),
        _right,
        _MISTAKES,
        _CHAPTER,
        conventions=(
            (
                _papers_order,
                "Yours adds epsilon to the root before the correction, as the faster order at the "
                "end of section 2 of the paper does. This course corrects first; with epsilon = "
                "1e-8 the two can't be told apart.",
            ),
        ),
        unpack=_unpack,
    ),
)
