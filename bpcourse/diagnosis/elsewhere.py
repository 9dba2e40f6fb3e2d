"""Other settings in which a function that is right so far is tried once each.

Some mistakes show with layers of equal width only, at another depth, in a mini-batch of another
size, or for inputs that are zero or large.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from bpcourse.activations import softmax
from bpcourse.backprop import propagate_back
from bpcourse.diagnosis.comparison import same
from bpcourse.diagnosis.conclusions import conclude, right_parts, unjudged_parts
from bpcourse.diagnosis.explanation import explain
from bpcourse.diagnosis.findings import Evidence
from bpcourse.diagnosis.path import ROUGH, Case
from bpcourse.diagnosis.problem import plain_problem
from bpcourse.diagnosis.rounding import is_a_difference
from bpcourse.diagnosis.trouble import Trouble, trouble

_BATCHES = (2, 3, 4, 5, 6, 8, 10, 16, 33, 64, 100)
_DEPTHS = ((4, 3), (4, 6, 3), (3, 5, 4, 6, 2), (4, 3, 5, 4, 6, 2))
_EXAMPLES = 7


@dataclass(frozen=True)
class Place:
    """A setting: its name, as it stands after "in" or "with", and how to draw a problem there."""

    name: str
    draw: Callable
    own_widths: bool = True


def elsewhere(subject, diagnosis, setting, rng, *, other_widths, every_class):
    """Return the diagnosis, or that of another setting in which the function is wrong.

    With ``every_class`` it is tried only where each class has an example.
    """
    failed, refused = {}, {}
    for place in _places(diagnosis.sizes, setting, rng, other_widths):
        problem = place.draw()
        if not setting.batch:
            problem = problem.examples(0)
        if every_class and not problem.y.any(axis=1).all():
            continue
        try:
            came = subject(problem)
        except Trouble as trouble:
            if place.own_widths:
                refused[place.name] = trouble.finding
            continue
        if not is_right(problem, came, setting) and not _is_rough(problem, came, setting):
            failed[place.name] = (problem, came)
    if not failed:
        return replace(diagnosis, notes=(*diagnosis.notes, *_refused(subject.name, refused)))
    return _wrong_there(subject, diagnosis, setting, failed)


def is_right(problem, came, setting):
    """Say whether the gradient of a mini-batch is the right one."""
    net, m = problem.net, problem.x.shape[1]
    with np.errstate(all="ignore"):
        grad = propagate_back(net, net.forward(problem.x), problem.y, setting.cost)
    total = 1 if setting.reduction == "mean" else m
    arrays = [(came.w[l], total * grad.w[l] + setting.decay(m) * net.w[l]) for l in came.w]
    if setting.biases:
        arrays += [(came.b[l], total * grad.b[l]) for l in came.b]
    return not came.shapes and all(
        array is not None and same(array, right, setting.tolerance) for array, right in arrays
    )


def _is_rough(problem, came, setting):
    """Say whether a function that is a coarse difference is one here, too."""
    if setting.tolerance < ROUGH:
        return False
    looser = replace(setting, tolerance=10 * ROUGH)
    return is_right(problem, came, looser) or is_a_difference(problem, came, setting)


def _places(widths, setting, rng, other_widths):
    """Return the settings to try, from the likeliest to the oddest."""

    def draw(sizes, m=_EXAMPLES, **options):
        options |= {"biases": setting.biases, "labels": setting.labels}
        return lambda: plain_problem(sizes, setting.activations, setting.cost, m, rng, **options)

    equal = (max(5, *widths),) * len(widths)
    places = [Place("layers of equal width", draw(equal), own_widths=False)]
    if other_widths:
        places += [Place(_depth(sizes), draw(sizes), own_widths=False) for sizes in _DEPTHS]
        if setting.activations[1] != softmax and not setting.labels:
            sizes = (*widths[:-1], 1)
            places.append(Place("a network with one output", draw(sizes), own_widths=False))
    if setting.batch:
        places += [Place(f"a mini-batch of {m} examples", draw(widths, m)) for m in _BATCHES]
    kinked = not setting.biases and setting.activations[0].name not in _SMOOTH
    places += [] if kinked else [Place("inputs that are all zero", draw(widths, inputs="zero"))]
    places += [
        Place("inputs that are all positive", draw(widths, inputs="positive")),
        Place("inputs that are 0 or 1", draw(widths, inputs="binary")),
        Place("targets of one class", draw(widths, targets="one class")),
        Place("targets that are 0 or 1", draw(widths, targets="binary")),
    ]
    if setting.tolerance < ROUGH:  # a coarse step is too large for large inputs
        places.append(Place("inputs up to 50", draw(widths, inputs="large")))
    return places


_SMOOTH = ("sigmoid", "tanh", "identity", "softplus", "gelu", "silu")


def _depth(sizes):
    hidden = len(sizes) - 2
    number = ("no", "one", "two", "three", "four")[hidden]
    return f"a network with {number} hidden layer{'s' if hidden > 1 else ''}"


def _refused(name, refused):
    """Return a note on what could not be tried."""
    if not refused:
        return []
    places, finding = list(refused), next(iter(refused.values()))
    return [f"Not tried with {', '.join(places)}: {finding.sentence}"]


def _wrong_there(subject, diagnosis, setting, failed):
    """Return the diagnosis in the first of the settings in which the function is wrong."""
    within, (problem, came) = next(iter(failed.items()))
    depth, of_biases = problem.net.depth, {"biases": setting.biases}
    tried = f"a mini-batch of {_EXAMPLES} examples and with one alone"
    note = (
        f"In a network {list(diagnosis.sizes)}, with {tried if setting.batch else 'one example'}, "
        f"all is right. It is wrong with {'; '.join(failed)}."
    )
    wrong = replace(
        diagnosis, notes=(note, *diagnosis.notes), sizes=problem.net.sizes, within=within
    )
    case, found = _explained(subject, problem, came, setting)
    if found is None:
        findings = (_unexplained(subject.name, within, problem, came, setting),)
        return replace(wrong, findings=findings, right=())
    return replace(
        wrong,
        findings=conclude(found, case, setting),
        right=right_parts(found, depth, **of_biases),
        not_judged=unjudged_parts(found, depth, **of_biases),
    )


def _explained(subject, problem, came, setting):
    """Return the case and its explanation; None where its examples say nothing."""
    try:
        case = Case.of(subject, problem, came)
    except Trouble:
        return None, None
    found = explain([case], setting)
    return case, found if found.faults else None


def _unexplained(name, within, problem, came, setting):
    """Return a finding that says no more than where the function is wrong."""
    net, l = problem.net, problem.net.depth
    right = propagate_back(net, net.forward(problem.x), problem.y, setting.cost).w[l]
    at = np.unravel_index(np.argmax(abs(right)), right.shape)
    seen = came.w[l] if came.w[l] is not None else np.full(right.shape, np.nan)
    return trouble(
        "return",
        None,
        "wrong in one setting",
        f"With {within} the gradients of {name} are not those of the cost.",
        "What does your program do there that it does not do elsewhere?",
        "Call it there with small arrays of your own, and go through it line by line.",
        Evidence(f"dC/dw^{l}[{at[0]},{at[1]}], {within}", f"{seen[at]:.5g}", f"{right[at]:.5g}"),
    )
