"""The book for readers of e-books: formulas as MathML, figures that know light and dark.

* A figure says each color twice, ``fill: #0b62a8; fill: var(--bp-blue, #0b62a8)``: a reader that
  knows variables follows its own theme, any other shows the first.
* Solutions are folded, as in the pages.
* One style sheet and the figures' font are all that the pages load.
"""

import html
import re
from pathlib import Path

import mathml
from bpbook import FONTS, make_font
from docutils import nodes
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util import logging
from sphinx.util.math import get_node_equation_number
from sphinx_exercise.nodes import solution_node
from stills import CARRIED, palette, say_that_it_moves

logger = logging.getLogger(__name__)
DECLARATION = re.compile(r"([\w-]+):\s*(var\(--[\w-]+,\s*([^()]+?)\s*\))")


# A line without a point, which matplotlib draws all the same.
EMPTY = re.compile(r"<path (?![^>]*\bd=)[^>]*/>")
STYLES = ("pygments.css", "ebook.css")


def setup(app):
    """Register the extension with Sphinx."""
    app.add_html_math_renderer("mathml", (show_inline, None), (show_displayed, None))
    # Before the figures are put into pages for browsers, at 900.
    app.connect("doctree-resolved", put_figures_in, priority=850)
    app.add_post_transform(FoldSolutions)
    app.connect("builder-inited", add_files)
    app.connect("html-page-context", load_only_these, priority=950)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}


def show_inline(writer, node):
    """Write a formula that stands in a line."""
    writer.body.append(formula(node, node.astext(), displayed=False))
    raise nodes.SkipNode


def show_displayed(writer, node):
    """Write a formula that stands on a line of its own, and its number."""
    writer.body.append(writer.starttag(node, "div", CLASS="math"))
    if node["number"]:
        writer.body.append(f'<span class="eqno">({get_node_equation_number(writer, node)})</span>')
    code = node.astext() if node["nowrap"] else mathml.display(node.astext())
    writer.body.append(formula(node, code, displayed=True))
    writer.body.append("</div>\n")
    raise nodes.SkipNode


def formula(node, code, *, displayed):
    """Return the MathML of a formula; a warning, which fails the build, if there is none."""
    try:
        return mathml.mathml(code, display=displayed)
    except ValueError as error:
        logger.warning("%s", error, location=node)
        return f"<code>{html.escape(code)}</code>"


def put_figures_in(app, doctree, docname):
    """Put the figures of the notebooks into the page, and give pictures both kinds of colors."""
    if app.builder.name != "epub":
        return
    for image in list(doctree.findall(nodes.image)):
        path = Path(app.srcdir, image["uri"])
        if path.suffix == ".svg" and "jupyter_execute" in path.parts:
            svg = path.read_text(encoding="utf-8")
            if CARRIED.search(svg):
                say_that_it_moves(image.parent, docname, app.config.book_url)
            image.replace_self(figure(svg, image.get("alt", "")))
    for node in doctree.findall(nodes.raw):
        if "<svg" in node.astext():
            node.children = [nodes.Text(both_colors(node.astext()))]


def figure(svg, alternative):
    """Return the node that shows a figure, with what to say of it to those who don't see it."""
    label = f'class="bp-figure" role="img" aria-label="{html.escape(alternative.strip())}"'
    markup = EMPTY.sub("", CARRIED.sub("", svg)).replace("<svg ", f"<svg {label} ", 1)
    return nodes.raw("", f'<div class="bp-figure-box">{markup}</div>', format="html")


def both_colors(markup):
    """Return the markup with each color said twice: as it is, and as the theme has it.

    >>> both_colors('style="fill: var(--bp-ink, #1f2933); stroke: none"')
    'style="fill: #1f2933; fill: var(--bp-ink, #1f2933); stroke: none"'
    """
    return DECLARATION.sub(r"\1: \3; \1: \2", markup)


class FoldSolutions(SphinxPostTransform):
    """Fold the solutions of a page, once their titles are made."""

    default_priority = 850
    formats = ("html",)

    def run(self):
        """Change the document in place, if it becomes a page of an e-book."""
        if self.app.builder.name == "epub":
            for solution in list(self.document.findall(solution_node)):
                solution.replace_self(folded(solution))


def folded(solution):
    """Return the nodes of a solution, folded."""
    title, content = solution.children
    for link in list(title.findall(nodes.reference)):  # a tap on it would not unfold the solution
        link.replace_self(link.children)
    begin = nodes.raw("", '<details class="solution"><summary>', format="html")
    middle, end = (nodes.raw("", code, format="html") for code in ("</summary>", "</details>"))
    summary = nodes.inline("", "", *title.children)
    return [nodes.container("", begin, summary, middle, *content.children, end)]


def add_files(app):
    """Write the style sheet and the figures' fonts where the e-book is made."""
    if app.builder.name != "epub":
        return
    static = Path(app.outdir, "_static")
    (static / "fonts").mkdir(parents=True, exist_ok=True)
    style = Path(__file__).with_name("ebook.css").read_text(encoding="utf-8")
    (static / "ebook.css").write_text(palette() + style, encoding="utf-8", newline="\n")
    for name in FONTS:
        make_font(name, static / "fonts" / f"{name}.woff")


def load_only_these(app, pagename, templatename, context, doctree):
    """Let a page of the e-book load two style sheets and no script."""
    if app.builder.name == "epub":
        names = [str(css.filename) for css in context["css_files"]]
        kept = zip(context["css_files"], names, strict=True)
        context["css_files"] = [css for css, name in kept if name.endswith(STYLES)]
        context["script_files"] = []
