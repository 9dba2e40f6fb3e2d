"""The class command: no submission is lost, whatever it does, and each is told the truth."""

import asyncio
import base64
import csv
import hashlib
import io
import os
import re
import sys
import time
import warnings
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest
from submissions import DAEMON, FORK, MISTAKES, MORE, RIGHT, ROWS, inside, mistake, outside, write

import bpcourse as bp
from bpcourse import classroom
from bpcourse.classroom import find, left_out, misconceptions, process, report, run, worker
from bpcourse.classroom.outcomes import examine
from bpcourse.classroom.text import printable
from bpcourse.submission.task import Task

posix = pytest.mark.skipif(os.name == "nt", reason="Windows has no such thing")
# Far more than anything here takes: only the tests of the limit itself wait for it.
PATIENT = Task(seconds=60)


def outcome(name="ada.py", status="wrong", **changes):
    """Return an outcome as it could have come."""
    finding = {
        "equation": "bp2",
        "layers": [3, 2],
        "cause": "missing_prime",
        "title": "sigma' is missing",
        "sentence": "A factor is missing.",
        "hints": ["Which factor?", "The last one?", "sigma'."],
    }
    finding |= changes.pop("finding", {})
    findings = [] if status == "right" else [finding]
    diagnosis = {"status": status, "findings": findings}
    return classroom.Outcome(name, diagnosis, ("one", "two", "three"), **changes)


@pytest.fixture(scope="module")
def more(tmp_path_factory):
    """Return what comes of every submission of MORE, by name."""
    folder = tmp_path_factory.mktemp("class")
    for name, (source, *_) in MORE.items():
        write(folder, name, source)
    outcomes = run(folder, find(folder), PATIENT, jobs=2)
    return {each.name.removesuffix(".py"): each for each in outcomes}


def verify(outcome, status, cause, said):
    """Assert that an outcome has a status and a reason."""
    found = outcome.findings[0] if outcome.findings else {"cause": None, "sentence": ""}
    assert outcome.status == status, f"{outcome.name} is {status}, not: {outcome.texts[2]}"
    assert found["cause"] == cause, f"{outcome.name} must be reported as {cause}, not {found}"
    assert said in found["sentence"], f"{outcome.name}: {said!r} is missing in {found['sentence']}"


# One submission


@posix
@pytest.mark.parametrize("name", MORE)
def test_whatever_a_submission_does_it_is_reported(more, name):
    verify(more[name], *MORE[name][1:])


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_named(tmp_path, name):
    found = examine(write(tmp_path, name, mistake(name)), PATIENT)
    first = found.findings[0]
    assert (first["equation"], first["cause"]) == MISTAKES[name][2], "the process changes nothing"


def test_numpy_replaced_inside_the_function_does_not_fool_the_judge(tmp_path):
    source = mistake("sign").replace("    m = x", "    np.isfinite = np.median = len\n    m = x")
    found = examine(write(tmp_path, "patch", source), PATIENT)
    assert found.findings[0]["cause"] == "sign", "the judge computes with NumPy's own functions"


def test_settings_are_put_back():
    before = np.geterr(), np.get_printoptions(), list(warnings.filters), sys.stdout
    with worker.settings_kept():
        np.seterr(all="raise")
        np.set_printoptions(precision=1)
        warnings.simplefilter("ignore")
        sys.stdout = None
    assert (np.geterr(), np.get_printoptions(), list(warnings.filters), sys.stdout) == before


def test_a_function_may_add_names_to_numpy(tmp_path):
    source = RIGHT.replace("def sigmoid(z)", "def _s(z)", 1)
    source = source.replace("def sigmoid_prime", "np.sigmoid = sigmoid = _s\n\n\ndef sigmoid_prime")
    found = examine(write(tmp_path, "adds", source), PATIENT)
    assert found.status == "right", "new names are no harm, and the program needs them"


