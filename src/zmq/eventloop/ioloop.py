"""Names from the days when ØMQ sockets needed an event loop of their own.

Today Tornado runs on asyncio, and every loop can serve them.
"""

from __future__ import annotations

from logging import Logger
from warnings import warn

from tornado import log as _log
from tornado.ioloop import *  # noqa: F403  # pyright: ignore[reportWildcardImportFromLibrary]
from tornado.ioloop import IOLoop, PeriodicCallback

__all__ = ["IOLoop", "PeriodicCallback", "ZMQIOLoop", "app_log", "install"]

_ADVICE = "zmq.eventloop.ioloop is deprecated: use tornado.ioloop, whose loops all serve sockets"

#: Tornado's own loop: ``ZMQIOLoop()`` makes one, and ``loop.install()`` makes it the current one.
ZMQIOLoop = IOLoop

#: The logger of applications on Tornado.
app_log: Logger = _log.app_log


def install() -> None:
    """Do nothing: there is nothing to install any more.

    It once had to be called before anything asked for Tornado's loop, and refused to come later.
    Every loop of today's Tornado serves ØMQ sockets as it is, so there is nothing left to refuse:
    call it at any time, any number of times, or not at all.
    """
    warn(_ADVICE, DeprecationWarning, stacklevel=2)


warn(_ADVICE, DeprecationWarning, stacklevel=2)
