"""Sockets for Tornado's coroutines: send, recv and poll return futures of the loop that runs.

Tornado's futures are asyncio's: ``await`` takes them, and so does ``yield`` in a gen.coroutine.
"""

from __future__ import annotations

import asyncio as asyncio
import warnings as warnings

from tornado.ioloop import IOLoop

from zmq import asyncio as _asyncio
from zmq.loops.futures import FutureFront, SocketFuture
from zmq.loops.tornado import close_if_open

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from zmq.core.engine import Engine

__all__ = ["CancelledError", "Context", "Poller", "Socket"]


class CancelledError(asyncio.CancelledError, Exception):
    """Raised by a future that was cancelled by its `cancel`."""


class _Cancellable(SocketFuture):
    """A future whose `cancel` has it fail, as futures of Tornado did when they could be cancelled.

    A task that is cancelled, or out of time, has to see asyncio's own error: it passes a message.
    """

    def cancel(self, *msg: Any, **kwargs: Any) -> bool:
        if msg or kwargs:
            return super().cancel(*msg, **kwargs)
        if self.done():
            return super().cancel()
        self.set_exception(CancelledError())
        self.exception()
        return True

    def cancelled(self) -> bool:
        if super().cancelled():
            return True
        return self.done() and isinstance(self.exception(), CancelledError)


_FRONT = FutureFront(_Cancellable)


class Poller(_asyncio.Poller):
    """Watches sockets and descriptors (zmq_poll(3)); poll() returns a future."""

    _front = _FRONT


class Socket(_asyncio.Socket):
    """A socket whose send, recv and poll return futures; see `zmq.asyncio.Socket`."""

    _front = _FRONT
    _poller_class = Poller

    def _get_loop(self) -> Any:
        loop = IOLoop.current()
        close_if_open(loop, self)
        return loop

    def _enter(self, current: object) -> Engine:
        engine = super()._enter(current)
        self._get_loop()
        return engine


class Context(_asyncio.Context):
    """A context whose sockets return futures (zmq_ctx_new(3))."""

    _socket_class = Socket
    # Not that of zmq.asyncio.
    _instance = None
    #: Not used: the loop that runs is.
    io_loop: Any = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
