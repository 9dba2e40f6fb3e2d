"""The book to take home: what paper, e-book and slides are made of, and what their checks find."""

import contextlib
import importlib.util
import io
import json
import re
import shutil
import sys
import zipfile
from xml.etree import ElementTree

import pytest
from book_pages import BOOK, ROOT, cells, markdown_pages, notebooks

sys.path[:0] = [str(BOOK / "_ext"), str(ROOT / "scripts")]
pytest.importorskip("sphinx", reason="the editions need the book's environment")
import check_epub  # noqa: E402 (the folders above)
import check_pdf  # noqa: E402
import cover  # noqa: E402
import editions  # noqa: E402
import epub  # noqa: E402
import mathml  # noqa: E402
import paper  # noqa: E402
import paper_tables  # noqa: E402
import pdf  # noqa: E402
import python_in_page  # noqa: E402
import slides  # noqa: E402
import stills  # noqa: E402
import take_home  # noqa: E402
from bs4 import BeautifulSoup  # noqa: E402
from docutils import nodes  # noqa: E402
from markdown_it import MarkdownIt  # noqa: E402
from mdit_py_plugins.amsmath import amsmath_plugin  # noqa: E402
from mdit_py_plugins.dollarmath import dollarmath_plugin  # noqa: E402
from sphinx import addnodes  # noqa: E402
from sphinx_proof.nodes import proof_node  # noqa: E402

SMALL = """
format: jb-book
root: book/intro
parts:
  - {caption: A part, chapters: [{file: book/four-equations}]}
  - {caption: Appendices, chapters: [{file: book/differences}]}
  - {caption: Reference, chapters: [{file: book/glossary}, {file: book/bibliography}]}
"""


PUBLISHED = "https://book.example/course/"
ROOM = re.compile(r"\\Needspace\{([\d.]+)")


def formulas():
    """Return every formula of the book, with where it stands and whether it is displayed."""
    reader = MarkdownIt().use(dollarmath_plugin).use(amsmath_plugin)
    for path in [*notebooks(), *markdown_pages()]:
        for cell in cells(path):
            if cell.kind == "markdown":
                for code, displayed in formulas_in(reader, cell.source):
                    yield cell.place, code, displayed
            for output in cell.outputs:
                if latex := "".join(output.get("data", {}).get("text/latex", "")):
                    yield cell.place, latex.strip("$"), False


def formulas_in(reader, source):
    """Return the formulas of a piece of Markdown, those in its directives included."""
    found = []
    for token in reader.parse(source):
        if token.type in ("math_block", "math_block_label", "amsmath"):
            found.append((token.content, True))
        elif token.type == "fence" and token.info.strip() == "{math}":
            found.append((re.sub(r"^:\w+:.*\n", "", token.content, flags=re.MULTILINE), True))
        elif token.type == "fence" and token.info.startswith("{"):
            found += formulas_in(reader, token.content)
        found += [(c.content, False) for c in token.children or [] if c.type == "math_inline"]
    return found


def figures():
    """Return every stored figure with its place."""
    for path in notebooks():
        for cell in cells(path):
            for output in cell.outputs:
                if svg := "".join(output.get("data", {}).get("image/svg+xml", "")):
                    yield cell.place, svg


def test_every_formula_becomes_mathml():
    seen, unreadable = 0, []
    for place, code, displayed in formulas():
        seen += 1
        try:
            made = mathml.mathml(mathml.display(code) if displayed else code, display=displayed)
            root = ElementTree.fromstring(made)
            left = [text for text in root.itertext() if "\\" in text]
            unreadable += [f"{place}: {code!r} leaves {left}"] if left else []
        except ValueError as error:
            unreadable.append(f"{place}: {error}")
    assert seen > 2000, f"only {seen} formulas were found: the search is broken"
    assert not unreadable, "\n".join(unreadable)


def test_a_formula_that_mathjax_cannot_read_is_an_error():
    with pytest.raises(ValueError, match="can't read"):
        mathml.mathml(r"\nosuchcommand x")


