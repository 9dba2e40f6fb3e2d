"""A process that judges submissions one after the other, and the pool of them.

It reads what to judge as lines of JSON from its standard input, and writes its answers as lines of
JSON. It never runs a line of a submission: for that it has a nursery
(:mod:`bpcourse.classroom.nursery`).
"""

import contextlib
import json
import os
import queue
import signal
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import asdict
from pathlib import Path

from bpcourse.classroom import files, isolation, judging, process
from bpcourse.exercises import own
from bpcourse.submission import obstacles
from bpcourse.submission.outcome import failure
from bpcourse.submission.task import Task

# Prints where matplotlib keeps its list of fonts, which takes seconds to make.
_FONTS = """
import glob, shutil, sys, matplotlib, matplotlib.font_manager
for path in glob.glob(matplotlib.get_cachedir() + "/fontlist*"):
    shutil.copy(path, sys.argv[1])
"""
_DRAWING = ("matplotlib", "pyplot", "seaborn")
_PREFIX = "bpcourse-class-"


def main():
    """Judge until there is nothing more to judge."""
    isolation.end_with_parent(signal.SIGTERM)
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    orders = json.loads(sys.stdin.readline())
    for path in orders["exercises"]:
        own.read(path)
    tasks = [Task(**each) for each in orders["tasks"]]
    bench = Bench(tasks, orders["folder"])
    signal.signal(signal.SIGTERM, lambda *_: bench.leave())
    for line in sys.stdin:
        answers = bench.judge(json.loads(line))
        out.write(json.dumps(answers) + "\n")
        out.flush()
    bench.close()


class Bench:
    """Judges submissions in this process; each runs in one that a warm nursery forks.

    Parameters
    ----------
    tasks : list of Task
    folder : path
        Where each submission gets a folder of its own.
    """

    def __init__(self, tasks, folder):
        self._tasks, self._folder = tasks, str(folder)
        self._closed, self._nursery = process.is_closed(tasks), None
        self._fonts, self._has_fonts = Path(folder, f"fonts-{os.getpid()}"), False
        with contextlib.suppress(OSError):
            self._fonts.mkdir()
        if process.CAN_FORK:
            self._nursery = process.Nursery(closed=self._closed, fonts=self._fonts)

    def judge(self, source):
        """Return the answers of one submission, which runs in an empty directory of its own."""
        folder = None
        try:
            self._find_fonts(source)
            folder = tempfile.mkdtemp(dir=self._folder)
            return judging.judge(_placed(source, folder), self._tasks, self._starter(folder))
        except Exception as error:  # no room on the disk: this row, not the whole class
            finding = obstacles.not_started(error)
            return [failure(t.function or source["file"], finding) for t in self._tasks]
        finally:
            if folder:
                files.remove(folder)

    def _find_fonts(self, source):
        """Make matplotlib's list of fonts, once, if a submission may need it."""
        texts = [text for _, text in source["units"]]
        if not self._has_fonts and any(each in text for text in texts for each in _DRAWING):
            self._has_fonts = True
            command = [sys.executable, "-c", _FONTS, str(self._fonts)]
            with contextlib.suppress(OSError, subprocess.SubprocessError):
                subprocess.run(command, capture_output=True, timeout=60, check=False)

    def _starter(self, folder):
        limits = {"seconds": sum(2 * task.seconds + 2 for task in self._tasks)}
        limits["memory"] = memory_of(self._tasks)
        if self._nursery is None:
            return lambda: process.start_alone(folder, closed=self._closed, **limits)
        return lambda: self._nursery.child(folder, **limits)

    def close(self):
        """End the nursery."""
        if self._nursery is not None:
            self._nursery.close()

    def leave(self):
        """End this process and all below it, and leave no folder behind."""
        for _ in range(2):  # some may have been started meanwhile
            for pid in isolation.children(os.getpid()):
                with contextlib.suppress(OSError):
                    os.kill(pid, signal.SIGKILL)
        files.remove(self._folder)
        os._exit(1)


def _placed(source, folder):
    """Return a submission as if its text lay in a folder."""
    place = lambda name: os.path.join(folder, name)  # noqa: E731, PTH118
    units = [[place(name), text] for name, text in source["units"]]
    return {**source, "path": place(source["path"]), "units": units}


