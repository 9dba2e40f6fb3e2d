"""Checks that every public function makes at its door.

Each one says what came, what was wanted and what to do about it. They return the array to use, so
that a caller writes ``x = columns("x", x, n)`` and goes on.
"""

import functools
import math
import numbers

import numpy as np

# For functions of arrays in which NaN and infinity pass: NumPy's warnings would say nothing sure
# about them, because products of finite float32 numbers may raise the same flags.
silent = np.errstate(all="ignore")


def real(name, value, *, minimum=None, above=None, below=None, maximum=None):
    """Return a finite real number as a Python float (float32 arrays stay float32 beside it)."""
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        raise TypeError(f"{name} is {value!r}, want a real number")
    try:
        number = float(value)
    except OverflowError:  # a whole number of more than 308 digits
        raise ValueError(f"{name} is beyond the range of float64, want a smaller number") from None
    if not np.isfinite(number):
        raise ValueError(f"{name} is {number}, want a finite number")
    if minimum is not None and number < minimum:
        raise ValueError(f"{name} is {number:g}, want {minimum:g} or more")
    if above is not None and number <= above:
        raise ValueError(f"{name} is {number:g}, want more than {above:g}")
    if below is not None and number >= below:
        raise ValueError(f"{name} is {number:g}, want less than {below:g}")
    if maximum is not None and number > maximum:
        raise ValueError(f"{name} is {number:g}, want {maximum:g} or less")
    return number


def integer(name, value, *, minimum=-math.inf):
    """Return a whole number of at least ``minimum`` as a Python int."""
    plain = type(value) is int  # the usual case, at a third of the time
    if not plain and (isinstance(value, bool) or not isinstance(value, numbers.Integral)):
        raise TypeError(f"{name} is {value!r}, want a whole number")
    if value < minimum:
        raise ValueError(f"{name} is {value}, want {minimum} or more")
    return int(value)


def flag(name, value):
    """Return True or False; 1 or an array in the place of a switch is a slip."""
    if not isinstance(value, bool | np.bool_):
        raise TypeError(f"{name} is {value!r}, want True or False")
    return bool(value)


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
    if getattr(name, "__hash__", None) is None or name not in known:
        import difflib  # of use only here, when a name is unknown

        near = difflib.get_close_matches(str(name).lower(), known, 1)
        meant = f"; did you mean {near[0]!r}?" if near else ""
        raise ValueError(f"unknown {kind} {name!r}; known: {', '.join(known)}{meant}")
    return known[name]


def sequence(name, value, want):
    """Return the members of a list, tuple or the like in a list; a text or a number is none."""
    if isinstance(value, str | bytes) or not np.iterable(value):
        raise TypeError(f"{name} is {value!r}, want {want}")
    return list(value)


def array_of(name, value):
    """Return ``value`` as an array, or say why it is none; an array of NumPy's comes back itself.

    A masked array is refused, because NumPy would drop its mask and count what it hides.
    """
    if np.ma.is_masked(value):
        raise TypeError(
            f"{name} is a masked array, and its mask would be lost; leave the masked entries out, "
            f"or put numbers in their place with {name}.filled(...)"
        )
    try:
        return np.asarray(value)
    except (ValueError, TypeError) as error:
        raise type(error)(
            f"{name} is {type(value).__name__} that makes no array ({error}); want numbers, in "
            "rows of one length"
        ) from None


def floating(name, value, dtype=None):
    """Return ``value`` as an array of floating-point or complex numbers, all of them finite.

    Whole numbers are converted. With ``dtype``, the precision must be that of ``dtype``: a float64
    array beside a float32 network is an error, not a silent promotion.
    """
    array = converted(name, value, dtype)
    finite(name, array)
    return array


def converted(name, value, dtype=None):
    """Do as :func:`floating`, but let NaN and infinity pass."""
    array = array_of(name, value)
    if array.dtype.kind in "iub":
        return array.astype(np.float64 if dtype is None else dtype)
    precision(name, array.dtype)
    if dtype is not None:
        same_precision(name, array, dtype)
    return array


def precision(name, dtype):
    """Return a dtype that the package computes in, or refuse it."""
    try:
        dtype = np.dtype(dtype)
    except (TypeError, ValueError):
        raise TypeError(f"{name} has dtype {dtype!r}, want np.float32 or np.float64") from None
    if dtype.type not in (np.float32, np.float64, np.complex64, np.complex128):
        raise TypeError(
            f"{name} has dtype {dtype}, want float32 or float64 "
            "(or complex, for a complex step); convert it with .astype(np.float64)"
        )
    return dtype


def same_precision(name, array, dtype):
    """Refuse an array whose precision is not that of ``dtype`` (complex counts as its parts)."""
    if array.dtype == dtype:
        return
    came, wanted = np.finfo(array.dtype).dtype, np.finfo(dtype).dtype
    if came != wanted:
        raise TypeError(
            f"{name} has dtype {array.dtype}, want {wanted} like the network; "
            f"pass {name}.astype(np.{wanted})"
        )


