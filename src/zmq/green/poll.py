"""Poller of zmq.green."""

from __future__ import annotations

import zmq
from zmq.loops.gevent import GeventPoller

__all__ = ["_Poller", "zmq"]


class _Poller(GeventPoller):
    """Watches sockets of any kind, and descriptors; poll() lets others run (zmq_poll(3))."""
