"""The search for the fewest mistakes that explain a learner's numbers.

From the output layer backwards, each step is judged with the learner's own results of the steps
before it. A :class:`Path` is one way to explain the layers so far; every layer extends it by every
cause in the catalogue that reproduces what came, and the cheapest paths are kept.
"""

from dataclasses import replace
from itertools import product

import numpy as np

from bpcourse.diagnosis.batches import DECAYS, agreed_batch
from bpcourse.diagnosis.catalogue import CAUSES
from bpcourse.diagnosis.catalogue.bp1 import BP1
from bpcourse.diagnosis.catalogue.bp2 import BP2
from bpcourse.diagnosis.catalogue.bp3 import BP3
from bpcourse.diagnosis.catalogue.bp4 import BP4
from bpcourse.diagnosis.catalogue.cause import Line, outer, right_bp3, right_bp4
from bpcourse.diagnosis.catalogue.forward import FORWARD
from bpcourse.diagnosis.comparison import same
from bpcourse.diagnosis.path import Explanation, Path
from bpcourse.network import Network, Trace

# Paths that are dearer by more, so far, are given up; so are those behind the first few.
_SPARE, _PATHS = 2, 12

_ORDER = ("return", "forward", "bp1", "bp2", "bp3", "bp4")


def explain(cases, setting):
    """Return what explains the numbers of all cases with the fewest mistakes."""
    with np.errstate(all="ignore"):  # what overflows is no explanation
        return _explain(cases, setting)


def _explain(cases, setting):
    paths = [_paths(case, setting) for case in cases]
    common = set.intersection(*({path.faults for path in each} for each in paths))
    if common:
        simplest = min(common, key=lambda faults: _oddness(faults, cases[0].problem.net.depth))
        chosen = [next(path for path in each if path.faults == simplest) for each in paths]
        alternatives = tuple(common)
    else:
        agreed = _agreed([each[0].faults for each in paths])
        chosen, alternatives = [replace(each[0], faults=agreed) for each in paths], (agreed,)
    shapes = {tuple(fault): (came, want) for *fault, came, want in reversed(cases[0].shapes)}
    # A softmax over the examples mixes them: the mini-batch has another forward pass.
    followed = setting.batch and ("forward", "softmax_axis", 0) not in chosen[0].faults
    batch = agreed_batch(cases, chosen, setting) if followed else {}
    faults = _all_faults(chosen[0].faults, shapes, batch)
    return Explanation(faults, alternatives, chosen[0], shapes, batch)


def _oddness(faults, depth):
    """Return how odd an explanation is, among those of one price.

    A program has one line for all layers: a cause that misses some layers of its equation is odd.
    """
    reached = {}
    for equation, cause, _ in faults:
        reached[equation, cause] = reached.get((equation, cause), 0) + 1
    layers = {"bp1": 1, "bp2": depth - 2, "bp3": depth - 1, "bp4": depth - 1}
    missing = [count < layers.get(equation, 1) for (equation, _), count in reached.items()]
    return (sum(missing), len(faults), _catalogue_order(faults))


def _catalogue_order(faults):
    """Return the places of the causes in the catalogue: the commonest first."""
    order = list(CAUSES)
    return [order.index((e, c)) if (e, c) in CAUSES else len(order) for e, c, _ in faults]


def nearly_right(cases, tolerance, setting):
    """Say whether every step of every example alone is right within a tolerance."""
    for case in cases:
        net = case.problem.net
        path = Path(0, (), {}, {}, net, net.forward(case.problem.x))
        for l in range(net.depth, 1, -1):
            step = path.step(case, setting, l)
            if not (
                same(case.b[l], right_bp3(step, step.right), tolerance)
                and same(case.w[l], right_bp4(step, step.right), tolerance)
            ):
                return False
            path = path.extended(l, step.right, (), {})
    return True


def _agreed(explanations):
    """Return faults at the places that all explanations name, with no cause where they differ."""
    first, *others = ({(e, l): cause for e, cause, l in faults} for faults in explanations)
    return tuple(
        (e, cause if all(other.get((e, l)) == cause for other in others) else None, l)
        for (e, l), cause in first.items()
    )


def _all_faults(steps, shapes, batch):
    """Return the faults of single examples, of shapes and of mini-batches, in order."""
    reshaped = {(equation, l) for equation, _, l in shapes}
    faults = [fault for fault in steps if (fault[0], fault[2]) not in reshaped]
    faults += list(shapes)
    for (equation, l), cause in batch.items():
        if cause == "right" or (equation, l) in reshaped or (equation, None, l) in steps:
            continue
        in_one = {"sum_for_mean": "mean_over_neurons", **dict.fromkeys(DECAYS, "decay_factor")}
        seen_in_one = (equation, in_one.get(cause), l)
        if seen_in_one in faults:
            # One mistake with two signs: the mini-batch tells which mistake it is.
            faults.remove(seen_in_one)
            cause = "neurons_for_examples" if cause == "sum_for_mean" else cause
        faults.append((equation, cause, l))
    return tuple(sorted(dict.fromkeys(faults), key=_when))


def _when(fault):
    """Return where a fault comes in the order of the calculation."""
    equation, _, layer = fault
    if equation in ("return", "forward"):
        return (0, _ORDER.index(equation), layer)
    return (1, -layer, _ORDER.index(equation))


