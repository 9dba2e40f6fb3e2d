"""A class's submissions: each judged in a process of its own, and what the class gets wrong.

``python -m bpcourse class submissions/`` runs all of this and writes a report. A submission that
crashes, loops for ever, ends Python or prints megabytes costs its own row its verdict, and nothing
else.

This is not a security sandbox. The limits hold against mistakes, not against somebody who means
harm: a submission has all the rights of whoever runs it. Run files that you don't trust in a
container without a network, in a virtual machine, or at least as a user who owns nothing.
"""

from bpcourse.classroom.run import (
    Misconception,
    Outcome,
    Task,
    examine,
    find,
    left_out,
    misconceptions,
    run,
    stopped,
    write_report,
)

__all__ = [
    "Misconception",
    "Outcome",
    "Task",
    "examine",
    "find",
    "left_out",
    "misconceptions",
    "run",
    "stopped",
    "write_report",
]
