"""Calls of a learner's function for one step, and comparisons of what came with what was wanted."""

import contextlib
import inspect
import io
import re
import warnings
from dataclasses import dataclass, replace

import numpy as np

from bpcourse.diagnosis import grain
from bpcourse.exercises.step import Case, SkippedCase, _call, fresh

# Numbers below this are compared as they are, not relative to the largest one.
_SMALL = 1e-3
# What float32 may differ by, and two calls with the same arguments.
_SINGLE, _REPEATED = 2e-3, 1e-9


@dataclass(frozen=True)
class Came:
    """What one call gave.

    Attributes
    ----------
    parts : dict from str to ndarray, or None
        The result as named arrays; None if there is nothing to compare.
    error : Exception or None
        What the call raised.
    complaint : str
        What is wrong with a result that can't be read.
    warned : str
        The first warning of NumPy.
    changed : str
        The first argument that the call changed in place.
    """

    parts: dict | None = None
    error: BaseException | None = None
    complaint: str = ""
    warned: str = ""
    changed: str = ""


@dataclass(frozen=True)
class Attempt:
    """A case with what came, what came when it was called again, and what was wanted."""

    case: Case
    came: Came
    again: Came
    wanted: Came

    @property
    def passed(self):
        """Whether this is right."""
        return self.came.parts is not None and self.wrong_part is None

    @property
    def steady(self):
        """Whether the second call gave the same as the first."""
        return same(self.came, self.again, _REPEATED)

    @property
    def wrong_part(self):
        """The name of the first part that is wrong, missing or too much, or None."""
        came, wanted = self.came.parts or {}, self.wanted.parts
        if list(came) != list(wanted):
            return next(name for name in [*wanted, *came] if (name in came) != (name in wanted))
        wrong = (p for p in wanted if not close(came[p], wanted[p], self.case.tolerance))
        return next(wrong, None)

    @property
    def comparable(self):
        """Whether the wrong part has the wanted shape, so that its numbers can be compared."""
        part, came, wanted = self.wrong_part, self.came.parts or {}, self.wanted.parts
        return part in came and part in wanted and _fits(came[part], wanted[part])

    def pair(self):
        """Return what came and what was wanted for the wrong part."""
        part = self.wrong_part
        came, wanted = self.came.parts[part], self.wanted.parts[part]
        return (came.reshape(wanted.shape) if _fits(came, wanted) else came), wanted


def attempts(exercise, function, topic):
    """Return the attempts at the cases of a topic, and notes on those that do not apply."""
    tried, notes = [], []
    for case in exercise.cases:
        if case.topic == topic:
            try:
                came, again = (call(exercise, case, function, exercise.run) for _ in range(2))
            except SkippedCase as reason:
                notes.append(str(reason))
                continue
            tried.append(Attempt(case, came, again, call(exercise, case, exercise.right)))
    return tried, notes


def call(exercise, case, function, run=None):
    """Call a function on fresh arguments, with its prints and warnings held back."""
    args = fresh(case.args)
    with (
        warnings.catch_warnings(record=True) as caught,
        contextlib.redirect_stdout(io.StringIO()),
        np.errstate(divide="warn", over="warn", invalid="warn", under="ignore"),
    ):
        warnings.simplefilter("always")
        try:
            result = run(function, args) if run else function(*args)
            if inspect.isgenerator(result):
                result = list(result)
        except SkippedCase:
            raise
        except (Exception, SystemExit) as error:
            return Came(error=error)
        came = _read(exercise, result)
    warned = (str(each.message) for each in caught if issubclass(each.category, RuntimeWarning))
    return replace(came, warned=next(warned, ""), changed=_changed(exercise, args, case.args))


def _read(exercise, result):
    """Return a result as named arrays of numbers, or with a complaint."""
    if result is None:
        return Came(complaint="None")
    try:
        return Came({name: _array(value) for name, value in exercise.unpack(result).items()})
    except ValueError as error:
        return Came(complaint=str(error))
    except Exception as error:  # a strange object may fail in any way when it is looked at
        return Came(complaint=f"something that can't be read ({type(error).__name__}: {error})")


def _array(value):
    try:
        array = np.asarray(value)
    except ValueError:
        raise ValueError("lists of different lengths") from None
    if array.dtype.kind not in "fiub":
        what = f"an array of dtype {array.dtype}" if array.ndim else f"a {type(value).__name__}"
        raise ValueError(what)
    return array


def argument_names(exercise):
    """Return the names of the arguments in an exercise's signature."""
    return re.findall(r"[A-Za-z]\w*", exercise.signature.partition("(")[2])


def _changed(exercise, after, before):
    """Return the name of the first argument that a call changed, or ""."""
    for name, one, other in zip(argument_names(exercise), after, before, strict=False):
        if not _unchanged(one, other):
            return name
    return ""


def _unchanged(one, other):
    if isinstance(other, np.ndarray):
        # Rounding is left over where x[i] is moved and put back.
        return one.shape == other.shape and np.allclose(one, other, rtol=1e-9, atol=1e-12)
    if isinstance(other, list | tuple):
        return len(one) == len(other) and all(map(_unchanged, one, other))
    return one is other or bool(np.all(one == other))


def _fits(came, wanted):
    """Whether two arrays have the same shape; a single number may have any."""
    return came.shape == wanted.shape or (wanted.ndim == 0 and came.size == 1)


def close(came, wanted, tolerance):
    """Whether two arrays agree, NaN and infinity included; a single number may have any shape."""
    if not _fits(came, wanted):
        return False
    came = came.reshape(wanted.shape)
    finite = np.isfinite(wanted)
    if not np.array_equal(came[~finite], wanted[~finite], equal_nan=True):
        return False
    if not finite.any():
        return True
    single = came.dtype.kind == "f" and came.dtype.itemsize < 8
    allowed = max(tolerance, _SINGLE) if single else tolerance
    scale = max(abs(wanted[finite]).max(), _SMALL)
    difference = came[finite] - wanted[finite].astype(float)
    return bool((abs(difference) <= allowed * scale).all())  # False for NaN


def measured(exercise, function, tried):
    """Return to how many digits right results are finite differences; 0 if they are none.

    Where a difference is what was asked for, the right answer is one itself.
    """
    if exercise.run is not _call:
        return 0
    near = [each for each in tried if not each.case.far]
    found = [
        grain.digits(_grain(exercise, e.case, function), *map(_vector, (e.came, e.wanted)))
        for e in near
    ]
    if not any(found):
        return 0
    asked = any(grain.is_measured(_grain(exercise, e.case, exercise.right)) for e in near)
    return 0 if asked else min(filter(None, found))


def _grain(exercise, case, function):
    def numbers(*args):
        return _vector(call(exercise, replace(case, args=args), function))

    return grain.grain(numbers, case.args)


def _vector(came):
    parts = (came.parts or {"": np.nan}).values()
    return np.concatenate([np.ravel(np.asarray(each, float)) for each in parts])


def same(one, other, tolerance):
    """Whether two calls gave the same: the same numbers, or the same kind of failure."""
    if one.parts is None or other.parts is None:
        failed = one.parts is None and other.parts is None
        return failed and type(one.error) is type(other.error) and one.complaint == other.complaint
    return list(one.parts) == list(other.parts) and all(
        close(one.parts[p], other.parts[p], tolerance) for p in other.parts
    )
