"""The exercises on a recurrent layer: one step back through time, and the shared weights."""

import numpy as np

from bpcourse.exercises.named import each, named
from bpcourse.exercises.step import Case, Exercise, Mistake, numbers, scaled
from bpcourse.layers import recurrent

_CHAPTER = (
    "the-same-weight-many-times",
    "ch-the-same-weight-many-times",
    "The same weight, many times",
)


def _states(seed, *shape):
    """Return states of tanh, with two digits after the point, none of them near 0."""
    rng = np.random.default_rng(seed)
    return np.round(rng.uniform(0.15, 0.85, shape) * rng.choice([-1.0, 1.0], shape), 2)


def _step_cases():
    topic = "the numbers for mini-batches and for one example"
    return tuple(
        Case(
            label,
            (numbers(seed, n, n), numbers(seed + 1, n, m), numbers(seed + 2, n, m),
             _states(seed + 3, n, m)),
            topic,
        )
        for label, n, m, seed in (
            ("three neurons, four examples", 3, 4, 400),
            ("two neurons, two examples", 2, 2, 410),
            ("three neurons, one example", 3, 1, 420),
        )
    )  # fmt: skip


_step = recurrent.bptt_step

_STEP_MISTAKES = (
    Mistake(
        "missing_slope",
        "the slope of tanh is missing",
        "The error came back without the slope of tanh: it belongs to h_t, and delta to the "
        "weighted input.",
        "If h_t is almost 1, how much can the weighted input still change?",
        "Between the state and the weighted input lies tanh. Which factor is its derivative?",
        "Multiply the sum by `1 - h**2`.",
        (lambda w, later, e, h: e + w.T @ later,),
    ),
    Mistake(
        "no_transpose",
        "no transpose",
        "The recurrent weights are not transposed. They are square, so every shape fits all the "
        "same.",
        "Row j holds what neuron j hears. On the way back, who hears whom?",
        "BP2 carries the error through the transpose of the weights. Through what do you carry it?",
        "Write `w_h.T @ delta_next`.",
        (lambda w, later, e, h: (e + w @ later) * (1 - h**2),),
    ),
    Mistake(
        "no_cost_here",
        "only what comes from later",
        "The cost at time t itself was left out: h_t may stand in the cost directly, too.",
        "Change the argument grad_h. Does your result change?",
        "The state has two ways into the cost: through time t, and through time t + 1.",
        "Add `grad_h` before you multiply by the slope.",
        (lambda w, later, e, h: (w.T @ later) * (1 - h**2),),
    ),
    Mistake(
        "nothing_from_later",
        "nothing comes back through time",
        "Only the cost at time t was used: the error of time t + 1 does not come through the "
        "recurrent weights.",
        "Change the argument delta_next. Should your result change?",
        "The state has two ways into the cost: at once, and by the state after it.",
        "Add `w_h.T @ delta_next` before you multiply by the slope.",
        (lambda w, later, e, h: e * (1 - h**2),),
    ),
    Mistake(
        "slope_on_one_term",
        "the slope on one of two terms",
        "Only one of the two parts of the error was multiplied by the slope of tanh.",
        "Both ways into the cost begin at h_t. What lies between it and the weighted input?",
        "Look at your brackets: what exactly is multiplied by the slope?",
        "Put the sum in brackets: `(grad_h + w_h.T @ delta_next) * (1 - h**2)`.",
        (
            lambda w, later, e, h: e + (w.T @ later) * (1 - h**2),
            lambda w, later, e, h: e * (1 - h**2) + w.T @ later,
        ),
    ),
    Mistake(
        "slope_of_h",
        "tanh applied once more",
        "The slope came as 1 - tanh(h)^2, but h is the value of tanh already.",
        "Is the argument h a weighted input or a state?",
        "tanh' is 1 minus the square of a value. Of which?",
        "Use the state as it is: `1 - h**2`.",
        (lambda w, later, e, h: (e + w.T @ later) * (1 - np.tanh(h) ** 2),),
    ),
    Mistake(
        "no_square",
        "1 - h instead of 1 - h^2",
        "The slope of tanh lacks its square.",
        "How steep is tanh for a state of -0.9? And what does your formula say?",
        "Write down the derivative of tanh in terms of its value.",
        "Square it: `1 - h**2`.",
        (lambda w, later, e, h: (e + w.T @ later) * (1 - h),),
    ),
    Mistake(
        "sigmoid_slope",
        "the slope of the sigmoid",
        "The slope came as h (1 - h), which is that of a sigmoid; this layer has tanh.",
        "Which values can the states of this layer take?",
        "Compare your slope at h = 0 with that of the curve.",
        "Use `1 - h**2`.",
        (lambda w, later, e, h: (e + w.T @ later) * h * (1 - h),),
    ),
    Mistake(
        "slope_first",
        "the slope before the weights",
        "The error of time t + 1 was multiplied by the slope of time t before it came through the "
        "weights.",
        "Two things lie between the error of time t + 1 and the weighted input of time t. In which "
        "order?",
        "delta_next has its own slope already. Where does the one of h_t belong?",
        "First `w_h.T @ delta_next`, then `* (1 - h**2)`.",
        (
            lambda w, later, e, h: w.T @ (later * (1 - h**2)) + e * (1 - h**2),
            lambda w, later, e, h: e + w.T @ (later * (1 - h**2)),
        ),
    ),
    Mistake(
        "mean_too_early",
        "the mean over the examples, too early",
        "The numbers are divided by the number of examples. Here every example still has its own "
        "column.",
        "Write every column down a second time. Should the first column of the result change?",
        "Your numbers are the wanted ones divided by the number of columns. Which gradients are "
        "divided by it?",
        "Leave out the division by m: it belongs to the gradients of the weights.",
        (lambda w, later, e, h: _step(w, later, e, h) / h.shape[1],),
    ),
    *scaled(_step),
)


