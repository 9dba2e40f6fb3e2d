"""Put JupyterLite beside the built book: all learner's notebooks, run by the browser, offline.

    python scripts/lite.py

It goes into _build/html/lite, and the menu of each chapter gets a button that opens it. Python
itself are the files of the book's pages, and what a notebook needs beside them, all with known
hashes. A browser runs it from a server only (`make serve`), not from a file.
"""

import hashlib
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BOOK, WORK = ROOT / "_build" / "html", ROOT / "_build" / "lite"
# A pair that goes with the Python of the pages; newer ones want a newer Pyodide.
TOOLS = ("jupyterlite-core==0.6.4", "jupyterlite-pyodide-kernel==0.6.1", "jupyter-server==2.17.0")
# The kernel asks for it, and without it dies in silence.
COMM = "comm==0.2.3"
# The list of Pyodide's packages with their hashes. The carrier's has fewer, and the same entries.
LOCKS = {
    "carrier": "fb0ad28408332c4ee335cdca6add0585329b1594d0e923a6f83bea27ee773f29",
    "distribution": "9c45b916001a750f4102fc287494f3eab215909c7535c626a20db80fd6333e2c",
}
LOCK = "pyodide-lock.json"
# What the kernel loads, and what the notebooks import; with what these depend on.
WANTED = ("micropip", "ssl", "sqlite3", "jedi", "ipython", "traitlets", "numpy", "matplotlib")
KERNEL = "@jupyterlite/pyodide-kernel-extension:kernel"


def main():
    """Build JupyterLite into the book; return the exit status."""
    downloads = BOOK / "downloads"
    if not (downloads / "learner").exists():
        print("There is no book: make book")
        return 1
    (wheel,) = downloads.glob("bpcourse-*.whl")
    shutil.rmtree(WORK, ignore_errors=True)
    python = WORK / "static" / "pyodide"
    python.mkdir(parents=True)
    (WORK / "notebooks").mkdir()
    write_python(python, wheel)
    settings = {KERNEL: {"disablePyPIFallback": True}}
    config = {
        "jupyter-lite-schema-version": 0,
        "jupyter-config-data": {"litePluginSettings": settings},
    }
    (WORK / "jupyter-lite.json").write_text(json.dumps(config), encoding="utf-8")
    names = numbered(downloads)
    for chapter, name in names.items():
        shutil.copy(downloads / "learner" / f"{chapter}.ipynb", WORK / "notebooks" / name)
    build(tools(), WORK / "notebooks")
    pages = add_buttons()
    size = sum(path.stat().st_size for path in (BOOK / "lite").rglob("*") if path.is_file())
    print(
        f"{BOOK / 'lite'}: {size / 1e6:.0f} MB, opened from {len(pages)} chapters. See: make serve"
    )
    return 0


def numbered(downloads):
    """Return the notebooks' names in the order of the book, by chapter, as the archive has them."""
    with zipfile.ZipFile(downloads / "backpropagation-course.zip") as archive:
        names = [Path(name).name for name in archive.namelist() if "/learner/" in name]
    return {Path(name).stem.partition("-")[2]: name for name in names}


def write_python(folder, wheel):
    """Write Pyodide, the packages and the course's own, and the list of them."""
    files = pyodide_files()
    lock = json.loads((find(files, {LOCK: lock_hash()}) / LOCK).read_text(encoding="utf-8"))
    chosen = with_what_they_need(lock["packages"])
    source = find(files, {each["file_name"]: each["sha256"] for each in chosen.values()})
    names = [name for name in files.CORE if not name.endswith(".whl")]
    for name in [*names, *(each["file_name"] for each in chosen.values())]:
        shutil.copy(source / name, folder)
    shutil.copy(wheel, folder)
    lock["packages"] = chosen | {"bpcourse": entry(wheel)}
    (folder / LOCK).write_text(json.dumps(lock), encoding="utf-8")


