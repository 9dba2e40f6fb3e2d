"""What is asked of a program."""

import json
from dataclasses import dataclass, field

from bpcourse.diagnosis.diagnose import diagnose
from bpcourse.exercises.check import check


@dataclass(frozen=True)
class Task:
    """What is asked of a program, and what it may use.

    Everything after ``memory`` is for classes.

    Attributes
    ----------
    function : str or None
        The name of the function; None for ``backprop``, or the only function of the file.
    step : str or None
        A step of :func:`~bpcourse.exercises.check`; None for the whole of backpropagation.
    options : dict
        Keywords of :func:`bpcourse.diagnose`, as names and numbers: ``{"cost": "cross_entropy"}``.
    form : dict or None
        How the program is to be called, by names in its file: ``forward``, ``step`` (a learning
        rate), ``weights``, ``biases``, ``call`` and ``gradients`` of a class; or ``vars``. For a
        program of one's own, at the terminal.
    seconds : float
        The time limit: all of it at the terminal; in a class processor time, and time spent
        waiting.
    memory : int
        The limit of memory in bytes; 0 for none. Windows and macOS know no such limit.
    seed : int or None
        From which networks and numbers are drawn; None for the ones that are always the same.
    name : str
        The heading of its column.
    points : float
    partial : bool
        Whether each of the five parts of backpropagation that is right has its share of the points.
    replace_steps : bool
        Whether it is judged once more with right steps in the place of the submission's wrong ones.
    allow : tuple of str
        Packages that may compute the answer: "bpcourse", "bpcourse.equations", "torch".
    noted : tuple of str
        Causes that cost no points, such as "overflow" or "inputs_changed".
    """

    function: str | None = None
    step: str | None = None
    options: dict | None = None
    form: dict | None = None
    seconds: float = 10.0
    memory: int = 1024**3
    seed: int | None = None
    name: str = ""
    points: float = 1.0
    partial: bool = False
    replace_steps: bool = False
    allow: tuple[str, ...] = field(default=())
    noted: tuple[str, ...] = field(default=())

    def verify(self) -> None:
        """Refuse wrong options before anything runs.

        Raises
        ------
        ValueError, TypeError
            What :func:`bpcourse.diagnose` and :func:`~bpcourse.exercises.check` raise; or an
            option that can't be sent to another process.
        """
        json.dumps(self.options)
        if self.seconds <= 0:
            raise ValueError(f"the time limit is {self.seconds:g} s, want more than 0")
        if self.step:
            check(self.step, _nothing)
        else:
            diagnose(_nothing, **(self.options or {}))


def _nothing(*_):
    """Stand for a submission when options are tried."""