@pytest.mark.parametrize(
    ("code", "wanted"),
    [
        (r"\ln 4", 'width="0.17em"'),
        (r"2 \cdot (-1)", 'form="prefix"'),
        (r"\begin{aligned} a &= b \\ &= c \end{aligned}", "text-align: right"),
        (r"C/w", 'lspace="0"'),
    ],
)
def test_spaces_that_only_mathjax_knows_are_written_down(code, wanted):
    assert wanted in mathml.mathml(code)


def test_figures_on_paper_have_colors_of_their_own():
    seen = 0
    for place, svg in figures():
        seen += 1
        plain = stills.plain_colors(svg)
        assert "var(" not in plain, f"{place}: a variable is left, and would be black on paper"
        assert "data-live" not in plain, f"{place}: numbers for a script are left"
        ElementTree.fromstring(plain)
    assert seen > 50, f"only {seen} figures were found: the search is broken"


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """Return a folder with a book of four pages: as LaTeX in ``tex``, as an e-book in ``pages``."""
    folder = tmp_path_factory.mktemp("editions")
    (folder / "toc.yml").write_text(SMALL, encoding="utf-8")
    only = {"external_toc_path": str(folder / "toc.yml"), "book_url": PUBLISHED}
    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stderr(io.StringIO()):
        if not shutil.which("rsvg-convert"):
            patch.setattr(paper, "draw", lambda svg, path: path.write_text(svg))
        epub.draw_cover(folder / "pages")
        # The warnings are of references to pages that a book of four has not.
        editions.sphinx("epub", folder / "pages", settings=epub.settings() | only)
        editions.sphinx("latex", folder / "tex", settings=pdf.settings() | only)
    epub.pack(folder / "pages", folder / "small.epub")
    return folder


@pytest.fixture(scope="module")
def latex(small):
    """Return the LaTeX of the small book."""
    return (small / "tex" / f"{editions.NAME}.tex").read_text(encoding="utf-8")


def test_equations_have_their_names_on_paper(latex):
    for name in ("BP1", "BP2", "BP3", "BP4"):
        assert rf"\tag{{{name}}}" in latex, f"{name} has no name on paper"


def test_solutions_stand_in_the_appendix(latex):
    before, after = latex.split(rf"\chapter{{{paper.SOLUTIONS}}}")
    assert before.count(r"\begin{bpexercise}") > 10
    assert r"\begin{bpsolution}" not in before, "a solution stands beside its exercise"
    assert after.count(r"\begin{bpsolution}") > before.count(r"\begin{bpexercise}"), (
        "every exercise has a solution, and the questions in the text have answers"
    )


def test_short_code_is_not_torn_apart(latex):
    rooms = [float(room) for room in ROOM.findall(latex)]
    assert len(rooms) > 10, "a cell asks for room on its page"
    assert max(rooms) < 30, "longer code may go on over pages"


def test_a_head_stays_with_what_it_heads(latex):
    blocks = re.findall(r"\\begin\{bp(?:exercise|solution)\}.*?\\end\{bp", latex, re.DOTALL)
    alone = [text[:200] for text in blocks if r"\bphead" not in text]
    assert len(blocks) > 20 and not alone, f"may end their page: {alone}"
    torn = [text[:200] for text in blocks if re.search(r"\\bphead\s+\\Needspace", text)]
    assert not torn, f"the room for code is asked for before the head: {torn}"


