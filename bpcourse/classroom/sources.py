"""What a class has handed in: the files of every student, read before any of them runs."""

import fnmatch
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bpcourse.classroom.archive import opened, plain_bytes, programs
from bpcourse.classroom.attempts import File, joined, latest
from bpcourse.classroom.naming import ENDINGS, Student, is_again, stem, student, whose
from bpcourse.classroom.reading import nothing, read

_MISSING = "(nothing handed in)"


@dataclass(frozen=True)
class Submission:
    """What one student has handed in.

    Attributes
    ----------
    name : str
        The file, as seen from the directory of the class; all files, if several are judged.
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


class Given:
    """The assignment's own files: to hand them in again is no answer.

    Parameters
    ----------
    files : list of path
        Files of exercises, and whatever else students are given.
    notebook : str
        The name of the notebook that they are given, without its ending.
    """

    def __init__(self, files: Iterable[str | Path] = (), notebook: str = "") -> None:
        paths = [Path(each) for each in files if Path(each).suffix == ".py"]
        self.notebook = notebook
        self.modules = tuple(path.stem for path in paths)
        self._texts = [_text(load(path)) for path in paths]

    def holds(self, file: File) -> bool:
        """Say whether a student's file is one of these, by its name or by its content."""
        if not file.name.endswith(".py"):
            return False
        text = _text(file.source)
        return any(is_again(stem(file.name), m) for m in self.modules) or text in self._texts


def _text(source):
    return "\n".join(line.rstrip() for _, text in source["units"] for line in text.splitlines())


_NOTHING_GIVEN = Given()


