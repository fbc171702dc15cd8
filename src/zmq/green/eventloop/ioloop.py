"""The names of zmq.eventloop.ioloop: there is one Tornado, whatever runs beside it."""

from __future__ import annotations

from tornado.ioloop import *  # noqa: F403  # pyright: ignore[reportWildcardImportFromLibrary]

from zmq.eventloop.ioloop import IOLoop, PeriodicCallback, ZMQIOLoop, app_log, install

__all__ = ["IOLoop", "PeriodicCallback", "ZMQIOLoop", "app_log", "install"]
