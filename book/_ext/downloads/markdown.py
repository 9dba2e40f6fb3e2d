"""From the page as Sphinx has resolved it to Markdown that every notebook program shows.

Numbers and references stand in the text by then, so nothing of MyST is left: formulas in dollars,
tables with pipes, remarks as quotes, answers folded with ``<details>``. A node that is not listed
here is an error, and never silently left out.
"""

import re
from urllib.parse import urljoin

import questions
from docutils import nodes
from stills import MOVES

# Nodes that show what they hold, and nothing of their own.
TRANSPARENT = {
    "compound",
    "container",
    "definition_list_item",
    "inline",
    "literal_emphasis",
    "literal_strong",
    "tabular_col_spec",
    "target",
    "term",
    "title_reference",
}
# Nodes without anything to read.
SILENT = {"comment", "index", "meta", "substitution_definition", "toctree", "exercise_end_node"}
# What HTML alone shows, and why nothing is lost.
QUOTES = {"admonition", "caution", "hint", "important", "note", "seealso", "tip", "warning"}
STARTS_A_BLOCK = re.compile(r"^(\s*)([-+#>]|\d+[.)])(?=\s|$)", re.MULTILINE)


class UnknownNodeError(ValueError):
    """A page holds something that the downloads could not show."""


class Plain:
    """Turns the nodes of one page into Markdown.

    Parameters
    ----------
    page : str
        The page's path in the book, such as "book/by-hand".
    numbers : dict
        The numbers of its figures, equations, exercises and theorems, by kind and identifier.
    book_url : str
        Where the book is published; without it a reference to another page is its text.
    """

    def __init__(self, page, numbers, book_url=""):
        self.page, self.numbers = page, numbers
        self.book_url = book_url.rstrip("/")
        self.cited = set()  # the identifiers of the works that the page cites

    def number(self, kind, node):
        """Return the number of a node, such as "3.2"; empty if it has none."""
        known = self.numbers.get(kind, {})
        found = next((known[name] for name in node.get("ids", []) if name in known), ())
        return ".".join(map(str, found))

    def text(self, node):
        """Return the inline content of a node."""
        return "".join(self.inline(child) for child in node.children)

    def inline(self, node):
        """Return one inline node as Markdown."""
        kind = type(node).__name__
        if isinstance(node, nodes.Text):
            return escaped(str(node))
        if "moving" in node.get("classes", []):  # said of a figure that stands still here
            return ""
        if kind in INLINE:
            return INLINE[kind](self, node)
        if kind in TRANSPARENT:
            return self.text(node)
        if kind in SILENT:
            return ""
        raise UnknownNodeError(f"{self.page}: no Markdown for the inline node {kind}: {node}")

    def blocks(self, node):
        """Return the children of a node as blocks of Markdown."""
        found = []
        for child in node.children:
            found += self.block(child)
        return [each for each in found if each]

    def block(self, node):
        """Return one node as blocks of Markdown."""
        kind = type(node).__name__
        if kind in BLOCK:
            made = BLOCK[kind](self, node)
            return made if isinstance(made, list) else [made]
        if kind in SILENT:
            return []
        if kind in TRANSPARENT and not isinstance(node, nodes.TextElement):
            return self.blocks(node)
        return [self.inline(node)]

    def body(self, node):
        """Return the content of a node as one text."""
        return "\n\n".join(self.blocks(node))


def escaped(text):
    """Return text such that Markdown takes no character of it for a mark."""
    text = re.sub(r"([\\`*_$~])", r"\\\1", text)
    return text.replace("<", "&lt;")


def quoted(text):
    """Return Markdown as a quote."""
    return "\n".join(f"> {line}".rstrip() for line in text.split("\n"))


def indented(text, mark):
    """Return Markdown as an item of a list."""
    return mark + text.replace("\n", "\n" + " " * len(mark)).replace(" " * len(mark) + "\n", "\n")


def folded(title, text):
    """Return Markdown that is shown when the reader asks for it."""
    return f"<details>\n<summary>{title}</summary>\n\n{text}\n\n</details>"


def paragraph(plain, node):
    """Return a paragraph; a line of it that looks like the start of a list is none."""
    return STARTS_A_BLOCK.sub(r"\1\\\2", plain.text(node).strip())


def formula(plain, node):
    """Return a formula in the text."""
    return "$" + " ".join(node.astext().split()) + "$"


