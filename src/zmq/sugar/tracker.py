"""Old name of `zmq.core.tracker`."""

from __future__ import annotations

from zmq.core.frame import Frame
from zmq.core.tracker import _FINISHED_TRACKER, MessageTracker
from zmq.error import NotDone

__all__ = ["_FINISHED_TRACKER", "Frame", "MessageTracker", "NotDone"]
