"""The report on a class: a table for programs (CSV) and a page for people (HTML).

The page is one file that loads nothing. All that comes from a submission, its name included, is
escaped; a cell of the CSV that a spreadsheet would take for a formula begins with an apostrophe.
"""

import base64
import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from string import Template

from bpcourse.classroom.files import write
from bpcourse.classroom.outcomes import misconceptions
from bpcourse.classroom.page import PAGE, SCRIPT
from bpcourse.classroom.text import as_csv as text_of_rows
from bpcourse.classroom.text import printable
from bpcourse.submission.outcome import Outcome, title

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

# So many mistakes are shown at once whoever makes them, so many if two students do, and so many
# characters of a program.
_FEW, _MANY, _LONGEST = 3, 10, 20_000

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
    notices: Mapping[str, str] | None = None,
    code: Mapping[str, str] | None = None,
) -> list[Path]:
    """Write the report on a class: ``name.csv`` for programs and ``name.html`` for people.

    Parameters
    ----------
    name : path
        Without an ending; directories that are missing are made.
    outcomes : list of Outcome
    facts : dict of str to str, optional
        How it was judged: shown at the end of the page.
    sheet : tuple, optional
        Headings and rows of the marks.
    notices : dict of str to str, optional
        What a teacher must know before anything else: shown at the head of the page.
    code : dict of str to str, optional
        The program of each submission, by its name.

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
    more = {"sheet": sheet, "notices": notices, "code": code}
    html = as_html(outcomes, wrong, failures, facts or {}, **more)
    # The mark at the beginning tells spreadsheets that it is UTF-8.
    table = write(Path(f"{name}.csv"), "\ufeff" + as_csv(outcomes))
    return [table, write(Path(f"{name}.html"), html)]


def as_csv(outcomes):
    """Return the table, one row per submission."""
    return text_of_rows([COLUMNS, *map(_row, outcomes)])


def as_html(outcomes, wrong, failures, facts, *, sheet=None, notices=None, code=None):
    """Return the page.

    Parameters
    ----------
    outcomes : list of Outcome
        Those of one submission stand together.
    wrong, failures : list of Misconception
        What the class gets wrong, and what kept submissions from running.
    facts, notices : dict of str to str
        Shown at the end and at the head, in this order.
    sheet : tuple of (list of str, list of list), optional
        The headings of the questions, and for each submission its name and the texts after the
        questions: points, total.
    code : dict of str to str, optional

    Returns
    -------
    str
    """
    groups = _groups(outcomes)
    heads, marks = sheet or (["result"], [[name] for name in groups])
    names = {name: row[0] for name, row in zip(groups, marks, strict=True)}
    told = _told_alike(outcomes)
    digest = base64.b64encode(hashlib.sha256(SCRIPT.encode()).digest()).decode()
    return Template(PAGE).substitute(
        title=f"Which equation is wrong? A class of {len(groups)}",
        answers=_answers(len(outcomes), len(groups), len(heads)),
        counts="".join(_tile(status, number) for status, number in count(outcomes).items()),
        notices=f"<dl>{_listed(notices)}</dl>" if notices else "",
        facts=_listed(facts),
        wrong=_mistakes(wrong, names, told, "faults") or "<p>No equation.</p>",
        failures=_section("What did not run", _mistakes(failures, names, told, "failures")),
        choices="".join(f"<option>{_text(t)}</option>" for t in _titles(outcomes)),
        questions="".join(f"<option>{_text(head)}</option>" for head in heads),
        table=_table(heads, marks, groups),
        submissions="".join(
            _submission(name, names[name], each, heads, (code or {}).get(name, ""))
            for name, each in groups.items()
        ),
        note=_text(NOT_A_SANDBOX),
        script=SCRIPT,
        digest=digest,
    )


def _answers(answers, submissions, questions):
    if questions == 1:
        return f"{submissions} submissions, one answer each"
    return f"{answers} answers: {submissions} submissions, {questions} questions"


def _listed(facts):
    return "".join(f"<dt>{_text(k)}</dt><dd>{_text(v)}</dd>" for k, v in facts.items())


def _groups(outcomes):
    """Return the outcomes of each submission, by its name."""
    groups = {}
    for each in outcomes:
        groups.setdefault(each.name, []).append(each)
    return groups


def _told_alike(outcomes):
    """Return the mistakes of which everybody who made them was told the same sentence."""
    said = {}
    for each in outcomes:
        for finding in each.findings:
            name = title(finding["equation"], finding["title"])
            said.setdefault(name, set()).add(finding["sentence"])
    return {name for name, sentences in said.items() if len(sentences) == 1}


def _titles(outcomes):
    return sorted({title for each in outcomes for title in each.title.split("; ") if title})


def _table(heads, marks, groups):
    """Return one row for each submission, with a cell for each question."""
    more = max((len(row) for row in marks), default=1) - 1
    extra = ["points"] * (more > 0) + ["late"] * (more > 1)
    names = _head("name") + "".join(_head(head, question=True) for head in heads)
    names += "".join(map(_head, extra))
    rows = zip(marks, groups.items(), strict=True)
    body = "".join(_line(row, name, outcomes) for row, (name, outcomes) in rows)
    return f'<table id="marks"><thead><tr>{names}</tr></thead><tbody>{body}</tbody></table>'


def _head(text, *, question=False):
    kind = ' data-question="yes"' if question else ""
    return f'<th scope="col"{kind}><button type="button">{_text(text)}</button></th>'


def _line(row, name, outcomes):
    shown, *more = row
    cells = "".join(
        f'<td class="{_kind(o.status)}" data-title="{_text(o.title)}">'
        f"{_text(o.status)}<small>{_text(o.title)}</small></td>"
        for o in outcomes
    )
    tail = "".join(f"<td>{_text(each)}</td>" for each in more)
    link = f'<a href="#{_anchor(name)}">{_text(shown)}</a>'
    return f'<tr data-all="{_all(name)}"><th scope="row">{link}</th>{cells}{tail}</tr>'


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


def _mistakes(found, names, told, kind):
    """Return the mistakes as a table, the most frequent first; the rare ones wait for a click."""
    if not found:
        return ""
    first = [k for k, each in enumerate(found) if k < _FEW or (k < _MANY and len(each.names) > 1)]
    rows = "".join(_mistake(each, names, told, k in first) for k, each in enumerate(found))
    rest = found[len(first) :]
    more = (
        f'<label><input type="checkbox" class="more"> Show {len(rest)} more, made by '
        f"{_number_of(len(rest[0].names))}</label>"
        if rest
        else ""
    )
    what = "Mistake" if kind == "faults" else "What happened"
    heads = f"<tr><th>{what}</th><th>Students</th><th>Who</th></tr>"
    table = f"<table><thead>{heads}</thead><tbody>{rows}</tbody></table>"
    return f'<section class="mistakes {kind}">{table}{more}</section>'


def _number_of(students):
    return "one student each" if students == 1 else f"{students} students or fewer"


def _mistake(each, names, told, first):
    number, total = len(each.names), len(names)
    # What one was told with one's own numbers, or one's own line, stands with each submission.
    sentence = f"<p>{_text(each.sentence)}</p>" if each.title in told else ""
    hint, *others = each.hints
    more = "".join(f"<p><b>Hint {k}:</b> {_text(text)}</p>" for k, text in enumerate(others, 2))
    said = f"<small>Hint to give: {_text(hint)}</small>"
    if sentence + more:
        said = f"<details><summary>{said}</summary>{sentence}{more}</details>"
    links = ", ".join(
        f'<a href="#{_anchor(name)}">{_text(names.get(name, name))}</a>' for name in each.names
    )
    width = f"{100 * number / total:.1f}%"
    return (
        f'<tr class="{"first" if first else "rest"}"><td><b>{_text(each.title)}</b>{said}</td>'
        f'<td>{number} of {total}<div class="track"><div class="bar" style="width:{width}"></div>'
        f"</div></td><td>{links}</td></tr>"
    )


def _submission(name, shown, outcomes, heads, code):
    """Return all that was said about one submission, to be opened."""
    several = len(outcomes) > 1
    pairs = list(zip(heads, outcomes, strict=True))
    badges = "".join(_badge(head, each, several=several) for head, each in pairs)
    texts = "".join(
        f'<div data-part="{_text(head)}">'
        + (f"<h3>{_text(head)}</h3>" if several else "")
        + f"<pre>{_text(each.texts[2])}</pre></div>"
        for head, each in pairs
    )
    seconds = sum(each.seconds for each in outcomes)
    return (
        f'<details class="one" id="{_all(name)}"><summary>'
        f'<span class="name">{_text(shown)}</span>{badges}</summary>'
        # The place of a link is inside: a browser opens what it leads into.
        f'<div id="{_anchor(name)}"><p class="muted">{_text(name)}, {seconds:.2f} s</p>{texts}'
        f"{_printed(outcomes[0])}{_code(code)}</div></details>"
    )


def _badge(head, outcome, *, several):
    told = outcome.title or outcome.status
    shown = f"{head}: {told}" if several else told
    return f'<span class="badge {_kind(outcome.status)}" data-part="{_text(head)}">' + (
        f"{_text(shown)}</span>"
    )


def _code(code):
    """Return a program, folded, and cut where it is very long."""
    if not code:
        return ""
    cut = f"\n... and {len(code) - _LONGEST:,} characters more" if len(code) > _LONGEST else ""
    number = len(code.splitlines())
    lines = "1 line" if number == 1 else f"{number:,} lines"
    shown = _text(code[:_LONGEST] + cut)
    return f"<details><summary>The code ({lines})</summary><pre>{shown}</pre></details>"


def _printed(outcome):
    if not outcome.printed:
        return ""
    kept = len(outcome.output.encode("utf-8", "replace"))
    which = "It printed" if kept >= outcome.printed else "The end of what it printed"
    return (
        f'<p class="muted">{which} ({outcome.printed:,} bytes):</p>'
        f'<pre class="output">{_text(outcome.output)}</pre>'
    )


def _all(name):
    """Return the name of the place that holds all that was said about a submission."""
    return "all-" + _anchor(name)


def _anchor(name):
    """Return a name for links: the name's bytes, so that no two submissions share one."""
    return "s-" + name.encode("utf-8", "surrogatepass").hex()
