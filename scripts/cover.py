"""Draw the cover of the book: as PDF for paper, as JPEG for the e-book.

    python scripts/cover.py COVER.pdf

The picture is computed, as everything in the book is: a network that has learned to read digits
sees one of them. A line's color and strength say what backpropagation says of its weight, dC/dw:
orange where a larger weight would raise the cost, blue where it would lower it.
"""

import sys
from pathlib import Path

import matplotlib
import numpy as np
from editions import title_and_author
from matplotlib.collections import LineCollection
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure

import bpcourse as bp
from bpcourse.figures.style import PALETTE

SUBTITLE = (
    "From one weight to a machine that reads digits.\nA course in which every number is computed."
)
A4 = 210 / 25.4, 297 / 25.4
INK, MUTED, PALE = PALETTE["ink"], PALETTE["muted"], PALETTE["grid"]
BLUE, ORANGE = "#5aa9e6", "#f08a3c"  # brighter than those of the figures, for thin lines
STYLE = {"pdf.fonttype": 42, "font.family": "STIXGeneral", "savefig.facecolor": "white"}
# The places of the layers across the page, and the part of its height that the picture has.
ACROSS, LOWEST, HIGHEST = (0.32, 0.62, 0.88), 0.4, 0.97


def main(path):
    """Save the cover to ``path``, in the format that its suffix says."""
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=A4)
        axes = figure.add_axes((0, 0, 1, 1), xlim=(0, 1), ylim=(0, 1))
        axes.axis("off")
        axes.fill([0, 1, 1, 0], [0.36, 0.36, 1, 1], color=INK)
        draw_network(axes, *digit_and_gradient())
        write(axes)
        figure.savefig(path, dpi=150, metadata=undated(path))
    return 0


def digit_and_gradient():
    """Return the activations of a trained network for one digit, and the gradient of its cost."""
    rng = np.random.default_rng(0)
    data = bp.datasets.digits(rng=rng)
    net = bp.Network.random([64, 30, 10], hidden=bp.sigmoid, output=bp.softmax, rng=rng)
    cost = bp.log_likelihood
    net, _ = bp.train(net, data, cost=cost, eta=0.5, epochs=4, batch_size=10, rng=rng)
    labels = data.test.y.argmax(axis=0)
    one = int(np.flatnonzero(labels == 3)[0])
    trace = net.forward(data.test.x[:, [one]])
    return trace.a, bp.backprop(net, trace, data.test.y[:, [one]], cost)


def draw_network(axes, activations, gradient):
    """Draw the pixels, the neurons, and a line for each weight."""
    places = [pixels(), *(column(x, n) for x, n in zip(ACROSS[1:], (30, 10), strict=True))]
    for l in (2, 3):
        axes.add_collection(weights(places[l - 2], places[l - 1], gradient.w[l]))
    for l, (place, size) in enumerate(zip(places, (325, 38, 100), strict=True), start=1):
        strength = activations[l][:, 0] / activations[l].max()
        shades = [to_rgba("white", 0.1 + 0.9 * float(a)) for a in strength]
        marker = "s" if l == 1 else "o"
        axes.scatter(*place.T, s=size, c=[INK], marker=marker, linewidths=0, zorder=2)
        edges = "none" if l == 1 else PALE
        axes.scatter(
            *place.T, s=size, c=shades, marker=marker, edgecolors=edges, linewidths=0.5, zorder=3
        )


def pixels():
    """Return the places of the 64 pixels, a square of 8 by 8, row by row from the top."""
    side = 0.03
    rows, columns = np.divmod(np.arange(64), 8)
    middle = (LOWEST + HIGHEST) / 2
    x = ACROSS[0] + (columns - 7) * side
    return np.column_stack([x, middle + (3.5 - rows) * side * A4[0] / A4[1]])


def column(x, count):
    """Return the places of a layer's neurons, one above the other."""
    return np.column_stack([np.full(count, x), np.linspace(HIGHEST - 0.02, LOWEST + 0.02, count)])


def weights(left, right, slopes):
    """Return the lines of a layer's weights, the strongest on top, as strong as their slopes."""
    strength = np.abs(slopes) / np.abs(slopes).max()
    order = np.argsort(strength, axis=None)
    to, start = np.unravel_index(order, slopes.shape)
    colors = [
        to_rgba(ORANGE if slopes[j, k] > 0 else BLUE, 0.05 + 0.85 * strength[j, k] ** 0.7)
        for j, k in zip(to, start, strict=True)
    ]
    lines = [(left[k], right[j]) for j, k in zip(to, start, strict=True)]
    widths = 0.3 + 1.4 * strength[to, start]
    return LineCollection(lines, colors=colors, linewidths=widths, zorder=1)


def write(axes):
    """Write the title, the subtitle, the version and the author."""
    title, author = title_and_author()
    axes.text(0.1, 0.265, title, fontsize=38, fontweight="bold", color=INK)
    axes.text(0.1, 0.235, SUBTITLE, fontsize=17, color=MUTED, va="top", linespacing=1.5)
    axes.plot([0.1, 0.22], [0.145, 0.145], color=PALETTE["orange"], linewidth=2.5)
    axes.text(0.1, 0.105, author, fontsize=15, color=INK)
    axes.text(0.1, 0.08, f"Version {bp.__version__}", fontsize=13, color=MUTED)


def undated(path):
    """Return the metadata that leaves the time out of the file."""
    return {"CreationDate": None} if Path(path).suffix == ".pdf" else None


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
