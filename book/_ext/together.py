"""What must not be torn at the end of a line: a formula and its comma, an option and its dashes.

Browsers break a line behind a formula even where a comma follows at once, and between ``--`` and
the name of an option. Both are put into an element that does not break.
"""

import re

# A formula in a line, and what touches it: "(", a comma, "th", "-axis".
FORMULA = re.compile(
    r'([(\[“‘]*)(<span class="math notranslate nohighlight">[^<]*</span>)([^\s<>]{0,12})'
)
# Code: a listing or a few words in a line.
CODE = re.compile(r"<(pre|code)\b.*?</\1>", re.DOTALL)
# Between two tags: an option at the start of a word.
OPTION = re.compile(r"(?<![\w&;-])--?[a-z][\w-]*(?![^<>]*>)")
TOGETHER = '<span class="bp-together">{}</span>'


def setup(app):
    """Register the extension with Sphinx."""
    app.connect("html-page-context", keep_together, priority=910)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}


def keep_together(app, pagename, templatename, context, doctree):
    """Keep together what a line must not tear, in the page that is about to be written."""
    if "body" in context:
        context["body"] = options(formulas(context["body"]))


def formulas(markup):
    """Keep each formula with the signs and letters that touch it."""
    return FORMULA.sub(
        lambda found: TOGETHER.format(found[0]) if found[1] or found[3] else found[0], markup
    )


def options(markup):
    """Keep the dashes of an option with its name."""
    return CODE.sub(lambda code: OPTION.sub(lambda o: TOGETHER.format(o[0]), code[0]), markup)
