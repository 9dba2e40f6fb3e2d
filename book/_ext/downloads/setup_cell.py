"""The cell at the top of a downloaded notebook that installs what is missing."""

CODE = """\
# Installs what this notebook needs and does not find here: NumPy, matplotlib, and bpcourse, the
# package of the course. Run it first. Where everything is there it does nothing.
import sys
from importlib import invalidate_caches
from importlib.util import find_spec
from pathlib import Path

wheel = "{wheel}"
beside = [str(path) for path in (Path(wheel), Path("..", wheel)) if path.exists()]
sources = {{"numpy": "numpy", "matplotlib": "matplotlib", "bpcourse": {source}}}
missing = [name for name in sources if find_spec(name) is None]
if sys.platform == "emscripten":  # JupyterLite
    import piplite

    for name in missing:
        try:
            await piplite.install(name)
        except ValueError:  # it is not on this site
            await piplite.install(sources[name])
elif missing and all(sources[name] for name in missing):
    %pip install --quiet {{" ".join(sources[name] for name in missing)}}
    invalidate_caches()
elif missing:
    raise ModuleNotFoundError(f"put {{wheel}} beside this notebook and run this cell again")
"""
ADDRESS = """
import os

os.environ.setdefault("BPCOURSE_BOOK", "{book_url}")  # where messages send you to read on
"""


def setup_cell(wheel, *, book_url="", on_index=False):
    """Return the code of the first cell.

    Parameters
    ----------
    wheel : str
        The name of the wheel's file.
    book_url : str
        Where the book is published, with the wheel in its folder ``downloads``.
    on_index : bool
        Whether the package index has the package.
    """
    elsewhere = f"{book_url.rstrip('/')}/downloads/{wheel}" if book_url else ""
    elsewhere = "bpcourse" if on_index else elsewhere
    code = CODE.format(wheel=wheel, source=f'(beside or ["{elsewhere}"])[0]')
    return (code + (ADDRESS.format(book_url=book_url) if book_url else "")).strip("\n")
