"""Findings on attempts that fail: the cause if it is a typical one, the numbers in any case."""

import inspect
import re
import traceback
from dataclasses import replace
from pathlib import Path

import numpy as np

from bpcourse.diagnosis.findings import Evidence, Finding, Ratio
from bpcourse.diagnosis.forms import unfit_signature
from bpcourse.diagnosis.observation import of_name
from bpcourse.diagnosis.state import remembers
from bpcourse.diagnosis.trouble import own_line, trouble
from bpcourse.exercises.attempts import argument_names, call, close, same

# Exceptions that say little to a beginner: type, pattern, cause, title, second and third hint.
_FAMILIAR = (
    (
        TypeError,
        "can be converted to|only length-1|must be real number",
        "one_number",
        "a function of one number was given an array",
        "Does every function on this line take a whole array?",
        "math.exp and float() take a single number. NumPy's own functions take arrays: np.exp.",
    ),
    (
        ValueError,
        "truth value of an array",
        "if_on_array",
        "an if that is asked about a whole array",
        "For an array, a comparison has as many answers as entries. Which of them should decide?",
        "Let NumPy choose entry by entry: np.where(z > 0, ..., ...), or np.maximum(0, z).",
    ),
    (
        ValueError,
        "mismatch|not aligned|could not be broadcast|inconsistent",
        "shapes",
        "shapes that do not fit",
        "Write the shape of every array beside the line, and the shape that is wanted.",
        "In a product (p, q) @ (q, r) the inner numbers must agree. Which array is to be turned?",
    ),
)


def explain(exercise, attempts, subject, function):
    """Return the finding for attempts of which some fail.

    Parameters
    ----------
    exercise : Exercise
    attempts : list of Attempt
        All so far; those of the last topic fail, at least in part.
    subject : str
        How the learner's function is called.
    function : callable
        The learner's function, whose lines are quoted.

    Returns
    -------
    Finding
    """
    failing = [each for each in attempts if not each.passed]
    first = failing[0]
    if isinstance(first.came.error, NotImplementedError):
        return _not_written(exercise, subject)
    mistakes = _matching(exercise, attempts, first.case.topic)
    if mistakes:
        telling = next((each for each in failing if each.comparable), first)
        return _typical(exercise, mistakes, telling, subject, function)
    if not all(each.steady for each in attempts):
        return unsteady(exercise, attempts, subject)
    if first.case.far and exercise.overflow and _overflown(first.came):
        return _typical(exercise, [exercise.overflow], first, subject, function)
    if first.came.error is not None:
        return _raised(exercise, first, subject, function)
    if first.came.parts is None or list(first.came.parts) != list(first.wanted.parts):
        return _unreadable(exercise, first, subject)
    return _by_numbers(exercise, first, subject)


def _overflown(came):
    """Whether something overflowed: there is a warning, an error, or a number isn't finite."""
    parts = came.parts or {}
    finite = all(np.isfinite(part).all() for part in parts.values())
    return bool(came.warned) or not finite or isinstance(came.error, ArithmeticError)


def _matching(exercise, attempts, topic):
    """Return the mistakes that give the learner's results on every case."""
    return [
        mistake
        for mistake in exercise.mistakes
        if mistake.topic in ("", topic)
        and (mistake.when(attempts) if mistake.when else _reproduced(exercise, mistake, attempts))
    ]


def _reproduced(exercise, mistake, attempts):
    """Whether a function that makes the mistake gives what came in every case, numbers in some."""
    if all(each.came.parts is None for each in attempts):
        return False
    if any(each.came.complaint == "None" for each in attempts):
        return False  # where a mistake can't be made, the function in the catalogue returns None
    return any(
        all(
            same(call(exercise, each.case, wrong), each.came, each.case.tolerance)
            for each in attempts
        )
        for wrong in mistake.wrong
    )


def _typical(exercise, mistakes, attempt, subject, function):
    """Return the finding for a typical mistake."""
    mistake, *others = mistakes
    return Finding(
        exercise.name,
        (),
        mistake.name,
        mistake.title,
        mistake.sentence,
        mistake.hints,
        _evidence(exercise, attempt, subject, function),
        tuple(other.title for other in others),
        "Look for both in your program." if others else "",
        mistake.read or _section(exercise),
    )


def _section(exercise):
    """Return the section that an exercise names; an exercise of one's own may name none."""
    return exercise.read or ()


# What needs no mathematics


