"""Build the package's wheel into a folder, from nothing but what the package is made of.

    python scripts/wheel.py FOLDER

The book carries this wheel: its pages run it, and its notebooks install it.
"""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PARTS = ("pyproject.toml", "PACKAGE.md", "LICENSE", "LICENSE-TEXT", "MANIFEST.in", "bpcourse")


def build(folder):
    """Build the wheel into the folder and return its path; nothing is left in the tree."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as place:
        source, made = Path(place, "source"), Path(place, "made")
        source.mkdir()
        for part in PARTS:
            copy(ROOT / part, source / part)
        options = ["--quiet", "--no-deps", "--no-build-isolation", "--disable-pip-version-check"]
        command = [sys.executable, "-m", "pip", "wheel", ".", *options, "--wheel-dir", str(made)]
        subprocess.run(command, cwd=source, check=True)
        (wheel,) = made.glob("*.whl")
        return Path(shutil.copy(wheel, folder))


def copy(part, to):
    """Copy a file, or a folder without what Python wrote into it."""
    if part.is_dir():
        shutil.copytree(part, to, ignore=shutil.ignore_patterns("__pycache__"))
    else:
        shutil.copy(part, to)


if __name__ == "__main__":
    print(build(sys.argv[1]))