def _weight_cases():
    topic = "the numbers for sequences of one to four steps"
    return tuple(
        Case(
            label,
            (numbers(seed, steps, n, m), _states(seed + 1, steps + 1, n, m),
             numbers(seed + 2, steps, n_in, m)),
            topic,
        )
        for label, steps, n, n_in, m, seed in (
            ("four steps, three neurons, two inputs, three examples", 4, 3, 2, 3, 430),
            ("three steps, two neurons, two inputs, two examples", 3, 2, 2, 2, 440),
            ("one step, two neurons, three inputs, two examples", 1, 2, 3, 2, 450),
        )
    )  # fmt: skip


_weights = recurrent.recurrent_weights


def _by_steps(read=lambda h, t: h[t - 1], error=lambda delta, h, t: delta[t - 1], times=None):
    """Return the gradients as a sum over times, with the parts given."""

    def gradients(delta, h, x):
        m, chosen = x.shape[2], times or (lambda steps: range(1, steps + 1))
        parts = [
            (d @ x[t - 1].T, d @ read(h, t).T, d.sum(axis=1, keepdims=True))
            for t in chosen(len(delta))
            for d in [error(delta, h, t)]
        ]
        return tuple(sum(part) / m for part in zip(*parts, strict=True))

    return gradients


def _not_summed(delta, h, x):
    """Return the gradients of every time, one behind the other."""
    m = x.shape[2]
    return (
        delta @ x.transpose(0, 2, 1) / m,
        delta @ h[:-1].transpose(0, 2, 1) / m,
        delta.sum(axis=2, keepdims=True) / m,
    )


