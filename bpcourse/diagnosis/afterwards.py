"""What was done to right gradients in the end: rounded, clipped, or scaled to a norm."""

import numpy as np

from bpcourse.backprop import propagate_back
from bpcourse.diagnosis.comparison import same
from bpcourse.diagnosis.findings import Evidence
from bpcourse.diagnosis.trouble import trouble

_TOLERANCE = 1e-9
_DECIMALS = range(1, 8)


def done_afterwards(cases, setting):
    """Return a finding if the gradients are right, and were changed by one line more.

    Parameters
    ----------
    cases : list of Case
    setting : Setting

    Returns
    -------
    Finding or None
    """
    whole = cases[0].whole
    if any(case.shapes for case in cases) or not _keeps_signs(
        _pair(cases[0].problem, whole.w, whole.b, setting)
    ):
        return None
    pairs = [pair for case in cases for pair in _pairs(case, setting)]
    for kinds in ("wb", "w", "b"):
        some = [_of_kinds(pair, kinds) for pair in pairs]
        rest = [_of_kinds(pair, set("wb") - set(kinds)) for pair in pairs]
        moved = any(came.any() for pair in some for came, _ in pair.values())
        if not moved or not all(map(_same_numbers, rest)):
            continue
        for change in (_rounded, _clipped, _scaled_together, _scaled_one_by_one):
            said = change(some)
            if said:
                return _finding(*said, kinds, some, cases[0].problem.net.sizes)
    return None


def rounded_and_wrong(case):
    """Return a finding if all numbers that came are decimals: what else is wrong can't be read."""
    arrays = [*case.whole.w.values(), *case.whole.b.values()]
    numbers = np.concatenate([np.ravel(each) for each in arrays if each is not None])
    decimals = _decimals(numbers)
    if decimals is None:
        return None
    return trouble(
        "return",
        "rounded",
        f"rounded to {decimals} decimals",
        f"The gradients were rounded to {decimals} decimals, and that is not all: something else "
        "is wrong, which can't be read off rounded numbers.",
        "What does your program do with its gradients between BP4 and the return?",
        "Return the numbers as they are, and have them judged once more.",
    )


def _decimals(numbers):
    """Return to how many decimals all numbers were rounded, or None."""
    if 2 * np.count_nonzero(numbers) < numbers.size:
        return None  # what is mostly zero is no sign of rounding
    whole = ((k, numbers * 10.0**k) for k in _DECIMALS)
    return next((k for k, each in whole if abs(each - np.rint(each)).max() < 1e-6), None)


def _pairs(case, setting):
    """Return (came, right) by "w" or "b" and layer: of the mini-batch, and of single examples."""
    wholes = [(case.problem, case.whole.w, case.whole.b)]
    if case.way == "alone":
        for i in range(case.problem.x.shape[1]):
            b = {l: None if each is None else each[:, [i]] for l, each in case.b.items()}
            wholes.append((case.problem.examples(i), {l: w[i] for l, w in case.w.items()}, b))
    return [_pair(problem, w, b, setting) for problem, w, b in wholes]


def came_and_right(problem, came, setting):
    """Return all numbers that came for a mini-batch, and all that are right, as two vectors."""
    return _vectors(_pair(problem, came.w, came.b, setting))


def _pair(problem, w, b, setting):
    net, m = problem.net, problem.x.shape[1]
    grad = propagate_back(net, net.forward(problem.x), problem.y, setting.cost)
    total, decay = 1 if setting.reduction == "mean" else m, setting.decay(m)
    pair = {("w", l): (w[l], total * grad.w[l] + decay * net.w[l]) for l in w}
    pair |= {("b", l): (b[l], total * grad.b[l]) for l in b if b[l] is not None}
    return {place: arrays for place, arrays in pair.items() if arrays[0] is not None}


def _keeps_signs(pair):
    """Say whether no number has another sign than the right one: what is asked first, and fast."""
    return all((came * right >= -_TOLERANCE * right**2).all() for came, right in pair.values())


