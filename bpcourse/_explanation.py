"""The search for the fewest mistakes that explain a learner's numbers.

From the output layer backwards, each step is judged with the learner's own results of the steps
before it. A :class:`Path` is one way to explain the layers so far; every layer extends it by every
cause in the catalogue that reproduces what came, and the cheapest paths are kept.
"""

from dataclasses import dataclass, replace
from itertools import product

import numpy as np

from bpcourse._observation import Trouble, refuse_shapeless, same
from bpcourse.activations import softmax
from bpcourse.backprop import propagate_back
from bpcourse.catalogue import (
    BP1,
    BP2,
    BP3,
    BP4,
    CAUSES,
    FORWARD,
    Line,
    Step,
    batch_ratios,
    outer,
    right_bp3,
    right_bp4,
)
from bpcourse.network import Network, Trace

# A mistake changes a gradient by far more, rounding by far less; in float32, and in a gradient that
# is itself a finite difference, by no more than the second one.
TOLERANCE, ROUGH = 1e-5, 2e-3

# The price of an explanation. Fewer mistakes are likelier; one more layer costs nothing.
_KNOWN, _UNKNOWN, _UNKNOWN_AGAIN = 1, 3, 1
# Paths that are dearer by more, so far, are given up; so are those behind the first few.
_SPARE, _PATHS = 2, 12

_ORDER = ("return", "forward", "bp1", "bp2", "bp3", "bp4")
_DECAYS = ("decay_not_divided", "decay_by_batch", "decay_undeclared")


@dataclass(frozen=True)
class Setting:
    """What the learner's function is meant to compute."""

    activations: tuple
    cost: object
    reduction: str
    weight_decay: float
    training_size: int | None
    batch: bool
    tolerance: float = TOLERANCE

    def decay(self, m):
        """Return the number that multiplies w in the gradient of a mini-batch of m."""
        return self.weight_decay / (self.training_size or m)


@dataclass(frozen=True)
class Case:
    """What came on one problem: for each example alone, and for the whole mini-batch.

    Attributes
    ----------
    problem : Problem
    w : dict from layer to ndarray of shape (m, n_l, n_{l-1})
    b : dict from layer to ndarray of shape (n_l, m)
    whole : Came
    shapes : tuple of (equation, cause, layer, came, wanted)
    single : bool
        Whether any array came in less than double precision.
    """

    problem: object
    w: dict
    b: dict
    whole: object
    shapes: tuple
    single: bool

    @classmethod
    def of(cls, subject, problem, whole):
        """Call the function on every example of a problem."""
        each = _one_by_one(subject, problem)
        refuse_shapeless(each[0])
        layers = sorted(each[0].w)
        w = {l: np.array([came.w[l] for came in each], float) for l in layers}
        b = {l: np.hstack([came.b[l] for came in each]).astype(float) for l in layers}
        shapes = dict.fromkeys((*whole.shapes, *each[0].shapes))
        return cls(problem, w, b, whole, tuple(shapes), whole.single or each[0].single)


def _one_by_one(subject, problem):
    """Return what comes for each example; for m equal ones, where a single one fails.

    The mean over equal examples is that of one, so a program that needs a mini-batch of two or more
    can be judged as well.
    """
    m = problem.x.shape[1]
    try:
        return [subject(problem.examples(i)) for i in range(m)]
    except Trouble as alone:
        try:
            return [subject(problem.examples(*[i] * m)) for i in range(m)]
        except Trouble:
            raise alone from None


@dataclass(frozen=True)
class Path:
    """A chain of steps from the output backwards that explains the numbers so far.

    ``faults`` are (equation, cause, layer), with the layer 0 for the forward pass; ``factors`` are
    those that were fitted, by (equation, layer).
    """

    price: int
    faults: tuple
    delta: dict
    factors: dict
    net: Network
    trace: Trace

    def with_faults(self, faults):
        """Return the path with more faults, and their price."""
        price, seen = self.price, {(equation, cause) for equation, cause, _ in self.faults}
        for equation, cause, _ in faults:
            known, again = cause is not None, (equation, cause) in seen
            price += (not again) * _KNOWN if known else _UNKNOWN_AGAIN if again else _UNKNOWN
            seen.add((equation, cause))
        return replace(self, price=price, faults=self.faults + faults)

    def extended(self, l, delta, faults, factors):
        """Return the path with one more layer."""
        longer = replace(self, delta={**self.delta, l: delta}, factors={**self.factors, **factors})
        return longer.with_faults(faults)

    def step(self, case, setting, l, trace=None):
        """Return the step at layer l, after the steps of this path."""
        return Step(
            case.problem.net,
            self.net,
            trace or self.trace,
            case.problem.y,
            setting.cost,
            l,
            self.delta,
            case.w,
            setting.decay(1),
            case.b,
        )


@dataclass(frozen=True)
class Explanation:
    """What all cases agree on.

    Attributes
    ----------
    faults : tuple of (equation, cause, layer)
        In the order of the backward pass; a cause is None where none fits.
    alternatives : tuple of tuples of faults
        What explains single examples as cheaply.
    path : Path
        The path in the first case.
    shapes : dict from fault to (came, wanted)
    batch : dict from (equation, layer) to str or None
        How the mini-batch is averaged: "right" or a cause.
    """

    faults: tuple
    alternatives: tuple
    path: Path
    shapes: dict
    batch: dict


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
    batch = _agreed_batch(cases, chosen, setting) if followed else {}
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
        in_one = {"sum_for_mean": "mean_over_neurons", **dict.fromkeys(_DECAYS, "decay_factor")}
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


# Mini-batches


def _agreed_batch(cases, paths, setting):
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
