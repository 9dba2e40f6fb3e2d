"""What a class has handed in: folders and archives, files and notebooks, and whose they are.

All of it is read before any of it runs. An archive is read in memory and never unpacked; its parts
are bounded in number and size.
"""

import fnmatch
import json
import re
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bpcourse.submission.program import decoded

_LARGEST, _ALTOGETHER, _MEMBERS = 10 * 1024**2, 1024**3, 20_000
ENDINGS = (".py", ".ipynb")

# How learning platforms name what they let a teacher download.
_CANVAS = re.compile(
    r"(?P<name>[^_/]+?)_(?P<late>LATE_)?(?P<id>\d+)_(?P<number>\d+)_(?P<file>.+?)"
    r"(?:-(?P<attempt>\d{1,3}))?(?P<ending>\.\w+)"
)
_MOODLE = re.compile(r"(?P<name>[^/]+?)_(?P<id>\d+)_assignsubmission_[a-z]+_?/?(?P<file>.*)")
_GRADESCOPE = re.compile(r"(?:[^/]*/)?submission_(?P<id>\d+)/(?P<file>.+)")


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
    """

    id: str
    name: str
    late: bool = False
    attempt: int = 0
    platform: str = ""


def student(path):
    """Return whose submission a file is.

    Parameters
    ----------
    path : str
        Relative to the directory of the class.

    Returns
    -------
    Student

    Examples
    --------
    >>> student("doejane_LATE_4711_90210_week3-2.ipynb")
    Student(id='4711', name='doejane', late=True, attempt=2, platform='canvas')
    >>> student("Jane Doe_4711_assignsubmission_file_/week3.py").name
    'Jane Doe'
    >>> student("ada.py").id
    'ada'
    """
    found = _CANVAS.fullmatch(path.rpartition("/")[2])
    if found and "assignsubmission" not in path:
        attempt = int(found["attempt"] or 0)
        return Student(found["id"], found["name"], bool(found["late"]), attempt, "canvas")
    for pattern, platform in ((_MOODLE, "moodle"), (_GRADESCOPE, "gradescope")):
        found = pattern.fullmatch(path)
        if found:
            name = found.groupdict().get("name", found["id"])
            return Student(found["id"], name, platform=platform)
    folder, _, file = path.rpartition("/")
    name = folder.replace("/", "-") or re.sub(r"\.(py|ipynb)$", "", file)
    return Student(name, name)


@dataclass(frozen=True)
class Submission:
    """What one student has handed in.

    Attributes
    ----------
    name : str
        The file, as seen from the directory of the class.
    student : Student
    source : dict
        What is sent to the process that judges: file, texts, where it says that it lies.
    earlier : tuple of str
        Files of earlier attempts, which are not judged.
    """

    name: str
    student: Student
    source: dict = field(repr=False)
    earlier: tuple[str, ...] = ()


def submissions(
    directory: str | Path, names: Sequence[str], *, by_student: bool = False
) -> list[Submission]:
    """Read the files of a class.

    Parameters
    ----------
    directory : path
        A folder, or a .zip archive.
    names : list of str
        From :func:`find`.
    by_student : bool
        Put the files of one student together, and leave out earlier attempts.

    Returns
    -------
    list of Submission
        One for each name or each student, in the order of the names.
    """
    root = Path(directory)
    archive = _Archive(root) if root.is_file() else None
    read_one = (lambda name: archive.read(name)) if archive else (lambda name: _bytes(root / name))
    groups = {}
    for name in names:
        who = student(name)
        groups.setdefault(who.id if by_student else name, []).append((name, who))
    return [_submission(group, read_one) for group in groups.values()]


def _submission(group, read_one):
    last = max(who.attempt for _, who in group)
    kept = [name for name, who in group if who.attempt == last]
    earlier = tuple(name for name, who in group if who.attempt != last)
    who = next(who for name, who in group if name == kept[0])
    sources = [read(name, read_one(name)) for name in kept]
    return Submission(kept[0], who, _joined(sources), earlier)


def _joined(sources):
    """Return several files of a student as one: each statement runs by itself."""
    if len(sources) == 1:
        return sources[0]
    good = [each for each in sources if not each["problem"]]
    units = [unit for each in good for unit in each["units"]]
    problem = None if good else sources[0]["problem"]
    file = ", ".join(each["file"] for each in sources)
    return {**sources[0], "file": file, "units": units, "whole": False, "problem": problem}


def read(name, data, *, path=None):
    """Return a file as what is sent to the process that judges.

    Parameters
    ----------
    name : str
    data : bytes or str
        Its bytes, or why it can't be read.
    path : path, optional
        Where it lies, for a learner's own file that may use its neighbors.

    Returns
    -------
    dict
        "file"; "units", pairs of a name and a text; "whole", whether they run as an import would;
        "path" and "folder", where the file says that it is; "problem", why there is no text.
    """
    file = name.rpartition("/")[2] if path is None else Path(path).name
    made = {"file": file, "units": [], "whole": True, "problem": None}
    made |= {"path": str(path) if path else "submission.py"}
    made["folder"] = str(Path(path).parent) if path else None
    if isinstance(data, str):
        return {**made, "problem": _problem("unreadable", file, data)}
    if file.endswith(".ipynb"):
        return _notebook(made, data)
    try:
        text = decoded(data)
    except (SyntaxError, UnicodeDecodeError, LookupError) as error:
        return {**made, "problem": _problem("syntax", file, error, data)}
    return {**made, "units": [[made["path"], text]]}


def _notebook(made, data):
    """Return a notebook's code cells, each a text of its own."""
    try:
        cells = json.loads(data.decode("utf-8"))["cells"]
        sources = [_text(c["source"]) for c in cells if c.get("cell_type") == "code"]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        return {**made, "problem": _problem("notebook", made["file"], error)}
    units = [[f"{made['path']}[cell {k}]", text] for k, text in enumerate(sources, 1)]
    return {**made, "units": units, "whole": False}


