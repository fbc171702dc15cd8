"""Old name of `zmq.core.tracker`."""

from __future__ import annotations

from zmq.core.tracker import _FINISHED_TRACKER, MessageTracker

__all__ = ["_FINISHED_TRACKER", "MessageTracker"]
