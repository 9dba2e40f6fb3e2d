"""Make the book for readers of e-books: _build/epub/backpropagation-computed.epub.

    python scripts/epub.py

Sphinx writes the pages; here they are packed, with no more than they use, and checked. Where
epubcheck is (Debian: apt-get install epubcheck), it has the last word.
"""

import re
import shutil
import sys
import zipfile
from urllib.parse import unquote

import check_epub
import cover
import take_home
from editions import BUILD, NAME, fail, sphinx, title_and_author

import bpcourse

OUT = BUILD / "epub"
PAGES = OUT / "pages"
BOOK = OUT / f"{NAME}.epub"
COVER = "_static/cover.jpg"
COVER_ALT = 'alt="A network reads a digit; each line is colored by the derivative of its weight"'
ITEM = re.compile(r"<item [^>]*/>")
# What a page may hold that its entry in the list of files has to name.
PROPERTIES = {"mathml": "<math", "svg": "<svg"}
# The arrow that sphinx-design draws beside the title of what is folded.
ARROW = re.compile(r'<span class="sd-summary-state-marker.*?</svg></span>', re.DOTALL)


def main():
    """Build, pack and check the e-book; return the exit status."""
    shutil.rmtree(OUT, ignore_errors=True)
    draw_cover(PAGES)
    if sphinx("epub", PAGES, settings=settings()):
        fail("The e-book was not made: see the warnings above.")
    pack(PAGES, BOOK)
    print(f"The e-book: {BOOK.as_uri()}")
    take_home.main()
    return check_epub.main(BOOK)


def draw_cover(pages):
    """Draw the cover where the e-book is made."""
    (pages / COVER).parent.mkdir(parents=True, exist_ok=True)
    cover.main(pages / COVER)


def settings():
    """Return what Sphinx is told for an e-book."""
    title, author = title_and_author()
    return {
        "html_math_renderer": "mathml",
        "html_css_files": [],
        "html_domain_indices": False,
        "html_permalinks": False,
        "html_copy_source": False,
        "version": bpcourse.__version__,
        "epub_basename": NAME,
        "project": title,
        "epub_title": title,
        "epub_author": author,
        "epub_contributor": author,
        "epub_publisher": author,
        "epub_identifier": NAME,
        "epub_description": "A course on backpropagation in which every number is computed.",
        "epub_css_files": ["ebook.css"],
        "epub_show_urls": "no",
        "epub_cover": (COVER, "epub-cover.html"),
    }


def pack(pages, book):
    """Pack the folder ``pages`` as an e-book, with the files that its pages use."""
    for page in pages.rglob("*.xhtml"):
        text = ARROW.sub("", page.read_text(encoding="utf-8"))
        page.write_text(text.replace('alt="Cover image"', COVER_ALT), encoding="utf-8")
    used = used_files(pages)
    listing = pages / "content.opf"
    text = listing.read_text(encoding="utf-8")
    text = ITEM.sub(lambda item: entry(item[0], pages, used), text)
    listing.write_text(re.sub(r"\n\s*\n", "\n", text), encoding="utf-8")
    with zipfile.ZipFile(book, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(pages / "mimetype", "mimetype", zipfile.ZIP_STORED)
        for name in ("META-INF/container.xml", "content.opf", *hrefs(text)):
            archive.write(pages / name, name)


def used_files(pages):
    """Return the style sheets, pictures and fonts that the pages name."""
    used = set()
    for page in pages.rglob("*.xhtml"):
        names = re.findall(r'<(?:link|img)[^>]*? (?:href|src)="([^"#:]+)"', page.read_text("utf-8"))
        used |= {(page.parent / unquote(name)).resolve() for name in names}
    for style in [path for path in used if path.suffix == ".css"]:
        names = re.findall(r'url\("([^"]+)"\)', style.read_text(encoding="utf-8"))
        used |= {(style.parent / name).resolve() for name in names}
    return used


def entry(item, pages, used):
    """Return an entry of the list of files, saying what its page holds; "" if it is not needed."""
    path = pages / unquote(re.search(r'href="([^"]+)"', item)[1])
    if path.suffix == ".ncx":
        return item
    if path.suffix != ".xhtml":
        kept = item if path.resolve() in used else ""
        return with_properties(kept, ["cover-image"] if COVER in kept else [])
    text = path.read_text(encoding="utf-8")
    named = re.search(r' properties="([^"]*)"', item)
    holds = [named[1]] if named else []
    holds += [name for name, mark in PROPERTIES.items() if mark in text]
    plain = re.sub(r' properties="[^"]*"', "", item)
    return with_properties(plain, holds)


def with_properties(item, names):
    """Return an entry of the list of files with its properties."""
    return item.replace("<item ", f'<item properties="{" ".join(names)}" ', 1) if names else item


def hrefs(listing):
    """Return the names of the files that an e-book lists."""
    return [unquote(re.search(r'href="([^"]+)"', item)[1]) for item in ITEM.findall(listing)]


if __name__ == "__main__":
    sys.exit(main())
