"""The option of sockets and contexts to look for a while before a wait sleeps."""

from __future__ import annotations

from zmq._native import busy_wait_us as read
from zmq._native import set_busy_wait_us as write

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["busy_wait_option"]


def busy_wait_us(thing: Any) -> int:
    """How long a wait looks before it sleeps, in us; 0 sleeps at once.

    A call that waits (send, recv, poll and their like) looks again and again, and gives its
    core to other threads in between, without the lock of the socket and without the GIL. Only
    a socket whose last waits were short does so, never one that is idle, and the less the more
    of its looks end in vain. Where another program wants the core, no socket of the process
    does so for 10 ms to 10 s. A wait that looks takes up to a core; ``stats()`` counts it. A
    ``Poller``, a device and an event loop look for as long as the longest of their sockets
    allows; uvloop, and gevent on libuv, do not look.

    From 0 to 100,000; a signal (Ctrl-C) is handled when the look is over. A context has the
    value for the sockets that it makes afterwards. At first it is that of the environment
    variable OHMQ_BUSY_WAIT_US. Without that it is 100 on Linux and 0 elsewhere, and holds for
    answers alone: a ``recv`` or ``poll`` that blocks after a ``send`` looks, but no stream, no
    device, no event loop, and no process with a single core. Any thread may read and set it.

    Raises
    ------
    TypeError, ValueError
        The value is no whole number, or out of range.
    ZMQError
        ENOTSOCK on a closed socket.
    RuntimeError
        The context is closed.
    """
    return read(thing)


#: ``busy_wait_us`` of a socket, or of a context for its new sockets: an attribute of their classes.
if TYPE_CHECKING:
    busy_wait_option: int
else:
    busy_wait_option = property(busy_wait_us, write)
