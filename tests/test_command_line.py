"""The commands, as a student and a teacher type them."""

import csv
import inspect
import io
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import chdir, redirect_stderr, redirect_stdout
from functools import partial
from pathlib import Path

import pytest
from hostile import FORGED
from submissions import MISTAKES, RIGHT, ROWS, TEN, mistake, outside, write

from bpcourse import __main__ as commands
from bpcourse.classroom.commands import size as size_of
from bpcourse.diagnosis.diagnose import diagnose

posix = pytest.mark.skipif(os.name == "nt", reason="Windows has no such thing")
# The guard of a class of a hundred, on two cores; all else takes seconds.
GUARD = 120


def type_in(*arguments, **environment):
    """Run a command and return what came of it."""
    return subprocess.run(
        [sys.executable, "-m", "bpcourse", *map(str, arguments)],
        capture_output=True,
        encoding="utf-8",
        timeout=GUARD,
        env={**os.environ, "PYTHONIOENCODING": "utf-8", **environment},
        check=False,
    )


def call(*arguments, cwd="."):
    """Run a command without starting Python for it; the submission has its own process."""
    streams = [io.TextIOWrapper(io.BytesIO(), encoding="utf-8") for _ in range(2)]
    with redirect_stdout(streams[0]), redirect_stderr(streams[1]), chdir(cwd):
        code = commands.main([*map(str, arguments)])
    said = [stream.detach().getvalue().decode("utf-8") for stream in flushed(streams)]
    return subprocess.CompletedProcess(arguments, code, *said)


def flushed(streams):
    for stream in streams:
        stream.flush()
        yield stream


def table(path):
    with Path(path).open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream))


# diagnose


def test_right_is_0(tmp_path):
    result = type_in("diagnose", write(tmp_path, "right", RIGHT))
    assert result.returncode == 0, "0 says to a script that it is right"
    assert result.stdout.startswith("backprop is right.") and not result.stderr


def test_wrong_is_1_and_the_first_hint_gives_nothing_away(tmp_path):
    path = write(tmp_path, "wrong", mistake("prime_forgotten"))
    result = call("diagnose", f"{path}:backprop")
    assert result.returncode == 1, "1 says to a script that it is wrong"
    assert "BP2" in result.stdout and "Hint 1:" in result.stdout
    assert "\nMore: --hint 2\n" in result.stdout, "the next hint is an option here"
    assert "Hint 2:" not in result.stdout and "is missing" not in result.stdout


@pytest.mark.parametrize("level", [2, 3])
def test_more_hints(tmp_path, level):
    path = write(tmp_path, "wrong", mistake("prime_forgotten"))
    text = call("diagnose", path, "--hint", level).stdout
    assert f"Hint {level}:" in text and f"Hint {level + 1}:" not in text
    assert ("is missing" in text) == (level == 3), "the third hint names the cause"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("binary", "byte 0xe9 is not utf-8 in line 1"),
        ("exits", "ended itself with exit status 0"),
        ("quits", "raises SystemExit (bye) when it is loaded, in line 1"),
        ("reads", "EOFError"),
    ],
)
def test_cannot_run_is_2_and_says_why(tmp_path, name, said):
    result = call("diagnose", write(tmp_path, name, TEN[name][0]))
    assert result.returncode == 2, "2 says that there was nothing to judge"
    assert said in " ".join(result.stdout.split()), "the reason is missing"
    assert "Traceback" not in result.stdout + result.stderr, "a learner can't read our lines"


def test_no_file_is_2():
    result = type_in("diagnose", "gone.py:backprop")
    assert result.returncode == 2
    assert "gone.py can't be read: No such file" in " ".join(result.stdout.split())


def test_a_syntax_error_has_its_line(tmp_path):
    result = call("diagnose", write(tmp_path, "typo", "x = 1\ndef backprop(w)\n    pass\n"))
    assert result.returncode == 2
    assert "expected ':' in line 2: def backprop(w)" in " ".join(result.stdout.split())


