"""Marks: points for each question, tables for gradebooks, and feedback for each student."""

import csv
import io
import json
import re
from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Literal

from bpcourse.classroom.assignment import Assignment
from bpcourse.classroom.files import write
from bpcourse.classroom.sources import Submission
from bpcourse.classroom.text import cell, printable
from bpcourse.submission.outcome import Outcome, share
from bpcourse.submission.task import Task

_PLATFORMS = ("canvas", "moodle", "gradescope")


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


def total(assignment, handed_in, outcomes):
    """Return the points of one submission, with the penalty for a late one."""
    pairs = zip(assignment.tasks, outcomes, strict=True)
    share = 1 - (assignment.late_penalty if handed_in.student.late else 0)
    return share * sum(points(task, outcome) for task, outcome in pairs)


def table(assignment, class_, results):
    """Return the marks as CSV: id, name, a column for each question, total, late, file.

    Parameters
    ----------
    assignment : Assignment
    class_ : list of Submission
    results : list of list of Outcome

    Returns
    -------
    str
    """
    rows = [["id", "name", *[task.name for task in assignment.tasks], "total", "late", "file"]]
    for each, outcomes in zip(class_, results, strict=True):
        pairs = zip(assignment.tasks, outcomes, strict=True)
        marks = [number(points(task, outcome)) for task, outcome in pairs]
        late = "late" if each.student.late else ""
        whole = number(total(assignment, each, outcomes))
        rows.append([each.student.id, each.student.name, *marks, whole, late, each.name])
    return _csv(rows)


def canvas(assignment, class_, results):
    """Return a table that Canvas imports into its gradebook."""
    rows = [["Student", "ID", "SIS User ID", "SIS Login ID", "Section", assignment.title]]
    rows.append(["    Points Possible", "", "", "", "", number(assignment.points)])
    for each, outcomes in zip(class_, results, strict=True):
        who = each.student
        number_of = who.id if who.platform == "canvas" else ""
        login = "" if who.platform == "canvas" else who.id
        whole = number(total(assignment, each, outcomes))
        rows.append([who.name, number_of, "", login, "", whole])
    return _csv(rows)


def moodle(assignment, class_, results):
    """Return a grading worksheet as Moodle takes it back."""
    heads = ["Identifier", "Full name", "Status", "Grade", "Maximum grade", "Feedback comments"]
    rows = [heads]
    for each, outcomes in zip(class_, results, strict=True):
        who = each.student
        name = f"Participant {who.id}" if who.platform == "moodle" else who.id
        whole = number(total(assignment, each, outcomes))
        comment = markdown(assignment, each, outcomes)
        rows.append([name, who.name, "", whole, number(assignment.points), comment])
    return _csv(rows)


def gradescope(assignment, each, outcomes):
    """Return the results.json of one submission, as a Gradescope autograder writes it."""
    tests = [
        {
            "name": task.name,
            "score": round(points(task, outcome), 4),
            "max_score": task.points,
            "status": "passed" if outcome.status == "right" else "failed",
            "output": printable(outcome.texts[assignment.hint - 1]),
        }
        for task, outcome in zip(assignment.tasks, outcomes, strict=True)
    ]
    whole = {"score": round(total(assignment, each, outcomes), 4), "visibility": "visible"}
    return json.dumps({**whole, "tests": tests}, indent=2)


def markdown(assignment, each, outcomes):
    """Return the feedback for one student as Markdown."""
    whole = f"{number(total(assignment, each, outcomes))} of {number(assignment.points)} points"
    parts = [f"# {_plain(assignment.title)}", f"**{_plain(each.student.name)}**: {whole}"]
    if each.student.late:
        lost = f", {assignment.late_penalty:.0%} less" if assignment.late_penalty else ""
        parts.append(f"Handed in late{lost}.")
    for task, outcome in zip(assignment.tasks, outcomes, strict=True):
        mark = f"{number(points(task, outcome))} of {number(task.points)}"
        said = _indented(_told(outcome, assignment.hint))
        parts.append(f"## {_plain(task.name)}: {outcome.status}, {mark}\n\n{said}")
    return "\n\n".join(parts) + "\n"


