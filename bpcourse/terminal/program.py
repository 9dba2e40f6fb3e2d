"""One function of one file, judged inside a process of its own.

``main`` is what runs in that process. It reads a request from the standard input, loads the file,
lets ``diagnose`` or ``check`` judge the function, and answers on the standard output, which the
file never gets to see: its prints go to the standard error.

This is not a security sandbox: the file runs with all the rights of whoever runs it.
"""

import builtins
import contextlib
import faulthandler
import inspect
import json
import linecache
import math
import os
import sys
import time
import traceback
import types
import warnings
from dataclasses import replace
from pathlib import Path

import numpy as np

from bpcourse.diagnosis.diagnose import diagnose
from bpcourse.diagnosis.forms import Form
from bpcourse.diagnosis.from_object import from_object
from bpcourse.diagnosis.scripts import (
    FILES,
    formed,
    forward_of,
    likely,
    of_values,
    pick_values,
    read_values,
)
from bpcourse.diagnosis.trouble import Trouble
from bpcourse.diagnosis.values import values
from bpcourse.exercises.check import check
from bpcourse.submission import obstacles
from bpcourse.submission.outcome import answer, failure
from bpcourse.submission.program import decoded, limit

_AT_THE_END = (
    "These are the values that the script ends with. The gradients must belong to these weights: "
    "if the script takes a step after them, take that line out, or let it run for one step."
)
_MODULE = "submission"  # never the file's own name: it could be called numpy.py
_LONG = 1_000  # characters of a message or a line, which can have millions
_FILE_LIMIT = 64 * 1024**2  # bytes in one file that a submission writes
_NOTICE = 0.25  # seconds before the time limit at which the running line is written down


def main():
    """Answer one request, and end the process whatever the submission left running."""
    request = json.loads(sys.stdin.buffer.read())
    channel = _answer_channel()
    process = os.getpid()
    _set_limits(request, channel)
    reply = {"nonce": request["nonce"], **_reply(request)}
    if os.getpid() == process:  # a child that the function forked comes here, too
        with os.fdopen(channel, "wb") as stream:
            stream.write(b"\n" + json.dumps(reply).encode() + b"\n")
    os._exit(0)


def judge(path, function, *, step=None, options=None, form=None):
    """Load a function from a file and return its diagnosis.

    Parameters
    ----------
    path : str
    function : str or None
        Its name; None for ``backprop``, or the name of the step, or the only function of the file.
    step : str or None
        The step to check; None for the whole of backpropagation.
    options : dict or None
        Keywords of :func:`bpcourse.diagnose`.
    form : dict or None
        How the program is to be called: see :class:`~bpcourse.submission.task.Task`.

    Returns
    -------
    Diagnosis

    Raises
    ------
    Trouble
        There is no such function.
    """
    house, form, options = _House(), form or {}, options or {}
    if Path(path).suffix.lower() in FILES:
        found = values(**read_values(path), **of_values(options))
        return replace(found, subject=Path(path).name)
    if form.get("vars"):
        held = pick_values(run_file(path, house), form["vars"])
        found = replace(values(**held, **of_values(options)), subject=Path(path).name)
        return found if found.ok else replace(found, notes=(*found.notes, _AT_THE_END))
    found = load(path, function, preferred=step or "backprop", house=house)
    with house.kept():
        program = found if step else formed(found, vars(sys.modules[_MODULE]), form)
    guarded = _guarded(program, house)
    ahead = None if step else forward_of(vars(sys.modules[_MODULE]), form)
    result = check(step, guarded) if step else diagnose(guarded, forward=ahead, **options)
    notes = (*_borrowed(found, path), *house.notes())
    return replace(result, notes=(*notes, *result.notes))


def _guarded(program, house):
    """Return a function, or the function of a form, with the house put in order after calls."""
    if isinstance(program, Form):
        return replace(program, function=_Guarded(program.function, house))
    return _Guarded(program, house) if inspect.isfunction(program) else program


