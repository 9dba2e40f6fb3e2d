"""The numbers of a drill, below the exercise that asks for it: in the pages, on paper, everywhere.

An exercise names its drill, ``bp.drills.bp2(1)``, in the code that checks it; what that drill
prints is put into the exercise when the page is read.
"""

import re

from docutils import nodes
from python_in_page import answers_of, notebook_of
from sphinx_exercise.nodes import exercise_enumerable_node

import bpcourse as bp

DRILL = re.compile(r"\bbp\.drills\.(\w+)\((\d+)\)\.check\(")


def setup(app):
    """Register the extension with Sphinx."""
    app.connect("doctree-read", show_drills)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}


def show_drills(app, doctree):
    """Add to each exercise the text of the drills that its check asks for."""
    notebook = notebook_of(app, app.env.docname)
    if notebook is None:
        return
    answers = answers_of(notebook)
    for exercise in doctree.findall(exercise_enumerable_node):
        answer = answers.get(exercise["label"], {"check": ""})
        for text in drills_in(answer["check"]):
            shown = nodes.literal_block(text, text, language="text", classes=["bp-drill"])
            exercise.children[1] += shown


def drills_in(check):
    """Return the texts of the drills in the code of a check."""
    return [str(getattr(bp.drills, name)(int(seed))) for name, seed in DRILL.findall(check)]
