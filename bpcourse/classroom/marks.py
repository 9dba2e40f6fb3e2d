"""Points for each question, and what each student is told: as Markdown, and as a page."""

import re
from dataclasses import dataclass
from html import escape

from bpcourse.classroom.sources import Submission
from bpcourse.classroom.text import printable
from bpcourse.submission.outcome import Outcome, share
from bpcourse.submission.task import Task


def points(task: Task, outcome: Outcome) -> float:
    """Return the points for one question.

    Parameters
    ----------
    task : Task
    outcome : Outcome

    Returns
    -------
    float
        All if it is right, or if everything that is wrong is only noted. Numbers that are right
        but for a change to the inputs, or for an overflow far from zero, lose a fifth. With
        ``task.partial`` a fifth is lost for the forward pass and for each of BP1 to BP4 that is
        wrong; one wrong number of examples that shows in BP3 and in BP4 counts once.
    """
    if outcome.status == "right":
        return task.points
    wrong = [each for each in outcome.findings if each["cause"] not in task.noted]
    if not outcome.findings:
        return 0.0
    right = outcome.diagnosis.get("right")
    return task.points * share(wrong, partial=task.partial, right=right)


@dataclass(frozen=True)
class Marked:
    """A submission with its points.

    Attributes
    ----------
    submission : Submission
    outcomes : list of Outcome
    points : list of float
        For each question.
    reasons : list of (str or None)
        For each question why its points were changed by hand; None where they were not.
    share : float
        What is left of the points: less than 1 for a late submission.
    late_reason : str or None
        Why it was decided by hand that it is late, or is not.
    """

    submission: Submission
    outcomes: list
    points: list
    reasons: list
    share: float = 1.0
    late_reason: str | None = None

    @property
    def student(self):
        """Whose submission it is."""
        return self.submission.student

    @property
    def total(self):
        """All points, with the penalty for a late submission."""
        return self.share * sum(self.points)


def marked(assignment, class_, results, adjustments):
    """Return each submission with its points.

    Parameters
    ----------
    assignment : Assignment
    class_ : list of Submission
        Late or not, as was decided.
    results : list of list of Outcome
    adjustments : Adjustments

    Returns
    -------
    list of Marked
    """
    return [
        _marked(assignment, each, outcomes, adjustments)
        for each, outcomes in zip(class_, results, strict=True)
    ]


def _marked(assignment, each, outcomes, adjustments):
    who, given, reasons = each.student, [], []
    for task, outcome in zip(assignment.tasks, outcomes, strict=True):
        value, reason = adjustments.points.get((who.id, task.name), (points(task, outcome), None))
        given.append(value)
        reasons.append(reason)
    _, late_reason = adjustments.late.get(who.id, (None, None))
    share = 1 - (assignment.late_penalty if who.late else 0)
    return Marked(each, outcomes, given, reasons, share, late_reason)


def number(value):
    """Return points as text: 2, 1.5, 0.67."""
    return f"{value:.2f}".rstrip("0").rstrip(".") or "0"


def markdown(assignment, each):
    """Return the feedback for one student as Markdown."""
    parts = [f"# {_plain(assignment.title)}"]
    parts.append(f"**{_plain(each.student.name)}**: {_plain(_sum(assignment, each))}")
    for head, comment, said in _answers(assignment, each):
        comment = f"{_plain(comment)}\n\n" if comment else ""
        parts.append(f"## {_plain(head)}\n\n{comment}{_indented(said)}")
    return "\n\n".join(parts) + "\n"


def html(assignment, each):
    """Return the feedback for one student as a page that loads nothing."""
    return _PAGE.format(title=_shown(assignment.title), body=fragment(assignment, each))


def fragment(assignment, each):
    """Return the feedback for one student as HTML, to be put into a page."""
    parts = [f"<h1>{_shown(assignment.title)}</h1>"]
    name, whole = _shown(each.student.name), _shown(_sum(assignment, each))
    parts.append(f"<p><b>{name}</b>: {whole}</p>")
    for head, comment, said in _answers(assignment, each):
        comment = f"<p>{_shown(comment)}</p>" if comment else ""
        parts.append(f"<h2>{_shown(head)}</h2>{comment}<pre>{_shown(said)}</pre>")
    return "\n".join(parts)


def told(outcome, level):
    """Return what a student is told; the last line names a function that is not there for them."""
    text = re.sub(r"^More: .*hint\(\d\).*\n*", "", outcome.texts[level - 1], flags=re.MULTILINE)
    return printable(text).strip()


def _sum(assignment, each):
    """Return the total in words, with what a late submission loses."""
    whole = f"{number(each.total)} of {number(assignment.points)} points."
    late = "Handed in late" if each.student.late else ""
    if late and each.share < 1:
        before = number(sum(each.points))
        late += f": {before} points for the answers, {1 - each.share:.0%} less"
    if each.late_reason is not None:
        late = f"{late or 'Not counted as late'} ({each.late_reason or 'decided by hand'})"
    return f"{whole} {late}." if late else whole


def _answers(assignment, each):
    """Yield for each question its heading, what was decided by hand, and what is said of it."""
    for k, (task, outcome) in enumerate(zip(assignment.tasks, each.outcomes, strict=True)):
        reason, mark = each.reasons[k], f"{number(each.points[k])} of {number(task.points)}"
        comment = None
        if reason is not None:
            why = f": {reason}" if reason else "."
            comment = f"The points of this answer were set by hand{why}"
        yield f"{task.name}: {outcome.status}, {mark}", comment, told(outcome, assignment.hint)


def _shown(text):
    return escape(printable(str(text)))


def _indented(text):
    """Return text as a block in which Markdown means nothing."""
    return "\n".join(f"    {line}" for line in text.splitlines())


def _plain(text):
    """Return a text in which neither Markdown nor HTML means anything."""
    text = " ".join(printable(str(text)).split())
    return re.sub(r"([\\`*_{}\[\]()#+!|<>&~-])", r"\\\1", text)


_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>{title}</title>
<style>
:root {{ color-scheme: light dark; }}
body {{ margin: 0 auto; padding: 1.5rem 1rem; max-width: 48rem;
  font: 1rem/1.5 system-ui, sans-serif; }}
pre {{ white-space: pre-wrap; overflow-wrap: anywhere; padding: .8rem; border: 1px solid; }}
</style>
</head>
<body>
{body}
</body>
</html>
"""