_WEIGHT_MISTAKES = (
    Mistake(
        "last_step",
        "only the last step",
        "The gradient is that of the last time step alone: the others were overwritten, or never "
        "looked at.",
        "In how many places of the unrolled network does each weight stand?",
        "Follow the gradient through your loop: what happens to the contribution of the step "
        "before?",
        "Begin with zeros and add up, `grad_w_h += ...`, over all times.",
        (
            _by_steps(times=lambda steps: [steps]),
            _by_steps(times=lambda steps: [1]),
        ),
    ),
    Mistake(
        "not_summed",
        "no sum over time",
        "The gradients of the time steps stand one behind the other; the weight is one and the "
        "same.",
        "How many recurrent weights are there? How many numbers do you return?",
        "A weight that is used several times gets a share from every use. What becomes of them?",
        "Add them up: `.sum(axis=0)` over time.",
        (_not_summed,),
    ),
    Mistake(
        "mean_over_time",
        "the mean over time",
        "The time steps were averaged; the gradient of a shared weight is the sum of its uses.",
        "If a sequence is twice as long, and everything repeats, what should become of the "
        "gradient?",
        "By which numbers do you divide?",
        "Divide by the number of examples alone.",
        (lambda delta, h, x: each(lambda g: g / len(delta))(_weights(delta, h, x)),),
    ),
    Mistake(
        "wrong_time",
        "the state of the step itself",
        "The error of time t was multiplied by h_t; the recurrent weights read h_{t-1}.",
        "Which h has the weighted input of time t seen?",
        "Compare the indices of the two factors. h has one entry more than delta, the one before "
        "the first step.",
        "Pair `delta[t]` with `h[t]` of the array that begins with h_0: `h[:-1]`, not `h[1:]`.",
        (_by_steps(read=lambda h, t: h[t]),),
    ),
    Mistake(
        "slope_twice",
        "the slope of tanh twice",
        "The errors were multiplied by 1 - h^2 once more; delta belongs to the weighted input "
        "already.",
        "The error that you are given: with respect to what is it a derivative?",
        "Between the weighted input and the weights there is no activation. Which factor is one "
        "too many?",
        "Use `delta` as it comes.",
        (_by_steps(error=lambda delta, h, t: delta[t - 1] * (1 - h[t] ** 2)),),
    ),
    Mistake(
        "sum",
        "the sum over the examples, not their mean",
        "The examples are added up; the cost of a mini-batch is their mean.",
        "Write every column down a second time. Should the result change? Does yours?",
        "Divide your numbers by the wanted ones. Where have you seen the quotient?",
        "Divide by m, the length of the last axis.",
        (lambda delta, h, x: each(lambda g: g * x.shape[2])(_weights(delta, h, x)),),
    ),
    Mistake(
        "transposed",
        "rows and columns exchanged",
        "The products came as h delta^T and x delta^T.",
        "To which neuron does a row of the recurrent weights belong?",
        "Entry (j, k) is about the error of neuron j and what it heard from neuron k.",
        "Write `delta[t] @ h[t].T`, in this order.",
        (lambda delta, h, x: (lambda a, b, c: (a.T, b.T, c))(*_weights(delta, h, x)),),
    ),
    *(
        Mistake(
            mistake.name, mistake.title, mistake.sentence, *mistake.hints,
            (lambda *args, f=factor: each(lambda g: f * g)(_weights(*args)),),
        )
        for mistake, factor in zip(scaled(_weights), (-1, 2, 0.5), strict=True)
    ),
)  # fmt: skip


EXERCISES = (
    Exercise(
        "bptt_step",
        "bptt_step(w_h, delta_next, grad_h, h)",
        "the error of time t of a layer of tanh, of shape (n, m); w_h is (n, n), delta_next the "
        "error of time t + 1, grad_h what the cost of time t says about h_t, h the state h_t",
        "By which two ways does h_t reach the cost? Each sends an error back.",
        _step_cases(),
        _step,
        _STEP_MISTAKES,
        _CHAPTER,
    ),
    Exercise(
        "recurrent_weights",
        "recurrent_weights(delta, h, x)",
        "(grad_w_x, grad_w_h, grad_b) of a recurrent layer, of shapes (n, n_in), (n, n), (n, 1); "
        "delta is (T, n, m), h is (T + 1, n, m) and begins with the state before the first step, "
        "x is (T, n_in, m)",
        "Begin with one time step and BP4. Then remember that every step used the same weights.",
        _weight_cases(),
        _weights,
        _WEIGHT_MISTAKES,
        _CHAPTER,
        unpack=named("grad_w_x", "grad_w_h", "grad_b"),
    ),
)
