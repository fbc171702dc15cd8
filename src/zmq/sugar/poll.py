"""Old name of `zmq.core.poll`."""

from __future__ import annotations

from zmq.core.poll import Poller, select

__all__ = ["Poller", "select"]
