"""Find the submissions, run each in a process of its own, and write the report."""

import asyncio
import contextlib
import json
import linecache
import os
import re
import secrets
import signal
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

from bpcourse.classroom import process, report, submission
from bpcourse.diagnosis.diagnose import diagnose
from bpcourse.exercises.check import check

_EQUATIONS = {"forward": "forward pass", "bp1": "BP1", "bp2": "BP2", "bp3": "BP3", "bp4": "BP4"}

# The package is found where this one was, whatever lies in the working directory.
_START = """
import sys
root = sys.argv.pop()
sys.path.insert(0, root)
from bpcourse.classroom import submission
sys.path.remove(root)
submission.main()
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
    """What came of one submission.

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
    def title(self):
        """What is wrong, in a few words: "BP2: sigma' is missing"; empty if nothing is."""
        titles = (_title(each["equation"], each["title"]) for each in self.findings)
        return "; ".join(dict.fromkeys(titles))

    @property
    def hint(self):
        """What to tell this student first."""
        return self.findings[0]["hints"][0] if self.findings else ""


@dataclass(frozen=True)
class Misconception:
    """A mistake, and who makes it.

    Attributes
    ----------
    title : str
        The mistake in a few words: "BP2: sigma' is missing".
    sentence : str
        The mistake in a sentence, as one of the submissions was told it.
    hints : list of str
        The one to give first, and more direct ones.
    names : list of str
        The submissions.
    """

    title: str
    sentence: str
    hints: list
    names: list


def find(directory, pattern="*.py"):
    """Return the submissions of a class, in the order of their names.

    Parameters
    ----------
    directory : path
    pattern : str
        ``*.py`` for one file per student; ``*/backprop.py`` for one directory per student. Then a
        directory without such a file is returned as the file that should be there: nobody is lost.
        Names that begin with a point or with two underscores are passed over.

    Returns
    -------
    list of str
        Relative to the directory.

    Raises
    ------
    ValueError
        It is no directory, or holds nothing that fits.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     for name in ("bea.py", "ada.py", "notes.txt"):
    ...         _ = (Path(folder) / name).write_text("")
    ...     find(folder)
    ['ada.py', 'bea.py']
    """
    root = Path(directory)
    if not root.is_dir():
        raise ValueError(f"{directory} is no directory, want the one that holds the submissions")
    paths = [path.relative_to(root) for path in root.glob(pattern)]
    found = {path.as_posix() for path in paths if not _is_hidden(path)}
    first, _, rest = pattern.partition("/")
    if found and rest and "**" not in pattern:
        folders = [p.name for p in root.glob(first) if p.is_dir() and not _is_hidden(Path(p.name))]
        found |= {f"{f}/{rest}" for f in folders if not any(n.startswith(f"{f}/") for n in found)}
    if not found:
        raise ValueError(
            f"no file in {directory} fits the pattern {pattern!r}; for one directory per student "
            "pass the pattern '*/backprop.py', with the name of the file"
        )
    return sorted(found)


