"""Judge a learner's function for one step."""

from __future__ import annotations

import difflib
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from bpcourse.diagnosis import grain
from bpcourse.diagnosis.diagnose import diagnose
from bpcourse.diagnosis.findings import Diagnosis
from bpcourse.exercises import (
    activations,
    attention,
    convolution,
    costs,
    differences,
    equations,
    networks,
    normalization,
    optimizers,
    recurrent,
    validation,
    values,
)
from bpcourse.exercises.attempts import attempts, call, measured
from bpcourse.exercises.drawn import drawn_anew
from bpcourse.exercises.step import Exercise, fresh
from bpcourse.exercises.verdicts import changed_inputs, explain, some_only, unsteady

if TYPE_CHECKING:
    import numpy as np

_TABLES = (
    activations,
    costs,
    equations,
    networks,
    differences,
    values,
    validation,
    recurrent,
    convolution,
    normalization,
    attention,
    optimizers,
)
_EXERCISES = {each.name: each for table in _TABLES for each in table.EXERCISES}

_TOPICS = {each.name: t.__name__.rpartition(".")[2] for t in _TABLES for each in t.EXERCISES}

#: The names of the course's own steps.
NAMES = tuple(_EXERCISES)


def check(name: str, function: Callable, *, rng: np.random.Generator | None = None) -> Diagnosis:
    """Judge a learner's function for one step.

    Parameters
    ----------
    name : str
        The step, such as "sigmoid_prime", "bp2", "sgd_step" or "Value"; :func:`table` lists all,
        with the signature that is wanted.
    function : callable
        The learner's function (for "Value", the class).
    rng : numpy.random.Generator, optional
        What is right on the usual numbers is tried on others that are drawn from it; by default
        the numbers are always the same.

    Returns
    -------
    Diagnosis
        ``.ok``, ``.cause``, ``.evidence``, ``.hint(level)``; printed, a message to the learner.
        ``.equation`` is the name of the step, or "call", "return", "inputs" or "state" for what
        needs no mathematics.

    Raises
    ------
    ValueError
        A name that is not known; the message lists those that are.
    TypeError
        A function that can't be called. What it raises itself is not raised again: it is a finding.

    Examples
    --------
    >>> def my_bp2(w_next, delta_next, prime):
    ...     return (w_next @ delta_next) * prime
    >>> found = check("bp2", my_bp2)
    >>> found.equation, found.cause
    ('bp2', 'no_transpose')
    >>> print(found.hint(1))
    In which direction do the weights carry the error: from this layer to the next, or back?

    A right answer may be written in any way:

    >>> check("relu", lambda z: z * (z > 0))
    <diagnosis of relu: right>

    One that is not written yet is told where to begin:

    >>> def my_bp3(delta):
    ...     raise NotImplementedError
    >>> print(check("bp3", my_bp3).hint())
    The cost of a mini-batch is the mean of its examples' costs. So is its gradient.
    """
    exercise = _look_up(name)
    if not callable(function):
        raise TypeError(
            f"function is {function!r}, want a function {exercise.signature}; pass the function "
            "itself, without calling it"
        )
    if exercise.name == "backprop":
        return diagnose(function)
    subject = getattr(function, "__name__", name)
    found = _judge(exercise, function, name if subject == "<lambda>" else subject, rng)
    return replace(found, call=f'bp.check("{exercise.name}", {subject})')


def table() -> str:
    """Return a list of all steps as text: the signature, what is wanted, where to read.

    Returns
    -------
    str

    Examples
    --------
    >>> for line in table().splitlines()[:3]:
    ...     print(line)
    sigmoid(z)
        returns sigmoid(z), of z's shape
        read "A machine that reads digits": reading-digits.html#ch-reading-digits
    """
    return "\n\n".join(_entry(each) for each in _EXERCISES.values())


def _entry(each):
    lines = [each.signature, f"    returns {each.wanted}"]
    if each.read:
        lines.append(f'    read "{each.read[2]}": {each.read[0]}.html#{each.read[1]}')
    return "\n".join(lines)


def register(exercise: Exercise) -> None:
    """Add an exercise of one's own, so that :func:`check` knows it by its name.

    Parameters
    ----------
    exercise : Exercise
        One that was registered under the same name before is replaced.

    Raises
    ------
    ValueError
        The name is that of a step of the course, or there is nothing to try the function on.
    TypeError
        It is no Exercise.

    Examples
    --------
    >>> import numpy as np
    >>> from bpcourse.exercises import Case, Exercise, check, register
    >>> cases = (Case("three numbers", (np.array([1.0, 2.0, 6.0]),), "the number"),)
    >>> register(Exercise("middle", "middle(v)", "the mean", "Add them up.", cases, np.mean))
    >>> check("middle", lambda v: v.sum() / len(v))
    <diagnosis of middle: right>
    """
    if not isinstance(exercise, Exercise):
        raise TypeError(f"exercise is {exercise!r}, want an Exercise")
    if exercise.name in NAMES:
        raise ValueError(f"{exercise.name!r} is a step of the course; give yours another name")
    if not exercise.cases or exercise.right is None:
        raise ValueError(f"{exercise.name!r} needs a right answer and at least one case")
    _EXERCISES[exercise.name] = exercise