def _not_written(exercise, subject):
    finding = trouble(
        "call",
        "not_written",
        "not written yet",
        f"{subject} is not written yet: this is where to begin. Wanted is {exercise.signature}: "
        f"{exercise.wanted}.",
        f"{exercise.where[0].upper()}{exercise.where[1:]} shows how it is done. Which of its "
        "symbols are your arguments?",
        "Write the shortest thing that returns something of the right shape, and run the check "
        "again: from there on it can say what is right and what is not.",
    )
    return replace(finding, hints=(exercise.begin, *finding.hints[1:]), read=_section(exercise))


def _raised(exercise, attempt, subject, function):
    """Return the finding for an exception, with the learner's own line."""
    error = attempt.came.error
    mismatch = _other_arguments(exercise, attempt, function)
    if mismatch is not None:
        return mismatch
    said = f"{type(error).__name__}: {error}"
    by_hand = _by_hand(exercise, attempt, subject)
    words = (
        "exception",
        f"raises {type(error).__name__}",
        "Print every quantity on that line before it is computed with.",
        f"Try it alone: {by_hand}." if by_hand else f"Try it alone: {attempt.case.label}.",
    )
    for kind, pattern, *familiar in _FAMILIAR:
        if isinstance(error, kind) and re.search(pattern, str(error)):
            words = familiar
    cause, title, nudge, answer = words
    finding = trouble(
        "call",
        cause,
        title,
        f"{subject} raises {said}{_line(error, function)}.",
        nudge,
        answer,
        Evidence(attempt.case.label, said, _describe(attempt.wanted.parts)),
    )
    if isinstance(error, NameError):
        return of_name(finding, error)
    return replace(finding, read=_section(exercise))


def _other_arguments(exercise, attempt, function):
    """Return a finding if the function takes another number of arguments, or None."""
    handed = attempt.case.args if exercise.name != "Value" else [3.0]
    signature = unfit_signature(function, handed)
    if signature is None:
        return None
    finding = trouble(
        "call",
        "arguments",
        "another number of arguments",
        f"The check calls {exercise.signature}; your arguments are {signature}.",
        "Which arguments does the exercise hand over, and in which order?",
        f"The signature is {exercise.signature}.",
    )
    return replace(finding, read=_section(exercise))


def unsteady(exercise, attempts, subject):
    """Return the finding for results that change when the function is called again."""
    attempt = next(each for each in attempts if not each.steady)
    evidence = Evidence(
        f"{attempt.case.label}, first number, second call",
        _first_number(attempt.again),
        _first_number(attempt.came),
    )
    return replace(remembers(subject, evidence), read=_section(exercise))


def _first_number(came):
    if came.error is not None:
        return f"{type(came.error).__name__}: {came.error}"
    numbers = [part.flat[0] for part in (came.parts or {}).values() if part.size]
    return f"{numbers[0]:.6g}" if numbers else came.complaint


def some_only(exercise, attempt, subject):
    """Return the finding for what is right on the usual numbers and wrong on others."""
    error = attempt.came.error
    said = f" It raises {type(error).__name__}: {error}." if error is not None else ""
    finding = trouble(
        "return",
        "some_settings",
        "right in some settings only",
        f"{subject} is right for the numbers that the check always takes, and wrong for others."
        f"{said}",
        "Does a number or a shape of one case stand in your program?",
        "Compute the result from the arguments, whatever their numbers and shapes are.",
        _evidence(exercise, attempt, subject),
    )
    return replace(finding, read=_section(exercise))


def changed_inputs(exercise, attempts, subject):
    """Return findings, at most one, on arguments that were changed in place."""
    changed = [each.came.changed for each in attempts if each.came.changed]
    if not changed:
        return ()
    finding = trouble(
        "inputs",
        "inputs_changed",
        f"changes {changed[0]} in place",
        f"{subject} changes its argument {changed[0]}, which belongs to the caller.",
        "Which of your lines write into an array that came from outside? -= and *= do.",
        "Make a new array, as in w = w - eta * g, or begin with a copy.",
    )
    return (replace(finding, read=_section(exercise)),)


