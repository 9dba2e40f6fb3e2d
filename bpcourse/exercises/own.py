"""Exercises of one's own: proven before a class meets them, and read from a file."""

from __future__ import annotations

import runpy
from dataclasses import replace
from pathlib import Path

from bpcourse.exercises.attempts import call
from bpcourse.exercises.check import _EXERCISES, _judge
from bpcourse.exercises.step import Exercise, _call


def verify(exercise: Exercise) -> None:
    """Prove that an exercise tells each of its mistakes from the others and from the right answer.

    Parameters
    ----------
    exercise : Exercise

    Raises
    ------
    AssertionError
        The right answer is accused; a mistake passes, or is taken for another one; a hint is
        missing or said twice. All that is wrong is listed.

    Examples
    --------
    >>> import numpy as np
    >>> from bpcourse.exercises import Case, Exercise, Mistake, verify
    >>> summed = Mistake(
    ...     "summed", "a sum", "The numbers are added, not averaged.", "How many are there?",
    ...     "What do you divide by?", "Divide by `len(v)`.", (np.sum,),
    ... )
    >>> cases = (Case("one number", (np.array([2.0]),), "the number"),)
    >>> middle = Exercise("middle", "middle(v)", "the mean", "Add.", cases, np.mean, (summed,))
    >>> verify(middle)
    Traceback (most recent call last):
    AssertionError: middle: the mistake "summed" passes as right: add a case on which it shows
    """
    if not isinstance(exercise, Exercise):
        kind = type(exercise).__name__
        raise TypeError(f"exercise is {kind}, want an Exercise; exercise(name) returns one")
    faults = [*_failing(exercise)]
    if not faults:
        faults = [*_right_answers(exercise), *_told_apart(exercise), *_hints(exercise)]
    if faults:
        raise AssertionError("\n".join(f"{exercise.name}: {fault}" for fault in faults))


def _judged(exercise, function):
    return _judge(replace(exercise, run=_call), function, exercise.name)


def _failing(exercise):
    for case in exercise.cases:
        came = call(exercise, case, exercise.right)
        if came.parts is None:
            said = came.complaint or f"{type(came.error).__name__}: {came.error}"
            yield f"the right answer gives no numbers for {case.label}: {said}"


def _right_answers(exercise):
    found = _judged(exercise, exercise.right)
    if not found.ok:
        yield f"the right answer is accused: {found.findings[0].sentence}"
    for number, (convention, _) in enumerate(exercise.conventions, 1):
        if not _judged(exercise, convention).ok:
            yield f"convention {number} is accused"


def _told_apart(exercise):
    for mistake in exercise.mistakes:
        for wrong in mistake.wrong:
            found = _judged(exercise, wrong)
            if found.ok:
                yield f'the mistake "{mistake.name}" passes as right: add a case on which it shows'
            elif found.cause != mistake.name:
                yield f'the mistake "{mistake.name}" is taken for {found.cause!r}'
            elif found.findings[0].others:
                yield (
                    f'the mistake "{mistake.name}" gives the same numbers as '
                    f"{'; '.join(found.findings[0].others)}: add a case that tells them apart"
                )


def _hints(exercise):
    names = [mistake.name for mistake in exercise.mistakes]
    if len(set(names)) < len(names):
        yield "two mistakes have the same name"
    for mistake in exercise.mistakes:
        if len({hint.strip() for hint in mistake.hints} - {""}) < 3:
            yield f'the mistake "{mistake.name}" needs three hints, each saying more'


def read(path):
    """Run a file that registers exercises, and return the names of those it added.

    Parameters
    ----------
    path : path
        A Python file that calls :func:`~bpcourse.exercises.register`.

    Returns
    -------
    list of str

    Raises
    ------
    ValueError
        It can't be read or run, or registers nothing.
    """
    before = dict(_EXERCISES)
    if not Path(path).is_file():
        raise ValueError(f"{path} is no file, want one that registers exercises")
    try:
        runpy.run_path(str(path))
    except Exception as error:
        raise ValueError(f"{path} raises {type(error).__name__}: {error}") from error
    added = [name for name, each in _EXERCISES.items() if before.get(name) is not each]
    if not added:
        raise ValueError(f"{path} registers no exercise; call bpcourse.exercises.register")
    return added
