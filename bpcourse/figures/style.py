"""The style of the book's figures, and their conversion to SVG that is the same on every machine.

A figure is drawn once, in the light palette. In the SVG text each palette color becomes a CSS
variable with that color as fallback, so that the page can supply the colors of its own theme;
coordinates are rounded, and names and dates that differ between runs are removed.
"""

from __future__ import annotations

import hashlib
import io
import math
import re

import matplotlib
from matplotlib.colors import LinearSegmentedColormap, to_rgba
from matplotlib.figure import Figure

# Each name is a CSS variable of the book's style sheet (--bp-ink, ...), which holds the
# dark counterparts. The six series colors keep a contrast of 4.5 to 1 with the paper.
PALETTE = {
    "ink": "#1f2933",
    "paper": "#ffffff",
    "muted": "#5a6672",
    "grid": "#dde2e8",
    "blue": "#0b62a8",
    "orange": "#b84a07",
    "green": "#0a7552",
    "purple": "#86399c",
    "gold": "#806200",
    "pink": "#b52d6c",
}
SERIES = [PALETTE[name] for name in ("blue", "orange", "green", "purple", "gold", "pink")]


def fading(name, *stops):
    """Return a colormap through ``stops``, pairs of a palette name and an opacity.

    The maps fade to transparent instead of to white: on a dark page the middle is dark.
    """
    colors = [to_rgba(PALETTE[color], opacity) for color, opacity in stops]
    return LinearSegmentedColormap.from_list(name, colors, N=256)


def two_sided(name, low, high, opacity):
    """Return a colormap from the color ``low`` through transparent to the color ``high``."""
    lower = fading(name, (low, opacity), (low, 0.0))
    upper = fading(name, (high, 0.0), (high, opacity))
    colors = [lower(k / 127) for k in range(128)] + [upper(k / 127) for k in range(128)]
    return matplotlib.colors.ListedColormap(colors, name=name)


# Opaque enough to be seen and pale enough for text in ink on top, in both themes.
DIVERGING = two_sided("bp_diverging", "blue", "orange", 0.6)
SEQUENTIAL = fading("bp_sequential", ("ink", 0.0), ("ink", 1.0))

STYLE = {
    "axes.axisbelow": True,
    "axes.edgecolor": PALETTE["muted"],
    "axes.facecolor": "none",
    "axes.grid": True,
    "axes.labelcolor": PALETTE["ink"],
    "axes.labelsize": 12,
    "axes.prop_cycle": matplotlib.cycler(color=SERIES),
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlecolor": PALETTE["ink"],
    "axes.titlelocation": "left",
    "axes.titlesize": 13,
    "figure.constrained_layout.use": True,
    "figure.dpi": 72,
    "figure.edgecolor": "none",
    "figure.facecolor": PALETTE["paper"],
    "figure.figsize": (6.0, 3.6),
    "font.family": ["DejaVu Sans"],
    "font.size": 12,
    "grid.color": PALETTE["grid"],
    "grid.linewidth": 0.8,
    "legend.fontsize": 11,
    "legend.frameon": False,
    "legend.labelcolor": PALETTE["ink"],
    "lines.linewidth": 2.0,
    "lines.markersize": 6,
    "mathtext.fontset": "dejavusans",
    "patch.edgecolor": PALETTE["ink"],
    "savefig.facecolor": PALETTE["paper"],
    "svg.fonttype": "none",
    "svg.hashsalt": "bpcourse",
    "text.color": PALETTE["ink"],
    "xtick.color": PALETTE["muted"],
    "xtick.labelcolor": PALETTE["ink"],
    "xtick.labelsize": 11,
    "ytick.color": PALETTE["muted"],
    "ytick.labelcolor": PALETTE["ink"],
    "ytick.labelsize": 11,
}


def use_book_style() -> None:
    """Set the book's style for all figures; in a notebook, show figures as the book's SVG.

    This changes matplotlib's settings for the whole process: it is meant for the top of a chapter.
    """
    matplotlib.rcParams.update(STYLE)
    shell = running_shell()
    if shell is None:
        return
    # The inline backend registers its own formatters when it starts, so it must start first.
    import matplotlib.pyplot as plt

    plt.switch_backend(matplotlib.get_backend())
    formatters = shell.display_formatter.formatters
    for formatter in formatters.values():
        formatter.pop(Figure, None)
    formatters["image/svg+xml"].for_type(Figure, svg_text)


