r"""What a diagnosis found, as an object that reads like a good teaching assistant.

:func:`bpcourse.diagnose` and :func:`~bpcourse.exercises.check` return a :class:`Diagnosis`.
Printed, it says what is right, where it first goes wrong, the number that came and the number that
was wanted, and gives a hint that does not yet give the answer away; ``hint(2)`` and ``hint(3)`` say
more. In a notebook it shows the place in a small picture of the network.
"""

from __future__ import annotations

import functools
import importlib.metadata
import os
import textwrap
from dataclasses import asdict, dataclass, replace
from html import escape

from bpcourse.diagnosis import place

TITLES = {
    "call": "The call",
    "return": "What is returned",
    "inputs": "The inputs",
    "state": "Memory between calls",
    "forward": "The forward pass",
    "bp1": "BP1, the error of the output layer",
    "bp2": "BP2, the error one layer back",
    "bp3": "BP3, the biases' gradient",
    "bp4": "BP4, the weights' gradient",
}

READ = {
    "bp1": ("four-equations", "four-equations-bp1", "BP1: the error of the output layer"),
    "bp2": ("four-equations", "four-equations-bp2", "BP2: one layer back"),
    "bp3": ("four-equations", "four-equations-bp3", "BP3: the biases"),
    "bp4": ("four-equations", "four-equations-bp4", "BP4: the weights"),
    "forward": ("reading-digits", "ch-reading-digits", "A machine that reads digits"),
}
_DEBUGGING = ("debugging", "ch-debugging", "Is my gradient right?")

# What the chapters are called that a finding sends to.
CHAPTERS = {
    "api/diagnosis": "diagnosis",
    "attention": "Attention, by the same four ideas",
    "chain-rule": "Rates of change through a chain",
    "computational-graphs": "Computational graphs and the chain rule",
    "convolution": "Convolution",
    "cost-of-gradients": "One gradient, two prices",
    "debugging": "Is my gradient right?",
    "deep-and-still-learning": "Deep, and still learning",
    "differences": "Differences, taken seriously",
    "five-routes": "Five routes to one gradient",
    "four-equations": "The four fundamental equations",
    "learning-speed": "What the equations say about learning",
    "order-matters": "The order matters",
    "overfitting": "Overfitting",
    "proofs": "Proofs of the four equations",
    "reading-digits": "A machine that reads digits",
    "steps": "Steps",
    "the-same-weight-many-times": "The same weight, many times",
    "vectors-and-matrices": "Vectors and matrices",
}

# Where the book is published, if it is to be another place than the package's own metadata say.
# Known to neither: pages are named, not linked. Empty says that this is the book itself: its text
# names them, too, and its HTML links the page beside it.
BOOK = "BPCOURSE_BOOK"

# What is returned in a form that can't be read leaves nothing to judge, as a call that fails.
_FORMS = (
    "none",
    "not_a_pair",
    "no_bias_gradients",
    "number_of_arrays",
    "swapped",
    "not_numbers",
)

# What is said at once: it is seen without mathematics, and no answer is given away.
_PLAIN = ("call", "return", "inputs", "state")

_WIDTH = 76


@dataclass(frozen=True)
class Ratio:
    """How one array came, beside what was wanted.

    Attributes
    ----------
    array : str
        Its name, such as "delta^3" or "dC/dw^2".
    ratio : float
        The median of came/wanted over the entries that aren't 0; NaN where there is none.
    constant : bool
        Whether all entries have this ratio, within 0.1 %.
    right : bool
        Whether the array is right.
    """

    array: str
    ratio: float
    constant: bool
    right: bool


