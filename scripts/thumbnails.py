"""Draw the small picture of every chapter that the start page shows.

    python scripts/thumbnails.py      writes book/_static/course/<chapter>.svg

The pictures are as plain as icons. Their colors are variables of the page's style sheet, so that
they follow its theme. Curves and the digit are computed, not traced.
"""

from itertools import pairwise
from pathlib import Path

import numpy as np

import bpcourse as bp
from bpcourse.figures.style import PALETTE

FOLDER = Path(__file__).resolve().parents[1] / "book" / "_static" / "course"
WIDTH, HEIGHT = 120, 72


def color(name):
    """Return a color of the palette as the page knows it."""
    return f"var(--bp-{name}, {PALETTE[name]})"


def line(*points, ink="ink", width=2.0, dash=""):
    """Return a broken line through points."""
    path = " ".join(f"{x:.4g},{y:.4g}" for x, y in points)
    dashes = f";stroke-dasharray:{dash}" if dash else ""
    return (
        f'<polyline points="{path}" style="fill:none;stroke:{color(ink)};'
        f'stroke-width:{width}{dashes}"/>'
    )


def curve(function, start, stop, **look):
    """Return the graph of a function of the picture's own coordinates."""
    x = np.linspace(start, stop, 41)
    return line(*zip(x, function(x), strict=True), **look)


def dot(x, y, *, r=4.0, ink="ink", fill="paper"):
    """Return a circle."""
    return (
        f'<circle cx="{x:.4g}" cy="{y:.4g}" r="{r:.4g}" '
        f'style="fill:{color(fill)};stroke:{color(ink)};stroke-width:1.6"/>'
    )


def bar(x, y, width, height, *, ink="blue", opacity=1.0):
    """Return a filled rectangle."""
    return (
        f'<rect x="{x:.4g}" y="{y:.4g}" width="{width:.4g}" height="{height:.4g}" '
        f'style="fill:{color(ink)};opacity:{opacity:.3g}"/>'
    )


def text(x, y, words, *, ink="ink", size=16, anchor="middle"):
    """Return a line of text."""
    return (
        f'<text x="{x}" y="{y}" style="fill:{color(ink)};font-size:{size}px;'
        f'text-anchor:{anchor}">{words}</text>'
    )


def arrow(x0, y0, x1, y1, *, ink="muted"):
    """Return a line with a head at its second end."""
    along = np.array([x1 - x0, y1 - y0]) / np.hypot(x1 - x0, y1 - y0)
    side = np.array([-along[1], along[0]])
    tip = np.array([x1, y1])
    left, right = tip - 7 * along + 4 * side, tip - 7 * along - 4 * side
    head = " ".join(f"{x:.4g},{y:.4g}" for x, y in (tip, left, right))
    shaft = line((x0, y0), tuple(tip - 5 * along), ink=ink, width=1.6)
    return f'{shaft}<polygon points="{head}" style="fill:{color(ink)}"/>'


def layers(*columns, lit=()):
    """Return a network: columns of neurons, joined; ``lit`` are the columns drawn in orange."""
    x = np.linspace(16, WIDTH - 16, len(columns))
    places = [
        [(x[i], 36 + 17 * (j - (n - 1) / 2)) for j in range(n)] for i, n in enumerate(columns)
    ]
    lines = [
        line(start, end, ink="muted", width=0.8)
        for before, after in pairwise(places)
        for start in before
        for end in after
    ]
    dots = [
        dot(*place, r=5.5, ink="orange" if i in lit else "ink")
        for i, column in enumerate(places)
        for place in column
    ]
    return "".join(lines + dots)


def one_weight():
    """Draw a valley, a point on its slope, and the way down."""
    valley = curve(lambda x: 62 - 52 * ((x - 60) / 50) ** 2, 10, 110, ink="blue")
    return valley + arrow(84, 33, 69, 53, ink="orange") + dot(90, 43.3, fill="orange")