def test_an_endless_loop_is_stopped_and_its_line_named(tmp_path):
    path = write(tmp_path, "endless", outside("n = 1\nwhile n > 0:\n    n = n + 1"))
    found = examine(path, Task(seconds=3))
    verify(found, "cannot run", "timeout", "It was stopped after 3 s, in line ")
    assert re.search(r"in line [23] \(", found.findings[0]["sentence"]), "the line is in the loop"
    assert found.seconds >= 3, "it has all of its time"


def test_prints_are_kept_up_to_a_limit_and_counted(tmp_path):
    path = write(tmp_path, "prints", outside("print('a' * 3_000_000)\nprint('the end')"))
    found = examine(path, PATIENT)
    assert found.status == "right", "printing is no mistake"
    assert found.printed == 3_000_001 + len("the end\n"), "every byte is counted"
    assert found.output.endswith("a\nthe end\n"), "the end of the output is what helps"
    assert len(found.output) == process.OUTPUT_KEPT, "no more than this is kept in memory"


def test_a_message_of_megabytes_is_cut(tmp_path):
    path = write(tmp_path, "long", inside("raise ValueError('a' * 10_000_000)"))
    found = examine(path, PATIENT)
    verify(found, "cannot run", "exception", "ValueError: aaa")
    assert len(found.findings[0]["sentence"]) < 2_000, "nobody reads ten million letters"


def test_output_before_a_crash_is_not_lost(tmp_path):
    found = examine(
        write(tmp_path, "dies", inside("import os\nprint('here')\nos._exit(1)")), PATIENT
    )
    assert found.output == "here\n", "the last print shows where it was"


@posix
def test_children_are_ended_with_the_submission(tmp_path):
    trace = tmp_path / "trace"
    code = FORK.format(trace=str(trace)) + f"\nwhile not os.path.exists({str(trace)!r}): pass"
    found = examine(write(tmp_path, "forks", outside(code)), PATIENT)
    assert found.status == "right", "the first process gave its answer"
    size = trace.stat().st_size
    time.sleep(0.3)
    assert trace.stat().st_size == size, "the child still runs"


@posix
def test_a_child_that_got_away_is_not_waited_for(tmp_path):
    trace = tmp_path / "trace"
    found = examine(write(tmp_path, "away", outside(DAEMON.format(trace=str(trace)))), PATIENT)
    assert found.status == "right", "the first process gave its answer"
    assert not trace.exists(), "the class waits for a process that is none of its own"


@posix
def test_a_forked_child_gives_no_second_answer(tmp_path):
    code = "global forked\nimport os\nif 'forked' not in globals():\n    forked = os.fork()"
    found = examine(write(tmp_path, "twice", inside(code)), PATIENT)
    assert found.status == "right", "both come to the end; one of them answers"


@posix
@pytest.mark.skipif(sys.platform == "darwin", reason="macOS refuses this limit")
def test_memory_is_limited(tmp_path):
    once = "global big\nif 'big' not in globals():\n    big = np.ones(3 * 10**7)"
    path = write(tmp_path, "big", inside(once))
    assert examine(path, PATIENT).status == "right", "240 MB are within the limit of 1 GiB"
    small = Task(seconds=60, memory=256 * 1024**2)
    verify(examine(path, small), "cannot run", "exception", "Unable to allocate 229. MiB")
    assert examine(path, Task(seconds=60, memory=0)).status == "right", "0 is no limit"


@posix
def test_memory_that_python_lacks_is_said_in_words(tmp_path):
    path = write(tmp_path, "list", inside("a = [0]\nwhile True:\n    a = a + a"))
    small = replace(PATIENT, memory=400 * 1024**2)
    verify(examine(path, small), "cannot run", "exception", "no memory is left within the limit")


def test_a_file_without_permission_is_reported(tmp_path):
    path = write(tmp_path, "secret", RIGHT)
    path.chmod(0)
    if os.access(path, os.R_OK):
        pytest.skip("this user may read all files")
    verify(examine(path, PATIENT), "cannot run", "unreadable", "Permission denied")


