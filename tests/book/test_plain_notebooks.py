"""What the downloads are made with: pages to plain Markdown, code without the book's plumbing."""

import sys

import pytest
from book_pages import BOOK
from docutils import nodes
from nbformat.v4 import new_code_cell

sys.path.insert(0, str(BOOK / "_ext"))

markdown = pytest.importorskip("downloads.markdown")
plain_code = pytest.importorskip("downloads.plain_code").plain_code
questions = pytest.importorskip("questions")


@pytest.fixture
def plain():
    numbers = {"displaymath": {"equation-eq-bp2": ("BP2",)}, "theorem": {"th-cheap": (3,)}}
    return markdown.Plain("book/proofs", numbers)


def paragraph(*children):
    """Return a paragraph of texts and nodes."""
    made = nodes.paragraph()
    made += [nodes.Text(each) if isinstance(each, str) else each for each in children]
    return made


def test_no_character_of_a_text_becomes_a_mark(plain):
    assert plain.block(paragraph("2 * 3 * 4, a_b_c, a < b, $5")) == [
        r"2 \* 3 \* 4, a\_b\_c, a &lt; b, \$5"
    ]
    assert plain.block(paragraph("1. of May")) == [r"\1. of May"], "a paragraph, and no list"


def test_a_formula_keeps_its_name(plain):
    formula = nodes.math_block("", r"\delta = 1", ids=["equation-eq-bp2"], label="eq-bp2")
    assert plain.block(formula) == ["$$\n\\delta = 1 \\tag{BP2}\n$$"]
    free = nodes.math_block("", "a = b", ids=[], label=None)
    assert plain.block(free) == ["$$\na = b\n$$"], "what has no number gets none"


def test_a_link_leads_to_the_published_page_or_is_text(plain):
    link = nodes.reference("", "the chapter", refuri="chain-rule.html#two-paths")
    assert plain.block(paragraph(link)) == ["the chapter"]
    plain.book_url = "https://example.org/course"
    address = "https://example.org/course/book/chain-rule.html#two-paths"
    assert plain.block(paragraph(link)) == [f"[the chapter]({address})"]


def test_a_figure_that_moves_in_the_pages_says_so(plain):
    still = nodes.inline("", "with its errors", classes=["still"])
    moves = nodes.inline("", "to step through", classes=["moving"])
    drawn = nodes.figure("", nodes.caption("", "The network, ", moves, still), ids=["fig-net"])
    said = "**Fig. .** The network, with its errors"
    assert plain.block(drawn) == [f"{said} This figure moves in the pages of the book."]
    plain.book_url = "https://example.org/course"
    link = "(https://example.org/course/book/proofs.html#fig-net)."
    assert plain.block(drawn)[0].endswith(f"in the pages of the book]{link}")
    assert plain.block(nodes.figure("", nodes.caption("", "A plot"))) == ["**Fig. .** A plot"]


def test_a_bar_in_a_formula_does_not_end_the_cell_of_a_table(plain):
    entry = nodes.entry("", paragraph(nodes.math("", r"\|w\| = |v|"), " or | so"))
    assert markdown.cell_text(plain, entry) == r"$\Vert w\Vert  = \vert v\vert $ or \| so"


def test_what_is_not_known_is_an_error(plain):
    with pytest.raises(markdown.UnknownNodeError, match="citation_reference"):
        plain.block(paragraph(nodes.citation_reference("", "x")))
    with pytest.raises(markdown.UnknownNodeError, match="HTML of its own"):
        plain.block(nodes.raw("", "<b>x</b>", format="html"))


def asked(kind, *answers):
    """Return a question with some answers, each right or not, with a reply."""
    made = questions.question(kind=kind, label="q-x")
    made += questions.stem("", paragraph("How large?"))
    for text, right in answers:
        made += questions.answer("", paragraph(text), paragraph(f"Because {text}."), right=right)
    return made


def test_a_question_folds_what_there_is_to_say(plain):
    shown, folded = plain.block(asked("single", ("four", False), ("five", True)))
    assert "How large?" in shown and "> - four\n> - five" in shown
    assert "Because" not in shown and "Right" not in shown, "the answer is given away"
    assert folded.startswith("<details>") and "*Right.* Because five." in folded
    assert "*No.* Because four." in folded
    shown, folded = plain.block(asked("number", ("5", True), ("any other", False)))
    assert "5" not in shown and "*Right.* Because 5." in folded


def test_the_steps_of_an_order_are_shown_in_another(plain):
    made = asked("order", ("one", None), ("two", None), ("three", None))
    made += questions.closing("", paragraph("That is it."))
    shown, folded = plain.block(made)
    assert "- one\n> - two\n> - three" not in shown
    assert "1. one" in folded and "That is it." in folded


def test_plumbing_goes_and_what_was_computed_for_it():
    hidden = {"tags": ["remove-input", "remove-output"]}
    cells = [
        new_code_cell("from myst_nb import glue\nimport numpy as np\nx = 1"),
        new_code_cell('for i in (1, 2):\n    y = i\n    glue("n", y)\n    print(y)'),
        new_code_cell('share = x / 3\nassert share < 1\nglue("share", share)', metadata=hidden),
        new_code_cell("def used():\n    return 2", metadata=hidden),
        new_code_cell("total = 0\nfor i in (1, 2):\n    total += i\nassert total", metadata=hidden),
        new_code_cell("z = rng.normal()", metadata=hidden),
        new_code_cell("print(used())"),
        new_code_cell("d = rng.normal()\nassert d", metadata={"tags": ["remove-cell"]}),
    ]
    first, loop, alone, used, test, drawn, last, end = plain_code(cells)
    assert first == "import numpy as np\nx = 1"
    assert loop == "for i in (1, 2):\n    y = i\n    print(y)"
    assert alone == "" and test == "", "nothing else needs them"
    assert used and last == "print(used())"
    assert drawn, "what is drawn after it depends on it"
    assert end == "", "nothing comes after it"
