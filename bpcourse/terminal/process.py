"""A command in a process of its own: stopped in time, its prints drained, its children ended.

This is not a security sandbox. It holds against mistakes (an endless loop, a crash, a flood of
prints), not against somebody who means harm: the command may read and write whatever the user may,
and a process that it starts in a session of its own outlives it.

The command reads its message from the standard input and answers on the standard output. Whatever
it prints besides goes to the standard error (see :mod:`bpcourse.terminal.program`), so that no
print can break or forge an answer.
"""

import asyncio
import contextlib
import os
import signal
import subprocess
from dataclasses import dataclass

OUTPUT_KEPT = 8 * 1024  # of what was printed, the end; the rest is counted and thrown away
ANSWER_KEPT = 4 * 1024 * 1024
_GRACE = 1.0  # seconds for the last bytes of a process that was ended


@dataclass(frozen=True)
class Ended:
    """How a command ended.

    Attributes
    ----------
    code : int or None
        The exit status; minus the signal's number if a signal ended it.
    late : bool
        Whether it had to be stopped.
    answer : bytes
        What came over the standard output.
    output : bytes
        The end of what was printed.
    printed : int
        How many bytes were printed.
    seconds : float
        How long it ran.
    """

    code: int | None
    late: bool
    answer: bytes
    output: bytes
    printed: int
    seconds: float


class _Watcher(asyncio.SubprocessProtocol):
    """Sends the message, keeps the answer, and keeps the end of what is printed."""

    def __init__(self, message):
        self.message = message
        self.answer = self.output = b""
        self.printed = 0
        self.open = {1, 2}
        self.exited, self.drained = asyncio.Event(), asyncio.Event()

    def connection_made(self, transport):
        stdin = transport.get_pipe_transport(0)
        stdin.write(self.message)
        stdin.close()

    def pipe_data_received(self, fd, data):
        if fd == 1:
            self.answer = (self.answer + data)[:ANSWER_KEPT]
        else:
            self.printed += len(data)
            self.output = (self.output + data)[-OUTPUT_KEPT:]

    def pipe_connection_lost(self, fd, exc):
        self.open.discard(fd)
        if not self.open:
            self.drained.set()

    def process_exited(self):
        self.exited.set()


async def run(command, message, *, seconds, directory=None, environment=None):
    """Run a command until it ends or its time is up, and end every process of its group.

    Parameters
    ----------
    command : list of str
    message : bytes
        Sent to the standard input, which is then closed.
    seconds : float
        The time limit.
    directory : path or None
        The working directory; None for the present one.
    environment : dict or None

    Returns
    -------
    Ended

    Raises
    ------
    OSError
        The process could not be started.
    """
    loop = asyncio.get_running_loop()
    begin = loop.time()
    transport, watcher = await loop.subprocess_exec(
        lambda: _Watcher(message),
        *command,
        cwd=directory,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,  # so that its children can be ended with it
    )
    try:
        late = not await _happens(watcher.exited, seconds)
        took = loop.time() - begin
        _end_group(transport.get_pid(), late)
        await _happens(watcher.exited, _GRACE)
        # A child in a session of its own may hold the pipes open: it isn't waited for.
        await _happens(watcher.drained, _GRACE)
        code = transport.get_returncode()
    finally:
        _end_group(transport.get_pid(), watcher.exited.is_set() is False)
        transport.close()
    return Ended(code, late, watcher.answer, watcher.output, watcher.printed, took)


async def _happens(event, seconds):
    """Return whether an event happens within a time."""
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(event.wait(), seconds)
    return event.is_set()


def _end_group(pid, running):
    """End a process and all of its group; the group may outlive its first process."""
    if os.name == "nt":
        if running:
            command = ["taskkill", "/F", "/T", "/PID", str(pid)]
            subprocess.run(command, capture_output=True, check=False)
        return
    # Nobody left, or (on macOS) only processes that have ended already.
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)