@pytest.mark.parametrize(("kind", "inside"), [("solution", "room"), ("section", "before")])
def test_room_for_code_is_asked_for_before_its_heading(kind, inside):
    code = nodes.literal_block("", "\n".join(["x = 1"] * 20))  # longer than what stays together
    cell = nodes.container("", nodes.container("", code), classes=["cell"])
    around = paper.headed(nodes.paragraph(), [cell], kind=kind)
    if kind == "section":
        around = nodes.section("", nodes.title("", "A title"), cell)
    book = nodes.section("", nodes.paragraph(), around)
    paper.keep_code_together(book)
    assert len(around) == 2 + (kind == "solution"), "nothing comes between heading and code"
    asked = around.get("room", 0) if inside == "room" else float(ROOM.findall(book[1].astext())[0])
    wanted = paper.CODE_LINE * paper.BEGINNING + paper.CODE_FRAME + paper.HEADING
    assert asked == pytest.approx(wanted, abs=0.06), "the first lines of the code, and the heading"


def test_paper_has_no_words_for_what_moves_and_no_empty_lines(latex):
    assert "press" not in latex[: latex.index("Three ways through")], (
        "the start page speaks of paper"
    )
    empty = re.findall(r".{40}\\sphinxAtStartPar\s*\n\n.{40}", latex, re.DOTALL)
    assert not empty, f"paragraphs without a word: {empty}"


def test_a_proof_ends_in_its_last_line():
    proof = proof_node("", nodes.section("", nodes.paragraph("", "Proof. So it is.")))
    book = addnodes.start_of_file("", proof, docname="a")
    paper.make_theorems(book, None)
    assert book.astext().endswith(r"So it is.\bpqed")


def test_a_computed_formula_ends_its_paragraph():
    book = nodes.container("", nodes.math_block("", "x"), classes=["cell"])
    paper.set_results_apart(nodes.section("", book))
    assert [child.astext() for child in book] == [r"\bpresult", "x", r"\par"], "space and indent"


def test_an_empty_cell_of_a_table_stays_empty():
    cells = [nodes.entry("", nodes.paragraph("", *text)) for text in ([nodes.Text("a")], [])]
    row = nodes.tbody("", nodes.row("", *cells))
    group = nodes.tgroup("", nodes.colspec(), nodes.colspec(), row)
    paper_tables.fit_tables(nodes.section("", nodes.table("", group)))
    assert [len(cell) for cell in cells] == [1, 0], "LaTeX makes an empty paragraph two lines high"


def test_a_wide_table_gives_room_to_the_column_with_most_text():
    few, many = [12] * 5, [100] * 5
    widths = paper_tables.shares([few, many], [6, 10])
    assert sum(widths) == paper_tables.LINE
    assert widths[1] > 5 * widths[0], f"{widths}: the second has eight times the text"
    assert paper_tables.height([few, many], [12, 50]) == 10, "two lines a row"


def test_the_index_names_terms_and_functions_by_their_last_name():
    entry = ("single", "adam() (in module bpcourse.layers.optimizers)", "id", "", None)
    assert paper.shortened(entry)[1] == "adam() (optimizers)"
    assert not paper.belongs("module; bpcourse.costs")
    assert not paper.belongs("sizes (bpcourse.Network property)")
    assert paper.belongs("backward pass")


def test_the_cover_shows_a_digit_that_is_read_and_a_gradient():
    activations, gradient = cover.digit_and_gradient()
    assert activations[3].argmax() == 3, "the network reads the digit that it shows"
    assert (gradient.w[3][3] <= 0).all(), "a larger weight into the right output lowers the cost"


def test_terms_are_in_the_index(latex):
    assert latex.count(r"\index{error@\spxentry{error}}") >= 2, "once where it is used, at least"
    heads = re.findall(r"\\sphinxlineitem\{.*", latex)
    inside = [head for head in heads if r"\index" in head]
    assert len(heads) > 50 and not inside, "such a term with a hyphen stands in the index twice"


