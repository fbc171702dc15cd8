"""Message parts as objects; written in C, this is where they live."""

from __future__ import annotations

from zmq._native import Frame

__all__ = ["Frame", "Message"]

#: The old name of Frame.
Message = Frame
