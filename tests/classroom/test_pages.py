"""What the pages for teachers say is what happens."""

import contextlib
import doctest
import io
import re
import tomllib
from dataclasses import fields
from pathlib import Path

import pytest
from book_pages import ROOT

import bpcourse as bp
from bpcourse import __main__ as commands
from bpcourse.classroom import adjustments
from bpcourse.classroom.assignment import _OPTIONS, Assignment, read_assignment

TEACH = (ROOT / "book" / "teach.md").read_text(encoding="utf-8").replace("\\\n", "")
WRITE = (ROOT / "book" / "write-an-exercise.md").read_text(encoding="utf-8")


def blocks(text, language):
    """Return the blocks of code in a language."""
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


def test_the_page_on_exercises_runs_from_top_to_bottom():
    names = {}
    for block in blocks(WRITE, "python"):
        if block.startswith(">>>"):
            test = doctest.DocTestParser().get_doctest(block, names, "write-an-exercise", None, 0)
            result = doctest.DocTestRunner().run(test)
            assert result.failed == 0, "the page shows another answer"
        else:
            exec(block, names)
    assert bp.check("momentum", names["momentum"]).ok


def test_the_assignments_on_the_pages_are_ones(tmp_path):
    steps = "".join(b for b in blocks(WRITE, "python") if not b.startswith(">>>"))
    (tmp_path / "my_steps.py").write_text(steps, encoding="utf-8")
    for number, text in enumerate([*blocks(TEACH, "toml"), *blocks(WRITE, "toml")]):
        path = tmp_path / f"{number}.toml"
        path.write_text(text, encoding="utf-8")
        assert tomllib.loads(text) and read_assignment(path).points > 0


@pytest.mark.parametrize(
    "line", re.findall(r"^python -m bpcourse .*$", TEACH + WRITE, re.MULTILINE)
)
def test_every_command_on_the_pages_is_understood(line):
    options = commands._parser().parse_args(line.split()[3:])
    assert callable(options.command)


def test_every_option_of_an_assignment_that_the_page_names_exists():
    source = (ROOT / "bpcourse" / "submission" / "task.py").read_text(encoding="utf-8")
    for key in ("seconds", "memory", "noted", "allow", "function", "partial", "replace_steps"):
        assert f"`{key}`" in TEACH and f"    {key}: " in source
    keys = {each.name for each in fields(Assignment)} - {"questions"} | {"judging"}
    keys |= {"text", "solution", "check", *_OPTIONS}
    missing = [key for key in sorted(keys) if not re.search(rf"^\|.*`\[?{key}\]?`", TEACH, re.M)]
    assert not missing, f"{missing} can be written, and the page does not say so"


def test_the_files_that_the_page_names_are_there():
    folder = ROOT / "classroom" / "six-exercises"
    for name in re.findall(r"^\| `([\w./-]+)`", TEACH.partition("## 2. Collect")[0], re.MULTILINE):
        assert (folder / name).exists(), f"the page promises {name}"
    assert (ROOT / "Dockerfile").exists()


def test_the_table_of_the_page_can_be_meant(tmp_path):
    (text,) = blocks(TEACH, "text")
    (tmp_path / "a.csv").write_text(text)
    made = adjustments.read(tmp_path / "a.csv", read_assignment("six-exercises"))
    assert made.points["10008", "bp2"][0] == 2 and made.late["10010"][0] is False


def test_a_teacher_needs_one_command(tmp_path, monkeypatch):
    line = next(b for b in blocks(TEACH, "bash") if "submissions.zip" in b)
    monkeypatch.chdir(tmp_path)
    Path("class").mkdir()
    student = ROOT / "classroom" / "six-exercises" / "backpropagation-in-six-exercises.ipynb"
    (tmp_path / "class" / "ada.ipynb").write_bytes(student.read_bytes())
    arguments = line.split()[3:]
    arguments[arguments.index("submissions.zip")] = "class"
    out = io.StringIO()
    out.reconfigure = lambda **_: None
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
        assert commands.main(arguments) == 0
    for name in ("report.html", "marks.csv", "feedback/ada.html", "report.csv"):
        assert (tmp_path / "marks" / name).exists(), f"the page promises {name}"
