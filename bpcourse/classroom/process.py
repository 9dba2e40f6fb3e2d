"""The process of a submission, seen from the one that judges: asked, timed, and ended.

A process is forked by a warm nursery (:mod:`bpcourse.classroom.nursery`) or, where the system can't
fork and for a learner's own file, started afresh. Either way it gets messages and gives messages.
What it prints is drained and counted. Its time is the processor time that it uses, with that of its
children, and the time that it spends waiting; the time in which a busy machine lets it stand still
does not count.
"""

import contextlib
import json
import math
import os
import queue
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np

from bpcourse.classroom import isolation, wire
from bpcourse.classroom.channel import Channel
from bpcourse.submission.program import ENVIRONMENT

OUTPUT_KEPT = 8 * 1024  # of what was printed, the end; the rest is counted and thrown away
_TRACE_KEPT = 64 * 1024
_TICK, _GRACE = 0.1, 1.0  # seconds
_NOTICES = 300
_EVALUATIONS, _ENTRIES = 20_000, 100_000  # of what is computed here, and in its arguments
_ROOT = str(Path(__file__).parents[2])

# The package is found where this one was, whatever lies in the working directory.
_START = """
import sys
root = sys.argv.pop()
sys.path.insert(0, root)
from bpcourse.classroom import {module}
sys.path.remove(root)
"""

# The same without the course: its packages are empty, and only what is asked for is loaded.
_CLOSED = """
import sys, types
root = sys.argv.pop()
for name in ("bpcourse", "bpcourse.classroom", "bpcourse.submission"):
    sys.modules[name] = types.ModuleType(name)
    sys.modules[name].__path__ = [root + "/" + name.replace(".", "/")]
from bpcourse.classroom import {module}
"""

_KNOWN = {"PATH", "LANG", "TZ", "TMPDIR", "LD_LIBRARY_PATH", "VIRTUAL_ENV", "PYTHONPATH"}
CAN_FORK = hasattr(os, "fork") and hasattr(socket, "send_fds") and sys.platform == "linux"


class Late(Exception):  # noqa: N818 - a fact about a submission, caught at once
    """The time is up."""


class Crowded(Exception):  # noqa: N818
    """It has started too many processes."""


class Swollen(Exception):  # noqa: N818
    """All its processes together hold too much memory."""


class Ended(Exception):  # noqa: N818
    """The process has ended, or what it sends is no message."""


class Nursery:
    """A warm Python that forks a process for each submission.

    Parameters
    ----------
    closed : bool
        It never loads what computes a gradient or judges one, and lets nobody read it.
    fonts : path
        Where matplotlib finds its list of fonts.
    """

    def __init__(self, *, closed=True, fonts=""):
        self._closed, self._fonts = closed, str(fonts)
        self._begin()

    def _begin(self):
        ours, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                python("nursery.main(int(sys.argv[1]))", str(theirs.fileno()), closed=self._closed),
                env=_bare_environment(),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                start_new_session=True,
            )
        self._control = ours

    def child(self, folder, *, seconds, memory, apart=True):
        """Return a new process, in a folder of its own.

        Raises
        ------
        OSError
            There is no room for another process.
        """
        request = {"folder": str(folder), "seconds": math.ceil(seconds), "memory": memory}
        request |= {"apart": apart, "fonts": self._fonts or str(folder)}
        request["readable"] = [self._fonts] if self._fonts else []
        try:
            return self._fork(request, memory)
        except (OSError, ValueError):  # a submission has ended the nursery
            self.close()
            self._begin()
            return self._fork(request, memory)

    def _fork(self, request, memory):
        ours, theirs = socket.socketpair()
        output, output_end = os.pipe()
        trace, trace_end = os.pipe()
        try:
            ends = [theirs.fileno(), output_end, trace_end]
            socket.send_fds(self._control, [json.dumps(request).encode()], ends)
            pid = json.loads(self._control.recv(4096))["pid"]
        except BaseException:
            for number in (output, trace):
                os.close(number)
            ours.close()
            raise
        finally:
            theirs.close()
            os.close(output_end)
            os.close(trace_end)
        ours.settimeout(10)
        return Child(_Socket(ours), output, trace, pid, memory=memory)

    def close(self):
        """End the nursery, and all processes that it has forked."""
        self._control.close()
        try:
            self._process.wait(0.2)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


class _Socket:
    """A socket as a channel whose writing ends in time."""

    def __init__(self, sock):
        self._socket = sock

    def send(self, message):
        self._socket.sendall(message)

    def receive(self):
        header = self._receive(wire.HEADER_SIZE)
        if header is None:
            return None
        rest = self._receive(sum(wire.lengths(header)))
        return None if rest is None else header + rest

    def _receive(self, size):
        message = bytearray()
        while len(message) < size:
            try:
                part = self._socket.recv(min(size - len(message), 1 << 20))
            except TimeoutError:  # that is for sending
                continue
            if not part:
                return None
            message += part
        return bytes(message)

    def close(self):
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()


