"""The notebooks of an assignment: for the student, for the teacher, for nbgrader and for otter."""

import contextlib
import io
import json
import re
import shutil
from pathlib import Path
from typing import Literal

from bpcourse.classroom.assignment import Assignment, signature, wording
from bpcourse.classroom.files import write
from bpcourse.exercises.check import exercise
from bpcourse.exercises.solutions import SOLUTIONS

_KERNEL = {"name": "python3", "display_name": "Python 3", "language": "python"}


def write_assignment(
    folder: str | Path,
    assignment: Assignment,
    source: str | Path,
    *,
    form: Literal["plain", "nbgrader", "otter"] = "plain",
) -> list[Path]:
    """Write all files of an assignment.

    Parameters
    ----------
    folder : path
    assignment : Assignment
    source : path
        The .toml file it was read from, which is copied.
    form : {"plain", "nbgrader", "otter"}
        "plain": notebooks for student and teacher, README, marking guide and a workflow for GitHub
        Classroom. The others: the source notebook of that tool.

    Returns
    -------
    list of Path

    Raises
    ------
    OSError
        They can't be written.
    ValueError
        A question has no solution to give.
    """
    folder, name = Path(folder), _slug(assignment.title)
    if form == "nbgrader":
        path = folder / "source" / name / f"{name}.ipynb"
        return [_write(path, nbgrader(assignment))]
    if form == "otter":
        return [_write(folder / f"{name}.ipynb", otter(assignment))]
    paths = [
        _write(folder / f"{name}.ipynb", student(assignment)),
        _write(folder / "teacher" / f"{name}-solutions.ipynb", teacher(assignment)),
        write(folder / "teacher" / "marking-guide.md", marking_guide(assignment)),
        write(folder / "README.md", readme(assignment, name)),
        write(folder / ".github" / "workflows" / "classroom.yml", _WORKFLOW),
        write(folder / "requirements.txt", _REQUIREMENTS),
    ]
    for each in (source, *assignment.exercises):
        with contextlib.suppress(shutil.SameFileError):
            target = folder / ("assignment.toml" if each == source else Path(each).name)
            paths.append(Path(shutil.copyfile(each, target)))
    return paths


def student(assignment):
    """Return the student's notebook: for each question a task, a place, a check and a hint."""
    cells = _opening(assignment)
    for number, question in enumerate(assignment.questions, 1):
        cells += [
            _text(_heading(number, question)),
            _code(_stub(question)),
            _code(f"print({_check(question)})"),
            _text("Stuck? The next cell says more: `hint(2)` points, `hint(3)` tells."),
            _code(f"print({_check(question)}.hint(1))"),
        ]
    cells.append(_text(_HAND_IN))
    return _notebook(cells)


def teacher(assignment):
    """Return the teacher's notebook: the solutions, with what the check says of each."""
    cells, names = _opening(assignment), {}
    cells[0] = _text(f"# {assignment.title}: solutions")
    for number, question in enumerate(assignment.questions, 1):
        solution = _code(_solution(question).rstrip())
        judged = _code(f"print({_check(question)})")
        cells += [_text(_heading(number, question)), solution, judged]
    _execute(cells, names)
    return _notebook(cells)


def nbgrader(assignment):
    """Return the source notebook for nbgrader: its test cells call the check and show its words."""
    cells = _opening(assignment)
    cells[0]["metadata"] = _graded("about", locked=True)
    cells[1]["metadata"] = _graded("setup", locked=True)
    for number, question in enumerate(assignment.questions, 1):
        name = _identifier(question)
        head, body = _head_and_body(_solution(question))
        answer = f"{head}\n    ### BEGIN SOLUTION\n{body}\n    ### END SOLUTION"
        hidden = f"### BEGIN HIDDEN TESTS\n{_test(question, drawn=True)}\n### END HIDDEN TESTS"
        test = f"{_test(question)}\n{hidden}"
        points = {"grade": True, "locked": True, "points": question.task.points}
        cells += [
            _text(_heading(number, question), _graded(f"task_{name}", locked=True)),
            _code(answer, _graded(f"answer_{name}", solution=True)),
            _code(test, _graded(f"check_{name}", **points)),
        ]
    return _notebook(cells)


