"""Names that programs import from the inside of PyZMQ's asynchronous sockets."""

from __future__ import annotations

from typing import TypeVar

from zmq.constants import EVENTS, POLLIN, POLLOUT

__all__ = ["EVENTS", "POLLIN", "POLLOUT", "T"]

T = TypeVar("T")
