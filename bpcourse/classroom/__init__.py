"""A class, from assignment to marks: each submission in a process of its own, judged outside of it.

``python -m bpcourse class submissions/`` runs all of this and writes a report; with ``--assignment
week3.toml`` it asks several questions, gives marks, and writes feedback for each student. A
submission that crashes, loops for ever, ends Python or prints megabytes costs its own row its
verdict, and nothing else.

The process that runs a submission gets arguments and gives arrays back. What compares, explains and
reports is another process, which it never enters. On Linux a submission is moreover kept from
files, the network and other processes, where the system allows it; the report says what was in
force. That is less than a virtual machine: run files that you don't trust in a container.
"""

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bpcourse.classroom.assignment import Assignment, read_assignment
    from bpcourse.classroom.marks_folder import write_marks
    from bpcourse.classroom.naming import Student
    from bpcourse.classroom.outcomes import (
        Misconception,
        examine,
        misconceptions,
        run,
        run_all,
        stopped,
    )
    from bpcourse.classroom.report import write_report
    from bpcourse.classroom.sources import Given, Submission, find, left_out, submissions
    from bpcourse.classroom.unit import write_assignment
    from bpcourse.submission.outcome import Outcome
    from bpcourse.submission.task import Task

_HOMES = {
    "classroom.assignment": ("Assignment", "read_assignment"),
    "classroom.marks_folder": ("write_marks",),
    "classroom.report": ("write_report",),
    "classroom.outcomes": (
        "Misconception",
        "examine",
        "misconceptions",
        "run",
        "run_all",
        "stopped",
    ),
    "classroom.naming": ("Student",),
    "classroom.sources": ("Given", "Submission", "find", "left_out", "submissions"),
    "submission.outcome": ("Outcome",),
    "submission.task": ("Task",),
    "classroom.unit": ("write_assignment",),
}
_HOME = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [
    "Assignment",
    "Given",
    "Misconception",
    "Outcome",
    "Student",
    "Submission",
    "Task",
    "examine",
    "find",
    "left_out",
    "misconceptions",
    "read_assignment",
    "run",
    "run_all",
    "stopped",
    "submissions",
    "write_assignment",
    "write_marks",
    "write_report",
]


def _later(name):
    """Import what is asked for: the process of a submission must not hold the judge."""
    if name not in _HOME:
        raise AttributeError(f"module 'bpcourse.classroom' has no attribute {name!r}")
    return getattr(importlib.import_module(f"bpcourse.{_HOME[name]}"), name)


# A type checker would believe that the module has every name; it reads the imports above.
if not TYPE_CHECKING:
    __getattr__ = _later


def __dir__():
    """Return the names of the package."""
    return __all__