def test_a_wrong_name_gets_close_ones_and_all(tmp_path):
    result = call("diagnose", f"{write(tmp_path, 'right', RIGHT)}:back_prop")
    assert result.returncode == 2
    said = " ".join(result.stdout.split())
    assert "no function back_prop. Did you mean backprop?" in said
    assert "functions of the file: sigmoid, sigmoid_prime, backprop." in said


def test_an_exception_has_its_line_and_what_was_printed(tmp_path):
    source = RIGHT.replace("    m = x", "    print('shapes', x.shape)\n    m = x.nothing")
    result = call("diagnose", write(tmp_path, "raises", source))
    assert result.returncode == 2
    said = " ".join(result.stdout.split())
    assert "AttributeError" in said and "in line 18: m = x.nothing" in said
    assert "last lines that it printed:\n  | shapes (4, 7)" in result.stdout


def test_a_timeout_is_2(tmp_path):
    path = write(tmp_path, "endless", TEN["endless"][0])
    result = call("diagnose", path, "--timeout", 5)
    assert result.returncode == 2
    assert "stopped after 5 s, in line" in result.stdout, "it waits no longer than it was told"


def test_the_only_function_needs_no_name(tmp_path):
    result = call("diagnose", write(tmp_path, "one", ROWS.replace("backprop", "mine")), "--json")
    assert json.loads(result.stdout)["subject"] == "mine"
    one = RIGHT.replace("backprop", "mine")
    result = call("diagnose", write(tmp_path, "helper", one))
    assert "mine is right" in result.stdout, "a helper beside it takes no network"
    two = f"{one}\n\n{RIGHT.replace('backprop', 'other')}"
    result = call("diagnose", write(tmp_path, "two", two))
    assert "no function backprop" in result.stdout, "which of several is not guessed"


def test_json_is_json_whatever_is_printed(tmp_path):
    path = write(tmp_path, "prints", outside("print('{')") + "\n\nprint('[', flush=True)\n")
    result = call("diagnose", path, "--json")
    found = json.loads(result.stdout)
    assert (found["status"], found["output"], found["printed_bytes"]) == ("right", "{\n[\n", 4)


def test_json_has_the_diagnosis(tmp_path):
    path = write(tmp_path, "wrong", mistake("sign"))
    text = call("diagnose", path, "--json", "--hint", 2).stdout
    found = json.loads(text, parse_constant=pytest.fail)  # NaN is not JSON
    first = found["findings"][0]
    assert (found["file"], found["equation"], found["cause"]) == (str(path), "bp1", "sign")
    assert found["hint"] == first["hints"][1], "the hint of the level that was asked for"


def test_every_keyword_of_diagnose_is_an_option():
    options = commands._parser().parse_args(["diagnose", "file.py"])
    keywords = set(inspect.signature(diagnose).parameters) - {"function", "rng", "forward"}
    network = commands._network(options)
    assert set(network) == keywords, "an option is missing"
    for name, value in network.items():
        default = inspect.signature(diagnose).parameters[name].default
        assert value == default, f"{name} has another default at the terminal"


def test_every_option_arrives():
    line = "diagnose f.py --activation tanh --output softmax --cost log_likelihood --layout rows"
    line += " --order b,w --reduction sum --weight-decay 0.5 --training-size 50 --one-example"
    more = ["--no-biases", "--labels", "integers", "--sizes", "4,6,3"]
    options = commands._parser().parse_args([*line.split(), *more])
    assert commands._network(options) == {
        "activation": "tanh",
        "output": "softmax",
        "cost": "log_likelihood",
        "layout": "rows",
        "order": "b,w",
        "reduction": "sum",
        "weight_decay": 0.5,
        "training_size": 50,
        "sizes": [4, 6, 3],
        "batch": False,
        "biases": False,
        "labels": "integers",
    }


