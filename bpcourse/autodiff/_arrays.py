"""What the array engine lets in, and what it does not let out: the checks behind ``Tensor``.

Everything in a graph is finite, with one exception. Minus infinity is the logarithm of 0, and so
a mask: softmax gives the entry the probability 0. It may come in, and an operation may pass it on,
but no operation makes one from finite numbers.
"""

import math
import numbers

import numpy as np

HINT = (
    "A branch that where() discards is computed all the same, and so is its derivative: keep the "
    "operand away from the singular place first, as in where(c, where(c, x, 1).log(), 0)"
)

LARGE = "No float is that large: scale the numbers down"


def frozen(array):
    """Return a new array after making it read-only."""
    array = np.asarray(array)
    array.flags.writeable = False
    return array


def own(array):
    """Return the array if nobody can write to it, or else a read-only copy of it."""
    source = array
    while isinstance(source, np.ndarray) and not source.flags.writeable:
        source = source.base
    return array if source is None else frozen(array.copy(order="K"))


def real(name, value, *, dtype=None, mask=False):
    """Return an array of real numbers in the given precision, or in its own if that is None."""
    array = _array(name, value)
    if array.dtype.kind in "biu":
        array = array.astype(dtype or np.float64)
    if array.dtype not in (np.float32, np.float64):
        kind = type(value).__name__
        raise TypeError(f"{name} ({kind}) has dtype {array.dtype}, want float32 or float64")
    if dtype is not None and array.dtype != dtype:
        raise TypeError(f"{name} has dtype {array.dtype}, want {dtype}; use .astype(np.{dtype})")
    if not _finite(array) and (bad := _first_bad(array, mask=mask)):
        raise ValueError(f"{name}, entry {bad[0]}, is {bad[1]}; want finite numbers")
    return array


def _array(name, value):
    """Return an array_like as an array; say what it is if it is none."""
    if np.ma.is_masked(value):
        raise TypeError(f"{name} is a masked array, whose mask would be lost; pass .filled(number)")
    try:
        return np.asarray(value)
    except ValueError as error:
        raise ValueError(f"{name} is no array, its rows differ in length: {error}") from error


def _finite(array):
    """Return whether no entry is NaN or infinite; a few finite ones beyond 1e150 may fail too."""
    # The sum of squares: of all ways to look at every entry the quickest.
    return math.isfinite(np.vdot(array, array))


def _first_bad(array, *, mask):
    """Return place and value of the first entry that is not finite, or None. A mask has -inf."""
    good = np.isfinite(array)
    if mask:
        good |= array == -np.inf
    if good.all():
        return None
    place = tuple(int(i) for i in np.argwhere(~good)[0])
    return place, array[place]


def operand(name, x, dtype):
    """Return a constant operand: an array of our own, or a number."""
    if isinstance(x, np.ndarray | np.bool_):
        x = _array(f"an operand of {name}", x)
        if x.dtype != bool:
            x = real(f"an operand of {name}", x, dtype=dtype, mask=True)
        return own(x)
    if isinstance(x, numbers.Real):
        try:
            # A Python number: a NumPy one of 64 bits would turn float32 into float64.
            number = float(x)
        except OverflowError:
            number = math.inf
        if number < math.inf:
            return number
    raise TypeError(
        f"{name} of a Tensor and {x!r}: want a Tensor, an array or a finite number; a graph "
        "belongs to one engine, so make a Tensor of it first"
    )


@np.errstate(all="ignore")
def computed(name, operation, arrays):
    """Return the result of an operation; say what came where it does not fit or is not finite."""
    try:
        y = operation(*arrays)
    except (ValueError, IndexError) as error:
        kind = IndexError if name == "getitem" else ValueError
        raise kind(f"{name} of {_shapes(arrays)}: {error}") from error
    if not _finite(y) and (bad := _first_bad(y, mask=_masked(arrays))):
        raise ValueError(
            f"{name} of {_shapes(arrays)} has {bad[1]} at entry {bad[0]}, want finite numbers. "
            + _hint(name, operation, arrays)
        )
    return y


