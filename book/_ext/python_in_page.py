"""Python that runs in the book's pages: what the build puts into them.

* Every listing of a chapter can be run and edited in the page; the exercises that have an answer
  cell can be answered there; the page ``clinic`` judges a whole program.
* What is loaded when the reader asks for Python lies beside the pages as classic scripts that hold
  base64: these load from a server and from a disk alike.
* Where Pyodide's files can't be had, or ``BPCOURSE_PYTHON_IN_PAGE`` is ``0``, the book is built
  without all of this, and the build says so.

Where a code cell or a whole chapter takes too long for a page, the metadata of the cell, or of the
chapter's first cell, says why: ``{"python_in_page": {"run": false, "why": "It measures times."}}``.
An exercise's answer cell is the metadata ``{"answer": {"exercise", "code", "check"}}``
of the Markdown cell that holds the exercise.
"""

import ast
import base64
import gzip
import html
import importlib.util
import json
import os
import shutil
import tomllib
from pathlib import Path

import bpbook
import pyodide_files
from docutils import nodes
from sphinx.util import logging

logger = logging.getLogger(__name__)

HERE = Path(__file__).resolve().parents[1] / "python"
SCRIPTS = (
    "kernel.js",
    "panel.js",
    "output.js",
    "editor.js",
    "cells.js",
    "verdict.js",
    "exercises.js",
)
COURSE = ("worker.js", "runner.py", "stand_ins.py")
# Files that are not packed yet; the others are archives.
GZIPPED = ["pyodide.js", "pyodide.asm.js", "pyodide.asm.wasm", *COURSE]
CLINIC = "book/clinic"
PIECE = 3 * 2**19  # bytes in one piece of a file; a multiple of 3, so that base64 has no padding
NOT_HERE = "The code of this page does not run in the page. "


def setup(app):
    """Register the extension with Sphinx."""
    app.connect("builder-inited", look_for_python)
    # Before bpbook, at the default priority, makes figures of images: the cells are still whole.
    app.connect("doctree-resolved", mark_page, priority=400)
    app.connect("html-page-context", add_scripts)
    # After whatever else builds the package's wheel into the book.
    app.connect("build-finished", write_files, priority=900)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}


def look_for_python(app):
    """Find Pyodide's files, for the HTML book only; without them say so."""
    app.python_files = None
    if app.builder.name not in ("html", "dirhtml"):
        return
    if os.environ.get("BPCOURSE_PYTHON_IN_PAGE") == "0":
        logger.info("BPCOURSE_PYTHON_IN_PAGE is 0: the pages get no Run buttons.")
        return
    try:
        app.python_files = pyodide_files.find()
    except OSError as error:
        logger.info("The pages get no Run buttons: %s.", error)


def notebook_of(app, name):
    """Return the notebook of a page, or None."""
    path = Path(app.env.doc2path(name))
    return json.loads(path.read_text(encoding="utf-8")) if path.suffix == ".ipynb" else None


def mark_page(app, doctree, name):
    """Give the listings of a chapter their numbers, and its exercises their answer cells."""
    notebook = notebook_of(app, name) if app.python_files else None
    if notebook is None:
        return
    answers = answers_of(notebook)
    for box in doctree.findall(is_box):
        if box["label"] in answers:
            box.append(answer_cell(box["label"], answers[box["label"]]))
    mark_repetitions(doctree, notebook, answers)
    why = kept_out(notebook)
    if why is not None:
        say_why(doctree, why)
        return
    for cell in doctree.findall(is_cell):
        settings = notebook["cells"][cell["cell_index"]]["metadata"].get("python_in_page", {})
        if settings.get("run") is False:
            cell.append(remark(settings["why"]))
        elif any(bpbook.is_input(each) for each in cell.findall()):
            cell["classes"].append(f"bp-cell-{cell['cell_index']}")


def mark_repetitions(doctree, notebook, answers):
    """Mark the listings that an answer's field holds already: the page shows them once."""
    labels = {answer["code"].strip(): label for label, answer in answers.items()}
    for cell in doctree.findall(is_cell):
        label = labels.get("".join(notebook["cells"][cell["cell_index"]]["source"]).strip())
        if label:
            cell["classes"].append(f"bp-same-{label}")


def is_cell(node):
    """Say whether a node is a code cell."""
    return isinstance(node, nodes.container) and node.get("nb_element") == "cell_code"


def is_box(node):
    """Say whether a node is a box with a label, such as an exercise."""
    return isinstance(node, nodes.Admonition) and "label" in node


def kept_out(notebook):
    """Return why a chapter's cells do not run in its page, or None if they do."""
    settings = notebook["cells"][0]["metadata"].get("python_in_page", {})
    return settings["why"] if settings.get("run") is False else None


def say_why(doctree, why):
    """Say before the first listing why there are no buttons."""
    for cell in doctree.findall(is_cell):
        if any(bpbook.is_input(each) for each in cell.findall()):
            cell.parent.insert(cell.parent.index(cell), remark(NOT_HERE + why))
            return


def remark(text):
    """Return a remark on what does not run in the page."""
    return nodes.raw("", f'<p class="bp-hint bp-not-here">{html.escape(text)}</p>', format="html")


