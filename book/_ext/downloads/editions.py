"""Notebooks that stand alone, made of the pieces of a chapter: complete, and the learner's.

The complete edition has the solutions at its end, folded. In the learner's edition a cell for the
answer and a cell that checks it stand in their place.
"""

import base64
import functools
import re
from pathlib import Path

import matplotlib
import nbformat
import resvg_py
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from downloads.plain_code import in_a_function, plain_code
from downloads.setup_cell import with_imports

EDITIONS = {"learner": "the learner's edition", "complete": "the complete edition"}
KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}
FONTS = [
    str(Path(matplotlib.get_data_path(), "fonts", "ttf", f"{name}.ttf"))
    for name in ("DejaVuSans", "DejaVuSans-Oblique", "DejaVuSans-Bold")
]
# The tags of cells whose code the page does not show.
HIDING = {"remove-input", "hide-input", "remove-cell"}
# The line of a folded cell that notebook programs show.
CHECK = "# Run this cell to check your answer."
# What a notebook keeps of an output, in the order in which it is looked for.
MIME_TYPES = ("image/svg+xml", "text/html", "text/latex", "text/markdown", "text/plain")
# The numbers with which the page moves a figure.
CARRIED = re.compile(r"<metadata data-live=.*?</metadata>", re.DOTALL)
# A link to another page of the book, which is not beside the notebook.
PAGE_LINK = re.compile(r'<a href="[\w/-]+\.html[^"]*">(.*?)</a>', re.DOTALL)
COLOR = re.compile(r"var\(--bp-\w+, (#\w+)\)")
# Pixels of a PNG for each pixel of the figure, so that it is sharp on screens of today.
SCALE = 1.5


class Editions:
    """Makes the editions of one chapter.

    Parameters
    ----------
    chapter : NotebookNode
        The chapter's notebook.
    parts : list of Piece
    setup : str
        The code of the cell that installs what is missing.
    about : callable
        Returns, for the name of an edition, the sentences that say what this is.
    works : list of str
        What the chapter cites.
    """

    def __init__(self, chapter, parts, *, setup, about, works=()):
        self.chapter, self.parts, self.setup, self.about = chapter, parts, setup, about
        self.works = works
        numbers = [n for n, cell in enumerate(chapter.cells) if cell.cell_type == "code"]
        sources = plain_code([chapter.cells[n] for n in numbers])
        self.code = dict(zip(numbers, sources, strict=True))
        self.answers = {
            cell.metadata["answer"]["exercise"]: cell.metadata["answer"]
            for cell in chapter.cells
            if "answer" in cell.metadata
        }

    def make(self, edition):
        """Return an edition as a notebook."""
        first, *rest = self.parts
        cells = [new_markdown_cell(first.text), new_markdown_cell(self.about(edition))]
        imports = self.imports(rest)
        cells.append(new_code_cell(with_imports(self.setup, imports and self.code[imports.cell])))
        for piece in rest:
            if piece is imports:
                continue
            if not piece.solution and not (edition == "learner" and self.is_given(piece)):
                cells += self.cells(piece)
            if piece.exercise and edition == "learner":
                cells += self.places_for_an_answer(piece)
        if self.works:
            works = "\n".join(f"- {work}" for work in self.works)
            cells.append(new_markdown_cell(f"## Works cited\n\n{works}"))
        if edition == "complete":
            cells += self.solutions()
        return finished(cells)

    def imports(self, parts):
        """Return the piece of the chapter's imports, if the page hides them, or None."""
        piece = next((part for part in parts if part.cell is not None), None)
        if piece is None or piece.solution or not self.code[piece.cell]:
            return None
        cell = self.chapter.cells[piece.cell]
        shown = cell.outputs or not HIDING & set(cell.metadata.get("tags", []))
        return None if shown else piece

    def cells(self, piece):
        """Return the cells of a piece: one, or none if only plumbing was in it."""
        if piece.cell is None:
            return [new_markdown_cell(piece.text)]
        cell, code = self.chapter.cells[piece.cell], self.code[piece.cell]
        return [code_cell(cell, code)] if code else []

    def is_given(self, piece):
        """Say whether an answer's cell holds the listing already, for the reader to mend.

        Run after it, the listing would put the broken function back.
        """
        given = {answer["code"].strip() for answer in self.answers.values()}
        return piece.cell is not None and self.code[piece.cell].strip() in given

    def places_for_an_answer(self, piece):
        """Return the cells below an exercise in the learner's edition."""
        answer = self.answers.get(piece.exercise)
        if answer:
            check = new_code_cell(f"{CHECK}\n{in_a_function(answer['check'])}")
            check.metadata["jupyter"] = {"source_hidden": True}  # it knows what is wanted
            places = [new_code_cell(answer["code"]), check]
        elif "(pencil" in piece.text.split("\n")[0]:
            places = [new_markdown_cell("*Your answer:*")]
        else:
            places = [new_code_cell("# Your program")]
        for cell, tag in zip(places, ("answer", "check"), strict=False):
            cell.metadata["tags"] = [tag]
        return places

    def solutions(self):
        """Return the cells of all solutions, each below a heading that is folded."""
        titles = {p.exercise: p.text.split("\n")[0].lstrip("# ") for p in self.parts if p.exercise}
        cells = [new_markdown_cell("## Solutions")] if titles else []
        for label, title in titles.items():
            head = new_markdown_cell(f"### Solution of {title[0].lower()}{title[1:]}")
            head.metadata["jp-MarkdownHeadingCollapsed"] = True
            cells.append(head)
            for piece in self.parts:
                if piece.solution == label:
                    cells += self.cells(piece)
        return cells