@pytest.mark.parametrize(
    ("source", "options"),
    [
        (ROWS, ["--layout", "rows"]),
        (RIGHT.replace("grad_w, grad_b\n", "[*grad_b], [*grad_w]\n"), ["--order", "b,w"]),
        (RIGHT.replace("m = x.shape[1]", "m = 1"), ["--one-example"]),
        (RIGHT.replace("m = x.shape[1]", "m = 1"), ["--reduction", "sum"]),
        (RIGHT.replace(".T / m", ".T / m + 0.1 * weights[l] / 50"), ["--weight-decay", "0.1"]),
    ],
)
def test_options_say_what_the_function_is_meant_to_be(tmp_path, source, options):
    path = write(tmp_path, "other", source)
    size = ["--training-size", 50] if "--weight-decay" in options else []
    assert call("diagnose", path, *options, *size).returncode == 0
    assert call("diagnose", path).returncode != 0, "without the option it is another function"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--cost", "cubic"], "unknown cost 'cubic'; known: quadratic"),
        (["--sizes", "4,x"], "--sizes"),
        (["--sizes", "4"], "want two widths or more"),
        (["--hint", "4"], "invalid choice: 4"),
        (["--timeout", "0"], "want more than 0"),
        (["--memory", "much"], "'much' is no size"),
    ],
)
def test_a_wrong_option_is_2_and_says_what_is_wanted(options, said, capsys):
    with pytest.raises(SystemExit) as error:
        commands.main(["diagnose", "right.py", *options])
    assert error.value.code == 2, "2 says that nothing was judged"
    assert said in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "path", "name"),
    [
        ("f.py", "f.py", None),
        ("f.py:backprop", "f.py", "backprop"),
        ("C:\\work\\f.py", "C:\\work\\f.py", None),
        ("C:\\work\\f.py:backprop", "C:\\work\\f.py", "backprop"),
        ("week:3/f.py", "week:3/f.py", None),
    ],
)
def test_the_colon_before_the_function(text, path, name):
    assert commands._target(text) == (path, name)


@pytest.mark.parametrize(
    ("text", "size"),
    [("512M", 2**29), ("1G", 2**30), ("1.5 GiB", 3 * 2**29), ("0", 0), ("8k", 8192)],
)
def test_sizes_of_memory(text, size):
    assert size_of(text) == size


def test_a_terminal_without_greek_letters(tmp_path):
    path = write(tmp_path, "greek", "def backprop(w, b, x, y):\n    raise ValueError('σ′')\n")
    result = type_in("diagnose", path, PYTHONIOENCODING="ascii")
    assert result.returncode == 2 and "ValueError: \\u03c3" in result.stdout


def test_a_terminal_is_not_steered(tmp_path):
    path = write(tmp_path, "steers", "print('\\x1b[2J')\nraise ValueError('\\x1b]0;owned\\x07')")
    assert "\x1b" not in call("diagnose", path).stdout, "an escape sequence reaches the terminal"


def test_the_file_runs_where_it_is_called(tmp_path):
    (tmp_path / "data.txt").write_text("42", encoding="utf-8")
    write(tmp_path, "right", outside("assert open('data.txt').read() == '42'"))
    assert call("diagnose", "right.py", cwd=tmp_path).returncode == 0, "its data lie here"


# check


def test_check_has_the_same_exit_states(tmp_path):
    right = "def bp3(delta):\n    return delta.mean(axis=1, keepdims=True)\n"
    assert call("check", "bp3", write(tmp_path, "right", right)).returncode == 0
    wrong = call("check", "bp3", f"{write(tmp_path, 'wrong', right.replace('mean', 'sum'))}:bp3")
    assert wrong.returncode == 1 and "Hint 1:" in wrong.stdout
    starter = "def bp3(delta):\n    raise NotImplementedError\n"
    missing = call("check", "bp3", write(tmp_path, "starter", starter))
    assert missing.returncode == 2 and "not written yet" in missing.stdout


def test_check_of_an_unknown_step_lists_the_steps(tmp_path):
    result = type_in("check", "bp17", write(tmp_path, "right", RIGHT))
    assert result.returncode == 2 and "bp17" in result.stderr and "bp2" in result.stderr


# class


def a_class(folder):
    """Write a small class and return the names of its files."""
    write(folder, "ada", RIGHT)
    write(folder, "bea", mistake("sign"))
    write(folder, "cem", mistake("sign"))
    write(folder, "dan", mistake("sum_for_mean"))
    write(folder, "eva", "import os; os._exit(7)")
    return ["ada.py", "bea.py", "cem.py", "dan.py", "eva.py"]


