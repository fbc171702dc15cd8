"""The names of zmq.eventloop.ioloop: there is one Tornado, whatever runs beside it."""

from __future__ import annotations

from logging import Logger

from tornado.ioloop import *  # noqa: F403  # pyright: ignore[reportWildcardImportFromLibrary]

from zmq.eventloop import ioloop as _ioloop
from zmq.eventloop.ioloop import IOLoop, PeriodicCallback, ZMQIOLoop, install

__all__ = ["IOLoop", "PeriodicCallback", "ZMQIOLoop", "app_log", "install"]

#: The logger of applications on Tornado.
app_log: Logger = _ioloop.app_log
