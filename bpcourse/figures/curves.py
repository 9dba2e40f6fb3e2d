"""Curves: training, errors, step sizes, costs, activations."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import cycle
from typing import TYPE_CHECKING, Literal

import numpy as np
from matplotlib.ticker import FuncFormatter, MaxNLocator

from bpcourse import _checks
from bpcourse.activations import ACTIVATIONS, Activation
from bpcourse.backprop import Gradient
from bpcourse.figures.axes import axes_or_new, low_and_high, named_curves, positive_vector
from bpcourse.figures.labels import label_ends, label_lowest, two_digits, write_at
from bpcourse.figures.style import PALETTE, SERIES
from bpcourse.training import History

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import ArrayLike


def history(
    history: History, *, ax: Axes | None = None, quantity: Literal["cost", "accuracy"] = "cost"
) -> Axes:
    """Draw what training recorded, and mark the epoch of the lowest validation cost.

    Parameters
    ----------
    history : History
        From :func:`bpcourse.train`.
    ax : matplotlib.axes.Axes, optional
    quantity : {"cost", "accuracy"}
        The cost (without penalty) or the fraction of examples classified correctly, in percent.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    ValueError
        A quantity that wasn't recorded, or an unknown one.

    Notes
    -----
    Used in the book's chapter "Overfitting".

    Examples
    --------
    >>> import bpcourse as bp
    >>> net = bp.Network.from_arrays([[[1.0, 1.0]]], [[0.0]], [bp.sigmoid])
    >>> _, record = bp.train(
    ...     net, bp.datasets.xor(), cost=bp.quadratic, eta=1.0, epochs=9, batch_size=None
    ... )
    >>> ax = history(record)
    >>> ax.get_xlabel(), ax.get_ylabel()
    ('epoch', 'cost')
    """
    ax, curves = axes_or_new(ax), _recorded(history, quantity)
    for values, color in zip(curves.values(), SERIES, strict=False):
        ax.plot(history.epochs, values, color=color)
    if quantity == "cost":
        ax.set_ylim(bottom=0)
    ax.set(xlabel="epoch", ylabel="cost" if quantity == "cost" else "accuracy (%)")
    ax.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    if "validation" in curves:
        _mark_best(ax, history, curves["validation"], top=quantity == "cost")
    label_ends(ax, {name: values[-1] for name, values in curves.items()})
    return ax


def errors_by_layer(errors: Gradient | Mapping, *, ax: Axes | None = None) -> Axes:
    r"""Draw the size of the error :math:`\delta^l` by layer, on a logarithmic scale.

    Parameters
    ----------
    errors : Gradient or mapping
        A gradient, whose error in layer l is the mean over the mini-batch of the lengths
        :math:`\|\delta^l_x\|`; or sizes by layer, ``{2: 0.01, 3: 0.2}``; or several of these by
        name, ``{"sigmoid": grad, "relu": other}``.
    ax : matplotlib.axes.Axes, optional

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    ValueError
        An error of exactly 0, which has no place on a logarithmic scale; NaN or infinity.

    Notes
    -----
    Used in the book's chapter "The four fundamental equations".

    Examples
    --------
    >>> ax = errors_by_layer({2: 0.001, 3: 0.02, 4: 0.3})
    >>> ax.get_yscale()
    'log'
    """
    ax, series = axes_or_new(ax), _error_series(errors)
    ax.set(yscale="log", xlabel="layer $l$", ylabel=r"size of the error $\|\delta^l\|$")
    for sizes, color in zip(series.values(), cycle(SERIES), strict=False):
        layers = sorted(sizes)
        ax.plot(layers, [sizes[l] for l in layers], "o-", color=color)
    ax.set_xticks(sorted({l for sizes in series.values() for l in sizes}))
    ax.margins(x=0.22, y=0.15)
    if len(series) > 1:
        label_ends(ax, {name: sizes[max(sizes)] for name, sizes in series.items()})
        return ax
    # On the side where the curve is lower, a number stands clear of it.
    growing = ax.lines[0].get_ydata()[-1] > ax.lines[0].get_ydata()[0]
    ha, right = ("right", -5) if growing else ("left", 5)
    for l, size in next(iter(series.values())).items():
        write_at(ax, (l, size), two_digits(size), PALETTE["ink"], offset=(right, 5), ha=ha)
    return ax


def step_sweep(
    steps: ArrayLike, errors: Mapping[str, ArrayLike], *, ax: Axes | None = None
) -> Axes:
    """Draw the error of finite differences against their step: the U curves.

    Parameters
    ----------
    steps : array_like of shape (s,)
        The steps h.
    errors : mapping from str to array_like of shape (s,)
        The error at each step, by the name of the method.
    ax : matplotlib.axes.Axes, optional

    Returns
    -------
    matplotlib.axes.Axes
        Each curve carries its name at its lowest point.

    Raises
    ------
    ValueError
        Steps or errors that aren't positive: a logarithmic scale has no place for them.

    Notes
    -----
    Derived in the book's chapter "Differences, taken seriously".

    Examples
    --------
    >>> h = np.logspace(-12, -1, 12)
    >>> ax = step_sweep(h, {"forward": h + 1e-16 / h, "central": h**2 + 1e-16 / h})
    >>> [each.get_text() for each in ax.texts]
    ['forward', 'central']
    """
    steps = positive_vector("steps", steps)
    curves = named_curves("errors", errors, like=steps)
    ax = axes_or_new(ax)
    ax.set(xscale="log", yscale="log", xlabel="step $h$", ylabel="error of the derivative")
    for (name, values), color in zip(curves.items(), cycle(SERIES), strict=False):
        ax.plot(steps, values, "o-", color=color, label=name, markevery=[values.argmin()])
    ax.margins(x=0.06, y=0.12)
    label_lowest(ax)
    return ax


def cost_growth(
    weights: ArrayLike,
    costs: Mapping[str, ArrayLike],
    *,
    ax: Axes | None = None,
    extrapolated: Mapping[str, float] | None = None,
    slopes: bool = True,
) -> Axes:
    """Draw how the price of a gradient grows with the number of weights, log-log.

    Parameters
    ----------
    weights : array_like of shape (s,)
        The numbers of weights W.
    costs : mapping from str to array_like of shape (s,)
        The price at each W (multiplications or seconds), by the name of the method.
    ax : matplotlib.axes.Axes, optional
    extrapolated : mapping from str to float, optional
        For a method, the largest W at which its price was measured. Beyond it the curve is
        dashed, with hollow points.
    slopes : bool
        Whether each name tells the slope of the straight line of least squares through the
        measured points: 1 is proportional to W, 2 to its square.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    ValueError
        Numbers that aren't positive, or arrays that differ in length.

    Notes
    -----
    Used in the book's chapters "One gradient, two prices" and "Differences, taken seriously".

    Examples
    --------
    >>> w = np.array([1e2, 1e3, 1e4])
    >>> ax = cost_growth(w, {"backpropagation": 2 * w, "finite differences": w**2})
    >>> [each.get_text() for each in ax.texts]
    ['backpropagation\\nslope 1.00', 'finite differences\\nslope 2.00']
    """
    weights = positive_vector("weights", weights)
    curves = named_curves("costs", costs, like=weights)
    slopes, extrapolated = _checks.flag("slopes", slopes), _limits("extrapolated", extrapolated)
    for name in extrapolated:
        _checks.lookup_name("method", name, curves)
    ax, ends = axes_or_new(ax), {}
    ax.set(xscale="log", yscale="log", xlabel="number of weights $W$", ylabel="price")
    for (name, values), color in zip(curves.items(), cycle(SERIES), strict=False):
        measured = weights <= extrapolated.get(name, np.inf)
        ax.plot(weights[measured], values[measured], "o-", color=color)
        beyond = np.flatnonzero(~measured)
        if beyond.size:
            _draw_beyond(ax, weights, values, max(beyond[0] - 1, 0), color)
        if slopes:
            name = f"{name}\nslope {_slope(weights[measured], values[measured]):.2f}"
        ends[name] = values[-1]
    label_ends(ax, ends)
    return ax


def activation(
    activation: Activation | str,
    *,
    ax: Axes | None = None,
    limits: tuple[float, float] = (-6.0, 6.0),
) -> Axes:
    r"""Draw an activation function :math:`\sigma(z)` and its derivative :math:`\sigma'(z)`.

    Parameters
    ----------
    activation : Activation or str
    ax : matplotlib.axes.Axes, optional
    limits : tuple of float
        The range of z.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    ValueError
        Softmax, which is no function of one weighted input; an unknown name.

    Examples
    --------
    >>> ax = activation("sigmoid")
    >>> ax.get_xlabel()
    'weighted input $z$'
    """
    activation = _checks.lookup("activation", activation, ACTIVATIONS)
    if not activation.elementwise:
        raise ValueError(
            f"{activation.name} is no function of one weighted input; want an activation that "
            "works on each neuron alone, such as bp.sigmoid"
        )
    limits = low_and_high(limits)
    ax, z = axes_or_new(ax, 5.0, 3.2), np.linspace(*limits, 400)
    curves = {r"$\sigma(z)$": activation(z), "$\\sigma\N{PRIME}(z)$": activation.prime(z)}
    for values, color in zip(curves.values(), SERIES, strict=False):
        jumps = np.flatnonzero(abs(np.diff(values)) > 0.5) + 1
        ax.plot(np.insert(z, jumps, np.nan), np.insert(values, jumps, np.nan), color=color)
    ax.set(xlabel="weighted input $z$", xlim=limits)
    label_ends(ax, {name: values[-1] for name, values in curves.items()})
    return ax


def _limits(name, largest):
    """Return numbers by the name of a curve."""
    if largest is None:
        return {}
    if not isinstance(largest, Mapping):
        raise TypeError(f"{name} is {largest!r}, want numbers by name, as {{'central': 1e4}}")
    return {key: _checks.real(f"{name}[{key!r}]", value) for key, value in largest.items()}


def _recorded(history, quantity):
    """Return what was recorded for training and validation, in percent for accuracy."""
    if not isinstance(history, History):
        raise TypeError(f"history is {type(history).__name__}, want the History of bp.train")
    _checks.lookup_name("quantity", quantity, {"cost": 1, "accuracy": 100})
    curves = {
        name: getattr(history, f"{name}_{quantity}") * (100 if quantity == "accuracy" else 1)
        for name in ("training", "validation")
    }
    curves = {name: values for name, values in curves.items() if not np.isnan(values).all()}
    if not curves:
        raise ValueError(f"no {quantity} was recorded: the examples have no classes")
    return curves


def _mark_best(ax, history, values, top):
    """Mark the epoch of the lowest validation cost on a curve; say so at the top or bottom."""
    best = history.best_epoch
    height = values[list(history.epochs).index(best)]
    ax.axvline(best, color=PALETTE["muted"], linestyle=(0, (4, 3)), linewidth=1.2, zorder=1)
    ax.plot(best, height, "o", color=SERIES[1], markersize=8, zorder=4)
    late = best > 0.6 * history.epochs[-1]
    ax.annotate(
        f"lowest validation cost:\nepoch {best:,}",
        (best, 0.98 if top else 0.04),
        (-7 if late else 7, 0),
        xycoords=ax.get_xaxis_transform(),
        textcoords="offset points",
        va="top" if top else "bottom",
        ha="right" if late else "left",
        fontsize=11,
        color=PALETTE["muted"],
    )


def _error_series(errors):
    """Return the sizes of errors by layer, by name."""
    if isinstance(errors, Gradient):
        return {"": _layer_sizes("errors", errors)}
    if not isinstance(errors, Mapping) or not errors:
        raise TypeError(f"errors is {type(errors).__name__}, want a gradient, or sizes by layer")
    if all(isinstance(each, Gradient | Mapping) for each in errors.values()):
        return {name: _layer_sizes(f"errors[{name!r}]", each) for name, each in errors.items()}
    return {"": _layer_sizes("errors", errors)}


def _layer_sizes(name, errors):
    """Return the size of the error in each layer: for a gradient, the mean over examples."""
    if isinstance(errors, Gradient):
        errors = {l: np.linalg.norm(d, axis=0).mean() for l, d in errors.delta.items()}
    layers = sorted(errors)
    return dict(zip(layers, positive_vector(name, [errors[l] for l in layers]), strict=True))


def _slope(x, y):
    """Return the slope of the straight line of least squares through log y against log x."""
    if len(x) < 2:
        raise ValueError(f"{len(x)} measured point has no slope; pass slopes=False")
    return np.polyfit(np.log(x), np.log(y), 1)[0]


def _draw_beyond(ax, x, y, start, color):
    """Draw the extrapolated part of a curve, dashed and with hollow points."""
    ax.plot(x[start:], y[start:], "--", color=color, zorder=1.5)
    ax.plot(x[start + 1 :], y[start + 1 :], "o", color=color, markerfacecolor=PALETTE["paper"])
