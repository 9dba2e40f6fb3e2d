"""Fair judgments: which file counts, whose answer it is, and what a slip costs."""

import json
import zipfile
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from submissions import RIGHT, ROWS

import bpcourse as bp
from bpcourse.classroom import find, submissions
from bpcourse.classroom.attempts import definitions
from bpcourse.classroom.naming import student
from bpcourse.classroom.outcomes import run_all
from bpcourse.classroom.sources import Given
from bpcourse.classroom.wording import for_a_class
from bpcourse.exercises.solutions import SOLUTIONS
from bpcourse.submission.outcome import share
from bpcourse.submission.task import Task

BP2, SIGMOID = SOLUTIONS["bp2"], RIGHT.partition("def sigmoid_prime")[0]
# Builds on the submission's own bp2 and sigmoid_prime.
BACKPROP = RIGHT.replace(
    "delta = (weights[l].T @ delta) * sigmoid_prime(z[l - 1])",
    "delta = bp2(weights[l], delta, sigmoid_prime(z[l - 1]))",
)
WHOLE = f"{BP2}\n{BACKPROP}"
PARTIAL = Task(partial=True, replace_steps=True, seed=1, seconds=60, name="backprop")


def notebook(*sources):
    cells = [{"cell_type": "code", "source": text} for text in sources]
    return json.dumps({"cells": cells, "nbformat": 4, "nbformat_minor": 5})


def handed_in(folder, files, *, given=None):
    """Return the submissions of a class, by the student's id."""
    for name, text in files.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    extra = {"given": given} if given else {}
    found = submissions(folder, find(folder, **extra), by_student=True, **extra)
    return {each.student.id: each for each in found}


def texts(submission):
    return "\n".join(text for _, text in submission.source["units"])


def judged(folder, text, *tasks):
    """Return the outcomes of one notebook, or of a file."""
    cells = text if isinstance(text, list) else [text]
    (folder / "ada.ipynb").write_text(notebook(*cells))
    (outcomes,) = run_all(submissions(folder, ["ada.ipynb"]), tasks, jobs=1)
    return outcomes


def of_step(name, **options):
    return Task(name, name, seed=1, seconds=60, **options)


def earned(task, outcome):
    right = outcome.diagnosis.get("right")
    return round(share(outcome.findings, partial=task.partial, right=right), 2)


# Which file counts


@pytest.mark.parametrize("title", ["week-3", "w", "six-exercises"])
def test_of_two_attempts_the_later_upload_counts(tmp_path, title):
    old, new = f"rae_18_880018_{title}.ipynb", f"rae_18_880518_{title}-1.ipynb"
    found = handed_in(tmp_path, {old: notebook("a = 'old'"), new: notebook("a = 'new'")})["18"]
    assert found.name == new and found.earlier == (old,), "the number of the upload rises"


def test_the_title_of_the_notebook_counts_no_attempt():
    assert student("rae_18_880018_week-3.ipynb", notebook="week-3").attempt == 0
    assert student("rae_18_880018_week-3-1.ipynb", notebook="week-3").attempt == 1


def test_the_late_attempt_counts_whole_and_is_late(tmp_path):
    first, second = "gia_8_880008_x.ipynb", "gia_LATE_8_881008_y.ipynb"
    (found,) = handed_in(tmp_path, {first: notebook(BP2), second: notebook(RIGHT)}).values()
    assert found.name == second and found.student.late, "the late mark belongs to what is judged"
    assert "def bp2" not in texts(found) and found.earlier == (first,), "nothing is mixed"


def test_numbers_that_come_back_are_no_uploads(tmp_path):
    found = handed_in(tmp_path, {f"backprop_2024_11_{n}.py": RIGHT for n in ("ada", "bob")})
    assert len(found) == 2, "two students whose file names hold a date"


def test_parts_of_one_attempt_are_put_together(tmp_path):
    parts = {"roe_47_10_part-1.py": RIGHT, "roe_47_11_part-2.py": "def plots():\n    return 1\n"}
    (found,) = handed_in(tmp_path, parts).values()
    assert {"backprop", "plots"} <= definitions(found.source["units"]).keys()
    assert all(name in found.name for name in parts), "all files that were judged are named"


