"""How the text of a submission becomes functions: as an import would, or statement by statement."""

import ast
import contextlib
import re
import signal

# What is run of a notebook: what gives a name to something. A loop in a check cell, a plot, a call
# of the check itself are no part of an answer.
_NAMES = (
    ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom,
    ast.Assign, ast.AnnAssign, ast.AugAssign, ast.Try,
)  # fmt: skip
_SECONDS = 2.0  # of processor time for one statement
_MAGIC = re.compile(r"^\s*([%!?]|[\w.\[\]]+\?{1,2}\s*$)")


def as_module(module, units):
    """Run all of a file, and return what stopped it: a list, at most one failure."""
    for name, text in units:
        try:
            exec(compile(text, name, "exec", dont_inherit=True), vars(module))
        except BaseException as error:  # sys.exit, too
            return [{"error": error, "names": []}]
    return []


def by_statement(module, units):
    """Run what gives names, each statement alone, and return a failure for each that fails."""
    failures = []
    for name, text in units:
        try:
            statements = parse(text, name).body
        except (SyntaxError, ValueError, MemoryError, RecursionError) as error:
            failures.append({"error": error, "names": re.findall(r"(?:def|class)\s+(\w+)", text)})
            continue
        for statement in statements:
            if isinstance(statement, _NAMES):
                failures += _one(module, statement, name)
    return failures


def parse(text, name):
    """Return the syntax tree of a cell, without IPython's magics if it has any."""
    if text.lstrip().startswith("%%"):
        return ast.Module([], [])
    try:
        return ast.parse(text, name)
    except SyntaxError:
        lines = ["" if _MAGIC.match(line) else line for line in text.split("\n")]
        if lines == text.split("\n"):
            raise
        return ast.parse("\n".join(lines), name)


def _one(module, statement, name):
    code = compile(ast.Module([statement], []), name, "exec", dont_inherit=True)
    try:
        with _limited():
            exec(code, vars(module))
    except BaseException as error:
        return [{"error": error, "names": sorted(_given(statement))}]
    return []


def _given(statement):
    """Return the names that a statement would have given."""
    if isinstance(statement, ast.Import | ast.ImportFrom):
        return {(each.asname or each.name).partition(".")[0] for each in statement.names}
    if hasattr(statement, "name"):
        return {statement.name}
    nodes = ast.walk(statement)
    return {n.id for n in nodes if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}


@contextlib.contextmanager
def _limited():
    """End what takes too long, where the system can do so."""
    if not hasattr(signal, "setitimer"):
        yield
        return

    def stop(*_):
        raise TimeoutError(f"it takes more than {_SECONDS:g} s and was passed over")

    before = signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, _SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)
