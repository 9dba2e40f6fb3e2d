"""The cell at the top of a downloaded notebook: it installs what is missing, and imports."""

CODE = """\
# Run this cell first, and then the others from the top. It installs what this notebook needs and
# does not find: NumPy, matplotlib, and bpcourse, the package of the course.
import os
import subprocess
import sys
from importlib import invalidate_caches
from importlib.util import find_spec
from pathlib import Path

book = "{book_url}"  # where this notebook comes from
wheel = "{wheel}"
found = [str(path) for path in (Path(wheel), Path("..", wheel)) if path.exists()]
elsewhere = {elsewhere}
sources = {{"numpy": "numpy", "matplotlib": "matplotlib", "bpcourse": (found or [elsewhere])[0]}}
missing = [name for name in sources if find_spec(name) is None]
if sys.platform == "emscripten":  # JupyterLite
    import piplite

    for name in missing:
        try:
            await piplite.install(name)
        except ValueError:  # it is not on this site
            await piplite.install(sources[name])
elif missing:
    wanted = [sources[name] for name in missing if sources[name]]
    print("Installing", *missing, "...", flush=True)
    pip = [sys.executable, "-m", "pip", "install", "--quiet", *wanted]
    done = subprocess.run(pip, capture_output=True, text=True) if wanted else None
    if done and done.returncode or len(wanted) < len(missing):
        raise ModuleNotFoundError(
            f"{{', '.join(missing)}} could not be installed. NumPy and matplotlib need a network "
            "connection. If bpcourse is what fails: the menu with the arrow, on any chapter's page "
            f"of the book, offers {{wheel}}; put it beside this notebook and run the cell again.\\n"
            + (f"{{' '.join(pip)}} said:\\n{{done.stderr.strip()}}" if done else "")
        )
    invalidate_caches()
if book:
    os.environ.setdefault("BPCOURSE_BOOK", book)  # where messages send you to read on
"""
END = '\nprint("Ready.")'


def setup_cell(wheel, *, book_url="", on_index=False):
    """Return the code of the first cell, up to the chapter's own imports.

    Parameters
    ----------
    wheel : str
        The name of the wheel's file.
    book_url : str
        Where the book is published, with the wheel in its folder ``downloads``. If it is empty, the
        page from which a notebook is taken writes its own address in here: see ``take.js``.
    on_index : bool
        Whether the package index has the package.
    """
    address = 'f"{book}/downloads/{wheel}" if book else ""'
    elsewhere = '"bpcourse"' if on_index else address
    return CODE.format(wheel=wheel, book_url=book_url.rstrip("/"), elsewhere=elsewhere)


def with_imports(setup, imports):
    """Return the first cell with what the chapter imports and defines before its first listing."""
    chapter = f"\n# What this chapter uses.\n{imports}\n" if imports else ""
    return f"{setup}{chapter}{END}"
