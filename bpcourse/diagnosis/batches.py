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
    """Return for each ("bp3" or "bp4", layer) how the mini-batch is averaged."""
    found = [_batch_causes(case, path, setting) for case, path in zip(cases, paths, strict=True)]
    agreed = {
        place: cause if all(other[place] == cause for other in found) else None
        for place, cause in found[0].items()
    }
    unknown = None in agreed.values()
    if unknown and all(_softmax_over_batch(case, setting) for case in cases):
        return dict.fromkeys(agreed, "right") | {("forward", 0): "softmax_over_batch"}
    if unknown and all(_divided_on_the_way(case, setting) for case in cases):
        hidden = range(2, cases[0].problem.net.depth)
        return dict.fromkeys(agreed, "right") | {("bp2", l): "mean_in_bp2" for l in hidden}
    return agreed


def _divided_on_the_way(case, setting):
    """Say whether the gradient of layer l is divided by m once more for every layer behind it."""
    depth, m = case.problem.net.depth, case.problem.x.shape[1]
    known = {l: b for l, b in case.whole.b.items() if b is not None}
    return bool(known) and all(
        same(b * float(m) ** (depth - l), case.b[l].mean(axis=1)[:, None], setting.tolerance)
        for l, b in known.items()
    )


def _softmax_over_batch(case, setting):
    """Say whether all is right but for a softmax that was normalized over all examples."""
    net, trace = case.problem.net, case.problem.net.forward(case.problem.x)
    if net.activations[net.depth] != softmax:
        return False
    e = np.exp(trace.z[net.depth])
    mixed = replace(trace, a={**trace.a, net.depth: e / e.sum()})
    grad = propagate_back(net, mixed, case.problem.y, setting.cost)
    m = 1 if setting.reduction == "mean" else case.problem.x.shape[1]
    pairs = [(case.whole.w[l], m * grad.w[l]) for l in case.w]
    return all(came is not None and same(came, want, setting.tolerance) for came, want in pairs)


def _batch_causes(case, path, setting):
    """Return the causes in one case, by (equation, layer)."""
    causes = {}
    for l in case.w:
        alternatives = _data(case, path, l)
        for i, equation in enumerate(("bp3", "bp4")):
            found = [_averaging(data[i], equation, l, case, path, setting) for data in alternatives]
            known = [cause for cause in found if cause is not None]
            # What is not understood before is not held against the averaging.
            unclear = len(found) > 1 or _unknown_before(path, l)
            causes[equation, l] = known[0] if known else "right" if unclear else None
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
        # A penalty on the biases has been reported.
        return "right" if cause and equation == "bp3" else cause
    means = np.outer(path.delta[l].mean(axis=1), path.trace.a[l - 1].mean(axis=1))
    cause = _batch_cause(whole - together * array, data, means, setting)
    if cause is None and setting.weight_decay and equation == "bp4":
        cause = _fitted_penalty(whole, data, array, alone, setting)
    return cause


def _data(case, path, l):
    """Return alternatives for the gradients of every example by the biases and by the weights."""
    alone = (case.b[l].T[:, :, None], case.w[l])
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