def pyodide_files():
    """Return the module that finds the files of the book's pages."""
    path = ROOT / "book" / "_ext" / "pyodide_files.py"
    spec = importlib.util.spec_from_file_location("pyodide_files", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def lock_hash():
    """Return the hash of the list that the source of the files has."""
    return LOCKS["distribution" if os.environ.get("BPCOURSE_PYODIDE") else "carrier"]


def find(files, more):
    """Return the folder that holds the files of the pages and these, checked."""
    files.FILES = files.FILES | more
    return files.find()


def with_what_they_need(packages):
    """Return the entries of the wanted packages and of those that they depend on."""
    known = {normal(name): (name, each) for name, each in packages.items()}
    left, chosen = [normal(name) for name in WANTED], {}
    while left:
        name, each = known[left.pop()]
        if name not in chosen:
            chosen[name] = each
            left += map(normal, each["depends"])
    return chosen


def normal(name):
    """Return the name of a package in the form in which names are compared."""
    return name.replace("_", "-").lower()


def entry(wheel):
    """Return the entry of the course's package: importing it loads it, and NumPy."""
    return {
        "name": "bpcourse",
        "version": wheel.name.split("-")[1],
        "file_name": wheel.name,
        "sha256": hashlib.sha256(wheel.read_bytes()).hexdigest(),
        "install_dir": "site",
        "package_type": "package",
        "imports": ["bpcourse"],
        "depends": ["numpy"],
        "unvendored_tests": False,
    }


def tools():
    """Return the Python of an environment of its own that builds JupyterLite."""
    folder = ROOT / "_build" / "lite-tools"
    program = folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    mark = folder / "installed"
    if not mark.exists() or mark.read_text(encoding="utf-8") != str(TOOLS):
        venv.create(folder, with_pip=True, clear=True)
        pip = [str(program), "-m", "pip", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, "install", *TOOLS], check=True)
        subprocess.run([*pip, "download", "--no-deps", "--dest", str(folder), COMM], check=True)
        mark.write_text(str(TOOLS), encoding="utf-8")
    return program


def build(program, notebooks):
    """Build the site into the book."""
    shutil.rmtree(BOOK / "lite", ignore_errors=True)
    (comm,) = (ROOT / "_build" / "lite-tools").glob("comm-*.whl")
    command = [str(program), "-m", "jupyterlite_core", "build", "--apps", "lab"]
    command += ["--lite-dir", str(WORK), "--output-dir", str(BOOK / "lite")]
    command += ["--contents", str(notebooks), "--piplite-wheels", str(comm)]
    command += ["--no-unused-shared-packages", "--no-sourcemaps"]
    subprocess.run(command, cwd=WORK, check=True)


def add_buttons():
    """Put a button into the menu of each chapter, and return the chapters' pages."""
    names = numbered(BOOK / "downloads")
    return [page for page in sorted(BOOK.glob("book/*.html")) if add_button(page, names)]


def add_button(page, names):
    """Put the button that opens a chapter's notebook into its menu; say whether there is one."""
    text = page.read_text(encoding="utf-8")
    item = re.search(
        rf'<li><a href="\.\./downloads/learner/{page.stem}\.ipynb".*?</li>', text, re.S
    )
    if not item or "launch-lite-button" in text:
        return bool(item)
    button = item[0]
    for old, new in (
        (
            f"../downloads/learner/{page.stem}.ipynb",
            f"../lite/lab/index.html?path={names[page.stem]}",
        ),
        ("btn-download-learner-button", "btn-launch-lite-button"),
        ("fa-download", "fa-rocket"),
        (re.search(r'title="(.*?)"', button)[1], "Run this chapter in the browser, in JupyterLite"),
        (">.ipynb<", ">JupyterLite<"),
    ):
        button = button.replace(old, new)
    page.write_text(text.replace(item[0], item[0] + button), encoding="utf-8", newline="\n")
    return True


if __name__ == "__main__":
    sys.exit(main())
