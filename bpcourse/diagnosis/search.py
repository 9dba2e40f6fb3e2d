"""The paths that explain one case, from the output layer backwards.

Each step is judged with the learner's own results of the steps before it. Every layer extends a
:class:`~bpcourse.diagnosis.path.Path` by every cause in the catalogue that reproduces what came,
and the cheapest paths are kept.
"""

from dataclasses import dataclass, replace
from itertools import product

import numpy as np

from bpcourse.diagnosis.catalogue.bp1 import BP1
from bpcourse.diagnosis.catalogue.bp2 import BP2
from bpcourse.diagnosis.catalogue.bp3 import BP3
from bpcourse.diagnosis.catalogue.bp4 import BP4
from bpcourse.diagnosis.catalogue.cause import Line, errors_by_weights, outer, right_bp4
from bpcourse.diagnosis.catalogue.factors import factor_name
from bpcourse.diagnosis.catalogue.forward import FORWARD
from bpcourse.diagnosis.comparison import same
from bpcourse.diagnosis.path import Path
from bpcourse.network import Network, Trace

# Paths that are dearer by more, so far, are given up; so are those behind the first few.
_SPARE, _PATHS = 2, 12


@dataclass(frozen=True)
class Match:
    """Causes that together give an array: none if it is right, (None,) if no cause fits.

    ``fitted`` is the factor of a :class:`Line`, ``scale`` a factor on all of the array.
    """

    causes: tuple
    fitted: float | None = None
    scale: float | None = None


RIGHT, UNKNOWN = Match(()), Match((None,))


def paths(case, setting):
    """Return the cheapest paths that explain one case, with a right forward pass or a wrong one."""
    net = case.problem.net
    found = _cheapest(_from_the_output(case, setting, net.forward(case.problem.x), net, ()))
    if not _unexplained(found[0]):
        return found
    for cause in FORWARD:
        for recipe in _listed(cause.predict(net)):
            other = _network(net, recipe)
            trace = _forward(other, case.problem.x, recipe)
            if not _plausible(case, setting, trace, other):
                continue
            faults = (("forward", cause.name, 0),)
            limit = _cheapest(found)[0].price
            found += _from_the_output(case, setting, trace, other, faults, limit)
    if _unexplained(_cheapest(found)[0]) and setting.biases:
        limit = _cheapest(found)[0].price
        for inverses in ({}, _INVERSES):
            trace, faults = _seen_forward(case, setting, inverses)
            found += _from_the_output(case, setting, trace, net, faults, limit) if faults else []
    return _cheapest(found)


def _plausible(case, setting, trace, net):
    """Say whether the gradients of the output layer can come from this forward pass.

    Either the weights' is an outer product with its a^{L-1}, or the biases' is its error.
    """
    l = net.depth
    step = Path.begin(net, trace).step(case, setting, l)
    if case.b[l] is not None and same(case.b[l], step.right, setting.tolerance):
        return True
    data = [case.w[l] - step.penalty, case.w[l]][: 2 if step.decay else 1]
    return any(
        same(each, outer(errors_by_weights(step, each), step.before), setting.tolerance)
        for each in data
    )


def _unexplained(path):
    """Say whether a path is so dear that another forward pass may explain the numbers better."""
    return path.price > 1 and (None in [cause for _, cause, _ in path.faults] or bool(path.scales))


# Where the activation function is right, its input is wrong, and can be read off as well.
_INVERSES = {"sigmoid": lambda a: np.log(a / (1 - a)), "tanh": np.arctanh}


def _seen_forward(case, setting, inverses):
    """Return the learner's own activations, with a fault for each layer where they are wrong.

    The gradients of one example by the weights and by the biases of layer l are delta a^T and
    delta. Where they are, the activations can be read off; with ``inverses``, by name, also z.
    """
    net, right = case.problem.net, case.problem.net.forward(case.problem.x)
    a, z, faults = {1: right.a[1]}, {}, ()
    for l in range(2, net.depth + 1):
        delta, data = case.b[l], case.w[l] - setting.decay(1) * net.w[l]
        size = (delta**2).sum(axis=0)
        seen = np.einsum("mjk,jm->km", data, delta) / np.where(size, size, 1)
        seen = np.where(size, seen, a[l - 1])
        if not same(data, outer(delta, seen), setting.tolerance):
            return right, ()
        if not same(seen, a[l - 1], setting.tolerance):
            a[l - 1] = seen
            if l == 2:
                faults = (("forward", "other_inputs", 0),)
                z[l] = net.w[l] @ seen + net.b[l]
                a[l] = net.activations[l](z[l])
                continue
            inverse = inverses.get(net.activations[l - 1].name)
            z[l - 1] = inverse(seen) if inverse else z[l - 1]
            faults = (("forward", None, l - 1), *faults)
        z[l] = net.w[l] @ a[l - 1] + net.b[l]
        a[l] = net.activations[l](z[l])
    return Trace(z, a), faults