def displayed(plain, node):
    """Return a displayed formula, with its number or name as a tag."""
    number = plain.number("displaymath", node) or (node.get("number") or "")
    tag = f" \\tag{{{number}}}" if number and node.get("label") else ""
    return f"$$\n{node.astext().strip()}{tag}\n$$"


def code(plain, node):
    """Return a listing."""
    language = node.get("language", "")
    language = {"default": "", "none": "", "ipython3": "python"}.get(language, language)
    fence = "~~~" if "```" in node.astext() else "```"
    return f"{fence}{language}\n{node.astext().rstrip()}\n{fence}"


def raw(plain, node):
    """Return nothing for the page's own ornaments; anything else has no Markdown."""
    if "sd-octicon" in node.astext() or "kernelName" in node.astext() or "thebe" in node.astext():
        return ""
    raise UnknownNodeError(f"{plain.page}: HTML of its own: {node.astext()[:80]}")


def literal(plain, node):
    """Return code in the text."""
    text = " ".join(node.astext().split())
    return f"`` {text} ``" if "`" in text else f"`{text}`"


def reference(plain, node):
    """Return a link to the published book or to elsewhere; to this page, its text."""
    text, target = plain.text(node), node.get("refuri", "")
    if "bibliography.html#" in target:
        plain.cited.add(target.partition("#")[2])
    if any("doc" in child.get("classes", []) for child in node.findall(nodes.Element)):
        text = f"*{text}*"
    if target and not re.match(r"[a-z]+:", target):
        target = urljoin(f"{plain.book_url}/{plain.page}.html", target) if plain.book_url else ""
    if not target or not text.strip():
        return text
    return f"[{text}]({target})"


def items(plain, node):
    """Return the items of a list."""
    ordered = isinstance(node, nodes.enumerated_list)
    marks = [f"{k}. " if ordered else "- " for k in range(node.get("start", 1), len(node) + 9)]
    texts = [plain.blocks(item) for item in node.children]
    tight = all(len(blocks) < 2 for blocks in texts)
    lines = [indented("\n\n".join(t), m) for t, m in zip(texts, marks, strict=False)]
    return ("\n" if tight else "\n\n").join(lines)


def definitions(plain, node):
    """Return a list of definitions."""
    lines = []
    for item in node.children:
        terms = [plain.text(each) for each in item.children if isinstance(each, nodes.term)]
        texts = [plain.body(each) for each in item.children if isinstance(each, nodes.definition)]
        lines.append(indented(f"**{', '.join(terms)}**: " + "\n\n".join(texts), "- "))
    return "\n".join(lines)


def table(plain, node):
    """Return a table; a bar within a formula would end the cell."""
    rows = [[cell_text(plain, cell) for cell in row.children] for row in node.findall(nodes.row)]
    head = any(True for _ in node.findall(nodes.thead))
    rows = rows if head else [[""] * len(rows[0]), *rows]
    lines = [f"| {' | '.join(row)} |" for row in rows]
    lines.insert(1, "|" + " --- |" * len(rows[0]))
    title = next((f"**{plain.text(t)}**" for t in node.children if isinstance(t, nodes.title)), "")
    return [title, "\n".join(lines)] if title else "\n".join(lines)


def cell_text(plain, cell):
    """Return the content of a cell of a table on one line."""
    text = "<br>".join(block.replace("\n", " ") for block in plain.blocks(cell))
    text = re.sub(r"\\\|", r"\\Vert ", text)
    parts = re.split(r"(\$[^$]*\$)", text)
    return "".join(p.replace("|", r"\vert " if p.startswith("$") else r"\|") for p in parts)


def admonition(plain, node):
    """Return a remark as a quote, or folded if the page folds it."""
    title, rest = plain_title(plain, node)
    title = title or type(node).__name__.capitalize()
    text = "\n\n".join(block for child in rest for block in plain.block(child))
    if "dropdown" in node.get("classes", []):
        return folded(title, text)
    return quoted(f"**{title}**\n\n{text}")


def plain_title(plain, node):
    """Return the title of a node and its other children."""
    first = node.children[0] if node.children else None
    if isinstance(first, nodes.title):
        return plain.text(first), node.children[1:]
    return "", node.children


def dropdown(plain, node):
    """Return what the page folds."""
    titles = [child for child in node.children if type(child).__name__ == "dropdown_title"]
    rest = [child for child in node.children if child not in titles]
    title = "".join(plain.text(each) for each in titles).strip() or "Answer"
    return folded(title, "\n\n".join(block for child in rest for block in plain.block(child)))


