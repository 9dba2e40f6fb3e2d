"""Check the built book: it loads nothing from another host, and no link inside it is broken.

python book/_ext/check_html.py _build/html
"""

import re
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

# Attributes that make a browser fetch what they name. A plain <a href> does not.
FETCHING = {
    "audio": ("src",),
    "embed": ("src",),
    "iframe": ("src",),
    "image": ("href",),
    "img": ("src", "srcset"),
    "link": ("href",),
    "object": ("data",),
    "script": ("src",),
    "source": ("src", "srcset"),
    "use": ("href",),
    "video": ("src",),
}
# <link>s of these kinds name a page and fetch nothing.
NAMES_A_PAGE = {"author", "canonical", "index", "license", "next", "prev", "search"}
CSS_FETCH = re.compile(r"""(?:@import\s+|url\(\s*)["']?((?:https?:)?//[^"')\s;]+)""")
DELIVERY = re.compile(r"https?://[^\s\"'<>]*(?:jsdelivr|unpkg|cdnjs|googleapis|gstatic)[^\s\"'<>]*")
# What MathJax would load for spoken formulas, which the book's settings leave off.
NEVER_FETCHED = (
    "https://cdn.jsdelivr.net/npm/speech-rule-engine",
    "https://cdn.jsdelivr.net/npm/sre-mathmaps-ie",
    "https://cdn.jsdelivr.net/npm/wicked-good-xpath",
)


def problems(root):
    """Return the problems of the book under the folder ``root``, one sentence each."""
    root = Path(root).resolve()
    # The theme leaves templates among its static files; nobody opens them.
    paths = [path for path in files(root, "html") if "_static" not in path.parts]
    pages = {path: Page(path) for path in paths}
    if not pages:
        return [f"{root} holds no HTML: build the book first (make book)"]
    found = []
    places = {path: names_of_places(page) for path, page in pages.items()}
    for path, page in pages.items():
        found += [f"{path}: {what}" for what in page_problems(page)]
        found += [f"{path}: {what}" for what in broken_links(path, page, places)]
    for path in files(root, "css") + files(root, "js"):
        found += [f"{path}: {what}" for what in asset_problems(path)]
    return found


def files(root, ending):
    """Return the book's files with an ending.

    JupyterLite, beside the book, names hosts that it does not ask: a test listens to it.
    """
    return [path for path in sorted(root.rglob(f"*.{ending}")) if root / "lite" not in path.parents]


class Page(HTMLParser):
    """The tags of a page, each as (name, attributes), and the text in its styles and scripts."""

    def __init__(self, path):
        super().__init__()
        self.tags, self.texts = [], {"style": [], "script": []}
        self.feed(path.read_text(encoding="utf-8"))
        self.close()

    def handle_starttag(self, name, attributes):
        """Keep a tag; an attribute without a value is empty."""
        self.tags.append((name, {key: value or "" for key, value in attributes}))

    def handle_data(self, text):
        """Keep the text in a style or a script, which the parser hands over as it stands."""
        if self.cdata_elem in self.texts:
            self.texts[self.cdata_elem].append(text)


def page_problems(page):
    """Return what a page fetches from another host, and its pictures without a description."""
    styles = page.texts["style"] + [tag["style"] for _, tag in page.tags if "style" in tag]
    urls = [url for url in fetched(page) if re.match(r"(?:https?:)?//", url)]
    urls += CSS_FETCH.findall("\n".join(styles))
    urls += DELIVERY.findall("\n".join(page.texts["script"]))
    found = [f"loads {url}" for url in urls]
    for name, tag in page.tags:
        if name == "img" and not tag.get("alt"):
            found.append(f"picture {tag.get('src')} has no alt")
        if name == "svg" and is_figure(tag) and not tag.get("aria-label"):
            found.append("a figure has no aria-label")
    return found


def is_figure(tag):
    """Return whether a drawing is a figure of the book."""
    return "bp-figure" in tag.get("class", "").split()


def fetched(page):
    """Return the addresses that a browser fetches when it opens the page."""
    fetching = [(name, tag) for name, tag in page.tags if name in FETCHING]
    values = [
        tag.get(key)
        for name, tag in fetching
        if not names_a_page(name, tag)
        for key in FETCHING[name]
    ]
    return [value.strip() for value in values if value]


def names_a_page(name, tag):
    """Return whether a tag is a ``<link>`` that fetches nothing."""
    return name == "link" and bool(NAMES_A_PAGE & set(tag.get("rel", "").split()))


def broken_links(path, page, places):
    """Return the links of a page to files, or to places in pages, that do not exist."""
    found = []
    for url in fetched(page) + [tag["href"] for name, tag in page.tags if is_link(name, tag)]:
        parts = urlsplit(url)
        if parts.scheme or parts.netloc:
            continue
        target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
        place = unquote(parts.fragment)
        if not target.exists():
            found.append(f"links to {url}, which does not exist")
        elif place and place not in places.get(target, {place}):
            found.append(f"links to {url}, a place that does not exist")
    return found


def is_link(name, tag):
    """Return whether a reader can follow a tag."""
    return name == "a" and "href" in tag


def names_of_places(page):
    """Return the identifiers on a page that a link can lead to."""
    names = {tag["name"] for name, tag in page.tags if name == "a" and "name" in tag}
    return names | {tag["id"] for _, tag in page.tags if "id" in tag}


def asset_problems(path):
    """Return what the style sheet or script at ``path`` would fetch from another host."""
    text = path.read_text(encoding="utf-8", errors="replace")
    urls = CSS_FETCH.findall(text) if path.suffix == ".css" else DELIVERY.findall(text)
    return [f"loads {url}" for url in urls if not url.startswith(NEVER_FETCHED)]


def main(root):
    """Print the problems of the book; return the exit status."""
    found = problems(root)
    for problem in found:
        print(problem, file=sys.stderr)
    print(f"{root}: {len(found)} problem(s) in what it loads and where it links")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