def _text(source):
    return source if isinstance(source, str) else "".join(map(str, source))


def _problem(kind, file, reason, data=b""):
    """Return what is said about a file that is no text, as the arguments of a finding."""
    line = ""
    if kind == "syntax" and isinstance(reason, UnicodeDecodeError):
        number = data.count(b"\n", 0, reason.start) + 1
        reason, line = (
            f"byte 0x{data[reason.start]:02x} is not {reason.encoding}",
            f" in line {number}",
        )
    said = f"The file {file} can't be read: {reason}."
    nudge, solution = (
        "Is it there, is it a file, and may you read it?",
        "Save it again, as a plain file.",
    )
    title = "the file can't be read"
    if kind == "syntax":
        said, title = f"Python can't read the file: {reason}{line}.", "syntax error"
        nudge, solution = "In which encoding was it saved?", "Save it as UTF-8."
    if kind == "notebook":
        said = f"{file} is no notebook: {type(reason).__name__}: {str(reason)[:200]}."
        nudge = "Does it open in Jupyter?"
        kind, title = "unreadable", "no notebook"
    return {"cause": kind, "title": title, "sentence": said, "nudge": nudge, "solution": solution}


def _bytes(path, *, own=False):
    """Return the bytes of a plain file, or why there are none."""
    try:
        if path.is_symlink() and not own:  # to a neighbor's file, or to one of the teacher's
            return "it is a link to another file"
        if path.is_dir():
            next(path.iterdir(), None)
        if path.exists() and not path.is_file():  # a pipe would be waited for
            return "it is no plain file"
        if path.stat().st_size > _LARGEST:
            return f"it has {path.stat().st_size:,} bytes, more than {_LARGEST:,}"
        return path.read_bytes()
    except OSError as error:
        return str(error.strerror or error)


def load(path):
    """Return a learner's own file as what is sent to the process that judges."""
    path = Path(path).absolute()
    return read(path.name, _bytes(path, own=True), path=path)


class _Archive:
    """A .zip file, read member by member."""

    def __init__(self, path):
        self._path = path

    def names(self):
        with zipfile.ZipFile(self._path) as archive:
            members = archive.infolist()
        if len(members) > _MEMBERS:
            raise ValueError(f"{self._path} has {len(members):,} members, more than {_MEMBERS:,}")
        if sum(each.file_size for each in members) > _ALTOGETHER:
            raise ValueError(f"{self._path} would be larger than {_ALTOGETHER:,} bytes unpacked")
        return [each.filename for each in members if not each.is_dir()]

    def read(self, name):
        try:
            with zipfile.ZipFile(self._path) as archive, archive.open(name) as stream:
                data = stream.read(_LARGEST + 1)
        except (OSError, RuntimeError, KeyError, ValueError, zipfile.BadZipFile) as error:
            return str(error)
        return data if len(data) <= _LARGEST else f"it has more than {_LARGEST:,} bytes"


