"""Build the book into _build/html.

    python scripts/book.py

The new book is built and checked in a folder of its own. Only when it stands does it take the place
of the old one: a build that fails leaves what was there. Any warning is a failure.
"""

import shutil
import subprocess
import sys
from pathlib import Path

import lite
import take_home

ROOT = Path(__file__).resolve().parents[1]
NEW, BOOK = ROOT / "_build" / "new", ROOT / "_build" / "html"


def main():
    """Build, check and put in place; return the exit status."""
    shutil.rmtree(NEW, ignore_errors=True)
    built = NEW / "_build" / "html"
    options = ["-n", "-W", "--keep-going", "--path-output", str(NEW)]
    status = run("-c", "from jupyter_book.cli.main import main; main()", "build", ".", *options)
    status = status or run("book/_ext/check_html.py", str(built))
    if status:
        print("The book was not built; what stood in _build/html stands there still.")
        return status
    put_in_place(built)
    take_home.main()
    print(f"The book: {(BOOK / 'index.html').as_uri()}")
    return 0


def put_in_place(built):
    """Let the new book take the place of the old one; JupyterLite beside it stays as it is."""
    with_lite = (BOOK / "lite").exists()
    if with_lite:
        (BOOK / "lite").rename(built / "lite")
    shutil.rmtree(BOOK, ignore_errors=True)
    built.rename(BOOK)
    shutil.rmtree(NEW)
    if with_lite:
        lite.add_buttons()


def run(*arguments):
    """Run Python with these arguments in the course's folder; return the exit status."""
    return subprocess.run([sys.executable, *arguments], cwd=ROOT, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
