"""Old name of `zmq.core.context`."""

from __future__ import annotations

import zmq
from zmq._native import Context as ContextBase
from zmq.constants import ContextOption, Errno, SocketOption
from zmq.core.attrsettr import AttributeSetter
from zmq.core.context import Context, SyncContext
from zmq.core.interop import cast_int_addr
from zmq.core.socket import Socket
from zmq.error import ZMQError

__all__ = [
    "AttributeSetter",
    "Context",
    "ContextBase",
    "ContextOption",
    "Errno",
    "Socket",
    "SocketOption",
    "SyncContext",
    "ZMQError",
    "cast_int_addr",
    "zmq",
]
