"""A right answer to each question of an assignment, proven before anything is handed out."""

import re

import numpy as np

from bpcourse.classroom.form import program
from bpcourse.diagnosis.diagnose import diagnose
from bpcourse.exercises.check import check
from bpcourse.exercises.solutions import SOLUTIONS

#: What every notebook begins with.
IMPORTS = "import numpy as np\n\nimport bpcourse as bp"


def solution(question):
    """Return the text of a right answer, under the name that the question asks for.

    Raises
    ------
    ValueError
        There is none: the step is one's own, and the assignment gives no solution.
    """
    task = question.task
    if question.solution:
        return question.solution.strip("\n") + "\n"
    if not task.step and task.options:
        return program(task.options, task.function or "backprop")
    step = task.step or "backprop"
    if step not in SOLUTIONS:
        raise ValueError(
            f"question {task.name!r} is on a step of your own, to which the course knows no "
            'solution: add solution = """..."""'
        )
    name = task.function or step
    return re.sub(rf"\b{step}\b(?=\()", name, SOLUTIONS[step]) if name != step else SOLUTIONS[step]


def solutions(assignment):
    """Return the right answers to all questions, each proven to be one.

    Parameters
    ----------
    assignment : Assignment

    Returns
    -------
    list of str

    Raises
    ------
    ValueError
        A question has no solution, or one that fails its own check; the message says why.
    """
    names, texts = {}, [solution(each) for each in assignment.questions]
    exec(IMPORTS, names)
    for question, text in zip(assignment.questions, texts, strict=True):
        try:
            found = _judged(question.task, text, names)
        except Exception as error:
            said = f"{type(error).__name__}: {error}"
            raise ValueError(
                f"the solution of {question.task.name!r} does not run: {said}"
            ) from error
        if not found.ok:
            own = "" if question.solution else '; please give one: solution = """..."""'
            raise ValueError(
                f"the solution of {question.task.name!r} is not right{own}.\n{found.text(2)}"
            )
    return texts


def _judged(task, text, names):
    exec(text, names)
    function = names[task.function or "backprop"]
    if task.step:
        return check(task.step, function, rng=np.random.default_rng(0))
    return diagnose(function, **(task.options or {}))
