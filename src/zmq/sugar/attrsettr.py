"""Old name of `zmq.core.attrsettr`."""

from __future__ import annotations

from zmq import constants
from zmq.core.attrsettr import AttributeSetter

__all__ = ["AttributeSetter", "constants"]
