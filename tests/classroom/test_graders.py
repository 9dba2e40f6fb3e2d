"""The exported notebooks in the tools that they are made for, where these are installed."""

import csv
import importlib.util
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from book_pages import ROOT

NAME = "backpropagation-in-six-exercises"
ASSIGNMENT = "six-exercises"


def needs(tool):
    return pytest.mark.skipif(importlib.util.find_spec(tool) is None, reason=f"{tool} is not here")


def run(folder, *command):
    """Run a command of the same Python environment in a folder."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def export(folder, form):
    run(
        folder,
        sys.executable,
        "-m",
        "bpcourse",
        "assignment",
        ASSIGNMENT,
        "--out",
        ".",
        "--format",
        form,
    )


@needs("nbgrader")
@pytest.mark.slow
def test_nbgrader_generates_grades_and_gives_feedback(tmp_path):
    export(tmp_path, "nbgrader")
    run(tmp_path, "nbgrader", "generate_assignment", NAME)
    for who, origin in (("full", "source"), ("empty", "release")):
        target = tmp_path / "submitted" / who / NAME
        target.mkdir(parents=True)
        shutil.copy(tmp_path / origin / NAME / f"{NAME}.ipynb", target)
    run(tmp_path, "nbgrader", "autograde", NAME)
    run(tmp_path, "nbgrader", "generate_feedback", NAME)
    run(tmp_path, "nbgrader", "export")
    with (tmp_path / "grades.csv").open(newline="") as stream:
        scores = {row["student_id"]: float(row["score"]) for row in csv.DictReader(stream)}
    assert scores == {"full": 12, "empty": 0}, "the solution has all points, an empty one none"
    page = tmp_path / "feedback" / "empty" / NAME / f"{NAME}.html"
    assert "is not written yet" in page.read_text(encoding="utf-8"), "what the check says is there"
    released = (tmp_path / "release" / NAME / f"{NAME}.ipynb").read_text(encoding="utf-8")
    assert "w_next.T" not in released and "default_rng" not in released, "a solution is handed out"


@needs("otter")
@pytest.mark.slow
def test_otter_assigns_and_grades(tmp_path):
    export(tmp_path, "otter")
    run(tmp_path, "otter", "assign", f"{NAME}.ipynb", "dist")  # it runs all tests on the solution
    (archive,) = (tmp_path / "dist" / "autograder").glob("*.zip")
    scores = {}
    for who, origin in (("full", "autograder"), ("empty", "student")):
        folder = tmp_path / who
        folder.mkdir()
        shutil.copy(tmp_path / "dist" / origin / f"{NAME}.ipynb", folder)
        run(folder, "otter", "run", "-a", archive, f"{NAME}.ipynb")
        results = json.loads((folder / "results.json").read_text(encoding="utf-8"))
        scores[who] = sum(test.get("score") or 0 for test in results["tests"])
    assert scores == {"full": 12, "empty": 0}
