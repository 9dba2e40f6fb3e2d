"""Figures that can be read on a phone: how large their text is on a page 390 pixels wide.

There a figure takes the whole width of the screen (``book/_static/bpcourse.css``), except for wide
drawings, which keep their size and scroll (``WIDE`` in ``book/_ext/bpbook.py``).
"""

import re
from xml.etree import ElementTree

import pytest
from book_pages import cells, notebooks

SCREEN, SMALLEST, WIDE = 390, 11, 500
# A sub- or superscript is smaller than its text, as everywhere: what counts is the text.
SIZE = re.compile(r"font(?:-size)?: *([\d.]+)px")


def size_of(element, inherited):
    """Return the font size of an element, in the units of its drawing."""
    given = SIZE.search(element.get("style", ""))
    return float(given[1] if given else element.get("font-size", inherited))


def texts(element, inherited=16.0):
    """Yield every text of a drawing with its size: that of its largest part."""
    size = size_of(element, inherited)
    if element.tag.endswith("}text"):
        parts = [size_of(part, size) for part in element.iter() if (part.text or "").strip()]
        yield "".join(element.itertext()).split(), max(parts, default=size)
        return
    for child in element:
        yield from texts(child, size)


def on_a_phone(svg):
    """Return every text of a drawing with its size in pixels on the screen of a phone."""
    root = ElementTree.fromstring(svg)
    width = float(root.get("viewBox").split()[2])
    scale = 1 if width > WIDE else SCREEN / width
    return [("".join(words), size * scale) for words, size in texts(root) if words]


def drawings(path):
    """Return the drawings of a notebook: (place, SVG)."""
    return [
        (cell.place, "".join(output["data"]["image/svg+xml"]))
        for cell in cells(path)
        if cell.kind == "code"
        for output in cell.outputs
        if "image/svg+xml" in output.get("data", {})
    ]


@pytest.mark.parametrize("path", notebooks(), ids=lambda path: path.stem)
def test_text_in_figures_is_large_enough_for_a_phone(path):
    small = {}
    for place, svg in drawings(path):
        found = {text: f"{size:.1f}" for text, size in on_a_phone(svg) if size < SMALLEST}
        if found:
            small[place] = found
    assert not small, f"text under {SMALLEST} px at {SCREEN} px: {small}; draw narrower, or larger"


def test_the_ruler_of_text_measures():
    svg = (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {} 100"><g font-size="10">'
        "<text>a</text></g><text style=\"font: 12px 'DejaVu Sans'\">b</text>"
        '<text><tspan style="font-size: 14px">x</tspan>'
        '<tspan style="font-size: 9.8px">2</tspan></text></svg>'
    )
    assert on_a_phone(svg.format(390)) == [("a", 10.0), ("b", 12.0), ("x2", 14.0)]
    assert on_a_phone(svg.format(780 / 2 * 4 / 3))[0][1] == 10.0, "a wide drawing keeps its size"
    assert on_a_phone(svg.format(468))[1][1] == pytest.approx(10.0), "12 units at 390 of 468"