class Pool:
    """So many judging processes as there are jobs; each takes the next submission when it is free.

    Parameters
    ----------
    tasks : list of Task
    jobs : int
    exercises : list of path
        Files of exercises of one's own.
    """

    def __init__(self, tasks, jobs, exercises=()):
        self._tasks = tasks
        paths = [str(Path(each).absolute()) for each in exercises]
        self._orders = {"tasks": [asdict(each) for each in tasks], "exercises": paths}
        self._jobs, self._running, self._over = jobs, set(), False

    def run(self, sources):
        """Yield (place, answers) as soon as a submission is judged, in any order.

        What could not be started, because another one had filled the disk or the table of
        processes, is tried once more when all others are done.
        """
        later = []
        try:
            self._orders["folder"] = tempfile.mkdtemp(prefix=_PREFIX)
        except OSError as error:
            yield from self._none_started(sources, error)
            return
        try:
            for place, answers in self._pass(list(enumerate(sources))):
                if _was_started(answers):
                    yield place, answers
                else:
                    later.append((place, sources[place]))
            yield from self._pass(later)
        finally:
            files.remove(self._orders["folder"])

    def _none_started(self, sources, error):
        finding = obstacles.not_started(error)
        for place, source in enumerate(sources):
            yield place, [failure(t.function or source["file"], finding) for t in self._tasks]

    def _pass(self, numbered):
        """Yield what comes of some submissions; judges start with it, and end with it."""
        waiting, done = queue.SimpleQueue(), queue.SimpleQueue()
        for each in numbered:
            waiting.put(each)
        threads = [
            threading.Thread(target=self._work, args=(waiting, done), daemon=True)
            for _ in range(min(self._jobs, len(numbered)))
        ]
        for thread in threads:
            thread.start()
        try:
            for _ in numbered:
                yield done.get()
        except BaseException:
            self._end()
            raise
        finally:
            for thread in threads:
                thread.join(5)

    def _work(self, waiting, done):
        judge = None
        while not self._over:
            try:
                place, source = waiting.get_nowait()
            except queue.Empty:
                break
            judge = judge or self._start()
            answers = self._ask(judge, source)
            if answers is None:
                self._stop(judge)
                judge = None
                finding = obstacles.fault(RuntimeError("the process that judges has ended"))
                answers = [failure(source["file"], finding) for _ in self._tasks]
            done.put((place, answers))
        if judge is not None:
            self._stop(judge)

    def _start(self):
        judge = subprocess.Popen(
            process.python("bench.main()", module="bench"),
            env=process.environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C is for the one who asked
        )
        self._running.add(judge)
        self._send(judge, self._orders)
        return judge

    @staticmethod
    def _send(judge, order):
        with contextlib.suppress(OSError):  # it has ended, and will not answer
            judge.stdin.write(json.dumps(order).encode() + b"\n")
            judge.stdin.flush()

    def _ask(self, judge, source):
        self._send(judge, source)
        line = judge.stdout.readline()
        return json.loads(line) if line.endswith(b"\n") else None

    def _stop(self, judge):
        for stream in (judge.stdin, judge.stdout):
            with contextlib.suppress(OSError):
                stream.close()
        try:
            judge.wait(2)
        except subprocess.TimeoutExpired:
            judge.kill()
            judge.wait()
        self._running.discard(judge)

    def _end(self):
        """End all judging processes; their children end with them."""
        self._over, running = True, list(self._running)
        for judge in running:
            judge.terminate()
        until = time.monotonic() + 2
        for judge in running:
            with contextlib.suppress(subprocess.TimeoutExpired):
                judge.wait(max(0, until - time.monotonic()))
            judge.kill()


def memory_of(tasks):
    """Return the limit of the one process that is asked all questions: the largest, 0 for none."""
    limits = [task.memory for task in tasks]
    return max(limits) if all(limits) else 0


def _was_started(answers):
    causes = [f["cause"] for each in answers for f in each["diagnosis"]["findings"]]
    return "not_started" not in causes


def jobs():
    """Return how many submissions to judge at a time: the processors that this process may use."""
    try:
        number = len(os.sched_getaffinity(0))
    except AttributeError:
        number = os.cpu_count() or 1
    return max(1, min(number, _quota()))


def _quota():
    """Return the processors that a container grants."""
    try:
        quota, period = Path("/sys/fs/cgroup/cpu.max").read_text(encoding="ascii").split()
        return max(1, int(quota) // int(period))
    except (OSError, ValueError):
        return os.cpu_count() or 1