def _unreadable(exercise, attempt, subject):
    """Return the finding for a result that is not what was asked for."""
    came, wanted = attempt.came, _describe(attempt.wanted.parts)
    said = came.complaint or _describe(came.parts)
    if said == "None":
        changed = f" It changed {came.changed} in place." if came.changed else ""
        words = (
            "none",
            "returns None",
            f"{subject} returned None, want {exercise.wanted}.{changed}",
            "Where does the function end, and what does it hand back there?",
            "Add `return` with the result.",
        )
    else:
        words = (
            "not_readable",
            "another kind of result",
            f"{subject} gave {said}. Wanted: {exercise.wanted}.",
            f"Read once more what {exercise.signature} is to give.",
            f"Give exactly this: {exercise.wanted}.",
        )
    finding = trouble("return", *words, Evidence(attempt.case.label, said, wanted))
    return replace(finding, read=_section(exercise))


def _describe(parts):
    """Return the shapes of all parts in words; their values if they are numbers."""
    if all(array.ndim == 0 for array in parts.values()) and "" not in parts:
        return ", ".join(f"{name} = {array:g}" for name, array in parts.items())
    return ", ".join(
        f"{name or 'an array'} of shape {array.shape}" if array.ndim else name or "a number"
        for name, array in parts.items()
    )


# What the numbers say


def _by_numbers(exercise, attempt, subject):
    """Return the finding for an array that no typical mistake gives."""
    came, wanted = attempt.pair()
    if came.shape != wanted.shape:
        return _wrong_shape(exercise, attempt, subject)
    if not np.isfinite(came).all():
        return _not_finite(exercise, attempt, subject)
    if came.dtype.kind in "iu" and close(came, np.trunc(wanted), 1e-9):
        return _whole(exercise, attempt, subject)
    sentence = (
        f"{attempt.wrong_part or 'The result'} is not what was wanted, and none of the usual "
        "mistakes gives these numbers."
    )
    hints = (
        "Work out one entry with pencil and paper, and print what your program has at every stage. "
        "Where do the two part?",
        f"Compare your program with {exercise.where}, symbol by symbol.",
        _side_by_side(exercise, attempt),
    )
    evidence = _evidence(exercise, attempt, subject)
    title = "none of the usual mistakes"
    return Finding(
        exercise.name, (), None, title, sentence, hints, evidence, read=_section(exercise)
    )


def _side_by_side(exercise, attempt):
    """Return the whole answer to one call beside what came, for who has looked at one entry."""
    came, wanted = attempt.pair()
    options = {"precision": 5, "suppress_small": True, "threshold": 40, "separator": ", "}
    shown = [" ".join(np.array2string(_tidy(a, wanted), **options).split()) for a in (wanted, came)]
    part = f"{attempt.wrong_part} " if attempt.wrong_part else ""
    call = _by_hand(exercise, attempt, "your_function") or attempt.case.label
    return (
        f"For {attempt.case.label} the right answer is {part}{shown[0]}, and yours is {shown[1]}. "
        f"Wanted is {exercise.wanted}. Take the formula, put the arguments in, and go on until one "
        f"entry comes out as here ({call})."
    )


def _tidy(array, wanted):
    """Return an array with 0 for what is nothing but rounding."""
    array = np.asarray(array, float)
    scale = abs(wanted[np.isfinite(wanted)]).max(initial=0)
    return np.where(abs(array) <= 1e-12 * scale, 0.0, array) + 0.0


def _wrong_shape(exercise, attempt, subject):
    came, wanted = attempt.pair()
    turned = came.ndim == 2 and came.shape == wanted.shape[::-1]
    same_numbers = turned and close(came.T, wanted, attempt.case.tolerance)
    also = " This is the transpose." if same_numbers else " Turned, it would fit." if turned else ""
    part = attempt.wrong_part or "an array"
    what = f"{part} of shape {came.shape}" if came.ndim else attempt.wrong_part or "one number"
    finding = trouble(
        "return",
        "transposed" if same_numbers else "shape",
        "the transpose" if same_numbers else "another shape",
        f"{subject} returned {what}, want {part} of shape {wanted.shape}.{also}",
        "Write the shape of every array beside the line that makes it.",
        f"Return {exercise.wanted}.",
        Evidence(attempt.case.label, f"shape {came.shape}", f"shape {wanted.shape}"),
    )
    return replace(finding, read=_section(exercise))


def _not_finite(exercise, attempt, subject):
    came, _ = attempt.pair()
    bad = came[~np.isfinite(came)].flat[0]
    said = f" NumPy warned: {attempt.came.warned}." if attempt.came.warned else ""
    finding = trouble(
        "return",
        "not_finite",
        f"{bad} in the result",
        f"{subject} returned {bad} where a finite number is wanted.{said}",
        "Which operation makes it: a division by 0, a logarithm of 0, exp of a large number?",
        "Print every intermediate result; the first one that is not finite is the one to repair.",
        _evidence(exercise, attempt, subject),
    )
    return replace(finding, read=_section(exercise))


