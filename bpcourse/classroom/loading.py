"""How the text of a submission becomes functions: as an import would, or statement by statement."""

import __future__

import ast
import contextlib
import re
import signal
import time

# What is run of a notebook: what gives names, and the loops that fill a table. A call that stands
# alone is no part of an answer: a plot, a training, the check itself.
_RUN = (
    ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom,
    ast.Assign, ast.AnnAssign, ast.AugAssign, ast.Try, ast.For, ast.While, ast.If, ast.With,
)  # fmt: skip
_ONE, _ALL, _LEAST = 0.2, 0.6, 0.02  # shares of the time limit, for one statement and for all
_TICKS = 10  # so often is looked, in the time of a statement, whether it waits
_MAGIC = re.compile(r"^(\s*)(?:[%!?]|[\w.\[\]]+\?{1,2}\s*$|[\w, ]+=\s*[%!])")
_CELL = re.compile(r"\s*%%(\w+)[^\n]*")
_STILL_PYTHON = {"time", "timeit", "capture", "prun"}  # they run the rest of their cell


def as_module(module, units):
    """Run all of a file, and return what stopped it: a list, at most one failure."""
    for name, text in units:
        try:
            exec(compile(text, name, "exec", dont_inherit=True), vars(module))
        except BaseException as error:  # sys.exit, too
            return [{"error": error, "names": []}]
    return []


def lines_of(text):
    """Return the lines of a text as Python counts them: a form feed ends none."""
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")


class NotPython(Exception):  # noqa: N818 - no error: what a cell says of itself
    """Stands for a cell that a magic hands to something else than Python."""


class _TooLong(BaseException):
    """Raised in a statement whose time is up; nothing in a program expects it."""


def by_statement(module, units, seconds):
    """Run each statement alone, and return a failure for each that fails.

    Parameters
    ----------
    module : module
    units : list of (str, str)
        Names and texts of cells.
    seconds : float
        The time limit for all of them.

    Returns
    -------
    list of dict
    """
    failures, left, flags = [], _ALL * seconds, 0
    for name, text in units:
        if magic := other_language(text):
            names = re.findall(r"^(?:def|class)\s+(\w+)", text, re.MULTILINE)
            failures.append({"error": NotPython(f"%%{magic}"), "names": names, "unit": name})
        try:
            statements = parse(text, name).body
        except (SyntaxError, ValueError, MemoryError, RecursionError) as error:
            failures.append({"error": error, "names": re.findall(r"(?:def|class)\s+(\w+)", text)})
            continue
        for statement in statements:
            flags |= _future(statement)
            if _runs(module, statement):
                limit = max(min(_ONE * seconds, left), _LEAST * seconds)
                begin = time.process_time()
                failed, waited = _one(module, statement, name, limit, flags)
                failures += failed
                left -= time.process_time() - begin + waited
    return failures


def other_language(text):
    """Return the magic that hands a cell to something else than Python: "bash"; or ""."""
    found = _CELL.match(text)
    return found[1] if found and found[1] not in _STILL_PYTHON else ""


def parse(text, name):
    """Return the syntax tree of a cell, without IPython's magics if it has any."""
    if other_language(text):
        return ast.Module([], [])
    if found := _CELL.match(text):
        text = "\n" * found[0].count("\n") + text[found.end() :]
    try:
        return ast.parse(text, name)
    except SyntaxError:
        lines = [_without_magic(line) for line in text.split("\n")]
        if lines == text.split("\n"):
            raise
        return ast.parse("\n".join(lines), name)


def _without_magic(line):
    """Return a line of Python: a magic becomes one that does nothing, in the same place."""
    found = _MAGIC.match(line)
    return f"{found[1]}pass" if found else line


def _runs(module, statement):
    """Say whether a statement belongs to the answers: a call does that fills a table."""
    if isinstance(statement, _RUN):
        return True
    call = statement.value if isinstance(statement, ast.Expr) else None
    if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute)):
        return False
    table = vars(module).get(getattr(call.func.value, "id", None))
    return isinstance(table, dict | list | set)


def _future(statement):
    """Return the flags of a ``from __future__ import``, which hold for all that follows."""
    if not (isinstance(statement, ast.ImportFrom) and statement.module == "__future__"):
        return 0
    names = [getattr(__future__, each.name, None) for each in statement.names]
    return sum({each.compiler_flag for each in names if each is not None})


def _one(module, statement, name, seconds, flags=0):
    """Run a statement; return its failure, if it fails, and the seconds that it waited."""
    waited = []
    code = compile(ast.Module([statement], []), name, "exec", flags=flags, dont_inherit=True)
    try:
        with _limited(seconds) as waited:
            exec(code, vars(module))
    except _TooLong:
        error = TimeoutError(f"it takes more than {seconds:g} s, and was passed over")
        return [{"error": error, "names": sorted(_given(statement))}], sum(waited)
    except BaseException as error:
        return [{"error": error, "names": sorted(_given(statement))}], sum(waited)
    return [], sum(waited)


def _given(statement):
    """Return the names that a statement would have given."""
    if isinstance(statement, ast.Import | ast.ImportFrom):
        return {(each.asname or each.name).partition(".")[0] for each in statement.names}
    if hasattr(statement, "name"):
        return {statement.name}
    nodes = ast.walk(statement)
    return {n.id for n in nodes if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}


@contextlib.contextmanager
def _limited(seconds):
    """End what takes too long, where the system can do so: working, or waiting.

    What is given is a list with an entry for every tick spent waiting. A process that a busy
    machine lets stand still gets the ticks that it has missed as a single one.
    """
    waited, tick, seen = [], seconds / _TICKS, time.process_time()
    if not hasattr(signal, "setitimer"):
        yield waited
        return

    def stop(*_):
        raise _TooLong

    def look(*_):
        nonlocal seen
        before, seen = seen, time.process_time()
        if seen - before < tick / 10:
            waited.append(tick)
        if len(waited) > _TICKS:
            raise _TooLong

    timers = (
        (signal.SIGVTALRM, signal.ITIMER_VIRTUAL, stop, seconds, 0.1),  # again, for who catches it
        (signal.SIGALRM, signal.ITIMER_REAL, look, tick, tick),
    )
    before = [signal.signal(number, handler) for number, _, handler, *_ in timers]
    for _, timer, _, *times in timers:
        signal.setitimer(timer, *times)
    try:
        yield waited
    finally:
        for (number, timer, *_), handler in zip(timers, before, strict=True):
            signal.setitimer(timer, 0)
            signal.signal(number, handler)