def reading_digits():
    """Draw a digit of the data set, and what it is read as."""
    digits = bp.datasets.digits(rng=np.random.default_rng(0)).test
    seven = int(np.flatnonzero(digits.labels == 7)[0])
    image = digits.x[:, seven].reshape(8, 8)
    pixels = [
        bar(10 + 7 * k, 8 + 7 * j, 7, 7, ink="ink", opacity=ink)
        for (j, k), ink in np.ndenumerate(image)
        if ink > 0
    ]
    return "".join(pixels) + arrow(72, 36, 88, 36) + text(102, 44, "7", ink="blue", size=26)


def chain_rule():
    """Draw a value that acts along two paths."""
    wires = (line((18, 36), (60, 16)), line((18, 36), (60, 56)), line((60, 16), (102, 36)))
    return (
        "".join(wires)
        + line((60, 56), (102, 36))
        + dot(18, 36, r=7)
        + dot(60, 16, r=9, ink="blue")
        + text(60, 21, "×", ink="blue", size=15)
        + dot(60, 56, r=9, ink="blue")
        + text(60, 61, "+", ink="blue", size=15)
        + dot(102, 36, r=7, ink="orange")
    )


def four_equations():
    """Draw a network whose errors run backward."""
    return layers(2, 2, 2, lit=(1, 2)) + arrow(82, 10, 42, 10, ink="orange") + text(96, 15, "δ")


def your_own_backpropagation():
    """Draw a program of ten lines."""
    widths = (44, 60, 52, 66, 40, 58, 62, 48, 54, 36)
    return "".join(
        bar(22 if k in (0, 9) else 32, 7 + 6 * k, width, 3.4, ink="orange" if k == 6 else "ink",
            opacity=1 if k == 6 else 0.55)
        for k, width in enumerate(widths)
    )  # fmt: skip


def by_hand():
    """Draw a number with its last digits in question."""
    return (
        text(60, 34, "0.2910", size=20)
        + line((34, 44), (86, 44), ink="muted", width=1.4)
        + text(60, 62, "27924", ink="orange", size=16)
    )


def proofs():
    """Draw a short derivation and the mark at its end."""
    rows = "".join(bar(16, 12 + 14 * k, width, 4, ink="ink", opacity=0.5) for k, width in
                   enumerate((70, 54, 62, 30)))  # fmt: skip
    return text(104, 22, "∂", ink="blue", size=24) + rows + bar(94, 50, 12, 12, ink="orange")


def learning_speed():
    """Draw the sigmoid, with its flat end marked."""
    rise = curve(lambda x: 62 - 52 / (1 + np.exp(-(x - 52) / 8)), 8, 80, ink="blue")
    flat = curve(lambda x: 62 - 52 / (1 + np.exp(-(x - 52) / 8)), 80, 112, ink="orange", width=4)
    return rise + flat


def cost_of_gradients():
    """Draw two prices that can hardly be compared."""
    return bar(28, 8, 22, 56, ink="orange") + bar(70, 59, 22, 5, ink="blue")


def differences():
    """Draw a curve, its tangent, and a chord that is not it."""
    arc = curve(lambda x: 64 - (x - 10) ** 2 / 190, 10, 112, ink="blue")
    chord = line((40, 59.3), (100, 21.4), ink="orange", dash="5 3")
    return arc + chord + dot(40, 59.3) + dot(100, 21.4)


def computational_graphs():
    """Draw boxes joined by arrows."""
    boxes = [(8, 8), (8, 46), (50, 27), (92, 27)]
    arrows = arrow(28, 20, 48, 32) + arrow(28, 54, 48, 42) + arrow(70, 36, 90, 36)
    frames = "".join(
        f'<rect x="{x}" y="{y}" width="20" height="18" rx="3" '
        f'style="fill:none;stroke:{color("ink")};stroke-width:1.6"/>'
        for x, y in boxes
    )
    return arrows + frames


def order_matters():
    """Draw a row, a matrix and a matrix, and where to begin."""
    return (
        bar(8, 32, 30, 8, ink="orange")
        + bar(44, 18, 30, 36, ink="blue", opacity=0.55)
        + bar(80, 18, 30, 36, ink="blue", opacity=0.3)
        + line((6, 62), (76, 62), ink="orange")
    )


