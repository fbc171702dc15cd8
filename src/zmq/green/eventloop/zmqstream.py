"""ZMQStream for programs of gevent."""

from __future__ import annotations

from typing import TYPE_CHECKING as TYPE_CHECKING

from zmq.eventloop import zmqstream as zmqstream

__all__ = ["ZMQStream"]


class ZMQStream(zmqstream.ZMQStream):
    """A ZMQStream, as in zmq.eventloop.zmqstream; its socket may be one of zmq.green.

    Tornado's loop lets greenlets run where gevent has patched the standard library
    (``gevent.monkey.patch_all()``).
    """