def exercise(name: str) -> Exercise:
    """Return a step by its name.

    Parameters
    ----------
    name : str

    Returns
    -------
    Exercise

    Raises
    ------
    ValueError
        An unknown name.

    Examples
    --------
    >>> exercise("bp3").signature
    'bp3(delta)'
    """
    return _look_up(name)


def topic(name: str) -> str:
    """Return the file of the course in which a step is: "equations" for bp2; "own" for others."""
    return _TOPICS.get(name, "own")


def arguments(name: str, number: int = 1) -> tuple:
    """Return the arguments of one of the calls that :func:`check` makes, to try it by hand.

    Parameters
    ----------
    name : str
        The step.
    number : int
        Which of its cases, counted from 1; the evidence of a diagnosis says which.

    Returns
    -------
    tuple
        Fresh copies, for ``function(*arguments(name))``.

    Raises
    ------
    ValueError
        An unknown name, or a case that does not exist.

    Examples
    --------
    >>> arguments("bp3", 3)
    (array([[-0.8],
           [ 0.5],
           [-0.4]]),)
    """
    cases = _look_up(name).cases
    if not 1 <= number <= len(cases):
        raise ValueError(f"number is {number}, want 1 to {len(cases)}, the cases of {name!r}")
    return fresh(cases[number - 1].args)


def _look_up(name):
    if not isinstance(name, str):
        raise TypeError(f"name is {name!r}, want the name of a step, such as 'bp3'")
    if name in _EXERCISES:
        return _EXERCISES[name]
    by_lower_case = {each.lower(): each for each in _EXERCISES}
    near = difflib.get_close_matches(str(name).lower(), by_lower_case, 1, 0.5)
    asked = f"; did you mean {by_lower_case[near[0]]!r}?" if near else "."
    raise ValueError(f"unknown exercise {name!r}{asked} Known: {', '.join(_EXERCISES)}")


def _judge(exercise, function, subject, rng=None):
    """Return the diagnosis, from the first topic on to the first one that fails."""
    tried, right, notes = [], [], []
    for topic in dict.fromkeys(case.topic for case in exercise.cases):
        new, skipped = attempts(exercise, function, topic)
        tried += new
        notes += [note for note in dict.fromkeys(skipped) if note not in notes]
        exercise, tried, convention = _by_convention(exercise, tried)
        notes += convention
        if not all(each.passed for each in tried):
            return _wrong(exercise, tried, subject, function, right, notes)
        right += [topic] if new else []
    simple = changed_inputs(exercise, tried, subject)
    if not all(each.steady for each in tried):
        simple = (*simple, unsteady(exercise, tried, subject))
    elif rng is not None:
        simple = (*simple, *_on_others(exercise, function, subject, rng))
    notes = (*notes, *_bool_note(tried), *_loud(tried))
    digits = measured(exercise, function, tried)
    notes = (*notes, grain.note(digits)) if digits else notes
    return Diagnosis(subject, simple, tuple(right), notes, measured=digits)


def _on_others(exercise, function, subject, rng):
    """Return a finding, at most one, from arguments that are drawn anew."""
    other = drawn_anew(exercise, rng)
    for name in dict.fromkeys(case.topic for case in other.cases):
        tried, _ = attempts(other, function, name)
        failing = [each for each in tried if not each.passed]
        if failing:
            return (some_only(other, failing[0], subject),)
        if not all(each.steady for each in tried):
            return (unsteady(other, tried, subject),)
    return ()


def _loud(tried):
    """Return a note if right numbers came with a warning, far from zero."""
    loud = [each for each in tried if each.case.far and each.came.warned]
    if not loud:
        return []
    return [
        f"For {loud[0].case.label} NumPy warns ({loud[0].came.warned}), though the numbers are "
        "right: a formula in which no exp overflows is quieter."
    ]


def _wrong(exercise, tried, subject, function, right, notes):
    first = explain(exercise, tried, subject, function)
    findings = (first, *changed_inputs(exercise, tried, subject))
    return Diagnosis(subject, findings, tuple(right), tuple(notes))


def _by_convention(exercise, tried):
    """Return the exercise by the convention that the learner follows, and a note if it differs."""
    if not all(each.passed for each in tried):
        for right, note in exercise.conventions:
            by_it = [replace(each, wanted=call(exercise, each.case, right)) for each in tried]
            if all(each.passed for each in by_it):
                return replace(exercise, right=right, conventions=()), by_it, [note]
    return exercise, tried, []


def _bool_note(tried):
    if any(part.dtype.kind == "b" for each in tried for part in each.came.parts.values()):
        return [
            "The result holds True and False, which count as 1 and 0; .astype(float) also lets it "
            "take a minus sign."
        ]
    return []