@posix
def test_what_is_no_plain_file_is_reported(tmp_path):
    (tmp_path / "folder.py").mkdir()
    (tmp_path / "nowhere.py").symlink_to(tmp_path / "gone")
    os.mkfifo(tmp_path / "pipe.py")
    assert find(tmp_path) == ["folder.py", "nowhere.py", "pipe.py"], "each has its row"
    for each in run(tmp_path, find(tmp_path), PATIENT):
        verify(each, "cannot run", "unreadable", f"The file {each.name} can't be read")


def test_each_submission_has_its_own_empty_directory(tmp_path):
    code = "import os\nprint(os.getcwd(), os.listdir())\nopen('left', 'w').close()"
    for name in ("ada", "bea"):
        write(tmp_path, name, outside(code))
    outputs = [each.output for each in run(tmp_path, find(tmp_path), PATIENT)]
    assert all(text.endswith(" []\n") for text in outputs), "nothing of another submission is there"
    assert len(set(outputs)) == 2, "two submissions, two directories"
    directory = outputs[0].removesuffix(" []\n")
    assert not os.path.exists(directory), "the directory is removed"  # noqa: PTH110


def test_nothing_of_the_class_is_there_to_import(tmp_path):
    for name in ("numpy", "colorsys", "bpcourse"):
        write(tmp_path, name, "raise SystemExit")
    write(tmp_path, "tools", "answer = 42")
    write(tmp_path, "yan", outside("import colorsys, numpy"))
    write(tmp_path, "zoe", outside("import tools"))
    outcomes = {each.name: each for each in run(tmp_path, find(tmp_path), PATIENT)}
    assert outcomes["yan.py"].status == "right", "Python's modules are Python's"
    assert "It imports tools (the file, in line " in outcomes["zoe.py"].texts[0], (
        "a neighbor's file is not there"
    )
    assert outcomes["numpy.py"].status == "cannot run"


def test_a_learners_own_file_may_use_its_neighbors(tmp_path):
    write(tmp_path, "numpy", "raise SystemExit")
    write(tmp_path, "tools", "answer = 42")
    path = write(tmp_path, "mine", outside("import tools\nassert tools.answer == 42"))
    assert examine(path, PATIENT).status == "right", "tools is found, and NumPy is NumPy"


def test_a_step_is_checked_in_the_same_way(tmp_path):
    source = "def bp3(delta):\n    return delta.sum(axis=1, keepdims=True)\n"
    found = examine(write(tmp_path, "step", source), Task(step="bp3", seconds=60))
    assert found.status == "wrong", "BP3 is a mean over the examples"


def test_wrong_options_are_refused_before_anything_runs():
    for options in ({"cost": "cubic"}, {"layout": "diagonal"}, {"sizes": [3]}):
        with pytest.raises(ValueError, match=r"known|two widths"):
            Task(options=options).verify()
    with pytest.raises(ValueError, match="time limit is 0 s, want more"):
        Task(seconds=0).verify()
    with pytest.raises(ValueError, match="bp17"):
        Task(step="bp17").verify()
    with pytest.raises(TypeError, match="Activation"):
        Task(options={"activation": bp.tanh}).verify()
    Task(options={"cost": "cross_entropy"}).verify()


def test_it_works_where_an_event_loop_runs(tmp_path):
    async def notebook():
        return examine(write(tmp_path, "right", RIGHT), PATIENT)

    # In a thread of its own: the tests of the pages leave a running loop in this one.
    with ThreadPoolExecutor(1) as thread:
        found = thread.submit(lambda: asyncio.run(notebook())).result()
    assert found.status == "right", "a teacher works in a notebook"


def test_the_options_reach_the_diagnosis(tmp_path):
    path = write(tmp_path, "rows", ROWS)
    assert examine(path, Task(options={"layout": "rows"}, seconds=60)).status == "right"
    assert examine(path, PATIENT).status == "cannot run", "rows are no columns"


def test_a_process_that_cannot_be_started_costs_one_row(tmp_path, monkeypatch):
    def refuse(*_, **__):
        raise OSError("Resource temporarily unavailable")

    monkeypatch.setattr(process, "start_alone", refuse)
    found = examine(write(tmp_path, "ada", RIGHT), PATIENT)
    verify(found, "cannot run", "not_started", "Resource temporarily unavailable")