def _hint(name, operation, arguments):
    """Return what to do about a result that is not finite: numbers too large, or a pole."""
    try:
        with np.errstate(over="raise"):
            operation(*arguments)
    except FloatingPointError:
        return LARGE
    return LARGE if name == "matmul" else HINT


@np.errstate(all="ignore")
def contribution(name, rule, g, y, arrays):
    """Return what a rule makes of the gradient g; say so where it is not finite."""
    part = np.asarray(rule(g, y, *arrays))
    if not _finite(part) and (bad := _first_bad(part, mask=False)):
        raise ValueError(
            f"the gradient through {name} of {_shapes(arrays)} has {bad[1]} at entry {bad[0]}, "
            f"want finite numbers. {_hint(name, rule, (g, y, *arrays))}"
        )
    return part


def _masked(arrays):
    """Return whether an operand has -inf to pass on."""
    operands = [x for x in arrays if isinstance(x, np.ndarray | float)]
    return any(np.isneginf(x).any() for x in operands)


def _shapes(arrays):
    shapes = [str(x.shape) for x in arrays if isinstance(x, np.ndarray)]
    return "shape " + " and ".join(shapes)


def whole(name, value):
    """Return a whole number as a Python int."""
    if isinstance(value, bool | np.bool_) or not isinstance(value, numbers.Integral):
        raise TypeError(f"{name} is {value!r}, want a whole number")
    return int(value)


def wholes(name, values):
    """Return the whole numbers of a shape or of an order of axes, given one by one or together."""
    if len(values) == 1 and isinstance(values[0], tuple | list):
        values = values[0]
    return tuple(whole(f"an entry of {name}", value) for value in values)


def lengths(shape):
    """Return a shape as a tuple of lengths, 0 or more."""
    if not isinstance(shape, tuple | list):
        raise TypeError(f"shape is {shape!r}, want a tuple of whole numbers, such as (3,)")
    found = wholes("shape", (shape,))
    if any(n < 0 for n in found):
        raise ValueError(f"shape is {shape!r}, want lengths of 0 or more")
    return found


def fits(shape, index, whole_shape):
    """Refuse an index that an array of a shape does not have, or where it has another shape."""
    try:
        there = np.broadcast_to(0.0, whole_shape)[index].shape
    except (IndexError, ValueError) as error:
        raise ValueError(f"an array of shape {whole_shape} has no such index: {error}") from None
    if there != shape:
        raise ValueError(
            f"x has shape {shape}, and an array of shape {whole_shape} has {there} at this index; "
            "want the same"
        )


def axes(axis):
    """Return an axis as a Python int, a tuple of them, or None for all."""
    if axis is None:
        return None
    if isinstance(axis, tuple | list):
        return tuple(whole("an entry of axis", k) for k in axis)
    return whole("axis", axis)


def flag(name, value):
    """Return a setting that is on or off."""
    if not isinstance(value, bool | np.bool_):
        raise TypeError(f"{name} is {value!r}, want True or False")
    return bool(value)


def index_part(part):
    """Return one part of an index; a list or array as an array of our own."""
    if part is None or part is Ellipsis or isinstance(part, int | np.integer | slice):
        return part
    array = np.array(_array("the index", part))
    return frozen(array.astype(int) if array.size == 0 else array)


def margins(widths, ndim):
    """Return the widths of a padding: a pair (before, after) of whole numbers for each axis."""
    pairs = isinstance(widths, tuple | list) and all(
        isinstance(pair, tuple | list | np.ndarray) and len(pair) == 2 for pair in widths
    )
    if not pairs or len(widths) != ndim:
        raise ValueError(f"widths are {widths!r}, want a pair (before, after) for {ndim} axes")
    return tuple(tuple(whole("a width", n) for n in pair) for pair in widths)