def html(assignment, each, outcomes):
    """Return the feedback for one student as a page that loads nothing."""
    shown = lambda text: escape(printable(str(text)))  # noqa: E731
    whole = f"{number(total(assignment, each, outcomes))} of {number(assignment.points)} points"
    late = " Handed in late." if each.student.late else ""
    parts = [f"<h1>{shown(assignment.title)}</h1>"]
    parts.append(f"<p><b>{shown(each.student.name)}</b>: {whole}.{late}</p>")
    for task, outcome in zip(assignment.tasks, outcomes, strict=True):
        mark = f"{number(points(task, outcome))} of {number(task.points)}"
        head = f"{shown(task.name)}: {shown(outcome.status)}, {mark}"
        parts.append(f"<h2>{head}</h2><pre>{shown(_told(outcome, assignment.hint))}</pre>")
    return _PAGE.format(title=shown(assignment.title), body="\n".join(parts))


def write_marks(
    folder: str | Path,
    assignment: Assignment,
    class_: Sequence[Submission],
    results: Sequence[Sequence[Outcome]],
    *,
    export: Literal["canvas", "moodle", "gradescope"] | None = None,
) -> list[Path]:
    """Write marks.csv, the feedback for each student, and a table for a gradebook.

    Parameters
    ----------
    folder : path
    assignment : Assignment
    class_ : list of Submission
    results : list of list of Outcome
    export : {"canvas", "moodle", "gradescope"}, optional

    Returns
    -------
    list of Path
        The files, feedback as its folder.

    Raises
    ------
    OSError
        They can't be written.
    """
    folder = Path(folder)
    paths = [write(folder / "marks.csv", "\ufeff" + table(assignment, class_, results))]
    names = _names(class_)
    for name, each, outcomes in zip(names, class_, results, strict=True):
        write(folder / "feedback" / f"{name}.html", html(assignment, each, outcomes))
        write(folder / "feedback" / f"{name}.md", markdown(assignment, each, outcomes))
        if export == "gradescope":
            text = gradescope(assignment, each, outcomes)
            write(folder / "gradescope" / name / "results.json", text)
    if export in ("canvas", "moodle"):
        make = {"canvas": canvas, "moodle": moodle}[export]
        paths.append(write(folder / f"{export}.csv", make(assignment, class_, results)))
    extra = [folder / "gradescope"] if export == "gradescope" else []
    return [*paths, folder / "feedback", *extra]


def number(value):
    """Return points as text: 2, 1.5, 0.67."""
    return f"{value:.2f}".rstrip("0").rstrip(".") or "0"


def _told(outcome, level):
    """Return what a student is told; the last line names a function that is not there for them."""
    text = re.sub(r"^More: .*hint\(\d\).*\n*", "", outcome.texts[level - 1], flags=re.MULTILINE)
    return printable(text).strip()


def _indented(text):
    """Return text as a block in which Markdown means nothing."""
    return "\n".join(f"    {line}" for line in text.splitlines())


def _plain(text):
    """Return a name in which neither Markdown nor HTML means anything."""
    text = " ".join(printable(str(text)).split())
    return re.sub(r"([\\`*_{}\[\]()#+!|<>&~-])", r"\\\1", text)


def _names(class_):
    """Return a file name for each student: safe on every system, and no two alike."""
    taken, names = set(), []
    for each in class_:
        base = re.sub(r"[^\w.-]+", "_", each.student.id).strip("._")[:80] or "student"
        name, k = base, 2
        while name.lower() in taken:
            name, k = f"{base}-{k}", k + 1
        taken.add(name.lower())
        names.append(name)
    return names


def _csv(rows):
    stream = io.StringIO()
    csv.writer(stream, lineterminator="\n").writerows([[cell(v) for v in row] for row in rows])
    return stream.getvalue()


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