def code_cell(cell, code):
    """Return a cell of a chapter as it travels."""
    made = new_code_cell(code, id=cell.id)
    if HIDING & set(cell.metadata.get("tags", [])):
        made.metadata["jupyter"] = {"source_hidden": True}
    if "remove-output" not in cell.metadata.get("tags", []):
        made.outputs = [each for each in map(travelling, cell.outputs) if each]
    return made


def travelling(output):
    """Return an output without what only the book shows, or None if nothing is left."""
    made = nbformat.from_dict(output)
    if "data" not in made:
        return made
    made.data = {kind: made.data[kind] for kind in MIME_TYPES if kind in made.data}
    svg = made.data.get("image/svg+xml")
    if svg:
        made.data["image/svg+xml"] = svg = COLOR.sub(r"\1", CARRIED.sub("", svg))
        made.data["image/png"] = base64.b64encode(png(svg)).decode()
        made.metadata["image/png"] = dict(zip(("width", "height"), size(svg), strict=True))
    if "text/html" in made.data:
        made.data["text/html"] = PAGE_LINK.sub(r"\1", made.data["text/html"])
    made.metadata.pop("scrapbook", None)
    return made if made.data else None


@functools.cache
def png(svg):
    """Return a figure as a PNG, for programs that show no SVG."""
    font = {"skip_system_fonts": True, "font_files": FONTS, "sans_serif_family": "DejaVu Sans"}
    return bytes(resvg_py.svg_to_bytes(svg_string=svg, dpi=96, zoom=SCALE, **font))


def size(svg):
    """Return the width and height of a figure in pixels of the screen."""
    for name in ("width", "height"):
        number, unit = re.search(rf'{name}="([\d.]+)(\w*)"', svg).groups()
        yield round(float(number) * (96 / 72 if unit == "pt" else 1))


def finished(cells):
    """Return the notebook of some cells, each with a name of its own and without a number.

    Numbers would say that the reader has run them.
    """
    for number, cell in enumerate(cells):
        if cell.cell_type == "markdown" or "tags" in cell.metadata or number == 2:
            cell.id = f"{cell.cell_type}-{number}"
            continue
        for output in cell.outputs:
            if output.output_type == "execute_result":
                output.execution_count = None
    metadata = {"kernelspec": KERNEL, "language_info": {"name": "python"}}
    made = new_notebook(cells=cells, metadata=metadata)
    nbformat.validate(made)
    return made
