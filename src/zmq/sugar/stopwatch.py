"""Old name of `zmq.core.stopwatch`."""

from __future__ import annotations

from zmq.core.stopwatch import Stopwatch

__all__ = ["Stopwatch"]
