"""Context and Socket of zmq.green."""

from __future__ import annotations

from gevent import get_hub  # type: ignore[import-untyped]

import zmq
from zmq.constants import RCVTIMEO, SNDTIMEO
from zmq.core.naming import methods_of
from zmq.loops.gevent import GeventFront
from zmq.loops.green import GreenContext, GreenSocket

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["TIMEOS", "_Context", "_Socket", "get_hub", "zmq"]

#: The options that limit how long a send or a receive may wait; they hold here as everywhere.
TIMEOS = (RCVTIMEO, SNDTIMEO)

FRONT = GeventFront()


@methods_of("Socket")
class _Socket(GreenSocket):
    """A socket whose send, recv and poll let other greenlets run while they wait.

    Several greenlets may wait for one socket: they are served in order, sends and receives apart
    from each other. RCVTIMEO and SNDTIMEO hold (ms), and so does gevent.Timeout. A greenlet that is
    killed or out of time takes no message with it: the next to receive gets it. A wait ends with an
    error when the socket is closed or its context terminated. Sockets may be used in several
    threads, each with a hub of its own.
    """

    _front = FRONT

    # Named as in PyZMQ.

    def get(  # pyright: ignore[reportIncompatibleMethodOverride]
        self, opt: int
    ) -> Any:
        """Read a socket option (zmq_getsockopt(3))."""
        return super().get(opt)

    def set(  # pyright: ignore[reportIncompatibleMethodOverride]
        self, opt: int, val: int | bytes
    ) -> None:
        """Set a socket option (zmq_setsockopt(3))."""
        super().set(opt, val)


class _Context(GreenContext[_Socket]):
    """A context whose sockets are sockets of zmq.green (zmq_ctx_new(3))."""

    _front = FRONT
    _socket_class = _Socket
    # Not the blocking Context's.
    _instance = None
