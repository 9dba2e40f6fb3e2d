"""What tries to get a "right" it has not earned, or to take others down with it."""

import subprocess
import sys
import tempfile
import time

import numpy as np
import pytest
from hostile import BORROWED, FORGED, HONEST
from submissions import DAEMON, MISTAKES, RIGHT, inside, mistake, outside, write

from bpcourse.classroom import (
    bench,
    files,
    find,
    judging,
    process,
    reading,
    run,
    run_all,
    sources,
    wire,
)
from bpcourse.submission.task import Task

pytestmark = pytest.mark.skipif(not process.CAN_FORK, reason="processes are forked on Linux alone")


@pytest.fixture(scope="module")
def forged(tmp_path_factory):
    """Return what comes of every submission of FORGED, by name, with two honest ones between."""
    folder = tmp_path_factory.mktemp("forged")
    for name, (source, *_) in FORGED.items():
        write(folder, name, source)
    for name in ("aaa_honest", "zzz_honest"):
        write(folder, name, RIGHT)
    for name, source in HONEST.items():
        write(folder, name, source)
    scratch = tmp_path_factory.mktemp("scratch")
    with pytest.MonkeyPatch.context() as here:
        here.setattr(tempfile, "tempdir", str(scratch))
        outcomes = run(folder, find(folder), Task(seconds=1, seed=11), jobs=2)
    assert not list(scratch.iterdir()), "a folder is left behind"
    return {each.name.removesuffix(".py"): each for each in outcomes}


@pytest.mark.parametrize("name", HONEST)
def test_what_only_looks_like_a_trick_is_right(forged, name):
    assert forged[name].status == "right", f"{name}: {forged[name].texts[2]}"


@pytest.mark.parametrize("name", FORGED)
def test_no_forgery_is_right_and_the_reason_is_said(forged, name):
    _, statuses, said = FORGED[name]
    found = forged[name]
    assert found.status in statuses, f"{name} is {found.status}: {found.texts[2]}"
    reason = found.title + found.sentence
    assert said in reason and found.findings[0]["sentence"], f"the reason is missing: {reason}"
    assert "bpcourse itself failed" not in found.texts[0], (
        "a reply that makes no sense is a finding"
    )


def test_the_honest_between_them_are_right(forged):
    assert forged["aaa_honest"].status == forged["zzz_honest"].status == "right"
    assert len(forged) == len(FORGED) + len(HONEST) + 2, "a submission is lost"


def test_verdicts_do_not_depend_on_what_is_drawn(tmp_path):
    wanted = {"right": None}
    write(tmp_path, "right", RIGHT)
    for name, (_, _, (_, cause)) in MISTAKES.items():
        write(tmp_path, name, mistake(name))
        wanted[name] = cause
    tasks = [Task(seconds=60, seed=seed) for seed in range(8)]
    handed_in = sources.submissions(tmp_path, find(tmp_path))
    for each, outcomes in zip(handed_in, run_all(handed_in, tasks, jobs=2), strict=True):
        causes = [found.findings[0]["cause"] if found.findings else None for found in outcomes]
        assert set(causes) == {wanted[each.student.id]}, f"{each.name}: {causes}"


def test_every_question_sees_what_is_borrowed(tmp_path):
    write(tmp_path, "ada", BORROWED + "backprop = borrowed\n")
    handed_in = sources.submissions(tmp_path, find(tmp_path))
    tasks = [
        Task(step="bp1", seconds=60),
        Task(seconds=60, seed=1),
        Task(seconds=60, seed=2, replace_steps=True),
        Task(seconds=60, seed=3, allow=("torch",)),
    ]
    (outcomes,) = run_all(handed_in, tasks)
    causes = [found.findings[0]["cause"] for found in outcomes[1:]]
    assert causes == ["asked"] * 3, "the second question is answered as the first one"
    allowed = [Task(seconds=60, seed=1), Task(seconds=60, seed=2, allow=("bpcourse",))]
    (outcomes,) = run_all(handed_in, allowed)
    assert [found.status for found in outcomes] == ["wrong", "right"], "what is allowed is there"
    assert outcomes[0].title == "computed by another program", outcomes[0].title


@pytest.mark.parametrize(
    "name",
    ["lazy_list", "profile_replaced", "called_once_before", "in_a_thread", "floods_the_notices"],
)
def test_where_the_course_is_there_what_is_borrowed_is_noticed(tmp_path, name):
    """A question that allows some of the course opens it: then the watch alone sees the rest."""
    write(tmp_path, "ada", FORGED[name][0])
    (found,) = run(tmp_path, ["ada.py"], Task(seconds=60, seed=1, allow=("bpcourse.validation",)))
    assert found.findings[0]["cause"] in ("borrowed", "out_of_sight"), found.texts[0]