def vectors_and_matrices():
    """Draw a row times a matrix."""
    cells = [
        bar(58 + 13 * k, 14 + 13 * j, 11, 11, ink="blue", opacity=0.25 + 0.15 * ((j + 2 * k) % 4))
        for j in range(4)
        for k in range(4)
    ]
    row = [bar(8 + 11 * k, 32, 9, 9, ink="orange", opacity=0.5 + 0.15 * k) for k in range(4)]
    return "".join(cells + row)


def five_routes():
    """Draw five ways to one point."""
    ways = [
        line((10, 8 + 14 * k), (55, 8 + 9 * k + 10), (100, 36), ink=ink)
        for k, ink in enumerate(("blue", "orange", "green", "purple", "gold"))
    ]
    return "".join(ways) + dot(100, 36, r=6, fill="ink")


def from_scratch():
    """Draw three points and two curves that miss them differently."""
    points = dot(26, 48) + dot(56, 22) + dot(84, 34)
    return (
        curve(lambda x: 46 - 22 * np.exp(-(((x - 60) / 26) ** 2)), 8, 112, ink="blue")
        + curve(lambda x: 52 - x / 5, 8, 112, ink="orange")
        + points
    )


def overfitting():
    """Draw two costs that part."""
    falling = curve(lambda x: 14 + 48 * (1 - np.exp(-(x - 8) / 24)), 8, 112, ink="blue")
    rising = curve(
        lambda x: 12 + 42 * (1 - np.exp(-(x - 8) / 22)) - 0.0035 * (x - 8) ** 2 * (x > 8),
        8, 112, ink="orange",
    )  # fmt: skip
    return falling + rising


def hidden_layer():
    """Draw a cube of three bits, with one corner for each of eight patterns."""
    front = [(34, 22), (70, 22), (70, 58), (34, 58)]
    back = [(x + 18, y - 12) for x, y in front]
    edges = [line(*side, side[0], ink="muted", width=1.2) for side in (front, back)]
    edges += [
        line(one, other, ink="muted", width=1.2) for one, other in zip(front, back, strict=True)
    ]
    return "".join(edges + [dot(x, y, fill="blue", ink="blue") for x, y in front + back])


def where_descent_gets_stuck():
    """Draw two valleys and a ball in the higher one."""

    def land(x):
        t = (x - 60) / 45
        return 36 - 30 * (2.2 * t**4 - 2.4 * t**2 + 0.25 * t)

    return curve(land, 11, 109, ink="blue") + dot(92, 44, r=5, fill="orange", ink="orange")


def deep_and_still_learning():
    """Draw the error by layer: one that vanishes, one that arrives."""
    vanishing = curve(lambda x: 58 - 46 * np.exp((x - 112) / 22), 8, 112, ink="blue")
    return vanishing + line((8, 14), (112, 12), ink="orange") + arrow(108, 64, 64, 64)


def the_same_weight_many_times():
    """Draw three steps in time that share their weight, and the error running back."""
    x = (22, 60, 98)
    wires = "".join(arrow(a + 7, 36, b - 7, 36, ink="blue") for a, b in pairwise(x))
    inputs = "".join(line((a, 44), (a, 62), ink="muted") for a in x)
    back = arrow(100, 14, 20, 14, ink="orange")
    return wires + inputs + "".join(dot(a, 36, r=7) for a in x) + back


def convolution():
    """Draw a window on a picture, and the one pixel that it makes."""
    grid = [line((10 + 10 * k, 11), (10 + 10 * k, 61), ink="muted", width=0.8) for k in range(6)]
    grid += [line((10, 11 + 10 * k), (60, 11 + 10 * k), ink="muted", width=0.8) for k in range(6)]
    window = bar(20, 21, 30, 30, ink="orange", opacity=0.6)
    return "".join(grid) + window + arrow(64, 36, 84, 36) + bar(90, 30, 12, 12, ink="blue")


def attention():
    """Draw a triangle of weights: each place looks back, and not ahead."""
    return "".join(
        bar(33 + 11 * k, 9 + 11 * j, 9.5, 9.5, ink="blue" if k < j else "orange",
            opacity=0.25 + 0.15 * ((2 * j + 3 * k) % 5))
        for j in range(5)
        for k in range(j + 1)
    )  # fmt: skip


