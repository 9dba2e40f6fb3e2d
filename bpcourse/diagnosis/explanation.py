"""The search for the fewest mistakes that explain a learner's numbers."""

from dataclasses import replace

import numpy as np

from bpcourse.diagnosis.batches import DECAYS, agreed_batch
from bpcourse.diagnosis.catalogue import CAUSES
from bpcourse.diagnosis.catalogue.cause import right_bp3, right_bp4
from bpcourse.diagnosis.catalogue.factors import in_words
from bpcourse.diagnosis.comparison import same
from bpcourse.diagnosis.judgement import judged
from bpcourse.diagnosis.path import Explanation, Path, rounded
from bpcourse.diagnosis.search import paths

_ORDER = ("return", "forward", "bp1", "bp2", "bp3", "bp4")

# How a mistake in the mean over the examples looks in one example alone.
_IN_ONE = {"sum_for_mean": "mean_over_neurons", **dict.fromkeys(DECAYS, "decay_factor")}


def explain(cases, setting):
    """Return what explains the numbers of all cases with the fewest mistakes."""
    with np.errstate(all="ignore"):  # what overflows is no explanation
        chosen, alternatives = _agreed_paths([paths(case, setting) for case in cases])
        unjudged = judged(chosen[0], cases[0], setting)
        dropped = {place for place in unjudged if place[0] in ("bp1", "bp2")}
        chosen = [_without(path, dropped) for path in chosen]
        for place in _doubtful(chosen[0].faults, alternatives):
            # Without biases the error is what BP4 shows: BP4 is doubted only if it is no product.
            if setting.biases or place[0] != "bp4":
                unjudged.setdefault(place, _AS_GOOD)
        return _with_batches(cases, setting, chosen, alternatives, unjudged)


_AS_GOOD = "another cause, which gives the same numbers, would lie there"


def _with_batches(cases, setting, chosen, alternatives, unjudged):
    """Return the explanation of single examples and of mini-batches together."""
    shapes = {tuple(fault): (came, want) for *fault, came, want in reversed(cases[0].shapes)}
    # A softmax over the examples mixes them: the mini-batch has another forward pass.
    followed = setting.batch and ("forward", "softmax_axis", 0) not in chosen[0].faults
    batch = agreed_batch(cases, chosen, setting) if followed else {}
    for place, cause in batch.items():
        if cause == "unclear":
            unjudged.setdefault(place, "what comes before it is not understood")
        if cause == "mean_in_bp2" and cases[0].problem.net.depth == 3:
            unjudged |= {("bp3", 2): _AS_GOOD, ("bp4", 2): _AS_GOOD}
    path = chosen[0]
    divisor = _divisor(path, cases[0], setting)
    if divisor and set(batch.values()) == {"sum_for_mean"}:
        path = _undivided(path, divisor)
        neurons = divisor in path.net.sizes
        batch = dict.fromkeys(batch, "neurons_for_examples" if neurons else "fixed_number")
    if cases[0].way == "equal" and batch:
        path, fewer = _one_too_few(path, cases[0].problem.x.shape[1])
        batch |= dict.fromkeys(fewer, "one_too_few")
    if _spread_out(cases[0], batch, shapes):
        return _of_shapes(cases[0], chosen, alternatives, shapes)
    path = _unnamed_factors(path)
    faults = _all_faults(path, shapes, batch)
    wrong = {(equation, l) for equation, _, l in faults}
    unjudged = {place: why for place, why in unjudged.items() if place not in wrong}
    return Explanation(faults, alternatives, path, shapes, batch, unjudged)


def _one_too_few(path, m):
    """Return the path without factors m / (m - 1), and the places of BP3 and BP4 that have them."""
    having = {place for place, c in path.scales.items() if abs(c * (m - 1) / m - 1) < 1e-4}
    fewer = {place for place in having if place[0] in ("bp3", "bp4")}
    if ("bp1", path.net.depth) in having:
        path = _undivided(path, (m - 1) / m)
        fewer = {(e, l) for e in ("bp3", "bp4") for l in range(2, path.net.depth + 1)}
    return _without(path, fewer), fewer


def _spread_out(case, batch, shapes):
    """Say whether the gradient of one output came with m outputs: a - y was broadcast."""
    net, m = case.problem.net, case.problem.x.shape[1]
    before = net.sizes[-2]
    spread = {str((before, m)), str((m, before))}
    came = {came for (e, _, l), (came, _) in shapes.items() if (e, l) == ("bp4", net.depth)}
    return bool(batch) and net.sizes[-1] == 1 and bool(came & spread) and m != before


def _of_shapes(case, chosen, alternatives, shapes):
    """Return the explanation by targets that were broadcast, which shows in the shapes."""
    depth = case.problem.net.depth
    seen = next(pair for (e, _, l), pair in shapes.items() if (e, l) == ("bp4", depth))
    fault = ("bp1", "broadcast_error", depth)
    unjudged = {
        (e, l): "in a mini-batch the error comes with a wrong shape; repair it, and it will show"
        for e in ("bp2", "bp3", "bp4")
        for l in range(2, depth + (e != "bp2"))
    }
    return Explanation((fault,), alternatives, chosen[0], {fault: seen}, {}, unjudged)


def _divisor(path, case, setting):
    """Return k if BP1 is wrong by the factor 1/k alone, else 0: k may stand in place of m."""
    wrong = [cause for e, cause, _ in path.faults if e == "bp1"]
    if len(wrong) != 1 or wrong[0] not in ("factor", "factor_half", "mean_over_outputs"):
        return 0
    right = path.step(case, setting, path.net.depth).right
    quotient = float((right**2).sum() / (right * path.delta[path.net.depth]).sum())
    k = round(quotient)
    return k if k > 1 and abs(quotient - k) < 1e-3 else 0


