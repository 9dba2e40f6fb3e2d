"""The built book loads nothing from another host; the check that says so is tested here.

``make book`` runs the check on every page. Here it meets planted pages, and the built book.
"""

import sys

import pytest
from book_pages import BOOK, ROOT

sys.path.insert(0, str(BOOK / "_ext"))

from bpbook import inline_figure
from check_html import problems

BUILT = ROOT / "_build" / "html"


def planted(tmp_path, body, name="page.html"):
    """Return the problems of a book that holds one page or file."""
    (tmp_path / "index.html").write_text('<p id="here"></p>', encoding="utf-8")
    (tmp_path / name).write_text(body, encoding="utf-8")
    return problems(tmp_path)


@pytest.mark.skipif(not BUILT.exists(), reason="make book has not run; it ends with this check")
def test_the_built_book_has_no_problems():
    assert problems(BUILT) == [], "make book should have failed"


@pytest.mark.parametrize(
    "body",
    [
        '<script src="https://cdn.example.org/x.js"></script>',
        '<script src="//cdn.example.org/x.js"></script>',
        '<link rel="stylesheet" href="https://fonts.example.org/css">',
        '<link rel="preload" href="https://fonts.example.org/f.woff">',
        '<img alt="x" src="http://example.org/x.png">',
        '<iframe src="https://example.org"></iframe>',
        "<style>@import url(https://example.org/x.css)</style>",
        '<p style="background: url(https://example.org/x.png)"></p>',
        '<script>load("https://unpkg.com/thebe@0.8.2")</script>',
    ],
)
def test_what_loads_from_another_host_is_found(tmp_path, body):
    assert "example.org" in str(found := planted(tmp_path, body)) or "unpkg" in str(found)


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("x.css", '@import "https://example.org/x.css";'),
        ("x.css", "@font-face { src: url(//example.org/f.woff) }"),
        ("x.js", 'import("https://cdn.jsdelivr.net/npm/thing")'),
    ],
)
def test_style_sheets_and_scripts_are_read(tmp_path, name, body):
    assert len(planted(tmp_path, body, name)) == 1, f"{body} loads from another host"


@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        ('<a href="missing.html">x</a>', "does not exist"),
        ('<a href="index.html#nowhere">x</a>', "a place that does not exist"),
        ('<a href="#nowhere">x</a>', "a place that does not exist"),
        ('<img alt="x" src="missing.svg">', "does not exist"),
        ('<img src="index.html">', "no alt"),
        ('<svg class="bp-figure"></svg>', "no aria-label"),
    ],
)
def test_broken_links_and_undescribed_pictures_are_found(tmp_path, body, complaint):
    [problem] = planted(tmp_path, body)
    assert complaint in problem


@pytest.mark.parametrize(
    "body",
    [
        '<a href="https://example.org">a link is not a load</a>',
        '<a href="index.html#here">x</a> <a href="index.html">x</a>',
        '<a href="mailto:someone@example.org">x</a>',
        '<link rel="next" href="index.html">',
        '<img alt="x" src="data:image/png;base64,AA==">',
        '<svg class="bp-figure" aria-label="x"><use href="#a"/><path id="a"/></svg>',
    ],
)
def test_what_is_right_passes(tmp_path, body):
    assert planted(tmp_path, body) == []


@pytest.mark.parametrize(("width", "classes"), [(500, "bp-figure"), (501, "bp-figure wide")])
def test_a_wide_figure_is_marked(width, classes):
    """On a phone it then keeps its size, and scrolls."""
    figure = inline_figure({"alt": "x"}, f'<svg viewBox="0 0 {width} 10"></svg>')
    assert f'class="{classes}"' in figure.astext()


def test_an_empty_folder_is_no_book(tmp_path):
    assert "make book" in problems(tmp_path)[0]
