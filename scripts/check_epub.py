"""Check an e-book: its files, its pages, its links; where epubcheck is installed, let it judge.

python scripts/check_epub.py BOOK.epub
"""

import posixpath
import shutil
import subprocess
import sys
import zipfile
from urllib.parse import unquote
from xml.etree import ElementTree

XHTML = "{http://www.w3.org/1999/xhtml}"
SVG = "{http://www.w3.org/2000/svg}"
OPF = "{http://www.idpf.org/2007/opf}"
# What LaTeX leaves in a page whose formulas were not turned into MathML.
LEFT_OVER = (r"\(", r"\[", r"\begin{")


def problems(book):
    """Return what is wrong with the e-book at the path ``book``, one sentence each."""
    with zipfile.ZipFile(book) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
        first = archive.infolist()[0]
    found = []
    if (first.filename, first.compress_type) != ("mimetype", zipfile.ZIP_STORED):
        found.append("the file mimetype is not the first, or it is compressed")
    pages = {}
    for name in [name for name in files if name.endswith(".xhtml")]:
        try:
            pages[name] = ElementTree.fromstring(files[name])
        except ElementTree.ParseError as error:
            found.append(f"{name} is not well-formed: {error}")
    found += listing_problems(ElementTree.fromstring(files["content.opf"]), files)
    places = {
        name: [tag.get("id") for tag in page.iter() if tag.get("id")]
        for name, page in pages.items()
    }
    for name, page in pages.items():
        found += [f"{name}: {what}" for what in page_problems(page, places[name])]
        found += [f"{name}: {what}" for what in broken_links(name, page, files, places)]
    return found


def listing_problems(listing, files):
    """Return how the list of files differs from the files."""
    listed = {unquote(item.get("href")) for item in listing.iter(f"{OPF}item")}
    own = {"mimetype", "content.opf", "META-INF/container.xml"}
    found = [f"{name} is listed and missing" for name in sorted(listed - set(files))]
    return found + [f"{name} is not listed" for name in sorted(set(files) - listed - own)]


def page_problems(page, names):
    """Return identifiers that occur twice, pictures without a description, scripts, raw LaTeX."""
    twice = sorted({name for name in names if names.count(name) > 1})
    found = [f"the identifier {name} occurs twice" for name in twice]
    found += ["a script" for _ in page.iter(f"{XHTML}script")]
    found += [
        f"{tag.get('src')} has no alt" for tag in page.iter(f"{XHTML}img") if not tag.get("alt")
    ]
    found += ["a path without points" for tag in page.iter(f"{SVG}path") if not tag.get("d")]
    for svg in page.iter(f"{SVG}svg"):
        if svg.get("role") == "img" and not svg.get("aria-label"):
            found.append("a figure has no aria-label")
    for tag in page.iter():
        if tag.tag not in (f"{XHTML}code", f"{XHTML}pre", f"{XHTML}span") and tag.text:
            found += [
                f"LaTeX in the text: {tag.text[:60]!r}" for mark in LEFT_OVER if mark in tag.text
            ]
    return found


def broken_links(name, page, files, places):
    """Return the links of a page to files or places that are not in the e-book."""
    found = []
    for link in page.iter(f"{XHTML}a"):
        path, _, place = link.get("href", "").partition("#")
        if ":" in path:
            continue
        target = (
            posixpath.normpath(posixpath.join(posixpath.dirname(name), unquote(path)))
            if path
            else name
        )
        if target not in files:
            found.append(f"links to {target}, which is not there")
        elif place and unquote(place) not in places.get(target, []):
            found.append(f"links to {target}#{place}, a place that is not there")
    return found


def main(book):
    """Print the problems; return the exit status."""
    found = problems(book)
    for problem in dict.fromkeys(found):
        print(problem, file=sys.stderr)
    print(f"{len(found)} problem(s)")
    return 1 if found else epubcheck(book)


def epubcheck(book):
    """Let epubcheck judge; return its exit status, 0 if it is not installed."""
    program = shutil.which("epubcheck")
    if not program:
        print(
            "Not checked by epubcheck, which is not installed (Debian: apt-get install epubcheck)."
        )
        return 0
    # Debian's is a Java archive that not every system starts by itself.
    command = ["java", "-jar"] if zipfile.is_zipfile(program) else []
    return subprocess.run([*command, program, "--quiet", str(book)], check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