def theorem(plain, node):
    """Return a theorem, lemma or definition as a block with its name and number."""
    kind = type(node).__name__.removesuffix("_node")
    title, rest = plain_title(plain, node)
    title = re.sub(r"^\((.*)\)$", r"\1", re.sub(r"^[A-Z]\w*\s*(?=\()", "", title.strip()))
    head = f"**{kind.capitalize()} {plain.number(kind, node)}".rstrip()
    text = "\n\n".join(block for child in rest for block in plain.block(child))
    return quoted(f"{head}{f' ({title})' if title else ''}.**\n\n{text}")


def proof(plain, node):
    """Return a proof."""
    _, rest = plain_title(plain, node)
    blocks = [block for child in rest for block in plain.block(child)]
    return ["**Proof.**", *blocks, "∎"]


def figure(plain, node):
    """Return the caption of a figure, and where it moves; the figure itself is an output."""
    caption = next((c for c in node.children if isinstance(c, nodes.caption)), nodes.caption())
    said = f"**Fig. {plain.number('figure', node)}.** {plain.text(caption)}".rstrip()
    if any("moving" in each["classes"] for each in caption.findall(nodes.inline)):
        place = f"{plain.book_url}/{plain.page}.html#{next(iter(node['ids']), '')}"
        said += f" {f'[{MOVES}]({place})' if plain.book_url else MOVES}."
    return said


def image(plain, node):
    """Return an image that the text shows."""
    return f"![{node.get('alt', '')}]({node['uri']})"


def line_block(plain, node):
    """Return lines that end where they end."""
    return "  \n".join(plain.text(line) for line in node.children)


def question(plain, node):
    """Return a question, and its answers with what there is to say of each folded below."""
    stem, *answers = node.children
    closing = answers.pop() if node["kind"] == "order" else None
    said = [plain.blocks(each) for each in answers]
    title = f"**{questions.TITLES[node['kind']]}**"
    shown = choices(node, [first for first, *_ in said])
    if closing:
        order = [indented("\n\n".join(each), f"{k}. ") for k, each in enumerate(said, start=1)]
        right = folded("The right order", join(*order, plain.body(closing)))
        return [quoted(join(title, plain.body(stem), shown)), right]
    verdicts = ["Right." if each["right"] else "No." for each in answers]
    replies = [
        indented(join(first, f"*{verdict}* {join(*reply)}"), "- ")
        for verdict, (first, *reply) in zip(verdicts, said, strict=True)
    ]
    return [quoted(join(title, plain.body(stem), shown)), folded("Answer", "\n\n".join(replies))]


def choices(node, answers):
    """Return what a question lets one choose from, in an order that gives nothing away."""
    if node["kind"] == "number":
        return ""
    if node["kind"] == "order":
        answers = [answers[k] for k in questions.shuffled(len(answers), node["label"])]
    return "\n".join(f"- {answer}" for answer in answers)


def join(*blocks):
    """Return blocks of Markdown as one text."""
    return "\n\n".join(block for block in blocks if block)


INLINE = {
    "emphasis": lambda plain, node: f"*{plain.text(node)}*",
    "strong": lambda plain, node: f"**{plain.text(node)}**",
    "literal": literal,
    "math": formula,
    "reference": reference,
    "number_reference": reference,
    "download_reference": reference,
    "abbreviation": lambda plain, node: plain.text(node),
    "subscript": lambda plain, node: f"<sub>{plain.text(node)}</sub>",
    "superscript": lambda plain, node: f"<sup>{plain.text(node)}</sup>",
    "image": image,
    "raw": raw,
}
BLOCK = {
    "paragraph": paragraph,
    "section": lambda plain, node: plain.blocks(node),
    "math_block": displayed,
    "literal_block": code,
    "bullet_list": items,
    "enumerated_list": items,
    "definition_list": definitions,
    "table": table,
    "block_quote": lambda plain, node: quoted(plain.body(node)),
    "line_block": line_block,
    "transition": lambda plain, node: "---",
    "dropdown_main": dropdown,
    "proof_node": proof,
    "figure": figure,
    "question": question,
    "caption": lambda plain, node: f"*{plain.text(node)}*",
    **dict.fromkeys(QUOTES, admonition),
    **dict.fromkeys(
        [f"{kind}_node" for kind in ("theorem", "lemma", "definition", "corollary", "remark")],
        theorem,
    ),
}
