"""Sockets for asyncio: send, recv and poll return futures of the loop that runs.

Calls are eager: they are made when they are called, not when their future is awaited.
"""

from __future__ import annotations

import asyncio
import os
from collections import deque
from warnings import warn

from zmq._native import FutureSocket, define_future_calls
from zmq.constants import POLLIN, POLLOUT
from zmq.core.ending import AwaitedContext
from zmq.core.engine import Engine, set_fairness
from zmq.core.receiving import MESSAGE, PART
from zmq.core.socket import Socket as _Socket
from zmq.loops.asyncio import running
from zmq.loops.futures import FutureFront, SocketFuture

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Self

    # For checkers only: there is nothing else in it.
    from zmq.loops.future_types import (  # pyright: ignore[reportMissingModuleSource]
        FutureCalls,
        FuturePoller,
    )
else:
    from zmq.core.polling import QueuedPoller as FuturePoller
    from zmq.core.queued import AwaitableSocket as FutureCalls

__all__ = [
    "Context",
    "Poller",
    "ProactorSelectorThreadWarning",
    "Socket",
    "ZMQEventLoop",
    "install",
    "set_fairness",
]

_FRONT = FutureFront()

_running_loop = asyncio._get_running_loop
define_future_calls(_running_loop, PART, MESSAGE)


class Poller(FuturePoller):
    """Watches sockets and descriptors (zmq_poll(3)); poll() returns a future."""

    _front = _FRONT

    def _check(self, thing: Any) -> int:
        # With the errors of a loop of asyncio that is asked to watch it.
        try:
            number = int(thing if hasattr(thing, "__index__") else thing.fileno())
        except (AttributeError, TypeError, ValueError):
            raise ValueError(f"{thing!r} has no file descriptor: it cannot be polled") from None
        if number < 0:
            raise ValueError(f"{number} is no file descriptor: {thing!r} cannot be polled")
        if os.name == "posix":
            os.fstat(number)  # raises for one that is not open
        return number


class Socket(FutureSocket, FutureCalls):
    """A socket whose send, recv and poll return asyncio futures.

    A call that can be made at once has been made when it returns, also if its future is not
    awaited. Several tasks may wait for one socket: they are served in order. A wait is cancelled
    when the socket is closed, and ends with an error when its context is terminated. A message
    whose receiver was cancelled is the next to be received. Sockets may be used in several loops,
    one after the other or at once.

    Parameters
    ----------
    context : Context
        Where to open the socket; or a socket, to get a second handle of it.
    socket_type : int
        One of zmq.SocketType.
    io_loop
        Not used: the loop that runs is.
    **kwargs
        As for zmq.Socket.
    """

    _front = _FRONT
    _poller_class = Poller
    _shadow_socket: Any = None

    def __init__(
        self,
        context: Any = None,
        socket_type: int = -1,
        io_loop: Any = None,
        _from_socket: Any = None,
        **kwargs: Any,
    ) -> None:
        if _from_socket is not None:
            kwargs["shadow"] = _from_socket
        if isinstance(context, _Socket):
            context, kwargs["shadow"] = None, context
        if io_loop is not None:
            warn(
                "Socket(io_loop) is deprecated: the loop that runs is used",
                DeprecationWarning,
                stacklevel=2,
            )
        super().__init__(context, socket_type, **kwargs)

    @classmethod
    def from_socket(cls, socket: Any, io_loop: Any = None) -> Self:
        """Return an asyncio handle of a socket of any kind."""
        return cls(_from_socket=socket)

    @property
    def _shadow_sock(self) -> _Socket[bytes]:
        """A blocking handle of the socket."""
        if self._shadow_socket is None:
            self._shadow_socket = _Socket(shadow=self)
        return self._shadow_socket  # type: ignore[no-any-return]

    # Named as in PyZMQ.

    def get(  # pyright: ignore[reportIncompatibleMethodOverride]
        self, key: int
    ) -> Any:
        """Read a socket option (zmq_getsockopt(3))."""
        return super().get(key)

    # What programs look for inside PyZMQ's sockets: what waits, as far as its length tells.

    @property
    def _recv_futures(self) -> deque[Any]:
        return self._waits(POLLIN)

    @property
    def _send_futures(self) -> deque[Any]:
        return self._waits(POLLOUT)

    def _waits(self, events: int) -> deque[Any]:
        engine: Engine | None = self._used_in[1]
        return deque() if engine is None else deque(engine.waits_for(events))

    def _get_loop(self) -> Any:
        return running()

    def close(self, linger: int | None = None) -> None:
        """Close the socket (zmq_close(3)), and cancel what waits for it."""
        loop, engine = self._used_in
        # At once, as a program may look; a loop that runs elsewhere does it in its next turn.
        if engine is not None and not self.closed and _can_cancel(loop):
            for future in engine.waits_to_move():
                if isinstance(future, SocketFuture):
                    future.cancel()
        super().close(linger)


def _can_cancel(loop: Any) -> bool:
    """Say whether futures of a loop may be cancelled here and now."""
    return _running_loop() is loop or not (loop.is_running() or loop.is_closed())


class Context(AwaitedContext[Socket]):
    """A context whose sockets are asyncio sockets (zmq_ctx_new(3)).

    ``async with`` closes its sockets and terminates it at the end, without blocking the loop. If
    that wait is cancelled, messages that are not sent yet are still on their way in the background.
    """

    _front = _FRONT
    _socket_class = Socket
    # Not the blocking Context's.
    _instance = None


class ProactorSelectorThreadWarning(RuntimeWarning):
    """Never given: sockets work in every loop of Windows. For programs that silence it."""


class ZMQEventLoop(asyncio.SelectorEventLoop):
    """asyncio's own loop, under the name of one that ØMQ sockets once needed: any loop serves."""


def install() -> None:
    """Do nothing: every loop of asyncio can serve ØMQ sockets, and none has to be installed."""
    warn("zmq.asyncio.install is not needed, and does nothing", DeprecationWarning, stacklevel=2)
