"""Reports of the messages that a stream has sent, or could not send."""

from __future__ import annotations

import time
from collections import deque

from tornado.log import gen_log

from zmq.core.engine import fairness
from zmq.error import ZMQError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, TypeAlias

    from tornado.ioloop import IOLoop

    from zmq.eventloop._callbacks import Callbacks

    OnSend: TypeAlias = Callable[[Any, Any], object]

__all__ = ["Reports"]


class Reports:
    """Tells the callback of on_send in a later turn of the loop than the send.

    Attributes
    ----------
    callback : callable or None
        The callback of on_send.
    untold : deque of (message, status)
        What was sent, or could not be, and is not yet told.
    """

    callback: OnSend | None = None

    def __init__(self, io_loop: IOLoop, callbacks: Callbacks) -> None:
        self.untold: deque[tuple[Any, Any]] = deque()
        self._io_loop = io_loop
        self._callbacks = callbacks
        self._coming = False  # a call back is scheduled

    def add(self, message: Any, status: Any) -> None:
        """Note the outcome of a message."""
        if isinstance(status, ZMQError):
            gen_log.error("A message of a ZMQStream was not sent: %s", status)
        self.untold.append((message, status))
        self._come()

    def not_sent(self, error: Exception) -> None:
        """Log an error with which a message can never be sent; on_send is not called for it."""
        self._callbacks.failed(error, "A message of a ZMQStream cannot be sent")

    def tell(self) -> None:
        """Call back, for as long as one turn of the loop may last (rule 5)."""
        messages, seconds = fairness()
        calls, end = 0, time.monotonic() + seconds
        while self.untold:
            if calls >= messages and time.monotonic() >= end:
                self._come()
                return
            sent = self.untold.popleft()
            calls += 1
            if self.callback is not None:
                self._callbacks.call_safely(self.callback, *sent)

    def tell_now(self, limit: float) -> int:
        """Call back for at most so many messages; how many. A callback's error is raised."""
        told = 0
        while told < limit and self.untold:
            sent = self.untold.popleft()
            told += 1
            if self.callback is not None:
                self._callbacks.call(self.callback, *sent)
        return told

    def end(self) -> None:
        """Drop all reports."""
        self.callback = None
        self.untold.clear()

    def _come(self) -> None:
        if not self._coming:
            self._coming = True
            self._io_loop.add_callback(self._in_next_turn)

    def _in_next_turn(self) -> None:
        self._coming = False
        self.tell()
