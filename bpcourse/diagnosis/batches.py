"""How a mini-batch is averaged: the mean over its examples, or a mistake in its place."""

from dataclasses import replace

import numpy as np

from bpcourse.activations import softmax
from bpcourse.backprop import propagate_back
from bpcourse.diagnosis.catalogue.batch import batch_ratios
from bpcourse.diagnosis.catalogue.cause import outer
from bpcourse.diagnosis.comparison import same

DECAYS = ("decay_not_divided", "decay_by_batch", "decay_undeclared")


# Mini-batches


def agreed_batch(cases, paths, setting):
    """Return for each ("bp3" or "bp4", layer) how the mini-batch is averaged.

    "right", "unclear" where the examples alone are not understood, or a cause; None for no cause.
    One mistake that explains all layers at once stands at its own place, such as ("bp1", 4).
    """
    found = [_batch_causes(case, path, setting) for case, path in zip(cases, paths, strict=True)]
    agreed = {
        place: cause if all(other[place] == cause for other in found) else None
        for place, cause in found[0].items()
    }
    if set(agreed.values()) <= {"right", "unclear"}:
        return agreed
    for place, cause, holds in _OF_ALL_LAYERS:
        if all(holds(case, path, setting) for case, path in zip(cases, paths, strict=True)):
            depth = cases[0].problem.net.depth
            layers = {"forward": [0], "bp1": [depth], "bp2": range(2, depth)}[place]
            return dict.fromkeys(agreed, "right") | {(place, l): cause for l in layers}
    return agreed


def _divided(case, setting, power):
    """Say whether the gradient of each layer l is divided by m^power(l) once more."""
    m, fits = case.problem.x.shape[1], []
    total = 1 if setting.reduction == "mean" else m
    for l, whole in case.whole.w.items():
        w, more = case.problem.net.w[l], total * float(m) ** -power(l)
        if whole is not None:
            mean = (case.w[l] - setting.decay(1) * w).mean(axis=0)
            fits.append(same(whole - setting.decay(m) * w, more * mean, setting.tolerance))
        if case.b[l] is not None and case.whole.b[l] is not None:
            mean = case.b[l].mean(axis=1)[:, None]
            fits.append(same(case.whole.b[l], more * mean, setting.tolerance))
    return bool(fits) and all(fits)


def _divided_on_the_way(case, path, setting):
    """Say whether the gradient of layer l is divided by m once more for every layer behind it."""
    depth = case.problem.net.depth
    return depth > 2 and _divided(case, setting, lambda l: depth - l)


def _divided_at_the_output(case, path, setting):
    """Say whether every gradient is divided by m once more."""
    asked = setting.reduction == "mean" and case.b[2] is not None
    return asked and _divided(case, setting, lambda l: 1)


def _softmax_over_batch(case, path, setting):
    """Say whether all is right but for a softmax that was normalized over all examples."""
    net, trace = case.problem.net, case.problem.net.forward(case.problem.x)
    if net.activations[net.depth] != softmax:
        return False
    e = np.exp(trace.z[net.depth])
    return _is_gradient_of(case, setting, e / e.sum(), case.problem.y)


def _broadcast_error(case, path, setting):
    """Say whether all is right but for an error a - y of every output with every target."""
    net, y = case.problem.net, case.problem.y
    a = net.forward(case.problem.x).a[net.depth]
    if len(a) > 1:
        return False
    m = a.shape[1]
    errors = [factor * e for e in (a - y.mean(), a.mean() - y) for factor in (1, m, 1 / m)]
    return any(_is_gradient_of(case, setting, a, a - each) for each in errors)


def _is_gradient_of(case, setting, output, y):
    """Say whether the gradients are those of other outputs, or of other targets."""
    net, trace = case.problem.net, case.problem.net.forward(case.problem.x)
    grad = propagate_back(net, replace(trace, a={**trace.a, net.depth: output}), y, setting.cost)
    m = case.problem.x.shape[1]
    total, penalty = 1 if setting.reduction == "mean" else m, setting.decay(m)
    return all(
        came is not None and same(came, total * grad.w[l] + penalty * net.w[l], setting.tolerance)
        for l, came in case.whole.w.items()
    )


_OF_ALL_LAYERS = (
    ("forward", "softmax_over_batch", _softmax_over_batch),
    ("bp1", "broadcast_error", _broadcast_error),
    ("bp1", "mean_in_bp1", _divided_at_the_output),
    ("bp2", "mean_in_bp2", _divided_on_the_way),
)


def _batch_causes(case, path, setting):
    """Return the causes in one case, by (equation, layer)."""
    causes = {}
    for l in case.w:
        alternatives = _data(case, path, l)
        for i, equation in enumerate(("bp3", "bp4")):
            if alternatives[0][i] is None:
                continue  # a network without biases
            found = [_averaging(data[i], equation, l, case, path, setting) for data in alternatives]
            known = [cause for cause in found if cause is not None]
            # What is not understood before is not held against the averaging.
            unclear = len(found) > 1 or _unknown_before(path, l)
            causes[equation, l] = known[0] if known else "unclear" if unclear else None
    return causes


def _unknown_before(path, l):
    """Say whether the errors of layer l come from a step that is wrong for unknown causes."""
    return any(
        cause is None and equation in ("forward", "bp1", "bp2") and (layer >= l or not layer)
        for equation, cause, layer in path.faults
    )