def _cheapest(found):
    best = min(path.price for path in found)
    return [path for path in found if path.price == best]


def _listed(predicted):
    """Return what a cause predicts as a list."""
    if predicted is None:
        return []
    return predicted if isinstance(predicted, list) else [predicted]


def _network(net, recipe):
    """Return the network that the learner's program computes by this recipe."""
    layers = range(2, net.depth + 1)
    if recipe.network is not None:
        return recipe.network
    hidden, output = recipe.assumed or (None, net.activations[net.depth])
    return Network.from_arrays(
        weights=[(recipe.weights or np.asarray)(net.w[l]) for l in layers],
        biases=[(recipe.biases or np.asarray)(net.b[l]) for l in layers],
        activations=[hidden or net.activations[l] for l in layers[:-1]] + [output],
    )


def _forward(net, x, recipe):
    trace = net.forward(x)
    if recipe.output is None:
        return trace
    return replace(trace, a={**trace.a, net.depth: recipe.output(trace.a[net.depth])})


def _from_the_output(case, setting, trace, net, faults, limit=np.inf):
    """Return the paths through all layers, after a forward pass with some faults.

    Those that cost more than the limit are given up on the way.
    """
    found = [Path.begin(net, trace).with_faults(faults)]
    for l in range(net.depth, 1, -1):
        found = [path for path in found if path.price <= limit]
        longer = [each for path in found for each in _extensions(path, case, setting, l)]
        longer.sort(key=lambda path: path.price)
        most = min(limit, longer[0].price + _SPARE) if longer else limit
        found = [path for path in longer if path.price <= most][:_PATHS]
    return found


# One layer


def _extensions(path, case, setting, l):
    """Return the path extended by layer l in every way that explains what came there."""
    step = path.step(case, setting, l)
    if _is_right(step, case, setting.tolerance):
        return [path.extended(l, step.right, {})]
    equation = "bp1" if l == path.net.depth else "bp2"
    found = []
    for error, delta in _errors(step, case.w[l], case.b[l], setting.tolerance):
        if not np.isfinite(delta).all():
            continue  # what overflows is no explanation
        right_w = same(case.w[l], right_bp4(step, delta), setting.tolerance)
        right_b = case.b[l] is None or same(case.b[l], delta, setting.tolerance)
        if error.causes and not right_w and (not right_b or case.b[l] is None):
            continue  # three mistakes in one layer are not looked for
        by_b = [RIGHT] if right_b else _matches(BP3, step, delta, case.b[l], setting.tolerance)
        by_w = [RIGHT] if right_w else _matches(BP4, step, delta, case.w[l], setting.tolerance)
        for of_b, of_w in product(by_b, by_w):
            found.append(path.extended(l, delta, {equation: error, "bp3": of_b, "bp4": of_w}))
    return found or [path.extended(l, step.right, dict.fromkeys((equation, "bp4"), UNKNOWN))]


def _is_right(step, case, tolerance):
    """Say whether both gradients of a layer are those of the right error."""
    seen_w, seen_b = case.w[step.l], case.b[step.l]
    right_b = seen_b is None or same(seen_b, step.right, tolerance)
    return right_b and same(seen_w, right_bp4(step, step.right), tolerance)


def _errors(step, seen_w, seen_b, tolerance):
    """Return (match, delta^l): the right error, wrong ones that are seen, and what is seen."""
    views = _views(step, seen_w, seen_b)
    right = step.right
    named = _predictions(BP1 if step.l == step.net.depth else BP2, (step,), views)
    if not views:
        return [(RIGHT, right), *(each for each in named if each[0].causes == ("zero",))]
    fits = [(RIGHT, right), *_seen(named, views, 2 * tolerance)]
    if not _seen([(RIGHT, right)], views, 2 * tolerance) and len(fits) == 1:
        fits += _scaled([(RIGHT, right)], views, 2 * tolerance) or _scaled(
            named, views, 2 * tolerance
        )
    return fits + [(UNKNOWN, view) for view in views]


