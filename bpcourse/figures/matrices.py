"""Arrays as pictures: matrices in numbers and shades, handwritten digits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.patches import PathPatch, Rectangle
from matplotlib.path import Path

from bpcourse import _checks
from bpcourse.datasets import Examples
from bpcourse.figures.axes import axes_or_new, real_array, whole
from bpcourse.figures.networks import COMES, GOES
from bpcourse.figures.style import DIVERGING, PALETTE

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import ArrayLike


def digits(
    examples: Examples | ArrayLike,
    *,
    ax: Axes | None = None,
    text: Sequence[str] | None = None,
    columns: int = 10,
) -> Axes:
    """Draw handwritten digits in a grid, ink on paper.

    Parameters
    ----------
    examples : Examples or array_like of shape (s * s, m)
        Square images, one per column, with pixels from 0 (paper) to 1 (ink).
    ax : matplotlib.axes.Axes, optional
    text : sequence of str, optional
        What to write under each digit; the labels of the examples if left out.
    columns : int
        How many digits stand in a row.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    ValueError
        Images that aren't square, pixels outside 0 to 1, or not one text per image.

    Examples
    --------
    >>> ax = digits(np.eye(64)[:, :3], text=["first", "second", "third"])
    >>> [each.get_text() for each in ax.texts]
    ['first', 'second', 'third']
    """
    images, text = _images(examples, text)
    columns = min(_checks.integer("columns", columns, minimum=1), len(images))
    rows, tall = -(-len(images) // columns), 1.55 if text else 1.2
    ax = axes_or_new(ax, 6.5, 6.5 / 1.2 / columns * tall * rows)
    for level, path in _level_paths(images, columns, tall).items():
        ink = PathPatch(path, facecolor=PALETTE["ink"], alpha=level / 16, linewidth=0)
        ink.set_antialiased(False)
        ax.add_patch(ink)
    for i, each in enumerate(text):
        x, y = 1.2 * (i % columns) + 0.5, tall * (i // columns) + 1.05
        ax.text(x, y, each, ha="center", va="top", color=PALETTE["ink"])
    ax.set(xlim=(-0.1, 1.2 * columns - 0.1), ylim=(tall * rows - 0.1, -0.1), aspect="equal")
    ax.set_axis_off()
    return ax


def matrix(
    array: ArrayLike,
    *,
    ax: Axes | None = None,
    text: Sequence[Sequence[str]] | None = None,
    decimals: int = 2,
    limit: float | None = None,
    highlight: tuple[int, int] | None = None,
) -> Axes:
    """Draw a small matrix: blue where negative, orange where positive, with its numbers.

    Parameters
    ----------
    array : array_like of shape (rows, columns)
    ax : matplotlib.axes.Axes, optional
    text : nested sequence of str, of shape (rows, columns), optional
        What to write in the cells in place of the numbers.
    decimals : int
        Of the numbers.
    limit : float, optional
        The size of entry that gets the full color; the largest in ``array`` if left out. Give the
        same limit to matrices that are compared.
    highlight : tuple of int, optional
        ``(j, k)``: row j and column k stand out, counted from 1, in the colors of
        :func:`weight_index`.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    ValueError
        An array that hasn't two axes, NaN or infinity, texts of another shape.

    Examples
    --------
    >>> ax = matrix([[0.5, -1.0], [0.0, 0.25]])
    >>> [each.get_text() for each in ax.texts]
    ['0.50', '−1.00', '0.00', '0.25']
    """
    array = real_array("array", array)
    if array.ndim != 2 or not array.size:
        raise ValueError(f"array has shape {array.shape}, want (rows, columns)")
    decimals = _checks.integer("decimals", decimals, minimum=0)
    limit = abs(array).max() or 1.0 if limit is None else _checks.real("limit", limit, above=0)
    rows, columns = array.shape
    cells = _cells(array, text, decimals)
    highlight = None if highlight is None else _row_and_column(highlight, rows, columns)
    ax = axes_or_new(ax, 0.55 * columns + 0.8, 0.45 * rows + 0.8)
    x, y = np.arange(columns + 1) + 0.5, np.arange(rows + 1) + 0.5
    shade = np.round(array / limit, 6)
    ax.pcolormesh(x, y, shade, cmap=DIVERGING, vmin=-1, vmax=1, edgecolors=PALETTE["grid"])
    for (row, column), each in np.ndenumerate(cells):
        ax.text(
            column + 1, row + 1, each, ha="center", va="center", fontsize=11, color=PALETTE["ink"]
        )
    _number_cells(ax, rows, columns)
    if highlight is not None:
        _frame_row_and_column(ax, *highlight, rows, columns)
    return ax


def _images(examples, text):
    """Return square images (m, s, s) of digits, and the text of each."""
    if isinstance(examples, Examples):
        if text is None and examples.labels is not None:
            text = [str(label) for label in examples.labels]
        examples = examples.x
    array = real_array("examples", examples)
    side = round(np.sqrt(array.shape[0])) if array.ndim == 2 else 0
    if array.ndim != 2 or side**2 != array.shape[0] or not array.size:
        raise ValueError(f"examples have shape {array.shape}, want (s * s, m): square images")
    if array.min() < 0 or array.max() > 1:
        raise ValueError(
            f"pixels reach from {array.min():g} to {array.max():g}, want 0 (paper) to 1 (ink)"
        )
    if text is not None and (isinstance(text, str | bytes) or not np.iterable(text)):
        raise TypeError(f"text is {text!r}, want a sequence with one text for each image")
    text = [] if text is None else list(text)
    if text and len(text) != array.shape[1]:
        raise ValueError(f"{len(text)} texts for {array.shape[1]} images; want one for each")
    return array.T.reshape(-1, side, side), text


def _level_paths(images, columns, tall):
    """Return, for each of 16 levels of ink, all pixels of that level as one path."""
    levels = np.round(16 * images).astype(int)
    side = 1 / images.shape[1]
    vertices = {}
    for i, row, column in np.argwhere(levels):
        x = 1.2 * (i % columns) + column * side
        y = tall * (i // columns) + row * side
        square = [(x, y), (x + side, y), (x + side, y + side), (x, y + side), (x, y)]
        vertices.setdefault(levels[i, row, column], []).extend(square)
    square = [Path.MOVETO, Path.LINETO, Path.LINETO, Path.LINETO, Path.CLOSEPOLY]
    return {
        int(level): Path(points, square * (len(points) // 5))
        for level, points in sorted(vertices.items())
    }


def _cells(array, text, decimals):
    """Return what to write in each cell: its text, or its number."""
    if text is None:
        text = [
            [f"{value:.{decimals}f}".replace("-", "\N{MINUS SIGN}") for value in row]
            for row in array
        ]
    text = np.asarray(list(text) if np.iterable(text) else text, dtype=object)
    if text.shape != array.shape:
        raise ValueError(f"text has shape {text.shape}, want {array.shape} like the array")
    return text


def _number_cells(ax, rows, columns):
    """Number rows and columns as the book does, from 1, with the first row at the top."""
    ax.set(xticks=range(1, columns + 1), yticks=range(1, rows + 1), aspect="auto")
    ax.set(xlabel="column $k$", ylabel="row $j$", ylim=(rows + 0.5, 0.5))
    ax.xaxis.set(ticks_position="top", label_position="top")
    ax.tick_params(length=0)
    ax.grid(False)
    ax.spines[:].set_visible(False)


def _row_and_column(highlight, rows, columns):
    """Return the row and the column to highlight."""
    pair = tuple(highlight) if np.iterable(highlight) else ()
    if len(pair) != 2:
        raise ValueError(f"highlight is {highlight!r}, want a pair (row, column)")
    j, k = (whole("an entry of highlight", index) for index in pair)
    if not (1 <= j <= rows and 1 <= k <= columns):
        raise ValueError(f"highlight is {highlight}, want a row 1..{rows} and column 1..{columns}")
    return j, k


def _frame_row_and_column(ax, j, k, rows, columns):
    """Frame row j and column k, in the colors of the two indices of a weight."""
    frame = {"facecolor": "none", "linewidth": 2.4, "clip_on": False, "zorder": 3}
    ax.add_patch(Rectangle((0.5, j - 0.5), columns, 1, edgecolor=GOES, **frame))
    ax.add_patch(Rectangle((k - 0.5, 0.5), 1, rows, edgecolor=COMES, **frame))
    for label, color in (
        (ax.get_yticklabels()[j - 1], GOES),
        (ax.get_xticklabels()[k - 1], COMES),
    ):
        label.set(color=color, fontweight="bold")