# The class


def test_progress_is_reported_once_for_each(tmp_path):
    for name in ("ada", "bea", "cem"):
        write(tmp_path, name, RIGHT)
    seen = []
    outcomes = run(tmp_path, find(tmp_path), PATIENT, jobs=3, progress=seen.append)
    assert sorted(each.name for each in seen) == [each.name for each in outcomes]


def test_one_directory_per_student(tmp_path):
    for name in ("ada", "bea", "cem", ".git", "__MACOSX"):
        (tmp_path / name).mkdir()
    write(tmp_path / "ada", "backprop", RIGHT)
    write(tmp_path / "bea", "bp", RIGHT)
    write(tmp_path / "__MACOSX", "backprop", RIGHT)
    found = find(tmp_path, "*/backprop.py")
    assert found == ["ada/backprop.py", "bea/backprop.py", "cem/backprop.py"], "nobody is lost"
    statuses = [each.status for each in run(tmp_path, found, PATIENT)]
    assert statuses == ["right", "cannot run", "cannot run"]


def test_finding_nothing_says_what_to_do(tmp_path):
    (tmp_path / "ada").mkdir()
    write(tmp_path, "._ada", "the icon that a Mac packs beside ada.py")
    with pytest.raises(ValueError, match=r"no file .* pass the pattern '\*/backprop.py'"):
        find(tmp_path)
    with pytest.raises(ValueError, match="is no directory"):
        find(tmp_path / "gone")


def test_misconceptions_are_counted_and_sorted():
    rare = {"title": "sign", "cause": "sign"}
    found = misconceptions(
        [
            outcome("ada.py"),
            outcome("bea.py", finding=rare),
            outcome("cem.py"),
            outcome("dan.py", "right"),
            outcome("eva.py", "cannot run", finding={"title": "crashed"}),
        ]
    )
    assert [(each.title, each.names) for each in found] == [
        ("BP2: sigma' is missing", ["ada.py", "cem.py"]),
        ("BP2: sign", ["bea.py"]),
    ], "the most frequent first; what did not run is no misconception"


def test_a_mistake_with_two_findings_counts_once_for_each():
    two = outcome()
    two.diagnosis["findings"].append(two.findings[0] | {"title": "sign", "equation": "bp1"})
    two.diagnosis["findings"].append(two.findings[0])
    assert [len(each.names) for each in misconceptions([two])] == [1, 1]


def test_what_did_not_run_is_counted_apart():
    crash = {
        "equation": "call",
        "title": "crashed",
        "hints": ["Is there C code?", "Remove it.", "Remove it."],
    }
    outcomes = [outcome("ada.py"), outcome("bea.py", "cannot run", finding=crash)]
    (found,) = misconceptions(outcomes, "cannot run")
    assert (found.title, found.names) == ("crashed", ["bea.py"])
    assert found.hints == ["Is there C code?", "Remove it."], "nothing is said twice"


# The report


def rows(outcomes):
    return list(csv.DictReader(io.StringIO(report.as_csv(outcomes))))


def page(outcomes, facts=None):
    wrong, failures = misconceptions(outcomes), misconceptions(outcomes, "cannot run")
    return report.as_html(outcomes, wrong, failures, facts or {"Files": "*.py"})


def test_the_table_has_what_a_teacher_sorts_by():
    (row,) = rows([outcome(seconds=1.234, printed=7)])
    assert row == {
        "submission": "ada.py",
        "status": "wrong",
        "equation": "bp2",
        "layer": "3 2",
        "cause": "missing_prime",
        "title": "sigma' is missing",
        "also wrong": "",
        "hint": "Which factor?",
        "sentence": "A factor is missing.",
        "notes": "",
        "seconds": "1.23",
        "printed bytes": "7",
    }
    (row,) = rows([outcome(status="right")])
    assert (row["status"], row["cause"], row["hint"]) == ("right", "", ""), "no mistake, no cause"
    assert rows([outcome(finding={"cause": None})])[0]["cause"] == "unknown"


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\n", "\r", "\x00=", " ="])
def test_no_cell_is_a_formula(start):
    name = f"{start}HYPERLINK(1)"
    (row,) = rows([outcome(name, finding={"sentence": name})])
    for cell in (row["submission"], row["sentence"]):
        assert not re.match(r"\s*[=+\-@\t\r\n]", cell), f"a spreadsheet would compute {cell!r}"
        assert cell.endswith("HYPERLINK(1)"), "nothing of it is lost"


