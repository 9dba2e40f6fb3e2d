"""Make a deck of slides from each chapter of the built book: _build/slides/index.html.

    python scripts/slides.py

Nothing is written twice. A slide is what the chapter marks: the question that it or a section opens
with, a numbered equation with the function that computes it, a theorem, a numbered figure, a
question to the reader, a computed number in its sentence. The paragraphs that follow it in the
chapter are the speaker's notes (press S). The decks work without a network connection.
"""

import html
import importlib.util
import re
import shutil
import sys
from dataclasses import dataclass, field
from pathlib import Path

import take_home
import yaml
from bs4 import BeautifulSoup, NavigableString

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "book" / "_ext"))
from mathml import mathml  # noqa: E402 (the folder of the book's extensions)
from stills import CARRIED, palette  # noqa: E402

HTML, OUT = ROOT / "_build" / "html", ROOT / "_build" / "slides"
# Parts of the book that are no lectures.
LEFT_OUT = {"Teaching", "Reference"}
# From this many letters on, a text is set smaller; a sentence beyond the second is no slide.
LONG, TOO_LONG = 170, 320
# A sentence of fewer letters says nothing without what led to it; a question of still fewer ("By
# how much?") nothing at all, where nothing led to it.
SHORT, TERSE = 40, 22
NUMBERS_PER_SECTION = 2
# Words for a figure that moves are none for its still picture on a slide.
NOT_SHOWN = "a.headerlink, details.hide, .tag_remove-input:not(:has(figure)), .moving"
LONGEST_CODE, LONGEST_TABLE = 12, 7
END_OF_SENTENCE = re.compile(r"(?<=[.?!])\s+")
INLINE = re.compile(r"\\\((.*?)\\\)|\\\[(.*?)\\\]", re.DOTALL)


@dataclass
class Slide:
    """One idea: its heading and its body as HTML, and the paragraphs that a speaker may say."""

    heading: str
    body: str
    notes: list = field(default_factory=list)


@dataclass
class Section:
    """A section of a chapter: its heading, and how many numbers were taken from it."""

    heading: str
    numbers: int = 0


def main(source=HTML, out=OUT):
    """Write all decks; return the exit status."""
    source, out = Path(source), Path(out)
    if not (source / "index.html").exists():
        print(f"{source} holds no book: build it first (make book)", file=sys.stderr)
        return 1
    shutil.rmtree(out, ignore_errors=True)
    add_files(source, out / "_static")
    decks = {}
    for part, names in chapters().items():
        for name in names:
            title, slides = deck((source / f"{name}.html").read_text(encoding="utf-8"))
            page = Path(name).name
            (out / f"{page}.html").write_text(deck_page(title, slides), encoding="utf-8")
            decks.setdefault(part, []).append((page, title, len(slides)))
    (out / "index.html").write_text(index_page(decks), encoding="utf-8")
    count = sum(number for entries in decks.values() for _, _, number in entries)
    print(
        f"{count} slides in {sum(map(len, decks.values()))} decks: {(out / 'index.html').as_uri()}"
    )
    take_home.main()
    return 0


def chapters():
    """Return the chapters to lecture on, by part."""
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))
    return {
        part["caption"]: [entry["file"] for entry in part["chapters"] if is_chapter(entry["file"])]
        for part in toc["parts"]
        if part["caption"] not in LEFT_OUT
    }


def is_chapter(name):
    """Say whether a page is a notebook, and no list of sources."""
    return (ROOT / f"{name}.ipynb").exists()


def deck(page):
    """Return the title of a chapter, and its slides, from its page as HTML."""
    article = BeautifulSoup(page, "html.parser").find("article")
    for tag in article.select(NOT_SHOWN):
        tag.decompose()
    for paragraph in article.select("p:empty"):
        paragraph.decompose()
    for link in article.select("a"):
        link.unwrap()
    article.smooth()  # what stood on both sides of a removed tag becomes one text
    chapter = article.find("section")
    slides = opening(chapter)
    walk(chapter, Section(""), slides)
    return chapter.h1.get_text().strip(), slides


def opening(chapter):
    """Return the slide that a chapter begins with: its title and its question."""
    first = next(p for p in paragraphs(chapter) if not is_reading_time(p))
    body = f'<p class="lead">{inner(first)}</p>'
    return [Slide(f"<h1>{inner(chapter.h1)}</h1>", body)]


