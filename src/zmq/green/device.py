"""Devices of zmq.green."""

from __future__ import annotations

import zmq
from zmq.constants import ENOTSOCK
from zmq.core.relay import Relay
from zmq.error import ZMQError
from zmq.green.poll import _Poller as Poller
from zmq.loops.gevent import GeventLoop

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, NoReturn

__all__ = ["TYPE_CHECKING", "Poller", "device", "zmq"]


def device(device_type: int, isocket: Any, osocket: Any) -> NoReturn:
    """Move messages between two sockets, in both directions, while other greenlets run.

    The messages are moved by a thread that has no use for the hub. Meanwhile the sockets are the
    device's: any other use of them raises ZMQError (EBUSY), and closing one ends the device. So
    does killing its greenlet; the sockets are free again, and nothing is lost.

    Parameters
    ----------
    device_type : int
        One of zmq.DeviceType. All of them work alike: the types of the sockets decide.
    isocket, osocket : Socket
        What to move messages between; the same socket twice sends everything back.

    Raises
    ------
    ContextTerminated
        The context of a socket was terminated.
    ZMQError
        ENOTSOCK: a socket was closed.
    """
    relay = Relay(isocket, osocket)
    GeventLoop.current().in_thread(relay.run, relay.stop)
    # Nothing else stops it: one of its sockets was closed.
    raise ZMQError(ENOTSOCK, "a socket of the device was closed")
