"""The Sphinx extension for figures that move.

A drawing cell that calls ``bp.figures.live("stepper", ...)`` stores an SVG that carries a name and
numbers. Here it becomes ``<bp-stepper>``, with the still figure as its content, and its page loads
one script and one style sheet: the files of ``book/live/`` after one another. Without scripts, and
in print, the still figure is what is seen.

Words that hold for one of the two only are marked in the text and in captions: ``[Drag the
ball.]{.moving}`` and ``[Four runs.]{.still}``. The page shows the first, or without scripts and in
print the second (bpcourse.css); notebooks, paper and e-books have the second alone.
"""

import re
from pathlib import Path

from docutils import nodes

SOURCE = Path(__file__).resolve().parents[1] / "live"
SCRIPT, STYLE = "bpcourse-live.js", "bpcourse-live.css"
# The library, each file on the ones before it; then the figures, which know only the library.
LIBRARY = ("engine", "svg", "controls", "live")
CARRIED = re.compile(r'<metadata data-live="([a-z-]+)">.*?</metadata>', re.DOTALL)


def setup(app):
    """Register the extension with Sphinx."""
    app.connect("builder-inited", write_files)
    # After the figures were put into the page, at priority 900.
    app.connect("doctree-resolved", wake_figures, priority=910)
    app.connect("html-page-context", load_files)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}


def sources(suffix):
    """Return the files of a kind in the order in which they are joined."""
    library = [SOURCE / f"{name}{suffix}" for name in LIBRARY]
    return [p for p in library if p.exists()] + sorted((SOURCE / "figures").glob(f"*{suffix}"))


def script():
    """Return the script: all files in one function, so that no name of theirs gets out."""
    parts = [path.read_text(encoding="utf-8") for path in sources(".js")]
    return '(() => {\n"use strict";\n' + "\n".join(parts) + "})();\n"


def style():
    """Return the style sheet."""
    return "\n".join(path.read_text(encoding="utf-8") for path in sources(".css"))


def write_files(app):
    """Write script and style sheet before the pages, which name them with their checksums."""
    if app.builder.format != "html":
        return
    static = Path(app.outdir, "_static")
    static.mkdir(parents=True, exist_ok=True)
    (static / SCRIPT).write_text(script(), encoding="utf-8", newline="\n")
    (static / STYLE).write_text(style(), encoding="utf-8", newline="\n")


def wake_figures(app, doctree, docname):
    """Put each figure that carries numbers into the element that moves it."""
    for node in list(doctree.findall(nodes.raw)):
        found = CARRIED.search(node.astext()) if node.get("format") == "html" else None
        if found:
            element = f"bp-{found[1]}"
            text = f"<{element}>{node.astext()}</{element}>"
            node.replace_self(nodes.raw("", text, format="html"))


def load_files(app, pagename, templatename, context, doctree):
    """Let a page with a moving figure load the script and the style sheet."""
    if CARRIED.search(context.get("body", "")):
        app.add_js_file(SCRIPT, loading_method="defer")
        app.add_css_file(STYLE)
