"""Findings that need no mathematics: what went wrong before there was a number to judge."""

import linecache
import traceback
from pathlib import Path

import numpy as np

from bpcourse import _checks
from bpcourse.diagnosis.findings import Finding
from bpcourse.diagnosis.names import role_of

_FIRST_HINTS = {
    "call": "Read the message, then the line. What happens there?",
    "return": "Put what came beside what was wanted, one entry at a time. What differs?",
    "inputs": "Print the argument before and after the call. Which line is it that changes it?",
    "state": "Call it twice by hand and print both results. What is left over from the first?",
}


class Trouble(ValueError):  # noqa: N818 - diagnose turns it into a finding
    """A call that leaves nothing to compare; ``finding`` says why, ``printed`` what it printed."""

    def __init__(self, finding, printed=""):
        super().__init__(finding.sentence)
        self.finding = finding
        self.printed = printed


_PACKAGES = tuple(str(Path(module.__file__).parent) for module in (np, _checks))


def _foreign(filename):
    """Say whether a line belongs to NumPy or to this package, not to the learner."""
    return filename.startswith(_PACKAGES)


def own_line(error, function):
    """Return " in line 12" and the text of the line, of the last frame in the learner's file."""
    frames = [f for f in traceback.extract_tb(error.__traceback__) if not _foreign(f.filename)]
    code = getattr(function, "__code__", None)
    own = [frame for frame in frames if code and frame.filename == code.co_filename]
    if not frames:
        return "", ""
    frame = (own or frames)[-1]
    text = (frame.line or linecache.getline(frame.filename, frame.lineno)).strip()
    return (f" in line {frame.lineno}: {text}" if text else f" in line {frame.lineno}"), text


# Where the book shows each form: page, anchor, title.
FORMS = ("api/diagnosis", "diagnosis-forms", "Functions of another form")


def form_trouble(cause, title, sentence, nudge, line):
    """Return the finding for a form that is not known; ``line`` is what to add or to type."""
    first = "How is your program called, and what does it give back? Put that beside what is asked."
    hints = (first, nudge, line)
    return Finding("call", (), cause, title, f"{sentence} {line}", hints, read=FORMS)


def cannot_call(name, signature, missing=()):
    """Return the finding for a function whose parameters are not known."""
    roles = {each: role_of(each) for each in signature.parameters}
    what = f" No value is known for {', '.join(missing)}." if missing else ""
    step = ""
    if "eta" in roles.values():
        step = (
            f"If it takes the step of gradient descent itself: bp.diagnose(bp.diagnose.from_step("
            f"{name}, eta=...)), at the terminal --step ETA. "
        )
    call = ", ".join(r if r in ("x", "y", "weights", "biases") else "..." for r in roles.values())
    return form_trouble(
        "parameters",
        "takes other arguments",
        f"{name}{signature} does not take the four arguments weights, biases, x, y (two lists of "
        f"arrays, and two arrays), and from the names of its parameters it is not clear what to "
        f"hand over.{what}",
        "Compare the line that begins with def.",
        f"{step}If it needs what a forward pass has computed, name that: forward=... (at the "
        "terminal --forward NAME). Otherwise add these lines: def adapted(weights, biases, x, y): "
        f"return {name}({call}).",
    )


def trouble(equation, cause, title, sentence, nudge, answer, evidence=None):
    """Return a finding that needs no mathematics."""
    hints = (_FIRST_HINTS.get(equation, _FIRST_HINTS["return"]), nudge, answer)
    return Finding(equation, (), cause, title, sentence, hints, evidence)
