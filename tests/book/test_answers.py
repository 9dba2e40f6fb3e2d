"""Every exercise that can be checked says what to answer and how it is checked.

The Markdown cell of such an exercise carries ``answer`` in its metadata: the ``exercise`` by its
label, ``code`` with the signature (of a bug hunt the program itself) to start from, and ``check``,
which judges the answer in words.
"""

import ast
import contextlib
import functools
import re

import numpy as np
import pytest
from answers import MENDED, RIGHT
from book_pages import cells, notebooks

import bpcourse as bp

EXERCISE = r"^(`{3,})\{exercise\}[^\n]*\n:label: (\S+)\n(.*?)^\1\s*$"
DEFINITIONS = (ast.FunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom)


def answers():
    """Return the chapter, the number of the cell and the cell of each answer."""
    return [
        (path, number, cell)
        for path in notebooks()
        for number, cell in enumerate(cells(path))
        if "answer" in cell.metadata
    ]


ANSWERS = answers()
each_answer = pytest.mark.parametrize(
    ("path", "number", "cell"), ANSWERS, ids=[c.metadata["answer"]["exercise"] for *_, c in ANSWERS]
)


def define(sources, names):
    """Run the definitions and imports among some cells of code.

    What stands on a computed value, as a default for example, is left out.
    """
    for source in sources:
        for node in ast.parse(source).body:
            if isinstance(node, DEFINITIONS) and "myst_nb" not in ast.unparse(node):
                with contextlib.suppress(NameError):
                    exec(ast.unparse(node), names)


@functools.cache
def defined(path, number):
    """Return the names that the code above a cell has defined."""
    names = {"np": np, "bp": bp}
    define([cell.source for cell in cells(path)[:number] if cell.kind == "code"], names)
    return names


def chapter(path, number):
    """Return those names in a dictionary of one's own."""
    return dict(defined(path, number))


def is_open(code):
    """Return whether some code leaves a place to fill in."""
    nodes = ast.walk(ast.parse(code))
    return any(isinstance(node, ast.Constant) and node.value is ... for node in nodes)


def solution(path, label):
    """Return the code cells between the start and the end of a solution."""
    found, inside = [], False
    for cell in cells(path):
        if inside and cell.kind == "code":
            found.append(cell.source)
        if cell.kind == "markdown":
            inside = inside and "{solution-end}" not in cell.source
            inside = inside or f"{{solution-start}} {label}\n" in cell.source
    return found


def verdicts(check, names):
    """Return what each part of a check answers; it is shown or printed."""
    said = []
    for node in ast.parse(check).body:
        value = eval(ast.unparse(shown(node)), names) if isinstance(node, ast.Expr) else None
        if value is not None:
            said.append(value)
        elif not isinstance(node, ast.Expr):
            exec(ast.unparse(node), names)
    return said


def shown(statement):
    """Return the expression that a statement shows, without the ``print`` around it."""
    call = statement.value
    printed = isinstance(call, ast.Call) and ast.unparse(call.func) == "print"
    return call.args[0] if printed else call


def drills_in(check):
    """Return the drills of a check and the name of the answer to each."""
    calls = re.findall(r"bp\.drills\.(\w+)\((\d+)\)\.check\((\w+)\)", check)
    return {name: getattr(bp.drills, kind)(int(seed)).right for kind, seed, name in calls}


@each_answer
def test_the_answer_belongs_to_an_exercise_of_its_cell(path, number, cell):
    answer = cell.metadata["answer"]
    assert set(answer) == {"exercise", "code", "check"}, cell.place
    tasks = {label: task for _, label, task in re.findall(EXERCISE, cell.source, re.M | re.S)}
    assert answer["exercise"] in tasks, f"{cell.place} holds the exercises {sorted(tasks)}"
    if not is_open(answer["code"]):
        code = cells(path)[number + 1].source
        assert answer["code"] in tasks[answer["exercise"]] or answer["code"] == code, (
            f"{cell.place}: the program to mend is not the one that the exercise shows"
        )


@each_answer
def test_the_chapters_own_solution_is_right(path, number, cell):
    answer = cell.metadata["answer"]
    names, label = chapter(path, number), answer["exercise"]
    if not is_open(answer["code"]):
        wrong, right = MENDED[label]
        assert answer["code"].count(wrong) == 1, f"{label}: {wrong!r} is not one place"
        exec(answer["code"].replace(wrong, right), names)
    elif "def " in answer["code"]:
        define(solution(path, label), names)
    else:
        names |= drills_in(answer["check"]) | RIGHT.get(label, {})
    for verdict in verdicts(answer["check"], names):
        assert verdict.ok, f"{label}: the chapter's own solution is not right:\n{verdict}"


@each_answer
def test_what_stands_there_at_first_is_not_right_in_words(path, number, cell):
    answer = cell.metadata["answer"]
    names = chapter(path, number)
    exec(answer["code"], names)
    said = verdicts(answer["check"], names)
    assert said, f"{cell.place}: the check shows nothing"
    for verdict in said:
        assert not verdict.ok, f"{cell.place}: right before anything was done"
        assert len(str(verdict)) > 20, f"{cell.place}: {verdict}"


def test_every_exercise_that_speaks_of_a_check_has_one():
    spoken = re.compile(r"bp\.check\(\"(?!Value)|bp\.diagnose|\.check`")
    without = []
    for path in notebooks():
        for cell in cells(path):
            answered = cell.metadata.get("answer", {}).get("exercise")
            for _, label, task in re.findall(EXERCISE, cell.source, re.M | re.S):
                if spoken.search(task) and label not in {answered, *NO_CHECK}:
                    without.append(label)
    assert not without, f"give these an answer in their cell's metadata: {without}"


# Exercises that speak of a check, and why no answer of theirs is checked.
NO_CHECK = {
    "ex-five-routes-4": "its function has the arguments of no form that bp.diagnose knows",
    "ex-your-own-wrong": "the answer is an explanation",
    "ex-from-scratch-1": "its numbers are read off the chapter's network",
}


@each_answer
def test_a_list_of_numbers_to_be_found_says_which_number_goes_where(path, number, cell):
    lines = cell.metadata["answer"]["code"].splitlines()
    if "def " in cell.metadata["answer"]["code"]:
        return  # a function, and its own docstring
    for above, line in zip(["", *lines], lines, strict=False):
        places = line.count("...")
        if places > 1 and "=" in line:
            names = above.removeprefix("# ").split(", ")
            assert above.startswith("# ") and len(names) == places, f"no {places} names over {line}"