def otter(assignment):
    """Return the source notebook for otter-grader; every test stands alone."""
    name = _slug(assignment.title)
    config = f"name: {name}\ninit_cell: true\nexport_cell: true\nsolutions_pdf: false"
    cells = [_raw(f"# ASSIGNMENT CONFIG\n{config}\ngenerate: true\nrun_tests: true\n")]
    cells += _opening(assignment)
    for number, question in enumerate(assignment.questions, 1):
        head, body = _head_and_body(_solution(question))
        answer = f"{head}\n    # BEGIN SOLUTION\n{body}\n    # END SOLUTION"
        points = question.task.points
        drawn = f'""" # BEGIN TEST CONFIG\nhidden: true\npoints: {points / 2:g}\n"""'
        shown = f'""" # BEGIN TEST CONFIG\npoints: {points / 2:g}\n"""'
        cells += [
            _raw(f"# BEGIN QUESTION\nname: {_identifier(question)}\npoints: {points:g}"),
            _text(_heading(number, question)),
            _raw("# BEGIN SOLUTION"),
            _code(answer),
            _raw("# END SOLUTION"),
            _raw("# BEGIN TESTS"),
            _code(f"{shown} # END TEST CONFIG\nimport bpcourse as bp\n{_test(question)}"),
            _code(f"{drawn} # END TEST CONFIG\n{_IMPORTS}\n{_test(question, drawn=True)}"),
            _raw("# END TESTS"),
            _raw("# END QUESTION"),
        ]
    return _notebook(cells)


def marking_guide(assignment):
    """Return what each question is worth, what goes wrong with it, and what to say then."""
    parts = [f"# {assignment.title}: marking guide", _GUIDE]
    for number, question in enumerate(assignment.questions, 1):
        task, step = question.task, exercise(question.task.step or "backprop")
        parts.append(_heading(number, question))
        if task.partial:
            parts.append(
                "Each of the forward pass and BP1 to BP4 that is right earns a fifth of the points."
            )
        if task.replace_steps:
            parts.append(
                "A step that is wrong in another question is not punished twice: this one is "
                "judged once more with the course's own step in its place."
            )
        if step.mistakes:
            head = ["| Mistake | What is wrong | What to ask |", "|---|---|---|"]
            rows = [f"| {m.title} | {m.sentence} | {m.ask} |" for m in step.mistakes]
            parts.append("\n".join([*head, *rows]))
    return "\n\n".join(parts) + "\n"


def readme(assignment, name):
    """Return the page that says how to work and to hand in, and to a teacher how to mark."""
    deadline = f"Hand in by {assignment.deadline}.\n\n" if assignment.deadline else ""
    return _README.format(title=assignment.title, name=name, deadline=deadline)


def _opening(assignment):
    deadline = f"\n\nHand in by {assignment.deadline}." if assignment.deadline else ""
    points = f"\n\n{len(assignment.questions)} questions, {assignment.points:g} points."
    about = f"\n\n{assignment.text.strip()}" if assignment.text else ""
    files = "".join(f"\nimport {Path(each).stem}" for each in assignment.exercises)
    return [_text(f"# {assignment.title}{about}{points}{deadline}"), _code(_IMPORTS + files)]


def _heading(number, question):
    points = f"{question.task.points:g} point{'' if question.task.points == 1 else 's'}"
    return f"## {number}. {question.task.name} ({points})\n\n{wording(question)}"


def _stub(question):
    if (question.task.step or "") == "Value":
        return "class Value:\n    def __init__(self, data):\n        raise NotImplementedError"
    return f"def {signature(question)}:\n    raise NotImplementedError"


def _check(question, rng=False):
    """Return the call that judges a question."""
    task = question.task
    name = task.function or "backprop"
    if task.step:
        more = ", rng=np.random.default_rng()" if rng else ""
        return f'bp.check("{task.step}", {name}{more})'
    options = "".join(f", {key}={value!r}" for key, value in (task.options or {}).items())
    more = ", rng=np.random.default_rng()" if rng else ""
    return f"bp.diagnose({name}{options}{more})"


def _test(question, *, drawn=False):
    """Return the lines of a test whose failure shows what the check says."""
    return f"found = {_check(question, drawn)}\nassert found.ok, found.text(2)"


def _solution(question):
    """Return the text of a right answer, under the name that the question asks for."""
    step = question.task.step or "backprop"
    if question.solution:
        return question.solution
    if step not in SOLUTIONS or (step == "backprop" and question.task.options):
        raise ValueError(
            f'question {question.task.name!r} has no solution to give: add solution = """..."""'
        )
    name = question.task.function or step
    return re.sub(rf"\b{step}\b(?=\()", name, SOLUTIONS[step]) if name != step else SOLUTIONS[step]


