"""What a teacher decides by hand: other points for an answer, and who is late after all.

It stands in ``adjustments.csv`` in the folder of the marks, which is read anew for every run and
never written.
"""

import csv
import io
import re
from dataclasses import dataclass, field, replace
from pathlib import Path

NAME = "adjustments.csv"
COLUMNS = ("id", "question", "points", "late", "reason")
_LATE = {"": None, "yes": True, "no": False}


@dataclass(frozen=True)
class Adjustments:
    """What was decided by hand.

    Attributes
    ----------
    points : dict
        By id and question: the points, and why.
    late : dict
        By id: whether it is late, and why.
    """

    points: dict = field(default_factory=dict)
    late: dict = field(default_factory=dict)

    def __len__(self):
        return len(self.points) + len(self.late)

    @property
    def ids(self):
        """Whom they are about."""
        return {who for who, _ in self.points} | set(self.late)


def read(path, assignment):
    """Return the adjustments of a file; none if it is not there.

    Parameters
    ----------
    path : path
        A .csv file with the columns id, question, points, late, reason.
    assignment : Assignment

    Returns
    -------
    Adjustments

    Raises
    ------
    ValueError
        It can't be read, or a line can't be meant; the message says which.
    """
    path = Path(path)
    if not path.exists():
        return Adjustments()
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(f"{path} can't be read: {error}") from error
    first = text.partition("\n")[0]  # a spreadsheet may have written semicolons
    rows = csv.DictReader(io.StringIO(text), delimiter=";" if ";" in first else ",")
    heads = set(rows.fieldnames or ())
    if "id" not in heads or heads - set(COLUMNS):
        raise ValueError(f"{path} has the columns {first.strip()!r}, want {','.join(COLUMNS)}")
    made = Adjustments()
    for row in rows:
        row = {key: (value or "").strip() for key, value in row.items() if key}
        if any(row.values()):
            _add(made, row, f"{path}, line {rows.line_num}", assignment)
    return made


def _add(made, row, where, assignment):
    who, question, reason = row["id"], row.get("question", ""), row.get("reason", "")
    late, points = row.get("late", "").lower(), row.get("points", "")
    names = [task.name for task in assignment.tasks]
    if late not in _LATE:
        raise ValueError(f"{where}: late is {late!r}, want yes, no or nothing")
    if not who or (bool(question) != bool(points)) or not (points or late):
        raise ValueError(f"{where}: want an id, and a question with its points, or late")
    if late:
        made.late[who] = _LATE[late], reason
    if not question:
        return
    if question not in names:
        raise ValueError(f"{where}: no question is called {question!r}, only {', '.join(names)}")
    if not re.fullmatch(r"\d+([.,]\d+)?", points):
        raise ValueError(f"{where}: points is {points!r}, want a number that is not negative")
    made.points[who, question] = float(points.replace(",", ".")), reason


def with_late(class_, adjustments):
    """Return the submissions, late or not as was decided.

    Raises
    ------
    ValueError
        A decision is about nobody who has handed in.
    """
    unknown = adjustments.ids - {each.student.id for each in class_}
    if unknown:
        raise ValueError(
            f"{NAME} speaks of {', '.join(sorted(unknown))}, of whom there is no submission; want "
            "an id as in marks.csv"
        )
    return [
        replace(each, student=replace(each.student, late=adjustments.late[each.student.id][0]))
        if each.student.id in adjustments.late
        else each
        for each in class_
    ]
