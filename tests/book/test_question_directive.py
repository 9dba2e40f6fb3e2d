"""The directive ``question``: what builders without a page show, and what authors are told."""

import io
import sys

import pytest
from book_pages import BOOK

sys.path.insert(0, str(BOOK / "_ext"))
application = pytest.importorskip("sphinx.application")
docutils = pytest.importorskip("sphinx.util.docutils")

SINGLE = """```{question} single
:label: q-a

How much is $1 + 1$?

- [ ] 1

  You counted one of them.
- [x] 2

  One, and one more.
```
"""
ORDER = """```{question} order
:label: q-b

What comes first?

1. one
2. two

   Only after one.
3. three

   Only after two.

So one counts.
```
"""


def built(folder, markdown, builder="text"):
    """Return what a builder makes of a page, and its warnings."""
    (folder / "index.md").write_text(f"# Page\n\n{markdown}", encoding="utf-8")
    settings = {
        "extensions": ["myst_parser", "questions"],
        "myst_enable_extensions": ["dollarmath"],
        "html_theme": "basic",
        # Sphinx changes its default in place, and another book was perhaps built before this one.
        "source_suffix": {".md": "markdown"},
    }
    warnings = io.StringIO()
    out = folder / builder
    with docutils.docutils_namespace():
        app = application.Sphinx(
            folder, None, out, folder / "trees", builder, settings, None, warnings, freshenv=True
        )
        app.build()
    name = "index.txt" if builder == "text" else "index.html"
    return (out / name).read_text(encoding="utf-8"), warnings.getvalue()


def test_as_text_the_answers_follow_the_question(tmp_path):
    text, warnings = built(tmp_path, SINGLE + "\n" + ORDER)
    assert not warnings, warnings
    asked, answered, *_ = text.split("Answer")
    assert "You counted" not in asked, "the replies stand apart from the question"
    assert "Right." in answered and "You counted" in answered, "each answer with its reply"
    assert text.index("1. one") < text.index("2. two") < text.index("3. three"), "in order"


def test_a_page_has_fields_and_names(tmp_path):
    page, warnings = built(tmp_path, SINGLE, "html")
    assert not warnings, warnings
    assert page.count('type="radio"') == 2, "a field for each answer"
    assert page.count('name="q-a"') == 2, "one of the two at a time"
    assert '<label for="q-a-1">' in page, "the answer belongs to its field"
    assert "questions.js" in page and "questions.css" in page, "loaded where a question is"
    page, _ = built(tmp_path, "No question.", "html")
    assert "questions.js" not in page, "and nowhere else"


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        (SINGLE.replace("  You counted one of them.\n", ""), "no reply to: 1"),
        (SINGLE.replace("[ ]", "[x]"), "2 answers are marked as right"),
        (SINGLE.replace("[x]", "[ ]"), "0 answers are marked as right"),
        (SINGLE.replace("single", "simple"), "single, multiple, number, order"),
        (SINGLE.replace(":label: q-a\n", ""), "want a :label:"),
        (SINGLE.replace("single", "number"), "without a number"),
        (ORDER.replace("So one counts.\n", ""), "when the order is right"),
        (ORDER.replace("order", "single"), "needs a list of answers"),
    ],
)
def test_an_author_is_told(tmp_path, wrong, told):
    _, warnings = built(tmp_path, wrong)
    assert told in warnings, f"the warning should hold {told!r}: {warnings}"