def _head_and_body(source):
    """Return a function's first line (with what comes before), and the rest."""
    lines = source.rstrip().split("\n")
    place = next(k for k, line in enumerate(lines) if line.startswith(("def ", "class ")))
    while not lines[place].rstrip().endswith(":"):
        place += 1
    return "\n".join(lines[: place + 1]), "\n".join(lines[place + 1 :])


def _execute(cells, names):
    """Run the code cells and keep what they print, as a notebook does."""
    count = 0
    for each in cells:
        if each["cell_type"] != "code":
            continue
        count += 1
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec("".join(each["source"]), names)
        lines = printed.getvalue().splitlines(keepends=True)
        made = {"name": "stdout", "output_type": "stream", "text": lines}
        each |= {"execution_count": count, "outputs": [made] if lines else []}


def _notebook(cells):
    for number, each in enumerate(cells, 1):
        each["id"] = f"cell-{number}"
    language = {"name": "python"}
    metadata = {"kernelspec": _KERNEL, "language_info": language}
    return {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}


def _text(source, metadata=None):
    return _cell("markdown", source, metadata)


def _raw(source):
    return _cell("raw", source, None)


def _code(source, metadata=None):
    return _cell("code", source, metadata) | {"execution_count": None, "outputs": []}


def _cell(kind, source, metadata):
    lines = source.splitlines(keepends=True)
    return {"cell_type": kind, "id": "", "metadata": metadata or {}, "source": lines}


def _graded(name, **options):
    """Return nbgrader's metadata of a cell."""
    plain = {"schema_version": 3, "grade": False, "solution": False, "task": False, "locked": False}
    return {"nbgrader": {**plain, "grade_id": name, **options}}


def _write(path, notebook):
    text = json.dumps(notebook, indent=1, ensure_ascii=False, sort_keys=True)
    return write(path, text + "\n")


def slug(assignment):
    """Return the name of an assignment's notebook, without its ending."""
    return _slug(assignment.title)


def _identifier(question):
    return re.sub(r"\W", "_", question.task.name)


def _slug(title):
    return re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")[:60] or "assignment"


_IMPORTS = "import numpy as np\n\nimport bpcourse as bp"

_HAND_IN = """## Before you hand in

Restart the kernel and run all cells: what is judged are the functions of this notebook, on networks
and numbers that are drawn anew. Work of your own is asked for: a function that has its numbers
computed by `bpcourse`, or by another engine, earns nothing."""

_GUIDE = """The points below are those that

    python -m bpcourse class SUBMISSIONS --assignment assignment.toml

gives. Here is what they stand for, and what to ask a student who makes one of the usual mistakes.
The report says who made which."""

_README = """# {title}

{deadline}## For students

You need Python 3.11 or newer.

    python -m pip install -r requirements.txt
    python -m jupyter lab {name}.ipynb

Under each task write the function, run the check below it, and repair what it says. Hand in the
notebook.

## For teachers

`teacher/` holds the solutions and the marking guide: take it out before you hand the folder on.

Put what was handed in into one folder, or take the archive of your learning platform as it is:

    python -m bpcourse class submissions.zip --assignment assignment.toml --out marks

`marks/report.html` shows the class, `marks/marks.csv` the points, `marks/feedback/` a page for each
student. `--export canvas`, `moodle` or `gradescope` also writes a table for that platform.
"""

_REQUIREMENTS = """# If your class has no package index with bpcourse: the path of its folder.
bpcourse
jupyterlab
numpy>=2.0
"""

_WORKFLOW = """name: checks

on: [push]

permissions:
  contents: read

jobs:
  checks:
    runs-on: ubuntu-latest
    timeout-minutes: 10
    steps:
      - uses: actions/checkout@v4
      - uses: actions/setup-python@v5
        with:
          python-version: "3.12"
      - run: python -m pip install -r requirements.txt
      - run: python -m bpcourse class . --pattern "*.ipynb" --assignment assignment.toml --out marks
      - run: cat marks/feedback/*.md >> "$GITHUB_STEP_SUMMARY"
      - uses: actions/upload-artifact@v4
        with:
          name: feedback
          path: marks
"""