def submissions(
    directory: str | Path,
    names: Sequence[str],
    *,
    by_student: bool = False,
    given: Given = _NOTHING_GIVEN,
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
    given : Given
        The assignment's own files, which are no submissions.

    Returns
    -------
    list of Submission
        One for each name or each student, in the order of the names.
    """
    folder, groups = opened(directory), {}
    students, files = whose(names, notebook=given.notebook), folder.contents()[0]
    for name in names:
        who = students[name]
        groups.setdefault(who.id if by_student else name, []).append((name, who))
    return [
        _submission([f for name, who in group for f in _files(folder, files, name, who)], given)
        for group in groups.values()
    ]


def _submission(files, given):
    own = [each for each in files if given.holds(each)]
    programs = [f for f in files if f.name.endswith(ENDINGS) and f not in own]
    kept, earlier = latest(programs or files)
    source = joined(kept)
    if own and not programs:
        shown = ", ".join(each.source["file"] for each in own)
        source = nothing(source, f"only {shown}, which belongs to the assignment, was handed in")
    source = {**source, "given": list(given.modules)}
    name = ", ".join(each.name for each in kept)
    return Submission(name, kept[-1].student, source, tuple(each.name for each in earlier))


def _files(folder, files, name, who):
    """Return a file that was handed in, or the programs of an archive, as they were read."""
    data = folder.read(name)
    time = folder.time(name) if name in files else 0.0
    if name.endswith(ENDINGS) and (name in files or not _beside(files, name)):
        return [File(name, who, time, read(name, data))]
    inner = programs(data) if name.endswith(".zip") and isinstance(data, bytes) else data
    if isinstance(inner, list) and inner:
        return [
            File(f"{name}/{part}", who, when, read(part, content)) for part, content, when in inner
        ]
    if name.endswith("/") or (name.endswith(".zip") and isinstance(inner, str)):
        return [File(name, who, time, read(name, inner))]
    others = _beside(files, name) or [f"{stem(name)}{Path(name).suffix}"][: name in files]
    wanted = name.rpartition("/")[2] if name.endswith(ENDINGS) else ".py or .ipynb"
    said = f"no {wanted} was handed in{': ' if others else ''}{', '.join(others)}"
    return [File(name, who, time, nothing(read(name, data), said))]


def _beside(files, name):
    """Return the other files in the folder of one that is missing, or of one student."""
    folder = name.rpartition("/")[0]
    return [f.removeprefix(f"{folder}/") for f in files if folder and f.startswith(f"{folder}/")]


def load(path):
    """Return a learner's own file as what is sent to the process that judges."""
    path = Path(path).absolute()
    return read(path.name, plain_bytes(path, own=True), path=path)


def find(
    directory: str | Path, pattern: str | None = None, *, given: Given | None = None
) -> list[str]:
    """Return the submissions of a class, in the order of their names.

    Parameters
    ----------
    directory : path
        A folder, or a .zip archive of one.
    pattern : str, optional
        ``*.py`` for one file per student; ``*/backprop.py`` for one directory per student. Then a
        directory without such a file is returned as the file that should be there: nobody is lost.
        By default all files that end in .py or .ipynb, and archives that hold such, and if there
        are none, those one or two directories down; and of a student who has handed in nothing of
        the kind, what there is. Names that begin with a point or with two underscores are passed
        over.
    given : Given, optional
        The assignment's own files, which are no submissions.

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
    folder = opened(directory)
    files, folders = folder.contents()
    if pattern is None:
        found = _programs(folder, files)
        # One that can't be entered may be somebody's: it gets its row.
        found |= {f"{f}/" for f in folders if found and folder.shut(f)}
        found |= _of_others(files, folders, found)
    else:
        found = _fitting(files, folders, pattern)
    found -= {f for f in found if given and _is_left(f, given)}
    if not found:
        raise ValueError(
            f"no file in {directory} fits the pattern {pattern or '*.py'!r}; for one directory per "
            "student pass the pattern '*/backprop.py', with the name of the file"
        )
    return sorted(found)


def _programs(folder, files):
    """Return the programs, and the archives of them: in the directory, or one or two down."""
    ours = [f for f in files if f.endswith(ENDINGS) or _is_submission(folder, f)]
    return {f for f in ours if "/" not in f} or {f for f in ours if f.count("/") <= 2}


def _is_submission(folder, name):
    """Say whether an archive holds programs of one student, and not those of a class."""
    if not name.endswith(".zip") or name.count("/") > 2:
        return False
    if student(name).platform:
        return True
    data = folder.read(name)
    inner = programs(data) if isinstance(data, bytes) else data
    return (
        isinstance(inner, list) and bool(inner) and not any(student(n).platform for n, *_ in inner)
    )


def _of_others(files, folders, found):
    """Return a file of each student who has handed in no program: nobody is lost."""
    known = {student(f).id for f in found}
    others = {}
    for name in sorted(files):
        who = student(name)
        if who.platform and who.id not in known:
            others.setdefault(who.id, name)
    if not any("/" in f for f in found):
        return set(others.values())
    rows = set(others.values())
    for each in folders:
        whole = student(f"{each}/{_MISSING}")
        if "/" in each or any(n.startswith(f"{each}/") for n in found | rows):
            continue
        if not (whole.platform and whole.id in known | others.keys()):
            rows.add(f"{each}/{_MISSING}")
    return rows


def _fitting(files, folders, pattern):
    """Return the files that fit a pattern, and what is missing in a student's folder."""
    found = {f for f in files if _fits(f, pattern)}
    first, _, rest = pattern.partition("/")
    if found and rest and "**" not in pattern:
        missing = [f for f in folders if _fits(f, first) and "/" not in f]
        last = rest if "*" not in rest else _MISSING
        found |= {f"{f}/{last}" for f in missing if not any(n.startswith(f"{f}/") for n in found)}
    return found


def _is_left(name, given):
    """Say whether a file is the assignment's own, and lies there as nobody's."""
    own = name.endswith(".py") and any(is_again(stem(name), each) for each in given.modules)
    return own and "/" not in name and not student(name).platform


def _fits(name, pattern):
    """Say whether a name fits a pattern whose stars don't reach over a slash."""
    parts, wanted = name.split("/"), pattern.split("/")
    if "**" in wanted:
        return fnmatch.fnmatchcase(name, pattern.replace("**/", "*"))
    return len(parts) == len(wanted) and all(map(fnmatch.fnmatchcase, parts, wanted))


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
        Relative to the directory: archives of a class, files that the pattern does not fit,
        directories that can't be entered.
    """
    folder = opened(directory)
    files, folders = folder.contents()
    shut = [f"{f}/" for f in folders if folder.shut(f)]
    return sorted({*files, *shut} - set(names))