def test_of_two_files_that_define_the_same_the_later_counts_and_it_is_said(tmp_path):
    wrong = BP2.replace("w_next.T @", "w_next @")
    names = [f"Di Two_7_assignsubmission_file_/{n}.ipynb" for n in ("b_final", "a_old")]
    path = tmp_path / "class.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name, text, hour in zip(names, (BP2, wrong), (12, 9), strict=True):
            archive.writestr(zipfile.ZipInfo(name, (2026, 1, 2, hour, 0, 0)), notebook(text))
    (found,) = submissions(path, find(path), by_student=True)
    assert texts(found).index("w_next @") < texts(found).index("w_next.T @"), "the later is last"
    (outcome,), *_ = run_all([found], [of_step("bp2")], jobs=1)
    assert outcome.status == "right" and "b_final.ipynb was judged" in outcome.notes[0]


def test_an_empty_answer_does_not_hide_one_that_is_written(tmp_path):
    empty = "def bp2(w_next, delta_next, prime):\n    raise NotImplementedError"
    folder = "Di_7_assignsubmission_file_"
    files = {f"{folder}/a.ipynb": notebook(BP2), f"{folder}/b.ipynb": notebook(empty, RIGHT)}
    (found,) = handed_in(tmp_path, files).values()
    (outcome,), *_ = run_all([found], [of_step("bp2")], jobs=1)
    assert outcome.status == "right", outcome.texts[2]


# What is no submission


@pytest.fixture
def given(tmp_path):
    path = tmp_path / "given" / "my_steps.py"
    path.parent.mkdir()
    path.write_text("def clip_norm(grad, limit):\n    return grad\n")
    return Given([path], "week-3")


def test_a_file_of_the_assignment_answers_nothing(tmp_path, given):
    folder = tmp_path / "class"
    folder.mkdir()
    own = (tmp_path / "given" / "my_steps.py").read_text()
    files = {"lu_1_10_w.ipynb": notebook("a = 1"), "lu_1_11_my_steps.py": own}
    files |= {"bo_2_12_steps_too.py": own, "cy_3_13_my_steps-1.py": "def clip_norm(): pass"}
    found = handed_in(folder, files, given=given)
    assert "clip_norm" not in texts(found["1"]), "the teacher's answer is not the student's"
    for number in ("2", "3"):
        said = found[number].source["problem"]["sentence"]
        assert "belongs to the assignment" in said, "neither by content nor by name"


def test_an_answer_that_is_imported_from_the_assignment_is_none(tmp_path, given):
    text = notebook("from my_steps import bp2")
    folder = tmp_path / "class"
    folder.mkdir()
    found = handed_in(folder, {"ada.ipynb": text}, given=given)["ada"]
    ((outcome,),) = run_all([found], [of_step("bp2")], jobs=1)
    assert outcome.findings[0]["cause"] == "given", outcome.texts[0]


def test_an_archive_of_one_student_is_opened_and_of_a_class_is_not(tmp_path):
    for name, member in (("jo_11_880011_week3.zip", "week3/w.ipynb"), ("all.zip", "a_1_2_w.ipynb")):
        with zipfile.ZipFile(tmp_path / name, "w") as archive:
            archive.writestr(member, notebook(BP2))
            archive.writestr("venv/lib.py", "raise SystemExit")
    (found,) = handed_in(tmp_path, {}).values()
    assert found.student.id == "11" and "def bp2" in texts(found) and "Exit" not in texts(found)


@pytest.mark.parametrize("data", [b"no archive", b""])
def test_an_archive_that_cannot_be_opened_is_a_row(tmp_path, data):
    found = handed_in(tmp_path, {"jo_11_1_w.zip": data, "ada_12_2_w.py": RIGHT})
    assert "can't be opened" in found["11"].source["problem"]["sentence"], "nobody is lost"


@pytest.mark.parametrize(
    "name", ["val_5_9_homework.pdf", "Val_5_assignsubmission_file_/homework.pdf"]
)
def test_who_has_handed_in_no_program_has_a_row_that_says_what_came(tmp_path, name):
    other = "ada_6_8_w.py" if "/" not in name else "Ada_6_assignsubmission_file_/w.py"
    found = handed_in(tmp_path, {name: b"%PDF", other: RIGHT})
    said = found["5"].source["problem"]["sentence"]
    assert "no .py or .ipynb was handed in: homework.pdf" in said, said
    assert found["6"].source["problem"] is None


def test_a_notebook_full_of_figures_is_read(tmp_path):
    cells = [{"cell_type": "code", "source": RIGHT, "outputs": ["x" * 11 * 1024**2]}]
    found = handed_in(tmp_path, {"ada.ipynb": json.dumps({"cells": cells})})["ada"]
    assert found.source["problem"] is None, "only the cells count"


# How a program is read