class Page(HTMLParser):
    """Tags and text of a page; ``faults`` are tags that do not match."""

    def __init__(self, html):
        super().__init__()
        self.stack, self.faults, self.tags, self.ids = [], [], [], []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))
        self.ids += [value for name, value in attributes if name == "id"]
        if tag != "meta":
            self.stack.append(tag)

    def handle_endtag(self, tag):
        if not self.stack or self.stack.pop() != tag:
            self.faults.append(tag)


def test_the_page_is_whole_and_every_link_leads_somewhere():
    read = Page(
        page([outcome("ada.py"), outcome("a da.py", "right"), outcome("a\xad.py", "cannot run")])
    )
    assert not read.faults and not read.stack, "a tag is not closed"
    links = [attributes["href"] for tag, attributes in read.tags if tag == "a"]
    assert links and {link[1:] for link in links} <= set(read.ids), "a link leads nowhere"
    assert len(set(read.ids)) == len(read.ids), "two things share a name"
    assert len([each for each in read.ids if each.startswith("s-")]) == 3, "a place for each"


def test_nothing_of_a_submission_becomes_html():
    bad = "<script>alert(1)</script><img src=x onerror=alert(1)>\"'"
    texts = outcome(bad, output=bad, printed=60, finding=dict.fromkeys(("title", "sentence"), bad))
    both = [texts, outcome(bad + "2", "cannot run", finding={"title": bad, "hints": [bad] * 3})]
    read = Page(page(both, {"Files": bad}))
    tags = {tag for tag, _ in read.tags}
    assert "img" not in tags, "a name or an output was taken for HTML"
    assert [tag for tag, _ in read.tags].count("script") == 1, "the page's own, and no other"
    handlers = [name for _, attributes in read.tags for name in attributes if name[:2] == "on"]
    assert not handlers, "an attribute of a submission's text is alive"


def test_the_page_needs_no_other_host_and_runs_no_other_program():
    html = page([outcome()])
    assert not re.search(r"https?:|//|@import|url\(|<script |<link", html), "something is loaded"
    assert "default-src 'none'" in html, "and nothing could be"
    script = re.search(r"<script>(.*?)</script>", html, re.DOTALL)[1]
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in html, "the page's own script is the only one allowed"


def test_the_page_follows_the_theme_and_the_screen():
    html = page([outcome()])
    assert "prefers-color-scheme: dark" in html and "width=device-width" in html


def test_the_page_says_what_was_run_and_how_often():
    outcomes = [outcome(), outcome("bea.py", "right"), outcome("cem.py", "cannot run")]
    html = page(outcomes, {"Files": "*.py in week3"})
    assert "<dt>Files</dt><dd>*.py in week3</dd>" in html
    for status in ("right", "wrong", "cannot run"):
        assert f"<b>1</b> {status}" in html, f"the number of {status} is missing"
    assert "1 of 3" in html and "width:33.3%" in html, "how often, as number and as bar"
    assert "not a security sandbox" in html, "nobody may think otherwise"


def test_the_page_has_every_text_in_full_and_what_was_printed():
    html = page([outcome(output="the end", printed=10_000)])
    assert "<pre>three</pre>" in html, "the message at the most direct level"
    assert "The end of what it printed (10,000 bytes):" in html and "the end</pre>" in html
    assert "It printed (7 bytes):" in page([outcome(output="the end", printed=7)])


