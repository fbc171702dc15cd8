"""Sockets for anyio and trio: send, recv and poll are coroutines that cancel scopes can end.

For whatever anyio runs on: trio natively, and asyncio. Programs need not import anyio itself.
"""

from __future__ import annotations

from zmq.core.ending import AwaitedContext
from zmq.core.engine import set_fairness
from zmq.loops.anyio import AnyioFront

TYPE_CHECKING = False
if TYPE_CHECKING:
    # For checkers only: there is nothing else in it.
    from zmq.loops.coroutine_types import (  # pyright: ignore[reportMissingModuleSource]
        CoroutinePoller,
        CoroutineSocket,
    )
else:
    from zmq.core.coroutines import CoroutinePoller, CoroutineSocket

__all__ = ["Context", "Poller", "Socket", "set_fairness"]

_FRONT = AnyioFront()


class Poller(CoroutinePoller):
    """Watches sockets of any kind and descriptors (zmq_poll(3)); poll() is a coroutine."""

    _front = _FRONT


class Socket(CoroutineSocket):
    """A socket whose send, recv and poll are coroutines.

    A call that is not awaited does nothing. Several tasks may wait for one socket: they are served
    in order. A wait ends with an error when the socket is closed or its context terminated, and
    when RCVTIMEO or SNDTIMEO is over. Sockets may be used in several loops, one after the other or
    at once. ``async for message in socket`` gives each message as the list of its parts.

    Any call may be cancelled: then it has sent nothing, and what it would have received is the next
    to be received.

    A call that can be made at once is made without a checkpoint: other tasks do not run, and a
    cancellation is not seen. But a loop that always finds a message gives way to others after 64
    messages or 1 ms, whichever is later (see `set_fairness`), and is cancelled there. Calls with
    DONTWAIT never wait.

    Parameters
    ----------
    ctx_or_socket : Context or Socket
        Where to open the socket; or a socket, to get a second handle of it.
    socket_type : int
        One of zmq.SocketType.
    **kwargs
        As for zmq.Socket.
    """

    _front = _FRONT


class Context(AwaitedContext[Socket]):
    """A context whose sockets are those of this module (zmq_ctx_new(3)).

    ``async with`` closes its sockets and terminates it at the end, without blocking the loop. If
    that wait is cancelled, messages that are not sent yet are still on their way in the background.
    """

    _front = _FRONT
    _socket_class = Socket
    # Not the blocking Context's.
    _instance = None
