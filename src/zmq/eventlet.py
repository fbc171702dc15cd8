"""zmq for eventlet: what waits lets other green threads run.

::

    from zmq import eventlet as zmq

or, for programs that say ``from eventlet.green import zmq``, once and before they do::

    import zmq.eventlet

    zmq.eventlet.install()

Everything else is as in zmq.
"""

from __future__ import annotations

import sys

import zmq as _zmq
from zmq import *  # noqa: F403  # pyright: ignore[reportAssignmentType]
from zmq import __revision__ as __revision__
from zmq import __version__ as __version__
from zmq.loops.eventlet import EventletFront
from zmq.loops.green import GreenContext, GreenPoller, GreenSocket

_FRONT = EventletFront()


class Socket(GreenSocket):  # type: ignore[no-redef]
    """A socket whose send, recv and poll let other green threads run while they wait.

    Several green threads may wait for one socket: they are served in order, sends and receives
    apart from each other. RCVTIMEO and SNDTIMEO hold (ms), and so does eventlet.Timeout. A
    green thread that is killed or out of time takes no message along: the next to receive gets it.
    A wait ends with an error when the socket is closed or its context terminated. Sockets may be
    used in several threads, each with a hub of its own.
    """

    _front = _FRONT


class Poller(GreenPoller):  # type: ignore[no-redef]
    """Watches sockets of any kind, and descriptors; poll() lets others run (zmq_poll(3))."""

    _front = _FRONT


class _Context(GreenContext[Socket]):
    """A context whose sockets are sockets of this module (zmq_ctx_new(3))."""

    _front = _FRONT
    _socket_class = Socket
    # Not the blocking Context's.
    _instance = None


def install() -> None:
    """Put this module where ``from eventlet.green import zmq`` finds it.

    Any time before that import will do; a module that has imported eventlet's own keeps it.
    """
    import eventlet.green  # type: ignore[import-untyped]

    module = sys.modules[__name__]
    sys.modules["eventlet.green.zmq"] = module
    setattr(eventlet.green, "zmq", module)  # noqa: B010


TYPE_CHECKING = False
if not TYPE_CHECKING:  # for a checker it is what it replaces: its API is the same
    #: Called, it gives a new context; ``Context.instance()`` gives the one of the process.
    Context = _Context
    __all__ = [*_zmq.__all__, "install"]

    def __getattr__(name: str) -> object:
        """Import what few programs use when one of them does."""
        return getattr(_zmq, name)
