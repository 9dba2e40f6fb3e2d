"""Run a program of one's own in a process of its own, and return what is found."""

import asyncio
import contextlib
import json
import linecache
import os
import re
import secrets
import signal
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

from bpcourse.diagnosis.diagnose import diagnose
from bpcourse.exercises.check import check
from bpcourse.terminal import process, program

# The package is found where this one was, whatever lies in the working directory.
_START = """
import sys
root = sys.argv.pop()
sys.path.insert(0, root)
from bpcourse.terminal import program
sys.path.remove(root)
program.main()
"""
_ROOT = str(Path(__file__).parents[2])

# One thread per process; figures are drawn to nowhere; the same run gives the same result.
_ENVIRONMENT = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "VECLIB_MAXIMUM_THREADS": "1",
    "MPLBACKEND": "Agg",
    "PYTHONHASHSEED": "0",
    "PYTHONIOENCODING": "utf-8",
}


@dataclass(frozen=True)
class Task:
    """What is asked of every submission, and what it may use.

    Attributes
    ----------
    function : str or None
        The name of the function; None for ``backprop``, or the only function of the file.
    step : str or None
        A step of :func:`~bpcourse.exercises.check`; None for the whole of backpropagation.
    options : dict
        Keywords of :func:`bpcourse.diagnose`, as names and numbers: ``{"cost": "cross_entropy"}``.
    form : dict or None
        How the program is to be called, by names in its file: ``forward``, ``step`` (a learning
        rate), ``weights``, ``biases``, ``call`` and ``gradients`` of a class; or ``vars``.
    seconds : float
        The time limit, including the start of Python.
    memory : int
        The limit of memory in bytes; 0 for none. Windows and macOS know no such limit.
    """

    function: str | None = None
    step: str | None = None
    options: dict | None = None
    form: dict | None = None
    seconds: float = 10.0
    memory: int = 1024**3

    def verify(self):
        """Refuse wrong options before anything runs.

        Raises
        ------
        ValueError, TypeError
            What :func:`bpcourse.diagnose` and :func:`~bpcourse.exercises.check` raise; or an
            option that can't be sent to another process.
        """
        json.dumps(self.options)
        if self.seconds <= 0:
            raise ValueError(f"the time limit is {self.seconds:g} s, want more than 0")
        if self.step:
            check(self.step, _nothing)
        else:
            diagnose(_nothing, **(self.options or {}))


@dataclass(frozen=True)
class Outcome:
    """What came of one program.

    Attributes
    ----------
    name : str
        The file, as seen from the directory of the class.
    diagnosis : dict
        As from :meth:`Diagnosis.to_dict`.
    texts : tuple of three str
        The message at each level of hints.
    seconds : float
        How long it ran.
    output : str
        The end of what it printed.
    printed : int
        How many bytes it printed.
    """

    name: str
    diagnosis: dict
    texts: tuple[str, str, str]
    seconds: float = 0.0
    output: str = ""
    printed: int = 0

    @property
    def status(self):
        """One of "right", "wrong" and "cannot run"."""
        return self.diagnosis["status"]

    @property
    def findings(self):
        """What is wrong, as dictionaries."""
        return self.diagnosis["findings"]

    @property
    def notes(self):
        """What a reader of the verdict must know."""
        return self.diagnosis.get("notes", ())

    @property
    def hint(self):
        """What to tell this student first."""
        return self.findings[0]["hints"][0] if self.findings else ""


def examine(path, task, *, name=None, directory=None):
    """Judge one submission in a process of its own.

    Parameters
    ----------
    path : path
    task : Task
    name : str, optional
        What to call it; by default the path as given.
    directory : path, optional
        Where it runs; by default here.

    Returns
    -------
    Outcome

    Examples
    --------
    >>> outcome = examine("no_such_file.py", Task())
    >>> outcome.status, outcome.findings[0]["title"]
    ('cannot run', "the file can't be read")
    """
    return _await(_examine(Path(path), task, name or str(path), directory))


def _nothing(*_):
    """Stand for a submission when options are tried."""


