"""Whose functions a submission calls: work that is borrowed from an engine is noticed as it runs.

A profile hook sees every function of Python that is called, by the file it comes from, in every
thread; an audit hook, which can't be taken away again, sees attempts to leave that sight.
What they notice is sent at once. It is noticed, not proven: a copy looks like one's own work.
"""

import _thread
import contextlib
import json
import os
import struct
import sys
import sysconfig
import threading
from pathlib import Path

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
_STARTS = {
    "os.exec", "os.fork", "os.forkpty", "os.posix_spawn", "os.spawn", "os.startfile", "os.system",
    "subprocess.Popen",
}  # fmt: skip
_THREADS = threading.__file__
# Python's own that read the text of a function, for help and for messages.
_READERS = {"inspect.py", "linecache.py", "tokenize.py"}


def _where(filename):
    """Return whose file it is: "bpcourse/backprop.py", "torch", or None."""
    if filename.startswith(_HOUSE):
        name = filename[len(_HOUSE) :].replace(os.sep, "/")
        own = name.startswith("classroom/") and name.rpartition("/")[2] in _OWN
        return None if own else f"bpcourse/{name}"
    parts = set(filename.replace("\\", "/").split("/"))
    return next(iter(parts & ENGINES), None) if "site-packages" in parts else None


def _may_read(frame):
    """Say whether whoever opens a file of this package imports it, or shows its text."""
    name = frame.f_code.co_filename
    if name.startswith(("<frozen importlib", _HOUSE)):
        return True
    return name.startswith(_LIBRARY) and name.rpartition(os.sep)[2] in _READERS


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
    calling, sent = [], set()
    notice = _notice_to(channel, sent)
    profile = _profile(notice)
    set_profile, get_profile = sys.setprofile, sys.getprofile

    @contextlib.contextmanager
    def calls():
        sent.clear()  # what was noticed before the call says nothing of the call
        set_profile(profile)
        calling.append(True)
        try:
            yield
        finally:
            calling.clear()
            if get_profile() is not profile or threading._profile_hook is not profile:
                notice("out of sight", "sys.setprofile")
            set_profile(None)

    sys.addaudithook(_audit(notice, calling))
    threading.setprofile(profile)
    _thread.start_new_thread = _thread.start_new = _bare_threads(notice)
    return calls


# All of it lives in closures: a name in this module could be replaced.


def _notice_to(channel, sent):
    """Return a function that sends each thing once; it builds its messages with nothing of ours."""
    write, sink, dumps, header = os.write, channel.sink, json.dumps, struct.Struct(">II").pack

    def notice(where, what):
        if (where, what) not in sent and len(sent) < _NOTICES:
            sent.add((where, what))
            tree = dumps(["d", [["noticed", where], ["what", str(what)[:80]]]]).encode()
            with contextlib.suppress(OSError):
                write(sink, header(len(tree), 0) + tree)

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


def _bare_threads(notice):
    """Return what starts a thread that no profile hook sees, and says that it does."""
    start = _thread.start_new_thread

    def start_new_thread(*args, **options):
        notice("out of sight", "_thread.start_new_thread")
        return start(*args, **options)

    return start_new_thread


def _audit(notice, calling):
    """Return the hook that sees programs being started, and what is done out of sight."""
    frame_at = sys._getframe

    def audit(event, args):
        if event in _STARTS:
            notice("a program", event)
        elif event == "open" and str(args[0]).startswith(_HOUSE) and str(args[0]).endswith(".py"):
            if not _may_read(frame_at(1)):
                notice("out of sight", f"reads {Path(str(args[0])).name} of bpcourse")
        elif event in _OUT_OF_SIGHT and calling and frame_at(1).f_code.co_filename != _THREADS:
            notice("out of sight", event)  # every thread of Python's begins so, too

    return audit
