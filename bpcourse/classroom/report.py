"""The report on a class: a table for programs (CSV) and a page for people (HTML).

The page is one file that loads nothing. All that comes from a submission, its name included, is
escaped; a cell of the CSV that a spreadsheet would take for a formula begins with an apostrophe.
"""

import base64
import csv
import hashlib
import io
from collections import Counter
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from string import Template

from bpcourse.classroom.files import write
from bpcourse.classroom.outcomes import misconceptions
from bpcourse.classroom.page import PAGE, SCRIPT
from bpcourse.classroom.text import cell, printable
from bpcourse.submission.outcome import Outcome

STATUSES = ("right", "wrong", "cannot run", "not judged")

NOT_A_SANDBOX = (
    "The submissions ran in processes of their own, and were judged in another one. That is not a "
    "security sandbox. Run files that you don't trust in a container without a network, in a "
    "virtual machine, or at least as a user who owns nothing: python -m bpcourse class --help "
    "shows how."
)
_KINDS = {
    "files": "the files of others",
    "network": "the network",
    "processes": "other processes",
}

COLUMNS = (
    "submission",
    "status",
    "equation",
    "layer",
    "cause",
    "title",
    "also wrong",
    "hint",
    "sentence",
    "notes",
    "seconds",
    "printed bytes",
)


def count(outcomes):
    """Return how many outcomes are right, wrong and cannot run; others only if there are any."""
    found = Counter(outcome.status for outcome in outcomes)
    return {
        s: found[s] for s in dict.fromkeys((*STATUSES, *found)) if s in STATUSES[:3] or found[s]
    }


def kept_from(outcomes):
    """Return what the submissions were kept from, in words."""
    ran = [set(outcome.isolated) for outcome in outcomes if outcome.isolated]
    names = [text for name, text in _KINDS.items() if ran and all(name in each for each in ran)]
    missing = [text for name, text in _KINDS.items() if text not in names]
    if not names:
        return "nothing: this system allows it for none of them"
    return ", ".join(names) + (f"; not from {', '.join(missing)}" if missing else "")


def write_report(
    name: str | Path,
    outcomes: Sequence[Outcome],
    facts: Mapping[str, str] | None = None,
    *,
    sheet: tuple[Sequence, Sequence] | None = None,
) -> list[Path]:
    """Write the report on a class: ``name.csv`` for programs and ``name.html`` for people.

    Parameters
    ----------
    name : path
        Without an ending; directories that are missing are made.
    outcomes : list of Outcome
    facts : dict of str to str, optional
        What was run: shown at the head of the page.
    sheet : tuple, optional
        Headings and rows of the marks.

    Returns
    -------
    list of Path
        The two files.

    Raises
    ------
    OSError
        They can't be written; what was there before stays.
    """
    wrong, failures = misconceptions(outcomes), misconceptions(outcomes, "cannot run")
    html = as_html(outcomes, wrong, failures, facts or {}, sheet=sheet)
    # The mark at the beginning tells spreadsheets that it is UTF-8.
    table = write(Path(f"{name}.csv"), "\ufeff" + as_csv(outcomes))
    return [table, write(Path(f"{name}.html"), html)]