def paragraphs(section):
    """Return the paragraphs that stand in a section itself."""
    return section.find_all("p", recursive=False)


def is_reading_time(paragraph):
    """Say whether a paragraph is the line that says how many minutes the chapter takes."""
    return paragraph.get_text().startswith("About ") and "minutes" in paragraph.get_text()


def walk(section, here, slides):
    """Add the slides of a section, in the order of the page."""
    asked = here.heading == ""
    for child in section.find_all(recursive=False):
        if child.name == "section":
            inside(child, slides)
        elif child.name == "p":
            question = None if asked else opening_question(child)
            asked = asked or bool(question) or child is not paragraphs(section)[0]
            if question:
                slides.append(Slide(here.heading, f'<p class="{size(question)}">{question}</p>'))
            slides[-1].notes.append(note(child))
            slides += [slide for slide in numbers(child, here) if is_new(slide, slides[-1])]
        else:
            slides += marked(child, here)
    return slides


def is_new(slide, before):
    """Say whether a slide says what the slide before it does not."""
    return plain(slide.body) not in plain(before.body)


def inside(section, slides):
    """Add the slides of a section inside another; exercises are one, further reading is none."""
    title = section.find(["h2", "h3", "h4"])
    if title.get_text().strip() == "Exercises":
        slides.append(exercises(section))
    elif title.get_text().strip() != "Further reading":
        walk(section, Section(f"<h2>{inner(title)}</h2>"), slides)


def opening_question(paragraph):
    """Return the first question of a paragraph as HTML, with what led to it if short; or None."""
    said = sentences(paragraph)
    for place, sentence in enumerate(said):
        if plain(sentence).endswith("?") and (place or len(plain(sentence)) >= TERSE):
            return with_what_led_to_it(said, place)
    return None


def sentences(paragraph):
    """Return the sentences of a paragraph, each as HTML."""
    found = [""]
    for child in paragraph.children:
        if not isinstance(child, NavigableString):
            found[-1] += str(child)
            continue
        first, *others = END_OF_SENTENCE.split(str(child))
        found[-1] += html.escape(first, quote=False)
        found += [html.escape(other, quote=False) for other in others]
    return [sentence.strip() for sentence in found if sentence.strip()]


def numbers(paragraph, here):
    """Return a slide for the first sentence with a computed number, while a section has few."""
    said = sentences(paragraph)
    for place, sentence in enumerate(said):
        alone = place == 0 and not re.search("[a-z]", plain(sentence))  # "41." and no word with it
        if "pasted-text" in sentence and not alone and len(plain(sentence)) < TOO_LONG:
            if here.numbers < NUMBERS_PER_SECTION:
                here.numbers += 1
                text = with_what_led_to_it(said, place)
                return [Slide(here.heading, f'<p class="{size(text)}">{text}</p>')]
            return []
    return []


def with_what_led_to_it(said, place):
    """Return a sentence, and before it, if it is short, the sentence that it follows."""
    return " ".join(said[max(place - (len(plain(said[place])) < SHORT), 0) : place + 1])


def marked(tag, here):
    """Return the slides that something other than a paragraph is worth."""
    classes = set(tag.get("class", []))
    if tag.name == "ul" and here.heading == "":
        return [Slide("<h2>After this chapter you can</h2>", outer(tag))]
    if "math" in classes and tag.find("span", class_="eqno"):
        return [Slide(here.heading, equation(tag))]
    if classes & {"theorem", "definition", "lemma", "corollary"}:
        title = inner(tag.find("p", class_="admonition-title"))
        tag.find("p", class_="admonition-title").decompose()
        return [Slide(f"<h2>{title}</h2>", f'<div class="{size(inner(tag))}">{inner(tag)}</div>')]
    if "question" in classes or "bp-question" in classes:
        return [question(tag)]
    short = len(tag.find_all("tr")) <= LONGEST_TABLE and len(tag.get_text()) < 2 * TOO_LONG
    if tag.find("table") and short:
        return [Slide(here.heading, outer(tag.find("table")))]
    return [Slide(here.heading, picture(figure)) for figure in all_figures(tag)]


