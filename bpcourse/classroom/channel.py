"""Messages over a pair of files, from either side."""

import contextlib
import os
import threading

from bpcourse.classroom import wire


class Channel:
    """Sends and receives whole messages; used in the process of a submission.

    Parameters
    ----------
    source, sink : int
        The numbers of the files to read and to write.
    """

    def __init__(self, source, sink):
        self._source, self._sink = source, sink
        self._one = threading.RLock()  # threads of a submission send what is noticed in them

    def send(self, message):
        """Write a message that is packed already."""
        view = memoryview(message)
        with self._one:
            while view:
                view = view[os.write(self._sink, view) :]

    def receive(self):
        """Return the next message, or None if there is none to come."""
        header = self._read(wire.HEADER_SIZE)
        if header is None:
            return None
        rest = self._read(sum(wire.lengths(header)))
        return None if rest is None else header + rest

    def close(self):
        """Close both files."""
        for number in {self._source, self._sink}:
            with contextlib.suppress(OSError):
                os.close(number)

    def _read(self, size):
        parts = []
        while size:
            part = os.read(self._source, min(size, 1 << 20))
            if not part:
                return None
            parts.append(part)
            size -= len(part)
        return b"".join(parts)