def find(directory: str | Path, pattern: str | None = None) -> list[str]:
    """Return the submissions of a class, in the order of their names.

    Parameters
    ----------
    directory : path
        A folder, or a .zip archive of one.
    pattern : str, optional
        ``*.py`` for one file per student; ``*/backprop.py`` for one directory per student. Then a
        directory without such a file is returned as the file that should be there: nobody is lost.
        By default all files that end in .py or .ipynb, and if there are none, those one directory
        down. Names that begin with a point or with two underscores are passed over.

    Returns
    -------
    list of str
        Relative to the directory.

    Raises
    ------
    ValueError
        It is no directory, or holds nothing that fits.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     for name in ("bea.py", "ada.ipynb", "notes.txt"):
    ...         _ = (Path(folder) / name).write_text("")
    ...     find(folder)
    ['ada.ipynb', 'bea.py']
    """
    root = Path(directory)
    (files, folders), archived = _contents(root), root.is_file()
    if pattern is None:
        deeper = [f for f in files if f.endswith(ENDINGS)]
        found = {f for f in deeper if "/" not in f} or {f for f in deeper if f.count("/") <= 2}
        pattern = "*/*" if any("/" in f for f in found) else ""
        # One that can't be entered may be somebody's: it gets its row.
        found |= {f"{f}/" for f in folders if found and not (archived or _enters(root / f))}
    else:
        found = {f for f in files if _fits(f, pattern)}
    first, _, rest = pattern.partition("/")
    if found and rest and "**" not in pattern:
        missing = [f for f in folders if _fits(f, first) and "/" not in f]
        last = rest if "*" not in rest else "(nothing handed in)"
        found |= {f"{f}/{last}" for f in missing if not any(n.startswith(f"{f}/") for n in found)}
    if not found:
        raise ValueError(
            f"no file in {directory} fits the pattern {pattern or '*.py'!r}; for one directory per "
            "student pass the pattern '*/backprop.py', with the name of the file"
        )
    return sorted(found)


def _fits(name, pattern):
    """Say whether a name fits a pattern whose stars don't reach over a slash."""
    parts, wanted = name.split("/"), pattern.split("/")
    if "**" in wanted:
        return fnmatch.fnmatchcase(name, pattern.replace("**/", "*"))
    return len(parts) == len(wanted) and all(map(fnmatch.fnmatchcase, parts, wanted))


def _contents(root):
    """Return the names of all files (and what poses as one), and of all folders."""
    if root.is_file() and zipfile.is_zipfile(root):
        names = [n for n in _Archive(root).names() if not _is_hidden(n)]
        names = [n for n in names if not n.startswith("/") and ".." not in n.split("/")]
        return _without_top(names)
    if not root.is_dir():
        raise ValueError(
            f"{root} is no directory, want the one that holds the submissions, or a .zip of it"
        )
    files, folders = [], []
    for path in _walk(root):
        name = path.relative_to(root).as_posix()
        if not _is_hidden(name):
            is_folder = _is_dir(path) and not name.endswith(ENDINGS)
            (folders if is_folder else files).append(name)
    return files, folders


def _without_top(names):
    folders = {n.rpartition("/")[0] for n in names} - {""}
    return names, sorted(folders | {f.partition("/")[0] for f in folders})


def _walk(root):
    """Yield what is in a directory; one that can't be entered is yielded, and passed over."""
    try:
        paths = sorted(root.iterdir())
    except OSError:
        return
    for path in paths:
        yield path
        if _is_dir(path) and not path.is_symlink():
            yield from _walk(path)


def _is_dir(path):
    try:
        return path.is_dir()
    except OSError:
        return False


def left_out(directory: str | Path, names: Iterable[str]) -> list[str]:
    """Return the files of a class's directory that are no submissions, in order.

    Parameters
    ----------
    directory : path
    names : list of str
        From :func:`find`.

    Returns
    -------
    list of str
        Relative to the directory: archives, files that the pattern does not fit, directories that
        can't be entered.
    """
    root = Path(directory)
    files, folders = _contents(root)
    shut = [] if root.is_file() else [f"{f}/" for f in folders if not _enters(root / f)]
    return sorted({*files, *shut} - set(names))


def _enters(path):
    try:
        return next(path.iterdir(), None) is None or True
    except OSError:
        return False


def _is_hidden(name):
    """Say whether a file belongs to the system: .git, ._name, __pycache__, __MACOSX."""
    return any(part.startswith((".", "__")) for part in name.split("/"))
