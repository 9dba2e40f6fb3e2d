"""What a call leaves behind: changed arguments, and results that depend on earlier calls."""

import numpy as np

from bpcourse.diagnosis.comparison import all_numbers, same, same_results
from bpcourse.diagnosis.findings import Evidence
from bpcourse.diagnosis.trouble import trouble


def changed_inputs(subject, came):
    """Return a finding if the function changed what belongs to its caller."""
    if not came.changed:
        return []
    name, after, before = came.changed[0]
    layer = int(name[8:-1]) + 2 if name.startswith("weights[") else None
    step = _as_a_step(after, before, came.w.get(layer))
    names = [each[0] for each in came.changed]
    belong = "belongs" if len(names) == 1 else "belong"
    where = Evidence(
        f"{name}, first number", f"{np.ravel(after)[0]:.6g}", f"{np.ravel(before)[0]:.6g}"
    )
    finding = trouble(
        "inputs",
        "inputs_changed",
        f"changes {name} in place",
        f"{subject.name} changes {', '.join(names)}, which {belong} to the caller.{step}",
        "Which of your lines write into something that came from outside? -=, *=, x[...] = and "
        "methods such as reverse or append do.",
        "Leave the arguments as they are: make a new array or a new list, and write into that.",
        where,
    )
    return [finding]


def _as_a_step(after, before, gradient):
    """Say so if an array was changed by a multiple of its gradient."""
    if gradient is None or np.shape(after) != np.shape(before) or not gradient.any():
        return ""
    change = after - before
    gradient = gradient if gradient.shape == change.shape else gradient.T
    if gradient.shape != change.shape:
        return ""
    eta = -float((change * gradient).sum() / (gradient**2).sum())
    if not same(change, -eta * gradient, 1e-3):
        return ""
    return f" The change is {-eta:.3g} times the gradient: a step of gradient descent."


def memory(subject, problems, whole):
    """Return a finding if the function remembers earlier calls, or draws random numbers.

    ``whole`` are the results of a first call on each problem.
    """
    calls = [whole[0], *(subject(problems[0]) for _ in range(3))]
    if all(same_results(calls[0], other) for other in calls[1:]):
        return _left_over(subject.name, whole) if len(whole) > 1 else []
    first, second = (all_numbers(came) for came in calls[:2])
    steps = np.diff([all_numbers(came) for came in calls[1:]], axis=0)
    at = np.argmax(abs(second - first))
    evidence = Evidence("a number of the second call", f"{second[at]:.6g}", f"{first[at]:.6g}")
    if abs(steps[0]).max() > 0 and same(steps[0], steps[1], 1e-6):
        return [_accumulates(subject.name, evidence)]
    return [remembers(subject.name, evidence)]


def _left_over(name, whole):
    """Return a finding if all gradients of a kind are those of another problem.

    One array alone may be the same by right: the means of errors that depend on the targets only.
    """
    first, second = whole[:2]
    for kind, one, other in (("weights", first.w, second.w), ("biases", first.b, second.b)):
        pairs = [(array, other[l]) for l, array in one.items()]
        if any(a is None or b is None or not a.any() for a, b in pairs):
            continue
        if len(pairs) > 1 and all(_is_same(a, b) for a, b in pairs):
            l = max(one)
            return [_kept(name, f"the {kind}' gradient of layer {l}", one[l])]
    return []


def _is_same(one, other):
    return one.shape == other.shape and np.array_equal(one, other)


def _kept(name, which, array):
    number = f"{np.ravel(array)[0]:.6g}"
    return trouble(
        "state",
        "left_over",
        "a gradient left over from an earlier call",
        f"For other weights and other examples, {name} returned {which} of an earlier call once "
        "more: it is kept, and not computed anew.",
        "Which of your variables outlive a call: a cache, globals, attributes, default arguments?",
        "Compute every gradient in every call, and fill the cache anew.",
        Evidence(f"{which}, first number", number, "another number than in the call before"),
    )


def _accumulates(name, evidence):
    return trouble(
        "state",
        "accumulates",
        "adds to the last call's gradient",
        f"The gradient that {name} returns grows by the same numbers with every call: each call "
        "adds to the one before.",
        "Where are the gradients set to zero?",
        "Make new arrays of zeros at the start of each call.",
        evidence,
    )


def remembers(name, evidence):
    """Return the finding for results that change when the function is called again."""
    return trouble(
        "state",
        "remembers",
        "another result when called again",
        f"Called again with the same arguments, {name} gives another result: it remembers earlier "
        "calls, or draws random numbers.",
        "Which of your variables outlive a call: globals, attributes, default arguments?",
        "Let the result depend on the arguments alone.",
        evidence,
    )