def _borrowed(function, path):
    """Return notes on work that is perhaps not the learner's own."""
    notes = []
    where = getattr(getattr(function, "__code__", None), "co_filename", path)
    an_adapter = Path(where).is_relative_to(Path(__file__).parents[1])
    if where != path and not an_adapter:
        notes.append(f"The function comes from {Path(where).name}, not from this file.")
    names = getattr(sys.modules.get(_MODULE), "__dict__", {}).values()
    homes = (getattr(each, "__module__", None) or getattr(each, "__name__", "") for each in names)
    used = {str(home) for home in homes if str(home).split(".")[0] == "bpcourse"}
    if used - {"bpcourse.diagnosis"}:
        notes.append("The file uses bpcourse: see what for.")
    return notes


def load(path, name, *, preferred, house):
    """Return a function of a file, which runs as an import would run it.

    Parameters
    ----------
    path : str
    name : str or None
        None for the function called ``preferred``, or else the only function.
    preferred : str
    house : _House

    Returns
    -------
    callable

    Raises
    ------
    Trouble
        The file can't be read or run, or has no such function.
    """
    return _pick(run_file(path, house), Path(path).name, name, preferred)


def run_file(path, house):
    """Run a file as an import would, and return its names.

    Raises
    ------
    Trouble
        The file can't be read or run.
    """
    module = types.ModuleType(_MODULE)
    module.__file__ = path
    code = _compiled(path)
    sys.modules[_MODULE] = module
    sys.path.append(str(Path(path).parent))  # at the end: a file there can't stand in for NumPy
    sys.argv = [path]
    try:
        with house.kept():
            exec(code, vars(module))
    except BaseException as error:  # sys.exit, too
        raise Trouble(_fails(path, error)) from error
    return vars(module)


class _Both:
    """Two places to print to."""

    def __init__(self, *streams):
        self._streams = streams

    def write(self, text):
        for stream in self._streams:
            stream.write(text)
        return len(text)

    def flush(self):
        for stream in self._streams:
            stream.flush()


class _House:
    """The names and settings of NumPy and of this package, put back if a submission changes them.

    Students' files replace names by accident (``np.dot = my_dot``) and set NumPy to raise; the
    judge must go on with the originals.
    """

    def __init__(self):
        own = [m for n, m in sys.modules.items() if n.split(".")[0] in ("numpy", "bpcourse")]
        modules = [m for m in (*own, builtins, json, math) if isinstance(m, types.ModuleType)]
        self._known = [(module, dict(vars(module))) for module in modules]
        self._stdout = sys.stdout
        self._replaced = set()

    @contextlib.contextmanager
    def kept(self, heard=None):
        """Undo at the end what the code inside did to names and settings.

        What it prints goes to the standard output, and to ``heard``.
        """
        with (
            np.errstate(),
            np.printoptions(),
            warnings.catch_warnings(),
            contextlib.redirect_stdout(_Both(self._stdout, heard) if heard else self._stdout),
        ):
            try:
                yield
            finally:
                self._put_back()

    def notes(self):
        """Return what a reader of the diagnosis must know."""
        if not self._replaced:
            return ()
        names = ", ".join(sorted(self._replaced)[:5])
        return (f"the file replaces {names}; it was judged with the original.",)

    def _put_back(self):
        for module, names in self._known:
            now = vars(module)
            changed = [name for name, value in names.items() if now.get(name) is not value]
            for name in changed:
                now[name] = names[name]
                self._replaced.add(f"{module.__name__}.{name}")


class _Guarded:
    """A submission's function, with the house put in order after every call."""

    def __init__(self, function, house):
        self.__name__ = function.__name__
        self.__doc__ = function.__doc__
        self.__code__ = function.__code__  # the messages name the line in the function's own file
        self.__wrapped__ = function
        self._house = house

    def __call__(self, *arguments, **options):
        with self._house.kept(sys.stdout):
            try:
                return self.__wrapped__(*arguments, **options)
            except Exception as error:
                _make_readable(error)
                raise


def _make_readable(error):
    """Cut the message of an exception to a length that can be read, and give MemoryError one."""
    if isinstance(error, MemoryError) and not error.args:
        error.args = ("no memory is left within the limit",)
    with contextlib.suppress(Exception):  # an exception whose own __str__ fails
        said = str(error)
        if len(said) > _LONG:
            error.args = (f"{said[:_LONG]} ...",)