def test_the_class_gets_a_report(tmp_path):
    names = a_class(tmp_path)
    out = tmp_path / "new" / "week.3"
    result = type_in("class", tmp_path, "--out", out)
    assert result.returncode == 0, "0: all have run, right or wrong"
    assert [row["submission"] for row in table(f"{out}.csv")] == names
    statuses = [row["status"] for row in table(f"{out}.csv")]
    assert statuses == ["right", "wrong", "wrong", "wrong", "cannot run"]
    html = Path(f"{out}.html").read_text(encoding="utf-8")
    assert all(f">{name}</span>" in html for name in names)
    assert "<b>3</b> wrong" in html and "2 of 5" in html
    assert "cost quadratic, order w,b" in html, "the head says how they were judged"
    assert "10 s, memory 1,024 MiB" in html, "and with which limits"


def test_the_class_shows_progress_and_a_summary(tmp_path):
    names = a_class(tmp_path)
    result = type_in("class", tmp_path, "--out", tmp_path / "report", "--jobs", 1)
    lines = result.stderr.splitlines()
    assert [line.split(":")[0] for line in lines] == [
        f"[{k}/5] {name}" for k, name in enumerate(names, 1)
    ], "one line for each as soon as it is there"
    assert "1 right, 3 wrong, 1 cannot run" in result.stdout
    frequent, rare = (result.stdout.index(text) for text in ("    2  BP1", "    1  BP4"))
    assert frequent < rare, "the most frequent mistake comes first"
    assert "    1  ended the process (exit status 7)" in result.stdout
    assert "not a security sandbox" in result.stdout


def test_the_class_can_check_a_step(tmp_path):
    write(tmp_path, "ada", "def bp3(delta):\n    return delta.mean(axis=1, keepdims=True)\n")
    write(tmp_path, "bea", "def bp3(delta):\n    return delta.sum(axis=1, keepdims=True)\n")
    type_in("class", tmp_path, "--step", "bp3", "--out", tmp_path / "r")
    assert [row["status"] for row in table(tmp_path / "r.csv")] == ["right", "wrong"]
    assert "the step bp3" in (tmp_path / "r.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["gone"], "gone is no directory"),
        (["empty"], "pass the pattern '*/backprop.py'"),
        ([".", "--jobs", "0"], "--jobs is 0, want 1 or more"),
        ([".", "--cost", "cubic"], "unknown cost 'cubic'"),
        ([".", "--out", "ada.py/report"], "the report can't be written"),
    ],
)
def test_wrong_usage_of_class_is_2(tmp_path, monkeypatch, capsys, arguments, said):
    monkeypatch.chdir(tmp_path)
    Path("empty").mkdir()
    write(tmp_path, "ada", RIGHT)
    with pytest.raises(SystemExit) as error:
        commands.main(["class", *arguments])
    assert error.value.code == 2, "2 says that nothing was judged"
    assert said in capsys.readouterr().err
    assert not list(tmp_path.glob("report.*")), "no report of a class that did not run"


def test_the_help_says_that_it_is_no_sandbox_and_what_is():
    text = type_in("class", "--help").stdout
    assert "NOT a security sandbox" in text and "--network none" in text


@pytest.mark.parametrize("command", ["diagnose", "check", "class"])
def test_every_help_has_an_example(command, capsys):
    with pytest.raises(SystemExit) as error:
        commands.main([command, "--help"])
    assert error.value.code == 0
    assert f"python -m bpcourse {command} " in capsys.readouterr().out


def test_without_a_command_the_usage_is_shown():
    result = type_in()
    assert result.returncode == 2 and "diagnose | check | class" in result.stderr


