"""The book is whole: pages listed, cells run, figures described, public names documented."""

import importlib
import inspect
import json
import re
from collections import Counter

import pytest
import yaml
from book_pages import BOOK, ROOT, cells, markdown_pages, notebooks, table_of_contents
from sphinx.util.matching import get_matching_files

import bpcourse

MINIMUM_EXERCISES = 4
# Pages of numbers to look things up in; they teach nothing, so they ask nothing.
TABLES = {"claims"}
PAGES = notebooks() + markdown_pages()
each_notebook = pytest.mark.parametrize("path", notebooks(), ids=lambda path: path.stem)


def code_cells(path):
    """Return the code cells of a notebook."""
    return [cell for cell in cells(path) if cell.kind == "code"]


def prose(path):
    """Return the Markdown of a page as one text."""
    return "\n\n".join(cell.source for cell in cells(path) if cell.kind == "markdown")


def outputs_of_type(path, mime):
    """Return the cells of a notebook that have an output of a type."""
    return [
        cell
        for cell in code_cells(path)
        if any(mime in output.get("data", {}) for output in cell.outputs)
    ]


def chapters():
    """Return the chapters: the notebooks that the table of contents lists, without the tables."""
    listed = [ROOT / f"{name}.ipynb" for names in table_of_contents().values() for name in names]
    return [path for path in listed if path.exists() and path.stem not in TABLES]


def test_every_page_is_listed_once():
    listed = Counter(name for names in table_of_contents().values() for name in names)
    pages = {path.relative_to(ROOT).with_suffix("").as_posix() for path in PAGES}
    assert set(listed) == pages, "_toc.yml and the folder book/ must hold the same pages"
    assert max(listed.values()) == 1, "_toc.yml lists a page twice"


@each_notebook
def test_file_names_are_lower_case_with_hyphens(path):
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", path.stem), "the name becomes the page's address"


@each_notebook
def test_every_code_cell_was_run_in_order(path):
    counts = [cell.execution_count for cell in code_cells(path)]
    assert counts == list(range(1, len(counts) + 1)), (
        f"{path.name} was not saved after one run from top to bottom: make notebooks"
    )


@each_notebook
def test_no_cell_failed_or_warned(path):
    for cell in code_cells(path):
        kinds = [output["output_type"] for output in cell.outputs]
        assert "error" not in kinds, f"{cell.place} shows an error"
        streams = [output.get("name") for output in cell.outputs]
        assert "stderr" not in streams, f"{cell.place} shows a warning or a progress bar"


@each_notebook
def test_figures_are_svg_with_alternative_text(path):
    assert not outputs_of_type(path, "image/png"), (
        "PNG is not compared by nbval: call bp.figures.use_book_style() first"
    )
    for cell in outputs_of_type(path, "image/svg+xml"):
        alt = cell.metadata.get("mystnb", {}).get("image", {}).get("alt", "")
        assert alt.strip(), f"{cell.place}: say what the figure shows in mystnb.image.alt"


@each_notebook
def test_only_book_metadata_is_saved(path):
    raw = json.loads(path.read_text(encoding="utf-8"))
    assert set(raw["metadata"]) == {"kernelspec", "language_info"}, "run: make notebooks"
    assert raw["metadata"]["language_info"] == {"name": "python"}, "no Python version is saved"
    for cell in cells(path):
        unknown = set(cell.metadata) - {"answer", "tags", "mystnb", "given", "python_in_page"}
        assert not unknown, f"{cell.place} has metadata that nobody reads: {unknown}"


@each_notebook
def test_every_chapter_imports_the_package(path):
    code = "\n".join(cell.source for cell in code_cells(path))
    assert re.search(r"^(import|from) bpcourse", code, re.MULTILINE), (
        f"{path.name} computes without the tested package"
    )


@each_notebook
def test_every_glued_name_is_made_in_the_same_notebook(path):
    code = "\n".join(cell.source for cell in code_cells(path))
    made = Counter(re.findall(r"""\bglue\(\s*f?["'](\w+)["']""", code))
    used = set(re.findall(r"\{glue:(?:text|math|md)?\}`(\w+)[^`]*`", prose(path)))
    loops = re.search(r"""\bglue\(\s*f["']""", code)
    assert loops or used <= set(made), f"never made: {sorted(used - set(made))}"
    twice = [name for name, count in made.items() if count > 1]
    assert not twice, f"glued twice, so the later value would show everywhere: {twice}"


