"""The notebooks of an assignment: for the student, for the teacher, for nbgrader and for otter."""

import contextlib
import io
import json
import re
import shutil
from pathlib import Path
from typing import Literal

from bpcourse.classroom import handout
from bpcourse.classroom.assignment import Assignment, signature, wording
from bpcourse.classroom.files import write, write_bytes
from bpcourse.classroom.solving import IMPORTS, solutions
from bpcourse.diagnosis.catalogue import CAUSES
from bpcourse.exercises.check import NAMES, exercise
from bpcourse.submission.outcome import title

_KERNEL = {"name": "python3", "display_name": "Python 3", "language": "python"}


def write_assignment(
    folder: str | Path,
    assignment: Assignment,
    source: str | Path,
    *,
    form: Literal["plain", "nbgrader", "otter", "gradescope"] = "plain",
) -> list[Path]:
    """Write all files of an assignment.

    Parameters
    ----------
    folder : path
    assignment : Assignment
    source : path
        The .toml file it was read from.
    form : {"plain", "nbgrader", "otter", "gradescope"}
        "plain": in the folder what students get, in its ``teacher/`` the solutions, the marking
        guide and the assignment as it is. "nbgrader" and "otter": the source notebook of that tool.
        "gradescope": an autograder.

    Returns
    -------
    list of Path

    Raises
    ------
    OSError
        They can't be written.
    ValueError
        A question has no solution, or one that is not right. Then nothing has been written.
    """
    folder, answers = Path(folder), solutions(assignment)
    if form == "gradescope":
        data = handout.autograder(assignment, source)
        return [write_bytes(folder / "autograder.zip", data)]
    if form in ("nbgrader", "otter"):
        return _for_tool(folder, assignment, answers, form)
    return [*_for_students(folder, assignment, source), *_for_teachers(
        folder / "teacher", assignment, source, answers
    )]  # fmt: skip


def _for_students(folder, assignment, source):
    """Write what is handed out: nothing in it is a solution, but for exercises with their check."""
    name = slug(assignment)
    paths = [
        _write(folder / f"{name}.ipynb", student(assignment)),
        write(folder / "README.md", readme(assignment, name)),
        write(folder / "requirements.txt", handout.requirements()),
        write_bytes(folder / handout.WHEEL, handout.wheel()),
    ]
    if text := handout.for_students(assignment, source):
        paths.append(write(folder / "assignment.toml", text))
        paths.append(write(folder / ".github" / "workflows" / "classroom.yml", _WORKFLOW))
    return paths + [_copied(each, folder) for each in handout.exercise_files(assignment)]


def _for_teachers(folder, assignment, source, answers):
    name = slug(assignment)
    paths = [
        _write(folder / f"{name}-solutions.ipynb", teacher(assignment, answers)),
        write(folder / "marking-guide.md", marking_guide(assignment)),
        write(folder / "README.md", _FOR_TEACHERS.format(title=assignment.title)),
        write(folder / "assignment.toml", handout.complete(assignment, source)),
    ]
    return paths + [_copied(each, folder) for each in assignment.exercises]


def _for_tool(folder, assignment, answers, form):
    """Write the source notebook of nbgrader or otter, with the files that its tests need."""
    name = slug(assignment)
    target = folder / "source" / name if form == "nbgrader" else folder
    make = {"nbgrader": nbgrader, "otter": otter}[form]
    paths = [_write(target / f"{name}.ipynb", make(assignment, answers))]
    paths += [_copied(each, target) for each in handout.exercise_files(assignment)]
    hidden = handout.exercise_files(assignment, checked=False)
    return paths + [_copied(each, folder) for each in hidden]


def _copied(path, folder):
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / Path(path).name
    with contextlib.suppress(shutil.SameFileError):
        shutil.copyfile(path, target)
    return target


def losses(assignment, form):
    """Return what nbgrader or otter leave out of an assignment, each in a sentence."""
    tasks, said = assignment.tasks, []
    if assignment.late_penalty:
        where = " (nbgrader has a LateSubmissionPlugin of its own)" if form == "nbgrader" else ""
        said.append(f"late_penalty: a late submission loses nothing{where}.")
    if names := [task.name for task in tasks if task.partial]:
        said.append(f"partial: {', '.join(names)} has all its points or none.")
    if names := [task.name for task in tasks if task.replace_steps]:
        said.append(f"replace_steps: in {', '.join(names)} a wrong step costs points once more.")
    if any(task.noted or task.allow for task in tasks):
        said.append("noted, allow: what bp.check calls wrong is wrong.")
    if assignment.hint != 2:
        said.append("hint: the feedback of a failed test gives hints 1 and 2.")
    said.append("Nothing keeps a submission from having its numbers computed by the course.")
    if form == "nbgrader" and handout.exercise_files(assignment, checked=False):
        said.append("check = false: graders need the exercises' file on their PYTHONPATH.")
    return said


