"""From an assignment to marks: the file, the notebooks, names and archives, points and feedback."""

import contextlib
import csv
import io
import json
import os
import re
import sys
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from book_pages import ROOT
from submissions import RIGHT, mistake

import bpcourse as bp
from bpcourse import __main__ as commands
from bpcourse.classroom import marks, unit
from bpcourse.classroom.assignment import located, read_assignment
from bpcourse.classroom.files import write as write_file
from bpcourse.classroom.naming import student
from bpcourse.classroom.reading import read
from bpcourse.classroom.sources import find, left_out, submissions
from bpcourse.exercises import NAMES
from bpcourse.exercises.solutions import SOLUTIONS
from bpcourse.submission.outcome import Outcome
from bpcourse.submission.task import Task

UNIT = ROOT / "classroom" / "six-exercises"
NAME = "backpropagation-in-six-exercises"


def notebook(*sources):
    """Return a notebook with code cells, as bytes."""
    cells = [{"cell_type": "code", "source": text} for text in sources]
    return json.dumps({"cells": cells, "nbformat": 4, "nbformat_minor": 5}).encode()


SIX = [SOLUTIONS[name] for name in ("sigmoid_prime", "bp1", "bp2", "bp3", "bp4", "backprop")]
OWN = """def backprop(weights, biases, x, y):
    a, z = [x], []
    for w, b in zip(weights, biases):
        z.append(w @ a[-1] + b)
        a.append(1 / (1 + np.exp(-z[-1])))
    delta = bp1(a[-1] - y, sigmoid_prime(z[-1]))
    grad_w, grad_b = [], []
    for l in reversed(range(len(weights))):
        grad_w.insert(0, bp4(a[l], delta))
        grad_b.insert(0, bp3(delta))
        if l > 0:
            delta = bp2(weights[l], delta, sigmoid_prime(z[l - 1]))
    return grad_w, grad_b
"""


def type_in(*arguments):
    """Run a command in this process and return its exit status and what it printed."""
    with contextlib.redirect_stdout(Streams()) as out, contextlib.redirect_stderr(Streams()):
        status = commands.main([*map(str, arguments)])
    return status, out.getvalue()


class Streams(io.StringIO):
    """Text in memory that can be reconfigured, as a terminal's stream can."""

    def reconfigure(self, **_):
        pass


def table(path):
    with Path(path).open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream))


@pytest.fixture(scope="module")
def week(tmp_path_factory):
    """Return the folder with the marks of a small class that has handed in notebooks."""
    folder = tmp_path_factory.mktemp("week")
    start = "%matplotlib inline\n!pip install x\nimport numpy as np\nimport nowhere\n"
    start += "import bpcourse as bp"
    own = [*SIX[:5], OWN]
    wrong_bp2 = [text.replace("w_next.T @", "w_next @") for text in own]
    hand_in = {
        "ada_11_1_week.ipynb": notebook(start, *SIX),
        "bea_LATE_12_2_week-1.ipynb": notebook(start, *wrong_bp2),
        "bea_12_3_week.ipynb": notebook(start, "an earlier attempt"),
        "cem_13_4_week.ipynb": notebook(
            start, SIX[0], SIX[1], "def bp2(:\n    pass", "while True: pass", *SIX[3:5],
            SIX[5] + "\nfor k in range(10**12):\n    bp.diagnose(backprop)",
        ),
        "dan_14_5_week.py": b"import numpy as np\n\n" + "\n\n".join(SIX).encode(),
        "eva_15_6_week.ipynb": b"{",
        "fay_16_7_week.ipynb": (UNIT / f"{NAME}.ipynb").read_bytes(),
    }  # fmt: skip
    with zipfile.ZipFile(folder / "class.zip", "w") as archive:
        for name, data in hand_in.items():
            archive.writestr(name, data)
        archive.writestr("../../outside.py", RIGHT)
    arguments = ["--assignment", UNIT / "assignment.toml", "--out", folder / "marks"]
    status, said = type_in("class", folder / "class.zip", *arguments, "--export", "canvas")
    assert status == 0 and "6 submissions, 6 questions" in said, said
    return folder / "marks"


def test_every_student_has_points_for_every_question(week):
    rows = {row["name"]: row for row in table(week / "marks.csv")}
    points = {
        name: [row[q] for q in ("sigmoid_prime", "bp1", "bp2", "bp3", "bp4", "backprop", "total")]
        for name, row in rows.items()
    }
    assert points == {
        "ada": ["1", "1", "2", "1", "2", "5", "12"],
        # The wrong bp2 costs its own points only; one tenth is lost because it is late.
        "bea": ["1", "1", "0", "1", "2", "5", "9"],
        # A syntax error and an endless cell cost one answer.
        "cem": ["1", "1", "0", "1", "2", "5", "10"],
        "dan": ["1", "1", "2", "1", "2", "5", "12"],
        "eva": ["0"] * 7,
        "fay": ["0"] * 7,
    }
    assert rows["bea"]["late"] == "late" and rows["ada"]["late"] == "", "Canvas has marked it"
    assert rows["bea"]["file"] == "bea_LATE_12_2_week-1.ipynb", "the last attempt counts"


