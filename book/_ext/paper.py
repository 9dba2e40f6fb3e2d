"""The book on paper: one document, arranged for somebody who turns pages.

* Parts, numbered chapters, and before them the text of the start page.
* Equations, figures, theorems and exercises carry the numbers that they have in the pages.
* The exercises stay at the end of their chapters; answers and solutions go into an appendix.
* Each place where a term is linked to the glossary becomes a page number in the index.
* Figures become PDF, by rsvg-convert, with the fonts that matplotlib brings.
"""

import os
import re
import subprocess
from pathlib import Path

import matplotlib
from docutils import nodes
from paper_tables import fit_tables
from sphinx import addnodes
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx_exercise.nodes import exercise_enumerable_node, solution_node
from sphinx_proof.nodes import NODE_TYPES, proof_node
from stills import CARRIED, drop_what_moves, plain_colors, say_that_it_moves

APPENDICES = "Appendices"
SOLUTIONS = "Answers and solutions"
REMARKS = {"admonition", "note", "tip", "hint", "important", "seealso", "caution", "warning"}
BIBLIOGRAPHY, REFERENCE = "book/bibliography", "book/api"
# Code of so many lines, with what it prints, is not torn apart; longer code not before so many.
TOGETHER, BEGINNING = 14, 5
# A line of code is lower than a line of text; a frame takes room as well.
CODE_LINE, CODE_FRAME = 0.85, 2
# The lines that a heading right above the code takes.
HEADING = 4
WITH_ROOM = ("exercise", "solution")


class block(nodes.General, nodes.Element):  # noqa: N801 (docutils writes its nodes so)
    """A theorem, a proof, an exercise, a question or what answers it; ``kind`` says which."""


def setup(app):
    """Register the extension with Sphinx."""
    app.add_node(block, latex=(begin_block, end_block))
    app.add_post_transform(Arrange)
    app.add_post_transform(FitTables)
    app.connect("doctree-resolved", draw_figures, priority=950)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}


def begin_block(writer, node):
    """Open the environment of a block, whose links lead to the page where it now stands."""
    writer.curfilestack.append(node["docname"])
    targets = r"\phantomsection" + writer.hypertarget_to(node) if node["ids"] else ""
    room = f"[{node['room']:.1f}]" if "room" in node else ""
    writer.body.append(f"\n\\begin{{bp{node['kind']}}}{room}{targets}%\n")


def end_block(writer, node):
    """Close the environment of a block."""
    writer.body.append(f"\n\\end{{bp{node['kind']}}}\n")
    writer.curfilestack.pop()


class Arrange(SphinxPostTransform):
    """Arrange the whole book, before Sphinx resolves what refers to what."""

    default_priority = 3
    formats = ("latex",)

    def run(self):
        """Change the document in place."""
        book = self.document
        set_parents(book)
        name_references(book, self.env)
        number_equations(book, self.env)
        number_figures(book, self.env)
        mark_terms(book, self.env)
        make_theorems(book, self.env)
        make_remarks(book)
        chapters = {file["docname"]: file for file in book.findall(addnodes.start_of_file)}
        answers = {name: take_answers(file, name, self.env) for name, file in chapters.items()}
        set_parts(book, self.env, chapters)
        add_solutions(chapters, answers, self.env)
        add_preface(book, self.env)
        drop_bibliography(chapters[BIBLIOGRAPHY])
        set_results_apart(book)
        if REFERENCE in chapters:
            set_reference(chapters[REFERENCE])
        keep_code_together(book)
        index_glossary(book)
        shorten_index(book)


class FitTables(SphinxPostTransform):
    """Give the tables their widths, once Sphinx has put in the words of the references (at 10)."""

    default_priority = 15
    formats = ("latex",)

    def run(self):
        """Change the document in place."""
        fit_tables(self.document)


def set_parents(book):
    """Let every element know in which file it stands: Sphinx, joining the files, does not tell."""
    for file in book.findall(addnodes.start_of_file):
        for child in file.children:
            child.parent = file


def tex(code):
    """Return a node that is ``code`` in the LaTeX file."""
    return nodes.raw("", code, format="latex")


def headed(head, content, **attributes):
    """Return a block whose page does not end with its head."""
    return block("", head, tex("\\bphead\n"), *content, **attributes)


def number(env, docname, kind, name):
    """Return the number, as text, that a thing has in the pages of the book; "" if it has none."""
    found = env.toc_fignumbers.get(docname, {}).get(kind, {}).get(name, ())
    return ".".join(map(str, found))


