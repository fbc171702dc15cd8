"""Old name of `zmq.core.frame`."""

from __future__ import annotations

from zmq.core.frame import Frame, Message

__all__ = ["Frame", "Message"]