def answers_of(notebook):
    """Return the answer cells of a chapter: {label of the exercise: {"code", "check"}}."""
    answers = (cell["metadata"].get("answer") for cell in notebook["cells"])
    return {answer["exercise"]: answer for answer in answers if answer}


def answer_cell(label, answer):
    """Return the place where the page puts a field; without scripts it stays hidden."""
    attributes = f'data-exercise="{label}" data-check="{html.escape(answer["check"])}"'
    code = html.escape(answer["code"])
    return nodes.raw("", f'<div class="bp-answer" hidden {attributes}>{code}</div>', format="html")


def add_scripts(app, pagename, templatename, context, doctree):
    """Add the script and the style to every page, and the clinic's own to its page."""
    if not app.python_files:
        return
    app.add_css_file("python/python.css")
    app.add_js_file("python/page.js", loading_method="defer")
    if pagename == CLINIC:
        app.add_js_file("python/clinic.js", loading_method="defer")


def cells_of(notebook):
    """Return the code cells of a chapter as the page needs them.

    ``code`` is the whole code of a cell that the page does not show; ``quiet`` marks a listing
    after whose last line comes one of the book's own, which keeps its value from being shown.
    """
    found = []
    for i, cell in enumerate(notebook["cells"]):
        if cell["cell_type"] != "code":
            continue
        entry, code = {"number": i}, "".join(cell["source"])
        shown = bpbook.without_plumbing(code).strip()
        if {"remove-input", "remove-cell"} & set(cell["metadata"].get("tags", [])) or not shown:
            entry["code"] = code
        elif is_quiet(code):
            entry["quiet"] = True
        if cell["metadata"].get("python_in_page", {}).get("run") is False:
            entry["run"] = False
        found.append(entry)
    return found


def is_quiet(code):
    """Say whether a cell ends with a line that the page does not show."""
    statements = ast.parse(code).body
    return bool(statements) and bool(bpbook.PLUMBING.match(ast.unparse(statements[-1])))


def write_files(app, exception):
    """Write what the pages load: their script, and Python in pieces."""
    if exception is not None or not app.python_files:
        return
    folder = Path(app.outdir, "_static", "python")
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "pages").mkdir(parents=True)
    exercises = {}
    for name in sorted(app.env.found_docs):
        notebook = notebook_of(app, name)
        if notebook is not None:
            short = name.rsplit("/", 1)[-1]
            exercises[short] = list(answers_of(notebook))
            cells = json.dumps(cells_of(notebook) if kept_out(notebook) is None else [])
            write(folder / "pages" / f"{short}.js", f"bpPython.page({cells});\n")
    settings = {
        "groups": write_groups(app, folder),
        "gzipped": GZIPPED,
        "exercises": {name: labels for name, labels in exercises.items() if labels},
    }
    code = [f"window.bpPythonSettings = {json.dumps(settings)};"]
    code += [(HERE / name).read_text(encoding="utf-8") for name in SCRIPTS]
    write(folder / "page.js", "\n".join(code))
    programs = tomllib.loads((HERE / "programs.toml").read_text(encoding="utf-8"))["program"]
    clinic = (HERE / "clinic.js").read_text(encoding="utf-8")
    write(folder / "clinic.js", f"window.bpPrograms = {json.dumps(programs)};\n{clinic}")
    shutil.copy(HERE / "python.css", folder)


def write_groups(app, folder):
    """Write Python, what draws, and the course's own; return what the page must know of them."""
    groups = {
        "core": [app.python_files / name for name in pyodide_files.CORE],
        "figures": [app.python_files / name for name in pyodide_files.FIGURES],
        "course": [*(HERE / name for name in COURSE), wheel_of_the_package(app)],
    }
    return {
        name: {"files": [path.name for path in paths], "chunks": write_group(name, paths, folder)}
        for name, paths in groups.items()
    }


def write_group(group, paths, folder):
    """Write files as scripts of about two megabytes; return their names and sizes."""
    chunks, lines, size = [], [], 0
    for last, path in [(path is paths[-1], path) for path in paths]:
        data = path.read_bytes()
        data = gzip.compress(data, mtime=0) if path.name in GZIPPED else data
        for i, start in enumerate(range(0, len(data), PIECE)):
            text = base64.b64encode(data[start : start + PIECE]).decode()
            lines.append(f"bpPython.take({json.dumps(path.name)}, {i}, {json.dumps(text)});")
            size += len(text)
            end = last and start + PIECE >= len(data)
            if end or size > PIECE:
                chunk = f"{group}-{len(chunks) + 1}.js"
                write(folder / chunk, "\n".join(lines) + "\n")
                chunks.append({"path": chunk, "bytes": size})
                lines, size = [], 0
    return chunks


def write(path, text):
    """Write a text, alike on every system."""
    path.write_text(text, encoding="utf-8", newline="\n")


def wheel_of_the_package(app):
    """Return the package's wheel in the book's downloads; build it if it is not there."""
    downloads = Path(app.outdir, "downloads")
    wheels = sorted(downloads.glob("bpcourse-*.whl"))
    if wheels:
        return wheels[-1]
    script = HERE.parents[1] / "scripts" / "wheel.py"
    spec = importlib.util.spec_from_file_location("wheel", script)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.build(downloads)