def name_references(book, env):
    """Write "Exercise 25" and "Theorem 3" where the text refers to one without words of its own."""
    for reference in list(book.findall(addnodes.pending_xref)):
        found = exercise_or_theorem(env, reference["reftarget"])
        if found and reference.get("refdomain") in ("std", "prf"):
            docname, name = found
            plain = reference.astext() == reference["reftarget"]
            text = name if plain else reference.astext()
            target = reference["reftarget"]
            link = nodes.reference("", text, internal=True, refuri=f"%{docname}#{target}")
            reference.replace_self(link)


def exercise_or_theorem(env, label):
    """Return where something with a label of its own stands and its name, or None."""
    theorems = getattr(env, "proof_list", {})
    if label in theorems:
        entry = theorems[label]
        count = number(env, entry["docname"], entry["countertype"], label)
        return entry["docname"], f"{entry['realtype'].title()} {count}"
    entry = env.sphinx_exercise_registry.get(label)
    if entry is None:
        return None
    if entry["type"].startswith("solution"):
        exercise = entry["node"]["target_label"]
        return entry["docname"], f"Solution {number(env, entry['docname'], 'exercise', exercise)}"
    return entry["docname"], f"Exercise {number(env, entry['docname'], 'exercise', label)}"


def number_equations(book, env):
    """Give each labelled equation its number, or its name: solutions stand out of order."""
    for equation in book.findall(nodes.math_block):
        if equation.get("label"):
            docname, label = equation["docname"], equation["label"]
            tag = number(env, docname, "displaymath", f"equation-{label}")
            place = f"equation:{docname}:{label}"
            body = equation.astext().strip()
            lines = f"\\begin{{split}}{body}\\end{{split}}" if r"\\" in body else body
            code = (
                f"\\begin{{equation}}\\tag{{{tag}}}\\label{{{place}}}\n{lines}\n\\end{{equation}}"
            )
            equation.children = [nodes.Text(code)]
            equation["nowrap"], equation["label"] = True, None
        elif not equation["nowrap"] and (lines := formulas_side_by_side(equation.astext())):
            beside, below = equation.astext().strip(), r" \\ ".join(lines)
            equation.children = [nodes.Text(rf"\[\bpwide{{{beside}}}{{{below}}}\]")]
            equation["nowrap"] = True


def formulas_side_by_side(code):
    r"""Return the formulas that stand side by side in one, or None if they can't be taken apart.

    >>> formulas_side_by_side(r"a = b, \quad c = d")
    ['a = b,', 'c = d']
    """
    parts = re.split(r"\s*\\q?quad\s*", code.strip())
    whole = all(part.count("{") == part.count("}") for part in parts)
    aligned = "&" in code or r"\\" in code or r"\left" in code
    return parts if len(parts) > 1 and whole and not aligned else None


def number_figures(book, env):
    """Set the counter before each figure, so that it has the number that it has in the pages."""
    for figure in list(book.findall(nodes.figure)):
        docname = next_file(figure)
        names = [name for name in figure["ids"] if number(env, docname, "figure", name)]
        if names:
            count = int(number(env, docname, "figure", names[0])) - 1
            figure.insert(0, tex(f"\\setcounter{{figure}}{{{count}}}"))


def next_file(node):
    """Return the name of the file that a node comes from."""
    while not isinstance(node, addnodes.start_of_file):
        node = node.parent
    return node["docname"]


def mark_terms(book, env):
    """Let the index lead to every place where a term is used."""
    terms = {name.lower(): name for kind, name in env.get_domain("std").objects if kind == "term"}
    for link in list(book.findall(addnodes.pending_xref)):
        term = terms.get(link["reftarget"].lower()) if link.get("reftype") == "term" else None
        if term and not isinstance(link.parent, nodes.title | nodes.caption):
            entry = addnodes.index(entries=[("single", term, "", "", None)], inline=True)
            link.parent.insert(link.parent.index(link), entry)


