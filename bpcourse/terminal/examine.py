"""Run a program of one's own in a process of its own, and return what is found."""

import asyncio
import contextlib
import json
import os
import secrets
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from bpcourse.submission import obstacles
from bpcourse.submission.outcome import Outcome, failure
from bpcourse.submission.program import ENVIRONMENT
from bpcourse.submission.task import Task
from bpcourse.terminal import process

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


def examine(
    path: str | Path, task: Task, *, name: str | None = None, directory: str | Path | None = None
) -> Outcome:
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
    >>> from bpcourse.terminal import Task
    >>> outcome = examine("no_such_file.py", Task())
    >>> outcome.status, outcome.findings[0]["title"]
    ('cannot run', "the file can't be read")
    """
    return _await(_examine(Path(path), task, name or str(path), directory))


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
    environment = {**os.environ, **ENVIRONMENT}
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
    reply = failure(function or Path(name).name, finding)
    return Outcome(name, reply["diagnosis"], tuple(reply["texts"]))


def _reason(ended, task, path):
    """Return the finding for a process that gave no answer."""
    line = _last_line(ended.answer.decode("utf-8", "replace"), path)
    if ended.late:
        return obstacles.late(task.seconds, line)
    crashed = ended.code is not None and ended.code < 0
    return obstacles.ended(ended.code, line, bool(ended.answer) and not crashed)


def _last_line(dump, path):
    """Return where the submission was when it was ended, from the traceback it left."""
    with contextlib.suppress(OSError):
        text = Path(path).read_text(encoding="utf-8", errors="replace")
        return obstacles.last_line(dump, [path], [text])
    return ""