def test_the_feedback_says_what_is_wrong_and_not_how_the_house_is_built(week):
    text = (week / "feedback" / "12.md").read_text(encoding="utf-8")
    assert "## bp2: wrong, 0 of 2" in text and "Hint 2:" in text and "Hint 3:" not in text
    assert "the course's bp2 in place of yours" in " ".join(text.split())
    page = (week / "feedback" / "13.html").read_text(encoding="utf-8")
    assert "cell 4: invalid syntax in line 1: def bp2(:" in page, (
        "the cell and the line of the syntax error"
    )
    assert "hint(3)" not in text + page, "a student can't call that here"
    assert "nowhere" not in text, "an import that fails is nobody's mistake but its own"
    assert len(list((week / "feedback").iterdir())) == 12


def test_the_tables_for_gradebooks(week):
    rows = list(csv.reader((week / "canvas.csv").read_text(encoding="utf-8").splitlines()))
    assert rows[0][:5] == ["Student", "ID", "SIS User ID", "SIS Login ID", "Section"]
    assert rows[1][0].strip() == "Points Possible" and rows[1][-1] == "12"
    assert ["ada", "11", "", "", "", "12"] in rows


def test_the_report_has_a_column_for_each_question(week):
    html = (week / "report.html").read_text(encoding="utf-8")
    for name in ("name", "sigmoid_prime", "bp2", "backprop", "points"):
        assert f'<button type="button">{name}</button></th>' in html
    assert "Seed" in html and "Kept from" in html and "Earlier attempts, not judged" in html


def test_a_seed_repeats_a_run(tmp_path):
    (tmp_path / "ada.py").write_text(mistake("sign"))
    for out in ("one", "two"):
        type_in("class", tmp_path, "--pattern", "*.py", "--out", tmp_path / out, "--seed", 4)
    type_in("class", tmp_path, "--pattern", "*.py", "--out", tmp_path / "three", "--seed", 5)
    texts = [
        re.search(r"yours.*", (tmp_path / f"{o}.html").read_text())[0]
        for o in ("one", "two", "three")
    ]
    assert texts[0] == texts[1] != texts[2], "the numbers are drawn from the seed"


def test_every_step_can_be_a_question(tmp_path):
    questions = "".join(f'[[question]]\nstep = "{name}"\n' for name in NAMES)
    (tmp_path / "all.toml").write_text(questions)
    (tmp_path / "class").mkdir()
    cells = ["import numpy as np\nimport bpcourse as bp", *SOLUTIONS.values()]
    (tmp_path / "class" / "ada.ipynb").write_bytes(notebook(*cells))
    type_in(
        "class", tmp_path / "class", "--assignment", tmp_path / "all.toml", "--out", tmp_path / "m"
    )
    (row,) = table(tmp_path / "m" / "marks.csv")
    lost = [name for name in NAMES if row[name] != "1"]
    assert not lost, (tmp_path / "m" / "feedback" / "ada.md").read_text()


def test_a_table_that_a_loop_fills_is_there_and_an_endless_one_is_passed_over(tmp_path):
    cells = [
        "import numpy as np\nimport time",
        "half = {}\nfor k in range(3):\n    half[k] = k / 2",
        "for k in iter(int, 1):\n    try:\n        pass\n    except BaseException:\n        pass",
        "waited = time.sleep(10**6)",
        "def bp3(delta):\n    return 2 * half[1] * delta.mean(axis=1, keepdims=True)",
    ]
    (tmp_path / "ada.ipynb").write_bytes(notebook(*cells))
    type_in("class", tmp_path, "--step", "bp3", "--out", tmp_path / "r", "--timeout", 5)
    assert table(tmp_path / "r.csv")[0]["status"] == "right"


# The unit that ships


def test_the_unit_is_what_its_file_makes(tmp_path):
    made = read_assignment("six-exercises")
    unit.write_assignment(tmp_path, made, located("six-exercises"))
    files = [path for path in tmp_path.rglob("*") if path.is_file() and path.suffix != ".whl"]
    assert len(files) == 9, "notebook, README, requirements, workflow, assignment; 4 for teachers"
    for path in files:
        committed = UNIT / path.relative_to(tmp_path)
        assert committed.read_text(encoding="utf-8") == path.read_text(encoding="utf-8"), (
            f"{committed} is old: python -m bpcourse assignment six-exercises "
            f"--out {UNIT.relative_to(ROOT)}"
        )


