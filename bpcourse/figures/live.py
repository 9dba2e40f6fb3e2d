r"""Figures that move: the picture that the book's page takes hold of, and the numbers it needs.

A figure that moves is drawn like any other. :func:`live` gives it the name of a moving figure and
the numbers that this one computes with; both travel inside the SVG. On the book's page a script
draws the moving figure in its place. Everywhere else, in a notebook, in print or without scripts,
the drawing is what is seen.
"""

from __future__ import annotations

import json
import numbers
import re
from collections.abc import Mapping
from html import escape
from typing import TYPE_CHECKING

import numpy as np

from bpcourse import _checks
from bpcourse.figures.axes import axes_or_new
from bpcourse.network import Network

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def live(name: str, data: Mapping, *, ax: Axes | None = None, digits: int = 12) -> Axes:
    """Let the figure of some axes move on the book's page.

    Parameters
    ----------
    name : str
        The moving figure, such as "stepper": a file ``book/live/figures/<name>.js``.
    data : mapping
        What it computes with: numbers, texts, arrays, networks, and lists and mappings of them.
        A network becomes ``{"w": {"2": ...}, "b": {"2": ...}, "activations": {"2": "sigmoid"}}``.
    ax : matplotlib.axes.Axes, optional
        Any axes of the figure.
    digits : int
        Significant digits of the numbers. A number that the processor's last digits can
        move, such as a trained weight, needs few.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    TypeError
        Data that can't be written as JSON.
    ValueError
        A number that is not finite, a name that is not lower-case with hyphens.

    Examples
    --------
    >>> from bpcourse.figures.style import svg_text
    >>> ax = live("one-weight", {"x": np.array([0.0, 0.5]), "eta": 1 / 3}, digits=3)
    >>> svg = svg_text(ax.figure)
    >>> print(svg[svg.index("<metadata") : svg.index("</svg")].partition(chr(10))[0])
    <metadata data-live="one-weight">{"x":[0,0.5],"eta":0.333}</metadata>
    """
    if not isinstance(name, str) or not re.fullmatch(r"[a-z]+(-[a-z]+)*", name):
        raise ValueError(f'name is {name!r}, want lower-case words with hyphens: "one-weight"')
    if not isinstance(data, Mapping):
        raise TypeError(f"data is {type(data).__name__}, want a mapping from names to numbers")
    digits = _checks.integer("digits", digits, minimum=1)
    ax = axes_or_new(ax)
    text = json.dumps(plain("data", data, digits), separators=(",", ":"), ensure_ascii=False)
    # svg_text, which stands below this file, looks here.
    ax.figure.live_data = f'<metadata data-live="{name}">{escape(text, quote=False)}</metadata>'
    return ax


def plain(name, value, digits):
    """Return ``value`` as what JSON knows, its numbers rounded; ``name`` says where it stands."""
    if isinstance(value, Network):
        value = network_data(value)
    if isinstance(value, Mapping):
        return {str(key): plain(f"{name}[{key!r}]", each, digits) for key, each in value.items()}
    if isinstance(value, np.ndarray):
        value = value.tolist()
    if isinstance(value, (list, tuple)):
        return [plain(f"{name}[{i}]", each, digits) for i, each in enumerate(value)]
    if isinstance(value, (str, bool)):
        return value
    return rounded(name, value, digits)


def network_data(net):
    """Return a network as mappings from layer to weights, biases and the activation's name."""
    layers = range(2, net.depth + 1)
    return {
        "w": {l: net.w[l] for l in layers},
        "b": {l: net.b[l] for l in layers},
        "activations": {l: net.activations[l].name for l in layers},
    }


def rounded(name, value, digits):
    """Return a finite number with so many significant digits, a whole one without a point."""
    if not isinstance(value, numbers.Real):
        raise TypeError(f"{name} is {value!r}, want numbers, texts, arrays, lists or mappings")
    if not np.isfinite(value):
        raise ValueError(f"{name} is {value}, want a finite number")
    number = float(f"{float(value):.{digits}g}")
    return int(number) if number.is_integer() and abs(number) < 2**53 else number