def left_out(directory, names):
    """Return the files of a class's directory that are no submissions, in order.

    Parameters
    ----------
    directory : path
    names : list of str
        From :func:`find`.

    Returns
    -------
    list of str
        Relative to the directory; notebooks, archives, files that the pattern does not fit.
    """
    root = Path(directory)
    files = (path.relative_to(root) for path in root.rglob("*") if path.is_file())
    return sorted({path.as_posix() for path in files if not _is_hidden(path)} - set(names))


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
    >>> outcome.status, outcome.title
    ('cannot run', "the file can't be read")
    """
    return _await(_examine(Path(path), task, name or str(path), directory))


def run(directory, names, task, *, jobs=None, progress=None):
    """Judge all submissions, each in a process and a temporary directory of its own.

    Parameters
    ----------
    directory : path
    names : list of str
        From :func:`find`.
    task : Task
    jobs : int, optional
        How many at a time; by default one per processor.
    progress : callable, optional
        Called with each Outcome as soon as it is there.

    Returns
    -------
    list of Outcome
        One for each name, in the order of the names.
    """
    return _await(_run(Path(directory), names, task, jobs or os.cpu_count() or 1, progress))


def misconceptions(outcomes, status="wrong"):
    """Return what a class gets wrong, the most frequent mistake first.

    Parameters
    ----------
    outcomes : list of Outcome
    status : {"wrong", "cannot run"}
        Which submissions to look at.

    Returns
    -------
    list of Misconception
        A submission with two mistakes counts for both.
    """
    found = {}
    for outcome in outcomes:
        for each in outcome.findings if outcome.status == status else ():
            title = _title(each["equation"], each["title"])
            hints = list(dict.fromkeys(each["hints"]))
            new = Misconception(title, each["sentence"], hints, [])
            names = found.setdefault(title, new).names
            if outcome.name not in names:
                names.append(outcome.name)
    return sorted(found.values(), key=lambda each: (-len(each.names), each.title))


def write_report(name, outcomes, facts=None):
    """Write the report on a class: ``name.csv`` for programs and ``name.html`` for people.

    Parameters
    ----------
    name : path
        Without an ending; directories that are missing are made.
    outcomes : list of Outcome
    facts : dict of str to str, optional
        What was run: shown at the head of the page.

    Returns
    -------
    list of Path
        The two files.

    Raises
    ------
    OSError
        They can't be written.
    """
    table, page = paths = [Path(f"{name}.csv"), Path(f"{name}.html")]
    page.parent.mkdir(parents=True, exist_ok=True)
    wrong, failures = misconceptions(outcomes), misconceptions(outcomes, "cannot run")
    # The mark at the beginning tells spreadsheets that it is UTF-8.
    table.write_text(report.as_csv(outcomes), encoding="utf-8-sig", newline="")
    html = report.as_html(outcomes, wrong, failures, facts or {})
    page.write_text(html, encoding="utf-8", newline="\n")
    return paths


def stopped(name):
    """Return the outcome of a submission that was not run."""
    reason = "It was not run: the work was stopped before its turn came."
    finding = submission.obstacle("not_run", "not run", reason, "Run the class again.", reason)
    return _failure(name, None, finding)


def _title(equation, title):
    return f"{_EQUATIONS[equation]}: {title}" if equation in _EQUATIONS else title


def _is_hidden(path):
    """Say whether a file belongs to the system: .git, ._name, __pycache__, __MACOSX."""
    return any(part.startswith((".", "__")) for part in path.parts)


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


async def _run(root, names, task, jobs, progress):
    places = asyncio.Semaphore(jobs)

    async def one(name):
        async with places:
            outcome = await _in_own_directory(root / name, task, name)
        if progress:
            progress(outcome)
        return outcome

    return await asyncio.gather(*(one(name) for name in names))


async def _in_own_directory(path, task, name):
    try:
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as directory:
            return await _examine(path, task, name, directory)
    except Exception as error:  # no process, no room on the disk: this row, not the whole class
        return _failure(name, task.function, _not_started(error))


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
    reply = submission.failure(function or Path(name).name, finding)
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
    return submission.obstacle(
        "timeout",
        f"no answer within {seconds:g} s",
        f"It was stopped after {seconds:g} s{line}.",
        "Is there a loop whose condition never changes, or one that waits for something?",
        "Print what the condition of the loop depends on, every time around.",
    )


def _crashed(name, line):
    return submission.obstacle(
        "signal",
        f"crashed ({name})",
        f"The process was ended by the signal {name}{line}.",
        "Python itself does not crash. Is there C code (ctypes), os.abort or os.kill? SIGKILL may "
        "stand for a lack of memory, SIGXCPU for one of processor time.",
        "Remove it: the function needs NumPy alone.",
    )


def _broken():
    return submission.obstacle(
        "broken",
        "its answer is broken",
        "Something wrote into the channel over which the answer comes back.",
        "What writes into files that it did not open (os.write)?",
        "Remove it: the function returns its result, and print does no harm.",
    )


def _ended(code):
    return submission.obstacle(
        "exit",
        f"ended the process (exit status {code})",
        f"The process ended itself with exit status {code} before there was a result.",
        "Is there an os._exit, or something that closes files that it did not open?",
        "Remove it: the function returns its result.",
    )


def _not_started(error):
    return submission.obstacle(
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
