"""The notebooks that a reader takes home: whole, plain, and alike the book when they are run.

They are read from the built book, and these tests are skipped without it. What the converter knows
is tested against everything that the chapters use, by their sources alone.
"""

import importlib
import importlib.metadata
import json
import os
import re
import subprocess
import sys
import zipfile
from itertools import pairwise
from pathlib import Path

import nbformat
import pytest
from book_pages import ROOT, cells, notebooks

HTML = ROOT / "_build" / "html"
DOWNLOADS = HTML / "downloads"
EDITIONS = ("learner", "complete")
# Roles and directives whose results the converter turns into Markdown.
ROLES = re.findall(
    r"\S+", "cite:p cite:t class doc eq func glue:text math meth mod numref prf:ref ref term"
)
DIRECTIVES = re.findall(
    r"\S+",
    "admonition dropdown exercise list-table literalinclude math prf:corollary prf:definition "
    "prf:lemma prf:proof prf:theorem question solution solution-end solution-start",
)
SOLUTION = re.compile(
    r"^(`{3,})\{solution\} \S+\n((?::[^\n]*\n)*)(.*?)^\1\s*$", re.MULTILINE | re.DOTALL
)
# Small chapters, run in an environment with nothing but what a notebook asks for.
SMALL = ("chain-rule", "order-matters")

each_chapter = pytest.mark.parametrize("path", notebooks(), ids=lambda path: path.stem)


def edition(kind, chapter):
    """Return a downloaded notebook; skip the test where the book is not built."""
    path = DOWNLOADS / kind / f"{chapter}.ipynb"
    if not DOWNLOADS.exists():
        pytest.skip("the book is not built: make book")
    return nbformat.read(path, as_version=4)


