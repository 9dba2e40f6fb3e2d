"""What came of a question to a program, as it travels between processes and stands in reports."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass, field

from bpcourse.diagnosis.findings import Diagnosis, Finding

_EQUATIONS = {"forward": "forward pass", "bp1": "BP1", "bp2": "BP2", "bp3": "BP3", "bp4": "BP4"}
_WIDTH = 76  # of a line of text, as in a diagnosis


def answer(diagnosis: Diagnosis) -> dict:
    """Return a diagnosis as a dictionary that travels as JSON, with its texts at three levels."""
    return {"diagnosis": diagnosis.to_dict(), "texts": [diagnosis.text(k) for k in (1, 2, 3)]}


def failure(subject: str, finding: Finding) -> dict:
    """Return the answer for what delivered no function to judge."""
    texts = []
    for level in (1, 2, 3):
        different = dict.fromkeys(finding.hints[:level])
        hints = [f"Hint {k}: {hint}" for k, hint in enumerate(different, 1)]
        paragraphs = (f"{subject} cannot run.", finding.sentence, *hints)
        texts.append("\n\n".join(textwrap.fill(each, _WIDTH) for each in paragraphs))
    return {"diagnosis": Diagnosis(subject, (finding,)).to_dict(), "texts": texts}


def title(equation: str, text: str) -> str:
    """Return the name of a mistake: "BP2: sigma' is missing"."""
    return f"{_EQUATIONS[equation]}: {text}" if equation in _EQUATIONS else text


PARTS = ("forward", "bp1", "bp2", "bp3", "bp4")
# What leaves all numbers right, or all but a few far from zero: it costs a part in any question.
_SLIGHT = {"inputs_changed", "overflow"}
# What costs one part where parts count, though it is no fault of an equation.
_OF_FORM = {"reversed", "fixed_depth"}
# A number that stands in one line, and shows in two equations.
_SHARED = {"neurons_for_examples", "one_too_few", "fixed_number"}


def share(findings: Sequence[dict], *, partial: bool, right: Sequence[str] | None = None) -> float:
    """Return which share of the points is left by what is wrong and counts.

    Parameters
    ----------
    findings : list of dict
        As in an outcome; empty if nothing is wrong.
    partial : bool
        Whether each of the forward pass and BP1 to BP4 has its fifth.
    right : list of str, optional
        What was established as right; where nothing was, there is nothing to give points for.

    Returns
    -------
    float

    Examples
    --------
    >>> share([{"equation": "bp3", "cause": "sum_for_mean"}], partial=True)
    0.8
    >>> share([{"equation": "bp3", "cause": "sum_for_mean"}], partial=False)
    0.0
    >>> share([{"equation": "inputs", "cause": "inputs_changed"}], partial=False)
    0.8
    """
    if not findings:
        return 1.0
    slight = {each["cause"] for each in findings if each["cause"] in _SLIGHT}
    others = [each for each in findings if each["cause"] not in _SLIGHT]
    of_form = {each["cause"] for each in others if each["cause"] in _OF_FORM}
    places = [each for each in others if each["cause"] not in _OF_FORM]
    if others and (not partial or {each["equation"] for each in places} - set(PARTS)):
        return 0.0
    if places and right is not None and not right:
        return 0.0
    lost = {_counted(each) for each in places} | slight | of_form
    return max(0.0, 1 - len(lost) / len(PARTS))


def _counted(finding):
    """Return what a finding counts as: its equation, or a cause that two equations share."""
    cause = finding["cause"]
    return cause if cause in _SHARED else finding["equation"]


@dataclass(frozen=True)
class Outcome:
    """What came of one question to one program.

    Attributes
    ----------
    name : str
        The file, as seen from the directory of the class.
    diagnosis : dict
        As from :meth:`Diagnosis.to_dict`.
    texts : tuple of three str
        The message at each level of hints.
    seconds : float
        How long it took to judge.
    output : str
        The end of what it printed.
    printed : int
        How many bytes it printed.
    isolated : tuple of str
        What it was kept from: "files", "network", "processes".
    """

    name: str
    diagnosis: dict
    texts: tuple[str, str, str]
    seconds: float = 0.0
    output: str = ""
    printed: int = 0
    isolated: tuple[str, ...] = field(default=())

    @property
    def status(self) -> str:
        """One of "right", "wrong", "cannot run" and "not judged"."""
        return self.diagnosis["status"]

    @property
    def findings(self) -> list[dict]:
        """What is wrong, as dictionaries."""
        return self.diagnosis["findings"]

    @property
    def notes(self) -> Sequence[str]:
        """What a reader of the verdict must know."""
        return self.diagnosis.get("notes", ())

    @property
    def title(self) -> str:
        """What is wrong, in a few words: "BP2: sigma' is missing"; empty if nothing is."""
        titles = (title(each["equation"], each["title"]) for each in self.findings)
        return "; ".join(dict.fromkeys(titles))

    @property
    def sentence(self) -> str:
        """What is wrong first, and where that holds if not everywhere; empty if nothing is."""
        if not self.findings:
            return ""
        within = self.diagnosis.get("within")
        where = f"With {within}, not everywhere: " if within else ""
        return where + self.findings[0]["sentence"]

    @property
    def hint(self) -> str:
        """What to tell this student first."""
        return self.findings[0]["hints"][0] if self.findings else ""
