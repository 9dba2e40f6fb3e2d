"""What is handed out: a task that says what is judged, no solution, and all that it needs."""

import contextlib
import io
import json
import subprocess
import sys
import tomllib
import zipfile

import pytest
from book_pages import ROOT

import bpcourse as bp
from bpcourse.activations import ACTIVATIONS
from bpcourse.classroom import commands, handout, unit
from bpcourse.classroom.assignment import read_assignment
from bpcourse.classroom.form import described, program
from bpcourse.costs import COSTS

STEP = """import numpy as np
from bpcourse.exercises import Case, Exercise, register

def half(v):
    return v / 2

register(Exercise("half", "half(v)", "v / 2", "Divide.",
    (Case("two numbers", (np.array([1.0, 3.0]),), "numbers"),), half))
"""
OWN = '''title = "Week"
exercises = "sub/my_steps.py"  # my secret remark
[[question]]
step = "bp2"
[[question]]
step = "half"
text = """Say "half" of it: 1\\\\2
in two lines"""
solution = """
def half(v):
    return v * 0.5
"""
'''


def written(folder, text, *, form="plain", step=STEP):
    """Write an assignment with an exercise of one's own and return its folder."""
    (folder / "sub").mkdir(exist_ok=True)
    (folder / "sub" / "my_steps.py").write_text(step, encoding="utf-8")
    source = folder / "week.toml"
    source.write_text(text, encoding="utf-8")
    unit.write_assignment(folder / "out", read_assignment(source), source, form=form)
    return folder / "out"


def words(path):
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return "\n".join("".join(each["source"]) for each in cells)


def ran(path, folder):
    """Run a notebook from top to bottom as it is, in its folder, and return what it prints."""
    code = [
        "".join(each["source"])
        for each in json.loads(path.read_text(encoding="utf-8"))["cells"]
        if each["cell_type"] == "code"
    ]
    command = [sys.executable, "-c", "\n".join(code)]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


# The task


FORMS = [
    *({"cost": name} for name in COSTS),
    *({"activation": name} for name, each in ACTIVATIONS.items() if each.elementwise),
    {"output": "softmax"},
    {"weight_decay": 0.3},
    {"weight_decay": 0.3, "training_size": 50, "reduction": "sum"},
    {"order": "b,w", "batch": False},
    {"biases": False, "sizes": [4, 6, 3]},
    {"labels": "integers", "cost": "log_likelihood"},
]


@pytest.mark.parametrize("layout", ["columns", "rows", "vectors"])
@pytest.mark.parametrize("options", FORMS, ids=str)
def test_the_course_has_a_right_answer_to_whatever_it_asks_of_backprop(options, layout):
    if layout == "vectors" and "labels" in options:
        pytest.skip("diagnose calls such a function with a mini-batch")
    options = {**options, "layout": layout}
    names = {}
    exec(f"import numpy as np\nimport bpcourse as bp\n{program(options)}", names)
    found = bp.diagnose(names["backprop"], **options)
    assert found.ok, f"the solution handed to teachers is wrong:\n{found.text(2)}"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({}, ["sigmoid neurons in all layers", "quadratic cost", "is a column", "the mean of its"]),
        ({"cost": "cross_entropy", "layout": "rows"}, ["cross-entropy", "is a row", "(m, n_1)"]),
        ({"activation": "tanh", "output": "identity"}, ["tanh in the hidden", "identity at the"]),
        ({"cost": "log_likelihood", "labels": "integers"}, ["softmax at the", "number of each"]),
        ({"reduction": "sum", "weight_decay": 0.2}, ["is the sum of its", "lambda = 0.2"]),
        ({"batch": False}, ["one example at a time"]),
        ({"layout": "vectors"}, ["one example at a time", "`x` has shape (n_1,)"]),
        ({"order": "b,w", "biases": False}, ["`(grad_b, grad_w)`", "has no biases"]),
        ({"sizes": [4, 6, 3]}, ["3 layers, such as 4, 6, 3 neurons"]),
    ],
)
def test_the_task_says_what_is_judged(options, said):
    text = described(options)
    missing = [each for each in said if each not in text]
    assert not missing, f"the student is not told of {missing}: {text}"
    if "cost" in options:
        assert "quadratic" not in text, "the task is about another cost"


def test_the_students_notebook_says_when_and_what_late_costs(tmp_path):
    top = 'title = "W"\ndeadline = 2030-03-14T23:59:00\nlate_penalty = 0.1\n'
    out = written(tmp_path, top + '[[question]]\nstep = "bp2"\n')
    for text in (words(out / "w.ipynb"), (out / "README.md").read_text(encoding="utf-8")):
        assert "Hand in by 2030-03-14 23:59. A late submission loses 10% of its points." in text
        assert "teacher" not in text.lower()
    assert ".hint(2))" in words(out / "w.ipynb"), "the check above has printed hint 1 already"


# No solution


def test_students_get_no_solution_and_teachers_all_of_it(tmp_path):
    out = written(tmp_path, OWN)
    for path in out.rglob("*"):
        if path.is_file() and "teacher" not in path.parts and path.suffix != ".whl":
            assert "v * 0.5" not in path.read_text(encoding="utf-8"), f"{path} holds the solution"
    table = tomllib.loads((out / "assignment.toml").read_text(encoding="utf-8"))
    assert table["exercises"] == ["my_steps.py"] and (out / "my_steps.py").exists()
    assert table["question"][1] == {"step": "half", "text": 'Say "half" of it: 1\\2\nin two lines'}
    assert read_assignment(out / "assignment.toml").points == 2, "the workflow can't read it"
    assert "v * 0.5" in (out / "teacher" / "assignment.toml").read_text(encoding="utf-8")
    assert read_assignment(out / "teacher" / "assignment.toml").points == 2


