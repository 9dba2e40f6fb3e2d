"""What the theme leaves undone for people who read with a keyboard or a screen reader.

* The button that unfolds a part of the table of contents says what it unfolds.
* The entries of the bibliography are items of their list.
* ``accessible.css`` gives links a color that can be read on every ground; ``scrolling.js`` lets the
  keyboard reach what scrolls sideways; ``code_lines.js`` wraps listings on a phone.
* No page loads fonts in advance that it may not need: browsers complain of that on the console.
"""

import re
from pathlib import Path

# A link of the table of contents, and the nameless button of its pages.
UNFOLDS = re.compile(r"(<a [^>]*>)([^<]*)(</a>\s*<details[^>]*>\s*<summary)(?=>)")
PRELOAD = re.compile(r'\s*<link rel="preload" as="font"[^>]*>')


def setup(app):
    """Register the extension with Sphinx."""
    app.add_css_file("accessible.css", priority=900)
    # Before scrolling.js, which looks for what scrolls.
    app.add_js_file("code_lines.js", loading_method="defer")
    app.add_js_file("scrolling.js", loading_method="defer")
    # After the theme has put its functions into the context, at the default priority of 500.
    app.connect("html-page-context", repair, priority=900)
    app.connect("build-finished", drop_preloads)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}


def repair(app, pagename, templatename, context, doctree):
    """Repair what the templates are about to write."""
    toctree = context.get("generate_toctree_html")
    if toctree:
        context["generate_toctree_html"] = lambda *args, **options: name_buttons(
            str(toctree(*args, **options))
        )
    if "body" in context:
        context["body"] = context["body"].replace('role="doc-biblioentry"', 'role="listitem"')


def name_buttons(markup):
    """Give the buttons of a table of contents the name of what they unfold."""
    return UNFOLDS.sub(
        lambda found: (
            f'{found[1]}{found[2]}{found[3]} aria-label="Pages of: {" ".join(found[2].split())}"'
        ),
        markup,
    )


def drop_preloads(app, exception):
    """Take the fonts that are loaded in advance out of the finished pages."""
    if exception is not None or app.builder.name != "html":
        return
    for page in Path(app.outdir).rglob("*.html"):
        markup = page.read_text(encoding="utf-8")
        if 'rel="preload" as="font"' in markup:
            page.write_text(PRELOAD.sub("", markup), encoding="utf-8", newline="\n")
