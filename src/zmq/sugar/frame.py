"""Old name of `zmq.core.frame`."""

from __future__ import annotations

import zmq
from zmq._native import Frame as FrameBase
from zmq.core.attrsettr import AttributeSetter
from zmq.core.frame import Frame, Message

__all__ = ["AttributeSetter", "Frame", "FrameBase", "Message", "zmq"]
