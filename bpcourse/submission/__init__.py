"""What a program is asked, and what comes of it: at the terminal and in a class."""

from bpcourse.submission.outcome import Outcome
from bpcourse.submission.task import Task

__all__ = ["Outcome", "Task"]
