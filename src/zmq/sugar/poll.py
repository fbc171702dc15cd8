"""Old name of `zmq.core.poll`."""

from __future__ import annotations

from zmq._native import zmq_poll
from zmq.constants import POLLERR, POLLIN, POLLOUT
from zmq.core.poll import Poller, select

__all__ = ["POLLERR", "POLLIN", "POLLOUT", "Poller", "select", "zmq_poll"]