def test_a_long_program_arrives_whole(tmp_path):
    (outcome,) = judged(tmp_path, "# " + 30_000 * "x" + "\n" + RIGHT, Task(seed=1, seconds=60))
    assert outcome.status == "right", outcome.texts[0]


@pytest.mark.parametrize("first", ["%%time", "%%capture out", "%%prun", "files = !ls"])
def test_a_magic_before_an_answer_costs_nothing(tmp_path, first):
    (outcome,) = judged(tmp_path, ["import numpy as np", f"{first}\n{BP2}"], of_step("bp2"))
    assert outcome.status == "right", outcome.texts[0]


def test_an_answer_in_a_cell_that_is_no_python_says_which(tmp_path):
    (outcome,) = judged(tmp_path, ["a = 1", f"%%writefile x.py\n{BP2}"], of_step("bp2"))
    assert "Cell 2, which would define bp2, begins with %%writefile" in outcome.sentence


PROGRAMS = {
    "a magic inside an if": ["import sys\nif 0:\n    !pip install x\nimport numpy as np\n" + BP2],
    "annotations for later": ["from __future__ import annotations", BP2.replace("prime)", "p: X)")],
    "a table filled by calls": [
        "T = {}\nT.update(t=lambda w: w.T)", BP2.replace("w_next.T", "T['t'](w_next)"),
    ],
    "a table filled by a while": [
        "k, t = 0, []\nwhile k < 3:\n    t.append(k)\n    k += 1",
        BP2.replace("w_next.T", "t[1] * w_next.T"),
    ],
}  # fmt: skip


@pytest.mark.parametrize("name", PROGRAMS)
def test_what_runs_in_a_notebook_runs_here(tmp_path, name):
    cells = [text.replace("p: X)", "prime: X)") for text in PROGRAMS[name]]
    (outcome,) = judged(tmp_path, cells, of_step("bp2"))
    assert outcome.status == "right", outcome.texts[0]


@pytest.mark.parametrize(
    "text",
    [
        "from nowhere import turned\ndef bp2(w, d, p):\n    return turned(w, d) * p",
        "import nowhere\ndef bp2(w, d, p):\n    return nowhere.turned(w, d) * p",
        "def bp2(w, d, p):\n    import nowhere\n    return nowhere.turned(w, d) * p",
    ],
)
def test_a_package_that_is_not_here_is_named(tmp_path, text):
    (outcome,) = judged(tmp_path, text, of_step("bp2"))
    assert outcome.title == "needs nowhere, which is not here", outcome.texts[0]


# Differences


def cost(weights, biases, x, y):
    a = x
    for w, b in zip(weights, biases, strict=True):
        a = 1 / (1 + np.exp(-(w @ a + b)))
    return ((a - y) ** 2).sum() / 2 / x.shape[1]


def differences(weights, biases, x, y, *, h=1e-6, central=True):
    out = ([], [])
    for kept, group in zip(out, (weights, biases), strict=True):
        for p in group:
            g = np.zeros(p.shape)
            for i in np.ndindex(p.shape):
                old = p[i]
                p[i] = old + h
                up = cost(weights, biases, x, y)
                p[i] = old - h if central else old
                g[i] = (up - cost(weights, biases, x, y)) / (2 * h if central else h)
                p[i] = old
            kept.append(g)
    return out


@pytest.mark.parametrize(("h", "central"), [(1e-4, 1), (1e-5, 1), (1e-7, 1), (1e-6, 0), (1e-8, 0)])
def test_differences_are_noticed_and_a_learner_is_told(h, central):
    found = bp.diagnose(partial(differences, h=h, central=central))
    assert found.ok and found.measured, "they are right as far as differences go"
    assert "These are finite differences: right to about" in found.notes[-1]


def test_differences_are_no_answer_in_a_class(tmp_path):
    text = SIGMOID + "def sigmoid_prime(z, h=1e-6):\n"
    text += "    return (sigmoid(z + h) - sigmoid(z - h)) / (2 * h)\n"
    (outcome,) = judged(tmp_path, text, of_step("sigmoid_prime"))
    assert outcome.findings[0]["cause"] == "finite_differences", outcome.texts[0]
    assert "right to about" in outcome.sentence and "digits" in outcome.sentence