def all_finite(array):
    """Return whether every entry is finite."""
    # One product, much faster than a look at each entry: a finite sum of squares is proof. An
    # infinite one may have overflowed by itself.
    squares = np.vdot(array, array)
    return math.isfinite(squares.real) or bool(np.isfinite(array).all())


def finite(name, array):
    """Refuse NaN and infinity, and say where the first one is."""
    if not all_finite(array):
        good = np.isfinite(array)
        where = np.unravel_index(np.argmin(good), good.shape)
        place = ", ".join(str(int(i)) for i in where)
        count = int((~good).sum())
        raise ValueError(
            f"{name}[{place}] is {array[where]} ({count} of {array.size} entries are not finite); "
            f"want finite numbers everywhere"
        )


def columns(name, value, rows, dtype=None):
    """Return ``value`` as an array (rows, m), one example per column, m at least 1."""
    array = array_of(name, value)
    if array.ndim != 2 or array.shape[0] != rows or array.shape[1] == 0:
        came, want = f"{name} has shape {array.shape}", f"want ({rows}, m): one example per column"
        raise ValueError(f"{came}, {want}{_columns_hint(name, array, rows)}")
    return floating(name, array, dtype)


def _columns_hint(name, array, rows):
    if array.shape == (rows,):
        return f"; for a single example pass {name}[:, None]"
    if array.ndim == 1 and rows == 1:
        return f"; for one number per example pass {name}[None, :]"
    if array.ndim != 2:
        return "; use two axes"
    if array.shape[0] == rows:
        return ", m at least 1; this is an empty batch"
    return f". From rows, pass {name}.T or use Dataset.from_rows" if array.shape[1] == rows else ""


def outputs_and_targets(a, y):
    """Return a and y as arrays of one shape (n_L, m); NumPy would broadcast some other shapes."""
    a, y = array_of("a", a), array_of("y", y)
    if a.ndim != 2 or a.shape != y.shape:
        raise ValueError(
            f"a has shape {a.shape} and y has shape {y.shape}; "
            "want the same shape (n_L, m) for both: one example per column"
        )
    a = converted("a", a)
    return a, converted("y", y, a.dtype)


def shaped(name, value, wanted, like=None):
    """Return ``value`` as an array of numbers of a shape, in the precision of the array ``like``.

    ``wanted`` has a number for a length that is known, a letter for one that is free, and "..." for
    any axes between: (3, "m"), ("...", "d", "T"); no axis may be empty. Whole numbers are
    converted. NaN and infinity pass: a look at every number would take as long as many a layer.
    """
    array = value
    if type(value) is not np.ndarray or value.dtype.char not in "fdFD":
        array = converted(name, array_of(name, value))
        if like is not None and np.asarray(value).dtype.kind in "iub":
            array = array.astype(like.real.dtype)  # whole numbers become what stands beside them
    shape(name, array, wanted)
    if not array.size:
        raise ValueError(f"{name} has shape {array.shape}, want no axis without entries")
    if like is not None and array.dtype != like.dtype:
        came, want = (np.finfo(each.dtype).dtype for each in (array, like))
        if came != want:
            raise TypeError(
                f"{name} has dtype {array.dtype}, want {want} like the other arrays; "
                f"pass {name}.astype(np.{want})"
            )
    return array


def tokens(name, value, vocabulary, *axes):
    """Return whole numbers from 0 to below ``vocabulary``, in an array with one of the axes."""
    array = array_of(name, value)
    if len(array.shape) not in map(len, axes) or not array.size:
        want = " or ".join(f"({', '.join(each)})" for each in axes)
        raise ValueError(f"{name} has shape {array.shape}, want {want}, no axis without entries")
    if array.dtype.kind not in "iu":
        raise TypeError(f"{name} have dtype {array.dtype}, want whole numbers from 0")
    if array.min() < 0 or array.max() >= vocabulary:
        bad = array[(array < 0) | (array >= vocabulary)][0]
        raise ValueError(f"token {bad} is out of range, want 0 to {vocabulary - 1}")
    return array


def shape(name, array, wanted):
    """Refuse an array of another shape; see :func:`shaped`."""
    if not _fits(array.shape, wanted):
        axes = ", ".join(map(str, wanted)) + ("," if len(wanted) == 1 else "")
        raise ValueError(f"{name} has shape {array.shape}, want ({axes})")


@functools.lru_cache(maxsize=1024)  # the same few shapes come again and again in a loop
def _fits(came, wanted):
    if "..." in wanted:
        before = wanted.index("...")
        after = len(wanted) - 1 - before
        if len(came) < before + after:
            return False
        came = came[:before] + came[len(came) - after :]
        wanted = wanted[:before] + wanted[before + 1 :]
    return len(came) == len(wanted) and all(
        want == length or isinstance(want, str) for length, want in zip(came, wanted, strict=True)
    )