def test_memory_counts_for_all_processes_together(tmp_path):
    code = (
        "import os, time\nfor _ in range(4):\n    if os.fork() == 0:\n"
        "        keep = bytearray(b'x') * (100 * 1024**2)\n        time.sleep(30)\n"
        "        os._exit(0)\ntime.sleep(30)"
    )
    write(tmp_path, "ada", inside(code))
    task = Task(seconds=60, memory=300 * 1024**2)
    (found,) = run(tmp_path, ["ada.py"], task)
    assert found.title == "needs too much memory", "four times 100 MB are more than 300 MB"


def test_any_folder_can_be_removed(tmp_path):
    folder = tmp_path / "all"
    folder.mkdir()
    dig = "for _ in range(1500):\n    os.mkdir('d')\n    os.chdir('d')\nos.chmod('.', 0)"
    subprocess.run([sys.executable, "-c", f"import os\n{dig}"], cwd=folder, check=True)
    (folder / "link").symlink_to(tmp_path)
    (folder / "file").write_text("")
    files.remove(folder)
    assert not folder.exists() and tmp_path.exists(), "deep, without permissions, with a link"


def test_what_could_not_be_started_is_tried_once_more(monkeypatch):
    asked = []

    def one_pass(self, numbered):
        asked.append([place for place, _ in numbered])
        for place, _ in numbered:
            cause = "not_started" if len(asked) == 1 and place == 1 else "timeout"
            yield place, [{"diagnosis": {"findings": [{"cause": cause}]}}]

    monkeypatch.setattr(bench.Pool, "_pass", one_pass)
    came = list(bench.Pool([Task()], 1).run(["a", "b", "c"]))
    assert asked == [[0, 1, 2], [1]] and [place for place, _ in came] == [0, 2, 1]


def test_a_folder_can_be_left_out_of_what_is_readable(tmp_path):
    hidden = tmp_path / "a" / "bpcourse"
    hidden.mkdir(parents=True)
    (tmp_path / "a" / "numpy").mkdir()
    (tmp_path / "back").symlink_to(tmp_path)
    found = dict(process.isolation._without(tmp_path, {hidden}))
    listed, read = process.isolation.LIST, process.isolation.READ
    wanted = {tmp_path: listed, tmp_path / "a": listed, tmp_path / "a" / "numpy": read}
    assert found == {str(path): right for path, right in wanted.items()}


def in_nursery(folder, source, *, apart, task):
    """Judge a source in a process of a nursery, and return the answer."""
    nursery = process.Nursery()
    try:
        placed = bench._placed(reading.read("x.py", source.encode()), str(folder))
        start = lambda: nursery.child(folder, seconds=60, memory=2**30, apart=apart)  # noqa: E731
        (answer,) = judging.judge(placed, [task], start)
    finally:
        nursery.close()
    return answer


@pytest.mark.parametrize("apart", [True, False])
def test_nothing_of_a_submission_outlives_it(tmp_path, apart):
    trace = tmp_path / "trace"
    code = DAEMON.format(trace=str(trace)).replace("time.sleep(20)", "time.sleep(1.5)")
    answer = in_nursery(tmp_path, outside(code), apart=apart, task=Task(seconds=30))
    assert answer["diagnosis"]["status"] == "right", "the first process gave its answer"
    time.sleep(2)
    assert not trace.exists(), "a child in a session of its own is still alive"


def test_where_nothing_can_be_forked_a_process_is_started(tmp_path, monkeypatch):
    monkeypatch.setattr(process, "CAN_FORK", False)
    judge, source = (
        bench.Bench([Task(seed=3, seconds=60)], tmp_path),
        reading.read("x.py", RIGHT.encode()),
    )
    (answer,) = judge.judge(source)
    judge.close()
    assert answer["diagnosis"]["status"] == "right" and answer["isolated"] == []


def test_no_secret_of_the_teacher_is_in_the_environment(tmp_path, monkeypatch):
    monkeypatch.setenv("GRADEBOOK_TOKEN", "42")
    write(tmp_path, "ada", outside("import os\nprint('GRADEBOOK_TOKEN' in os.environ)"))
    (found,) = run(tmp_path, ["ada.py"], Task(seconds=60))
    assert found.output == "False\n"


def test_a_nursery_that_was_killed_is_replaced(tmp_path):
    nursery = process.Nursery()
    nursery._process.kill()
    nursery._process.wait()
    child = nursery.child(tmp_path, seconds=10, memory=2**30)
    assert child.ask({"do": "replace", "names": {}}, seconds=10) == {}, "the class goes on"
    child.close()
    nursery.close()


