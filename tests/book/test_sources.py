"""The page of sources: every row leads to a chapter and to a test that exist."""

import ast
import re

import pytest
from book_pages import ROOT

from bpcourse.lessons.worked_examples import all_examples

PAGE = ROOT / "book" / "sources.md"
ROW = re.compile(r"^\| (\d+) \| (.+) \| \{doc\}`([\w-]+)` \| `(tests/[\w/]+\.py)::(\w+)` \|$", re.M)
ROWS = ROW.findall(PAGE.read_text(encoding="utf-8"))
# The sources that other parts of the course treat: automatic differentiation, recurrence, and two
# that ask for nothing.
ELSEWHERE = {2, 10, 11, 22, 27, 30}


def test_every_source_has_a_row():
    assert {int(row[0]) for row in ROWS} == set(range(1, 31)) - ELSEWHERE


def test_no_row_escapes_the_pattern():
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    assert len(ROWS) == sum(bool(re.match(r"\| \d+ \|", line)) for line in lines)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row[0]}-{row[2]}")
def test_the_chapter_and_the_test_exist(row):
    _, _, chapter, path, name = row
    assert (ROOT / "book" / f"{chapter}.ipynb").exists(), f"no chapter {chapter}"
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    functions = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    assert name in functions, f"no test {name} in {path}"


def test_the_history_names_its_primary_sources():
    text = (ROOT / "book" / "history.ipynb").read_text(encoding="utf-8")
    cited = set(re.findall(r"\{cite:t\}`(\w+)`", text))
    assert cited >= {
        "kelley1960", "bryson1962", "dreyfus1962", "bryson1969", "linnainmaa1970", "werbos1974",
        "werbos1982", "hopfield1982", "rumelhart1986", "parker1985", "lecun1985",
    }  # fmt: skip
    bibliography = (ROOT / "book" / "references.bib").read_text(encoding="utf-8")
    for key in cited:
        entry = re.search(rf"@\w+\{{{key},.*?\n\}}", bibliography, re.DOTALL)
        assert entry, f"{key} is not in the bibliography"
        year = re.search(r"year\s*=\s*\{(\d{4})\}", entry[0])[1]
        assert key.removesuffix("pdp").endswith(year), f"{key} is of {year}"


def test_miles_an_hour_in_metres_a_second():
    assert pytest.approx(119.8067, abs=5e-5) == 268 * 1609.344 / 3600


def test_worked_examples_cite_what_the_bibliography_has():
    keys = re.findall(r"^@\w+\{(\w+),", (ROOT / "book" / "references.bib").read_text("utf-8"), re.M)
    assert len(keys) == len(set(keys)), "a key stands twice"
    assert {example.citation for example in all_examples()} <= set(keys)