def _views(step, seen_w, seen_b):
    """Return the errors as the two gradients show them; what is all zero shows none."""
    views = [] if seen_b is None else [seen_b]
    views.append(errors_by_weights(step, seen_w - step.penalty))
    if step.decay:  # the penalty may be missing
        views.append(errors_by_weights(step, seen_w))
    told_apart = []
    for view in views:
        if view.any() and not any(np.allclose(view, other, 1e-9, 0) for other in told_apart):
            told_apart.append(view)
    return told_apart


def _predictions(causes, arguments, views):
    """Return (match, array) for everything that the causes predict."""
    found = []
    for cause in causes:
        for each in _listed(cause.predict(*arguments)) if cause.predict else ():
            if isinstance(each, Line):
                found += [(Match((cause.name,), c), array) for array, c in _fitted(each, views)]
            elif each is not None:
                found.append((Match((cause.name,)), each))
    return found


def _fitted(line, views):
    """Yield the arrays of a line that come closest to what is seen, with their factors."""
    direction = np.broadcast_to(line.direction, line.start.shape)
    size = float((direction**2).sum()) or 1.0
    for view in views:
        factor = float(((view - line.start) * direction).sum()) / size
        if line.accept(factor):
            yield line.start + factor * direction, factor


def _seen(named, views, tolerance):
    """Return the predictions that are one of the views."""
    if not named or not views:
        return []
    stack = _stacked(named, views[0].shape)
    chosen = np.zeros(len(named), bool)
    for view in views:
        chosen |= _close(stack, view, tolerance)
    return [each for each, fits in zip(named, chosen, strict=True) if fits]


def _scaled(named, views, tolerance):
    """Return the predictions that are one of the views but for a constant factor."""
    plain = [each for each in named if each[0].fitted is None]
    found = []
    stack = _stacked(plain, views[0].shape) if plain and views else None
    for view in views if plain else ():
        axes = tuple(range(1, stack.ndim))
        sizes = (stack**2).sum(axis=axes)
        scales = (stack * view).sum(axis=axes) / np.where(sizes, sizes, 1)
        scaled = scales.reshape(-1, *[1] * view.ndim) * stack
        for i in np.flatnonzero(_close(scaled, view, tolerance)):
            match, c = plain[i][0], float(scales[i])
            if c:
                more = Match((*match.causes, factor_name(c)), scale=c)
                found.append((more, scaled[i]))
    return found


def _stacked(named, shape):
    """Return the arrays in one array, the first axis counts them."""
    return np.array([a if a.shape == shape else np.broadcast_to(a, shape) for _, a in named])


def _close(stack, view, tolerance):
    """Say for each array of a stack whether it is the view."""
    axes = tuple(range(1, stack.ndim))
    size = np.maximum(abs(stack).max(axis=axes, initial=0), abs(view).max(initial=0))
    return abs(stack - view).max(axis=axes, initial=0) <= tolerance * size + 1e-13


def _matches(causes, step, delta, seen, tolerance):
    """Return the matches that reproduce what came at BP3 or BP4."""
    if not seen.any():
        named = [each for each in causes if each.name == "zero"]
        return [Match((each.name,)) for each in named]
    named = _predictions(causes, (step, delta), (seen,))
    right = [(RIGHT, delta)] if causes is BP3 else _right_gradients(step, delta)
    named = [(match, array) for match, array in named if array.shape == seen.shape]
    found = (
        _seen(named, [seen], tolerance)
        or _scaled_data(right, seen, step, tolerance)
        or _scaled(named, [seen], tolerance)
    )
    return list(dict.fromkeys(match for match, _ in found)) or [UNKNOWN]


def _right_gradients(step, delta):
    return [(RIGHT, right_bp4(step, delta))]


def _scaled_data(right, seen, step, tolerance):
    """Return the right gradient with a factor, on all of it or on all but the penalty."""
    found = _scaled(right, [seen], tolerance)
    if found or seen.ndim == 2 or not step.decay:
        return found
    data = [(match, array - step.penalty) for match, array in right]
    return _scaled(data, [seen - step.penalty], tolerance)
