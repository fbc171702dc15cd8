"""Letters from threads and signal handlers to the main thread of a supervisor."""

from __future__ import annotations

import contextlib
import select
import signal
import socket
from collections import deque
from types import FrameType, TracebackType
from typing import Any

_ENDING = ("SIGINT", "SIGTERM")


class Mailbox:
    """A queue that signals write to as well; enter it in the main thread.

    SIGINT and SIGTERM arrive as their numbers, and a second one of them ends the process at once.
    SIGHUP arrives as its number every time. What was ignored when the process began stays ignored.
    """

    def __init__(self) -> None:
        self._reader, self._writer = socket.socketpair()
        self._reader.setblocking(False)
        self._writer.setblocking(False)
        self._letters: deque[Any] = deque()
        self._before: dict[int, Any] = {}

    def __enter__(self) -> Mailbox:
        for name in (*_ENDING, "SIGHUP"):
            number = getattr(signal, name, None)
            if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
                self._before[number] = signal.signal(number, self._on_signal)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
        self._before.clear()
        self._reader.close()
        self._writer.close()

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        if number != getattr(signal, "SIGHUP", None):
            for name in _ENDING:
                if getattr(signal, name) in self._before:
                    signal.signal(getattr(signal, name), signal.SIG_DFL)
        self.post(signal.Signals(number))

    def post(self, letter: Any) -> None:
        """Put something in; from any thread or signal handler, and never blocking."""
        self._letters.append(letter)
        with contextlib.suppress(OSError):  # full: the reader knows already; closed: it has gone
            self._writer.send(b"!")

    def wait(self, seconds: float) -> list[Any]:
        """Take everything out; wait for something at most that long, in s."""
        if not self._letters:
            select.select([self._reader], [], [], max(0.0, seconds))
        with contextlib.suppress(BlockingIOError):
            while self._reader.recv(4096):
                pass
        letters = []
        while self._letters:
            letters.append(self._letters.popleft())
        return letters