def running_shell():
    """Return the IPython shell that runs this code, or None."""
    try:
        from IPython import get_ipython
    except ImportError:
        return None
    return get_ipython()


def svg_text(figure: Figure) -> str:
    """Return ``figure`` as the text of an SVG element for the book.

    Parameters
    ----------
    figure : matplotlib.figure.Figure

    Returns
    -------
    str
        One ``<svg>`` element: coordinates with at most two decimals, palette colors as CSS
        variables, no date, no identifier that nothing refers to. What
        :func:`bpcourse.figures.live` has given to the figure stands in its ``<metadata>``.
    """
    file = io.StringIO()
    nothing = dict.fromkeys(("Date", "Creator", "Format", "Type"))
    with matplotlib.rc_context({"svg.fonttype": "none", "svg.hashsalt": "bpcourse"}):
        figure.draw_without_rendering()  # constrained layout settles at the second drawing only
        figure.savefig(file, format="svg", metadata=nothing)
    text = without_preamble(file.getvalue())
    text = re.sub(r"<[^>]+>", lambda tag: tidy_tag(tag[0]), text)
    text = with_short_ids(text)
    return text.replace(">", f">{getattr(figure, 'live_data', '')}", 1)


def without_preamble(text):
    """Return the ``<svg>`` element alone, without comments and with no style that could leak.

    matplotlib's style sheet says ``*{stroke-linejoin: round}``. On a page, ``*`` would be every
    element there is, so its properties move to the ``<svg>`` tag, from which they are inherited.
    """
    text = text[text.index("<svg") :].strip()
    text = re.sub(r"<!--.*?-->|<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    text = re.sub(r"<defs>\s*<style.*?</style>\s*</defs>", "", text, flags=re.DOTALL)
    text = text.replace(' xmlns:xlink="http://www.w3.org/1999/xlink"', "")
    text = text.replace("xlink:href", "href")
    text = text.replace("<svg ", '<svg style="stroke-linejoin: round; stroke-linecap: butt" ', 1)
    return re.sub(r"\n\s*", "\n", text)


def tidy_tag(tag):
    """Return a tag with rounded numbers, the page's colors and the page's font."""
    tag = re.sub(r"-?\d+\.\d+(?:e-?\d+)?", lambda number: two_decimals(number[0]), tag)
    tag = re.sub(r'(?<=style=")[^"]*', lambda style: themed(style[0]), tag)
    tag = re.sub(r' transform="rotate\(-?0 [^"]*"', "", tag)
    return re.sub(r"\s+(?=/?>|\")", "", re.sub(r"\s+", " ", tag))


def two_decimals(number):
    """Return ``number`` (text) with at most two decimals and no trailing zeros.

    Halves are pushed up by a ten-thousandth of a unit: 2.125 is 2.13 on every processor, even
    where its last digit came out as 2.124999.
    """
    hundredths = math.floor(float(number) * 100 + 0.5 + 1e-4)
    return f"{hundredths / 100:g}" if abs(hundredths) < 10**6 else f"{hundredths / 100:.2f}"


def themed(style):
    """Return a style in which palette colors are CSS variables and the font is the page's."""
    for name, color in PALETTE.items():
        style = style.replace(color, f"var(--bp-{name}, {color})")
    return re.sub(
        r"'DejaVu Sans'(, '[^']*'|, [a-z-]+)*", "'DejaVu Sans', Verdana, sans-serif", style
    )


def with_short_ids(text):
    """Return ``text`` with the identifiers that are referred to renamed, and the others removed.

    matplotlib's own are hashes of unrounded coordinates. The new ones start with a hash of the
    finished text, so that two figures on one page do not share one.
    """
    used = dict.fromkeys(re.findall(r'(?:href="#|url\(#)([^")]+)', text))
    text = re.sub(r' id="([^"]*)"', lambda found: found[0] if found[1] in used else "", text)
    for number, old in enumerate(used):
        text = re.sub(rf'(?<=["#]){re.escape(old)}(?=[")])', f"bp-{number}", text)
    short = hashlib.sha256(text.encode()).hexdigest()[:8]
    return re.sub(r'(?<=["#])bp-(?=\d+[")])', f"bp-{short}-", text)