def smoothed(weights, biases, x, y):
    """Keep outputs from zero, as many do: that is an error, and no difference."""
    a, z = [x], []
    for w, b in zip(weights, biases, strict=True):
        z.append(w @ a[-1] + b)
        a.append(1 / (1 + np.exp(-z[-1])))
    e, p = 1e-8, a[-1]
    delta = (-y / (p + e) + (1 - y) / (1 - p + e)) * p * (1 - p)
    dw, db = [], []
    for l in reversed(range(len(weights))):
        dw.insert(0, delta @ a[l].T / x.shape[1])
        db.insert(0, delta.mean(axis=1, keepdims=True))
        delta = weights[l].T @ delta * a[l] * (1 - a[l])
    return dw, db


def single(weights, biases, x, y):
    turn = lambda each: np.asarray(each, np.float32)  # noqa: E731
    dw, db = smoothed([*map(turn, weights)], [*map(turn, biases)], turn(x), turn(y))
    return [g.astype(float) for g in dw], [g.astype(float) for g in db]


@pytest.mark.parametrize("function", [smoothed, single])
def test_other_small_errors_are_no_differences(function):
    found = bp.diagnose(function, cost="cross_entropy")
    assert found.ok and not found.measured, "an error that is smooth, or float32"


# What a slip costs


def test_a_wrong_step_is_not_punished_twice_beside_another_mistake(tmp_path):
    wrong = BP2.replace(" * prime", "")
    text = f"{wrong}\n{BACKPROP}".replace("keepdims=True) / m", "keepdims=True)")
    _, outcome = judged(tmp_path, text, of_step("bp2"), PARTIAL)
    assert earned(PARTIAL, outcome) == 0.8, f"BP3 alone: {outcome.title}"
    said = "the course's bp2 in place of yours, which has a question of its own"
    assert said in outcome.notes[-1]


SLIPS = {
    "reversed": (
        "return grad_w, grad_b",
        "return grad_w[::-1], grad_b[::-1]",
        "a list in reverse order",
    ),
    "wrong m": ("x.shape[1]", "x.shape[0]", "divided by the number of neurons"),
    "changed": ("    m = x", "    y *= 0\n    m = x", "changes y in place"),
}


@pytest.mark.parametrize("name", ["reversed", "wrong m"])
def test_one_slip_costs_one_part(tmp_path, name):
    before, after, title = SLIPS[name]
    (outcome,) = judged(tmp_path, WHOLE.replace(before, after), PARTIAL)
    assert title in outcome.title and earned(PARTIAL, outcome) == 0.8, outcome.texts[0]


def test_two_fixed_layers_are_judged_on_two_layers(tmp_path):
    text = SIGMOID + "def backprop(weights, biases, x, y):\n    (w, v), (b, c) = weights, biases\n"
    text += "    m, a = x.shape[1], sigmoid(w @ x + b)\n    o = sigmoid(v @ a + c)\n"
    text += "    d = (o - y) * o * (1 - o)\n    e = v.T @ d * a * (1 - a)\n"
    text += "    return [e @ x.T / m, d @ a.T / m], [e.mean(1)[:, None], d.mean(1)[:, None]]\n"
    (outcome,) = judged(tmp_path, text, PARTIAL)
    assert outcome.title == "works for one hidden layer only", outcome.texts[0]
    assert earned(PARTIAL, outcome) == 0.8 and "sizes=" not in outcome.texts[2]


def test_numbers_that_are_wrong_far_from_zero_alone_cost_a_part(tmp_path):
    text = "import numpy as np\ndef sigmoid(z):\n    return np.exp(z) / (1 + np.exp(z))\n"
    (outcome,) = judged(tmp_path, text, of_step("sigmoid"))
    assert earned(of_step("sigmoid"), outcome) == 0.8, outcome.texts[0]


def test_changed_inputs_cost_the_same_everywhere():
    changed = {"equation": "inputs", "cause": "inputs_changed"}
    assert {share([changed], partial=each) for each in (True, False)} == {0.8}


@pytest.mark.parametrize("what", ["zeros_like", "copy"])
def test_who_computes_nothing_earns_nothing(tmp_path, what):
    text = "import numpy as np\ndef backprop(weights, biases, x, y):\n"
    text += f"    return [np.{what}(w) for w in weights], [np.{what}(b) for b in biases]\n"
    (outcome,) = judged(tmp_path, text, PARTIAL)
    assert earned(PARTIAL, outcome) == 0, f"right: {outcome.diagnosis['right']}"


def test_an_activation_may_be_used_for_its_derivative_and_the_derivative_not(tmp_path):
    text = "import bpcourse as bp\ndef sigmoid_prime(z):\n    return "
    used = text + "bp.sigmoid(z) * (1 - bp.sigmoid(z))"
    (outcome,) = judged(tmp_path, used, of_step("sigmoid_prime"))
    assert outcome.status == "right" and "_checks" not in str(outcome.notes), outcome.texts[0]
    (outcome,) = judged(tmp_path, text + "bp.sigmoid.prime(z)", of_step("sigmoid_prime"))
    assert outcome.findings[0]["cause"] == "borrowed", outcome.texts[0]


