"""A small picture of a network with the places marked at which backpropagation goes wrong."""

# Colors are the CSS variables of the book's style sheet, with the light palette as fallback.
_INK = "var(--bp-ink, #1f2933)"
_MUTED = "var(--bp-muted, #5a6672)"
_WRONG = "var(--bp-orange, #b84a07)"
_PAPER = "var(--bp-paper, #ffffff)"

_STEP, _GAP, _TOP, _RADIUS = 110, 22, 34, 7


def svg(sizes, marks):
    """Return the picture as an ``<svg>`` element.

    Parameters
    ----------
    sizes : sequence of int
        The widths n_1, ..., n_L.
    marks : collection of (str, int)
        Equations and layers: ("bp2", 3) marks the neurons of layer 3, ("bp4", 3) the weights into
        it, ("bp3", 3) its biases.

    Returns
    -------
    str
    """
    width, height = _STEP * (len(sizes) - 1) + 80, _TOP + _GAP * max(sizes) + 26
    marked = {layer for _, layer in marks}
    weights = {layer for equation, layer in marks if equation == "bp4"}
    neurons = {layer for equation, layer in marks if equation != "bp4"}
    parts = [_edges(sizes, l, height, l in weights) for l in range(2, len(sizes) + 1)]
    parts += [_layer(sizes, l, height, l in neurons) for l in range(1, len(sizes) + 1)]
    parts += [_label(l, sorted(e for e, layer in marks if layer == l)) for l in marked]
    label = "Network, wrong at " + ", ".join(f"{e.upper()} in layer {l}" for e, l in sorted(marks))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label="{label}" '
        f'viewBox="0 0 {width} {height}" style="max-width:{width}px;width:100%;height:auto" '
        f'font-family="sans-serif" font-size="12">{"".join(parts)}</svg>'
    )


def _x(l):
    return 40 + _STEP * (l - 1)


def _y(n, j, height):
    return _TOP + (height - _TOP - 26) / 2 + _GAP * (j - (n - 1) / 2)


def _edges(sizes, l, height, wrong):
    left, right = sizes[l - 2], sizes[l - 1]
    color, opacity = (_WRONG, 0.9) if wrong else (_MUTED, 0.35)
    lines = "".join(
        f'<path d="M{_x(l - 1)} {_y(left, k, height):.0f}L{_x(l)} {_y(right, j, height):.0f}"/>'
        for k in range(left)
        for j in range(right)
    )
    return f'<g style="stroke:{color}" stroke-opacity="{opacity}">{lines}</g>'


def _layer(sizes, l, height, wrong):
    n = sizes[l - 1]
    stroke, width = (_WRONG, 3) if wrong else (_INK, 1.2)
    circles = "".join(
        f'<circle cx="{_x(l)}" cy="{_y(n, j, height):.0f}" r="{_RADIUS}"/>' for j in range(n)
    )
    number = f'<text x="{_x(l)}" y="{height - 6}" text-anchor="middle">layer {l}</text>'
    return (
        f'<g style="fill:{_PAPER};stroke:{stroke};stroke-width:{width}">{circles}</g>'
        f'<g style="fill:{_MUTED}">{number}</g>'
    )


def _label(l, equations):
    names = ", ".join(e.upper() if e.startswith("bp") else e for e in equations)
    return (
        f'<text x="{_x(l)}" y="18" text-anchor="middle" font-weight="bold" '
        f'style="fill:{_WRONG}">{names}</text>'
    )