def start_alone(folder, *, seconds, memory, closed=True):
    """Return a new process of a Python of its own, in a folder.

    Parameters
    ----------
    folder : path
    seconds, memory : float
        Its limits.
    closed : bool
        It never loads what computes a gradient or judges one.

    Raises
    ------
    OSError
        The process could not be started.
    """
    trace, end = os.pipe()
    posix = os.name != "nt"
    arguments = [str(end), str(2 * math.ceil(seconds) + 2), str(memory)]
    try:
        process = subprocess.Popen(
            python("nursery.alone()", *arguments, closed=closed),
            cwd=folder,
            env=environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            pass_fds=[end] if posix else (),
            start_new_session=True,  # so that its children can be ended with it
        )
    except BaseException:
        os.close(trace)
        raise
    finally:
        os.close(end)
    numbers = [os.dup(each.fileno()) for each in (process.stdout, process.stdin, process.stderr)]
    for each in (process.stdout, process.stdin, process.stderr):
        each.close()
    return Child(Channel(*numbers[:2]), numbers[2], trace, process.pid, process, memory=memory)


def python(call, *arguments, module="nursery", closed=False):
    """Return the command that calls a function of a file of this folder in a Python of its own."""
    code = (_CLOSED if closed else _START).format(module=module) + call
    return [sys.executable, "-P", "-u", "-B", "-c", code, *arguments, _ROOT]


def is_closed(tasks):
    """Say whether the course is kept from submissions: no question allows any of it."""
    return not any(name.split(".")[0] == "bpcourse" for task in tasks for name in task.allow)


def environment():
    """Return the environment of the processes that judge and are judged."""
    return {**os.environ, **ENVIRONMENT}


def _bare_environment():
    """Return the environment without what may be a secret of whoever judges."""
    kept = {k: v for k, v in os.environ.items() if k in _KNOWN or k.startswith("LC_")}
    return {**kept, **ENVIRONMENT}


