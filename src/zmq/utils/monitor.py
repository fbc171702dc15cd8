"""Events of a monitored socket: see `Socket.get_monitor_socket`."""

from __future__ import annotations

from collections.abc import Awaitable, Sequence
from inspect import isawaitable
from typing import TYPE_CHECKING, Any, cast, overload

import zmq
import zmq.asyncio
from zmq.core.monitor import MonitorMessage, parse_monitor_message

if TYPE_CHECKING:
    from zmq.core.queued import AwaitableSocket

__all__ = ["parse_monitor_message", "recv_monitor_message"]


@overload
def recv_monitor_message(socket: AwaitableSocket, flags: int = 0) -> Awaitable[MonitorMessage]: ...
@overload
def recv_monitor_message(socket: zmq.Socket[bytes], flags: int = 0) -> MonitorMessage: ...
@overload
def recv_monitor_message(
    socket: zmq.Socket[Awaitable[Any]], flags: int = 0
) -> Awaitable[MonitorMessage]: ...
def recv_monitor_message(
    socket: zmq.Socket[Any], flags: int = 0
) -> MonitorMessage | Awaitable[MonitorMessage]:
    """Receive one event from a monitor socket.

    Parameters
    ----------
    socket
        The PAIR socket that `Socket.get_monitor_socket` gave, blocking or async.
    flags
        `zmq.NOBLOCK` raises `zmq.Again` when no event is there.

    Returns
    -------
    MonitorMessage or coroutine
        A dict with `event`, `value` and `endpoint`, see `parse_monitor_message`; for an async
        socket a coroutine that returns it.

    Raises
    ------
    zmq.Again
        Nothing came: at once with NOBLOCK, else after the socket's RCVTIMEO.
    RuntimeError
        The message is no monitor event: the socket is no monitor socket.

    Notes
    -----
    Blocks until an event comes. A cancelled coroutine takes no event.
    """
    # Any: the receive method of an async socket is annotated as the blocking one.
    received: Any = socket.recv_multipart(flags)
    if isawaitable(received):
        return _parse_later(received)
    return parse_monitor_message(cast("Sequence[bytes]", received))


async def _parse_later(received: Awaitable[Any]) -> MonitorMessage:
    return parse_monitor_message(await received)