def student(assignment):
    """Return the student's notebook: for each question a task, a place, a check and a hint."""
    cells = _opening(assignment)
    for number, question in enumerate(assignment.questions, 1):
        cells += [_text(_heading(number, question)), _code(_stub(question))]
        if question.check:
            cells += [
                _code(f"print({_check(question)})"),
                _text("Stuck? The next cell shows where to look; `hint(3)` tells."),
                _code(f"print({_check(question)}.hint(2))"),
            ]
        else:
            cells.append(_text("This answer is judged after you have handed in."))
    cells.append(_text(_HAND_IN))
    return _notebook(cells)


def teacher(assignment, answers):
    """Return the teacher's notebook: the solutions, with what the check says of each."""
    cells = [_text(f"# {assignment.title}: solutions"), _setup(assignment.exercises)]
    for number, (question, answer) in enumerate(zip(assignment.questions, answers, strict=True), 1):
        judged = _code(f"print({_check(question)})")
        cells += [_text(_heading(number, question)), _code(answer.rstrip()), judged]
    _execute(cells)
    return _notebook(cells)


def nbgrader(assignment, answers):
    """Return the source notebook for nbgrader: its test cells call the check and show its words."""
    cells = _opening(assignment)
    cells[0]["metadata"] = _graded("about", locked=True)
    cells[1]["metadata"] = _graded("setup", locked=True)
    for number, (question, text) in enumerate(zip(assignment.questions, answers, strict=True), 1):
        name = _identifier(question)
        head, body = _head_and_body(text)
        answer = f"{head}\n    ### BEGIN SOLUTION\n{body}\n    ### END SOLUTION"
        hidden = f"### BEGIN HIDDEN TESTS\n{_hidden(assignment, question)}\n### END HIDDEN TESTS"
        test = f"{_test(question)}\n{hidden}" if question.check else hidden
        points = {"grade": True, "locked": True, "points": question.task.points}
        cells += [
            _text(_heading(number, question), _graded(f"task_{name}", locked=True)),
            _code(answer, _graded(f"answer_{name}", solution=True)),
            _code(test, _graded(f"check_{name}", **points)),
        ]
    return _notebook(cells)


def otter(assignment, answers):
    """Return the source notebook for otter-grader; every test stands alone."""
    cells = [_raw(_otter_config(assignment)), *_opening(assignment)]
    for number, (question, text) in enumerate(zip(assignment.questions, answers, strict=True), 1):
        head, body = _head_and_body(text)
        answer = f"{head}\n    # BEGIN SOLUTION\n{body}\n    # END SOLUTION"
        points = question.task.points
        half = points / 2 if question.check else points
        drawn = f'""" # BEGIN TEST CONFIG\nhidden: true\npoints: {half:g}\n"""'
        shown = f'""" # BEGIN TEST CONFIG\npoints: {half:g}\n"""'
        imports = _imports(handout.exercise_files(assignment))
        visible = _code(f"{shown} # END TEST CONFIG\n{imports}\n{_test(question)}")
        hidden = _code(f"{drawn} # END TEST CONFIG\n{IMPORTS}\n{_hidden(assignment, question)}")
        cells += [
            _raw(f"# BEGIN QUESTION\nname: {_identifier(question)}\npoints: {points:g}"),
            _text(_heading(number, question)),
            _raw("# BEGIN SOLUTION"),
            _code(answer),
            _raw("# END SOLUTION"),
            _raw("# BEGIN TESTS"),
            *([visible] if question.check else []),
            hidden,
            _raw("# END TESTS"),
            _raw("# END QUESTION"),
        ]
    return _notebook(cells)


def _otter_config(assignment):
    lines = [
        "# ASSIGNMENT CONFIG",
        f"name: {slug(assignment)}",
        "init_cell: true",
        "export_cell: true",
        "solutions_pdf: false",
        "generate: true",
        "run_tests: true",
    ]
    for key, checked in (("files", True), ("autograder_files", False)):
        names = [Path(each).name for each in handout.exercise_files(assignment, checked=checked)]
        lines += [f"{key}:", *[f"- {name}" for name in names]] if names else []
    return "\n".join(lines) + "\n"


def marking_guide(assignment):
    """Return what each question is worth, what goes wrong with it, and what to say then."""
    parts = [f"# {assignment.title}: marking guide", _GUIDE]
    for number, question in enumerate(assignment.questions, 1):
        task = question.task
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
        rows = _mistakes(task)
        if rows:
            head = ["| Mistake | What is wrong | What to ask |", "|---|---|---|"]
            parts.append("\n".join([*head, *rows]))
    return "\n\n".join(parts) + "\n"


def _mistakes(task):
    """Return the rows of the usual mistakes: of a step, or by equation for all of backprop."""
    if task.step:
        return [f"| {m.title} | {m.sentence} | {m.ask} |" for m in exercise(task.step).mistakes]
    usual = [CAUSES[key] for key in _usual(task.options or {})]
    return [f"| {title(c.equation, c.title)} | {c.sentence} | {c.nudge} |" for c in usual]