def _of_kinds(pair, kinds):
    return {place: arrays for place, arrays in pair.items() if place[0] in kinds}


def _same_numbers(pair):
    return all(same(came, right, _TOLERANCE) for came, right in pair.values())


def _vectors(pair):
    """Return all numbers that came, and all that are right."""
    sides = zip(*pair.values(), strict=True)
    return tuple(np.concatenate([np.ravel(each) for each in side]) for side in sides)


def _rounded(pairs):
    """Say to how many decimals everything was rounded."""
    came, right = map(np.concatenate, zip(*map(_vectors, pairs), strict=True))
    decimals = _decimals(came)
    if decimals is None or abs(came - right).max() > 0.5001 * 10.0**-decimals:
        return None
    half = f"{0.5 * 10.0**-decimals:.{decimals + 1}f}"
    return "rounded", f"rounded to {decimals} decimals", half


def _clipped(pairs):
    """Say at which number every entry was cut off."""
    came, right = map(np.concatenate, zip(*map(_vectors, pairs), strict=True))
    limit = abs(came).max()
    at_limit = (abs(abs(came) - limit) <= _TOLERANCE * limit).sum()
    if at_limit < 3 or not same(came, np.clip(right, -limit, limit), _TOLERANCE):
        return None
    return "clipped", "every entry cut off", f"{limit:.4g}"


def _scaled_together(pairs):
    """Say to which norm all arrays together were scaled down."""
    return _scaled([_vectors(pair) for pair in pairs], "all of them together")


def _scaled_one_by_one(pairs):
    """Say to which norm each array was scaled down."""
    return _scaled([arrays for pair in pairs for arrays in pair.values()], "each of them")


def _scaled(vectors, which):
    norms = [(np.linalg.norm(came), np.linalg.norm(right)) for came, right in vectors]
    limit = max(came for came, _ in norms)
    factors = [min(1.0, limit / right) if right else 1.0 for _, right in norms]
    fits = (
        same(came, c * right, _TOLERANCE) for c, (came, right) in zip(factors, vectors, strict=True)
    )
    if sum(c < 1 for c in factors) < 3 or not all(fits):
        return None
    return "norm_clipped", f"{which} scaled down to a norm", f"{limit:.4g}"


_SENTENCES = {
    "rounded": "were rounded in the end: what is smaller than {number} is lost",
    "clipped": "were clipped in the end: no entry is larger than {number}",
    "norm_clipped": "were scaled down in the end: the norm of {which} is at most {number}",
}
_ANSWERS = {
    "rounded": "Return the numbers as they are, and round what you print.",
    "clipped": "Return the gradient itself. Where a step wants it clipped, clip it there.",
    "norm_clipped": "Return the gradient itself. Where a step wants it clipped, clip it there.",
}


def _finding(cause, title, number, kinds, pairs, sizes):
    what = {"wb": "gradients", "w": "gradients of the weights", "b": "gradients of the biases"}
    which = title.partition(" scaled")[0]
    said = _SENTENCES[cause].format(number=number, which=which)
    return trouble(
        "return",
        cause,
        title,
        f"The {what[kinds]} are right, but {said}. A gradient check, or a sum over more examples, "
        "will not agree with them.",
        "What does your program do with its gradients between BP4 and the return?",
        _ANSWERS[cause],
        _evidence(pairs[0], sizes),
    )


def _evidence(pair, sizes):
    """Return the entry that was changed most."""
    place = max(pair, key=lambda place: abs(np.subtract(*pair[place])).max())
    came, right = pair[place]
    at = np.unravel_index(np.argmax(abs(came - right)), came.shape)
    index = ",".join(map(str, at if place[0] == "w" else at[:1]))
    what = f"dC/d{place[0]}^{place[1]}[{index}], the whole mini-batch, network {list(sizes)}"
    return Evidence(what, f"{came[at]:.5g}", f"{right[at]:.5g}")
