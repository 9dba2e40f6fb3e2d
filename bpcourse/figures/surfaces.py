"""What a network of two inputs answers over the plane."""

import numpy as np

from bpcourse import _checks
from bpcourse.datasets import Examples
from bpcourse.figures.axes import axes_or_new, finite_vector, low_and_high
from bpcourse.figures.style import DIVERGING, PALETTE
from bpcourse.network import Network


def surface(
    net, *, ax=None, examples=None, limits=(-1.0, 1.0), levels=None, boundary=0.5, key=True
):
    """Draw the output of a network with two inputs and one output, over a square.

    Parameters
    ----------
    net : Network
        Of sizes [2, ..., 1].
    ax : matplotlib.axes.Axes, optional
    examples : Examples, optional
        Data points to draw on top, such as ``data.train``; classes differ in color and shape.
    limits : tuple of float
        The square reaches from ``limits[0]`` to ``limits[1]`` in both inputs.
    levels : array_like, optional
        The outputs at which the color changes, in ascending order; eighths from 0 to 1 if left out.
    boundary : float
        The output at which a line is drawn: the decision boundary.
    key : bool
        Whether to show which marker is which class.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    ValueError
        A network that hasn't two inputs and one output.

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
    limits, key = low_and_high(limits), _checks.flag("key", key)
    boundary = _checks.real("boundary", boundary)
    ax = axes_or_new(ax, 5.0, 4.2)
    levels = np.linspace(0, 1, 9) if levels is None else _ascending(levels)
    side = np.linspace(*limits, 60)
    output = _outputs_over(net, side)
    reach = abs(levels - boundary).max()
    ax.contourf(
        side,
        side,
        output,
        levels,
        cmap=DIVERGING,
        extend="both",
        antialiased=False,
        vmin=boundary - reach,
        vmax=boundary + reach,
    )
    if output.min() < boundary < output.max():
        ax.contour(side, side, output, [boundary], colors=[PALETTE["ink"]], linewidths=2)
    # Ticks that are chosen while drawing would change the layout from one drawing to the next.
    ticks = np.linspace(*limits, 3)
    ax.set(xlabel="$x_1$", ylabel="$x_2$", box_aspect=1, xticks=ticks, yticks=ticks)
    ax.set(xlim=limits, ylim=limits)
    ax.grid(False)
    if examples is not None:
        _draw_points(ax, examples, key)
    return ax


def _ascending(levels):
    levels = finite_vector("levels", levels)
    if len(levels) < 2 or (np.diff(levels) <= 0).any():
        raise ValueError(f"levels are {levels}, want two or more, in ascending order")
    return levels


def _check_surface(net, examples):
    """Refuse a network that is no function of the plane, and data that are no points of it."""
    if not isinstance(net, Network):
        raise TypeError(f"net is {type(net).__name__}, want a Network of sizes [2, ..., 1]")
    if (net.sizes[0], net.sizes[-1]) != (2, 1):
        raise ValueError(f"net has sizes {list(net.sizes)}, want two inputs and one output")
    if examples is None:
        return
    if not isinstance(examples, Examples):
        raise TypeError(f"examples is {type(examples).__name__}, want Examples: pass data.train")
    if examples.labels is None or examples.x.shape[0] != 2:
        raise ValueError(f"examples are {examples!r}, want two inputs, and targets of 0 and 1")


def _outputs_over(net, side):
    """Return the output of a network over a square.

    Six decimals are more than the eye can see, and the same on every processor.
    """
    x = np.stack(np.meshgrid(side, side)).reshape(2, -1).astype(net.parameters.vector.dtype)
    return net.forward(x).a[net.depth].reshape(side.size, side.size).round(6)


def _draw_points(ax, examples, key):
    """Draw data points, each class in a color and shape of its own."""
    for label, marker, color in ((0, "o", PALETTE["blue"]), (1, "^", PALETTE["orange"])):
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
            ncols=2,
            fontsize=10,
            frameon=False,
            handletextpad=0.1,
            columnspacing=1.0,
            labelcolor=PALETTE["ink"],
        )