class Child:
    """A process that runs a submission.

    Attributes
    ----------
    printed : int
        How many bytes it printed; ``output`` is their end.
    noticed : list of (str, str)
        Whose functions it called, and which: see :mod:`bpcourse.classroom.watching`.
    isolated : list of str
        What it is kept from.
    spent : float
        The seconds that all answers have taken, as far as any took long.
    """

    def __init__(self, channel, output, trace, pid, process=None, *, memory=0):
        self._channel, self._pid, self._process = channel, pid, process
        self._memory = memory
        self._replies = queue.Queue(4)  # more has to wait: a flood fills no memory
        self._output, self._trace = _Drain(output, OUTPUT_KEPT), _Drain(trace, _TRACE_KEPT)
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()
        self.noticed, self.isolated, self.broken = [], [], False
        self.spent = 0.0

    @property
    def printed(self):
        return self._output.count

    @property
    def output(self):
        return bytes(self._output.kept)

    @property
    def trace(self):
        """What it wrote down about where it was."""
        return bytes(self._trace.kept).decode("utf-8", "replace")

    @property
    def code(self):
        """How it ended: an exit status, minus the number of a signal, or None."""
        if self._process is not None:
            return self._process.poll()
        *_, last = self.trace.strip().rpartition("\n")
        found = re.fullmatch(r"ended (-?[0-9]{1,3})", last)
        return int(found[1]) if found else None

    def ask(self, request, functions=(), *, seconds):
        """Send a request and return its answer.

        Parameters
        ----------
        request : dict
        functions : list of callable
            Those in the request; it has them computed here.
        seconds : float
            The time that it may take.

        Raises
        ------
        Late, Crowded, Swollen, Ended
        """
        self._begin_time()
        self._send(wire.pack(request, functions := list(functions)))
        for _ in range(_EVALUATIONS):
            reply = self._next(seconds)
            if "noticed" in reply:
                self._notice(str(reply["noticed"]), str(reply.get("what")))
            elif "isolated" in reply and not self.isolated:
                self.isolated = _texts(reply["isolated"])
            elif "evaluate" in reply:
                self._send(wire.pack(_evaluated(reply, functions)))
            else:
                self.spent += self._used
                return reply
            if self._used > seconds:
                raise Late
        self.broken = True  # no answer has so much to say
        raise Ended

    def _notice(self, *noticed):
        """Keep what was noticed, once; that it was too much is noticed, too."""
        if len(self.noticed) == _NOTICES:
            noticed = ("out of sight", "it sends notices without end")
        if noticed not in self.noticed:
            self.noticed.append(noticed)

    def _send(self, message):
        try:
            self._channel.send(message)
        except OSError:  # it does not read, or is gone: the next answer says so
            self._replies_end()

    def _replies_end(self):
        if self._thread.is_alive():
            self._thread.join(_GRACE)

    def _next(self, seconds):
        while True:
            if time.monotonic() - self._last >= _TICK:  # also of one who never stops sending
                self._used = self._time()
            try:
                message = self._replies.get(timeout=_TICK)
            except queue.Empty:
                if self._used > seconds:
                    raise Late from None
                continue
            reply = self._read_reply(message)
            if reply is None:
                raise Ended
            return reply

    def _read_reply(self, message):
        """Return a message as a dictionary, or None."""
        if message is None:
            return None
        try:
            reply = wire.unpack(message)
        except wire.Broken:
            reply = None
        if type(reply) is not dict:
            self.broken = True
            return None
        return reply

    def _read(self):
        try:
            while (message := self._channel.receive()) is not None:
                self._replies.put(message)
        except wire.Broken:
            self.broken = True
        except (OSError, ValueError):
            pass
        self._replies.put(None)

    def _begin_time(self):
        self._idle, self._last = 0.0, time.monotonic()
        self._started, self._before, self._used = self._last, None, 0.0

    def _time(self):
        """Return the processor time since the question, and the time spent waiting.

        A look that comes late, because this process had to stand still itself, counts no more than
        one that comes in time.
        """
        now = time.monotonic()
        elapsed, self._last = min(now - self._last, 2 * _TICK), now
        if not CAN_FORK:
            return now - self._started
        pids = ([self._pid] if self._process else []) + isolation.children(self._pid)
        if len(pids) > isolation.PROCESSES:
            raise Crowded
        if self._memory and len(pids) > 2 and isolation.memory(pids) > self._memory:
            raise Swollen
        total, running = isolation.used(pids)
        if self._before is None:
            self._before = total - elapsed
        self._idle += 0.0 if running else elapsed
        return total - self._before + self._idle

    def where(self):
        """Return the lines in which it is just now, as it says itself."""
        pids = [self._pid] if self._process else isolation.children(self._pid)[1:2]
        if hasattr(signal, "SIGUSR1") and CAN_FORK:
            for pid in pids:
                with contextlib.suppress(OSError):
                    os.kill(pid, signal.SIGUSR1)
            time.sleep(_TICK)
        return self.trace

    def wait(self):
        """Wait a moment for a process that has closed its channel to end by itself."""
        until = time.monotonic() + _GRACE
        while self.code is None and time.monotonic() < until:
            time.sleep(0.005)
        return self.code

    def close(self):
        """End the process, with all that it started, and keep what it has printed."""
        pids = isolation.children(self._pid) if self._process else []
        with contextlib.suppress(OSError):
            if self._process is None:
                os.kill(self._pid, signal.SIGTERM)
        if self._process is not None:
            self._end_alone(pids)
        self._output.wait(_GRACE)
        self._empty()
        if self._process is None:
            with contextlib.suppress(OSError):
                os.kill(self._pid, signal.SIGKILL)
            self._channel.close()
        self._thread.join(_GRACE)
        if self._process is not None:
            self._channel.close()

    def _empty(self):
        """Let the thread that reads go on to its end."""
        with contextlib.suppress(queue.Empty):
            while True:
                self._replies.get_nowait()

    def _end_alone(self, pids):
        if os.name == "nt":
            command = ["taskkill", "/F", "/T", "/PID", str(self._pid)]
            subprocess.run(command, capture_output=True, check=False)
        else:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._pid, signal.SIGKILL)
            for pid in pids:
                with contextlib.suppress(OSError):
                    os.kill(pid, signal.SIGKILL)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(_GRACE)


def _texts(value):
    return [str(each) for each in value[:5]] if isinstance(value, list) else []


def _evaluated(reply, functions):
    """Return what a function of the question gives for arguments that a submission sent."""
    try:
        function, args = functions[reply["evaluate"]], reply["args"]
        if sum(np.size(each) for each in args) > _ENTRIES:
            raise ValueError("the arguments are too large")
        with np.errstate(all="ignore"):
            return {"value": function(*args)}
    except Exception as error:
        return {"raised": type(error).__name__, "said": str(error)[:500]}


class _Drain:
    """Reads a file to its end, keeps the last bytes and counts them all."""

    def __init__(self, number, kept):
        self.kept, self.count, self._limit = bytearray(), 0, kept
        self._thread = threading.Thread(target=self._run, args=(number,), daemon=True)
        self._thread.start()

    def _run(self, number):
        with contextlib.suppress(OSError):
            while data := os.read(number, 1 << 16):
                self.count += len(data)
                self.kept = (self.kept + data)[-self._limit :]
        with contextlib.suppress(OSError):
            os.close(number)

    def wait(self, seconds):
        self._thread.join(seconds)
