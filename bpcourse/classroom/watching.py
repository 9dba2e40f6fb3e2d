"""Whose functions a submission calls: work that is borrowed from an engine is noticed as it runs.

A profile hook sees every function of Python that is called, by the file it comes from, in every
thread; an audit hook, which can't be taken away again, sees attempts to leave that sight.
What they notice is sent at once. It is noticed, not proven: a copy looks like one's own work.
"""

import contextlib
import os
import sys
import sysconfig
import threading
from pathlib import Path

from bpcourse.classroom import wire

_LIBRARY = sysconfig.get_path("stdlib")
_HOUSE = str(Path(__file__).parents[1]) + os.sep
ENGINES = {
    "autograd", "casadi", "jax", "keras", "micrograd", "mxnet", "pytensor", "sklearn", "tensorflow",
    "theano", "tinygrad", "torch",
}  # fmt: skip
_OWN = {"worker.py", "loading.py", "watching.py", "wire.py", "channel.py"}
# Marks what a submission calls itself, and not what is called on its behalf.
DIRECT = "directly"
_OUT_OF_SIGHT = {"sys.setprofile", "code.__new__"}
_NOTICES = 100
_STARTS = {"os.exec", "os.posix_spawn", "os.spawn", "os.startfile", "os.system", "subprocess.Popen"}


def _where(filename):
    """Return whose file it is: "bpcourse/backprop.py", "torch", or None."""
    if filename.startswith(_HOUSE):
        name = filename[len(_HOUSE) :].replace(os.sep, "/")
        own = name.startswith("classroom/") and name.rpartition("/")[2] in _OWN
        return None if own else f"bpcourse/{name}"
    parts = set(filename.replace("\\", "/").split("/"))
    return next(iter(parts & ENGINES), None) if "site-packages" in parts else None


def _is_library(filename):
    """Say whether a file is one of Python's own or of a package: an import opens files, too."""
    return filename.startswith(("<frozen", _LIBRARY, _HOUSE)) or "site-packages" in filename


def begin(channel):
    """Watch from here on; what is noticed goes to the channel.

    Parameters
    ----------
    channel : Channel

    Returns
    -------
    callable
        Returns a context in which calls are watched.
    """
    calling, notice = [], _notice_to(channel)
    profile = _profile(notice)

    @contextlib.contextmanager
    def calls():
        sys.setprofile(profile)
        calling.append(True)
        try:
            yield
        finally:
            calling.clear()
            if sys.getprofile() is not profile:
                notice("out of sight", "sys.setprofile")
            sys.setprofile(None)

    sys.addaudithook(_audit(notice, calling))
    threading.setprofile(profile)
    return calls


# All of it lives in closures: a name in this module could be replaced.


def _notice_to(channel):
    """Return a function that sends each thing once."""
    sent = set()

    def notice(where, what):
        if (where, what) not in sent and len(sent) < _NOTICES:
            sent.add((where, what))
            with contextlib.suppress(OSError):
                channel.send(wire.pack({"noticed": where, "what": str(what)[:80]}))

    return notice


def _profile(notice):
    """Return the hook that sees whose functions are called."""
    files = {}

    def profile(frame, event, _):
        if event == "call":
            filename = frame.f_code.co_filename
            if filename not in files:
                files[filename] = _where(filename)
            if files[filename]:
                notice(files[filename], frame.f_code.co_name)
                caller = frame.f_back and frame.f_back.f_code.co_filename
                if not caller or not _where(caller):
                    notice(DIRECT, files[filename])

    return profile


def _audit(notice, calling):
    """Return the hook that sees programs being started, and what is done out of sight."""

    def audit(event, args):
        if event in _STARTS:
            notice("a program", event)
        elif event == "open" and str(args[0]).startswith(_HOUSE):
            if not _is_library(sys._getframe(1).f_code.co_filename):
                notice("out of sight", f"reads {Path(str(args[0])).name} of bpcourse")
        elif event in _OUT_OF_SIGHT and calling:
            notice("out of sight", event)

    return audit