def test_an_ebook_is_complete(small):
    assert check_epub.problems(small / "small.epub") == []
    with zipfile.ZipFile(small / "small.epub") as book:
        page = book.read("book/four-equations.xhtml").decode()
        names = book.namelist()
        listing = book.read("content.opf").decode()
    assert 'properties="cover-image"' in listing and epub.COVER in names
    assert page.count("<math") > 100, "the formulas are MathML"
    assert page.count('class="bp-figure"') > 3, "the figures stand in the page"
    assert "fill: #1f2933; fill: var(--bp-ink, #1f2933)" in page, "they are seen without variables"
    summaries = re.findall(r'<details class="solution"><summary>(.*?)</summary>', page)
    assert len(summaries) > 3, "solutions are folded"
    assert "href" not in "".join(summaries), "a tap on a link would lead away, not unfold"
    assert not [name for name in names if name.endswith((".js", ".html"))], names


def test_paper_and_ebook_lead_to_the_page_that_runs(small, latex):
    page = "https://book.example/course/book/four-equations.html"
    with zipfile.ZipFile(small / "small.epub") as book:
        read = book.read("book/four-equations.xhtml").decode()
    assert read.count(f'href="{page}"') == latex.count(rf"\sphinxurl{{{page}}}") == 1
    checked = python_in_page.answers_of(json.loads((BOOK / "four-equations.ipynb").read_text()))
    assert len(checked) > 1, "the chapter has exercises that are checked in its page"
    for label in checked:
        assert f'href="{page}#{label}"' in read, "the e-book leads to the exercise's answer"
        assert rf"{page}\#{label}" in latex, "the paper leads to the exercise's answer"
    assert read.count("Answer it on its page") == len(checked), "others have nothing to check"


PLANTED = {
    "occurs twice": ('<p id="a"></p><p id="a"></p>', ""),
    "a script": ("<script>1</script>", ""),
    "has no alt": ('<img src="x.svg"/>', ""),
    "not there": ('<a href="other.xhtml">x</a>', ""),
    "a place that is not there": ('<a href="#b">x</a>', ""),
    "LaTeX in the text": (r"<p>\(x\)</p>", ""),
    "a path without points": ('<svg xmlns="http://www.w3.org/2000/svg"><path/></svg>', ""),
    "no aria-label": ('<svg xmlns="http://www.w3.org/2000/svg" role="img"/>', ""),
    "not well-formed": ("<p>", ""),
    "is listed and missing": ("", '<item href="gone.css"/>'),
}


@pytest.mark.parametrize("wanted", PLANTED)
def test_the_check_of_an_ebook_finds(wanted, tmp_path):
    body, item = PLANTED[wanted]
    html = 'xmlns="http://www.w3.org/1999/xhtml"'
    listing = (
        f'<package xmlns="http://www.idpf.org/2007/opf"><item href="a.xhtml"/>{item}</package>'
    )
    with zipfile.ZipFile(tmp_path / "a.epub", "w") as book:
        book.writestr("mimetype", "application/epub+zip")
        book.writestr("content.opf", listing)
        book.writestr("a.xhtml", f"<html {html}><body>{body}</body></html>")
    found = "\n".join(check_epub.problems(tmp_path / "a.epub"))
    assert wanted in found, f"found only: {found}"


FONTS = "name type encoding emb sub uni object ID\n----\nAB+Pagella CID Identity-H {} yes yes 5 0"
GOOD = ("", "", FONTS.format("yes"), f"Page size: {check_pdf.A4} pts")
BAD = {
    "leads nowhere": ("LaTeX Warning: Reference `x' on page 1 undefined", *GOOD[1:]),
    "stands twice": ("LaTeX Warning: Label `x' multiply defined.", *GOOD[1:]),
    "no font has": ("Missing character: There is no ★ in font x!", *GOOD[1:]),
    "beyond the margin": (r"Overfull \hbox (12.5pt too wide) in paragraph", *GOOD[1:]),
    "xdvipdfmx": ("", "xdvipdfmx:warning: Unresolved object reference", *GOOD[2:]),
    "not embedded": (*GOOD[:2], FONTS.format("no"), GOOD[3]),
    "not A4": (*GOOD[:3], "Page size: 612 x 792 pts (letter)"),
}