def test_the_notebooks_run_from_top_to_bottom():
    for path in UNIT.rglob("*.ipynb"):
        names, printed = {}, io.StringIO()
        with contextlib.redirect_stdout(printed):
            for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
                if cell["cell_type"] == "code":
                    exec("".join(cell["source"]), names)
        solved = "solutions" in path.name
        assert printed.getvalue().count("is right") == (6 if solved else 0)
        assert printed.getvalue().count("not written yet") == (0 if solved else 6)


@pytest.mark.parametrize("name", NAMES)
def test_every_step_has_a_solution_that_is_right(name):
    names = {}
    exec(f"import numpy as np\nimport bpcourse as bp\n{SOLUTIONS[name]}", names)
    found = bp.check(name, names[name])
    assert found.ok and not [n for n in found.notes if "overflow" in n and name == "sigmoid"], found


# The file


BASE = 'title = "Week"\n[[question]]\nstep = "bp2"\n'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("title = ", "can't be read"),
        ('title = "Week"', "asks nothing"),
        (BASE + "point = 3", "unknown key 'point'; did you mean 'points'"),
        (BASE.replace("bp2", "bp17"), "question 1: unknown exercise 'bp17'"),
        (BASE + 'cost = "cross_entropy"', "cost belong to backprop, not to bp2"),
        (BASE + "points = -1", "points is -1, want a number that is not negative"),
        (BASE + BASE[15:], "two questions are called 'bp2'"),
        (BASE.replace('"bp2"', "0.1"), "step would say how a program of another form is called"),
        ('[[question]]\nforward = "f"\ncall = "train"', "forward, call would say how"),
        ("hint = 4\n" + BASE, "hint is 4, want 1, 2, 3"),
        ("late_penalty = 2\n" + BASE, "late_penalty is 2, want a share"),
        ('[[question]]\nstep = "backprop"\ncost = "cubic"', "unknown cost 'cubic'"),
        ('exercises = "gone.py"\n' + BASE, "is no file"),
    ],
)
def test_an_assignment_that_cannot_be_meant_says_why(tmp_path, text, said):
    path = tmp_path / "week.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=said):
        read_assignment(path)


def test_an_exercise_of_ones_own_in_an_assignment(tmp_path):
    step = (
        "import numpy as np\nfrom bpcourse.exercises import Case, Exercise, register\n"
        "register(Exercise('half', 'half(v)', 'v / 2', 'Divide.', "
        "(Case('two numbers', (np.array([1.0, 3.0]),), 'numbers'),), lambda v: v / 2))\n"
    )
    (tmp_path / "my_steps.py").write_text(step)
    text = 'exercises = "my_steps.py"\n[[question]]\nstep = "half"\n'
    text += 'solution = "def half(v):\\n    return v / 2"\n'
    (tmp_path / "week.toml").write_text(text)
    folder = tmp_path / "class"
    folder.mkdir()
    (folder / "ada.py").write_text("def half(v):\n    return v / 2\n")
    (folder / "bea.py").write_text("def half(v):\n    return v\n")
    type_in("class", folder, "--assignment", tmp_path / "week.toml", "--out", tmp_path / "m")
    assert [row["half"] for row in table(tmp_path / "m" / "marks.csv")] == ["1", "0"]
    sys.path.insert(0, str(tmp_path))
    try:
        status, _ = type_in("assignment", tmp_path / "week.toml", "--out", tmp_path / "out")
    finally:
        sys.path.remove(str(tmp_path))
    assert status == 0 and (tmp_path / "out" / "my_steps.py").exists()


# Names and archives


@pytest.mark.parametrize(
    ("path", "who"),
    [
        ("doejane_4711_90210_week3.py", ("4711", "doejane", False, 0, "canvas")),
        ("doejane_LATE_4711_90210_my_file-2.ipynb", ("4711", "doejane", True, 2, "canvas")),
        ("Jane Doe_4711_assignsubmission_file_/bp.py", ("4711", "Jane Doe", False, 0, "moodle")),
        ("Jane Doe_4711_assignsubmission_file_bp.py", ("4711", "Jane Doe", False, 0, "moodle")),
        ("a/submission_4711/bp.py", ("4711", "4711", False, 0, "gradescope")),
        ("week3-ada/backprop.py", ("week3-ada", "week3-ada", False, 0, "")),
        ("ada_week_3.py", ("ada_week_3", "ada_week_3", False, 0, "")),
    ],
)
def test_whose_a_file_is(path, who):
    found = student(path)
    assert (found.id, found.name, found.late, found.attempt, found.platform) == who