def _averaging(data, equation, l, case, path, setting):
    """Return how the gradient of the mini-batch came from the gradients of its examples."""
    given, m = case.problem.net, case.problem.x.shape[1]
    came, array = (case.whole.b, given.b) if equation == "bp3" else (case.whole.w, given.w)
    whole, array = came[l], array[l]
    if whole is None or (equation, "step_taken", l) in path.faults:
        return "right"  # its shape has been reported, or it is no gradient at all
    alone, together = _factors(path, setting, equation, l, m)
    data = data - alone * array
    if together is None:
        cause = _fitted_penalty(whole, data, array, alone, setting)
        cause = cause or _beside_a_penalty(whole, data, array, setting)
        # A penalty on the biases has been reported.
        return "right" if cause and equation == "bp3" else cause
    means = np.outer(path.delta[l].mean(axis=1), path.trace.a[l - 1].mean(axis=1))
    cause = _batch_cause(whole - together * array, data, means, setting)
    if cause is None and together:
        ratios = batch_ratios(m, data.shape[1], setting.reduction)
        cause = _with_the_penalty(whole, data.mean(axis=0) + together * array, ratios, setting)
    if cause is None and setting.weight_decay and equation == "bp4":
        cause = _fitted_penalty(whole, data, array, alone, setting)
    return cause


def _data(case, path, l):
    """Return alternatives for the gradients of every example by the biases and by the weights."""
    alone = (None if case.b[l] is None else case.b[l].T[:, :, None], case.w[l])
    moved = [_moved_errors(case, path, l, own) for own in (True, False)]
    return [alone] + [
        (delta.T[:, :, None], outer(delta, path.trace.a[l - 1]))
        for delta in moved
        if delta is not None
    ]


def batch_errors(case, path, l):
    """Return the errors of layer l that a mini-batch has."""
    moved = _moved_errors(case, path, l, own=True)
    return path.delta[l] if moved is None else moved


def _moved_errors(case, path, layer, own):
    """Return the errors of a mini-batch whose weights were updated on the way back.

    That update is one of the whole mini-batch, so these errors are not those of the examples alone.
    ``own`` says whether it was made with the gradient that came, or with the right one. None: no
    weights were updated before this layer was reached.
    """
    net, later, moved = path.net, path.delta[path.net.depth], False
    causes = {l: cause for equation, cause, l in path.faults if equation == "bp2"}
    for l in range(net.depth - 1, layer - 1, -1):
        w = net.w[l + 1]
        if causes.get(l) == "updated_weights":
            right = outer(later, path.trace.a[l]).mean(axis=0)
            w = w - path.factors["bp2", l] * (case.whole.w[l + 1] if own else right)
            moved = True
        later = (w.T @ later) * net.activations[l].prime(path.trace.z[l])
    return later if moved else None


def _factors(path, setting, equation, l, m):
    """Return the factors of the penalty that one example has, and that a mini-batch should have.

    The second one is None if it is still to be found.
    """
    fitted = path.factors.get((equation, l))
    if fitted is not None:
        return fitted, None
    without = {("bp4", "decay_missing", l), ("bp4", "zero", l)}
    if equation == "bp3" or without & set(path.faults):
        return 0.0, 0.0
    return setting.decay(1), setting.decay(m)


def _batch_cause(rest, data, means, setting):
    """Return how the gradient of a mini-batch came from those of its examples."""
    m, n = data.shape[:2]
    if setting.reduction == "sum":
        rest = rest / m
    mean = data.mean(axis=0)
    candidates = [("right", mean)]
    candidates += [
        (name, factor * mean) for name, factor in batch_ratios(m, n, setting.reduction).items()
    ]
    for name, i in (("last_example", -1), ("first_example", 0)):
        candidates += [(name, data[i]), (name, data[i] / m)]
    candidates.append(("product_of_means", means))
    fitting = (name for name, array in candidates if same(rest, array, setting.tolerance))
    return next(fitting, None)


def _with_the_penalty(whole, wanted, ratios, setting):
    """Return the cause if the penalty has been multiplied or divided together with the data."""
    fitting = (name for name, c in ratios.items() if same(whole, c * wanted, setting.tolerance))
    return next(fitting, None)


def _beside_a_penalty(whole, data, array, setting):
    """Return the cause if the data have a wrong factor, and the penalty any other one."""
    (m, n), size = data.shape[:2], (array**2).sum()
    for name, ratio in batch_ratios(m, n, setting.reduction).items():
        rest = whole - ratio * data.mean(axis=0)
        if same(rest, (rest * array).sum() / size * array, setting.tolerance):
            return name
    return None


def _fitted_penalty(whole, data, array, alone, setting):
    """Return the cause if the mini-batch has the right data and a penalty with its own factor."""
    m, mean, decay = len(data), data.mean(axis=0), setting.weight_decay
    c = float(((whole - mean) * array).sum() / (array**2).sum())
    if not same(whole, mean + c * array, setting.tolerance):
        return None
    if not decay:
        return "decay_undeclared"
    if np.isclose(alone, decay) and np.isclose(c, decay / m):
        return "decay_by_batch"
    return "decay_not_divided" if np.isclose([alone, c], decay).all() else "decay_factor"
