"""A problem for a pencil, and the checker that knows the usual slips; see :mod:`.drills`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from bpcourse import _checks

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

# An entry is right if it is this close, relative to the largest entry wanted: rounding passes.
TOLERANCE = 0.005


@dataclass(frozen=True)
class Text:
    """Several lines of text, shown as they are by ``print`` and by a notebook."""

    text: str

    def __repr__(self):
        return self.text


@dataclass(frozen=True)
class Verdict:
    """What :meth:`Drill.check` found.

    Attributes
    ----------
    ok : bool
        Whether every entry is right.
    wrong : tuple of str
        The names of the entries that are not.
    looks_like : tuple of str
        The mistakes that give the learner's numbers at all of these entries.
    text : str
        The same as a message; printing shows it.
    open : bool
        Whether an entry is still ``...``: then nothing is judged.
    """

    ok: bool
    wrong: tuple[str, ...]
    looks_like: tuple[str, ...]
    text: str
    open: bool = False

    def __repr__(self):
        return self.text


@dataclass(frozen=True, eq=False)
class Drill:
    """A problem to solve by hand.

    Attributes
    ----------
    name : str
        The function that made it.
    seed : int
        Its seed.
    task : str
        What to work out, in words.
    given : dict from str to ndarray or str
        The arrays of the task (what is not a decimal number, such as ln 3, as text).
    entries : tuple of str
        The names of the numbers wanted, in order.
    right : ndarray
        The numbers wanted.
    mistakes : dict from str to ndarray
        What the usual mistakes give.
    working : str
        See :meth:`solution`.
    """

    name: str
    seed: int
    task: str
    given: dict[str, np.ndarray | str]
    entries: tuple[str, ...]
    right: np.ndarray
    mistakes: dict[str, np.ndarray]
    working: str

    def __repr__(self):
        arrays = "\n".join(f"{name} = {shown(value)}" for name, value in self.given.items())
        return f"{self.name}, drill {self.seed}\n{self.task}\n\n{arrays}"

    def check(self, answer: ArrayLike) -> Verdict:
        """Say which entries of an answer are wrong, and which mistake they look like.

        Parameters
        ----------
        answer : array_like
            The numbers that ``entries`` names. Rounding to three digits is no mistake; ``...``
            stands for a number that is still to be found.

        Returns
        -------
        Verdict

        Raises
        ------
        ValueError
            Another number of entries than wanted, or one that is not finite.

        Examples
        --------
        >>> import bpcourse as bp
        >>> drill = bp.drills.bp2(0)
        >>> found = drill.check(drill.mistakes["no transpose"])
        >>> found.ok, found.looks_like
        (False, ('no transpose',))
        """
        blank = _blank(answer)
        if blank:
            return Verdict(False, self.entries, (), f"{blank}: {', '.join(self.entries)}.", True)
        answer = self._read(answer)
        if answer.shape != self.right.shape:  # the shape of a mistake, or _read had refused it
            same = [name for name, its in self.mistakes.items() if _equal(answer, its).all()]
            return self._wrong(answer, self.entries, same)
        good = _equal(answer, self.right)
        if good.all():
            return Verdict(True, (), (), f"Right: {', '.join(self.entries)}.")
        same = [
            name
            for name, its in self.mistakes.items()
            if its.shape == answer.shape and _equal(answer, its)[~good].all()
        ]
        wrong = [e for e, fine in zip(self.entries, good.ravel(), strict=True) if not fine]
        return self._wrong(answer, tuple(wrong), same)

    def _wrong(self, answer, wrong, same):
        text, close = f"Not right yet: {', '.join(wrong)}.", ""
        if answer.shape == self.right.shape:
            numbers = dict(zip(self.entries, answer.ravel(), strict=True))
            text = _not_right({name: numbers[name] for name in wrong})
            close = _close(self.entries, answer.ravel(), self.right.ravel(), wrong)
        looks = f"\nIt looks like this: {'; or '.join(same)}." if same else close
        return Verdict(False, wrong, tuple(same), text + looks)

    def _read(self, answer):
        answer = np.asarray(answer, dtype=float)
        if answer.size == self.right.size and 1 in (answer.ndim, *answer.shape):
            answer = answer.reshape(self.right.shape)  # a column, or all entries in one row
        shapes = {self.right.shape} | {each.shape for each in self.mistakes.values()}
        if answer.shape not in shapes:
            raise ValueError(
                f"answer has shape {answer.shape}, want {self.right.shape}: "
                f"{', '.join(self.entries)}{_comma(answer, self.right)}"
            )
        _checks.finite("answer", answer)
        return answer

    def solution(self) -> Text:
        """Return the working, every product shown.

        Examples
        --------
        >>> import bpcourse as bp
        >>> bp.drills.bp3(1).solution()
        dC/db^2_1 = (0.1 + (-0.4) + (-0.5) + 0.5) / 4 = -0.3 / 4 = -0.075
        dC/db^2_2 = (0.4 + 0.3 + (-0.2) + (-0.3)) / 4 = 0.2 / 4 = 0.05
        """
        return Text(self.working)


def compare(answer: ArrayLike, wanted: dict[str, float]) -> Verdict:
    """Say which numbers of an answer are those wanted.

    Parameters
    ----------
    answer : array_like
        The numbers, in the order of ``wanted``. Rounding to three digits is no mistake; ``...``
        stands for a number that is still to be found.
    wanted : dict from str to float
        The numbers wanted, by name.

    Returns
    -------
    Verdict

    Raises
    ------
    ValueError
        Another number of entries than wanted, or one that is not finite.

    Examples
    --------
    >>> import bpcourse as bp
    >>> bp.drills.compare([0.333, 0.6], {"a third": 1 / 3, "two thirds": 2 / 3})
    Not right yet: two thirds (you have 0.6).
    >>> bp.drills.compare([0.333, -0.667], {"a third": 1 / 3, "two thirds": 2 / 3})
    Not right yet: two thirds (you have -0.667).
    Look at the sign of two thirds.
    >>> bp.drills.compare(..., {"a third": 1 / 3})
    Still to be found: a third.
    """
    names = tuple(wanted)
    right = np.array([float(wanted[name]) for name in names])
    blank = _blank(answer)
    if blank:
        return Verdict(False, names, (), f"{blank}: {', '.join(names)}.", True)
    given = np.asarray(answer, dtype=float).ravel()
    if given.shape != right.shape:
        count = f"{given.size} number{'s' * (given.size != 1)}"
        raise ValueError(
            f"answer has {count}, want {right.size}: {', '.join(names)}{_comma(given, right)}"
        )
    _checks.finite("answer", given)
    # Each number by itself: the numbers of an answer may be of very different sizes.
    off = {n: came for n, came, its in zip(names, given, right, strict=True) if not near(came, its)}
    if not off:
        return Verdict(True, (), (), f"Right: {', '.join(names)}.")
    text = _not_right(off) + _close(names, given, right, tuple(off))
    return Verdict(False, tuple(off), (), text)


def near(came, its):
    """Return whether a number is the one wanted, up to rounding to three digits."""
    return abs(came - its) <= TOLERANCE * (abs(its) or 1)


def _not_right(off):
    """Return what is not right, and what came."""
    came = ", ".join(f"{each:.6g}" for each in off.values())
    return f"Not right yet: {', '.join(off)} (you have {came})."


def _close(names, given, right, off):
    """Return on a line of its own what is nearly right of an answer; empty if nothing is."""
    swapped = len(off) > 1 and all(map(near, sorted(given), sorted(right)))
    if swapped:
        return f"\nThe numbers are right, but in another order. Wanted: {', '.join(names)}."
    pairs = [pair for pair in zip(names, given, right, strict=True) if pair[0] in off]
    sign = [name for name, came, its in pairs if near(-came, its)]
    factor = [
        name for name, came, its in pairs if its and (near(came, 2 * its) or near(2 * came, its))
    ]
    said = ""
    if sign:
        said += f"\nLook at the sign of {' and of '.join(sign)}."
    if factor:
        said += f"\nThere is a factor of 2 too many, or too few, in {', '.join(factor)}."
    return said


def _comma(given, right):
    """Return a question about a comma, if numbers are missing: [5 -10] is one number."""
    return ". Is a comma missing between two numbers?" if given.size < right.size else ""


def _blank(answer):
    """Return what to say of an answer with entries that are still ``...``; empty without."""
    entries = np.asarray(answer, dtype=object).ravel()
    left = sum(each is ... for each in entries)
    if not left:
        return ""
    return "Still to be found" if left == len(entries) else f"{left} of these still to be found"


def make(draw, name, seed):
    """Return the drill of a seed: the first draw in which every mistake can be told apart."""
    seed = _checks.integer("seed", seed, minimum=0)
    for attempt in range(1000):
        parts = draw(np.random.default_rng([seed, attempt]))
        right = np.round(np.array(parts["right"], float), 9)  # a sum that is 0 is 0
        mistakes = {key: np.array(value, float) for key, value in parts["mistakes"].items()}
        if right.all() and _apart([right, *mistakes.values()]):
            working = "\n".join(parts["working"])
            return Drill(
                name,
                seed,
                parts["task"],
                parts["given"],
                parts["entries"],
                right,
                mistakes,
                working,
            )
    raise AssertionError(f"no drill {name} for seed {seed} in 1000 draws")


def _apart(arrays):
    """Return whether no two of the arrays would pass for each other."""
    return not any(
        p.shape == q.shape and _equal(p, q, 4 * TOLERANCE).all()
        for i, p in enumerate(arrays)
        for q in arrays[:i]
    )


def _equal(p, q, tolerance=TOLERANCE):
    """Return which entries agree, up to the tolerance; arrays of two shapes agree nowhere."""
    if p.shape != q.shape:
        return np.zeros(p.shape, bool)
    return abs(p - q) <= tolerance * abs(q).max()


def number(value):
    """Return a number as one writes it: 0.25, -3."""
    return f"{round(float(value), 9) + 0.0:.6g}"


def term(value):
    """Return a number with parentheses around it if it is negative."""
    return f"({number(value)})" if value < 0 else number(value)


def products(p, q):
    """Return a sum of products, written out: 2 * 0.5 + (-1) * 0.3."""
    terms = [f"{number(p[0])} * {term(q[0])}"]
    terms += [f"{term(u)} * {term(v)}" for u, v in zip(p[1:], q[1:], strict=True)]
    return " + ".join(terms)


def shown(value):
    """Return an array as nested lists of short numbers, ready to be typed in."""
    if isinstance(value, str):
        return value
    if value.ndim == 0:
        return number(value)
    return f"[{', '.join(map(shown, value))}]"
