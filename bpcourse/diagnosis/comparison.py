"""When two arrays are the same."""

import numpy as np

# Rounding around zero, such as that of a sum of errors that cancel.
_FLOOR = 1e-13


def is_unchanged(after, original):
    """Say whether an array is as it was, but for the rounding of a step there and back."""
    if np.shape(after) != np.shape(original):
        return False
    scale = max(1.0, abs(original).max(initial=0))
    return bool(np.abs(after - original).max(initial=0) <= 1e-12 * scale)


def all_numbers(came):
    """Return all numbers that came, in one vector."""
    arrays = [np.ravel(a) for a in (*came.w.values(), *came.b.values()) if a is not None]
    return np.concatenate([np.zeros(0), *arrays])


def same_results(first, second):
    return same(all_numbers(first), all_numbers(second), 1e-9)


def same(one, other, tolerance):
    """Say whether two arrays agree, relative to the largest entry of either."""
    if one.shape != other.shape:
        return False
    scale = max(abs(one).max(initial=0), abs(other).max(initial=0))
    difference = abs(one - other).max(initial=0)
    return bool(np.isfinite(scale) and difference <= tolerance * scale + _FLOOR)
