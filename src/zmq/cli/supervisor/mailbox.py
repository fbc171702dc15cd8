"""Events from threads and signal handlers for the main thread of a supervisor."""

from __future__ import annotations

import signal
from collections import deque
from types import FrameType
from typing import Any

from zmq.cli.terminal.signals import SignalReceiver

_ENDING = ("SIGINT", "SIGTERM")


class Mailbox(SignalReceiver):
    """A queue that signals write to as well; enter it in the main thread.

    SIGINT and SIGTERM arrive as their numbers, and a second one of them ends the process at once.
    SIGHUP arrives as its number every time. A signal that was ignored when the process began stays
    ignored.
    """

    def __init__(self) -> None:
        super().__init__()
        self._events: deque[Any] = deque()

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        if number != getattr(signal, "SIGHUP", None):
            for name in _ENDING:
                if getattr(signal, name) in self._before:
                    signal.signal(getattr(signal, name), signal.SIG_DFL)
        self.post(signal.Signals(number))

    def post(self, event: Any) -> None:
        """Put something in; from any thread or signal handler, and never blocking."""
        self._events.append(event)
        self._waker.wake()

    def wait(self, seconds: float) -> list[Any]:
        """Take everything out; wait for something at most that long, in s."""
        if not self._events:
            self._waker.wait(seconds)
        self._waker.clear()
        events = []
        while self._events:
            events.append(self._events.popleft())
        return events
