"""Files that are there whole or not at all."""

import contextlib
import os
import tempfile
from pathlib import Path


def write(path, text):
    """Write a file beside its place and move it there; what was there before stays until then.

    Parameters
    ----------
    path : path
        Directories that are missing are made.
    text : str

    Returns
    -------
    Path

    Raises
    ------
    OSError
        It can't be written; then the old file is as it was.
    """
    return write_bytes(path, text.encode("utf-8"))


def write_bytes(path, data):
    """Write a file of bytes as :func:`write` does."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    number, name = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
    try:
        with os.fdopen(number, "wb") as stream:
            stream.write(data)
        if os.name != "nt":
            mask = os.umask(0)
            os.umask(mask)
            os.chmod(name, 0o666 & ~mask)  # noqa: PTH101
        os.replace(name, path)  # noqa: PTH105
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(name)  # noqa: PTH108
        raise
    return path


def remove(folder):
    """Remove a folder with all that it holds, however deep and whatever its permissions.

    What can't be removed stays, silently.

    Parameters
    ----------
    folder : path
    """
    number, tried = 0, -1
    while tried < number:  # as long as there is something to move
        tried = number
        for entry in _entries(folder):
            if not entry.is_dir(follow_symlinks=False):
                with contextlib.suppress(OSError):
                    os.unlink(entry.path)  # noqa: PTH108
                continue
            for inner in _entries(entry.path):
                number += 1
                _lift(inner, os.path.join(folder, f".{number}-{os.getpid()}"))  # noqa: PTH118
            with contextlib.suppress(OSError):
                os.rmdir(entry.path)  # noqa: PTH106
    with contextlib.suppress(OSError):
        os.rmdir(folder)  # noqa: PTH106


def _entries(folder):
    """Return what a folder holds, if it can be seen."""
    with contextlib.suppress(OSError):
        os.chmod(folder, 0o700)  # noqa: PTH101
        with os.scandir(folder) as found:
            return list(found)
    return []


def _lift(entry, place):
    """Move a folder up, so that no path becomes long; remove a file."""
    with contextlib.suppress(OSError):
        if entry.is_dir(follow_symlinks=False):
            os.chmod(entry.path, 0o700)  # noqa: PTH101
            os.rename(entry.path, place)  # noqa: PTH104
        else:
            os.unlink(entry.path)  # noqa: PTH108


def verify_writable(path):
    """Raise OSError if a file can't be written; leave what is there as it is."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.is_dir():
        raise IsADirectoryError(f"{path} is a directory")
    number, name = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
    os.close(number)
    os.unlink(name)  # noqa: PTH108
