"""What a gradient check found, in words and as a table."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

# An array whose largest entry is below this many times the noise can't be judged.
CLEAR = 10


class GradientError(Exception):
    """A gradient that disagrees with finite differences; the message is the report."""

    @property
    def report(self) -> Report:
        """The :class:`Report`."""
        return self.args[0]


@dataclass(frozen=True)
class Row:
    """How one array of a gradient compares.

    Attributes
    ----------
    array : str
        Its name, such as "w2".
    size : int
        The number of its entries.
    where : str
        The entry that disagrees most, such as "w2[1,4]".
    analytic, numeric : float
        Its two values.
    relative_error : float
        Their difference, relative to the largest entry of the array in either gradient.
    ratio : float
        The median of analytic/numeric over the entries that stand clear of the noise; NaN if none
        does.
    constant : bool
        Whether the ratio is the same for all of these, within 0.1 %.
    noise : float
        The difference that the finite difference itself may make.
    verdict : {"ok", "WRONG", "too small"}
        "too small": the array hides in the noise, so that nothing can be said about it.
    """

    array: str
    size: int
    where: str
    analytic: float
    numeric: float
    relative_error: float
    ratio: float
    constant: bool
    noise: float
    verdict: str


@dataclass(frozen=True)
class Report:
    """The outcome of a comparison; ``str(report)`` is a message to whoever wrote the gradient.

    Attributes
    ----------
    rows : tuple of Row
        One for each array: w2, b2, w3, b3, ...
    relative_tolerance : float
        The largest relative error allowed.
    analytic, numeric : str
        What the two gradients are: the dtype; the method, step and number of forward passes.
    hint : str
        What a constant ratio means; empty if there is none, or nothing is wrong.
    note : str
        What was done to the network before the check; usually empty.
    """

    rows: tuple[Row, ...]
    relative_tolerance: float
    analytic: str
    numeric: str
    hint: str = ""
    note: str = ""

    @property
    def wrong(self) -> tuple[Row, ...]:
        """The rows of the arrays that disagree."""
        return tuple(row for row in self.rows if row.verdict == "WRONG")

    @property
    def too_small(self) -> tuple[Row, ...]:
        """The rows of the arrays that hide in the noise."""
        return tuple(row for row in self.rows if row.verdict == "too small")

    @property
    def ok(self) -> bool:
        """Whether no array disagrees, and at least one could be judged."""
        return not self.wrong and len(self.too_small) < len(self.rows)

    @property
    def worst(self) -> Row:
        """The row with the largest relative error, among those that disagree if any does."""
        judged = [row for row in self.rows if row.verdict != "too small"]
        return max(self.wrong or judged or self.rows, key=lambda row: row.relative_error)

    def __str__(self):
        table = "" if self.ok else _table(self.rows)
        parts = [_headline(self), table, self.hint, _unjudged(self), _caution(self), self.note]
        return "\n\n".join(part for part in parts if part)

    def __repr__(self):
        state = "agree" if self.ok else "disagree" if self.wrong else "too small to be judged"
        return f"<gradient check of {', '.join(row.array for row in self.rows)}: {state}>"


def same_ratio(ratio, other):
    return abs(ratio - other) <= 1e-3 * abs(other)


def likely_mistake(rows, batch_size, outputs):
    """Say what the ratio means where it is constant."""
    suspects = [row for row in rows if row.verdict == "WRONG" and row.constant]
    if not suspects:
        return ""
    # The last one is the nearest to the output: a mistake spreads from there to the input.
    ratio = suspects[-1].ratio
    same = [row for row in suspects if same_ratio(row.ratio, ratio)]
    meaning = _meaning(ratio, batch_size, outputs)
    if not meaning and sum(row.size for row in same) == 1:
        return ""  # The ratio of a single number is always constant.
    visible = [row for row in rows if not np.isnan(row.ratio)]
    whole = len(same) == len(visible) > 1
    where = "the whole gradient" if whole else f"all of {_listed([row.array for row in same])}"
    return f"Hint: {where} is {_times(ratio)} times the numeric value. {meaning}".rstrip()


def _times(ratio):
    """Write a ratio, as a whole number if it is one; near 1 it is what is not 1 that counts."""
    if same_ratio(ratio, 1):
        return f"{ratio:.9g}"
    return f"{round(ratio) if same_ratio(round(ratio), ratio) else ratio:.6g}"


def _listed(names):
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))


def _meaning(ratio, batch_size, outputs):
    """Say which mistakes lead to a ratio."""
    if ratio == 0:
        return "It is zero: look for an array never filled in, or a mask that lets nothing through."
    sign = "The sign is wrong: look for y - a in place of a - y, or a stray minus. "
    sign = sign if ratio < 0 else ""
    causes = [text for value, text in _causes(batch_size, outputs) if same_ratio(abs(ratio), value)]
    return (sign + " Or: ".join(causes)).strip()


def _causes(m, k):
    """Return the ratios that common mistakes lead to, for m examples and k outputs."""
    m, k = m or 1, k or 1
    causes = [
        (m, f"{m} is the batch size: look for a sum over the examples in place of their mean."),
        (1 / m, f"1/{m} is 1 over the batch size: look for a second mean over the examples."),
        (k, f"{k} is the number of outputs: look for a sum over them in place of a mean."),
        (1 / k, f"1/{k} is 1 over the number of outputs: look for a mean in place of a sum."),
        (2, "2 comes from the square in a cost: the 1/2 in front of it cancels the 2."),
        (1 / 2, "1/2 stands in front of a cost such as 1/2 (a - y)^2: the square cancels it."),
    ]
    return [(value, text) for value, text in causes if value != 1]


def _headline(report):
    """Say what came out, with the worst parameter by name."""
    row, names = report.worst, [row.array for row in report.wrong]
    values = (
        f"{row.where}: analytic {row.analytic:.10g} ({report.analytic}), numeric "
        f"{row.numeric:.10g} ({report.numeric}); relative error {row.relative_error:.2g}, "
        f"allowed {report.relative_tolerance:g} and a noise of {row.noise:.1g}."
    )
    if names:
        return (
            f"The gradient disagrees with the numeric one in {len(names)} of {len(report.rows)} "
            f"arrays: {', '.join(names)}.\nWorst at {values}"
        )
    if not report.ok:
        return (
            "Nothing could be checked: the gradient is smaller than the noise everywhere. Check at "
            f"a point where it is not zero, such as random weights.\nLargest at {values}"
        )
    judged = len(report.rows) - len(report.too_small)
    return f"The gradient agrees with the numeric one in {judged} arrays.\nWorst at {values}"


def _table(rows):
    """Lay out the rows for reading."""
    titles = ("array", "relative error", "worst at", "analytic", "numeric", "median ratio", "")
    line = "{:<9}{:>15}  {:<14}{:>14}{:>14}{:>14}  {}"
    return "\n".join(line.format(*each).rstrip() for each in [titles, *map(_cells, rows)])


def _cells(row):
    return (
        row.array,
        f"{row.relative_error:.1e}",
        row.where,
        f"{row.analytic:.5g}",
        f"{row.numeric:.5g}",
        f"{row.ratio:.6g}",
        row.verdict,
    )


def _unjudged(report):
    """Say which arrays could not be judged, and why."""
    if not report.too_small:
        return ""
    names = _listed([row.array for row in report.too_small])
    return f"Too small to be judged, less than {CLEAR} times the noise: {names}."


def _caution(report):
    """Say what a better numeric gradient would do."""
    real = report.numeric.startswith(("forward", "central"))
    if real and "complex step" not in report.note and (report.wrong or report.too_small):
        return (
            "A real step h loses small derivatives, and is wrong where the cost bends within it "
            "(the kink of relu, very large weights). method='complex' does neither."
        )
    return ""
