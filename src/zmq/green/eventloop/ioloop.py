"""The names of zmq.eventloop.ioloop: there is one Tornado, whatever runs beside it."""

from __future__ import annotations

from zmq.eventloop.ioloop import IOLoop, PeriodicCallback, ZMQIOLoop, install

__all__ = ["IOLoop", "PeriodicCallback", "ZMQIOLoop", "install"]