def _undivided(path, k):
    """Return a path whose BP1 is right: the division by k lies in BP3 and BP4."""
    delta = {l: k * each for l, each in path.delta.items()}
    scales = {place: c for place, c in path.scales.items() if place[0] != "bp1"}
    faults = tuple(fault for fault in path.faults if fault[0] != "bp1")
    return replace(path, faults=faults, delta=delta, scales=scales)


def _agreed_paths(found):
    """Return a path for each case with the faults that all of them agree on, and other faults."""
    common = set.intersection(*({path.key for path in each} for each in found))
    if common:
        depth = found[0][0].net.depth
        simplest = min(common, key=lambda key: _oddness(key[0], depth))
        chosen = [next(path for path in each if path.key == simplest) for each in found]
        return chosen, tuple(dict.fromkeys(faults for faults, _ in common))
    agreed = _agreed([each[0] for each in found])
    return [replace(each[0], faults=agreed) for each in found], (agreed,)


def _oddness(faults, depth):
    """Return how odd an explanation is, among those of one price.

    A program has one line for all layers: a cause that misses some layers of its equation is odd.
    """
    reached = {}
    for equation, cause, _ in faults:
        reached[equation, cause] = reached.get((equation, cause), 0) + 1
    layers = {"bp1": 1, "bp2": depth - 2, "bp3": depth - 1, "bp4": depth - 1}
    missing = [count < layers.get(equation, 1) for (equation, _), count in reached.items()]
    unknown = sum(cause is None for _, cause, _ in faults)
    return (sum(missing), unknown, len(faults), _catalogue_order(faults))


def _catalogue_order(faults):
    """Return the places of the causes in the catalogue: the commonest first."""
    order = list(CAUSES)
    return [order.index((e, c)) if (e, c) in CAUSES else len(order) for e, c, _ in faults]


def nearly_right(cases, tolerance, setting):
    """Say whether every step of every example alone is right within a tolerance."""
    for case in cases:
        net = case.problem.net
        path = Path.begin(net, net.forward(case.problem.x))
        for l in range(net.depth, 1, -1):
            step = path.step(case, setting, l)
            right_b = case.b[l] is None or same(case.b[l], right_bp3(step, step.right), tolerance)
            if not (right_b and same(case.w[l], right_bp4(step, step.right), tolerance)):
                return False
            path = path.extended(l, step.right, {})
    return True


def _agreed(found):
    """Return faults at the places that all paths name, with no cause where they differ."""
    first, *others = (_by_place(path) for path in found)
    faults = []
    for (equation, l), causes in first.items():
        alike = all(other.get((equation, l)) == causes for other in others)
        names = [cause for cause, _ in causes] if alike else [None]
        faults += [(equation, cause, l) for cause in names]
    return tuple(faults)


def _by_place(path):
    """Return the causes, with their constant factors, at every place."""
    places = {}
    for equation, cause, l in path.faults:
        scale = rounded(path.scales.get((equation, l), 1)) if cause == "factor" else ""
        places.setdefault((equation, l), []).append((cause, scale))
    return places


def _doubtful(faults, alternatives):
    """Return the places that are wrong by another explanation of the same price."""
    wrong = {(equation, l) for equation, _, l in faults}
    return {(e, l) for other in alternatives for e, _, l in other} - wrong


def _without(path, dropped):
    """Return a path without the faults at some places."""
    kept = tuple(fault for fault in path.faults if (fault[0], fault[2]) not in dropped)
    return replace(path, faults=kept)


def _unnamed_factors(path):
    """Return a path without a cause for factors that nobody writes, such as 3.7."""
    return replace(
        path,
        faults=tuple(
            (e, None if cause == "factor" and not in_words(path.scales[e, l]) else cause, l)
            for e, cause, l in path.faults
        ),
    )


def _all_faults(path, shapes, batch):
    """Return the faults of single examples, of shapes and of mini-batches, in order."""
    steps, reshaped = path.faults, {(equation, l) for equation, _, l in shapes}
    faults = [fault for fault in steps if (fault[0], fault[2]) not in reshaped]
    faults += list(shapes)
    for (equation, l), cause in batch.items():
        right = cause in ("right", "unclear")
        if right or (equation, l) in reshaped or (equation, None, l) in steps:
            continue
        seen_in_one = (equation, _IN_ONE.get(cause), l)
        if seen_in_one in faults:
            # One mistake with two signs: the mini-batch tells which mistake it is.
            faults.remove(seen_in_one)
            cause = "neurons_for_examples" if cause == "sum_for_mean" else cause
        elif cause == "sum_for_mean" and _is_a_division(path, equation, l):
            faults = [fault for fault in faults if (fault[0], fault[2]) != (equation, l)]
            cause = "fixed_number"
        faults.append((equation, cause, l))
    return tuple(sorted(dict.fromkeys(faults), key=_when))


def _is_a_division(path, equation, l):
    """Say whether all that is wrong with one example is a division by a whole number."""
    wrong = [cause for e, cause, layer in path.faults if (e, layer) == (equation, l)]
    if wrong not in (["factor"], ["factor_half"]):
        return False
    quotient = 2.0 if wrong == ["factor_half"] else 1 / path.scales[equation, l]
    return quotient > 1 and abs(quotient - round(quotient)) < 1e-3


def _when(fault):
    """Return where a fault comes in the order of the calculation."""
    equation, _, layer = fault
    if equation in ("return", "forward"):
        return (0, _ORDER.index(equation), layer)
    return (1, -layer, _ORDER.index(equation))