def test_a_student_is_told_of_nothing_to_pass(tmp_path):
    (outcome,) = judged(tmp_path, ROWS, PARTIAL)
    said = " ".join(outcome.texts[2].split())
    assert "layout=" not in said and "The task says that an example is a column." in said
    found = bp.diagnose(lambda weights, biases, x, y: (biases, weights))
    assert "order=" in found.hint(3) and "order=" not in for_a_class(found, {}).hint(3)


def test_a_name_that_is_not_known_is_asked_for(tmp_path):
    (outcome,) = judged(tmp_path, "def bp2(w, d, p):\n    return w.T @ delta * p", of_step("bp2"))
    assert "Where does delta get its value" in outcome.hint, outcome.hint


# Whose work it is


def test_threads_of_pythons_own_hide_nothing(tmp_path):
    line = "    from concurrent.futures import ThreadPoolExecutor as P\n    with P(2) as p:\n"
    line += "        list(p.map(np.sum, a))\n    m = x"
    (outcome,) = judged(tmp_path, WHOLE.replace("    m = x", line), Task(seed=1, seconds=60))
    assert outcome.status == "right", outcome.texts[0]


def test_what_one_question_did_is_no_matter_of_the_next(tmp_path):
    threads = "import _thread, time\n" + BP2.replace(
        "    return", "    _thread.start_new_thread(time.sleep, (0,))\n    return"
    )
    text = threads + "\n" + RIGHT
    bp2, prime = of_step("bp2"), of_step("sigmoid_prime")
    for tasks in ([bp2, prime], [prime, bp2]):
        found = dict(zip([t.step for t in tasks], judged(tmp_path, text, *tasks), strict=True))
        assert found["bp2"].findings[0]["cause"] == "out_of_sight"
        assert found["bp2"].findings[0]["sentence"].count("start_new_thread") == 1
        assert found["sigmoid_prime"].status == "right", "it starts no thread"


def test_each_question_has_its_own_limit_of_time(tmp_path):
    once = "    if not waited:\n        waited.append(time.sleep(1.5))\n    m = x"
    slow = "import time\nwaited = []\n" + RIGHT.replace("    m = x", once)
    quick = replace(of_step("sigmoid_prime"), seconds=1)
    first, second = judged(tmp_path, slow, quick, PARTIAL)
    assert (first.status, second.status) == ("right", "right"), second.texts[0]


def test_two_fixed_layers_and_a_wrong_step_are_two_slips(tmp_path):
    """Not punished twice: the wrong bp2 has a question of its own."""
    text = BP2.replace(" * prime", "") + SIGMOID
    text += "def backprop(weights, biases, x, y):\n    (w, v), (b, c) = weights, biases\n"
    text += "    m, a = x.shape[1], sigmoid(w @ x + b)\n    o = sigmoid(v @ a + c)\n"
    text += "    d = (o - y) * o * (1 - o)\n    e = bp2(v, d, a * (1 - a))\n"
    text += "    mean = [k.sum(axis=1, keepdims=True) / m for k in (e, d)]\n"
    text += "    return [e @ x.T / m, d @ a.T / m], mean\n"
    _, outcome = judged(tmp_path, text, of_step("bp2"), PARTIAL)
    assert earned(PARTIAL, outcome) == 0.8, outcome.texts[0]


def test_a_line_that_asks_the_course_beside_a_slip_hides_no_slip(tmp_path):
    text = WHOLE.replace("keepdims=True) / m", "keepdims=True)")
    text = text.replace("    m = x", "    bp.gradcheck.check(None, x, y, None)\n    m = x")
    (outcome,) = judged(tmp_path, f"import bpcourse as bp\n{text}", PARTIAL)
    assert outcome.findings[0]["equation"] == "bp3", outcome.texts[0]
    assert "calls bpcourse.gradcheck" in " ".join(outcome.notes)


def test_a_network_may_be_shown(tmp_path):
    line = "    bp.Network.from_arrays(weights, biases, ['sigmoid'] * len(weights))._repr_html_()\n"
    text = "import bpcourse as bp\n" + WHOLE.replace("    m = x", f"{line}    m = x")
    (outcome,) = judged(tmp_path, text, PARTIAL)
    assert outcome.status == "right", outcome.texts[0]