def markdown(notebook):
    """Return the Markdown of a notebook without its listings, code in the text as "`"."""
    text = "\n\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    text = re.sub(r"^(```|~~~)\w*\n.*?^\1$", "", text, flags=re.MULTILINE | re.DOTALL)
    return re.sub(r"`[^`]*`", "`", text)


def test_the_unit_for_teachers_is_an_archive_with_the_wheel(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "book" / "_ext")
    unit = importlib.import_module("downloads.unit")
    (tmp_path / "new.whl").write_text("a wheel")
    unit.unit_archive(ROOT, tmp_path, "new.whl")
    with zipfile.ZipFile(tmp_path / unit.UNIT) as made:
        names = set(made.namelist())
    place = ROOT / "classroom"
    files = {p.relative_to(place).as_posix() for p in place.rglob("*") if p.is_file()}
    wanted = {name for name in files if not name.endswith(".whl")} | {"six-exercises/new.whl"}
    assert names == wanted, "a reader of the book has no other way to it"


@each_chapter
def test_the_converter_knows_every_role_and_directive_of_a_chapter(path):
    for cell in cells(path):
        captions = cell.metadata.get("mystnb", {}).get("figure", {}).get("caption", "")
        text = cell.source if cell.kind == "markdown" else captions
        roles = set(re.findall(r"\{([\w:+-]+)\}`", text))
        directives = set(re.findall(r"^\s*(?:`{3,}|:{3,})\{([\w:+-]+)\}", text, re.MULTILINE))
        assert roles <= set(ROLES), f"{cell.place}: what does one of {roles} become in a download?"
        assert directives <= set(DIRECTIVES), f"{cell.place}: what does one of {directives} become?"


@pytest.mark.parametrize("kind", EDITIONS)
@each_chapter
def test_a_download_is_valid_and_plain(path, kind):
    notebook = edition(kind, path.stem)
    nbformat.validate(notebook)
    ids = [cell.id for cell in notebook.cells]
    assert len(set(ids)) == len(ids), "two cells have one identifier"
    text = markdown(notebook)
    left = re.search(r"\{[\w:+-]+\}`|:::|^`{3,}\{|\bglue:|\{#|^\(\S+\)=$", text, re.MULTILINE)
    assert not left, f"MyST is left: {text[left.start() - 40 : left.end() + 40]}"
    code = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "code")
    assert "myst_nb" not in code and "glue(" not in code, "the book's plumbing is left"
    assert "find_spec" in notebook.cells[2].source, "the first cell installs what is missing"


@pytest.mark.parametrize("kind", EDITIONS)
@each_chapter
def test_the_figures_are_there_as_svg_and_as_png(path, kind):
    figures = 0
    for cell in edition(kind, path.stem).cells:
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            figures += "image/svg+xml" in data
            assert ("image/svg+xml" in data) == ("image/png" in data), cell.id
            assert "var(" not in data.get("image/svg+xml", ""), "colors that only the page knows"
            assert set(data) <= {"image/svg+xml", "image/png"} or not data.keys() & {
                "application/papermill.record/text/plain",
                "application/vnd.bpcourse.live+json",
            }, f"{cell.id}: {set(data)}"
    drawn = sum("image/svg+xml" in o.get("data", {}) for c in cells(path) for o in c.outputs)
    assert kind == "learner" or figures == drawn, f"{figures} of {drawn} figures"


@each_chapter
def test_the_code_is_that_of_the_chapter(path):
    """Every line of the chapter's code is there, but for plumbing and what only it needs."""
    there = "\n".join(c.source for c in edition("complete", path.stem).cells)
    for cell in cells(path):
        tags = set(cell.metadata.get("tags", []))
        hidden = "remove-cell" in tags or tags >= {"remove-input", "remove-output"}
        if cell.kind == "code" and not hidden and "glue(" not in cell.source:
            code = cell.source.replace("from myst_nb import glue\n", "").strip("\n")
            assert re.sub(r"\n{2,}", "\n", code) in re.sub(r"\n{2,}", "\n", there), cell.place


@each_chapter
def test_a_learners_edition_gives_no_solution_away(path):
    there = edition("learner", path.stem)
    text = words("\n".join(cell.source for cell in there.cells))
    ids = {cell.id for cell in there.cells}
    inside = False
    for cell in cells(path):
        if cell.kind == "code":
            assert not (inside and cell_id(cell) in ids), f"{cell.place} is part of a solution"
            continue
        for *_, answer in SOLUTION.findall(cell.source):
            for sentence in re.split(r"(?<=[.:?])\s", answer):
                plain = words(sentence)
                assert len(plain) < 40 or plain not in text, f"{cell.place} tells: {sentence}"
        inside = inside and "{solution-end}" not in cell.source
        inside = inside or "{solution-start}" in cell.source


def words(text):
    """Return the letters of a text alone, so that typography makes no difference."""
    return re.sub(r"[^a-zA-Z]", "", re.sub(r"\{[\w:]+\}`[^`]*`", "", text))


def cell_id(cell):
    """Return the identifier of a cell of the book."""
    return cell.place.rpartition("(id ")[2].rstrip(")")


@each_chapter
def test_no_listing_puts_a_broken_function_back(path):
    code = [c.source.strip() for c in edition("learner", path.stem).cells if c.cell_type == "code"]
    answers = [cell.metadata["answer"] for cell in cells(path) if "answer" in cell.metadata]
    given = [answer["code"].strip() for answer in answers]
    for each in given:  # two exercises may begin alike
        assert code.count(each) == given.count(each), f"a listing repeats what is given:\n{each}"


@each_chapter
def test_every_exercise_has_a_place_for_its_answer_or_its_solution(path):
    labels = [cell.metadata["answer"] for cell in cells(path) if "answer" in cell.metadata]
    learner = [cell.source for cell in edition("learner", path.stem).cells]
    for answer in labels:
        places = [
            check
            for code, check in pairwise(learner)
            if code.endswith(answer["code"]) and answer["check"].split("\n")[0] in check
        ]
        assert len(places) == 1, f"{answer['exercise']} is not checked"
    exercises = len(re.findall(r"^#+ Exercise [\d.]+: ", "\n".join(learner), re.MULTILINE))
    complete = "\n".join(cell.source for cell in edition("complete", path.stem).cells)
    solutions = len(re.findall(r"^### Solution of exercise", complete, re.MULTILINE))
    asked = sum(c.source.count("{exercise}") for c in cells(path) if c.kind == "markdown")
    assert exercises == solutions == asked


def test_the_archive_holds_everything():
    edition("learner", "one-weight")
    with zipfile.ZipFile(DOWNLOADS / "backpropagation-course.zip") as archive:
        names = {name.partition("/")[2] for name in archive.namelist()}
        readme = archive.read("backpropagation-course/README.txt").decode()
    wheel = next(DOWNLOADS.glob("bpcourse-*.whl")).name
    chapters = {f"{kind}/{path.name}" for kind in EDITIONS for path in notebooks()}
    plain = {re.sub(r"/\d\d-", "/", name) for name in names}
    assert plain == chapters | {"README.txt", wheel}
    assert "learner/01-one-weight.ipynb" in names, "the list is in the order of the book"
    assert wheel in readme and "learner/01-one-weight.ipynb" in readme


@pytest.mark.parametrize("chapter", ["chain-rule", "by-hand"])
def test_the_menu_of_a_page_offers_the_notebooks_and_not_the_source(chapter):
    edition("learner", chapter)
    page = (HTML / "book" / f"{chapter}.html").read_text(encoding="utf-8")
    for kind in EDITIONS:
        assert f'href="../downloads/{kind}/{chapter}.ipynb"' in page
    assert f"_sources/book/{chapter}" not in page, "the source can't be run on its own"


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    """Return a folder with NumPy, matplotlib, a kernel, what they need, and the wheel; no more."""
    edition("learner", "one-weight")
    folder = tmp_path_factory.mktemp("alone")
    wanted, seen = ["numpy", "matplotlib", "ipykernel"], set()
    while wanted:
        name = wanted.pop()
        if name not in seen:
            seen.add(name)
            wanted += share(importlib.metadata.distribution(name), folder)
    with zipfile.ZipFile(next(DOWNLOADS.glob("*.whl"))) as wheel:
        wheel.extractall(folder)
    return folder


def share(distribution, folder):
    """Link a distribution's files into a folder, and return what it requires."""
    tops = {file.parts[0] for file in distribution.files if file.parts[0] != ".."}
    for top in tops - {"__pycache__"}:
        if not (folder / top).exists():
            (folder / top).symlink_to(Path(distribution.locate_file(top)).resolve())
    required = [each for each in distribution.requires or [] if "extra ==" not in each]
    names = [re.match(r"[\w.-]+", each)[0] for each in required]
    return [name for name in names if is_installed(name)]


def is_installed(name):
    """Say whether a distribution is there: some are needed on other systems only."""
    try:
        importlib.metadata.distribution(name)
    except importlib.metadata.PackageNotFoundError:
        return False
    return True


RUN = """
import sys, json
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
shell = InteractiveShell.instance()
results = []
for code in json.load(open(sys.argv[1])):
    with capture_output() as shown:
        done = shell.run_cell(code)
    results.append([shown.stdout, repr(done.error_in_exec or done.error_before_exec or "")])
json.dump(results, open(sys.argv[1], "w"))
"""


def run_alone(sources, folder, place):
    """Run code cells in an environment of that folder alone; return what each prints and raises."""
    file = place / "cells.json"
    file.write_text(json.dumps(sources), encoding="utf-8")
    environment = os.environ | {"PYTHONPATH": str(folder), "MPLBACKEND": "agg"}
    command = [sys.executable, "-S", "-c", RUN, str(file)]
    subprocess.run(command, check=True, cwd=place, env=environment, capture_output=True)
    return json.loads(file.read_text(encoding="utf-8"))


@pytest.mark.skipif(os.name == "nt", reason="links to folders want rights that few users have")
@pytest.mark.parametrize("kind", EDITIONS)
@pytest.mark.parametrize("chapter", SMALL)
def test_a_download_runs_alone_and_prints_what_the_book_prints(chapter, kind, alone, tmp_path):
    code = [cell for cell in edition(kind, chapter).cells if cell.cell_type == "code"]
    results = run_alone([cell.source for cell in code], alone, tmp_path)
    for cell, (printed, error) in zip(code, results, strict=True):
        assert error == "''", f"{cell.source[:200]}\nraises {error}"
        stored = "".join(o.text for o in cell.outputs if o.output_type == "stream")
        if stored:
            assert printed == stored, f"{cell.id} prints something else than in the book"


def test_the_works_that_a_chapter_cites_are_told_once():
    text = "\n".join(cell.source for cell in edition("learner", "by-hand").cells)
    works = re.search(r"^## Works cited\n\n(.*?)(?:^#|\Z)", text, re.MULTILINE | re.DOTALL)
    lines = [line for line in works[1].splitlines() if line]
    assert any("Nielsen" in line for line in lines), "a work that the chapter cites is missing"
    assert len(lines) == len(set(lines))
    for line in lines:
        half = line[2 : len(line) // 2]
        assert line.count(half) == 1, f"told twice: {line}"
