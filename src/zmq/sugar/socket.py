"""Old name of `zmq.core.socket`."""

from __future__ import annotations

import zmq
from zmq._native import Socket as SocketBase
from zmq.constants import SocketOption, SocketType
from zmq.core.attrsettr import AttributeSetter
from zmq.core.codecs import DEFAULT_PROTOCOL
from zmq.core.interop import cast_int_addr
from zmq.core.poll import Poller
from zmq.core.socket import Socket, SyncSocket
from zmq.error import ZMQBindError, ZMQError
from zmq.utils import jsonapi

TYPE_CHECKING = False

__all__ = [
    "DEFAULT_PROTOCOL",
    "TYPE_CHECKING",
    "AttributeSetter",
    "Poller",
    "Socket",
    "SocketBase",
    "SocketOption",
    "SocketType",
    "SyncSocket",
    "ZMQBindError",
    "ZMQError",
    "cast_int_addr",
    "jsonapi",
    "zmq",
]
