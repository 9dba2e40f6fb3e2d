"""The Sphinx extension that makes of each chapter notebooks that stand alone.

``downloads/`` of the finished book holds, for each chapter, a learner's and a complete edition, the
package's wheel, which their first cell installs, an archive of all of it, the unit for teachers,
and what Binder reads.
The menu at the top of a chapter offers these instead of the chapter's source.

Three settings in ``_config.yml``, under ``sphinx: config:``, empty until they are known:
``book_url`` (where the book is published), ``repository_url``, and ``package_on_index`` (whether
``pip install bpcourse`` finds the package).
"""

import importlib.util
import shutil
import zipfile
from pathlib import Path

import nbformat
from docutils import nodes

from downloads.addresses import edit_button, load_script, menu
from downloads.editions import EDITIONS, Editions
from downloads.markdown import Plain
from downloads.pieces import pieces
from downloads.setup_cell import setup_cell
from downloads.unit import UNIT, unit_archive

LICENSE = "Text and figures: CC BY 4.0; code: MIT."
ARCHIVE = "backpropagation-course.zip"
README = """\
Open learner/{first} (complete/ has the solutions, too) in JupyterLab, VS Code or any other program
for notebooks, and run its cells from the top. The first one installs what is missing: NumPy and
matplotlib from the network, the course's package, {wheel}, from this folder.

No such program yet? With Python 3.11 or newer, in this folder:

    python -m pip install jupyterlab
    python -m jupyterlab
"""
# What Binder makes of the folder.
ENVIRONMENT = """\
name: bpcourse
channels: [conda-forge]
dependencies:
  - python=3.12
  - jupyterlab
  - matplotlib
  - numpy>=2
  - pip
  - pip: [./{wheel}]
"""


def setup(app):
    """Register the extension with Sphinx."""
    app.add_config_value("book_url", "", "env")
    app.add_config_value("repository_url", "", "env")
    app.add_config_value("package_on_index", False, "env")
    app.add_role("archive", link_to_archive)
    app.add_role("unit", link_to_archive)
    app.connect("config-inited", edit_button)
    # Before the other extensions put what only the page shows into it.
    app.connect("doctree-resolved", collect, priority=300)
    app.connect("html-page-context", load_script)
    app.connect("html-page-context", menu, priority=900)
    app.connect("build-finished", write)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": False}


def link_to_archive(name, rawtext, text, lineno, inliner, options=None, content=()):
    """Return the link of the roles ``archive`` and ``unit``, on a page of the folder ``book``."""
    env = inliner.document.settings.env
    book = ".." if env.app.builder.name == "html" else env.config.book_url.rstrip("/")
    if not book:
        return [nodes.inline(rawtext, text)], []
    file = {"archive": ARCHIVE, "unit": UNIT}[name]
    return [nodes.reference(rawtext, text, refuri=f"{book}/downloads/{file}")], []


def is_chapter(app, docname):
    """Say whether a page is a notebook."""
    return str(app.env.doc2path(docname)).endswith(".ipynb")


def collect(app, doctree, docname):
    """Keep the pieces of a chapter, and the works that it cites."""
    if app.builder.name != "html" or not is_chapter(app, docname):
        return
    plain = Plain(docname, app.env.toc_fignumbers.get(docname, {}), app.config.book_url)
    notebook = nbformat.read(app.env.doc2path(docname), as_version=4)
    if not hasattr(app, "bp_chapters"):
        app.bp_chapters = {}
    app.bp_chapters[docname] = (notebook, pieces(doctree, plain, notebook), plain.cited)


def write(app, exception):
    """Write the notebooks of the pages that were written, the wheel and the archive."""
    if exception is not None or app.builder.name != "html":
        return
    folder = Path(app.outdir, "downloads")
    for docname in sorted(filter(lambda name: is_chapter(app, name), app.env.found_docs)):
        if not notebook_path(folder, "complete", docname).exists():
            app.env.get_and_resolve_doctree(docname, app.builder)  # collected on the way
    chapters = getattr(app, "bp_chapters", {})
    for old in folder.glob("*.whl"):
        old.unlink()
    wheel = build_wheel(Path(app.srcdir), folder).name
    works = bibliography(app)
    options = {"book_url": app.config.book_url, "on_index": app.config.package_on_index}
    for docname, (notebook, parts, cited) in chapters.items():
        listed = [works[name] for name in works if name in cited]
        editions = Editions(
            notebook,
            parts,
            setup=setup_cell(wheel, **options),
            about=lambda edition, page=docname: about(app, page, edition),
            works=listed,
        )
        for edition in EDITIONS:
            path = notebook_path(folder, edition, docname)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(nbformat.writes(editions.make(edition)) + "\n", encoding="utf-8")
    (folder / "environment.yml").write_text(ENVIRONMENT.format(wheel=wheel), encoding="utf-8")
    archive(folder, wheel, in_order(app))
    shutil.copy(Path(__file__).parent / "take.js", Path(app.outdir, "_static"))
    unit_archive(Path(app.srcdir), folder, wheel)


def notebook_path(folder, edition, docname):
    """Return where the notebook of a chapter lies."""
    return folder / edition / f"{Path(docname).name}.ipynb"


def build_wheel(root, folder):
    """Build the wheel as ``scripts/wheel.py`` does, and return its path."""
    spec = importlib.util.spec_from_file_location("wheel", root / "scripts" / "wheel.py")
    wheel = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(wheel)
    return wheel.build(folder)


def bibliography(app):
    """Return the works of the bibliography as Markdown, by the identifier of their entry."""
    doctree = app.env.get_and_resolve_doctree("book/bibliography", app.builder)
    plain = Plain("book/bibliography", {}, app.config.book_url)
    found = {}
    for entry in doctree.findall(nodes.citation):
        *_, text = plain.block(entry.children[-1])  # after its label
        found.update(dict.fromkeys(entry["ids"], text))
    return found


def about(app, docname, edition):
    """Return what stands below the title of a notebook: what it is, and where the page is."""
    book = app.config.html_title
    if app.config.book_url:
        book = f"[{book}]({app.config.book_url.rstrip('/')}/{docname}.html)"
    return f"*A chapter of {book}, {EDITIONS[edition]}. {LICENSE}*"


def in_order(app):
    """Return the chapters' names in the order of the book."""
    pages = [app.config.root_doc]
    for page in pages:
        place = pages.index(page) + 1
        pages[place:place] = app.env.toctree_includes.get(page, [])
    return [Path(page).name for page in pages if is_chapter(app, page)]


def archive(folder, wheel, chapters):
    """Put all notebooks, numbered, the wheel and a few lines to read first into one archive."""
    top = Path(ARCHIVE).stem
    names = {chapter: f"{k:02}-{chapter}.ipynb" for k, chapter in enumerate(chapters, 1)}
    with zipfile.ZipFile(folder / ARCHIVE, "w", zipfile.ZIP_DEFLATED) as made:
        readme = README.format(wheel=wheel, first=names[chapters[0]])
        made.writestr(f"{top}/README.txt", readme)
        made.write(folder / wheel, f"{top}/{wheel}")
        for edition in EDITIONS:
            for chapter, name in names.items():
                made.write(folder / edition / f"{chapter}.ipynb", f"{top}/{edition}/{name}")