def all_figures(tag):
    """Return the numbered figures in a part of a page, which may be one itself."""
    found = [tag] if tag.name == "figure" else tag.find_all("figure")
    return [figure for figure in found if figure.find("figcaption") and figure.find("svg")]


def equation(tag):
    """Return a numbered equation, and the function under it that computes it."""
    number = tag.find("span", class_="eqno").extract().get_text().strip()
    after = tag.find_next_sibling()
    code = ""
    if after and "summary" in after.get("class", []):
        lines = after.get_text().strip().count("\n") + 1
        code = f'<div class="code fragment">{after}</div>' if lines <= LONGEST_CODE else ""
    return f'<div class="equation">{outer(tag)}<p class="eqno">{number}</p></div>{code}'


def picture(figure):
    """Return a figure that fits its slide, with its caption."""
    svg = figure.find("svg")
    for name in ("width", "height"):
        del svg[name]
    caption = figure.find("figcaption")
    text = inner(caption.find("span", class_="caption-text") or caption)
    number = caption.find("span", class_="caption-number")
    label = f'<span class="label">{inner(number).strip()}</span> ' if number else ""
    return f"<figure>{CARRIED.sub('', str(svg))}<figcaption>{label}{text}</figcaption></figure>"


def question(tag):
    """Return the slide of a question to the reader; the answer comes at the next press."""
    if tag.name == "fieldset":
        return choice(tag)
    tag.find("p", class_="admonition-title").decompose()
    answer = tag.find_next_sibling("details")
    text = inner(answer.find("div", class_="sd-card-body") or answer) if answer else ""
    body = f'<div class="{size(inner(tag))}">{inner(tag)}</div>'
    return Slide("<h2>Check yourself</h2>", f'{body}<div class="fragment answer">{text}</div>')


def choice(tag):
    """Return the slide of a question with answers; the right ones are marked at the next press."""
    legend = tag.find("legend")
    for kind in legend.select(".bp-kind"):
        kind.decompose()
    asked = [inner(legend), *(outer(part) for part in tag.find_all("p", recursive=False))]
    choices = [label.parent for label in tag.select(".bp-choice > label")]
    replies = [note(paragraph) for paragraph in tag.select(".bp-reply p")]
    items = "".join(f"<li>{inner(choice.label)}</li>" for choice in choices)
    options = f"<ul>{items}</ul>" if items else ""
    right = right_answers(tag, choices)
    shown = "".join(f"<li>{text}</li>" for text in right)
    kind = "ol" if not choices and len(right) > 1 else "ul"  # steps have numbers, answers none
    body = f'<div>{"".join(asked)}</div>{options}<{kind} class="fragment answer">{shown}</{kind}>'
    return Slide("<h2>Question</h2>", body, replies)


def right_answers(tag, choices):
    """Return the right answers of a question, or the steps of an order, as HTML."""
    if choices:
        return [inner(choice.label) for choice in choices if "right" in choice.get("class", [])]
    answers = tag.select(".bp-answers li")
    right = [answer for answer in answers if answer.select_one(".bp-reply.right")] or answers
    for answer in right:
        for reply in answer.select(".bp-reply"):
            reply.decompose()
    return [inner(answer) for answer in right]


def exercises(section):
    """Return the slide that names the exercises of a chapter."""
    titles = [inner(title) for title in section.select(".exercise > p.admonition-title")]
    items = "".join(f"<li>{title}</li>" for title in titles)
    return Slide("<h2>Exercises</h2>", f'<ul class="small">{items}</ul>')


def inner(tag):
    """Return what stands in a tag, as HTML for a slide."""
    return for_slide(tag.decode_contents()).strip()


def outer(tag):
    """Return a tag as HTML for a slide."""
    return for_slide(str(tag))


def for_slide(fragment):
    """Return HTML without identifiers, and without sections, which would be slides."""
    return re.sub(r"(</?)section\b", r"\1div", re.sub(r' id="[^"]*"', "", fragment))


def plain(fragment):
    """Return the text of a piece of HTML."""
    return BeautifulSoup(fragment, "html.parser").get_text().strip()


def size(fragment):
    """Return the class of a text: large, as long as it is short."""
    return "large" if len(plain(fragment)) < LONG else "long"


