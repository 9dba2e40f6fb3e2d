"""Words on a figure, placed where there is room."""

from itertools import cycle

import numpy as np
from matplotlib.transforms import Affine2D

from bpcourse.figures.style import SERIES


def write_at(ax, place, text, color, *, offset, ha="center", va="center", weight="normal"):
    """Write at a place in data coordinates, moved by an offset in points."""
    return ax.annotate(
        text,
        place,
        offset,
        textcoords="offset points",
        color=color,
        ha=ha,
        va=va,
        fontsize=11,
        fontweight=weight,
        annotation_clip=False,
    )


def label_ends(ax, ends):
    """Write names to the right of the axes, beside where their curves end, none on another."""
    height = ax.figure.get_figheight() * 72 * ax.get_position().height
    gap = 13 * max(name.count("\n") + 1 for name in ends) / height
    ax.autoscale_view()  # matplotlib puts it off until it draws, and the limits matter here
    to_fraction = ax.transData + ax.transAxes.inverted()
    wanted = [to_fraction.transform((ax.get_xlim()[1], y))[1] for y in ends.values()]
    places = _spread(np.array(wanted), gap)
    for (name, place), color in zip(zip(ends, places, strict=True), cycle(SERIES), strict=False):
        y = to_fraction.inverted().transform((1, place))[1]
        ax.annotate(
            name,
            (1, y),
            (5, 0),
            xycoords=ax.get_yaxis_transform(),
            textcoords="offset points",
            color=color,
            va="center",
            fontsize=11,
            fontweight="bold",
            annotation_clip=False,
        )


def _spread(wanted, gap):
    """Return places near the wanted ones, at least ``gap`` apart, in the same order."""
    order = np.argsort(wanted, kind="stable")
    places = wanted[order]
    for i in range(1, len(places)):
        places[i] = max(places[i], places[i - 1] + gap)
    places += (wanted[order] - places).mean()
    return places[np.argsort(order)]


def label_lowest(ax):
    """Write the name of each curve as near its lowest point as there is room."""
    ax.autoscale_view()  # matplotlib puts it off until it draws, and the limits matter here
    to_points = ax.transData + Affine2D().scale(72 / ax.figure.dpi)
    taken = np.vstack([_dense(to_points.transform(line.get_xydata())) for line in ax.lines])
    for line in ax.lines:
        place = line.get_xydata()[line.get_ydata().argmin()]
        at, half = to_points.transform(place), np.array([3.5 * len(line.get_label()), 6])
        offset = max(_offsets(half), key=lambda each: _room(taken, at + each, half))
        note = write_at(ax, place, line.get_label(), line.get_color(), offset=offset, weight="bold")
        if np.hypot(*offset) > 24:
            _tie(note)
        taken = np.vstack(
            [taken, at + offset + half * [(-1, 0), (-0.5, 0), (0, 0), (0.5, 0), (1, 0)]]
        )


def _tie(note):
    """Draw a thin line from a text to the point that it names."""
    right, up = note.xyann
    edge = right, up - np.copysign(min(7, abs(up)), up)
    line = {"arrowstyle": "-", "color": note.get_color(), "linewidth": 0.8, "shrinkB": 4}
    note.axes.annotate("", note.xy, edge, textcoords="offset points", arrowprops=line)


def _offsets(half):
    """Return places for a text around a point, in points, the nearest first."""
    sides = [(right * half[0], up) for right in (0, -1, 1, -1.3, 1.3) for up in range(-60, 61, 6)]
    return sorted(np.array(sides), key=lambda each: np.hypot(*each))


def _dense(points):
    """Return the points of a broken line, with ten more between neighbors."""
    t = np.linspace(0, len(points) - 1, 11 * len(points))
    return np.stack([np.interp(t, np.arange(len(points)), each) for each in points.T], axis=1)


def _room(points, middle, half):
    """Return how far the nearest point is from a rectangle; beyond 5 points all is the same."""
    outside = np.maximum(abs(points - middle) - half, 0)
    return min(5.0, np.hypot(*outside.T).min().round(1))


def two_digits(value):
    """Return a number with two digits, such as 0.24 or 3.1 x 10^-5, as math text."""
    mantissa, exponent = f"{value:.1e}".split("e")
    if -3 < int(exponent) < 2:
        return f"{value:.{1 - int(exponent)}f}"
    return rf"${mantissa}\times 10^{{{int(exponent)}}}$"
