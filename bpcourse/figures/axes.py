"""Axes to draw on, and checks of what is drawn."""

import numbers
from collections.abc import Mapping

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes

from bpcourse import _checks


def axes_or_new(ax, width=6.5, height=3.8):
    """Return the caller's axes, or axes in a new figure of this size in inches."""
    if ax is None:
        return plt.subplots(figsize=(width, height), layout="constrained")[1]
    if not isinstance(ax, Axes):
        raise TypeError(
            f"ax is {type(ax).__name__}, want one matplotlib axes; fig, ax = plt.subplots() "
            "makes one"
        )
    return ax


def whole(name, value):
    """Return a whole number of any sign; where it must lie is for the caller to say."""
    if isinstance(value, bool) or not isinstance(value, numbers.Integral):
        raise TypeError(f"{name} is {value!r}, want a whole number")
    return int(value)


def finite_vector(name, values):
    """Return ``values`` as a vector of finite float64 numbers."""
    array = real_array(name, values)
    if array.ndim != 1 or not array.size:
        raise ValueError(f"{name} has shape {array.shape}, want one axis and at least one number")
    return array


def real_array(name, values):
    """Return ``values`` as an array of finite float64 numbers."""
    array = _checks.array_of(name, values)
    if array.dtype.kind not in "biuf":
        raise TypeError(f"{name} is {values!r}, want real numbers")
    array = array.astype(float)
    _checks.finite(name, array)
    return array


def positive_vector(name, values, like=None):
    """Return ``values`` as a vector of positive numbers, as long as the vector ``like``."""
    array = finite_vector(name, values)
    if like is not None and array.shape != like.shape:
        raise ValueError(f"{name} has {array.size} numbers, want {like.size}: one for each point")
    bad = np.flatnonzero(array <= 0)
    if bad.size:
        raise ValueError(
            f"{name}[{bad[0]}] is {array[bad[0]]:g}, which has no place on a logarithmic scale; "
            "want positive numbers. Leave the point out, or put a floor under it and say so"
        )
    return array


def named_curves(name, curves, like):
    """Return the values of curves by name, each as long as the vector ``like``."""
    if not isinstance(curves, Mapping) or not curves:
        raise TypeError(f"{name} is {curves!r}, want values by name, such as {{'central': [...]}}")
    return {
        key: positive_vector(f"{name}[{key!r}]", values, like=like)
        for key, values in curves.items()
    }


def text_by_key(name, texts):
    """Return texts by what they belong to; none is as good as an empty dict."""
    if texts is None:
        return {}
    if not isinstance(texts, Mapping):
        raise TypeError(f"{name} is {texts!r}, want texts in a dict, such as {{(2, 1): '0.59'}}")
    return dict(texts)


def low_and_high(limits):
    """Return the two ends of a range."""
    ends = finite_vector("limits", limits)
    low, high = ends if ends.size == 2 else (0.0, 0.0)
    if not low < high:
        raise ValueError(f"limits is {limits!r}, want the lower and the upper end, as (-1, 1)")
    return float(low), float(high)
