"""What a chapter imports from the notebook around it: glue, and IPython's display."""

import contextlib
import sys
import types

_send = None  # where display() of the running cell goes


def glue(*_, **__):
    """Do nothing: the numbers in the text are the book's own."""


class _Rich:
    """Something to show that brings its own form."""

    def __init__(self, data):
        self.data = data


class Math(_Rich):
    """A formula."""

    def _repr_latex_(self):
        return rf"\[{self.data.strip().strip('$')}\]"


class Latex(Math):
    """A formula, too."""


class HTML(_Rich):
    """A piece of a page."""

    def _repr_html_(self):
        return self.data


class SVG(_Rich):
    """A drawing."""

    def _repr_svg_(self):
        return self.data


class Markdown(_Rich):
    """A text; it is shown as it is."""

    def __repr__(self):
        return self.data


def display(*values, **_):
    """Show values, each in the richest form that it has."""
    for value in values:
        _send(value)


@contextlib.contextmanager
def shown(send):
    """Let display() send what it shows."""
    global _send
    _send = send
    try:
        yield
    finally:
        _send = None


def install():
    """Put the stand-ins where a chapter's imports find them."""
    notebook = types.ModuleType("myst_nb")
    notebook.glue = glue
    ipython, shows = types.ModuleType("IPython"), types.ModuleType("IPython.display")
    for each in (Math, Latex, HTML, SVG, Markdown, display):
        setattr(shows, each.__name__, each)
    # matplotlib asks for both.
    ipython.get_ipython, ipython.version_info = (lambda: None), (9, 0)
    ipython.display = shows
    sys.modules |= {"myst_nb": notebook, "IPython": ipython, "IPython.display": shows}