def _await(coroutine):
    """Run a coroutine, also where an event loop runs already, as in a notebook."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(coroutine)
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, coroutine).result()


async def _examine(path, task, name, directory):
    nonce = secrets.token_hex()  # an answer without it is none
    request = {
        "nonce": nonce,
        "path": str(path.absolute()),
        "function": task.function,
        "step": task.step,
        "options": task.options,
        "form": task.form,
        "seconds": task.seconds,
        "memory": task.memory,
        "started": time.time(),
    }
    environment = {**os.environ, **_ENVIRONMENT}
    if directory:
        environment |= dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(directory))
    ended = await process.run(
        [sys.executable, "-P", "-u", "-B", "-c", _START, _ROOT],
        json.dumps(request).encode(),
        seconds=task.seconds,
        directory=directory,
        environment=environment,
    )
    return _outcome(ended, nonce, path, task, name)


def _outcome(ended, nonce, path, task, name):
    """Return what a process answered, or why it did not."""
    reply = None if ended.late else _answer(ended.answer, nonce)
    if reply:
        outcome = Outcome(name, reply["diagnosis"], tuple(reply["texts"]))
    else:
        outcome = _failure(name, task.function, _reason(ended, task, str(path.absolute())))
    output = ended.output.decode("utf-8", "replace")
    return replace(outcome, seconds=ended.seconds, output=output, printed=ended.printed)


def _answer(sent, nonce):
    """Return the answer of a process, or None if it is missing or broken."""
    for line in sent.splitlines():
        if nonce.encode() in line:
            with contextlib.suppress(ValueError):  # cut off, or mixed with something else
                return json.loads(line)
    return None


def _failure(name, function, finding):
    reply = program.failure(function or Path(name).name, finding)
    return Outcome(name, reply["diagnosis"], tuple(reply["texts"]))


def _reason(ended, task, path):
    """Return the finding for a process that gave no answer."""
    line = _last_line(ended.answer.decode("utf-8", "replace"), path)
    if ended.late:
        return _late(task.seconds, line)
    if ended.code is not None and ended.code < 0:
        return _crashed(_signal_name(-ended.code), line)
    return _broken() if ended.answer else _ended(ended.code)


def _late(seconds, line):
    return program.obstacle(
        "timeout",
        f"no answer within {seconds:g} s",
        f"It was stopped after {seconds:g} s{line}.",
        "Is there a loop whose condition never changes, or one that waits for something?",
        "Print what the condition of the loop depends on, every time around.",
    )


def _crashed(name, line):
    return program.obstacle(
        "signal",
        f"crashed ({name})",
        f"The process was ended by the signal {name}{line}.",
        "Python itself does not crash. Is there C code (ctypes), os.abort or os.kill? SIGKILL may "
        "stand for a lack of memory, SIGXCPU for one of processor time.",
        "Remove it: the function needs NumPy alone.",
    )


def _broken():
    return program.obstacle(
        "broken",
        "its answer is broken",
        "Something wrote into the channel over which the answer comes back.",
        "What writes into files that it did not open (os.write)?",
        "Remove it: the function returns its result, and print does no harm.",
    )


def _ended(code):
    return program.obstacle(
        "exit",
        f"ended the process (exit status {code})",
        f"The process ended itself with exit status {code} before there was a result.",
        "Is there an os._exit, or something that closes files that it did not open?",
        "Remove it: the function returns its result.",
    )


def _not_started(error):
    return program.obstacle(
        "not_started",
        "could not be started",
        f"The submission could not be started: {type(error).__name__}: {error}.",
        "Is there room in memory and on the disk? Is the number of processes limited?",
        "Run it again, with fewer --jobs.",
    )


def _signal_name(number):
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"number {number}"


def _last_line(dump, path):
    """Return where the submission was when it was ended, from the traceback it left."""
    found = re.search(rf'File "{re.escape(path)}", line (\d+)', dump)
    if not found:
        return ""
    code = linecache.getline(path, int(found[1])).strip()[:80]
    return f", in line {found[1]}{f' ({code})' if code else ''}"