def _whole(exercise, attempt, subject):
    finding = trouble(
        "return",
        "integers",
        "whole numbers",
        f"{subject} returned whole numbers: the digits after the point were lost on the way.",
        "Which dtype has the array into which you write your results?",
        "np.zeros_like(z) and z.copy() have the dtype of z. Make an array of floats: "
        "np.zeros(z.shape).",
        _evidence(exercise, attempt, subject),
    )
    return replace(finding, read=_section(exercise))


# The evidence


def _evidence(exercise, attempt, subject, function=None):
    """Return the entry that is furthest off, with the inputs at the same place."""
    error, wanted = attempt.came.error, _describe(attempt.wanted.parts)
    how = _by_hand(exercise, attempt, subject)
    if error is not None:
        said = f"{type(error).__name__}: {error}{_line(error, function)}"
        return Evidence(attempt.case.label, said, wanted, how)
    if not attempt.comparable:
        came = attempt.came
        said = came.warned or came.complaint or _describe(came.parts)
        return Evidence(attempt.case.label, said, "no warning" if came.warned else wanted, how)
    came, wanted = attempt.pair()
    with np.errstate(invalid="ignore"):
        distance = np.where(np.isfinite(came), abs(came - wanted.astype(float)), np.inf)
    index = tuple(int(i) for i in np.unravel_index(np.argmax(distance), distance.shape))
    place = _place(exercise, attempt, index)
    shown = [f"{_tidy(each, wanted)[index]:.6g}" for each in (came, wanted)]
    return Evidence(place, *shown, how, _ratios(attempt))


def _line(error, function):
    """Return where in the learner's program an error arose, with the line; "" if it did not."""
    house = Path(__file__).parents[1]
    frames = traceback.extract_tb(error.__traceback__)
    if all(Path(frame.filename).is_relative_to(house) for frame in frames):
        return ""
    return own_line(error, function if inspect.isroutine(function) else None)[0]


def _elementwise(exercise):
    """Whether all arrays that come and go have one shape, so that entries belong together."""
    for case in exercise.cases:
        shapes = {each.shape for each in case.args if isinstance(each, np.ndarray)}
        if len(shapes) != 1 or any(isinstance(each, list) for each in case.args):
            return False
    return True


def _place(exercise, attempt, index):
    """Return the name of an entry, and the arguments that stand at the same place."""
    position = f"[{', '.join(map(str, index))}]" if index else ""
    part, shape = attempt.wrong_part, attempt.pair()[1].shape
    entry = f"{part}{position}" if part else f"entry {position}" if position else ""
    alone = _elementwise(exercise)
    pairs = zip(argument_names(exercise), attempt.case.args, strict=False) if alone else ()
    inputs = [
        f"{name}{position} = {value[index]:g}"
        for name, value in pairs
        if position and isinstance(value, np.ndarray) and value.shape == shape
    ]
    return ", ".join(filter(None, [attempt.case.label, entry, *inputs]))


def _by_hand(exercise, attempt, subject):
    """Return how to repeat the call, where the check calls the function directly."""
    if exercise.name == "Value" or attempt.case.drawn:
        return ""
    number = exercise.cases.index(attempt.case) + 1
    return f'{subject}(*bp.exercises.arguments("{exercise.name}", {number})) repeats this call'


def _ratios(attempt):
    """Return the ratio table, if there is more than one number to compare."""
    wanted = attempt.wanted.parts
    if any(part.dtype.kind != "f" for part in wanted.values()):
        return ()
    single = sum(part.size for part in wanted.values()) == 1
    return () if single else tuple(_ratio(part, attempt) for part in wanted)


def _ratio(part, attempt):
    """Return how a part came beside what was wanted."""
    came, wanted = attempt.came.parts[part].ravel(), attempt.wanted.parts[part].ravel()
    right = close(attempt.came.parts[part], attempt.wanted.parts[part], attempt.case.tolerance)
    there = wanted != 0
    if came.size != wanted.size or not there.any():
        return Ratio(part or "result", float("nan"), False, right)
    with np.errstate(invalid="ignore", over="ignore"):
        quotients = came[there] / wanted[there]
        middle = float(np.median(quotients))
        constant = bool((abs(quotients - middle) <= 1e-3 * abs(middle)).all())
    return Ratio(part or "result", middle, constant, right)
