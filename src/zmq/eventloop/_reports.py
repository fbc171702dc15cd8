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
    """Calls the callback of on_send in a later turn of the loop than the send.

    Attributes
    ----------
    callback : callable or None
        The callback of on_send.
    pending : deque of (message, status)
        What was sent, or could not be, and was not reported yet.
    """

    callback: OnSend | None = None

    def __init__(self, io_loop: IOLoop, callbacks: Callbacks) -> None:
        self.pending: deque[tuple[Any, Any]] = deque()
        self._io_loop = io_loop
        self._callbacks = callbacks
        self._scheduled = False  # a call back is scheduled

    def add(self, message: Any, status: Any) -> None:
        """Note the outcome of a message."""
        if isinstance(status, ZMQError):
            gen_log.error("A message of a ZMQStream was not sent: %s", status)
        self.pending.append((message, status))
        self._schedule()

    def not_sent(self, error: Exception) -> None:
        """Log an error with which a message can never be sent; on_send is not called for it."""
        self._callbacks.failed(error, "A message of a ZMQStream cannot be sent")

    def deliver(self) -> None:
        """Call back, for as long as one turn of the loop may last (rule 5)."""
        messages, seconds = fairness()
        calls, end = 0, time.monotonic() + seconds
        while self.pending:
            if calls >= messages and time.monotonic() >= end:
                self._schedule()
                return
            sent = self.pending.popleft()
            calls += 1
            if self.callback is not None:
                self._callbacks.call_safely(self.callback, *sent)

    def deliver_now(self, limit: float) -> int:
        """Call back for at most so many messages; return how many. A callback's error is raised."""
        count = 0
        while count < limit and self.pending:
            sent = self.pending.popleft()
            count += 1
            if self.callback is not None:
                self._callbacks.call(self.callback, *sent)
        return count

    def end(self) -> None:
        """Drop all reports."""
        self.callback = None
        self.pending.clear()

    def _schedule(self) -> None:
        if not self._scheduled:
            self._scheduled = True
            self._io_loop.add_callback(self._in_next_turn)

    def _in_next_turn(self) -> None:
        self._scheduled = False
        self.deliver()
