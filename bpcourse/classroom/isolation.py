"""What the system allows to keep a submission apart: Linux's namespaces, Landlock, limits.

Each function tries, and returns whether it worked: the report says what was in force. None of it is
needed for a true verdict (that is made in another process); it keeps a submission from reading its
neighbors, writing files, reaching the network and outliving its time.
"""

import contextlib
import ctypes
import os
import signal
import struct
import sys
import sysconfig
from pathlib import Path

import numpy as np

_NEW_USER, _NEW_PID, _NEW_NET, _NEW_IPC = 0x10000000, 0x20000000, 0x40000000, 0x08000000
_DEATH_SIGNAL, _DUMPABLE, _NO_NEW_PRIVILEGES, _SUBREAPER = 1, 4, 38, 36
_CREATE, _ADD, _RESTRICT = 444, 445, 446  # system calls of Landlock, alike on all architectures
READ, LIST = 1 << 2 | 1 << 3, 1 << 3  # files and folders; what a folder holds
_DEVICE = 1 << 1 | 1 << 2  # write, read
_BY_VERSION = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 5: (1 << 16) - 1}
_EXECUTE = 1
PROCESSES = 256  # that a submission may start
_ON_LINUX = sys.platform == "linux"
_library = ctypes.CDLL(None, use_errno=True) if _ON_LINUX else None


def _system_call(number, *arguments):
    return _library.syscall(number, *arguments) if _ON_LINUX else -1


def _control(option, value):
    """Set an option of this process; return whether it worked."""
    return _ON_LINUX and _library.prctl(option, value, 0, 0, 0) == 0


def end_with_parent(by=None):
    """End this process, by a signal, when the one that started it ends."""
    return _ON_LINUX and _control(_DEATH_SIGNAL, by or signal.SIGKILL)


def adopt_orphans():
    """Become the parent of processes whose own parent has ended."""
    return _control(_SUBREAPER, 1)


def close_to_others():
    """Let no other process look into this one."""
    return _control(_DUMPABLE, 0)


def own_namespaces():
    """Give the children of this process namespaces of their own.

    Returns
    -------
    set of str
        Of "processes" and "network", those that worked.
    """
    if not _ON_LINUX:
        return set()
    for flags, names in (
        (_NEW_PID | _NEW_NET | _NEW_IPC, {"processes", "network"}),
        (_NEW_NET, {"network"}),
    ):
        if _library.unshare(_NEW_USER | flags) == 0:
            return names
    return set()


def landlock_version():
    """Return the version of Landlock, 0 where there is none."""
    return max(0, _system_call(_CREATE, None, ctypes.c_size_t(0), 1))


def restrict_files(readable, folder):
    """Let this process read some folders, read and write its own, and start no program.

    Parameters
    ----------
    readable : list of (str, int)
        Folders and files, and whether it may READ all that they hold, or LIST it.
    folder : str
        The one in which it may write.

    Returns
    -------
    bool
        Whether it worked; then it holds for its children, and can't be taken back.
    """
    version = landlock_version()
    if not version or not _control(_NO_NEW_PRIVILEGES, 1):
        return False
    rights = _BY_VERSION[max(v for v in _BY_VERSION if v <= version)]
    network, scope = (3 if version >= 4 else 0), (3 if version >= 6 else 0)
    size = 24 if version >= 6 else 16 if version >= 4 else 8
    rules = struct.pack("QQQ", rights, network, scope)[:size]
    ruleset = _system_call(_CREATE, rules, ctypes.c_size_t(size), 0)
    if ruleset < 0:
        return False
    for path, allowed in readable:
        _allow(ruleset, path, allowed if Path(path).is_dir() else READ & ~LIST)
    _allow(ruleset, "/dev/null", _DEVICE)
    _allow(ruleset, folder, rights & ~_EXECUTE)
    done = _system_call(_RESTRICT, ruleset, 0) == 0
    os.close(ruleset)
    return done


def _allow(ruleset, path, rights):
    with contextlib.suppress(OSError):
        number = os.open(path, os.O_PATH)
        _system_call(_ADD, ruleset, 1, struct.pack("=Qi", rights, number), 0)
        os.close(number)


def readable_places(added, *, hidden):
    """Return what Python needs to read: its library, its packages, those of the system.

    Parameters
    ----------
    added : list of str
        Other places.
    hidden : set of str
        Folders that are left out, wherever they lie.

    Returns
    -------
    list of (str, int)
        As for :func:`restrict_files`.
    """
    paths = sysconfig.get_paths()
    places = {paths[name] for name in ("stdlib", "platstdlib", "purelib", "platlib")}
    # Packages can lie elsewhere, where a .pth file or PYTHONPATH points.
    places |= {each for each in sys.path if Path(each).name in ("site-packages", "dist-packages")}
    places |= {sys.base_prefix, str(Path(np.__file__).parent)}
    places |= {"/usr", "/lib", "/lib64", "/etc/localtime", "/dev/urandom", "/etc/ssl"}
    hidden = {Path(each).resolve() for each in hidden}
    found = {one for place in places for one in _without(Path(place).resolve(), hidden)}
    return sorted({*found, *((each, READ) for each in added)})


def _without(place, hidden):
    """Return a place, or what it holds without some folders."""
    if place in hidden or not place.exists():
        return []
    if not any(place in each.parents for each in hidden if each.exists()):
        return [(str(place), READ)]
    inner = []
    for each in place.iterdir():
        real = each.resolve()
        if not (each.is_symlink() and any(real in each.parents for each in hidden)):
            inner += _without(real, hidden)
    return [(str(place), LIST), *inner]


def limit_processes(number):
    """Limit the number of processes; the administrator has no such limit, and is counted."""
    with contextlib.suppress(ImportError, ValueError, OSError, AttributeError):
        import resource

        resource.setrlimit(resource.RLIMIT_NPROC, (number, number))


def children(pid):
    """Return the processes that a process started, with theirs, on Linux; else none."""
    parents = {}
    for entry in Path("/proc").iterdir() if _ON_LINUX else ():
        if entry.name.isdigit():
            with contextlib.suppress(OSError, ValueError, IndexError):
                parents[int(entry.name)] = int(_stat(entry.name)[1])
    found, added = [], {pid}
    while added:
        added = {child for child, parent in parents.items() if parent in added}
        found += sorted(added)
    return found


def _stat(pid):
    """Return the fields of /proc/PID/stat from the state on."""
    text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    return text[text.rindex(")") + 2 :].split()


def memory(pids):
    """Return the bytes that processes hold, all but what each of them has from the first one."""
    pages = []
    for pid in pids:
        with contextlib.suppress(OSError, ValueError, IndexError):
            pages.append(int(_stat(pid)[21]))
    return sum(max(0, each - pages[0]) for each in pages) * os.sysconf("SC_PAGE_SIZE")


def used(pids):
    """Return the seconds of processor time that processes have used, and whether any is running."""
    total, running = 0, False
    for pid in pids:
        with contextlib.suppress(OSError, ValueError, IndexError):
            fields = _stat(pid)
            total += sum(int(each) for each in fields[11:15])
            running |= fields[0] == "R"
    return total / os.sysconf("SC_CLK_TCK"), running
