"""What paper and e-books have in common: no script, no button, figures in colors of their own.

* A figure's ``var(--bp-blue, #0b62a8)`` becomes ``#0b62a8``: only browsers know variables.
* The code behind a button is left out: there is no button to press.
* The names that exercises, solutions and theorems give to their insides go: they are all the same.
"""

import re
from pathlib import Path

from docutils import nodes
from sphinx.transforms.post_transforms import SphinxPostTransform

# What a figure carries for the script that moves it in the pages.
CARRIED = re.compile(r'<metadata data-live="[a-z-]+">.*?</metadata>', re.DOTALL)
MOVES = "This figure moves in the pages of the book"
VARIABLE = re.compile(r"var\(--[\w-]+,\s*([^()]+?)\s*\)")
INSIDES = {"exercise-content", "solution-content", "proof-content", "proof"}
# The tags of a cell whose code or result the page shows only on demand.
ON_DEMAND = {"tag_hide-input": "cell_input", "tag_hide-output": "cell_output"}


def setup(app):
    """Register the extension with Sphinx."""
    app.add_post_transform(ForPaper)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}


class ForPaper(SphinxPostTransform):
    """Take out what needs a screen, before the results of the cells are chosen."""

    default_priority = 2

    def run(self):
        """Change the document in place, unless it becomes a page of the book in a browser."""
        if self.app.builder.name in ("latex", "epub"):
            drop_what_is_on_demand(self.document)
            drop_names_of_insides(self.document)
            drop_controls(self.document)
            drop_what_moves(self.document)


def drop_what_is_on_demand(document):
    """Remove the code, or the result, that waits behind a button in the page."""
    for cell in list(document.findall(nodes.container)):
        classes = set(cell["classes"])
        if "tag_hide-cell" in classes:
            cell.parent.remove(cell)
            continue
        unwanted = {ON_DEMAND[tag] for tag in classes & set(ON_DEMAND)}
        for child in [c for c in cell.children if unwanted & set(c.get("classes", []))]:
            cell.remove(child)


def drop_names_of_insides(document):
    """Remove the identifiers that many elements of a document share."""
    for node in document.findall(nodes.Element):
        if INSIDES & set(node.get("ids", [])):
            node["ids"] = [name for name in node["ids"] if name not in INSIDES]


def drop_controls(document):
    """Remove the HTML that chapters hold for scripts; drawings stay."""
    for node in list(document.findall(nodes.raw)):
        if "html" in node["format"] and "<svg" not in node.astext():
            node.parent.remove(node)


def drop_what_moves(document):
    """Remove the words for a figure that moves; those for its still picture stay."""
    for node in list(document.findall(nodes.inline)):
        if "moving" in node["classes"]:
            around = node.parent
            around.remove(node)
            if isinstance(around, nodes.paragraph) and not around.astext().strip():
                around.parent.remove(around)


def say_that_it_moves(figure, docname, url):
    """Add to the caption of a figure that it moves in the pages, and where, if that is known."""
    caption = next(figure.findall(nodes.caption), None)
    if not isinstance(figure, nodes.figure) or caption is None:
        return
    name = next(iter(figure["ids"]), "")
    place = f"{url.rstrip('/')}/{docname}.html#{name}"
    moves = nodes.reference("", MOVES, refuri=place) if url else nodes.Text(MOVES)
    caption += [nodes.Text(" "), moves, nodes.Text(".")]


def palette():
    """Return a style sheet with the figures' fonts and colors, dark where that is wanted."""
    pages = Path(__file__).resolve().parents[1] / "_static" / "bpcourse.css"
    text = pages.read_text(encoding="utf-8")
    light, dark = re.findall(r"\{\s*((?:--bp-[\w-]+:[^;]*;\s*)+)\}", text)[:2]
    fonts = "\n".join(re.findall(r"@font-face \{.*?\}", text, re.DOTALL))
    dark_theme = f"@media (prefers-color-scheme: dark) {{:root {{{dark}}}}}"
    return f":root {{{light}}}\n{dark_theme}\n{fonts}\n"


def plain_colors(svg):
    """Return the picture with each variable replaced by the color that it falls back to.

    >>> plain_colors('<path style="fill: var(--bp-ink, #1f2933)"/>')
    '<path style="fill: #1f2933"/>'
    """
    return VARIABLE.sub(r"\1", CARRIED.sub("", svg))
