"""The report on a class: a table for programs (CSV) and a page for people (HTML).

The page is one file that loads nothing. All that comes from a submission, its name included, is
escaped; a cell of the CSV that a spreadsheet would take for a formula begins with an apostrophe.
"""

import csv
import io
import unicodedata
from collections import Counter
from html import escape
from string import Template

STATUSES = ("right", "wrong", "cannot run")

NOT_A_SANDBOX = (
    "The submissions ran in processes of their own with limits of time and memory. That is not a "
    "security sandbox: each of them could read and write whatever the user who ran them could. "
    "Run files that you don't trust in a container without a network, in a virtual machine, or at "
    "least as a user who owns nothing: python -m bpcourse class --help shows how."
)

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


def printable(text):
    """Return text without what could steer a terminal, break a file or turn the reading direction.

    Examples
    --------
    >>> printable("a\\x1b[2Jb")
    'a�[2Jb'
    """
    return "".join(
        c if c in "\n\t" or unicodedata.category(c)[0] != "C" else "\ufffd" for c in text
    )


def count(outcomes):
    """Return how many outcomes are right, wrong and cannot run, in this order, all three."""
    found = Counter(outcome.status for outcome in outcomes)
    return {status: found[status] for status in STATUSES}


def as_csv(outcomes):
    """Return the table, one row per submission."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(COLUMNS)
    for outcome in outcomes:
        writer.writerow([_cell(value) for value in _row(outcome)])
    return stream.getvalue()


def as_html(outcomes, wrong, failures, facts):
    """Return the page.

    Parameters
    ----------
    outcomes : list of Outcome
    wrong, failures : list of Misconception
        What the class gets wrong, and what kept submissions from running.
    facts : dict of str to str
        What was run: shown at the top, in this order.

    Returns
    -------
    str
    """
    counts = count(outcomes)
    return _PAGE.substitute(
        title=f"Which equation is wrong? A class of {len(outcomes)}",
        counts="".join(_tile(status, number) for status, number in counts.items()),
        facts="".join(f"<dt>{_text(k)}</dt><dd>{_text(v)}</dd>" for k, v in facts.items()),
        wrong=_bars(wrong, len(outcomes), "wrong") or "<p>No equation.</p>",
        failures=_section("What did not run", _bars(failures, len(outcomes), "cannot")),
        submissions="".join(submission(outcome) for outcome in outcomes),
        note=_text(NOT_A_SANDBOX),
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
        first.get("sentence"),
        " ".join(outcome.notes),
        f"{outcome.seconds:.2f}",
        outcome.printed,
    )


def _cell(value):
    text = printable("" if value is None else str(value))
    is_formula = text.startswith(("\t", "\n")) or text.lstrip().startswith(tuple("=+-@＝＋－＠"))
    return f"'{text}" if is_formula else text


def _text(value):
    return escape(printable(str(value)))


def _kind(status):
    return "cannot" if status == "cannot run" else status


def _tile(status, number):
    return f'<div class="tile {_kind(status)}"><b>{number}</b> {status}</div>'


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


def submission(outcome):
    kind = _kind(outcome.status)
    return (
        '<details class="one"><summary>'
        f'<span class="name">{_text(outcome.name)}</span>'
        f'<span class="badge {kind}">{outcome.status}</span>'
        f'<span class="what">{_text(outcome.title or " ".join(outcome.notes))}</span></summary>'
        # The place of a link is inside: a browser opens what it leads into.
        f'<div id="{_anchor(outcome.name)}"><pre>{_text(outcome.texts[2])}</pre>'
        f'{_printed(outcome)}<p class="muted">{outcome.seconds:.2f} s</p></div></details>'
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


_PAGE = Template("""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>$title</title>
<style>
:root { color-scheme: light dark; --ink: #1f2933; --paper: #ffffff; --muted: #5a6672;
  --grid: #dde2e8; --box: #f4f6f8; --link: #0b62a8;
  --right: #0a7552; --wrong: #b84a07; --cannot: #86399c; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e4e8ec; --paper: #121212; --muted: #a2adb8; --grid: #363e47; --box: #1c2126;
    --link: #6cb6ff; --right: #4fd1a5; --wrong: #ff9d5c; --cannot: #d79df0; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1.5rem 1rem 3rem; max-width: 60rem; background: var(--paper);
  color: var(--ink); font: 1rem/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
h1 { font-size: 1.6rem; line-height: 1.25; margin: 0 0 1rem; }
h2 { font-size: 1.25rem; margin: 2.2rem 0 .6rem; }
h3 { font-size: 1rem; margin: 0; }
p { margin: .35rem 0; }
a { color: var(--link); }
.muted, dt { color: var(--muted); }
.tiles { display: flex; flex-wrap: wrap; gap: .6rem; }
.tile { flex: 1 1 7rem; padding: .5rem .9rem; background: var(--box); border-left: .3rem solid; }
.tile b { font-size: 1.6rem; margin-right: .3rem; }
.tile.right, .badge.right { color: var(--right); }
.tile.wrong, .badge.wrong { color: var(--wrong); }
.tile.cannot, .badge.cannot { color: var(--cannot); }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .15rem 1rem; margin: 1rem 0; }
dd { margin: 0; }
.bars { list-style: none; margin: 0; padding: 0; }
.bars li { padding: .8rem 0; border-bottom: 1px solid var(--grid); }
.track { background: var(--box); margin: .35rem 0; }
.bar { height: .7rem; min-width: 2px; background: var(--wrong); }
.cannot .bar { background: var(--cannot); }
summary { cursor: pointer; }
.bars summary { color: var(--link); }
.one { border-bottom: 1px solid var(--grid); padding: .45rem 0; }
.one :target { scroll-margin-top: 3rem; }
.one .name { font-weight: 600; margin-right: .6rem; }
.badge { border: 1px solid; border-radius: 1rem; padding: 0 .6rem; font-size: .85rem;
  margin-right: .6rem; white-space: nowrap; }
.what { color: var(--muted); }
pre { background: var(--box); padding: .8rem; white-space: pre-wrap; overflow-wrap: anywhere;
  font: .85rem/1.5 ui-monospace, Menlo, Consolas, monospace; }
.output { max-height: 20rem; overflow-y: auto; }
footer { margin-top: 2.5rem; padding-top: .8rem; border-top: 1px solid var(--grid);
  color: var(--muted); font-size: .9rem; }
@media (max-width: 30rem) { dl { grid-template-columns: 1fr; } dd { margin-bottom: .4rem; } }
@media print { details::details-content { content-visibility: visible; } }
</style>
</head>
<body>
<h1>$title</h1>
<div class="tiles">$counts</div>
<dl>$facts</dl>
<h2>What the class gets wrong</h2>
$wrong
$failures
<h2>Every submission</h2>
$submissions
<footer>$note</footer>
</body>
</html>
""")
