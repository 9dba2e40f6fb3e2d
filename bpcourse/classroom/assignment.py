"""An assignment: a file that says what is asked, and what it is worth."""

import difflib
import re
import tomllib
from dataclasses import dataclass, field, fields
from datetime import date, datetime
from pathlib import Path

from bpcourse.classroom.form import described
from bpcourse.exercises import own
from bpcourse.exercises.check import exercise
from bpcourse.submission.task import Task

_OPTIONS = (
    "activation", "output", "cost", "layout", "order", "reduction", "weight_decay",
    "training_size", "batch", "biases", "sizes", "labels",
)  # fmt: skip
#: Where the units that come with the course are.
UNITS = Path(__file__).parent / "units"
_FORM = ("form", "forward", "weights", "call", "gradients", "vars")


@dataclass(frozen=True)
class Question:
    """One question of an assignment.

    Attributes
    ----------
    task : Task
        How it is judged; ``task.name`` heads its column, ``task.points`` is what it is worth.
    text : str
        What the student is told; by default made from the step.
    solution : str
        A right answer, for the teacher's notebook; by default the course's own.
    check : bool
        Whether the student's notebook has a check; without one, nothing of an exercise of one's own
        is handed out but its task.
    """

    task: Task
    text: str = ""
    solution: str = ""
    check: bool = True


@dataclass(frozen=True)
class Assignment:
    """What is asked of a class.

    Attributes
    ----------
    title : str
    questions : tuple of Question
    deadline : str
        A date, or a date and time: "2030-03-14 23:59"; empty for none. It is told to the students;
        who is late, the platform says.
    text : str
        What the student reads before the questions.
    hint : {1, 2, 3}
        How much the feedback says.
    late_penalty : float
        The share of the points that a late submission loses.
    exercises : tuple of str
        Files of exercises of one's own, as absolute paths.
    """

    title: str
    questions: tuple[Question, ...]
    deadline: str = ""
    text: str = ""
    hint: int = 2
    late_penalty: float = 0.0
    exercises: tuple[str, ...] = field(default=())

    @property
    def tasks(self) -> list[Task]:
        """The tasks of all questions, in their order."""
        return [question.task for question in self.questions]

    @property
    def points(self) -> float:
        """What all questions are worth together."""
        return sum(task.points for task in self.tasks)


def located(name: str | Path) -> Path:
    """Return where an assignment is: a file, or a unit that comes with the course, by its name.

    Examples
    --------
    >>> located("six-exercises").name
    'six-exercises.toml'
    """
    path, unit = Path(name), UNITS / f"{name}.toml"
    # A folder of that name may be what was made of the unit to hand out.
    return unit if not path.is_file() and path.name == str(name) and unit.exists() else path


def read_assignment(path: str | Path) -> Assignment:
    """Return the assignment that a .toml file describes.

    Parameters
    ----------
    path : path
        The file; or the name of a unit that comes with the course, "six-exercises".

    Returns
    -------
    Assignment

    Raises
    ------
    ValueError
        It can't be read, has a key that is not known, or asks for what can't be judged; the message
        says where.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> lines = ['title = "Week 3"', "[[question]]", 'step = "bp2"', "points = 2"]
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder) / "week3.toml"
    ...     _ = file.write_text("\\n".join(lines))
    ...     read_assignment(file).points
    2.0
    """
    path = located(path)
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ValueError(f"the assignment {path} can't be read: {error}") from error
    known = {each.name for each in fields(Assignment)} - {"questions"} | {"question", "judging"}
    _known(path, table, known)
    files = table.get("exercises", [])
    files = [files] if isinstance(files, str) else files
    files = tuple(str((path.parent / each).absolute()) for each in files)
    for each in files:
        own.read(each)
    questions = _questions(path, table)
    return Assignment(
        _text(path, table, "title", path.stem),
        questions,
        _deadline(path, table["deadline"]) if "deadline" in table else "",
        _text(path, table, "text", ""),
        _one_of(path, "hint", table.get("hint", 2), (1, 2, 3)),
        _share(path, table.get("late_penalty", 0.0)),
        files,
    )


def _questions(path, table):
    asked = table.get("question", [])
    if not isinstance(asked, list) or not asked:
        raise ValueError(f"{path} asks nothing: want one or more [[question]]")
    shared = table.get("judging", {})
    if not isinstance(shared, dict):
        raise ValueError(f"{path}: judging is {shared!r}, want a table [judging]")
    questions = tuple(
        _question(path, k, {**_for_one(shared, each), **each}) for k, each in enumerate(asked, 1)
    )
    names = [question.task.name for question in questions]
    double = next((name for name in names if names.count(name) > 1), None)
    if double:
        raise ValueError(f'{path}: two questions are called {double!r}; give one a name = "..."')
    return questions


