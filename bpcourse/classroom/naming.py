"""Whose a file is, as its name says: how learning platforms name what a teacher downloads."""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

ENDINGS = (".py", ".ipynb")

_CANVAS = re.compile(
    r"(?P<name>[^_/]+?)_(?P<late>LATE_)?(?P<id>\d+)_(?P<number>\d+)_(?P<file>.+?)"
    r"(?:-(?P<attempt>\d{1,3}))?(?P<ending>\.\w+)"
)
_MOODLE = re.compile(r"(?P<name>[^/]+?)_(?P<id>\d+)_assignsubmission_[a-z]+_?/?(?P<file>.*)")
_GRADESCOPE = re.compile(r"(?:[^/]*/)?submission_(?P<id>\d+)/(?P<file>.+)")
# What platforms and browsers append to a name that is taken: w-1, w (2), w+(2).
_AGAIN = re.compile(r"(?:-\d{1,3}|[ +_]?\(\d+\))$")


@dataclass(frozen=True)
class Student:
    """Whose submission a file is, as its name says.

    Attributes
    ----------
    id : str
        The number of the platform; else the file's name without its ending, or its folder's.
    name : str
    late : bool
        Whether the platform has marked it as late.
    attempt : int
        0 for the first one, 1 for the first resubmission.
    platform : str
        "canvas", "moodle", "gradescope" or "".
    number : int
        Canvas's number of the upload, which rises from each to the next.
    """

    id: str
    name: str
    late: bool = False
    attempt: int = 0
    platform: str = ""
    number: int = 0


def student(path, *, notebook=""):
    """Return whose submission a file is.

    Parameters
    ----------
    path : str
        Relative to the directory of the class.
    notebook : str
        The name of the assignment's own notebook, without its ending: the 3 of "week-3" counts no
        attempt.

    Returns
    -------
    Student

    Examples
    --------
    >>> student("doejane_LATE_4711_90210_week3-2.ipynb").attempt
    2
    >>> student("doejane_4711_90210_week-3.ipynb", notebook="week-3")
    Student(id='4711', name='doejane', late=False, attempt=0, platform='canvas', number=90210)
    >>> student("Jane Doe_4711_assignsubmission_file_/week3.py").name
    'Jane Doe'
    >>> student("ada.py").id
    'ada'
    """
    found = _canvas(path)
    if found:
        own = notebook and f"{found['file']}-{found['attempt']}" == notebook
        attempt = 0 if own else int(found["attempt"] or 0)
        late, number = bool(found["late"]), int(found["number"])
        return Student(found["id"], found["name"], late, attempt, "canvas", number)
    for pattern, platform in ((_MOODLE, "moodle"), (_GRADESCOPE, "gradescope")):
        found = pattern.fullmatch(path)
        if found:
            name = found.groupdict().get("name", found["id"])
            return Student(found["id"], name, platform=platform)
    return _by_place(path)


def _canvas(path):
    return None if "assignsubmission" in path else _CANVAS.fullmatch(path.rpartition("/")[2])


def _by_place(path):
    """Return the student whose name is that of the folder, or of the file."""
    folder, _, file = path.rpartition("/")
    name = folder.replace("/", "-") or re.sub(r"\.(py|ipynb|zip)$", "", file)
    return Student(name, name)


def whose(paths: Iterable[str], *, notebook: str = "") -> dict[str, Student]:
    """Return whose submissions the files of a class are.

    Parameters
    ----------
    paths : list of str
    notebook : str
        As for :func:`student`.

    Returns
    -------
    dict from str to Student

    Examples
    --------
    Canvas numbers every upload anew: where a number comes back, it is another one.

    >>> [each.id for each in whose(["bp_2024_11_ada.py", "bp_2024_11_bob.py"]).values()]
    ['bp_2024_11_ada', 'bp_2024_11_bob']
    """
    found = {path: student(path, notebook=notebook) for path in paths}
    uploads = Counter((who.id, who.number) for who in found.values() if who.number)
    return {
        path: _by_place(path) if uploads[who.id, who.number] > 1 else who
        for path, who in found.items()
    }


def stem(path: str) -> str:
    """Return the name that a student gave a file: without ending, and what the platform added.

    Examples
    --------
    >>> stem("doejane_4711_90210_week-3.ipynb")
    'week-3'
    """
    found = _canvas(path)
    file = path.rpartition("/")[2]
    if found:
        again = f"-{found['attempt']}" if found["attempt"] else ""
        return found["file"] + again
    return file.rpartition(".")[0] or file


def is_again(one: str, other: str) -> bool:
    """Say whether two names can be those of one file that was handed in twice.

    Examples
    --------
    >>> is_again("week-3", "week-3-1"), is_again("week-3-1", "week-3-2"), is_again("a", "b")
    (True, True, False)
    """
    return bool({one, _AGAIN.sub("", one)} & {other, _AGAIN.sub("", other)})
