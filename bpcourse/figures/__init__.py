r"""Figures: every function takes data and matplotlib axes, and returns the axes.

``bp.figures.history(history, ax=ax)`` draws on axes of yours; without ``ax`` it makes a new
figure. Titles are left to the caller, who knows what the figure shows: ``ax.set_title(...)``.

Neurons, rows and columns are counted from 1 here, as in the notation: :math:`w^3_{24}` is the
weight ``(3, 2, 4)``, and stands in the array at ``net.w[3][1, 3]``.

This wing needs matplotlib; the rest of the package does not. Without it ``hasattr(bp, "figures")``
is False, ``bp.figures`` raises AttributeError and ``import bpcourse.figures`` ModuleNotFoundError,
both with the command that installs it: ``pip install "bpcourse[figures]"``.
"""

try:
    import matplotlib  # noqa: F401 - here, so that its absence is explained
except ModuleNotFoundError as error:
    if error.name != "matplotlib":
        raise
    raise ModuleNotFoundError(
        'bpcourse.figures needs matplotlib: pip install "bpcourse[figures]"', name="matplotlib"
    ) from error

from bpcourse.figures.curves import activation, cost_growth, errors_by_layer, history, step_sweep
from bpcourse.figures.live import live
from bpcourse.figures.matrices import digits, matrix
from bpcourse.figures.networks import network, weight_index
from bpcourse.figures.style import DIVERGING, PALETTE, SEQUENTIAL, SERIES, use_book_style
from bpcourse.figures.surfaces import surface

__all__ = [
    "DIVERGING",
    "PALETTE",
    "SEQUENTIAL",
    "SERIES",
    "activation",
    "cost_growth",
    "digits",
    "errors_by_layer",
    "history",
    "live",
    "matrix",
    "network",
    "step_sweep",
    "surface",
    "use_book_style",
    "weight_index",
]
