"""Marks: a table of points, feedback for each student, and what a gradebook takes."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from bpcourse.classroom import gradebooks
from bpcourse.classroom.adjustments import Adjustments
from bpcourse.classroom.assignment import Assignment
from bpcourse.classroom.files import write
from bpcourse.classroom.marks import html, markdown, marked, number
from bpcourse.classroom.sources import Submission
from bpcourse.classroom.text import as_csv
from bpcourse.submission.outcome import Outcome

# Which files a run has written, so that the next one removes what it does not write again.
_WRITTEN = ".bpcourse-files"


def table(assignment, marked):
    """Return the marks as CSV: id, name, a column for each question, total, late, by hand, file."""
    heads = [task.name for task in assignment.tasks]
    rows = [["id", "name", *heads, "total", "late", "set by hand", "file"]]
    for each in marked:
        who = each.student
        hand = [name for name, why in zip(heads, each.reasons, strict=True) if why is not None]
        hand += ["late"] if each.late_reason is not None else []
        late = "late" if who.late else ""
        given = [number(value) for value in (*each.points, each.total)]
        rows.append([who.id, who.name, *given, late, "; ".join(hand), each.submission.name])
    return as_csv(rows)


def write_marks(
    folder: str | Path,
    assignment: Assignment,
    class_: Sequence[Submission],
    results: Sequence[Sequence[Outcome]],
    *,
    export: Literal["canvas", "moodle", "gradescope"] | None = None,
    adjustments: Adjustments | None = None,
) -> list[Path]:
    """Write marks.csv, the feedback for each student, and what a gradebook takes.

    What an earlier call has written into the folder and this one does not is removed.

    Parameters
    ----------
    folder : path
    assignment : Assignment
    class_ : list of Submission
    results : list of list of Outcome
    export : {"canvas", "moodle", "gradescope"}, optional
    adjustments : Adjustments, optional
        What was decided by hand, as :func:`bpcourse.classroom.adjustments.read` returns it.

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
    all_marked = marked(assignment, class_, results, adjustments or Adjustments())
    paths = [write(folder / "marks.csv", "\ufeff" + table(assignment, all_marked))]
    names, pages = _names(class_), []
    for name, each in zip(names, all_marked, strict=True):
        pages.append(write(folder / "feedback" / f"{name}.html", html(assignment, each)))
        pages.append(write(folder / "feedback" / f"{name}.md", markdown(assignment, each)))
    for_platform = []
    if export:
        for_platform = gradebooks.export(folder, export, assignment, all_marked, names)
    _tidy(folder, [*paths, *pages, *for_platform])
    shown = [folder / "gradescope"] if export == "gradescope" else for_platform
    return [*paths, folder / "feedback", *shown]


def _tidy(folder, paths):
    """Remove what an earlier run has written and this one has not, and note what this one has."""
    note = folder / _WRITTEN
    before = note.read_text(encoding="utf-8").splitlines() if note.exists() else []
    now = [path.relative_to(folder).as_posix() for path in paths]
    for name in set(before) - set(now):
        old = folder / name
        if ".." not in name.split("/") and not name.startswith("/") and old.is_file():
            old.unlink()
            if old.parent != folder and not any(old.parent.iterdir()):
                old.parent.rmdir()
    write(note, "".join(f"{name}\n" for name in now))


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
