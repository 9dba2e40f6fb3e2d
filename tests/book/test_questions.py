"""The book's questions: two to four a chapter, one right answer, a reply to every wrong one."""

import re
from collections import Counter
from dataclasses import dataclass
from itertools import pairwise

import pytest
from book_pages import cells
from test_structure import chapters, prose

LEAST, MOST = 2, 4
KINDS = {"single", "multiple", "number", "order"}
QUESTION = re.compile(
    r"^```\{question\} *(?P<kind>\w*)\n(?P<options>(?::\w+:[^\n]*\n)*)(?P<body>.*?)^```$",
    re.DOTALL | re.MULTILINE,
)
ITEM = re.compile(
    r"^(?:- \[(?P<mark>[ x])\]|\d+\.) (?P<text>[^\n]*)\n(?P<reply>(?:[ \t]*\n|[ ]{2,}[^\n]*\n)*)",
    re.MULTILINE,
)
NUMBER = re.compile(r"\{glue:text\}`(\w+)`")


@dataclass(frozen=True)
class Question:
    """A question as its author wrote it."""

    kind: str
    options: dict
    answers: list  # of (mark, text, reply)
    stem: str
    closing: str


def questions(markdown):
    """Return the questions that stand in a text."""
    return [question_of(found) for found in QUESTION.finditer(markdown)]


def question_of(found):
    """Return one question."""
    items = list(ITEM.finditer(found["body"]))
    options = dict(re.findall(r"^:(\w+): *(.*)$", found["options"], re.MULTILINE))
    answers = [(item["mark"], item["text"], item["reply"].strip()) for item in items]
    stem, closing = found["body"][: items[0].start()], found["body"][items[-1].end() :]
    return Question(found["kind"], options, answers, stem.strip(), closing.strip())


def glued(path):
    """Return the texts that the cells of a notebook glued, by name."""
    outputs = [output for cell in cells(path) for output in cell.outputs]
    return {
        output["metadata"]["scrapbook"]["name"]: "".join(text).strip("'")
        for output in outputs
        if "scrapbook" in output.get("metadata", {})
        for mime, text in output["data"].items()
        if mime.endswith("text/plain")
    }


each_chapter = pytest.mark.parametrize("path", chapters(), ids=lambda path: path.stem)


@each_chapter
def test_a_chapter_has_two_to_four_questions(path):
    found = questions(prose(path))
    assert len(found) == prose(path).count("{question}"), "a question that can't be read"
    assert LEAST <= len(found) <= MOST, f"{len(found)} questions, want {LEAST} to {MOST}"


@each_chapter
def test_a_question_is_whole(path):
    for question in questions(prose(path)):
        label = question.options.get("label", "")
        assert question.kind in KINDS, f"{label} is of kind {question.kind!r}"
        assert label.startswith("q-"), f"the label {label!r} should begin with q-"
        assert question.stem, f"{label} asks nothing"
        assert len(question.answers) >= 2, f"{label} leaves no choice"
        silent = [
            text for _, text, reply in question.answers[question.kind == "order" :] if not reply
        ]
        assert not silent, f"{label} says nothing to {silent}"
        texts = [text for _, text, _ in question.answers]
        assert len(set(texts)) == len(texts), f"{label} offers an answer twice"


@each_chapter
def test_the_right_answers_are_marked(path):
    for question in questions(prose(path)):
        label = question.options["label"]
        marks = Counter(mark for mark, _, _ in question.answers)
        if question.kind == "order":
            assert marks.keys() == {None}, f"{label}: steps are numbered, not marked"
            assert question.closing, f"{label} says nothing when the order is right"
        elif question.kind == "multiple":
            assert marks["x"] and marks[" "], f"{label} needs right and wrong answers"
        else:
            assert marks["x"] == 1, f"{label} has {marks['x']} right answers"


@each_chapter
def test_numbers_to_find_are_computed(path):
    values = glued(path)
    for question in questions(prose(path)):
        if question.kind != "number":
            continue
        label, (*known, last) = question.options["label"], question.answers
        assert not re.search(r"\d|glue", last[1]), f"{label}: the last answer is for other numbers"
        names = [NUMBER.fullmatch(text) for _, text, _ in known]
        assert all(names), f"{label}: every number is {{glue:text}}`name` and nothing else"
        texts = [values[name[1]].replace("−", "-").replace(",", "") for name in names]
        assert all(re.fullmatch(r"-?\d+(\.\d+)?(e[-+]?\d+)?", text) for text in texts), texts
        numbers = sorted(map(float, texts))
        tolerance = float(question.options.get("tolerance", 0))
        near = [pair for pair in pairwise(numbers) if pair[1] - pair[0] <= 2 * tolerance]
        assert not near, f"{label}: {near} can't be told apart"


def test_the_place_of_an_answer_does_not_give_it_away():
    singles = [
        question
        for path in chapters()
        for question in questions(prose(path))
        if question.kind == "single"
    ]
    places = Counter([mark for mark, _, _ in each.answers].index("x") for each in singles)
    assert max(places.values()) < 0.6 * len(singles), f"where the right answer stands: {places}"


def test_the_reader_of_questions_reads_what_is_written():
    text = (
        "```{question} number\n:label: q-a\n:tolerance: 0.5\n\nHow\nmany?\n\n"
        "- [x] {glue:text}`n`\n\n  Yes,\n  so many.\n"
        "- [ ] any other number\n\n  Count.\n```\n\nand on\n"
    )
    [question] = questions(text)
    assert question.options == {"label": "q-a", "tolerance": "0.5"}
    assert question.stem == "How\nmany?" and not question.closing
    assert question.answers == [
        ("x", "{glue:text}`n`", "Yes,\n  so many."),
        (" ", "any other number", "Count."),
    ]