@posix
@pytest.mark.parametrize(("number", "code"), [("SIGINT", 130), ("SIGTERM", 143), ("SIGHUP", 129)])
def test_a_signal_keeps_what_has_run(tmp_path, tmp_path_factory, number, code):
    scratch = tmp_path_factory.mktemp("scratch")
    write(tmp_path, "ada", RIGHT)
    write(tmp_path, "bea", "while True: pass")
    write(tmp_path, "cem", RIGHT)
    command = [sys.executable, "-m", "bpcourse", "class", str(tmp_path), "--timeout", "100"]
    process = subprocess.Popen(
        [*command, "--jobs", "1", "--out", str(tmp_path / "r")],
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
        env={**os.environ, "TMPDIR": str(scratch)},
        # A shell that starts a program in the background lets it ignore Ctrl-C, nohup that the
        # terminal is closed, and ours with it.
        preexec_fn=partial(signal.signal, getattr(signal, number), signal.SIG_DFL),
    )
    with process:
        assert "ada.py: right" in process.stderr.readline()
        time.sleep(0.5)
        for _ in range(6):  # whoever is impatient gets the report as well
            process.send_signal(getattr(signal, number))
            time.sleep(0.05)
        rest = process.stderr.read()
    assert process.returncode == code and "Traceback" not in rest, "128 and the signal's number"
    rows = [(row["submission"], row["cause"]) for row in table(tmp_path / "r.csv")]
    assert rows == [("ada.py", ""), ("bea.py", "not_run"), ("cem.py", "not_run")], "none is lost"
    assert not list(scratch.iterdir()), "a folder of a submission is left behind"


@posix
@pytest.mark.slow
def test_a_hundred_submissions_many_of_them_hostile(tmp_path):
    folder = tmp_path / "submissions"
    folder.mkdir()
    wanted = {}
    for k in range(100 - len(TEN) - len(FORGED)):
        name = list(MISTAKES)[k % len(MISTAKES)]
        is_right = k // len(MISTAKES) % 3 == 0
        write(folder, f"student{k:02}", RIGHT if is_right else mistake(name))
        wanted[f"student{k:02}.py"] = ("right", "") if is_right else ("wrong", MISTAKES[name][2][1])
    for name, (source, status, cause, _) in TEN.items():
        write(folder, name, source)
        wanted[f"{name}.py"] = (status, cause or "")
    for name, (source, *_) in FORGED.items():
        write(folder, f"x_{name}", source)
    result = type_in("class", folder, "--out", tmp_path / "report", "--jobs", 2, "--timeout", 2)
    assert result.returncode == 0, result.stderr
    rows = {row["submission"]: row for row in table(tmp_path / "report.csv")}
    assert len(rows) == 100, "a submission is lost"
    for name, (status, cause) in wanted.items():
        assert (rows[name]["status"], rows[name]["cause"]) == (status, cause), rows[name][
            "sentence"
        ]
    for name, (_, _, _, said) in TEN.items():
        sentence = rows[f"{name}.py"]["sentence"]
        assert said.replace("10 s", "2 s") in sentence, f"{name} is reported for another reason"
    for name, (_, statuses, said) in FORGED.items():
        row = rows[f"x_{name}.py"]
        reason = row["title"] + row["also wrong"] + row["sentence"]
        assert row["status"] in statuses and said in reason, f"{name}: {reason}"


def test_where_one_file_has_no_place_all_of_it_is_written_elsewhere(tmp_path):
    """Each file in the wanted place is the new one or the old one, and the message says so."""
    folder = tmp_path / "submissions"
    folder.mkdir()
    write(folder, "ada", RIGHT)
    task = tmp_path / "week.toml"
    task.write_text('title = "Week"\n[[question]]\nstep = "sigmoid_prime"\npoints = 1\n')
    marks = tmp_path / "marks"
    marks.mkdir()
    (marks / "feedback").write_text("a file where a folder should be")
    result = type_in("class", folder, "--assignment", task, "--out", marks)
    assert result.returncode == 3, result.stderr
    assert "Each file there is the new one, whole, or as it was before." in result.stderr
    rescued = Path(result.stderr.partition("All of it is here instead: ")[2].strip()).parent
    assert (rescued / "marks.csv").exists() and list((rescued / "feedback").glob("*.html"))
    shutil.rmtree(rescued)