def _usual(options):
    """Return the mistakes that are usual in all of backprop, in the order of its parts."""
    matched = options.get("cost") in ("cross_entropy", "log_likelihood")
    mean = "mean_for_sum" if options.get("reduction") == "sum" else "sum_for_mean"
    decay = [("bp4", "decay_not_divided"), ("bp3", "decay_on_biases")]
    return [
        ("forward", "no_biases"),
        ("forward", "output_activation"),
        ("bp1", "extra_prime" if matched else "missing_prime"),
        ("bp1", "formula_of_z"),
        ("bp1", "sign"),
        ("bp2", "no_transpose"),
        ("bp2", "missing_prime"),
        ("bp2", "formula_of_z"),
        ("bp2", "prime_of_wrong_layer"),
        ("bp2", "wrong_weights"),
        ("bp3", mean),
        ("bp3", "neurons_summed"),
        ("bp3", "bias_shape"),
        ("bp4", mean),
        ("bp4", "a_of_wrong_layer"),
        ("bp4", "before_activation"),
        ("bp4", "last_example"),
        *(decay if options.get("weight_decay") else []),
    ]


def readme(assignment, name):
    """Return the page that tells students how to work and how to hand in."""
    return _README.format(title=assignment.title, name=name, deadline=_deadline(assignment))


def _deadline(assignment):
    """Return until when to hand in and what it costs to be late, as a paragraph; or ""."""
    said = [f"Hand in by {assignment.deadline}."] if assignment.deadline else []
    if assignment.late_penalty:
        said.append(f"A late submission loses {assignment.late_penalty:.0%} of its points.")
    return f"{' '.join(said)}\n\n" if said else ""


def _opening(assignment):
    points = f"{len(assignment.questions)} questions, {assignment.points:g} points."
    about = f"{assignment.text.strip()}\n\n" if assignment.text else ""
    text = f"# {assignment.title}\n\n{about}{points}\n\n{_deadline(assignment)}"
    return [_text(text.rstrip("\n")), _setup(handout.exercise_files(assignment))]


def _setup(exercises):
    return _code(_imports(exercises))


def _imports(exercises):
    return IMPORTS + "".join(f"\nimport {Path(each).stem}" for each in exercises)


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
    more = ", rng=np.random.default_rng()" if rng else ""
    if task.step:
        return f'bp.check("{task.step}", {name}{more})'
    options = "".join(f", {key}={value!r}" for key, value in (task.options or {}).items())
    return f"bp.diagnose({name}{options}{more})".replace("'", '"')


def _test(question, *, drawn=False):
    """Return the lines of a test whose failure shows what the check says."""
    return f"found = {_check(question, drawn)}\nassert found.ok, found.text(2)"


def _hidden(assignment, question):
    """Return a test that students don't see, which may need what they don't have."""
    step, files = question.task.step, assignment.exercises
    own = [] if not step or step in NAMES else [f"import {Path(each).stem}" for each in files]
    return "\n".join([*own, _test(question, drawn=True)])


def _head_and_body(source):
    """Return a function's first line (with what comes before), and the rest."""
    lines = source.rstrip().split("\n")
    place = next(k for k, line in enumerate(lines) if line.startswith(("def ", "class ")))
    while not lines[place].rstrip().endswith(":"):
        place += 1
    return "\n".join(lines[: place + 1]), "\n".join(lines[place + 1 :])


def _execute(cells):
    """Run the code cells and keep what they print, as a notebook does.

    The first one is known, and its exercises are registered already.
    """
    names, count = {}, 0
    for each in cells:
        if each["cell_type"] != "code":
            continue
        count += 1
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(IMPORTS if count == 1 else "".join(each["source"]), names)
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


_HAND_IN = """## Before you hand in

Restart the kernel and run all cells: what is judged are the functions of this notebook, on networks
and numbers that are drawn anew. Work of your own is asked for: a function that has its numbers
computed by `bpcourse`, or by another engine, earns nothing."""

_GUIDE = """The points below are those that

    python -m bpcourse class SUBMISSIONS --assignment assignment.toml --out marks

gives. Here is what they stand for, and what to ask a student who makes one of the usual mistakes.
The report says who made which."""

_README = """# {title}

{deadline}You need Python 3.11 or newer. In this folder:

    python -m pip install -r requirements.txt
    python -m jupyter lab {name}.ipynb

Under each task write the function, run the check below it, and repair what it says. Hand in the
notebook.
"""

_FOR_TEACHERS = """# {title}: for teachers

This folder is yours; everything beside it is for the students. It holds the solutions, the marking
guide, and the assignment as you wrote it. Put what was handed in into one folder, or take the
archive of your learning platform as it is:

    python -m bpcourse class submissions.zip --assignment assignment.toml --out marks

`marks/report.html` shows the class, `marks/marks.csv` the points, `marks/feedback/` a page for each
student. `--export canvas`, `moodle` or `gradescope` also writes what that platform takes.
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
      - uses: actions/checkout@v6
      - uses: actions/setup-python@v6
        with:
          python-version: "3.12"
      - run: python -m pip install ./bpcourse-*.whl
      - run: python -m bpcourse class . --pattern "*.ipynb" --assignment assignment.toml --out marks
      - run: cat marks/feedback/*.md >> "$GITHUB_STEP_SUMMARY"
      - uses: actions/upload-artifact@v7
        with:
          name: feedback
          path: marks
"""
