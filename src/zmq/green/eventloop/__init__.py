"""Tornado beside gevent; see zmq.eventloop."""

from __future__ import annotations

from zmq.green.eventloop.ioloop import IOLoop

__all__ = ["IOLoop"]
