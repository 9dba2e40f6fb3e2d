"""Put what was built of PDF, e-book and slides beside the built pages, and link it there.

    python scripts/take_home.py

The page "Run the chapters" names them where they are, and only there. Each of the targets does this
at its end; what was not built has no link.
"""

import re
import shutil
import sys
from pathlib import Path

BUILD = Path(__file__).resolve().parents[1] / "_build"
NAME = "backpropagation-computed"
# What lies under _build, where it goes in the book, and how the link calls it.
EDITIONS = (
    (f"pdf/{NAME}.pdf", f"editions/{NAME}.pdf", "The book on paper, A4"),
    (f"epub/{NAME}.epub", f"editions/{NAME}.epub", "The book for a reader of e-books"),
    ("slides/index.html", "editions/slides/index.html", "Slides for each chapter"),
)
PLACE = re.compile(r"<!-- editions -->.*?<!-- end of editions -->", re.DOTALL)


def main(build=BUILD):
    """Copy and link what there is; return the exit status."""
    page = build / "html" / "book" / "running.html"
    if page.exists():
        text = page.read_text(encoding="utf-8")
        links = "".join(link(build, *edition) for edition in EDITIONS)
        listed = f"<ul>{links}</ul>" if links else ""
        marked = f"<!-- editions -->{listed}<!-- end of editions -->"
        page.write_text(PLACE.sub(lambda _: marked, text), encoding="utf-8", newline="\n")
    return 0


def link(build, made, place, title):
    """Copy an edition into the book and return the line that links it; "" if it was not made."""
    source, target = build / made, build / "html" / place
    if not source.exists():
        return ""
    if target.name == "index.html":
        shutil.rmtree(target.parent, ignore_errors=True)
        shutil.copytree(source.parent, target.parent)
        return f'<li><a href="../{place}">{title}</a></li>'
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy2(source, target)
    size = target.stat().st_size / 1e6
    return f'<li><a href="../{place}">{title}</a> ({size:.1f} MB)</li>'


if __name__ == "__main__":
    sys.exit(main())
