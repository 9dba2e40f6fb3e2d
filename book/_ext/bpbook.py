"""The Sphinx extension of this book: figures that follow the theme, and pages that work offline.

* Figures from notebooks stand in the page as ``<svg>``, so that the theme's colors apply to them.
* ``literalinclude`` with ``:class: summary`` shows a function with one line of its docstring.
* Listings do without the book's plumbing: ``glue`` and the style of the figures.
* The four fundamental equations carry their names, (BP1) to (BP4), where others carry numbers.
* A name such as ``bpcourse.Network`` links to its entry on the API page.
* MathJax and the figures' font are copied into the book; what would load from elsewhere is removed.
"""

import ast
import html
import importlib.util
import re
import shutil
import textwrap
from pathlib import Path

import matplotlib
from docutils import nodes
from fontTools import subset
from fontTools.ttLib import TTFont
from sphinx.util import logging
from sphinx.util.nodes import make_refnode

logger = logging.getLogger(__name__)

# A drawing that is wider is not squeezed into the screen of a phone, but scrolls.
WIDE = 500

# Statements of a cell that readers need not see.
PLUMBING = re.compile(r"glue\(|from myst_nb import glue$|bp\.figures\.use_book_style\(\)$")

# The identifiers that Sphinx gives to the labels eq-bp1 to eq-bp4.
NAMED_EQUATIONS = {f"equation-eq-bp{k}": f"BP{k}" for k in (1, 2, 3, 4)}

# Latin, Greek, general punctuation, super- and subscripts, letterlike symbols, arrows, operators.
CHARACTERS = [*range(0x20, 0x250), *range(0x370, 0x400), *range(0x2000, 0x2300), 0x27E8, 0x27E9]
FONTS = ("DejaVuSans", "DejaVuSans-Oblique", "DejaVuSans-Bold")


def setup(app):
    """Register the extension with Sphinx."""
    app.connect("doctree-read", shorten_sources)
    app.connect("doctree-read", drop_plumbing)
    # After sphinx-thebe, which appends its nodes at the default priority of 500.
    app.connect("doctree-resolved", inline_figures, priority=900)
    # After Sphinx has counted the equations, at the same event and the default priority of 500.
    app.connect("env-get-updated", name_equations, priority=900)
    app.connect("missing-reference", find_by_last_name)
    app.connect("html-page-context", drop_remote_scripts, priority=900)
    app.connect("build-finished", add_local_files)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}


def shorten_sources(app, doctree):
    """Keep one line of the docstring in the included functions of class ``summary``."""
    for block in list(doctree.findall(nodes.literal_block)):
        if "summary" in block["classes"]:
            code = first_docstring_line(textwrap.dedent(block.astext()))
            block.children = [nodes.Text(code)]
            block.rawsource = code


def first_docstring_line(code):
    """Return ``code`` with its first docstring cut to one line, roles replaced by their text."""

    def cut(found):
        line = re.sub(r":\w+:`([^`]*)`", r"\1", found[2].strip().split("\n")[0])
        return f'{found[1].removeprefix("r")}{line}"""'

    return re.sub(r'((?:\br)?""")(.*?)"""', cut, code, count=1, flags=re.DOTALL)


def drop_plumbing(app, doctree):
    """Show the code cells without the lines that only the book needs."""
    for cell in list(doctree.findall(is_input)):
        for block in list(cell.findall(nodes.literal_block)):
            code = without_plumbing(block.astext())
            if code.strip():
                block.children = [nodes.Text(code)]
                block.rawsource = code
            else:
                cell.parent.remove(cell)


def is_input(node):
    """Say whether a node is the listing of a code cell."""
    return isinstance(node, nodes.container) and "cell_input" in node.get("classes", [])


def without_plumbing(code):
    """Return the code of a cell without the statements that put numbers into the text."""
    try:
        statements = ast.parse(code).body
    except SyntaxError:
        return code
    lines = code.splitlines()
    for statement in reversed(statements):
        if PLUMBING.match(ast.unparse(statement)):
            del lines[statement.lineno - 1 : statement.end_lineno]
    return re.sub(r"\n{4,}", "\n\n\n", "\n".join(lines)).strip("\n")


def name_equations(app, env):
    """Call the four fundamental equations by their names, and count the others without them."""
    count = 0
    for kinds in env.toc_fignumbers.values():
        equations = kinds.get("displaymath", {})
        for place in equations:
            name = NAMED_EQUATIONS.get(place)
            count += name is None
            equations[place] = (name or count,)
    return []  # no page has to be read again