@dataclass(frozen=True)
class Evidence:
    """The numbers behind a finding.

    Attributes
    ----------
    what : str
        What was looked at, such as "delta^3[1], example 0 alone, network [4, 6, 5, 3]".
    came, wanted : str
        The number that came and the number that was wanted; or two shapes, two types.
    how : str
        How the wanted number follows from the learner's own earlier results; may be empty.
    ratios : tuple of Ratio
        The ratio table; may be empty.
    """

    what: str
    came: str
    wanted: str
    how: str = ""
    ratios: tuple[Ratio, ...] = ()

    def __str__(self):
        what = _fill(f"{self.what}:")
        lines = [what, f"    yours   {self.came}", f"    wanted  {self.wanted}"]
        if self.how:
            lines.append(_fill(self.how, indent="    "))
        return "\n".join(lines)


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong.

    Attributes
    ----------
    equation : str
        "bp1" to "bp4"; "forward"; "call", "return", "inputs" or "state" for what needs no
        mathematics; or the name of the step that :func:`~bpcourse.exercises.check` was asked about.
    layers : tuple of int
        The layers it happens in, by the book's number, the one nearest to the output first.
    cause : str or None
        The name of the cause in the catalogue; None if the numbers fit none.
    title : str
        The cause in a few words, for a table.
    sentence : str
        What is wrong, in a sentence.
    hints : tuple of three str
        From a question to the answer.
    evidence : Evidence or None
    others : tuple of str
        Causes that explain the numbers equally well.
    experiment : str
        What tells these causes apart; empty where there are no others.
    read : tuple of three str, or None
        The section of the book to read: page, anchor, title. By default that of the equation;
        empty where none would help.
    """

    equation: str
    layers: tuple[int, ...]
    cause: str | None
    title: str
    sentence: str
    hints: tuple[str, str, str]
    evidence: Evidence | None = None
    others: tuple[str, ...] = ()
    experiment: str = ""
    read: tuple[str, str, str] | None = None

    @property
    def section(self) -> tuple[str, str, str]:
        """The section of the book to read: page, anchor and title; empty if there is none."""
        return READ.get(self.equation, _DEBUGGING) if self.read is None else self.read

    @property
    def place(self) -> str:
        """Where it is: "BP2, the error one layer back, in layers 3 and 2"."""
        where = TITLES.get(self.equation, self.equation)
        if not self.layers:
            return where
        *others, last = (str(l) for l in self.layers)
        names = f"{', '.join(others)} and {last}" if others else last
        return f"{where}, in layer{'s' if others else ''} {names}"


@dataclass(frozen=True, repr=False)
class Diagnosis:
    """The outcome of a diagnosis; ``str(diagnosis)`` is a message to whoever wrote the function.

    Attributes
    ----------
    subject : str
        The name of the function that was judged.
    findings : tuple of Finding
        What is wrong, in the order in which to repair it; empty if nothing is.
    right : tuple of str
        What was found right.
    notes : tuple of str
        What this diagnosis could not see, and what it had to assume.
    sizes : tuple of int
        The widths of the network of the evidence; empty for a single step.
    not_judged : tuple of str
        What could be called neither right nor wrong, each with the reason.
    within : str
        The setting that the findings hold for, such as "layers of equal width", where others are
        right; empty if they hold everywhere.
    remark : str
        What is said before all else, such as that it is right for another cost.
    call : str
        What to type to have this diagnosis again: "bp.diagnose(backprop)".
    measured : int
        Where the results are finite differences, right as far as those go: to how many digits.
        0 for all others.
    """

    subject: str
    findings: tuple[Finding, ...] = ()
    right: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    sizes: tuple[int, ...] = ()
    not_judged: tuple[str, ...] = ()
    within: str = ""
    remark: str = ""
    call: str = ""
    measured: int = 0

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong."""
        return not self.findings

    @property
    def status(self) -> str:
        """One of "right", "wrong" and "cannot run" (it could not be judged)."""
        if self.ok:
            return "right"
        first = self.findings[0]
        formless = first.equation == "return" and first.cause in _FORMS
        return "cannot run" if first.equation == "call" or formless else "wrong"

    @property
    def equation(self) -> str | None:
        """Where it first goes wrong: "bp1" to "bp4", "forward", ...; None if nothing is wrong."""
        return self.findings[0].equation if self.findings else None

    @property
    def layer(self) -> int | None:
        """The layer in which it first goes wrong, by the book's number, or None."""
        return self.findings[0].layers[0] if self.findings and self.findings[0].layers else None

    @property
    def cause(self) -> str | None:
        """The name of the cause, or None if it is unknown or nothing is wrong."""
        return self.findings[0].cause if self.findings else None

    @property
    def evidence(self) -> Evidence | None:
        """The numbers behind the first finding, or None."""
        return self.findings[0].evidence if self.findings else None

    def hint(self, level: int = 1) -> str:
        """Return a hint on what goes wrong first.

        Parameters
        ----------
        level : {1, 2, 3}
            1 asks the question, 2 points at the term, 3 gives the answer.

        Returns
        -------
        str
            Empty if nothing is wrong.

        Raises
        ------
        ValueError
            Another level.
        """
        if level not in (1, 2, 3):
            raise ValueError(f"level is {level!r}, want 1, 2 or 3")
        return self.findings[0].hints[level - 1] if self.findings else ""

    def text(self, level: int = 1) -> str:
        """Return the message with hints up to a level.

        Parameters
        ----------
        level : {1, 2, 3}
            At 3 the message names the causes.

        Returns
        -------
        str
        """
        self.hint(level)  # refuses other levels
        notes = [_fill(f"Note: {note}") for note in self.notes]
        return "\n\n".join([*_headline(self, level), *_body(self, level), *notes])

    def to_dict(self) -> dict:
        """Return everything as a dictionary that ``json.dumps`` takes."""
        return {
            "subject": self.subject,
            "status": self.status,
            "ok": self.ok,
            "equation": self.equation,
            "layer": self.layer,
            "cause": self.cause,
            "findings": [_plain(asdict(replace(f, read=f.section))) for f in self.findings],
            "right": list(self.right),
            "notes": list(self.notes),
            "sizes": list(self.sizes),
            "not_judged": list(self.not_judged),
            "within": self.within,
            "remark": self.remark,
        }

    def __str__(self):
        return self.text()

    def __repr__(self):
        if self.ok:
            return f"<diagnosis of {self.subject}: right>"
        found = ", ".join(f"{each.equation} {each.cause or 'unknown'}" for each in self.findings)
        return f"<diagnosis of {self.subject}: {found}>"

    def _repr_html_(self):
        picture = ""
        if len(self.sizes) > 1:
            marks = {(each.equation, l) for each in self.findings for l in each.layers}
            picture = place.svg(self.sizes, marks)
        text = escape(str(self))
        section = self.findings[0].section if self.findings else None
        target = (address(section) or beside(section)) if section else ""
        if target:
            title = escape(section[2])
            before, read, after = text.rpartition("Read ")
            text = before + read + after.replace(title, f'<a href="{target}">{title}</a>', 1)
        return f"{picture}<pre>{text}</pre>"