def make_theorems(book, env):
    """Set theorems and proofs as blocks."""
    for theorem in list(book.findall(lambda node: type(node) in set(NODE_TYPES.values()))):
        docname = next_file(theorem)
        count = number(env, docname, theorem["countertype"], theorem["label"])
        title, content = theorem.children
        head = nodes.paragraph("", "", nodes.strong("", f"{theorem['realtype'].title()} {count}"))
        head += title.children
        replacement = headed(head, content.children, kind="theorem", docname=docname)
        replacement["ids"] = theorem["ids"]
        theorem.replace_self(replacement)
    for proof in list(book.findall(proof_node)):
        content = proof.children[0].children
        slant_first_word(content[0])
        end_proof(content)
        proof.replace_self(block("", *content, kind="proof", docname=next_file(proof)))


def slant_first_word(paragraph):
    """Set the word "Proof." at the start of a proof in italics."""
    word, rest = paragraph.children[0].astext().split(" ", 1)
    paragraph.children[:1] = [nodes.emphasis("", word), nodes.Text(f" {rest}")]


def end_proof(content):
    """Put the sign that ends a proof at the end of its last line."""
    if not isinstance(content[-1], nodes.paragraph):
        content.append(nodes.paragraph())
    content[-1] += tex(r"\bpqed")


def make_remarks(book):
    """Set remarks, questions and warnings as blocks."""
    for remark in list(book.findall(is_remark)):
        titled = isinstance(remark[0], nodes.title)
        head = remark.children[0].children if titled else [nodes.Text(remark.tagname.title())]
        content = remark.children[1:] if titled else remark.children
        kind = "question" if "question" in remark["classes"] else "remark"
        line = nodes.paragraph("", "", nodes.strong("", "", *head))
        replacement = headed(line, content, kind=kind, docname=next_file(remark))
        replacement["ids"] = remark["ids"]
        remark.replace_self(replacement)


def is_remark(node):
    """Say whether a node is an admonition, with a title of its own or of its kind."""
    return isinstance(node, nodes.Admonition) and node.tagname in REMARKS


def take_answers(chapter, docname, env):
    """Set the questions and exercises of a chapter as blocks; take out what answers them."""
    answers = []
    for node in list(chapter.findall(nodes.Element)):
        if is_answer(node):
            answers.append(answer_apart(node, docname, len(answers) + 1))
        elif isinstance(node, exercise_enumerable_node):
            node.replace_self(exercise_block(node, docname, env))
        elif isinstance(node, solution_node):
            node.parent.remove(node)
            answers.append(solution_block(node, docname, env))
    return answers


def is_answer(node):
    """Say whether a node is a folded answer."""
    folded = isinstance(node, nodes.container) and node.get("design_component") == "dropdown"
    return folded and node.children and node.children[0].astext().startswith("Answer")


def answer_apart(folded, docname, count):
    """Put a link in the place of a folded answer, and return the answer with a link back."""
    here, there = f"question-{count}", f"answer-{count}"
    place = folded.parent.index(folded)
    question = folded.parent[place - 1]
    if not isinstance(question, block):
        question = block("", kind="question", docname=docname)
        folded.parent.insert(place, question)
    question["ids"].append(here)
    question += nodes.paragraph("", "", tex(rf"\bpanswer{{{docname}:{there}}}"))
    folded.parent.remove(folded)
    head = nodes.paragraph("", "", tex(rf"\bpback{{Check yourself}}{{{docname}:{here}}}"))
    content = folded.children[1:]
    return headed(head, content, kind="solution", docname=docname, ids=[there])


def exercise_block(exercise, docname, env):
    """Return an exercise with its number, its title, and the page of its solution."""
    title, content = exercise.children
    count = number(env, docname, "exercise", exercise["label"])
    head = nodes.paragraph("", "", nodes.strong("", f"Exercise {count}"), nodes.Text(". "))
    head += [child for subtitle in title.children[1:] for child in subtitle.children]
    if solution := solution_of(exercise["label"], env):
        head += tex(rf"\bpsolved{{{docname}:{solution}}}")
    ids = exercise["ids"]
    return headed(head, content.children, kind="exercise", docname=docname, ids=ids)


def solution_of(label, env):
    """Return the label of the solution of an exercise, or None."""
    for name, entry in env.sphinx_exercise_registry.items():
        if entry["node"].get("target_label") == label:
            return name
    return None


def solution_block(solution, docname, env):
    """Return a solution with the number, title and page of its exercise."""
    exercise = solution["target_label"]
    title = env.sphinx_exercise_registry[exercise]["node"].children[0]
    head = nodes.paragraph("", "")
    count = number(env, docname, "exercise", exercise)
    head += tex(rf"\bpback{{Exercise {count}}}{{{docname}:{exercise}}}")
    head += [child.deepcopy() for subtitle in title.children[1:] for child in subtitle.children]
    content = solution.children[1].children
    ids = solution["ids"]
    return headed(head, content, kind="solution", docname=docname, ids=ids)