def note(paragraph):
    """Return a paragraph for the window of the speaker, where only MathML shows formulas."""

    def formula(found):
        code = html.unescape(found[1] or found[2])
        return mathml(code.strip(), display=found[1] is None)

    return f"<p>{INLINE.sub(formula, inner(paragraph))}</p>"


def deck_page(title, slides):
    """Return the page of a deck."""
    sections = "\n".join(
        f"<section>{slide.heading}{slide.body}"
        f'<aside class="notes">{"".join(slide.notes)}</aside></section>'
        for slide in slides
    )
    return DECK.format(title=html.escape(title), sections=sections)


def index_page(decks):
    """Return the page that leads to all decks."""
    lines = []
    for part, entries in decks.items():
        lines.append(f"<h2>{html.escape(part)}</h2><ul>")
        for page, title, count in entries:
            lines.append(
                f'<li><a href="{page}.html">{html.escape(title)}</a> ({count} slides)</li>'
            )
        lines.append("</ul>")
    return INDEX.format(list="\n".join(lines))


def add_files(source, static):
    """Copy reveal.js, MathJax, the fonts and the styles."""
    static.mkdir(parents=True)
    reveal = Path(importlib.util.find_spec("sphinx_revealjs").origin).parent
    reveal = reveal / "_static" / "revealjs"
    for name in ("dist/reveal.js", "dist/reveal.css", "plugin/notes/notes.js", "LICENSE"):
        shutil.copy2(reveal / name, static / f"reveal-{Path(name).name}")
    for folder in ("mathjax", "fonts"):
        shutil.copytree(source / "_static" / folder, static / folder)
    shutil.copy2(source / "_static" / "pygments.css", static)
    style = (ROOT / "book" / "_ext" / "slides.css").read_text(encoding="utf-8")
    (static / "slides.css").write_text(palette() + style, encoding="utf-8", newline="\n")


DECK = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<link rel="stylesheet" href="_static/reveal-reveal.css">
<link rel="stylesheet" href="_static/pygments.css">
<link rel="stylesheet" href="_static/slides.css">
</head>
<body>
<div class="reveal"><div class="slides">
{sections}
</div></div>
<script src="_static/reveal-reveal.js"></script>
<script src="_static/reveal-notes.js"></script>
<script>
Reveal.initialize({{
  hash: true, width: 1280, height: 720, margin: 0.06, center: true, transition: "none",
  slideNumber: "c/t", pdfSeparateFragments: false, plugins: [RevealNotes],
}});
// What is too large for its slide is set smaller, when its formulas have been set.
function fit(slide) {{
  const wide = () => [...slide.querySelectorAll("mjx-math, table, pre")].some(
    (part) => part.offsetWidth > part.closest("section, div.math").clientWidth);
  for (let size = 95; size >= 50 && (slide.scrollHeight > 690 || wide()); size -= 5) {{
    slide.style.fontSize = `${{size}}%`;
  }}
}}
// On the screen one slide after the other; on paper all, in the middle of their pages.
function fitShown() {{
  const pages = document.querySelectorAll(".pdf-page");
  if (!pages.length) {{
    fit(Reveal.getCurrentSlide());
    Reveal.layout();
  }}
  for (const page of pages) {{
    const slide = page.querySelector("section");
    fit(slide);
    slide.style.top = `${{(page.clientHeight - slide.scrollHeight) / 2}}px`;
  }}
}}
Reveal.on("slidechanged", fitShown);
Reveal.on("pdf-ready", fitShown);
window.MathJax = {{
  options: {{enableMenu: false, ignoreHtmlClass: "notes"}},
  startup: {{pageReady: () => MathJax.startup.defaultPageReady().then(fitShown)}},
}};
</script>
<script defer src="_static/mathjax/es5/tex-chtml.js"></script>
</body>
</html>
"""

INDEX = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Slides</title>
<link rel="stylesheet" href="_static/slides.css">
</head>
<body class="index">
<h1>Slides</h1>
<p>A deck for each chapter. Space: next. S: the notes for the speaker. F: the whole screen. Esc: all
slides at once. Add <code>?print-pdf</code> to the address to print.</p>
{list}
</body>
</html>
"""


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
