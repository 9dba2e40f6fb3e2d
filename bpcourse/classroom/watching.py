"""Whose functions a submission calls: work that is borrowed from an engine is noticed as it runs.

What the course itself computes is not in this process (:mod:`bpcourse.classroom.given`), unless a
question allows it. Of what else is installed a profile hook sees every function of Python that is
called, by the file it comes from, in every thread and in forked processes; an audit hook, which
can't be taken away again, sees attempts to leave that sight. What they notice is sent at once. It
is noticed, not proven: a copy looks like one's own work.
"""

import _thread
import contextlib
import os
import struct
import sys
import sysconfig
import threading
import time
from pathlib import Path

from bpcourse.classroom import given

_HOUSE = str(Path(__file__).parents[1]) + os.sep
_LIBRARY = sysconfig.get_path("stdlib")
_PACKAGES = {"site-packages", "dist-packages"}
ENGINES = {
    "autograd", "casadi", "jax", "keras", "micrograd", "mxnet", "pytensor", "sklearn", "tensorflow",
    "theano", "tinygrad", "torch",
}  # fmt: skip
_OWN = {"worker.py", "loading.py", "watching.py", "wire.py", "channel.py", "given.py"}
_STARTS = {"os.exec", "os.posix_spawn", "os.spawn", "os.startfile", "os.system", "subprocess.Popen"}
_PAUSE = 0.01  # seconds, in a process of its own, between two notices of the same
_TRIES = 1_000


def _where(filename):
    """Return whose file it is: "bpcourse/backprop.py", "torch", or None."""
    if filename.startswith(_HOUSE):
        name = filename[len(_HOUSE) :].replace(os.sep, "/")
        own = name.startswith("classroom/") and name.rpartition("/")[2] in _OWN
        return None if own else f"bpcourse/{name}"
    parts = set(filename.replace("\\", "/").split("/"))
    return next(iter(parts & ENGINES), None) if parts & _PACKAGES else None


def _is_library(filename):
    """Say whether a file is one of Python's own or of a package: an import opens files, too."""
    own = filename.startswith(("<frozen", _LIBRARY, _HOUSE))
    return own or any(each in filename for each in _PACKAGES)


def begin(channel, *, shut, closed):
    """Watch from here on; what is noticed goes to the channel.

    Parameters
    ----------
    channel : Channel
    shut : bool
        The system lets this process start no program, and read of the course what is given.
    closed : bool
        It was started without what answers: to read that is an attempt to borrow it.

    Returns
    -------
    calls : callable
        Returns a context in which calls are watched.
    notice : callable
        ``notice(where, what)`` sends what happens while a call is watched.
    """
    calling, sent = [], {}
    notice = _notice_to(channel.send, sent)
    profile = _profile(notice)
    install = _installer()
    getprofile = sys.getprofile

    @contextlib.contextmanager
    def calls():
        sent.clear()
        install(profile)
        calling.append(True)
        try:
            yield
        finally:
            calling.clear()
            if getprofile() is not profile:
                notice("out of sight", "sys.setprofile")
            install(None)

    looks = [_leaving(notice, calling, install.busy, profile)]
    looks += [] if shut else [_borrowing(notice, closed=closed)]
    sys.addaudithook(_all(looks))
    _see_threads(looks[0])
    threading.setprofile(profile)
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=lambda: install(profile))
    return calls, lambda *seen: notice(*seen) if calling else None


def _all(looks):
    def hook(event, args):
        for look in looks:
            look(event, args)

    return hook


# All of it lives in closures: a name in this module, or in others, could be replaced.


def _notice_to(send, sent):
    """Return a function that sends each thing once a call; elsewhere now and then."""
    pack, process, getpid, now = struct.Struct(">II").pack, os.getpid(), os.getpid, time.monotonic

    def notice(where, what):
        key, pause = (where, what), float("inf") if getpid() == process else _PAUSE
        if now() - sent.get(key, -pause) < pause:
            return
        sent[key] = now()
        texts = [_plain(each) for each in key]
        tree = '["d", [["noticed", "{}"], ["what", "{}"]]]'.format(*texts).encode()
        with contextlib.suppress(OSError):
            send(pack(len(tree), 0) + tree)

    return notice


def _plain(text):
    """Return the start of a text as JSON may hold it."""
    return "".join(c if c.isascii() and (c.isalnum() or c in " ._/-") else "_" for c in text[:80])


def _installer():
    """Return a function that sets the profile hook, also while a thread sets its own."""
    setprofile, sleep = sys.setprofile, time.sleep

    def install(hook):
        install.busy.append(True)
        for _ in range(_TRIES):
            try:
                setprofile(hook)
                break
            except RuntimeError:  # "... while another profile function is being installed"
                sleep(0)
        install.busy.clear()

    install.busy = []
    return install


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

    return profile


def _leaving(notice, calling, busy, profile):
    """Return what sees that something is done out of sight."""
    getframe, thread = sys._getframe, threading.Thread
    start, begin_thread = thread._bootstrap, thread._bootstrap_inner.__code__

    def look(event, args):
        if event == "sys.setprofile" and calling and not busy:
            if getframe(2).f_code is not begin_thread:  # a thread that takes up this very hook
                notice("out of sight", event)
        elif event == "code.__new__" and calling:
            notice("out of sight", event)
        elif event in ("_thread.start_new_thread", "_thread.start_joinable_thread"):
            known = getattr(args[0], "__func__", None) is start
            if not known or threading._profile_hook is not profile:
                notice("out of sight", event)

    return look


def _see_threads(look):
    """Have the start of every thread seen, where Python raises no event for it."""

    def seen(start):
        def start_new_thread(function, *rest):
            look("_thread.start_new_thread", [function])
            return start(function, *rest)

        return start_new_thread

    names = (_thread, "start_new_thread"), (_thread, "start_new"), (threading, "_start_new_thread")
    for module, name in names:
        if hasattr(module, name):
            setattr(module, name, seen(getattr(module, name)))


def _borrowing(notice, *, closed):
    """Return what sees programs being started, and the files of the course being read."""
    real, getframe, base = os.path.realpath, sys._getframe, os.path.basename
    house = real(_HOUSE) + os.sep
    free = tuple(map(real, [*given.readable(), *(f"{_HOUSE}classroom/{name}" for name in _OWN)]))

    def look(event, args):
        if event in _STARTS:
            notice("a program", event)
        elif event == "open" and isinstance(args[0], str):
            path = real(args[0])
            if not path.startswith(house) or path.startswith(free):
                return
            if closed or not _is_library(getframe(2).f_code.co_filename):
                notice("out of sight", f"reads {base(path)} of bpcourse")

    return look