def set_parts(book, env, chapters):
    """Begin each part of the table of contents with a page of its own."""
    for part in env.external_site_map.root.subtrees:
        first = chapters[str(part.items[0])]
        opening = r"\appendix" if part.caption == APPENDICES else ""
        lines = "".join(line_of_part(env, str(item)) for item in part.items)
        code = f"{opening}\n\\renewcommand{{\\bppart}}{{{lines}}}\n\\part{{{part.caption}}}\n"
        first.parent.insert(first.parent.index(first), tex(code))


def line_of_part(env, docname):
    """Return the line that names a chapter on the page of its part; none for the bibliography."""
    place = f"{docname}::doc"
    return (
        ""
        if docname == BIBLIOGRAPHY
        else rf"\bpinpart{{{env.titles[docname].astext()}}}{{{place}}}"
    )


def add_solutions(chapters, answers, env):
    """Add a chapter with all answers and solutions, in the order of the book, to the appendices."""
    chapter = nodes.section("", nodes.title("", SOLUTIONS), ids=["answers-and-solutions"])
    for docname, found in answers.items():
        if found:
            title = env.titles[docname].astext()
            name = f"answers-{docname.split('/')[-1]}"
            chapter += nodes.section("", nodes.title("", title), *found, ids=[name])
    set_small(chapter)
    file = addnodes.start_of_file("", chapter, docname="answers-and-solutions")
    appendices = next(
        part for part in env.external_site_map.root.subtrees if part.caption == APPENDICES
    )
    last = chapters[str(appendices.items[-1])]
    last.parent.insert(last.parent.index(last) + 1, file)


def add_preface(book, env):
    """Begin the book with the text of the start page, without its pictures of the chapters."""
    start = env.get_doctree(env.config.root_doc).deepcopy()
    for node in list(start.findall(is_grid)):
        node.parent.remove(node)
    for node in list(start.findall(addnodes.toctree)):
        node.parent.remove(node)
    drop_what_moves(start)
    section = next(start.findall(nodes.section))
    for child in list(section.findall(nodes.section)):
        if child.astext().startswith("The course in pictures"):
            child.parent.remove(child)
    section[0].children = [nodes.Text("About this course")]
    file = addnodes.start_of_file("", section, docname=env.config.root_doc)
    first = next(book.findall(addnodes.start_of_file))
    place = first.parent
    before = tex(r"\setcounter{secnumdepth}{-1}" + "\n")
    after = tex(r"\setcounter{secnumdepth}{1}" + "\n")
    place.insert(1, [before, file, after])


def drop_bibliography(chapter):
    """Leave of the chapter of sources the sources alone: LaTeX makes a chapter of them."""
    section = next(chapter.findall(nodes.section))
    section.parent.replace(section, [c for c in section if not isinstance(c, nodes.title)][1:])


def set_small(chapter):
    """Set a chapter small, and name it alone in the contents, without its sections."""
    chapter.insert(
        1, tex(r"\addtocontents{toc}{\protect\setcounter{tocdepth}{0}}\begingroup\small")
    )
    chapter += tex("\n\\par\\endgroup\\addtocontents{toc}{\\protect\\setcounter{tocdepth}{1}}\n")


def set_reference(file):
    """Set the pages that describe the package name by name in the way of a dictionary."""
    section = next(file.findall(nodes.section))
    section.insert(1, tex(r"\begin{bpreference}"))
    section += tex("\n\\end{bpreference}\n")


def set_results_apart(book):
    """Let a formula that a cell computes follow the text above it, and end its paragraph."""
    for formula in list(book.findall(nodes.math_block)):
        if any(is_cell(above) for above in ancestors(formula)):
            place = formula.parent.index(formula)
            formula.parent[place : place + 1] = [tex(r"\bpresult"), formula, tex(r"\par")]


def keep_code_together(book):
    """Let short code begin a new page rather than be torn from its end or from what it prints.

    Needspace measures. The command needspace stretches, and may end a page that is nearly empty.
    """
    for cell in list(book.findall(is_cell)):
        blocks = list(cell.findall(nodes.literal_block))
        whole = sum(map(lines_of, blocks)) <= TOGETHER
        for parts in [blocks] if whole else [[part] for part in blocks]:
            lines = sum(map(lines_of, parts))
            if lines:
                shown = lines if lines <= TOGETHER else BEGINNING
                start = cell if whole else parts[0]
                ask_for_room(start, CODE_LINE * shown + CODE_FRAME * len(parts))


