"""One connection to a peer that may say anything, or nothing: bounded reads, each with a deadline.

Only blocking calls with a time-out, which the patches of gevent and eventlet know, too.
"""

from __future__ import annotations

import errno
import os
import socket
import time
from typing import TYPE_CHECKING

from zmq.diagnosis.zmtp import (
    COMMAND_LIMIT,
    Command,
    Greeting,
    build_greeting,
    read_greeting,
    take_command,
)

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Any, Self

#: Bytes of a peer that are kept at most.
_LIMIT = COMMAND_LIMIT + 9
# Signature and major version: what a peer needs to tell the rest of its greeting.
_FIRST = 11


class SilentError(Exception):
    """Nothing, or not enough, came within the time."""


class EndedError(Exception):
    """The peer has closed the connection; `read` of the wire has what came before."""


class Wire:
    """A connected stream socket, which it owns.

    Parameters
    ----------
    stream : socket.socket
    timeout_s : float
        Longest wait for one answer: also for one that comes byte by byte.
    """

    def __init__(self, stream: socket.socket, timeout_s: float) -> None:
        self._stream = stream
        self._timeout_s = timeout_s
        #: What has come and was not taken yet.
        self.read: bytes = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._stream.close()

    def send(self, data: bytes) -> None:
        """Send all of it.

        Raises
        ------
        EndedError
            The peer has closed the connection.
        SilentError
            It took nothing within the time.
        """
        self._stream.settimeout(self._timeout_s)
        try:
            self._stream.sendall(data)
        except TimeoutError:
            raise SilentError from None
        except OSError:
            raise EndedError from None

    def more(self, deadline: float) -> None:
        """Read what comes next, once; until a time of `time.monotonic`."""
        left_s = deadline - time.monotonic()
        if left_s <= 0:
            raise SilentError
        self._stream.settimeout(left_s)
        try:
            data = self._stream.recv(min(4096, _LIMIT - len(self.read)))
        except TimeoutError:
            raise SilentError from None
        except OSError:
            raise EndedError from None
        if not data:
            raise EndedError
        self.read += data

    def deadline(self, timeout_s: float | None = None) -> float:
        """The end of a wait that begins now."""
        return time.monotonic() + (self._timeout_s if timeout_s is None else timeout_s)

    def greet(self) -> Greeting:
        """Send the first words, and read the greeting of the peer.

        The mechanism is not told yet: `answer` tells the one that the peer has named.

        Raises
        ------
        SilentError, EndedError
            What came until then is in `read`.
        """
        self.send(build_greeting("NULL")[:_FIRST])
        deadline = self.deadline()
        while (found := read_greeting(self.read)) is None:
            self.more(deadline)
        return found

    def answer(self, mechanism: str) -> None:
        """Send the rest of the greeting."""
        self.read = self.read[64:]
        self.send(build_greeting(mechanism)[_FIRST:])

    def command(self, timeout_s: float | None = None) -> Command:
        """Read the next command of the peer.

        Raises
        ------
        SilentError, EndedError
        MalformedError
            What came is no frame of ZMTP.
        """
        deadline = self.deadline(timeout_s)
        while (found := take_command(self.read)) is None:
            self.more(deadline)
        command, size = found
        self.read = self.read[size:]
        return command

    def exactly(self, size: int) -> bytes:
        """Read this many bytes."""
        deadline = self.deadline()
        while len(self.read) < size:
            self.more(deadline)
        data, self.read = self.read[:size], self.read[size:]
        return data


def open_stream(family: int, address: Any, timeout_s: float, source: Any = None) -> socket.socket:
    """Connect a stream socket.

    Raises
    ------
    OSError
        A TimeoutError where nothing answered within the time; else as the system says.
    """
    stream = socket.socket(family, socket.SOCK_STREAM)
    try:
        stream.settimeout(timeout_s)
        if source is not None:
            stream.bind(source)
        stream.connect(address)
        if family != getattr(socket, "AF_UNIX", None) and is_self(stream):
            # A free port of the range for clients can be connected to itself.
            raise ConnectionRefusedError(errno.ECONNREFUSED, os.strerror(errno.ECONNREFUSED))
    except BaseException:
        stream.close()
        raise
    return stream


def is_self(stream: socket.socket) -> bool:
    """Whether a stream is connected to itself."""
    return bool(stream.getsockname() == stream.getpeername())