# One example at a time


def _paths(case, setting):
    """Return the cheapest paths that explain one case, with a right forward pass or a wrong one."""
    net = case.problem.net
    paths = _cheapest(_from_the_output(case, setting, net.forward(case.problem.x), net, ()))
    limit = paths[0].price
    if all(cause is not None for _, cause, _ in paths[0].faults):
        return paths
    for cause in FORWARD:
        for recipe in _listed(cause.predict(net)):
            other = _network(net, recipe)
            trace = _forward(other, case.problem.x, recipe)
            faults = (("forward", cause.name, 0),)
            paths += _from_the_output(case, setting, trace, other, faults, limit)
    if None in [cause for _, cause, _ in _cheapest(paths)[0].faults]:
        for inverses in ({}, _INVERSES):
            trace, faults = _seen_forward(case, setting, inverses)
            paths += _from_the_output(case, setting, trace, net, faults, limit) if faults else []
    return _cheapest(paths)


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
            if l == 2:
                return right, ()  # not even x can be read off
            a[l - 1] = seen
            inverse = inverses.get(net.activations[l - 1].name)
            z[l - 1] = inverse(seen) if inverse else z[l - 1]
            faults = (("forward", None, l - 1), *faults)
        z[l] = net.w[l] @ a[l - 1] + net.b[l]
        a[l] = net.activations[l](z[l])
    return Trace(z, a), faults


def _cheapest(paths):
    best = min(path.price for path in paths)
    return [path for path in paths if path.price == best]


def _listed(predicted):
    """Return what a cause predicts as a list."""
    if predicted is None:
        return []
    return predicted if isinstance(predicted, list) else [predicted]


def _network(net, recipe):
    """Return the network that the learner's program computes by this recipe."""
    hidden, output = recipe.assumed or (None, net.activations[net.depth])
    layers = range(2, net.depth + 1)
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
    start = Path(0, (), {}, {}, net, trace)
    paths = [start.with_faults(faults)]
    for l in range(net.depth, 1, -1):
        longer = [each for path in paths for each in _extensions(path, case, setting, l)]
        longer.sort(key=lambda path: path.price)
        most = min(limit, longer[0].price + _SPARE) if longer else limit
        paths = [path for path in longer if path.price <= most][:_PATHS]
    return paths


def _extensions(path, case, setting, l):
    """Return the path extended by layer l in every way that explains what came there."""
    step = path.step(case, setting, l)
    equation = "bp1" if l == path.net.depth else "bp2"
    found = []
    for cause, delta, factor in _errors(step, case.w[l], case.b[l]):
        right_b = same(case.b[l], right_bp3(step, delta), setting.tolerance)
        right_w = same(case.w[l], right_bp4(step, delta), setting.tolerance)
        if cause != "right" and not right_b and not right_w:
            continue  # three mistakes in one layer are not looked for
        by_b = _matches(BP3, right_b, step, delta, case.b[l], setting.tolerance)
        by_w = _matches(BP4, right_w, step, delta, case.w[l], setting.tolerance)
        if not by_b and not by_w:
            continue
        for of_b, of_w in product(by_b or [(None, None)], by_w or [(None, None)]):
            named = {equation: (cause, factor), "bp3": of_b, "bp4": of_w}
            faults = tuple((e, c, l) for e, (c, _) in named.items() if c != "right")
            factors = {(e, l): f for e, (_, f) in named.items()}
            found.append(path.extended(l, delta, faults, factors))
        if found[-1].faults == path.faults:
            return found[-1:]
    unknown = tuple((e, None, l) for e in (equation, "bp3", "bp4"))
    return found or [path.extended(l, case.b[l], unknown, {})]


def _errors(step, seen_w, seen_b):
    """Yield (cause, delta^l, factor): the right error, wrong ones, and what came as it is."""
    yield "right", step.right, None
    squares = (step.before**2).sum(axis=0)
    by_weights = np.einsum("mjk,km->jm", seen_w, step.before) / np.where(squares, squares, 1)
    for cause in BP1 if step.l == step.net.depth else BP2:
        for delta, factor in _predictions(cause.predict(step), (seen_b, by_weights)):
            yield cause.name, delta, factor
    yield None, seen_b, None
    yield None, by_weights, None


def _predictions(predicted, views):
    """Yield the arrays of a prediction; the free factor of a line is fitted to each view."""
    for each in _listed(predicted):
        if isinstance(each, Line):
            yield from _fitted(each, views)
        elif each is not None:
            yield each, None


def _fitted(line, views):
    direction = np.broadcast_to(line.direction, line.start.shape)
    size = float((direction**2).sum()) or 1.0
    for view in views:
        factor = float(((view - line.start) * direction).sum()) / size
        if line.accept(factor):
            yield line.start + factor * direction, factor


def _matches(causes, right, step, delta, seen, tolerance):
    """Return the causes, with fitted factors, that reproduce what came; only "right" if it is."""
    if right:
        return [("right", None)]
    return [
        (cause.name, factor)
        for cause in causes
        for array, factor in _predictions(cause.predict(step, delta), (seen,))
        if same(seen, array, tolerance)
    ]