def lines_of(code):
    """Return how many lines a piece of code has."""
    return code.astext().count("\n") + 1


def ask_for_room(node, room):
    """Ask for lines of room before a node, and before the heading that stands right above it."""
    while isinstance(node.parent, nodes.container) and node.parent.index(node) == 0:
        node = node.parent
    parent, place = node.parent, node.parent.index(node)
    if isinstance(parent, block) and parent["kind"] in WITH_ROOM and place == 2:
        parent["room"] = room + HEADING
        return
    if isinstance(parent, nodes.section) and place == 1:
        parent, place, room = parent.parent, parent.parent.index(parent), room + HEADING
    parent.insert(place, tex(rf"\Needspace{{{room:.1f}\baselineskip}}"))


def is_cell(node):
    """Say whether a node is a cell of a notebook with its results, or code that stands alone."""
    if isinstance(node, nodes.literal_block):
        return not any(is_cell(above) for above in ancestors(node))
    return isinstance(node, nodes.container) and "cell" in node["classes"]


def ancestors(node):
    """Yield what a node stands in, from the inside out."""
    while node := node.parent:
        yield node


def index_glossary(book):
    """Let the index lead to the words that explain a term, not to the term.

    LaTeX writes an entry within a heading with other spaces, and "mini-batch" would stand there
    twice.
    """
    for term in list(book.findall(nodes.term)):
        item = term.parent
        for entry in [child for child in term if isinstance(child, addnodes.index)]:
            term.remove(entry)
            entry["inline"] = True
            next(item.findall(nodes.paragraph)).insert(0, entry)


def shorten_index(book):
    """Leave terms, functions and classes in the index, without the path of their module."""
    for index in list(book.findall(addnodes.index)):
        index["entries"] = [shortened(entry) for entry in index["entries"] if belongs(entry[1])]


def belongs(entry):
    """Say whether an entry of the index leads to more than a module or a field."""
    return not entry.startswith("module;") and not entry.endswith((" property)", " attribute)"))


def shortened(entry):
    """Return an entry of the index with the last name of its module alone."""
    kind, text, *others = entry
    return (kind, re.sub(r"\((class )?in module (?:\w+\.)*(\w+)\)", r"(\2)", text), *others)


def is_grid(node):
    """Say whether a node is the grid of cards of the start page."""
    return "sd-container-fluid" in node.get("classes", []) if hasattr(node, "get") else False


def draw_figures(app, book, docname):
    """Turn the figures of the notebooks into PDF files beside the LaTeX file."""
    if app.builder.format != "latex":
        return
    for file in book.findall(addnodes.start_of_file):
        if file["docname"] == app.config.root_doc:  # Sphinx has set this target already
            next(file.findall(nodes.section))["ids"].remove(":doc")
    for image in book.findall(nodes.image):
        path = Path(app.srcdir, image["uri"])
        if path.suffix == ".svg":
            pdf, svg = path.with_suffix(".pdf"), path.read_text(encoding="utf-8")
            draw(svg, pdf)
            if CARRIED.search(svg):
                say_that_it_moves(image.parent, next_file(image), app.config.book_url)
            uri = str(Path(image["uri"]).with_suffix(".pdf"))
            image["uri"], image["candidates"] = uri, {"*": uri}
            app.env.images.add_file(docname, uri)


def draw(svg, path):
    """Write the picture to ``path`` as PDF, with letters as letters."""
    command = ["rsvg-convert", "--format", "pdf", "--output", str(path)]
    environment = os.environ | {"FONTCONFIG_FILE": str(fonts_of_figures(path.parent))}
    subprocess.run(command, input=plain_colors(svg).encode(), env=environment, check=True)


def fonts_of_figures(folder):
    """Return a file that tells the converter where the figures' fonts are, in matplotlib."""
    file = folder / "fonts.conf"
    if not file.exists():
        fonts = Path(matplotlib.get_data_path(), "fonts", "ttf")
        dirs = f"<dir>{fonts}</dir><cachedir>{folder.resolve() / 'fontcache'}</cachedir>"
        file.write_text(f"<fontconfig>{dirs}</fontconfig>", encoding="utf-8")
    return file
