"""What a network of two inputs answers over the plane."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from bpcourse import _checks
from bpcourse.datasets import Examples
from bpcourse.figures.axes import axes_or_new, finite_vector, low_and_high
from bpcourse.figures.style import DIVERGING, PALETTE, SERIES
from bpcourse.network import Network

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import ArrayLike


def surface(
    net: Network,
    *,
    ax: Axes | None = None,
    examples: Examples | None = None,
    limits: Sequence[float] | Sequence[Sequence[float]] | None = None,
    levels: ArrayLike | None = None,
    boundary: float = 0.5,
    key: bool = True,
) -> Axes:
    """Draw what a network with two inputs answers, over a square.

    A single output is shown by its value, from color to color. Of several, the largest is the
    answer: each class has an area of its color.

    Parameters
    ----------
    net : Network
        Of sizes [2, ..., n_L].
    ax : matplotlib.axes.Axes, optional
    examples : Examples, optional
        Data points to draw on top, such as ``data.train``; classes differ in color and shape.
    limits : tuple of float, or pair of tuples, optional
        From where to where the picture reaches, for both inputs or for each. By default around the
        examples, in round numbers; without examples from -1 to 1.
    levels : array_like, optional
        For a single output, the values at which the color changes, in ascending order; eighths
        from 0 to 1 if left out.
    boundary : float
        For a single output, the value at which a line is drawn: the decision boundary.
    key : bool
        Whether to show which marker is which class.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    ValueError
        A network that hasn't two inputs, more than six outputs, examples that don't fit.

    Notes
    -----
    Used in the book's chapter "Overfitting".

    Examples
    --------
    >>> import bpcourse as bp
    >>> net = bp.Network.from_arrays([[[4.0, 1.0]]], [[0.0]], [bp.sigmoid])
    >>> ax = surface(net, examples=bp.datasets.xor().train, limits=(-0.5, 1.5))
    """
    _check_surface(net, examples)
    levels = np.linspace(0, 1, 9) if levels is None else _ascending(levels)
    boundary, key = _checks.real("boundary", boundary), _checks.flag("key", key)
    across, up = _limits(limits, examples)
    ax = axes_or_new(ax, 5.0, 4.2)
    sides = np.linspace(*across, 60), np.linspace(*up, 60)
    output = _outputs_over(net, *sides)
    if len(output) == 1:
        _draw_values(ax, sides, output[0], levels, boundary)
    else:
        _draw_areas(ax, sides, output)
    # Ticks that are chosen while drawing would change the layout from one drawing to the next.
    ax.set(xlabel="$x_1$", ylabel="$x_2$", box_aspect=1)
    ax.set(xticks=np.linspace(*across, 3), yticks=np.linspace(*up, 3), xlim=across, ylim=up)
    ax.grid(False)
    if examples is not None:
        _draw_points(ax, examples, key)
    return ax


def _limits(limits, examples):
    """Return the ends of both inputs."""
    if limits is None and examples is None:
        limits = (-1.0, 1.0)
    if limits is None:
        return tuple(_around(row) for row in examples.x)
    ends = _checks.array_of("limits", limits)
    if ends.ndim == 2 and len(ends) == 2:
        return low_and_high(ends[0]), low_and_high(ends[1])
    return (low_and_high(limits),) * 2


def _ascending(levels):
    levels = finite_vector("levels", levels)
    if len(levels) < 2 or (np.diff(levels) <= 0).any():
        raise ValueError(f"levels are {levels}, want two or more, in ascending order")
    return levels


def _around(values):
    """Return round numbers below and above all values: multiples of a half, a twentieth, ..."""
    low, high = float(values.min()), float(values.max())
    size = high - low or abs(low) or 1.0
    step = 10.0 ** np.floor(np.log10(size)) / 2
    return float(np.ceil(low / step) - 1) * step, float(np.floor(high / step) + 1) * step


def _draw_values(ax, sides, output, levels, boundary):
    """Color the plane by the value of one output, and draw the boundary."""
    reach = abs(levels - boundary).max()
    ax.contourf(
        *sides,
        output,
        levels,
        cmap=DIVERGING,
        extend="both",
        antialiased=False,
        vmin=boundary - reach,
        vmax=boundary + reach,
    )
    if output.min() < boundary < output.max():
        ax.contour(*sides, output, [boundary], colors=[PALETTE["ink"]], linewidths=2)


def _draw_areas(ax, sides, output):
    """Color the plane by the largest output, and draw the boundaries between the areas."""
    for k, color in zip(range(len(output)), SERIES, strict=False):
        lead = output[k] - np.delete(output, k, axis=0).max(axis=0)
        if lead.max() > 0:
            ends = [0, max(lead.max(), 1e-6)]
            ax.contourf(*sides, lead, ends, colors=[color], alpha=0.3, antialiased=False)
        if lead.min() < 0 < lead.max():
            ax.contour(*sides, lead, [0], colors=[PALETTE["ink"]], linewidths=1.5)


def _check_surface(net, examples):
    """Refuse a network that is no function of the plane, and data that are no points of it."""
    if not isinstance(net, Network):
        raise TypeError(f"net is {type(net).__name__}, want a Network of sizes [2, ..., 1]")
    if net.sizes[0] != 2 or net.sizes[-1] > len(SERIES):
        raise ValueError(
            f"net has sizes {list(net.sizes)}, want two inputs and one output, or up to "
            f"{len(SERIES)} for as many classes"
        )
    if examples is None:
        return
    if not isinstance(examples, Examples):
        raise TypeError(f"examples is {type(examples).__name__}, want Examples: pass data.train")
    if examples.labels is None or examples.x.shape[0] != 2:
        raise ValueError(f"examples are {examples!r}, want two inputs, and targets of 0 and 1")
    if examples.labels.max() >= max(2, net.sizes[-1]):
        raise ValueError(
            f"examples are {examples!r}, and the network knows {max(2, net.sizes[-1])} classes"
        )


def _outputs_over(net, across, up):
    """Return the outputs of a network over a rectangle, of shape (n_L, rows, columns).

    Six decimals are more than the eye can see, and the same on every processor.
    """
    x = np.stack(np.meshgrid(across, up)).reshape(2, -1).astype(net.parameters.vector.dtype)
    return net.forward(x).a[net.depth].reshape(-1, up.size, across.size).round(6)


def _draw_points(ax, examples, key):
    """Draw data points, each class in a color and shape of its own."""
    count = max(2, examples.target_rows.shape[1])
    for label, marker, color in zip(range(count), "o^sDvP", SERIES, strict=False):
        points = examples.x[:, examples.labels == label]
        ax.plot(
            *points,
            marker,
            color=color,
            markeredgecolor=PALETTE["paper"],
            markersize=7,
            label=f"class {label}",
            clip_on=False,
        )
    if key:
        # Under the axes, the key changes the layout only once; beside a square it keeps changing.
        ax.legend(
            loc="upper center",
            bbox_to_anchor=(0.5, 0),
            borderaxespad=3.4,
            ncols=min(count, 3),
            fontsize=11,
            frameon=False,
            handletextpad=0.1,
            columnspacing=1.0,
            labelcolor=PALETTE["ink"],
        )
