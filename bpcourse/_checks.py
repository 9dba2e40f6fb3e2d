"""Checks that every public function makes at its door.

Each one says what came, what was wanted and what to do about it. They return the array to use, so
that a caller writes ``x = columns("x", x, n)`` and goes on.
"""

import numbers
import sys
import warnings

import numpy as np


def real(name, value, *, minimum=None, above=None, below=None):
    """Return a finite real number as a Python float (float32 arrays stay float32 beside it)."""
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        raise TypeError(f"{name} is {value!r}, want a real number")
    number = float(value)
    if not np.isfinite(number):
        raise ValueError(f"{name} is {number}, want a finite number")
    if minimum is not None and number < minimum:
        raise ValueError(f"{name} is {number:g}, want {minimum:g} or more")
    if above is not None and number <= above:
        raise ValueError(f"{name} is {number:g}, want more than {above:g}")
    if below is not None and number >= below:
        raise ValueError(f"{name} is {number:g}, want less than {below:g}")
    return number


def integer(name, value, *, minimum):
    """Return a whole number of at least ``minimum`` as a Python int."""
    if isinstance(value, bool) or not isinstance(value, numbers.Integral):
        raise TypeError(f"{name} is {value!r}, want a whole number")
    if value < minimum:
        raise ValueError(f"{name} is {value}, want {minimum} or more")
    return int(value)


def generator(rng):
    """Return ``rng`` if it is a NumPy random generator."""
    if not isinstance(rng, np.random.Generator):
        raise TypeError(
            f"rng is {rng!r}, want a numpy.random.Generator; "
            "make one with np.random.default_rng(seed)"
        )
    return rng


def lookup(kind, value, known):
    """Return ``value`` itself, or the member of ``known`` (a dict by name) that it names."""
    if isinstance(value, str):
        return lookup_name(kind, value, known)
    if not isinstance(value, type(next(iter(known.values())))):
        raise TypeError(f"{kind} is {value!r}, want one of {', '.join(known)}, or its name")
    return value


def lookup_name(kind, name, known):
    """Return the entry of ``known`` (a dict) called ``name``."""
    if name not in known:
        import difflib  # of use only here, when a name is unknown

        near = difflib.get_close_matches(str(name).lower(), known, 1)
        meant = f"; did you mean {near[0]!r}?" if near else ""
        raise ValueError(f"unknown {kind} {name!r}; known: {', '.join(known)}{meant}")
    return known[name]


def floating(name, value, dtype=None):
    """Return ``value`` as an array of floating-point or complex numbers, all of them finite.

    Whole numbers are converted, with a warning. With ``dtype``, the precision must be that of
    ``dtype``: a float64 array beside a float32 network is an error, not a silent promotion.
    """
    array = converted(name, value, dtype)
    finite(name, array)
    return array


def converted(name, value, dtype=None):
    """Do as :func:`floating`, but let NaN and infinity pass."""
    array = np.asarray(value)
    if array.dtype.kind in "iub":
        wanted = np.dtype(np.float64 if dtype is None else dtype)
        warnings.warn(
            f"{name} holds whole numbers ({array.dtype}); converted to {wanted}. "
            f"To convert it yourself, pass np.asarray({name}, np.{wanted})",
            stacklevel=_level_outside(),
        )
        array = array.astype(wanted)
    precision(name, array.dtype)
    if dtype is not None:
        same_precision(name, array, dtype)
    return array


def _level_outside():
    """Return the stacklevel at which a warning points at the line that called the package."""
    frame, level = sys._getframe(1), 1
    while frame.f_back and frame.f_globals.get("__name__", "").partition(".")[0] == "bpcourse":
        frame, level = frame.f_back, level + 1
    return level


def precision(name, dtype):
    """Return a dtype that the package computes in, or refuse it."""
    if np.dtype(dtype).type not in (np.float32, np.float64, np.complex64, np.complex128):
        raise TypeError(
            f"{name} has dtype {np.dtype(dtype)}, want float32 or float64 "
            "(or complex, for a complex step); convert it with .astype(np.float64)"
        )
    return np.dtype(dtype)


def same_precision(name, array, dtype):
    """Refuse an array whose precision is not that of ``dtype`` (complex counts as its parts)."""
    came, wanted = np.finfo(array.dtype).dtype, np.finfo(dtype).dtype
    if came != wanted:
        raise TypeError(
            f"{name} has dtype {array.dtype}, want {wanted} like the network; "
            f"pass {name}.astype(np.{wanted})"
        )


def finite(name, array):
    """Refuse NaN and infinity, and say where the first one is."""
    good = np.isfinite(array)
    if not good.all():
        where = np.unravel_index(np.argmin(good), good.shape)
        place = ", ".join(str(int(i)) for i in where)
        count = int((~good).sum())
        raise ValueError(
            f"{name}[{place}] is {array[where]} ({count} of {array.size} entries are not finite); "
            f"want finite numbers everywhere"
        )


def columns(name, value, rows, dtype=None):
    """Return ``value`` as an array (rows, m), one example per column, m at least 1."""
    array = np.asarray(value)
    want = f"want ({rows}, m): one example per column"
    if array.ndim != 2:
        raise ValueError(f"{name} has shape {array.shape}, {want}; {_axis_hint(name, array, rows)}")
    if array.shape[0] != rows:
        hint = ""
        if array.shape[1] == rows:
            hint = f". From rows, pass {name}.T or use Dataset.from_rows"
        raise ValueError(f"{name} has shape {array.shape}, {want}{hint}")
    if array.shape[1] == 0:
        raise ValueError(f"{name} has shape {array.shape}: an empty batch; {want}, m at least 1")
    return floating(name, array, dtype)


def _axis_hint(name, array, rows):
    if array.shape == (rows,):
        return f"for a single example pass {name}[:, None]"
    if array.ndim == 1 and rows == 1:
        return f"for one number per example pass {name}[None, :]"
    return "use two axes"


def outputs_and_targets(a, y):
    """Return a and y as arrays of one shape (n_L, m); NumPy would broadcast some other shapes."""
    a, y = np.asarray(a), np.asarray(y)
    if a.ndim != 2 or a.shape != y.shape:
        raise ValueError(
            f"a has shape {a.shape} and y has shape {y.shape}; "
            "want the same shape (n_L, m) for both: one example per column"
        )
    a = converted("a", a)
    return a, converted("y", y, a.dtype)


def shape(name, array, wanted, like=None):
    """Refuse an array of another shape, or of another precision than the array ``like``.

    ``wanted`` has a number for a length that is known, and a letter for one that is free: (3, "m").
    """
    fits = len(array.shape) == len(wanted) and all(
        isinstance(want, str) or came == want
        for came, want in zip(array.shape, wanted, strict=True)
    )
    if not fits:
        axes = ", ".join(map(str, wanted)) + ("," if len(wanted) == 1 else "")
        raise ValueError(f"{name} has shape {array.shape}, want ({axes})")
    if like is not None and array.dtype != like.dtype and array.dtype.kind == like.dtype.kind:
        raise TypeError(
            f"{name} has dtype {array.dtype}, want {like.dtype} like the other arrays; "
            f"pass {name}.astype(np.{like.dtype})"
        )
