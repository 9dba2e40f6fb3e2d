"""Run Sphinx on the book for an edition other than the pages: paper, or a reader of e-books.

The configuration is that of ``_config.yml``, with what paper and e-books have in common.
"""

import sys
from pathlib import Path

import yaml
from jupyter_book.config import get_final_config
from sphinx.application import Sphinx
from sphinx.util.docutils import docutils_namespace, patch_docutils

ROOT = Path(__file__).resolve().parents[1]
BUILD = ROOT / "_build"
NAME = "backpropagation-computed"

# What belongs to pages in a browser alone, and an extension that would write paper in its own way.
LEFT_OUT = {
    "accessible",
    "live_figures",
    "python_in_page",
    "sphinx_comments",
    "sphinx_copybutton",
    "sphinx_jupyterbook_latex",
    "sphinx_thebe",
    "together",
}
# What a cell shows, from the richest form that both editions can print.
RICHEST = ("image/svg+xml", "text/latex", "text/plain")


def sphinx(builder, out, *, settings):
    """Build the book with one of Sphinx's builders into ``out``; return the number of warnings."""
    config = configuration(builder) | settings
    folders = {"srcdir": ROOT, "confdir": None, "outdir": out, "doctreedir": out.with_name("read")}
    with patch_docutils(), docutils_namespace():
        app = Sphinx(**folders, buildername=builder, confoverrides=config, status=None)
        app.build()
    return app._warncount


def configuration(builder):
    """Return the book's settings for Sphinx, with what the two editions share."""
    one_book = {"latex_individualpages": False}
    config, _ = get_final_config(
        user_yaml=ROOT / "_config.yml", sourcedir=ROOT, cli_config=one_book
    )
    del config["comments_config"]  # known only to an extension that is left out
    extensions = [name for name in config["extensions"] if name not in LEFT_OUT]
    mime = [(builder, kind, 10 + place) for place, kind in enumerate(RICHEST)]
    return config | {
        "extensions": [*extensions, "stills", "back_to_pages", "paper", "ebook"],
        "nb_mime_priority_overrides": mime,
        "use_jupyterbook_latex": False,
        "numfig_secnum_depth": 0,
        # The license of the fonts lies beside them and is packed with nothing.
        "suppress_warnings": [*config["suppress_warnings"], "epub.unknown_project_files"],
        "epub_uid": NAME,
        "epub_tocdepth": 2,
        "epub_tocdup": False,
        "pygments_style": "a11y-high-contrast-light",
    }


def title_and_author():
    """Return the title and the author of the book."""
    return book_config()["title"], book_config()["author"]


def year():
    """Return the year of the book, as text."""
    return book_config()["copyright"]


def book_config():
    """Return the configuration of the book as it is written."""
    return yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))


def fail(message):
    """Print the message to the terminal and end with exit status 1."""
    print(message, file=sys.stderr)
    sys.exit(1)
