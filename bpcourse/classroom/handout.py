"""What is handed out beside the notebooks: files without solutions, and the package itself."""

import base64
import hashlib
import importlib.metadata
import json
import re
import tomllib
from datetime import date, datetime, time
from pathlib import Path

from bpcourse._version import VERSION
from bpcourse.classroom.gradebooks import zipped
from bpcourse.exercises import own
from bpcourse.exercises.check import NAMES

_PACKAGE = Path(__file__).resolve().parents[1]
_INFO = f"bpcourse-{VERSION}.dist-info"
#: The name of the package's wheel.
WHEEL = f"bpcourse-{VERSION}-py3-none-any.whl"
# What an installer has noted for itself.
_INSTALLERS = ("RECORD", "INSTALLER", "REQUESTED", "direct_url.json")


# The assignment, as students may see it


def for_students(assignment, source):
    """Return the text of an assignment's file without its solutions.

    Questions that students are not to check are left out, as their exercises are not handed out.
    A file in which there is nothing to leave out stays as it is, with its comments.

    Returns
    -------
    str
        "" if nothing is left to ask.
    """
    text = Path(source).read_text(encoding="utf-8")
    table = tomllib.loads(text)
    questions = [
        {key: value for key, value in each.items() if key not in ("solution", "check")}
        for each in table["question"]
        if each.get("check", True)
    ]
    if questions == table["question"]:
        return text
    files = [Path(each).name for each in exercise_files(assignment)]
    top = {k: v for k, v in table.items() if k not in ("question", "judging", "exercises")}
    top |= {"exercises": files} if files else {}
    parts = [_lines(top)]
    parts += ["[judging]\n" + _lines(table["judging"])] if "judging" in table else []
    parts += ["[[question]]\n" + _lines(each) for each in questions]
    return "\n".join(parts) if questions else ""


def complete(assignment, source):
    """Return the text of an assignment's file, whose exercises lie beside it."""
    text = Path(source).read_text(encoding="utf-8")
    files = _toml([Path(each).name for each in assignment.exercises])
    line = re.compile(r"^exercises\s*=\s*(\[[^\]]*\]|.*)", re.MULTILINE)
    return line.sub(lambda _: f"exercises = {files}", text, count=1) if files != "[]" else text


def exercise_files(assignment, *, checked=True):
    """Return the files of one's own exercises whose check is handed out, or of the others."""
    asked = {each.task.step for each in assignment.questions if each.check and each.task.step}
    open_ = [path for path in assignment.exercises if set(own.read(path)) & (asked - set(NAMES))]
    return open_ if checked else [path for path in assignment.exercises if path not in open_]


def _lines(table):
    return "".join(f"{key} = {_toml(value)}\n" for key, value in table.items())


def _toml(value):
    """Return a value as TOML writes it."""
    if isinstance(value, str):
        quoted = json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
        return '"""\n' + quoted[1:-1].replace("\\n", "\n") + '"""' if "\n" in value else quoted
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, date | datetime | time):
        return value.isoformat()
    if isinstance(value, list):
        return f"[{', '.join(map(_toml, value))}]"
    return repr(value)


# The package, as pip installs it


def wheel():
    """Return the bytes of a wheel of this package, as it is here."""
    members = {
        f"bpcourse/{path.relative_to(_PACKAGE).as_posix()}": path.read_bytes()
        for path in sorted(_PACKAGE.rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts
    }
    members |= {f"{_INFO}/{name}": data for name, data in _about().items()}
    rows = [f"{name},{_hashed(data)},{len(data)}\n" for name, data in members.items()]
    members[f"{_INFO}/RECORD"] = "".join([*rows, f"{_INFO}/RECORD,,\n"]).encode()
    return zipped(members)


def _about():
    """Return what a wheel says of itself: what an installer was told, or what the source says."""
    try:
        installed = importlib.metadata.distribution("bpcourse")
    except importlib.metadata.PackageNotFoundError:
        root = _PACKAGE.parent
        made = {f"licenses/{name}": root / name for name in ("LICENSE", "LICENSE-TEXT")}
        made = {name: path.read_bytes() for name, path in made.items() if path.exists()}
        return {"METADATA": _METADATA.encode(), "WHEEL": _WHEEL.encode(), **made}
    # What stands in a folder of sources, for an editable installation, has another name for it.
    said = installed.read_text("METADATA") or installed.read_text("PKG-INFO") or _METADATA
    made = {"METADATA": said.encode(), "WHEEL": _WHEEL.encode()}
    for each in sorted(installed.files or (), key=str):
        _, found, name = each.as_posix().partition(".dist-info/")
        if found and name not in (*_INSTALLERS, *made):
            made[name] = Path(installed.locate_file(each)).read_bytes()
    return made


def _hashed(data):
    digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest())
    return f"sha256={digest.rstrip(b'=').decode()}"


_METADATA = f"""Metadata-Version: 2.1
Name: bpcourse
Version: {VERSION}
Requires-Python: >=3.11
Requires-Dist: numpy>=2.0.2
"""

_WHEEL = """Wheel-Version: 1.0
Generator: bpcourse
Root-Is-Purelib: true
Tag: py3-none-any
"""


def requirements():
    """Return what students install: the wheel that lies beside the file, and a program for it."""
    return f"./{WHEEL}\njupyterlab\n"


# Gradescope


def autograder(assignment, source):
    """Return the archive that Gradescope takes as an autograder."""
    members = {
        "setup.sh": _SETUP,
        "run_autograder": _RUN,
        "assignment.toml": complete(assignment, source),
        WHEEL: wheel(),
    }
    members |= {Path(each).name: Path(each).read_bytes() for each in assignment.exercises}
    return zipped(members)


# Gradescope's machines may have an older Python than the course needs: uv brings one along.
_SETUP = """#!/usr/bin/env bash
set -e
apt-get update
apt-get install -y python3 python3-venv
python3 -m venv /autograder/uv
/autograder/uv/bin/pip install uv
/autograder/uv/bin/uv venv --python ">=3.11" /autograder/python
/autograder/uv/bin/uv pip install --python /autograder/python/bin/python \\
  /autograder/source/bpcourse-*.whl
"""

_RUN = """#!/usr/bin/env bash
set -e
rm -rf /tmp/class /tmp/marks
mkdir -p /tmp/class /autograder/results
cp -r /autograder/submission /tmp/class/student
cd /tmp
/autograder/python/bin/python -m bpcourse class /tmp/class --jobs 1 --out /tmp/marks \\
  --assignment /autograder/source/assignment.toml --export gradescope || true
cp /tmp/marks/gradescope/*/results.json /autograder/results/results.json ||
  echo '{"score": 0, "output": "No notebook and no .py file could be judged: is there one?"}' \\
    > /autograder/results/results.json
"""