@pytest.mark.parametrize("wanted", BAD)
def test_the_check_of_the_pdf_finds(wanted):
    assert check_pdf.problems(*GOOD) == []
    assert any(wanted in problem for problem in check_pdf.problems(*BAD[wanted]))


def test_missing_programs_are_named_with_their_packages(monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    missing = pdf.missing_packages()
    assert {"texlive-xetex", "librsvg2-bin", "fonts-texgyre-math"} <= set(missing)
    assert pdf.install(missing).startswith("sudo apt-get install")


@pytest.mark.skipif(bool(pdf.missing_packages()), reason=f"lacks {pdf.missing_packages()}")
def test_a_small_book_is_typeset(small, monkeypatch):
    monkeypatch.setattr(pdf, "TEX", small / "tex")
    name = editions.NAME
    cover.main(small / "tex" / "cover.pdf")
    pdf.add_missing_letters(small / "tex" / f"{name}.tex")
    pdf.typeset()
    made = [small / "tex" / file for file in (f"{name}.pdf", f"{name}.log", "output.txt")]
    texts = [path.read_text(encoding="utf-8", errors="replace") for path in made[1:]]
    fonts, info = check_pdf.tool("pdffonts", made[0]), check_pdf.tool("pdfinfo", made[0])
    assert check_pdf.problems(*texts, fonts, info) == []


@pytest.mark.skipif(not shutil.which("epubcheck"), reason="epubcheck is not installed")
def test_epubcheck_finds_nothing(small):
    assert check_epub.epubcheck(small / "small.epub") == 0, "epubcheck says why"


CHAPTER = """<article><section><h1>A chapter</h1><p><em>About 5 minutes.</em></p>
<p>What <a href="x.html">is</a> it?</p><p>A note with \\(x^2\\).</p>
<section><h2>A section</h2><p>Here we ask. Which of the two layers is the slower one?</p>
<div class="math" id="equation-eq-a"><span class="eqno">(BP1)</span>\\[x\\]</div>
<div class="summary"><pre>def f(): ...</pre></div>
<p>It took <span class="pasted-text">42</span> steps.<span class="moving"> Drag it.</span> Then it
ended.</p><p><span class="moving">Press on.</span></p>
<figure id="f"><svg width="10pt" height="5pt" viewBox="0 0 10 5"></svg>
<figcaption><span class="caption-number">Fig. 3 </span><span class="caption-text">Look.</span>
</figcaption></figure>
<div class="admonition question"><p class="admonition-title">Check yourself</p><p>And now?</p></div>
<details><summary>Answer</summary><div class="sd-card-body"><p>So.</p></div></details></section>
<section><h2>Exercises</h2><div class="exercise"><p class="admonition-title">Exercise 1 (Try)</p>
</div></section>
</section></article>"""


def test_slides_are_what_a_chapter_marks():
    title, made = slides.deck(CHAPTER)
    assert title == "A chapter"
    bodies = [slides.plain(slide.heading + " " + slide.body) for slide in made]
    wanted = [
        "What is it?",
        "Which of the two",
        "(BP1)",
        "It took 42 steps.",
        "Look.",
        "And now?",
        "Exercise 1",
    ]
    assert len(bodies) == len(wanted), bodies
    for body, text in zip(bodies, wanted, strict=True):
        assert text in body, bodies
    assert "<math" in "".join(made[0].notes), "the speaker's window shows formulas"
    assert "def f()" in made[2].body, "the function stands under its equation"
    assert "So." in made[5].body and "fragment" in made[5].body, "the answer waits for a press"
    assert not re.search(r' id="|href=', "".join(slide.body for slide in made)), "no dead link"
    notes = "".join(note for slide in made for note in slide.notes)
    assert "Drag" not in notes and "Press" not in notes and "<p></p>" not in notes, "nothing moves"


def test_answers_without_an_order_have_no_numbers():
    def shown(choices, answers):
        page = f"<fieldset><legend>Which?</legend>{choices}<ol class='bp-answers'>{answers}</ol>"
        return slides.choice(BeautifulSoup(f"{page}</fieldset>", "html.parser").fieldset).body

    right, wrong = (
        f"<div class='bp-choice {kind}'><label>a</label></div>" for kind in ("right", "")
    )
    assert '<ul class="fragment answer"><li>a</li></ul>' in shown(right + wrong, "<li>a</li>")
    assert '<ul class="fragment answer"><li>4</li></ul>' in shown("", "<li>4</li>")
    assert '<ol class="fragment answer"><li>1st' in shown("", "<li>1st</li><li>2nd</li>")


def test_a_sentence_is_shown_once_and_a_word_or_two_are_no_question():
    page = CHAPTER.replace(
        "Here we ask. Which of the two layers is the slower one?", "By how much?"
    )
    page = page.replace("Then it\nended.", "Is that much?").replace("Look.", "")
    said = "<p>It took <span class='pasted-text'>42</span> steps. Is that many?</p>"
    page = page.replace("<h2>A section</h2>", f"<h2>A section</h2>{said}")
    _, made = slides.deck(page)
    bodies = [slides.plain(slide.body) for slide in made]
    assert not [body for body in bodies if body == "By how much?"], bodies
    places = [place for place, body in enumerate(bodies) if body.startswith("It took 42 steps.")]
    assert places and places[0] + 1 not in places, bodies
    number = "<p><span class='pasted-text'>41</span>. What led to it? It was <span "
    number += "class='pasted-text'>42</span>.</p>"
    _, made = slides.deck(page.replace(said, number))
    bodies = [slides.plain(slide.body) for slide in made]
    assert "What led to it? It was 42." in bodies and "41." not in bodies, bodies


def test_links_lead_to_what_was_built_and_to_nothing_else(tmp_path):
    page = tmp_path / "html" / "book" / "running.html"
    page.parent.mkdir(parents=True)
    page.write_text("<p>a</p><!-- editions --><!-- end of editions --><p>b</p>", encoding="utf-8")
    take_home.main(tmp_path)
    assert "href" not in page.read_text(), "nothing was built"
    made = tmp_path / "pdf" / f"{take_home.NAME}.pdf"
    made.parent.mkdir()
    made.write_bytes(b"%PDF")
    for _ in range(2):  # the second time changes nothing
        take_home.main(tmp_path)
        links = re.findall(r'href="([^"]+)"', page.read_text())
        assert links == [f"../editions/{take_home.NAME}.pdf"]
        assert (page.parent / links[0]).exists()


def test_jupyterlite_outlives_a_new_build_and_keeps_its_buttons(tmp_path, monkeypatch):
    spec = importlib.util.spec_from_file_location("book_script", ROOT / "scripts" / "book.py")
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    old, new = tmp_path / "html", tmp_path / "new"
    (old / "lite").mkdir(parents=True)
    (old / "lite" / "index.html").write_text("lab")
    (old / "gone.html").touch()
    built = new / "_build" / "html"
    built.mkdir(parents=True)
    monkeypatch.setattr(script, "BOOK", old)
    monkeypatch.setattr(script, "NEW", new)
    calls = []
    monkeypatch.setattr(script.lite, "add_buttons", lambda: calls.append((old / "lite").exists()))
    script.put_in_place(built)
    assert [path.name for path in old.iterdir()] == ["lite"] and not new.exists()
    assert calls == [True], "the new pages have no button yet"


def test_the_page_has_a_place_for_the_links():
    assert take_home.PLACE.search((BOOK / "running.md").read_text(encoding="utf-8"))


def test_the_page_of_the_workflow_installs_what_the_pdf_needs():
    workflow = (ROOT / ".github" / "workflows" / "pages.yml").read_text(encoding="utf-8")
    packages = {*pdf.PROGRAMS.values(), *pdf.TEX_FILES.values()} - {"texlive-binaries"}
    assert not [package for package in packages if package not in workflow]
