"""No number in the book's prose is typed: it is computed and glued, or it is declared as given."""

import pytest
from book_pages import cells, markdown_pages, notebooks
from typed_numbers import typed_numbers


def complaints(cell):
    """Return what is wrong with the numbers of one cell, one sentence each."""
    given = cell.metadata.get("given", {})
    typed = [number for text in visible_texts(cell) for number in typed_numbers(text)]
    return (
        [undeclared(cell, *number) for number in typed if number.number not in given]
        + [unused(cell, name) for name in given if name not in {number for number, _ in typed}]
        + [unexplained(cell, name) for name, reason in given.items() if not str(reason).strip()]
    )


def visible_texts(cell):
    """Return the texts of a cell that a reader sees as prose."""
    if cell.kind == "markdown":
        return [cell.source]
    shown = cell.metadata.get("mystnb", {})
    return [shown.get("figure", {}).get("caption", ""), shown.get("image", {}).get("alt", "")]


def undeclared(cell, number, line):
    """Say that a number was typed, and the two ways out."""
    return (
        f"{cell.place}, line {line + cell.first_line - 1}: the number {number} is typed. "
        f"Compute it: glue(name, f'{{value:.3f}}', display=False) in a code cell and "
        f"{{glue:text}}`name` here. Or, if it is an input, a year or a cited figure, declare it "
        f'in this cell\'s metadata: "given": {{"{number}": "what it is"}}'
    )


def unused(cell, name):
    """Say that a declaration has nothing to declare."""
    return f"{cell.place}: {name} is declared as given, but does not stand in the text: remove it"


def unexplained(cell, name):
    """Say that a declaration lacks its reason."""
    return f"{cell.place}: {name} is declared as given without a reason: say what it is"


@pytest.mark.parametrize("page", notebooks() + markdown_pages(), ids=lambda path: path.name)
def test_every_number_is_glued_or_given(page):
    found = [complaint for cell in cells(page) for complaint in complaints(cell)]
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("The loss is 0.298.", ["0.298"]),
        ("A step of 1e-5 or of 1.5e-8", ["1e-5", "1.5e-8"]),
        ("Rumelhart (1986) and 23,820 weights", ["1986", "23,820"]),
        ("Math: $z = 23{,}820$ and $0.5 \\times a$", ["23,820", "0.5"]),
        ("`eta=0.5` in inline code", ["0.5"]),
        ("| a table | 97.4 |\n|---|---|\n| 1 | .25 |", ["97.4", ".25"]),
        ("reaches 95 % or 95% or $95\\%$", ["95", "95", "95"]),
        ("```{math}\n:label: eq-a100\nx = 0.25\n```", ["0.25"]),
        ("```{admonition} The year 1974\n:class: tip-500\nand 0.1\n```", ["1974", "0.1"]),
        (":::{note}\nand 0.1\n:::", ["0.1"]),
        ("````{prf:proof}\n```{math}\n0.5\n```\nthen 0.75\n````", ["0.5", "0.75"]),
        ("{ref}`the 784 inputs <inputs-784>`", ["784"]),
        ("[0.5 is typed](page-0.7.html)", ["0.5"]),
        ("version 1.0.4", ["1.0.4"]),
        ("ends a sentence with 0.5. And 0.25, too", ["0.5", "0.25"]),
        ("minus -0.5 and +0.75", ["0.5", "0.75"]),
        ("{math}`0.5 x`", ["0.5"]),
        ("```{figure} x.svg\n:alt: shows 0.5\n```", ["0.5"]),
        (
            "```{question} number\n:label: q-a\n\nHow 0.1?\n\n- [x] 0.25\n\n  A 0.125.\n```",
            ["0.1", "0.25", "0.125"],
        ),
    ],
)
def test_the_scanner_finds(text, numbers):
    assert [typed.number for typed in typed_numbers(text)] == numbers, "a typed number escapes"


@pytest.mark.parametrize(
    "text",
    [
        "Two layers, 30 neurons, layer 12 of 20.",
        "```python\nx = 0.5\n```",
        "```\n0.5\n```",
        "~~~\n0.5\n~~~",
        "```{code-block} python\n:lines: 100-200\nx = 0.5\n```",
        "```{literalinclude} /bpcourse/equations.py\n:lines: 100-200\n```",
        "```{solution} ex-chapter-100\n:class: dropdown\n:label: sol-100\n```",
        "(ch-1986)=",
        "{cite:t}`rumelhart1986` {eq}`eq-100` {ref}`sec-0.5` {glue:text}`loss_100`",
        "{cite:p}`nielsen2015,werbos1974`",
        "<https://example.org/2015/0.5> and https://example.org/1986",
        "[text](https://example.org/1986)",
        "w2 b3 x100 eq-bp1 sha256 float64 w^{12}",
        "<!-- 0.5 -->\n% 0.5",
        '<a id="x-100"></a>',
        "````{exercise} Title\n:label: ex-100\n```python\n0.5\n```\n````",
        "```{question} number\n:label: q-100\n:tolerance: 0.05\n\n- [x] {glue:text}`x_100`\n```",
    ],
)
def test_the_scanner_passes(text):
    assert typed_numbers(text) == [], "this is no number in prose"


def test_the_scanner_names_the_line():
    text = "first\n\n```python\n0.5\n```\n{ref}`a\nb <c>` here 0.25"
    assert typed_numbers(text) == [("0.25", 7)], "blanking out must keep the line breaks"


def planted(tmp_path, source, **metadata):
    """Return the complaints about a notebook with one Markdown cell."""
    import nbformat

    notebook = nbformat.v4.new_notebook()
    cell = nbformat.v4.new_markdown_cell(source, id="planted", metadata=metadata)
    notebook.cells = [cell]
    path = tmp_path / "planted.ipynb"
    nbformat.write(notebook, path)
    return [complaint for cell in cells(path) for complaint in complaints(cell)]


def test_a_planted_number_is_reported_with_both_ways_out(tmp_path):
    [complaint] = planted(tmp_path, "The loss\nis 0.298.")
    for part in ("planted.ipynb, cell 1 (id planted), line 2", "0.298", "glue(", '"given"'):
        assert part in complaint, f"the message must hold {part!r}"


def test_a_given_number_needs_its_reason_and_its_use(tmp_path):
    assert planted(tmp_path, "eta = 0.5", given={"0.5": "learning rate, an input"}) == []
    assert "without a reason" in planted(tmp_path, "eta = 0.5", given={"0.5": " "})[0]
    assert "remove it" in planted(tmp_path, "no number", given={"0.5": "learning rate"})[0]


def test_front_matter_declares_the_numbers_of_a_page(tmp_path):
    page = tmp_path / "page.md"
    page.write_text('---\ngiven:\n  "1986": year\n---\n\nIn 1986 it was 0.5.\n', encoding="utf-8")
    [complaint] = [text for cell in cells(page) for text in complaints(cell)]
    assert "page.md, line 6: the number 0.5" in complaint, "the line counts from the file's top"