def test_the_process_that_judges_ends_with_the_one_that_asked(tmp_path):
    write(tmp_path, "endless", "while True: pass")
    command = [sys.executable, "-m", "bpcourse", "class", str(tmp_path), "--timeout", "60"]
    asked = subprocess.Popen(
        [*command, "--out", str(tmp_path / "r")],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    until, ours = time.time() + 60, set()
    while len(ours) < 4 and time.time() < until:
        ours |= set(process.isolation.children(asked.pid))
        time.sleep(0.05)
    asked.kill()
    asked.wait()
    time.sleep(1)
    left = [pid for pid in ours if _runs(pid)]
    assert not left, "a judge, a nursery or a submission is left over"


def _runs(pid):
    try:
        return process.isolation._stat(pid)[0] != "Z"
    except OSError:
        return False


def test_files_of_others_can_be_neither_read_nor_written(tmp_path):
    secret, target = tmp_path / "secret.txt", tmp_path / "written.txt"
    secret.write_text("42")
    code = (
        f"for do in (lambda: open({str(secret)!r}).read(), lambda: open({str(target)!r}, 'w')):\n"
        "    try:\n        do()\n        print('done')\n"
        "    except OSError as error:\n        print(type(error).__name__)"
    )
    write(tmp_path, "ada", outside(code))
    (found,) = run(tmp_path, ["ada.py"], Task(seconds=60))
    if "files" not in found.isolated:
        pytest.skip("this system has no Landlock, and the report says so")
    assert found.output == "PermissionError\nPermissionError\n" and not target.exists()


def test_the_network_cannot_be_reached(tmp_path):
    code = "import socket\ntry:\n    socket.create_connection(('127.0.0.1', 9), 1)\n"
    code += "except OSError as error:\n    print(type(error).__name__)"
    write(tmp_path, "ada", outside(code))
    (found,) = run(tmp_path, ["ada.py"], Task(seconds=60))
    if "network" not in found.isolated:
        pytest.skip("this system gives no network of its own, and the report says so")
    assert found.output.strip() in ("PermissionError", "OSError"), "a connection was tried"


# The messages


@pytest.mark.parametrize(
    "value",
    [
        None,
        [1, 2.5, "a", True, (None, {"k": [1]})],
        {"w": [np.eye(2), np.zeros((0, 3))], "x": np.float32(0.5)},
        np.array([1 + 2j]),
        np.arange(4, dtype=">i4").astype("<i4"),
        float("inf"),
    ],
)
def test_what_is_sent_arrives(value):
    came = wire.unpack(wire.pack(value))
    assert repr(came) == repr(value), "a value has changed on the way"


def test_what_is_shared_stays_shared():
    one = [np.ones(2)]
    came = wire.unpack(wire.pack((one, one)))
    assert came[0] is came[1], "that both lists are the same one is a finding"
    one.append(one)
    came = wire.unpack(wire.pack(one))
    assert type(came[1]).__name__ == "value that holds itself", "it would be expanded without end"
    halves = [1.0]
    for _ in range(30):
        halves = [halves, halves]
    came = wire.unpack(wire.pack(halves))
    assert len(np.ravel(np.array(came[0], object))) <= 2, "what expands to 2^30 numbers is cut"


def test_anything_else_is_only_a_name():
    class Model:
        __array__ = None

        def __reduce__(self):
            raise AssertionError("it is never pickled")

    assert type(wire.unpack(wire.pack(Model()))).__name__ == "Model"
    assert type(wire.unpack(wire.pack(open))).__name__ in ("function", "builtin_function_or_method")
    assert wire.unpack(wire.pack(np.array([{}, 1], object))).tolist()[1] == 1
    assert type(wire.unpack(wire.pack([np.str_("a"), 1])[:])[0]).__name__ == "str_"
    table = np.array([[1, None], [2, 3]], object)
    came = wire.unpack(wire.pack([np.float64(1), table, table]))
    assert came[1] is came[2] and came[1].shape == (2, 2), "a reference finds the same array"


@pytest.mark.parametrize("seed", range(200))
def test_no_bytes_do_more_than_be_refused(seed):
    rng = np.random.default_rng(seed)
    message = bytearray(wire.pack({"a": [np.eye(3), "text"], "b": (1, 2)}))
    for place in rng.integers(0, len(message), 4):
        message[place] = rng.integers(0, 256)
    try:
        wire.unpack(bytes(message))
    except wire.Broken as error:
        assert str(error), "it says what is wrong"


def test_too_much_is_not_sent():
    large = wire.unpack(wire.pack([np.zeros(10**7)]))
    assert "80,000,000 bytes" in type(large[0]).__name__
    deep = []
    for _ in range(1000):
        deep = [deep]
    depth, came = 0, wire.unpack(wire.pack(deep))
    while type(came) is list and came:
        depth, came = depth + 1, came[0]
    assert depth < 100 and type(came).__name__ == "value that is too large", "it is cut"