@pytest.mark.parametrize("path", chapters(), ids=lambda path: path.stem)
def test_every_chapter_has_exercises_with_hidden_solutions(path):
    text = prose(path)
    exercises = re.findall(r"^`{3,}\{exercise\}.*\n:label: (\S+)", text, re.MULTILINE)
    solutions = re.findall(r"^`{3,}\{solution(?:-start)?\} (\S+)\n((?::.*\n)*)", text, re.MULTILINE)
    assert len(exercises) >= MINIMUM_EXERCISES, f"{path.name} has {len(exercises)} exercises"
    assert len(set(exercises)) == len(exercises), "two exercises share a label"
    assert sorted(exercises) == sorted(name for name, _ in solutions), (
        "each exercise has one solution, and each solution its exercise"
    )
    for name, options in solutions:
        assert ":class: dropdown" in options, f"the solution of {name} is not hidden"
    starts, ends = (len(re.findall(rf"\{{solution-{end}\}}", text)) for end in ("start", "end"))
    assert starts == ends, "a solution-start without its solution-end"


def test_every_label_exists_once():
    label = re.compile(r"^(?::label:|:name:) (\S+)|^\((\S+)\)=|\{#([\w-]+)\}", re.MULTILINE)
    found = Counter(
        next(filter(None, groups)) for path in PAGES for groups in label.findall(prose(path))
    )
    for path in notebooks():
        figures = [cell.metadata.get("mystnb", {}).get("figure", {}) for cell in code_cells(path)]
        found.update(figure["name"] for figure in figures if "name" in figure)
    twice = [name for name, count in found.items() if count > 1]
    assert not twice, f"labels that stand twice in the book: {twice}"


def test_every_module_is_on_an_api_page():
    public = {f"bpcourse.{path.stem}" for path in (ROOT / "bpcourse").glob("[a-z]*.py")}
    for path in (ROOT / "bpcourse").glob("[a-z]*/__init__.py"):
        wing = importlib.import_module(f"bpcourse.{path.parent.name}")
        inside = [getattr(wing, name) for name in getattr(wing, "__all__", ())]
        modules = {each.__name__ for each in inside if inspect.ismodule(each)}
        public |= modules or {wing.__name__}
    documented = set(re.findall(r"automodule:: (bpcourse\.\S+)", api_page()))
    assert public <= documented, f"no page of book/api/ describes {sorted(public - documented)}"


def test_every_public_value_is_on_an_api_page():
    # Functions, classes and modules are found by automodule; values have to be named.
    values = [name for name in bpcourse.__all__ if not hasattr(getattr(bpcourse, name), "__name__")]
    documented = re.findall(r"py:data:: (\w+)", api_page())
    missing = sorted(set(values) - set(documented))
    assert not missing, f"no page of book/api/ describes {missing}"


def api_page():
    """Return the text of the API's pages."""
    return "".join(path.read_text(encoding="utf-8") for path in sorted(BOOK.glob("api/*.md")))


def test_the_style_sheet_has_the_palette():
    from bpcourse.figures.style import PALETTE

    style = (BOOK / "_static" / "bpcourse.css").read_text(encoding="utf-8")
    light, dark = (dict(re.findall(r"--bp-(\w+): (#\w+);", part)) for part in style.split("dark"))
    assert light == PALETTE, "the light colors of the page are those the figures are drawn in"
    assert dark.keys() == PALETTE.keys(), "every color has a dark counterpart"


def test_an_environment_in_the_folder_is_no_part_of_the_book(tmp_path):
    config = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
    for name in ("venv", ".venv", "later"):  # a package brings Markdown in a folder with a dot
        page = tmp_path / name / "lib/python3.12/site-packages/mathjax/.github/report.md"
        page.parent.mkdir(parents=True)
        page.touch()
    (tmp_path / "book").mkdir()
    (tmp_path / "book/page.md").touch()
    found = get_matching_files(tmp_path, ["**.md"], config["exclude_patterns"])
    assert list(found) == ["book/page.md"], "Sphinx would warn that it is in no table of contents"
