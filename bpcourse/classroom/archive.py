"""Folders and archives, whose files are read one by one; nothing is ever unpacked.

What is read is bounded in number and size, also in an archive within an archive.
"""

import calendar
import io
import zipfile
import zlib
from pathlib import Path

from bpcourse.classroom.naming import ENDINGS

_MANY, _ALTOGETHER, _MEMBERS = 50, 1024**3, 20_000
# A notebook is large by its figures, of which nothing is kept.
_LARGEST = {".ipynb": 64 * 1024**2, ".zip": 64 * 1024**2}
_LARGE = 10 * 1024**2
_BROKEN = (
    OSError, RuntimeError, KeyError, ValueError, NotImplementedError, EOFError, zlib.error,
    zipfile.BadZipFile,
)  # fmt: skip
_NO_PART = {"venv", "env", "site-packages", "node_modules"}


def _largest(name):
    return _LARGEST.get(Path(name).suffix, _LARGE)


class Archive:
    """A .zip file, or its bytes."""

    def __init__(self, file):
        self._file, self._shown = file, file if isinstance(file, str | Path) else "it"

    def _open(self):
        return zipfile.ZipFile(
            io.BytesIO(self._file) if isinstance(self._file, bytes) else self._file
        )

    def contents(self):
        """Return the names of all files, and of all folders."""
        with self._open() as archive:
            members = archive.infolist()
        if len(members) > _MEMBERS:
            raise ValueError(f"{self._shown} has {len(members):,} members, more than {_MEMBERS:,}")
        read = (m for m in members if m.filename.endswith((*ENDINGS, ".zip")))
        if sum(each.file_size for each in read) > _ALTOGETHER:
            raise ValueError(f"{self._shown} would be larger than {_ALTOGETHER:,} bytes unpacked")
        names = [m.filename for m in members if not (m.is_dir() or is_hidden(m.filename))]
        names = [n for n in names if not n.startswith("/") and ".." not in n.split("/")]
        folders = {n.rpartition("/")[0] for n in names} - {""}
        names = list(dict.fromkeys(names))
        return names, sorted(folders | {f.partition("/")[0] for f in folders})

    def read(self, name):
        """Return the bytes of a file, or why there are none."""
        largest = _largest(name)
        try:
            with self._open() as archive, archive.open(name) as stream:
                data = stream.read(largest + 1)
        except _BROKEN as error:
            return str(error)
        return data if len(data) <= largest else f"it has more than {largest:,} bytes"

    def time(self, name):
        """Return when a file was written, in seconds."""
        with self._open() as archive:
            return float(calendar.timegm(archive.getinfo(name).date_time))

    def shut(self, _):
        """Return False: whoever can read an archive can read all of it."""
        return False


class Folder:
    """A directory."""

    def __init__(self, root):
        self._root = root

    def contents(self):
        """Return the names of all files (and what poses as one), and of all folders."""
        files, folders = [], []
        for path in _walk(self._root):
            name = path.relative_to(self._root).as_posix()
            if not is_hidden(name):
                is_folder = _is_dir(path) and not name.endswith(ENDINGS)
                (folders if is_folder else files).append(name)
        return files, folders

    def read(self, name):
        """Return the bytes of a file, or why there are none."""
        return plain_bytes(self._root / name)

    def time(self, name):
        """Return when a file was written, in seconds."""
        try:
            return (self._root / name).stat().st_mtime
        except OSError:
            return 0.0

    def shut(self, name):
        """Say whether a folder can't be entered."""
        try:
            return next((self._root / name).iterdir(), None) is None and False
        except OSError:
            return True


def opened(root):
    """Return a folder or an archive.

    Raises
    ------
    ValueError
        It is neither.
    """
    root = Path(root)
    if root.is_file() and zipfile.is_zipfile(root):
        return Archive(root)
    if not root.is_dir():
        raise ValueError(
            f"{root} is no directory, want the one that holds the submissions, or a .zip of it"
        )
    return Folder(root)


def plain_bytes(path, *, own=False):
    """Return the bytes of a plain file, or why there are none."""
    largest = _largest(path.name)
    try:
        if path.is_symlink() and not own:  # to a neighbor's file, or to one of the teacher's
            return "it is a link to another file"
        if path.is_dir():
            next(path.iterdir(), None)
        if path.exists() and not path.is_file():  # a pipe would be waited for
            return "it is no plain file"
        if path.stat().st_size > largest:
            return f"it has {path.stat().st_size:,} bytes, more than {largest:,}"
        return path.read_bytes()
    except OSError as error:
        return str(error.strerror or error)


def programs(data):
    """Return the programs in an archive that a student has handed in.

    Parameters
    ----------
    data : bytes
        Of the archive.

    Returns
    -------
    list of (str, bytes or str, float), or str
        Name, content and time of each; or why there are none.
    """
    try:
        archive = Archive(data)
        names = [n for n in archive.contents()[0] if n.endswith(ENDINGS)]
        names = [n for n in names if not _NO_PART & set(n.split("/"))]
        if len(names) > _MANY:
            return f"it holds {len(names):,} programs, more than {_MANY}"
        return [(n, archive.read(n), archive.time(n)) for n in names]
    except _BROKEN as error:
        return f"it can't be opened ({error})"


def is_hidden(name):
    """Say whether a file belongs to the system: .git, ._name, __pycache__, __MACOSX."""
    return any(part.startswith((".", "__")) for part in name.split("/"))


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