def _plain(value):
    """Return nested dictionaries and lists without NaN, for which JSON has no word."""
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(each) for each in value]
    return None if isinstance(value, float) and value != value else value


def _headline(diagnosis, level):
    """Return what is wrong and where; the cause only where it is plain to see, or at level 3."""
    if diagnosis.ok:
        return [f"{diagnosis.subject} is right."]
    first = diagnosis.findings[0]
    if first.equation in _PLAIN:
        return [_fill(first.sentence)]
    remark = [_fill(diagnosis.remark)] if diagnosis.remark else []
    within = f" It does so with {diagnosis.within}, not everywhere." if diagnosis.within else ""
    said = f"{first.place}: here {diagnosis.subject} first goes wrong."
    if first.place.isidentifier():  # of a single step, which is its own place
        said = f"{diagnosis.subject} is not right."
    headline = [_fill(said + within)]
    return [*remark, *headline, *([_fill(first.sentence)] if level == 3 else [])]


def _body(diagnosis, level):
    parts = [_fill(f"Right: {'; '.join(diagnosis.right)}.")] if diagnosis.right else []
    if diagnosis.not_judged:
        parts.append(_fill(f"Not judged: {'; '.join(diagnosis.not_judged)}."))
    if diagnosis.ok:
        return parts
    first, *more = diagnosis.findings
    parts += _evidence(first, level)
    if level == 3 and first.others:
        causes = "; ".join(first.others)
        parts.append(
            _fill(f"Another cause gives the same numbers: {causes}. {first.experiment}".strip())
        )
    parts += [_fill(f"Hint {k}: {first.hints[k - 1]}") for k in range(1, level + 1)]
    if level < 3:
        again = diagnosis.call or "the_diagnosis"
        parts.append(f"More: print({again}.hint({level + 1}))")
    for each in more:
        sentence = f" {each.sentence}" if level == 3 or each.equation in _PLAIN else ""
        parts.append(_fill(f"Also wrong: {each.place}.{sentence}"))
    return [*parts, reading(first.section)] if first.section else parts


def reading(section: tuple[str, str, str]) -> str:
    """Return where to read on: the address, or the chapter's title where the book has none."""
    page, anchor, title = section
    if address(section):
        return f'Read "{title}": {address(section)}'
    chapter = "" if anchor.startswith("ch-") else CHAPTERS.get(page, "")
    if not chapter:
        return f'Read "{title}".'
    gap = " " if len(title) + len(chapter) + 15 <= _WIDTH else "\n"  # a title stays whole
    return f'Read "{title}"{gap}in "{chapter}".'


def beside(section: tuple[str, str, str]) -> str:
    """Return the address of a section as seen from a page of the book; elsewhere empty."""
    return f"{section[0]}.html#{section[1]}" if os.environ.get(BOOK) == "" else ""


def address(section: tuple[str, str, str]) -> str:
    """Return the whole address of a section; empty if it is not set where the book is."""
    base = os.environ.get(BOOK)
    base = (published() if base is None else base).rstrip("/")
    return f"{base}/book/{section[0]}.html#{section[1]}" if base else ""


@functools.cache
def published() -> str:
    """Return where the package's metadata say that the book is; empty if they don't."""
    try:
        urls = importlib.metadata.metadata("bpcourse").get_all("Project-URL") or []
    except importlib.metadata.PackageNotFoundError:  # run from a folder, not installed
        return ""
    named = dict(url.split(", ", 1) for url in urls)
    return named.get("Documentation", "")


def _evidence(finding, level):
    """Return the numbers; how the right one comes about only from level 2 on: it is a hint."""
    if finding.evidence is None:
        return []
    evidence = replace(finding.evidence, how="") if level == 1 else finding.evidence
    table = [_ratio_table(evidence.ratios)] if evidence.ratios and finding.cause is None else []
    return [str(evidence), *table]


def _fill(paragraph, indent=""):
    indents = {"initial_indent": indent, "subsequent_indent": indent}
    return textwrap.fill(
        paragraph, _WIDTH, break_on_hyphens=False, break_long_words=False, **indents
    )


def _ratio_table(ratios):
    lines = [f"{'array':10}{'yours / wanted':>16}"]
    for row in ratios:
        if row.ratio != row.ratio:  # every number that was wanted is 0
            lines.append(f"{row.array:10}{'-':>16}  {'right' if row.right else 'want all 0'}")
            continue
        spread = "right" if row.right else "everywhere" if row.constant else "median, varies"
        lines.append(f"{row.array:10}{row.ratio:16.4g}  {spread}")
    return "\n".join(lines)
