"""Lead a reader of the paper or of an e-book to the page where the same code runs.

Where the address of the published book is known (``book_url``), a chapter names its page under its
title, and an exercise that the page can check leads there. Without an address neither is said.
"""

from docutils import nodes
from python_in_page import answers_of, kept_out, notebook_of
from sphinx import addnodes
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx_exercise.nodes import exercise_enumerable_node

RUNS = "Its code runs, and can be changed, on the page "
TO_TAKE = "Its notebook, to run on your computer, is offered on the page "
# On paper an address breaks at few places, so its line stays ragged; and the line that leads to an
# answer stands on the page of its exercise.
RAGGED = (r"\begingroup\raggedright ", r"\par\endgroup")
TOGETHER = "\\par\\nobreak\n"


def setup(app):
    """Register the extension with Sphinx."""
    app.add_post_transform(BackToPages)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}


class BackToPages(SphinxPostTransform):
    """Add the links, before the paper's chapters are arranged at 3."""

    default_priority = 2
    formats = ("latex", "html")

    def run(self):
        """Change the document in place, if it becomes paper or a page of an e-book."""
        url = self.config.book_url.rstrip("/")
        if not url or self.app.builder.name not in ("latex", "epub"):
            return
        for docname, chapter in chapters(self.document, self.env):
            notebook = notebook_of(self.app, docname)
            if notebook is not None:
                link(chapter, f"{url}/{docname}.html", notebook)


def chapters(document, env):
    """Return the files of the document with their names: the paper joins all of them into one."""
    joined = [(file["docname"], file) for file in document.findall(addnodes.start_of_file)]
    return joined or [(env.docname, document)]


def link(chapter, page, notebook):
    """Name the page under the chapter's title and in the exercises that the page can check."""
    checked = answers_of(notebook)
    for exercise in chapter.findall(exercise_enumerable_node):
        if exercise["label"] in checked:
            place = f"{page}#{exercise['label']}"
            words = nodes.reference("", "Answer it on its page", refuri=place)
            said = nodes.paragraph("", "", words, nodes.Text(", which checks it."))
            exercise.children[1] += [nodes.raw("", TOGETHER, format="latex"), said]
    section = next(chapter.findall(nodes.section))
    said = nodes.Text(RUNS if kept_out(notebook) is None else TO_TAKE)
    address = nodes.reference("", page, refuri=page)
    line = nodes.emphasis("", "", said, address)
    begin, end = (nodes.raw("", code, format="latex") for code in RAGGED)
    section.insert(1, nodes.paragraph("", "", begin, line, end))
