"""A descriptor that threads and signal handlers make readable, to wake the thread that polls it."""

from __future__ import annotations

import contextlib
import selectors
import socket


class Waker:
    """A pair of connected sockets: `wake` writes a byte to one, the other becomes readable.

    A signal handler may run in the middle of any line of the main thread, so it must not take a
    lock that this thread could be holding. Writing to a socket takes none.
    """

    def __init__(self) -> None:
        self._reader, self._writer = socket.socketpair()
        self._reader.setblocking(False)
        self._writer.setblocking(False)

    def fileno(self) -> int:
        """The descriptor that becomes readable, for pollers."""
        return self._reader.fileno()

    def wake(self) -> None:
        """Make it readable, from any thread or signal handler. Never blocks, never raises."""
        with contextlib.suppress(OSError):  # full: it is readable; closed: no thread waits
            self._writer.send(b"!")

    def wait(self, seconds: float) -> bool:
        """Wait until it is readable, at most this time in s; False when the time is over."""
        with selectors.DefaultSelector() as selector:
            selector.register(self._reader, selectors.EVENT_READ)
            return bool(selector.select(max(0.0, seconds)))

    def clear(self) -> None:
        """Make it unreadable until the next `wake`."""
        with contextlib.suppress(BlockingIOError):
            while self._reader.recv(4096):
                pass

    def close(self) -> None:
        """Close both descriptors. May be called twice."""
        self._reader.close()
        self._writer.close()
