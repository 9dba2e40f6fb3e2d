"""A chapter in pieces: Markdown, code cells, exercises and solutions, in the order of the page."""

import re
from dataclasses import dataclass

from docutils import nodes

STARTS = re.compile(r"\{solution-start\} (\S+)")


@dataclass(frozen=True)
class Piece:
    """A part of a chapter that becomes a cell.

    ``text`` is Markdown, or empty where ``cell`` numbers a code cell of the chapter's notebook.
    ``exercise`` is the label if this is its text, ``solution`` if it is part of its solution.
    """

    text: str = ""
    cell: int | None = None
    exercise: str = ""
    solution: str = ""


def pieces(doctree, plain, notebook):
    """Return the pieces of a chapter.

    Parameters
    ----------
    doctree : docutils.nodes.document
        The page, resolved.
    plain : Plain
    notebook : NotebookNode
        The chapter: some of its code cells do not show on the page.

    Returns
    -------
    list of Piece
    """
    walk = Walk(plain, code_regions(notebook))
    walk.section(doctree, level=0)
    walk.flush()
    return walk.with_hidden_cells()


def code_regions(notebook):
    """Return for each code cell, by number, the solution that it is in, or an empty text."""
    regions, inside = {}, ""
    for number, cell in enumerate(notebook.cells):
        if cell.cell_type == "code":
            regions[number] = inside
            continue
        if "{solution-end}" in cell.source:
            inside = ""
        inside = (STARTS.findall(cell.source) or [inside])[-1]
    return regions


class Walk:
    """Goes through a page and collects its pieces."""

    def __init__(self, plain, regions):
        self.plain, self.regions = plain, regions
        self.found, self.open, self.solution = [], [], ""

    def flush(self):
        """Close the Markdown cell that is being written."""
        if self.open:
            self.found.append(Piece("\n\n".join(self.open), solution=self.solution))
        self.open = []

    def section(self, node, level):
        """Take the children of a section; each heading starts a cell."""
        for child in node.children:
            if isinstance(child, nodes.title):
                self.flush()
                self.open.append(f"{'#' * max(level, 1)} {self.plain.text(child)}")
            elif isinstance(child, nodes.section):
                self.section(child, level + 1)
            else:
                self.take(child, level)

    def take(self, node, level):
        """Take one node."""
        kind = type(node).__name__
        if node_cell(node) is not None:
            self.flush()
            self.found.append(Piece(cell=node_cell(node), solution=self.solution))
            self.open += [b for f in node.findall(nodes.figure) for b in self.plain.block(f)]
        elif kind == "exercise_enumerable_node":
            self.exercise(node, level + 1)
        elif kind == "solution_node":
            self.answer(node, level)
        elif isinstance(node, nodes.section):  # the content of a solution
            self.section(node, level)
        else:
            self.open += [block for block in self.plain.block(node) if block]

    def exercise(self, node, level):
        """Take an exercise as a cell with a heading."""
        self.flush()
        head = f"{'#' * level} Exercise {self.plain.number('exercise', node)}: {name(self, node)}"
        body = "\n\n".join(b for c in without_title(node) for b in self.plain.block(c))
        self.found.append(Piece(f"{head}\n\n{body}", exercise=node["label"]))

    def answer(self, node, level):
        """Take a solution: its words and its code cells."""
        self.flush()
        self.solution = node["target_label"]
        for child in without_title(node):
            self.take(child, level)
        self.flush()
        self.solution = ""

    def with_hidden_cells(self):
        """Return the pieces with the code cells that the page does not show in their places."""
        done, rest = [], sorted(self.regions)
        for piece in self.found:
            while piece.cell is not None and rest and rest[0] <= piece.cell:
                done += self.hidden(rest.pop(0), piece)
            done.append(piece)
        return done + [Piece(cell=number, solution=self.regions[number]) for number in rest]

    def hidden(self, number, shown):
        """Return the piece of a hidden cell; the cell that is shown follows by itself."""
        if number == shown.cell:
            return []
        return [Piece(cell=number, solution=self.regions[number])]


def node_cell(node):
    """Return the number of the code cell that a node shows, or None."""
    if node.get("nb_element") == "cell_code":
        return node["cell_index"]
    return None


def name(walk, node):
    """Return the title that an exercise was given."""
    titles = [child for child in node.children if isinstance(child, nodes.title)]
    text = "".join(walk.plain.text(each) for each in titles).strip()
    return re.sub(r"^\((.*)\)$", r"\1", re.sub(r"^Exercise(?: [\d.]+)?\s*(?=\()", "", text))


def without_title(node):
    """Return the children of a node but for its title."""
    return [
        child for child in node.children if not isinstance(child, (nodes.title, nodes.subtitle))
    ]
