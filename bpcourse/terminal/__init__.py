"""A program of one's own, at the terminal: run in a process of its own, and judged there."""

from bpcourse.submission.outcome import Outcome
from bpcourse.submission.task import Task
from bpcourse.terminal.examine import examine

__all__ = ["Outcome", "Task", "examine"]