def test_the_files_of_one_student_are_one_submission(tmp_path):
    folder = tmp_path / "Jane Doe_7_assignsubmission_file_"
    folder.mkdir()
    (folder / "one.py").write_text("a = 1")
    (folder / "two.py").write_text("b = 2")
    (found,) = submissions(tmp_path, find(tmp_path), by_student=True)
    assert [text for _, text in found.source["units"]] == ["a = 1", "b = 2"]
    assert found.student.name == "Jane Doe"


def test_an_archive_is_read_and_never_unpacked(tmp_path):
    path = tmp_path / "class.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("ada.py", RIGHT)
        archive.writestr("../evil.py", RIGHT)
        archive.writestr("/etc/evil.py", RIGHT)
        archive.writestr("bomb.py", b"\0" * (11 * 1024**2))
        archive.writestr("__MACOSX/._ada.py", "icon")
    assert find(path) == ["ada.py", "bomb.py"], "no path leads outside"
    handed_in = submissions(path, find(path))
    assert handed_in[0].source["units"][0][1] == RIGHT
    assert "more than 10,485,760 bytes" in handed_in[1].source["problem"]["sentence"]
    assert left_out(path, find(path)) == []


def test_an_archive_that_would_be_huge_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("bpcourse.classroom.archive._ALTOGETHER", 10)
    with zipfile.ZipFile(tmp_path / "c.zip", "w") as archive:
        archive.writestr("ada.py", RIGHT)
    with pytest.raises(ValueError, match="would be larger than 10 bytes"):
        find(tmp_path / "c.zip")


def test_a_directory_that_cannot_be_entered_is_a_row(tmp_path, monkeypatch):
    (tmp_path / "ada.py").write_text(RIGHT)
    (tmp_path / "shut").mkdir()
    real = Path.iterdir

    def iterdir(self):
        if self.name == "shut":
            raise PermissionError(13, "Permission denied")
        return real(self)

    monkeypatch.setattr(Path, "iterdir", iterdir)
    assert find(tmp_path) == ["ada.py", "shut/"]
    (_, shut) = submissions(tmp_path, find(tmp_path))
    assert "Permission denied" in shut.source["problem"]["sentence"]
    assert left_out(tmp_path, ["ada.py"]) == ["shut/"]


@pytest.mark.skipif(os.name == "nt", reason="Windows has other links")
def test_a_link_to_a_neighbor_is_no_submission(tmp_path):
    (tmp_path / "ada.py").write_text(RIGHT)
    (tmp_path / "bea.py").symlink_to("ada.py")
    (_, bea) = submissions(tmp_path, find(tmp_path))
    assert "it is a link to another file" in bea.source["problem"]["sentence"]


def test_a_notebook_that_is_none_says_so():
    for data in (b"{", b"[]", b'{"cells": 3}', b"\xff"):
        assert "is no notebook" in read("a.ipynb", data)["problem"]["sentence"]


# Marks


def outcome(*equations, status="wrong", causes=None):
    causes = causes or ["sign"] * len(equations)
    findings = [{"equation": e, "cause": c} for e, c in zip(equations, causes, strict=True)]
    return Outcome("a.py", {"status": status, "findings": findings}, ("", "", ""))


@pytest.mark.parametrize(
    ("task", "came", "want"),
    [
        (Task(points=5), outcome(status="right"), 5),
        (Task(points=5), outcome("bp2"), 0),
        (Task(points=5, partial=True), outcome("bp2"), 4),
        (Task(points=5, partial=True), outcome("bp2", "bp2", "bp3"), 3),
        (Task(points=5, partial=True), outcome("call", status="cannot run"), 0),
        (Task(points=5, partial=True), outcome("return"), 0),
        (Task(points=5, noted=("overflow",)), outcome("sigmoid", causes=["overflow"]), 5),
        (Task(points=5, noted=("overflow",)), outcome("sigmoid", causes=["sign"]), 0),
    ],
)
def test_points(task, came, want):
    assert marks.points(task, came) == pytest.approx(want)


def test_a_report_that_cannot_be_written_leaves_the_old_one(tmp_path, monkeypatch):
    path = write_file(tmp_path / "report.csv", "old")

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.replace", full)
    with pytest.raises(OSError, match="No space left"):
        write_file(path, "new")
    assert path.read_text() == "old" and list(tmp_path.iterdir()) == [path], (
        "nothing is left behind"
    )


def test_a_task_travels():
    task = Task(step="bp2", allow=("bpcourse",), seed=3)
    assert replace(task, **json.loads(json.dumps(task.__dict__))).step == "bp2"