def as_csv(outcomes):
    """Return the table, one row per submission."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(COLUMNS)
    for outcome in outcomes:
        writer.writerow([cell(value) for value in _row(outcome)])
    return stream.getvalue()


def as_html(outcomes, wrong, failures, facts, *, sheet=None):
    """Return the page.

    Parameters
    ----------
    outcomes : list of Outcome
        Those of one submission stand together.
    wrong, failures : list of Misconception
        What the class gets wrong, and what kept submissions from running.
    facts : dict of str to str
        What was run: shown at the top, in this order.
    sheet : tuple of (list of str, list of list), optional
        The headings of the questions, and for each submission its name and the texts after the
        questions: points, total.

    Returns
    -------
    str
    """
    counts, groups = count(outcomes), _groups(outcomes)
    heads, marks = sheet or (["result"], [[name] for name in groups])
    digest = base64.b64encode(hashlib.sha256(SCRIPT.encode()).digest()).decode()
    return Template(PAGE).substitute(
        title=f"Which equation is wrong? A class of {len(groups)}",
        counts="".join(_tile(status, number) for status, number in counts.items()),
        facts="".join(f"<dt>{_text(k)}</dt><dd>{_text(v)}</dd>" for k, v in facts.items()),
        wrong=_bars(wrong, len(groups), "wrong") or "<p>No equation.</p>",
        failures=_section("What did not run", _bars(failures, len(groups), "cannot")),
        choices="".join(f"<option>{_text(t)}</option>" for t in _titles(outcomes)),
        questions="".join(f"<option>{_text(head)}</option>" for head in heads),
        table=_table(heads, marks, groups),
        submissions="".join(_submission(name, each, heads) for name, each in groups.items()),
        note=_text(NOT_A_SANDBOX),
        script=SCRIPT,
        digest=digest,
    )


def _groups(outcomes):
    groups = {}
    for outcome in outcomes:
        groups.setdefault(outcome.name, []).append(outcome)
    return groups


def _titles(outcomes):
    return sorted({title for each in outcomes for title in each.title.split("; ") if title})


def _table(heads, marks, groups):
    """Return one row for each submission, with a cell for each question."""
    more = max((len(row) for row in marks), default=1) - 1
    extra = ["points"] * (more > 0) + ["late"] * (more > 1)
    names = "".join(f'<th scope="col">{_text(head)}</th>' for head in ("name", *heads, *extra))
    rows = zip(marks, groups.items(), strict=True)
    body = "".join(_line(row, name, outcomes) for row, (name, outcomes) in rows)
    return f"<table><thead><tr>{names}</tr></thead><tbody>{body}</tbody></table>"


def _line(row, name, outcomes):
    shown, *more = row
    cells = "".join(
        f'<td class="{_kind(o.status)}" data-title="{_text(o.title)}">'
        f"{_text(o.status)}<small>{_text(o.title)}</small></td>"
        for o in outcomes
    )
    tail = "".join(f"<td>{_text(each)}</td>" for each in more)
    return (
        f'<tr><th scope="row"><a href="#{_anchor(name)}">{_text(shown)}</a></th>{cells}{tail}</tr>'
    )


def _row(outcome):
    first = outcome.findings[0] if outcome.findings else {}
    return (
        outcome.name,
        outcome.status,
        first.get("equation"),
        " ".join(str(l) for l in first.get("layers", ())),
        first.get("cause") or ("unknown" if first else ""),
        first.get("title"),
        "; ".join(f"{each['equation']}: {each['title']}" for each in outcome.findings[1:]),
        outcome.hint,
        outcome.sentence,
        " ".join(outcome.notes),
        f"{outcome.seconds:.2f}",
        outcome.printed,
    )


def _text(value):
    return escape(printable(str(value)))


def _kind(status):
    """Return the class of a status; nothing that comes from outside becomes one."""
    kinds = {"right": "right", "wrong": "wrong", "cannot run": "cannot", "not judged": "open"}
    return kinds.get(status, "open")


def _tile(status, number):
    return f'<div class="tile {_kind(status)}"><b>{number}</b> {_text(status)}</div>'


def _section(heading, content):
    return f"<h2>{heading}</h2>{content}" if content else ""


def _bars(found, total, kind):
    """Return the mistakes as a list with bars, the most frequent first."""
    if not found:
        return ""
    rows = "".join(_bar(each, total, kind) for each in found)
    return f'<ol class="bars {kind}">{rows}</ol>'


def _bar(each, total, kind):
    # A crash has its own sentence in every submission: it stands there.
    sentence = f"<p>{_text(each.sentence)}</p>" if kind == "wrong" else ""
    number = len(each.names)
    width = f"{100 * number / total:.1f}%"
    hint, *others = each.hints
    more = "".join(f"<p><b>Hint {k}:</b> {_text(text)}</p>" for k, text in enumerate(others, 2))
    links = ", ".join(f'<a href="#{_anchor(name)}">{_text(name)}</a>' for name in each.names)
    return (
        f"<li><h3>{_text(each.title)}</h3>"
        f'<p class="muted">{number} of {total}</p>'
        f'<div class="track"><div class="bar" style="width:{width}"></div></div>'
        f"<p><b>Hint to give:</b> {_text(hint)}</p>"
        "<details><summary>What is wrong, more hints, who</summary>"
        f"{sentence}{more}<p>{links}</p></details></li>"
    )


def _submission(name, outcomes, heads):
    """Return all that was said about one submission, to be opened."""
    badges = "".join(
        f'<span class="badge {_kind(each.status)}">{_text(each.status)}</span>' for each in outcomes
    )
    what = "; ".join(filter(None, (each.title or " ".join(each.notes) for each in outcomes)))
    several = len(outcomes) > 1
    texts = "".join(
        (f"<h3>{_text(head)}</h3>" if several else "") + f"<pre>{_text(each.texts[2])}</pre>"
        for head, each in zip(heads, outcomes, strict=True)
    )
    seconds = sum(each.seconds for each in outcomes)
    return (
        '<details class="one"><summary>'
        f'<span class="name">{_text(name)}</span>{badges}'
        f'<span class="what">{_text(what)}</span></summary>'
        # The place of a link is inside: a browser opens what it leads into.
        f'<div id="{_anchor(name)}">{texts}'
        f'{_printed(outcomes[0])}<p class="muted">{seconds:.2f} s</p></div></details>'
    )


def _printed(outcome):
    if not outcome.printed:
        return ""
    kept = len(outcome.output.encode("utf-8", "replace"))
    which = "It printed" if kept >= outcome.printed else "The end of what it printed"
    return (
        f'<p class="muted">{which} ({outcome.printed:,} bytes):</p>'
        f'<pre class="output">{_text(outcome.output)}</pre>'
    )


def _anchor(name):
    """Return a name for links: the name's bytes, so that no two submissions share one."""
    return "s-" + name.encode("utf-8", "surrogatepass").hex()