def steps():
    """Draw a narrow valley, and two ways down it."""
    rings = "".join(
        f'<ellipse cx="74" cy="36" rx="{a}" ry="{a / 2.6:.4g}" '
        f'style="fill:none;stroke:{color("muted")};stroke-width:1"/>'
        for a in (12, 26, 40)
    )
    zigzag = [(14, 12), (22, 54), (31, 20), (40, 49), (49, 25), (57, 45), (64, 30)]
    smooth = curve(lambda x: 36 - 24 * ((74 - x) / 60) ** 3, 14, 74, ink="orange")
    return rings + line(*zigzag, ink="blue", width=1.4) + smooth + dot(74, 36, fill="orange")


def debugging():
    """Draw a table of ratios, one of them not 1."""
    rows = [("w²", "1.000", "ink"), ("w³", "2.000", "orange"), ("b³", "1.000", "ink")]
    return "".join(
        text(36, 22 + 19 * k, name) + text(78, 22 + 19 * k, ratio, ink=ink)
        for k, (name, ratio, ink) in enumerate(rows)
    )


def museum_of_bugs():
    """Draw a number in a frame, like a picture on a wall."""
    frame = (
        f'<rect x="26" y="14" width="68" height="44" rx="2" '
        f'style="fill:none;stroke:{color("ink")};stroke-width:3"/>'
    )
    return frame + text(60, 42, "+=", ink="orange", size=22) + line((46, 14), (60, 4), (74, 14))


def speed():
    """Draw bars that come down to a limit."""
    lengths = (92, 66, 56, 52, 46, 42)
    bars = [
        bar(14, 8 + 10 * k, length, 6, ink="orange" if k == 0 else "blue")
        for k, length in enumerate(lengths)
    ]
    return "".join(bars) + line((54, 4), (54, 68))


def gradient_cost():
    """Draw the forward run, and the run back beside it."""
    return (
        bar(24, 44, 20, 20, ink="blue")
        + bar(56, 24, 20, 40, ink="orange")
        + line((14, 64), (106, 64))
    )


def claims():
    """Draw sentences, marked."""
    marks = [("✓", "green"), ("×", "orange"), ("✓", "green")]
    return "".join(
        text(26, 22 + 19 * k, mark, ink=ink, size=17)
        + bar(42, 14 + 19 * k, 60, 5, opacity=0.5, ink="ink")
        for k, (mark, ink) in enumerate(marks)
    )


def history():
    """Draw a line of time."""
    years = "".join(dot(x, 36, r=4.5, fill="blue", ink="blue") for x in (20, 34, 58, 66, 78, 104))
    return line((8, 36), (112, 36), ink="muted") + years + text(72, 62, "1986", size=15)


DRAWINGS = (
    one_weight,
    reading_digits,
    chain_rule,
    four_equations,
    your_own_backpropagation,
    by_hand,
    proofs,
    learning_speed,
    cost_of_gradients,
    computational_graphs,
    order_matters,
    vectors_and_matrices,
    five_routes,
    from_scratch,
    overfitting,
    hidden_layer,
    where_descent_gets_stuck,
    deep_and_still_learning,
    the_same_weight_many_times,
    convolution,
    attention,
    steps,
    debugging,
    museum_of_bugs,
    gradient_cost,
    speed,
    claims,
    history,
    differences,
)


def main():
    """Write every drawing."""
    FOLDER.mkdir(exist_ok=True)
    for draw in DRAWINGS:
        path = FOLDER / f"{draw.__name__.replace('_', '-')}.svg"
        path.write_text(picture(draw()), encoding="utf-8", newline="\n")


def picture(drawing):
    """Return a drawing as an SVG element; it repeats what stands beside it, so it has no name."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
        f'class="bp-thumbnail" aria-hidden="true" focusable="false" '
        f'font-family="DejaVu Sans, Verdana, sans-serif">{drawing}</svg>\n'
    )


if __name__ == "__main__":
    main()
