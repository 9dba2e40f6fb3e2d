"""The pages as a reader meets them: how long they take, and what they put before the eyes."""

import re

import pytest
from book_pages import cells, markdown_pages, notebooks, table_of_contents
from test_structure import TABLES

# What a careful reader does in a minute: words of the main text, and lines of visible code.
WORDS, LINES = 150, 7.5
# Minutes: in the first part, and anywhere.
FIRST_PART, ANYWHERE = 25, 35
WIDEST = 79
VERDICTS = 2
HIDDEN = {"hide-input", "hide-cell", "remove-input", "remove-cell"}
UNSEEN = {"remove-output", "remove-cell", "hide-output", "hide-cell"}

# Blocks that are part of the main text; of a question all but the replies, which are folded.
READ = {"admonition", "note", "question"}
REPLY = re.compile(r"^ {2,}\S.*$", re.MULTILINE)

CHAPTERS = [path for path in notebooks() if path.stem not in TABLES]
FIRST = {name.rpartition("/")[2] for name in list(table_of_contents().values())[1]}
MARK = re.compile(r"\((pencil|code|project), (★|★★|★★★)\)$")
BLOCK = re.compile(r"^(`{3,}|:{3,})\{(\w[\w:-]*)\}[^\n]*\n.*?^\1\s*$", re.DOTALL | re.MULTILINE)


def of(chapters):
    """Return the parametrization over chapters, by name."""
    return pytest.mark.parametrize("path", chapters, ids=lambda path: path.stem)


def reading(path):
    """Return the cells that are read one after the other: without solutions."""
    solution = False
    for cell in cells(path):
        source = cell.source
        if cell.kind == "markdown" and "{solution-end}" in source:
            solution, source = False, source.partition("{solution-end}")[2]
        if not solution:
            yield cell, source.partition("```{solution-start}")[0]
        solution = solution or "{solution-start}" in source


def words(markdown):
    """Count the words of the main text: no formulas, no listings, no exercises and solutions."""
    text = BLOCK.sub(shown, markdown)
    text = re.sub(r"\$\$.*?\$\$|\$[^$]*\$|\{[\w:]+\}`[^`]*`", " x ", text, flags=re.DOTALL)
    return len(re.findall(r"[A-Za-z][A-Za-z'’-]*", text))


def shown(block):
    """Return what a reader sees of a block, at first sight."""
    if block[2] not in READ:
        return " "
    return REPLY.sub("", block[0]) if block[2] == "question" else block[0]


def listing(cell):
    """Return the visible lines of a code cell."""
    if cell.kind != "code" or HIDDEN & set(cell.metadata.get("tags", [])):
        return []
    return [line for line in cell.source.splitlines() if line.strip()]


def minutes(path):
    """Return the minutes that a chapter takes."""
    prose = sum(words(text) for cell, text in reading(path) if cell.kind == "markdown")
    lines = sum(len(listing(cell)) for cell, _ in reading(path))
    return prose / WORDS + lines / LINES


def verdicts(path):
    """Return the visible lines of output that say True or False."""
    outputs = [
        output
        for cell, _ in reading(path)
        if not UNSEEN & set(cell.metadata.get("tags", []))
        for output in cell.outputs
    ]
    texts = ["".join(o.get("text", o.get("data", {}).get("text/plain", []))) for o in outputs]
    return [line for text in texts for line in text.splitlines() if re.search("True|False", line)]


@of(CHAPTERS)
def test_a_chapter_can_be_read_in_one_sitting(path):
    most = FIRST_PART if path.stem in FIRST else ANYWHERE
    assert minutes(path) <= most + 0.5, f"{minutes(path):.0f} minutes, want {most} at most"


@of(CHAPTERS)
def test_a_chapter_says_how_long_it_takes(path):
    said = re.search(r"^\*About (\d+) minutes\.\*$", cells(path)[0].source, re.MULTILINE)
    assert said, "want a line *About NN minutes.* under the title"
    found = minutes(path)
    assert abs(int(said[1]) - found) <= 2.5, f"it says {said[1]} minutes and takes {found:.0f}"


@of(CHAPTERS)
def test_numbers_are_shown_not_verdicts(path):
    lines = verdicts(path)
    assert len(lines) <= VERDICTS, (
        f"{len(lines)} lines of True and False: show the numbers: {lines}"
    )


@of(CHAPTERS)
def test_listings_fit_their_column(path):
    wide = [line for cell, _ in reading(path) for line in listing(cell) if len(line) > WIDEST]
    assert not wide, f"visible lines of more than {WIDEST} characters: {wide}"


@pytest.mark.parametrize("path", [*CHAPTERS, *markdown_pages()], ids=lambda path: path.stem)
def test_derivatives_are_taken_with_respect_to_something(path):
    by = re.compile(
        r"\b(?:derivatives?|gradients?) by (?!hand\b|finite\b|central\b|back|the chain\b)"
    )
    found = [
        cell.source[match.start() : match.end() + 20]
        for cell in cells(path)
        if cell.kind == "markdown"
        for match in by.finditer(cell.source)
    ]
    assert not found, f"want 'with respect to': {found}"


def exercises(path):
    """Return the titles of a chapter's exercises."""
    return [
        title
        for cell in cells(path)
        if cell.kind == "markdown"
        for title in re.findall(r"^`{3,}\{exercise\} *(.*)$", cell.source, re.MULTILINE)
    ]


@of(CHAPTERS)
def test_every_exercise_says_what_it_takes(path):
    bare = [title for title in exercises(path) if not MARK.search(title)]
    assert not bare, f"want a mark such as (pencil, ★★) at the end of {bare}"


@of(CHAPTERS)
@pytest.mark.parametrize("kind", ["Predict, then run: ", "Drill: ", "Bug hunt: "])
def test_every_chapter_has_something_to_predict_to_drill_and_to_hunt(path, kind):
    titles = exercises(path)
    assert any(title.startswith(kind) for title in titles), f"no exercise '{kind}...': {titles}"


def test_the_reader_of_chapters_leaves_out_what_it_should():
    text = "Two words.\n\n```{exercise} T (pencil, ★)\n:label: x\n\nmany more words\n```\n$a b$\n"
    assert words(text) == 3, "two words and a formula"
    question = "```{question} single\n:label: x\n\nWhy so?\n\n- [ ] Because\n\n  A reply.\n```\n"
    assert words(question) == words("question single label x Why so Because"), "no reply"
