"""The exercises on batch and layer normalization."""

import numpy as np

from bpcourse.exercises.named import named
from bpcourse.exercises.step import Case, Exercise, Mistake, numbers
from bpcourse.layers import normalization as layers

_CHAPTER = ("deep-and-still-learning", "deep-normalization", "Back through a normalization")


def _cases(axis, seed):
    """Return cases with statistics that belong to their x, taken along an axis."""
    cases = []
    for i, (n, m) in enumerate([(3, 4), (3, 3), (2, 5)]):
        x, delta = numbers(seed + 10 * i, n, m), numbers(seed + 10 * i + 1, n, m)
        scale = 1 / np.sqrt(x.var(axis=axis, keepdims=True) + 1e-5)
        normalized = (x - x.mean(axis=axis, keepdims=True)) * scale
        gamma = numbers(seed + 10 * i + 2, n, 1)
        label = f"{n} neurons, {m} examples"
        args = delta, normalized, scale, gamma
        cases.append(Case(label, args, "the numbers for mini-batches of three to five"))
    return tuple(cases)


def _backward(axis, *, shift=1, stretch=1, scaled=True, weighted=True, along=None, m=None):
    """Return the way back through a normalization along an axis, with the parts given."""
    along = axis if along is None else along

    def backward(delta, normalized, scale, gamma):
        g = gamma * delta if weighted else delta
        means = [part.mean(axis=along, keepdims=True) for part in (g, g * normalized)]
        back = g - shift * means[0] - stretch * normalized * means[1]
        count = delta.shape[1] if m is None else m
        parts = [p.sum(axis=1, keepdims=True) / count for p in (delta * normalized, delta)]
        return (back * scale if scaled else back), *parts

    return backward


def _mistakes(axis, what, other):
    """Return the typical mistakes; ``what`` is averaged over, not ``other``."""
    right = _backward(axis)
    return (
        Mistake(
            "constant_statistics",
            "mean and variance taken as constants",
            "The error came as gamma delta scale, as if the statistics did not depend on x.",
            "Move one x a little. Which other entries of y move with it?",
            "The mean and the variance are functions of x, too. How many terms has the derivative "
            "then?",
            f"Subtract what they add: `g.mean(axis={axis}, keepdims=True)`, and the same of "
            "`g * normalized` times `normalized`.",
            (_backward(axis, shift=0, stretch=0),),
        ),
        Mistake(
            "constant_mean",
            "the mean taken as a constant",
            "The term of the mean is missing: x also moves the mean that is subtracted from it.",
            "Add the same number to everything that is normalized together. What should the sum of "
            "your errors be?",
            "The statistics have two ways back. Which of them do you have?",
            f"Subtract `g.mean(axis={axis}, keepdims=True)` as well.",
            (_backward(axis, shift=0),),
        ),
        Mistake(
            "constant_variance",
            "the variance taken as a constant",
            "The term of the variance is missing: x also moves the scale that it is multiplied by.",
            "Multiply everything that is averaged together by 2. Does y change? Does your error "
            "say so?",
            "The statistics have two ways back. Which of them do you have?",
            f"Subtract `normalized * (g * normalized).mean(axis={axis}, keepdims=True)` as well.",
            (_backward(axis, stretch=0),),
        ),
        Mistake(
            "missing_gamma",
            "gamma is missing",
            "The error did not come through gamma.",
            "Which of the arguments change the first of your results?",
            "y is gamma times the normalized array, plus beta. What is the first step back?",
            "Begin with `g = gamma * delta`.",
            (_backward(axis, weighted=False),),
        ),
        Mistake(
            "missing_scale",
            "the scale is missing",
            "The error was not multiplied by 1 / sqrt(variance + epsilon).",
            "Which of the arguments change the first of your results?",
            "Multiply x by 1000: the normalized array stays. What becomes of the error?",
            "Multiply at the end by `scale`.",
            (_backward(axis, scaled=False),),
        ),
        Mistake(
            "wrong_axis",
            "the means over the other axis",
            f"The means run over the {other}; what was normalized together are the {what}.",
            "Which numbers had their mean subtracted on the way forward?",
            "Look at the shape of the argument scale: along which axis has it the length 1?",
            f"Use `axis={axis}` for both means.",
            (_backward(axis, along=1 - axis),),
        ),
        Mistake(
            "plus",
            "a plus for a minus",
            "The terms of the statistics were added instead of subtracted.",
            "Add the same number to everything that is normalized together. What should the sum of "
            "your errors be?",
            "Normalization takes a shift and a stretch out of x. What should it do to the error?",
            "Subtract both terms from `g`.",
            (
                _backward(axis, shift=-1, stretch=-1),
                _backward(axis, shift=-1),
                _backward(axis, stretch=-1),
            ),
        ),
        Mistake(
            "sum",
            "the sum over the examples in the gradients",
            "The gradients of gamma and beta are sums over the examples, not means.",
            "Write every column down a second time. What should become of the last two results?",
            "The first result is right. Divide the others by the wanted ones.",
            "Divide both by m, the number of columns.",
            (_backward(axis, m=1),),
        ),
        Mistake(
            "flat",
            "parameters' gradients along one axis",
            "The gradients of gamma and beta lie in one axis; the parameters are columns.",
            "What is the shape of gamma, whose gradient this is?",
            "A mean removes the axis that it runs over. How can it stay?",
            "Write `keepdims=True`.",
            (lambda *args: (lambda a, b, c: (a, b[:, 0], c[:, 0]))(*right(*args)),),
        ),
    )


def _exercise(name, axis, what, other, scale, seed):
    return Exercise(
        name,
        f"{name}(delta, normalized, scale, gamma)",
        f"(delta_x, grad_gamma, grad_beta), of shapes (n, m), (n, 1), (n, 1), where every "
        f"{other} was normalized over its {what}; normalized is (n, m), scale, of shape {scale}, "
        f"is 1 / sqrt(variance + epsilon)",
        "Go back through y = gamma normalized + beta first. Then ask what else moves when one x "
        "moves.",
        _cases(axis, seed),
        {"batch_norm_backward": layers.batch_norm_backward}.get(name, layers.layer_norm_backward),
        _mistakes(axis, what, other),
        _CHAPTER,
        unpack=named("delta_x", "grad_gamma", "grad_beta"),
    )


EXERCISES = (
    _exercise("batch_norm_backward", 1, "examples", "neuron", "(n, 1)", 700),
    _exercise("layer_norm_backward", 0, "neurons", "example", "(1, m)", 750),
)