def test_a_question_without_a_check_hands_out_nothing_of_its_exercise(tmp_path):
    out = written(tmp_path, OWN + "check = false\n")
    handed = [p for p in out.rglob("*") if p.is_file() and "teacher" not in p.parts]
    assert not [p for p in handed if p.name == "my_steps.py"], "it holds the right answer"
    table = tomllib.loads((out / "assignment.toml").read_text(encoding="utf-8"))
    assert [each["step"] for each in table["question"]] == ["bp2"] and "exercises" not in table
    text = words(out / "week.ipynb")
    assert "my_steps" not in text and 'bp.check("half"' not in text
    assert "This answer is judged after you have handed in." in text and "def half(v):" in text
    assert "half is right" in words_printed(out / "teacher" / "week-solutions.ipynb")


def words_printed(path):
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return "".join("".join(o["text"]) for each in cells for o in each.get("outputs", []))


def test_both_notebooks_run_where_they_lie(tmp_path):
    out = written(tmp_path, OWN)
    assert ran(out / "week.ipynb", out).count("not written yet") == 2
    solved = out / "teacher" / "week-solutions.ipynb"
    assert ran(solved, solved.parent).count("is right") == 2, "my_steps.py lies beside it"


@pytest.mark.parametrize(
    ("solution", "said"),
    [
        ("", "'half' is on a step of your own, to which the course knows no solution"),
        ("def half(v):\n    return v", "the solution of 'half' is not right"),
        ("def half(v):\n    return w", "the solution of 'half' is not right"),
        ("def half(v:", "the solution of 'half' does not run: SyntaxError"),
        ("def other(v):\n    return v", "the solution of 'half' does not run: KeyError"),
    ],
)
def test_a_solution_is_proven_before_anything_is_written(tmp_path, solution, said):
    line = f"solution = {json.dumps(solution)}\n" if solution else ""
    with pytest.raises(ValueError, match=said):
        written(tmp_path, OWN.partition("text =")[0] + line)
    assert not (tmp_path / "out").exists(), "half an assignment was written"


def test_the_example_of_the_page_needs_no_solution(tmp_path):
    text = '[[question]]\nstep = "backprop"\ncost = "cross_entropy"\nlayout = "rows"\n'
    out = written(tmp_path, text)
    assert "is right" in words_printed(out / "teacher" / "week-solutions.ipynb")
    guide = (out / "teacher" / "marking-guide.md").read_text(encoding="utf-8")
    assert "| BP1: sigma' where the cost has cancelled it |" in guide, "the largest question"
    assert "| BP2: the transpose is missing |" in guide


# What installs the course


def test_the_wheel_installs(tmp_path):
    (tmp_path / handout.WHEEL).write_bytes(handout.wheel())
    (tmp_path / "requirements.txt").write_text(handout.requirements().replace("jupyterlab\n", ""))
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-index", "--no-deps"]
    command += ["--target", "there", "-r", "requirements.txt"]
    subprocess.run(command, cwd=tmp_path, check=True)
    there = tmp_path / "there" / "bpcourse"
    assert (there / "data" / "digits.npz").exists() and (there / "classroom" / "units").exists()
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["version"] == bp.__version__ and project["version"] in handout.WHEEL


# The tools of others


def test_gradescope_gets_an_autograder(tmp_path):
    out = written(tmp_path, OWN, form="gradescope")
    with zipfile.ZipFile(out / "autograder.zip") as archive:
        names = set(archive.namelist())
        modes = {each.filename: each.external_attr >> 16 for each in archive.infolist()}
        table = tomllib.loads(archive.read("assignment.toml").decode())
    wanted = {"setup.sh", "run_autograder", "assignment.toml", "my_steps.py", handout.WHEEL}
    assert names == wanted, "at the root of the archive, or Gradescope does not find them"
    assert modes["run_autograder"] & 0o111, "it has to be executable"
    assert table["exercises"] == ["my_steps.py"], "it lies beside the assignment now"


def test_nbgrader_and_otter_get_the_exercises_file_and_say_what_is_lost(tmp_path):
    rest = 'late_penalty = 0.1\n[[question]]\nstep = "backprop"\npartial = true\n'
    text = OWN.replace("[[question]]", rest + "[[question]]", 1)
    out = written(tmp_path, text, form="nbgrader")
    assert (out / "source" / "week" / "my_steps.py").exists()
    out = written(tmp_path, text, form="otter")
    assert (out / "my_steps.py").exists() and "files:\n- my_steps.py" in words(out / "week.ipynb")
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        parser = type("Parser", (), {"error": print})
        options = {"file": tmp_path / "week.toml", "out": out, "format": "otter", "parser": parser}
        commands.run_assignment(type("Options", (), options))
    for word in ("late_penalty:", "partial: backprop has all", "otter assign week.ipynb dist"):
        assert word in said.getvalue(), f"a teacher is not told of {word}"


def test_a_hidden_exercise_stays_with_the_graders(tmp_path):
    out = written(tmp_path, OWN + "check = false\n", form="otter")
    text = words(out / "week.ipynb")
    assert "autograder_files:\n- my_steps.py" in text
    shown = [part for part in text.split("BEGIN TEST CONFIG") if "hidden: true" not in part[:30]]
    assert "half" not in "".join(each for each in shown[1:]), "its test is shown to students"