def test_the_report_is_two_files(tmp_path):
    outcomes = [outcome("gül.py"), outcome("bea.py", "right")]
    table, page = classroom.write_report(tmp_path / "new" / "week.3", outcomes, {"Files": "all"})
    assert (table.name, page.name) == ("week.3.csv", "week.3.html"), "a point in the name stays"
    assert table.read_bytes().startswith(b"\xef\xbb\xbfsubmission,"), "Excel needs the mark"
    assert "gül.py" in table.read_text(encoding="utf-8-sig")
    assert "<dt>Files</dt>" in page.read_text(encoding="utf-8")


@posix
def test_names_that_are_no_text_are_written(tmp_path):
    path = os.path.join(os.fsencode(tmp_path), b"\xff\n\x1b[2J.py")  # noqa: PTH118
    with open(path, "w") as stream:  # noqa: PTH123
        stream.write(RIGHT)
    outcomes = run(tmp_path, find(tmp_path), PATIENT)
    assert outcomes[0].status == "right", "a strange name is no mistake"
    assert "\ufffd\n\ufffd[2J.py" in report.as_csv(outcomes).encode("utf-8").decode()
    assert page(outcomes).encode("utf-8"), "UTF-8 can write it"


def test_printable_text_steers_nothing():
    assert printable("a\x1b[1m\u202eb\u2066\x00é中\n\tΔ") == "a�[1m�b��é中\n\tΔ"


def test_work_that_is_borrowed_is_no_answer(tmp_path):
    inside_bp = """
import bpcourse as bp

def backprop(weights, biases, x, y):
    net = bp.Network.from_arrays(weights, biases, ["sigmoid"] * len(weights))
    grad = bp.backprop(net, net.forward(x), y, "quadratic")
    return list(grad.w.values()), list(grad.b.values())
"""
    write(tmp_path, "ada", "import bpcourse\n" + RIGHT)
    write(tmp_path, "bob", inside_bp)
    write(tmp_path, "eve", RIGHT.replace("1 / (1 + np.exp(-z))", "bp.sigmoid(z)").replace(
        "import numpy as np", "import numpy as np\nimport bpcourse as bp"))  # fmt: skip
    found = {each.name: each for each in run(tmp_path, find(tmp_path), PATIENT)}
    assert found["ada.py"].status == "right" and not found["ada.py"].notes, "imported, not used"
    verify(found["bob.py"], "wrong", "asked", "calls bpcourse.backprop. Where")
    assert found["eve.py"].status == "right", "the sigmoid is no part of the exercise"
    assert "uses bpcourse.activations" in found["eve.py"].notes[0], "but the teacher is told"
    (free,) = run(tmp_path, ["bob.py"], replace(PATIENT, allow=("bpcourse",)))
    assert free.status == "right", "a teacher may allow it"


def test_files_that_are_no_submissions_are_listed(tmp_path):
    write(tmp_path, "ada", RIGHT)
    for name in ("bea.zip", "notes.txt", ".hidden"):
        (tmp_path / name).write_text("")
    assert left_out(tmp_path, find(tmp_path)) == ["bea.zip", "notes.txt"]


FORMS = {
    "by_name": "def backprop(x, y, weights, biases):\n    return _core(weights, biases, x, y)\n",
    "the_cost_first": "def backprop(weights, biases, x, y):\n"
    "    grad_w, grad_b = _core(weights, biases, x, y)\n    return 0.5, grad_w, grad_b\n",
    "biases_first": "def backprop(weights, biases, x, y):\n"
    "    grad_w, grad_b = _core(weights, biases, x, y)\n    return grad_b, grad_w\n",
    "dictionary": "def backprop(params, X, Y):\n"
    "    w, b = _core([params['W1'], params['W2']], [params['b1'], params['b2']], X, Y)\n"
    "    return {'dW1': w[0], 'dW2': w[1], 'db1': b[0], 'db2': b[1]}\n",
}


@pytest.mark.parametrize("name", FORMS)
def test_a_program_of_another_form_is_not_accused(tmp_path, name):
    write(tmp_path, name, RIGHT.replace("def backprop(", "def _core(") + "\n\n" + FORMS[name])
    (found,) = run(tmp_path, [f"{name}.py"], replace(PATIENT, seed=3))
    assert found.status == "right", found.texts[2]
