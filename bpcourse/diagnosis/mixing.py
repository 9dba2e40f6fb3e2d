"""Whether what comes for one example depends on the other examples of its mini-batch."""

from dataclasses import replace

import numpy as np

from bpcourse.diagnosis.comparison import same
from bpcourse.diagnosis.findings import Evidence
from bpcourse.diagnosis.trouble import Trouble, trouble

# In the first two and in the last two mini-batches, example 0 stands in the place of example 3.
_BATCHES = ((0, 1, 2), (3, 1, 2), (0, 4, 5), (3, 4, 5))


# Relative to the largest entry; what is mixed differs by much more, what is rounded by less.
_CLEAR = 1e-2


def mixed_examples(subject, problem):
    """Return a finding if the gradients of all weights depend on how examples are put together.

    In a mean over the examples, one example in the place of another one changes a gradient by as
    much, whatever the others are; and their order does not matter.
    """
    try:
        a, b, c, d = (subject(problem.examples(*which)) for which in _BATCHES)
        turned = subject(problem.examples(1, 2, 0))
    except Trouble:
        return None
    if any(came.shapes for came in (a, b, c, d, turned)):
        return None
    first, second = _change(a, b), _change(c, d)
    for one, other, swapped in ((first, second, True), (_arrays(a), _arrays(turned), False)):
        largest = max(abs(array).max() for array in one.values())
        seen = [place for place, array in one.items() if abs(array).max() > 1e-8 * largest]
        if largest and all(not same(one[place], other[place], _CLEAR) for place in seen):
            return _finding(subject.name, one, other, swapped)
    return None


def _arrays(came):
    """Return all gradients, by "w" or "b" and layer."""
    pairs = (("w", came.w), ("b", came.b))
    return {(kind, l): a for kind, by in pairs for l, a in by.items() if a is not None}


def _change(came, other):
    arrays, others = _arrays(came), _arrays(other)
    return {place: arrays[place] - others[place] for place in arrays}


def _finding(name, one, other, swapped):
    one = {l: array for (kind, l), array in one.items() if kind == "w"}
    other = {l: array for (kind, l), array in other.items() if kind == "w"}
    l = max(one)
    at = np.unravel_index(np.argmax(abs(one[l] - other[l])), one[l].shape)
    where = f"dC/dw^{l}[{at[0]},{at[1]}]"
    what = f"{where}, of three examples, and of the same three in another order"
    if swapped:
        what = f"{where}, its change if one example takes the place of another one, beside others"
    found = trouble(
        "call",
        "examples_mixed",
        "what comes for an example depends on the others",
        f"What {name} makes of one example depends on the other examples of its mini-batch, or on "
        "its place among them, as with batch normalization, a norm that is clipped, or dropout "
        "with a fixed seed. So no equation can be read off the examples, and none is judged here.",
        "Which of your lines takes a mean, a sum, a maximum or a standard deviation over the "
        "examples before the gradients, or draws random numbers?",
        "If that is meant, compare the gradient with finite differences of your own cost. If it is "
        "not, keep the examples apart until BP3 and BP4, which average over them.",
        Evidence(what, f"{one[l][at]:.5g}", f"{other[l][at]:.5g}"),
    )
    first = "Call it with three examples, then with one of them exchanged. What changes, and where?"
    return replace(found, hints=(first, *found.hints[1:]))
