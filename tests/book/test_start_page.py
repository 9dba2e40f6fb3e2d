"""The start page shows every chapter, with a picture that is what its script draws."""

import importlib.util
import re

import pytest
from book_pages import BOOK, ROOT, table_of_contents

START = (BOOK / "intro.md").read_text(encoding="utf-8")
FOLDER = BOOK / "_static" / "course"


def chapters():
    """Return the chapters of the table of contents by part: {caption: [name]}."""
    parts = {
        caption: [name.removeprefix("book/") for name in names if (ROOT / f"{name}.ipynb").exists()]
        for caption, names in table_of_contents().items()
    }
    return {caption: names for caption, names in parts.items() if names}


def drawings():
    """Return what scripts/thumbnails.py draws: {chapter: SVG}."""
    spec = importlib.util.spec_from_file_location("thumbnails", ROOT / "scripts" / "thumbnails.py")
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    return {draw.__name__.replace("_", "-"): script.picture(draw()) for draw in script.DRAWINGS}


def test_the_parts_and_chapters_are_those_of_the_contents_in_their_order():
    shown = {}
    for part in START.split("\n### ")[1:]:
        caption = part.split("\n", 1)[0]
        shown[caption] = re.findall(r"^:link: ch-(\S+)$", part, re.MULTILINE)
    assert shown == chapters(), "the cards of book/intro.md and _toc.yml must agree"


def test_every_card_shows_the_picture_of_its_own_chapter():
    cards = re.findall(r":link: ch-(\S+)\n.*?:file: _static/course/(\S+)\.svg", START, re.DOTALL)
    assert cards and all(chapter == picture for chapter, picture in cards), "a picture is elsewhere"


@pytest.mark.parametrize(("name", "drawn"), drawings().items(), ids=drawings())
def test_the_pictures_are_what_the_script_draws(name, drawn):
    saved = (FOLDER / f"{name}.svg").read_text(encoding="utf-8")
    assert saved == drawn, "run: python scripts/thumbnails.py"
