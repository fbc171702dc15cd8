"""Poller of zmq.green."""

from __future__ import annotations

import zmq
from zmq.green.core import FRONT
from zmq.loops.green import GreenPoller

__all__ = ["_Poller", "zmq"]


class _Poller(GreenPoller):
    """Watches sockets of any kind, and descriptors; poll() lets others run (zmq_poll(3))."""

    _front = FRONT
