"""Run the code of a page: cells that share their names, and answers to exercises.

Each function returns JSON. What a cell prints, shows and draws goes out while it runs, as a kind
and a text: "text", "html", "math", "svg", "error".
"""

import ast
import builtins
import contextlib
import importlib
import io
import json
import linecache
import os
import pprint
import re
import sys
import time
import traceback
from pathlib import Path

import stand_ins

LONGEST = 100_000  # characters of text from one cell
OFTEN = 0.1  # seconds between two messages with what is printed
ANSWER = "your answer"  # what tracebacks call it
WIDTH = 79  # beyond it a list or dictionary is shown over several lines

names = {}


class Printed(io.TextIOBase):
    """What a cell prints, sent to the page in pieces."""

    def __init__(self, emit):
        self._emit, self._held, self._sent, self._last = emit, [], 0, 0.0

    def write(self, text):
        """Take a text; send what is held if there is much, or some time has passed."""
        room = LONGEST - self._sent
        if room > 0:
            self._held.append(text[:room])
            self._sent += len(text)
            if self._sent > LONGEST:
                self._held.append("\n... more than can be shown here")
        if time.monotonic() - self._last > OFTEN:
            self.flush()
        return len(text)

    def flush(self):
        """Send what is held."""
        if self._held:
            self._emit("text", "".join(self._held))
        self._held, self._last = [], time.monotonic()


@contextlib.contextmanager
def redirected(out):
    """Send there what is printed, warnings too."""
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
        yield


def clean(_=None):
    """Forget all names."""
    names.clear()
    names.update({"__name__": "__main__", "glue": stand_ins.glue})
    return "null"


def prepare(_):
    """Be ready for a page: what every page imports comes now, while the page says so."""
    os.environ["BPCOURSE_BOOK"] = ""  # messages name the pages beside this one
    stand_ins.install()
    importlib.import_module("bpcourse")
    return clean()


def start_figures(_):
    """Give figures the book's style; matplotlib has just come."""
    import matplotlib

    import bpcourse as bp

    matplotlib.use("svg")
    bp.figures.use_book_style()
    return "null"


def run(code, name, hidden, quiet, silent, emit):
    """Run a cell and return how it went: {"ok", "missing"}.

    In a hidden cell asserts are left out: they are the book's proof of its own numbers, and a
    reader changes numbers. A quiet cell does not show its last value, a silent one no figures.
    """
    out = Printed(emit)
    with redirected(out), stand_ins.shown(lambda value: show(value, emit, out)):
        try:
            value = execute(code, name, names, optimize=1 if hidden else 0)
            show(None if quiet else value, emit, out)
            if not silent:
                draw(emit, out)
            close_figures()
            return json.dumps({"ok": True})
        except BaseException as error:  # SystemExit and KeyboardInterrupt, too
            out.flush()
            emit("error", report(error, name))
            close_figures()
            return json.dumps({"ok": False, "missing": missing(error)})


def execute(code, name, space, *, optimize=0):
    """Run code and return the value of its last line, if that is an expression."""
    linecache.cache[name] = (len(code), None, code.splitlines(keepends=True), name)
    tree = ast.parse(code, name)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, name, "exec", dont_inherit=True, optimize=optimize), space)
    if last is None:
        return None
    expression = ast.Expression(last.value)
    return eval(compile(expression, name, "eval", dont_inherit=True, optimize=optimize), space)


def show(value, emit, out):
    """Send a value in the richest form that it has."""
    out.flush()
    if value is None:
        return
    builtins._ = value
    if is_figure(value):
        emit("svg", drawn(value))
        sys.modules["matplotlib.pyplot"].close(value)
        return
    for method, kind in (("_repr_html_", "html"), ("_repr_svg_", "svg"), ("_repr_latex_", "math")):
        text = getattr(value, method, lambda: None)() if not isinstance(value, type) else None
        if text is not None:
            emit(kind, text)
            return
    emit("text", as_text(value) + "\n")


def as_text(value):
    """Return a value as text; long lists and dictionaries over several lines."""
    text = repr(value)
    if len(text) > WIDTH and isinstance(value, list | tuple | dict | set):
        return pprint.pformat(value, width=WIDTH, sort_dicts=False)
    return text


def draw(emit, out):
    """Send the figures that a cell leaves open."""
    plt = sys.modules.get("matplotlib.pyplot")
    if plt is not None:
        out.flush()
        for number in plt.get_fignums():
            emit("svg", drawn(plt.figure(number)))


def drawn(figure):
    """Return a figure as the book's SVG."""
    import bpcourse as bp

    return bp.figures.style.svg_text(figure)


def is_figure(value):
    """Say whether a value is a figure of matplotlib."""
    figure = sys.modules.get("matplotlib.figure")
    return figure is not None and isinstance(value, figure.Figure)


def close_figures():
    """Close the figures that a cell leaves open."""
    if "matplotlib.pyplot" in sys.modules:
        sys.modules["matplotlib.pyplot"].close("all")


