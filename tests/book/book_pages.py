"""The pages of the book as the tests read them."""

import json
from dataclasses import dataclass
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
BOOK = ROOT / "book"


@dataclass(frozen=True)
class Cell:
    """One cell of a notebook, or a whole Markdown page as one cell."""

    place: str
    kind: str
    source: str
    metadata: dict
    outputs: list
    execution_count: int | None
    first_line: int = 1


def notebooks():
    """Return the paths of the book's notebooks."""
    return sorted(BOOK.glob("*.ipynb"))


def markdown_pages():
    """Return the paths of the book's plain pages."""
    return sorted([*BOOK.glob("*.md"), *BOOK.glob("api/*.md")])


def cells(path):
    """Return the cells of a page."""
    return notebook_cells(path) if path.suffix == ".ipynb" else [markdown_cell(path)]


def notebook_cells(path):
    """Return the cells of a notebook, each with its place in words."""
    raw = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return [
        Cell(
            place=f"{path.name}, cell {number} (id {cell['id']})",
            kind=cell["cell_type"],
            source="".join(cell["source"]),
            metadata=cell["metadata"],
            outputs=cell.get("outputs", []),
            execution_count=cell.get("execution_count"),
        )
        for number, cell in enumerate(raw, start=1)
    ]


def markdown_cell(path):
    """Return a Markdown page as one cell, whose metadata is the page's front matter."""
    text = path.read_text(encoding="utf-8")
    front, body = "", text
    if text.startswith("---\n"):
        front, body = text[4:].split("\n---\n", 1)
    first_line = text.count("\n") - body.count("\n") + 1
    metadata = yaml.safe_load(front) or {}
    return Cell(path.name, "markdown", body, metadata, [], None, first_line)


def table_of_contents():
    """Return the pages of ``_toc.yml`` by part: {caption: [path without suffix]}."""
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))
    parts = {part["caption"]: files(part["chapters"]) for part in toc["parts"]}
    return {"": [toc["root"]]} | parts


def files(entries):
    """Return the pages of a list of entries of ``_toc.yml``, each followed by its sections."""
    return [
        name for entry in entries for name in [entry["file"], *files(entry.get("sections", []))]
    ]