def _answer_channel():
    """Return a private copy of the standard output.

    From here on prints go to the standard error.
    """
    channel = os.dup(1)
    os.dup2(2, 1)
    return channel


def _set_limits(request, channel):
    """Limit memory, processor time and the size of files.

    The line that runs when the process crashes, or just before its time is up, goes to the channel.
    """
    faulthandler.enable(channel)
    remaining = request["started"] + request["seconds"] - _NOTICE - time.time()
    if remaining > 0:
        faulthandler.dump_traceback_later(remaining, file=channel)
    processor = 2 * math.ceil(request["seconds"]) + 2  # ends what has left the process group
    limit(seconds=processor, memory=request["memory"], file_size=_FILE_LIMIT)


def _reply(request):
    path, function = request["path"], request["function"]
    try:
        asked = {key: request[key] for key in ("step", "options", "form")}
        return answer(judge(path, function, **asked))
    except Trouble as error:
        finding = error.finding
    except BaseException as error:  # Ctrl-C in the function, or a fault of this package
        finding = _fault(path, error)
    return failure(function or Path(path).name, finding)


def _compiled(path):
    """Return the code of a file."""
    try:
        if Path(path).exists() and not Path(path).is_file():  # a pipe would be waited for
            raise OSError("it is no plain file")
        source = Path(path).read_bytes()
    except OSError as error:
        reason = error.strerror or error
        raise Trouble(obstacles.unreadable(Path(path).name, reason)) from error
    try:
        lines = decoded(source)
        shown = [line[:_LONG] for line in lines.splitlines(keepends=True)]
        linecache.cache[path] = (len(source), None, shown, path)
        return compile(lines, path, "exec", dont_inherit=True)
    except (SyntaxError, ValueError, MemoryError, RecursionError) as error:
        raise Trouble(_no_python(error, source)) from error


def _no_python(error, source):
    """Return the finding for a file that isn't Python, with the line."""
    line = getattr(error, "lineno", None)
    if isinstance(error, UnicodeDecodeError):
        line = source.count(b"\n", 0, error.start) + 1
        said = f"byte 0x{source[error.start]:02x} is not {error.encoding}"
    else:
        said = getattr(error, "msg", None) or str(error) or type(error).__name__
    where = f" in line {line}" if line else ""
    return obstacles.no_python(said, where, getattr(error, "text", None) or "")


def _fails(path, error, when="when it is loaded"):
    """Return the finding for what a file raised, with the line."""
    own = [f for f in traceback.extract_tb(error.__traceback__) if f.filename == path]
    where, text = (f" in line {own[-1].lineno}", own[-1].line) if own else ("", "")
    return obstacles.fails(type(error).__name__, str(error)[:_LONG], where, text, when)


def _fault(path, error):
    """Return the finding for what came through the judge: Ctrl-C, or a fault of this package."""
    if any(f.filename == path for f in traceback.extract_tb(error.__traceback__)):
        return _fails(path, error, "when it is called")
    return obstacles.fault(error)


def _pick(names, file, name, preferred):
    """Return the function with a name, or the only one."""
    own = [n for n, f in names.items() if inspect.isfunction(f) and f.__module__ == _MODULE]
    if name is None:
        name = likely(names, own, preferred, _MODULE)
    if callable(names.get(name)):
        return names[name]
    kind, _, method = name.partition(".")
    if inspect.isclass(names.get(kind)) and hasattr(names[kind], method):
        return from_object(names[kind], call=method)
    kind = type(names[name]).__name__ if name in names else ""
    classes = [n for n, c in names.items() if inspect.isclass(c) and hasattr(c, name)]
    defined = [n for n, c in names.items() if inspect.isclass(c) and c.__module__ == _MODULE]
    answer = {"missing": name, "own": own, "kind": kind, "classes": classes}
    answer["defined"] = defined
    raise Trouble(obstacles.missing(file, answer, at_home=True))