def report(error, name):
    """Return what went wrong, with the reader's own lines only."""
    if isinstance(error, SyntaxError) and error.filename == name:
        return "".join(traceback.format_exception_only(error)).replace(f'  File "{name}", l', "L")
    lines = []
    for frame in traceback.extract_tb(error.__traceback__):
        if frame.filename == name or frame.filename.startswith("cell "):
            where = "" if frame.name == "<module>" else f" in {frame.name}"
            elsewhere = "" if frame.filename == name else f" of {frame.filename}"
            lines.append(f"Line {frame.lineno}{elsewhere}{where}:\n    {frame.line}")
    said = "".join(traceback.format_exception_only(error)).rstrip()
    return "\n".join([*lines, said])


def missing(error):
    """Return the name or the module that is missing, if that is what went wrong."""
    if isinstance(error, NameError):
        return error.name
    if isinstance(error, ImportError):
        return error.name
    lacks_figures = isinstance(error, AttributeError) and "bpcourse[figures]" in str(error)
    return "matplotlib" if lacks_figures else None


def check(code, question, emit):
    """Judge an answer: {"verdicts"}, or {"missing"} if it could not be run.

    What the check prints or ends with are the verdicts. The answer has names of its own: whatever
    it does, the page's cells find theirs as they were.
    """
    import numpy as np

    import bpcourse as bp

    space = {"np": np, "bp": bp} | names | {"__name__": "__main__"}
    out, found = Printed(emit), []
    with redirected(out):
        try:
            value = execute(code, ANSWER, space)
            if value is not None and is_open(space.get("answer", ...)):
                space["answer"] = value  # numbers typed without "answer ="
            asking = space | {"print": lambda *verdicts: found.extend(verdicts)}
            found.append(execute(question, "the check", asking))
            verdicts = [verdict(each) for each in found if each is not None]
            return json.dumps({"verdicts": verdicts})
        except BaseException as error:
            refusal = None if comes_from(error, ANSWER) else refused(error)
            if refusal and not missing(error):
                return json.dumps({"verdicts": [refusal]})
            emit("error", refusal["headline"] if refusal else report(error, ANSWER))
            return json.dumps({"missing": missing(error)})
        finally:
            out.flush()


def is_open(answer):
    """Say whether an answer is ``...`` or a list of them, as it stands in the field at first."""
    entries = answer if isinstance(answer, list | tuple) else [answer]
    return all(is_open(each) if isinstance(each, list | tuple) else each is ... for each in entries)


def comes_from(error, name):
    """Say whether an error arose in the code of that name."""
    if isinstance(error, SyntaxError):
        return error.filename == name
    return any(frame.filename == name for frame in traceback.extract_tb(error.__traceback__))


def refused(error):
    """Return in a sentence why the check could do nothing with an answer."""
    if isinstance(error, NameError):
        said = f"Nothing is called {error.name} yet. Begin a line with: {error.name} ="
    else:
        said = re.sub(r"^answer\b", "Your answer", str(error))
        said = said if said.startswith("Your") else f"Your answer cannot be read: {said}"
        said += "" if said.endswith((".", "?")) else "."
    return {
        "status": "not read",
        "headline": said,
        "equations": [],
        "levels": [[]],
        "hints": [],
    }


def verdict(found):
    """Return a diagnosis, or the verdict on the numbers of a drill, as the page shows it."""
    if isinstance(found.text, str):
        headline, _, rest = found.text.partition("\n")
        return {
            "status": "right" if found.ok else "open" if found.open else "wrong",
            "headline": headline,
            "equations": [],
            "levels": [paragraphs(rest) if rest else []],
            "hints": [],
        }
    section = found.findings[0].section if found.findings else None
    return {
        "status": found.status,
        "equations": [each.equation for each in found.findings],
        "levels": [paragraphs(found.text(level)) for level in (1, 2, 3)],
        "hints": list(found.findings[0].hints) if found.findings else [],
        "picture": picture(found),
        "read": section and {"href": f"{section[0]}.html#{section[1]}", "title": section[2]},
    }


def paragraphs(text):
    """Return a message as pairs (is it a table?, text), without what only a terminal needs."""
    kept = []
    for block in text.split("\n\n"):
        if not block.startswith(("More: ", 'Read "', "Hint ", "Note: The file uses bpcourse")):
            table = bool(re.search(r"\n {2,}|   ", block))
            kept.append([table, block if table else " ".join(block.split())])
    return kept


def picture(found):
    """Return the network with the places marked that are wrong; empty for a single step."""
    from bpcourse.diagnosis import place

    if len(found.sizes) < 2:
        return ""
    return place.svg(found.sizes, {(f.equation, l) for f in found.findings for l in f.layers})


def judge(code, request, emit):
    """Judge a whole program as the terminal does: {"verdict"}.

    ``request`` is JSON: the name of the function, the options of diagnose, the form.
    """
    from bpcourse.diagnosis.findings import Diagnosis
    from bpcourse.diagnosis.trouble import Trouble
    from bpcourse.terminal import program

    asked = json.loads(request)
    path, name = Path.home() / "your_program.py", asked["function"]
    path.write_text(code, encoding="utf-8")
    out = Printed(emit)
    with redirected(out):
        try:
            found = program.judge(str(path), name, options=asked["options"], form=asked["form"])
        except Trouble as trouble:
            found = Diagnosis(name or "your program", (trouble.finding,))
        except (ValueError, TypeError) as error:
            out.flush()
            return json.dumps({"refused": str(error)})
    out.flush()
    return json.dumps({"verdict": verdict(found)})