def inline_figures(app, doctree, docname):
    """Replace the SVG images that notebooks made by the ``<svg>`` elements themselves."""
    if app.builder.format != "html":
        return
    for image in list(doctree.findall(nodes.image)):
        path = Path(app.srcdir, image["uri"])
        if path.suffix == ".svg" and "jupyter_execute" in path.parts:
            image.replace_self(inline_figure(image, path.read_text(encoding="utf-8")))
    for node in list(doctree.findall(nodes.raw)):
        if "thebe" in node.astext() or node.astext().startswith("<script>kernelName"):
            node.parent.remove(node)


def inline_figure(image, svg):
    """Return the node that shows ``svg`` with the alternative text of ``image``."""
    alt = image.get("alt", "").strip()
    if not alt:
        logger.warning("a figure has no alternative text: set mystnb.image.alt", location=image)
    width = float(re.search(r'viewBox="\S+ \S+ (\S+)', svg)[1])
    wide = " wide" if width > WIDE else ""
    width_of_its_own = f' style="--bp-width: {width:g}px"' if wide else ""
    attributes = (
        f'class="bp-figure{wide}"{width_of_its_own} role="img" aria-label="{html.escape(alt)}"'
    )
    markup = svg.replace("<svg ", f"<svg {attributes} ", 1)
    box = f'<div class="bp-figure-box">{markup}</div>'
    return nodes.raw("", box, format="html")


def find_by_last_name(app, env, node, contnode):
    """Link a Python name to the one documented object whose path ends with it.

    ``bpcourse.Network`` is documented where it is defined, as ``bpcourse.network.Network``.
    """
    if node.get("refdomain") != "py":
        return None
    wanted = "." + node["reftarget"].removeprefix("bpcourse.")
    objects = env.get_domain("py").objects
    paths = [path for path in objects if path.endswith(wanted) and objects[path][2] != "module"]
    if len(paths) != 1:
        return None
    entry = objects[paths[0]]
    return make_refnode(
        app.builder, node["refdoc"], entry.docname, entry.node_id, contnode, paths[0]
    )


def drop_remote_scripts(app, pagename, templatename, context, doctree):
    """Drop the scripts for live code, which load from elsewhere, and any script listed twice."""
    scripts, seen = [], set()
    for script in context["script_files"]:
        key = (str(getattr(script, "filename", script)), str(getattr(script, "attributes", "")))
        if "thebe" not in "".join(key).lower() and key not in seen:
            scripts.append(script)
        seen.add(key)
    context["script_files"] = scripts
    context["css_files"] = [css for css in context["css_files"] if "thebe" not in str(css.filename)]


def add_local_files(app, exception):
    """Copy MathJax and the figures' font into the finished book; an e-book has its own files."""
    if exception is not None or app.builder.format != "html" or app.builder.name == "epub":
        return
    static = Path(app.outdir, "_static")
    for unused in static.glob("sphinx-thebe.*"):
        unused.unlink()
    copy_mathjax(static / "mathjax")
    for name in FONTS:
        make_font(name, static / "fonts" / f"{name}.woff")


def copy_mathjax(target):
    """Copy the parts of MathJax that the pages use: the program, its extensions, its fonts."""
    package = importlib.util.find_spec("mathjax")
    if package is None:
        raise ModuleNotFoundError("MathJax is missing; run: pip install django-static-mathjax")
    source = Path(package.origin).parent / "static" / "mathjax"
    for folder in ("es5/output/chtml/fonts/woff-v2", "es5/input/tex/extensions"):
        shutil.copytree(source / folder, target / folder, dirs_exist_ok=True)
    shutil.copy2(source / "es5" / "tex-chtml.js", target / "es5")
    shutil.copy2(source / "LICENSE", target)


def make_font(name, path):
    """Write to ``path`` the part of a font of matplotlib's that figures use, if it isn't there."""
    if path.exists():
        return
    path.parent.mkdir(exist_ok=True)
    fonts = Path(matplotlib.get_data_path(), "fonts", "ttf")
    options = subset.Options(layout_features=["kern"])
    options.drop_tables += ["FFTM"]  # the date on which the font was made
    subsetter = subset.Subsetter(options)
    font = TTFont(fonts / f"{name}.ttf")
    subsetter.populate(unicodes=CHARACTERS)
    subsetter.subset(font)
    font.flavor = "woff"
    font.save(path)
    shutil.copy2(fonts / "LICENSE_DEJAVU", path.parent)