def _for_one(shared, question):
    """Return of the keys for all questions those that this one can have."""
    whole = question.get("step", "backprop") == "backprop"
    return {key: value for key, value in shared.items() if whole or key != "partial"}


def _question(path, number, table):
    where = f"{path}, question {number}"
    _same_form(where, table)
    keys = {each.name for each in fields(Task)} - {"options", "form", "seed"}
    keys |= {"text", "solution", "check", *_OPTIONS}
    _known(where, table, keys)
    step = table.get("step", "backprop")
    options = {name: table[name] for name in _OPTIONS if name in table}
    if step != "backprop" and options:
        raise ValueError(f"{where}: {', '.join(options)} belong to backprop, not to {step}")
    if step != "backprop" and "partial" in table:
        raise ValueError(
            f"{where}: partial gives each of the parts of backprop its share; {step} is one part"
        )
    name = str(table.get("name", table.get("function", step)))
    if not re.fullmatch(r"[A-Za-z][\w .()-]{0,39}", name):
        raise ValueError(f"{where}: name is {name!r}, want up to 40 letters, digits and spaces")
    points = table.get("points", 1)
    if not isinstance(points, int | float) or isinstance(points, bool) or points < 0:
        raise ValueError(f"{where}: points is {points!r}, want a number that is not negative")
    task = Task(
        function=table.get("function") or (None if step == "backprop" else step),
        step=None if step == "backprop" else step,
        options=options,
        seconds=float(table.get("seconds", 10)),
        memory=int(table.get("memory", 1024**3)),
        name=name,
        points=float(points),
        partial=_flag(where, table, "partial", False),
        replace_steps=_flag(where, table, "replace_steps", False),
        allow=tuple(table.get("allow", ())),
        noted=tuple(table.get("noted", ())),
    )
    try:
        task.verify()
    except (ValueError, TypeError) as error:
        raise ValueError(f"{where}: {error}") from error
    texts = _text(where, table, "text", ""), _text(where, table, "solution", "")
    return Question(task, *texts, _flag(where, table, "check", True))


def _same_form(where, table):
    """Refuse the options by which the terminal is told of a program of another form."""
    told = [name for name in _FORM if name in table]
    told += ["step"] if isinstance(table.get("step"), int | float) else []
    if told:
        raise ValueError(
            f"{where}: {', '.join(told)} would say how a program of another form is called, which "
            "only `python -m bpcourse diagnose` can be told. Let the text ask for "
            "backprop(weights, biases, x, y), or for a form that is recognized by its names"
        )


def wording(question):
    """Return what a question asks for: its own text, or that of the step.

    Returns
    -------
    str
        Markdown.
    """
    if question.text:
        return question.text.strip()
    task = question.task
    if not task.step:
        return described(task.options, task.function or "backprop")
    return f"Write `{signature(question)}`: it returns {exercise(task.step).wanted}."


def signature(question):
    """Return the signature of a question's function: "bp2(w_next, delta_next, prime)"."""
    step = exercise(question.task.step or "backprop")
    name = question.task.function or step.name
    return name + step.signature.removeprefix(step.name)


def _known(where, table, keys):
    for key in table:
        if key not in keys:
            near = difflib.get_close_matches(key, keys, 1, 0.5)
            asked = (
                f"; did you mean {near[0]!r}?" if near else f"; known: {', '.join(sorted(keys))}"
            )
            raise ValueError(f"{where}: unknown key {key!r}{asked}")


def _text(where, table, key, default):
    value = table.get(key, default)
    if not isinstance(value, str):
        raise ValueError(f"{where}: {key} is {value!r}, want text")
    return value


def _flag(where, table, key, default):
    value = table.get(key, default)
    if not isinstance(value, bool):
        raise ValueError(f"{where}: {key} is {value!r}, want true or false")
    return value


def _deadline(where, value):
    """Return a date, or a date and time to the minute, as it is told: "2030-03-14 23:59"."""
    try:
        day = value if isinstance(value, date) else datetime.fromisoformat(value)
    except (TypeError, ValueError):
        raise ValueError(
            f"{where}: deadline is {str(value)!r}, want a date, or a date and time, such as "
            "2030-03-14 or 2030-03-14T23:59:00"
        ) from None
    if not isinstance(day, datetime) or (
        isinstance(value, str) and len(value) == len("2030-03-14")
    ):
        return day.strftime("%Y-%m-%d")
    zone = day.strftime(" UTC%z") if day.tzinfo else ""
    return f"{day:%Y-%m-%d %H:%M}{zone}"


def _one_of(where, key, value, wanted):
    if value not in wanted or isinstance(value, bool):
        raise ValueError(f"{where}: {key} is {value!r}, want {', '.join(map(str, wanted))}")
    return value


def _share(where, value):
    if not isinstance(value, int | float) or not 0 <= value <= 1:
        raise ValueError(f"{where}: late_penalty is {value!r}, want a share from 0 to 1")
    return float(value)
