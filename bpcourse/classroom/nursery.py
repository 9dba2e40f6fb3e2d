"""A warm Python from which the process of each submission is forked, in a few milliseconds.

The nursery has loaded NumPy and this package, and has never seen a submission, nor what is right.
For each submission it forks a keeper; the keeper takes namespaces of its own where the system
allows it, forks the process that runs the submission, says how that ended, and takes with it
whatever that one has left behind.
"""

import contextlib
import json
import os
import random
import signal
import socket
import sys

import numpy as np

from bpcourse.classroom import given, isolation, wire, worker
from bpcourse.classroom.channel import Channel
from bpcourse.submission.program import limit

_FILE_LIMIT = 64 * 1024**2  # bytes in one file that a submission writes


def main(number):
    """Fork a process for every request on a socket, until it is closed.

    Parameters
    ----------
    number : int
        The file number of the socket.
    """
    control, readable = socket.socket(fileno=number), _prepare()
    isolation.end_with_parent()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    while True:
        message, files, _, _ = socket.recv_fds(control, 1 << 16, 4)
        if not message:
            return
        _reap()
        request = json.loads(message)
        request["readable"] = [*readable, *((each, isolation.READ) for each in request["readable"])]
        pid = os.fork()
        if pid == 0:
            with _last(70):
                control.close()
                _keep(request, *files)
        for each in files:
            os.close(each)
        control.sendall(json.dumps({"pid": pid}).encode())


def _prepare():
    """Load what a submission may use of the course; return what it may read."""
    if not given.is_closed():
        return isolation.readable_places([given.HOUSE], hidden=())
    given.load()
    houses = {given.HOUSE, *(os.path.join(each, "bpcourse") for each in sys.path)}  # noqa: PTH118
    return isolation.readable_places(given.readable(), hidden=houses)


def _reap():
    """Let ended keepers go."""
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


@contextlib.contextmanager
def _last(code):
    """End the process after the code inside, whatever comes of it."""
    try:
        yield
    finally:
        os._exit(code)


def _keep(request, channel, output, trace):
    """Start the process of a submission, wait for its end, and leave nothing behind."""
    os.setsid()
    signal.signal(signal.SIGTERM, _end_all)
    isolated = isolation.own_namespaces() if request["apart"] else set()
    isolation.end_with_parent(signal.SIGTERM)  # then it ends the others
    isolation.adopt_orphans()
    first = os.fork()
    if first == 0:
        with _last(70):
            _watch_over(request, channel, output, trace, isolated)
    for each in (channel, output, trace):
        os.close(each)
    while first:
        pid, _ = os.wait()
        first = 0 if pid == first else first
    _end_all()


def _end_all(*_):
    """End all processes that this one has started or adopted, and then itself."""
    for _ in range(1000):
        found = isolation.children(os.getpid())
        for pid in found:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        with contextlib.suppress(ChildProcessError):
            os.wait()
        if not found:
            break
    os._exit(0)


def _watch_over(request, channel, output, trace, isolated):
    """Fork the submission's own process, and write down how it ends."""
    isolation.end_with_parent()
    isolation.close_to_others()
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    pid = os.fork()
    if pid == 0:
        with _last(70):
            _submission(request, channel, output, trace, isolated)
    os.close(channel)
    os.close(output)
    status = None
    while status is None:
        ended, came = os.wait()
        status = came if ended == pid else None
    os.write(trace, f"\nended {os.waitstatus_to_exitcode(status)}\n".encode())
    os._exit(0)


def _submission(request, channel, output, trace, isolated):
    """Become the process of a submission: apart, limited, with no files but its own."""
    os.setsid()
    isolation.end_with_parent()
    empty = os.open(os.devnull, os.O_RDONLY)
    os.dup2(empty, 0)
    os.dup2(output, 1)
    os.dup2(output, 2)
    _close_others({channel, trace})
    os.chdir(request["folder"])
    for name in ("TMPDIR", "TEMP", "TMP", "HOME"):
        os.environ[name] = request["folder"]
    os.environ["MPLCONFIGDIR"] = request["fonts"]
    sys.stdout = open(1, "w", encoding="utf-8", errors="backslashreplace", buffering=1)  # noqa: SIM115
    sys.stderr = open(2, "w", encoding="utf-8", errors="backslashreplace", buffering=1)  # noqa: SIM115
    sys.stdout.reconfigure(write_through=True)
    random.seed(0)
    np.random.seed(0)  # noqa: NPY002 - the same run gives the same result
    seconds, memory = request["seconds"], request["memory"]
    limit(seconds=seconds, memory=memory, file_size=_FILE_LIMIT)
    if request["apart"]:
        isolation.limit_processes(isolation.PROCESSES)
        if isolation.restrict_files(request["readable"], request["folder"]):
            isolated = {*isolated, "files"}
    files = Channel(channel, channel)
    files.send(wire.pack({"isolated": sorted(isolated)}))
    worker.run(files, trace, shut="files" in isolated)


def _close_others(kept):
    """Close every file but the standard ones and those that are kept."""
    for number in range(3, 256):
        if number not in kept:
            with contextlib.suppress(OSError):
                os.close(number)


def alone():
    """Run one submission in this very process: where nothing can be forked, or for one's own file.

    Its standard input and output are the channel; its prints go to the standard error.
    """
    channel = Channel(os.dup(0), os.dup(1))
    with open(os.devnull, "rb") as empty:  # noqa: PTH123
        os.dup2(empty.fileno(), 0)
    os.dup2(2, 1)
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(encoding="utf-8", errors="backslashreplace", write_through=True)
    trace = int(sys.argv[1]) if os.name != "nt" else os.open(os.devnull, os.O_WRONLY)
    seconds, memory = int(sys.argv[2]), int(sys.argv[3])
    isolation.end_with_parent()
    if given.is_closed():
        given.load()
    limit(seconds=seconds, memory=memory, file_size=_FILE_LIMIT)
    channel.send(wire.pack({"isolated": []}))
    worker.run(channel, trace, shut=False)
