"""The name of the core of PyZMQ; old names of `zmq.core`, `zmq.error` and `zmq`."""

from __future__ import annotations

from zmq import error
from zmq._native import proxy
from zmq.constants import DeviceType
from zmq.core.context import Context, SyncContext
from zmq.core.frame import Frame, Message
from zmq.core.poll import Poller, select
from zmq.core.relay import device
from zmq.core.socket import Socket, SyncSocket
from zmq.core.stopwatch import Stopwatch
from zmq.core.tracker import _FINISHED_TRACKER, MessageTracker
from zmq.core.version import (
    __revision__,
    __version__,
    pyzmq_version,
    pyzmq_version_info,
    zmq_version,
    zmq_version_info,
)
from zmq.error import (
    Again,
    ContextTerminated,
    DraftFDWarning,
    InterruptedSystemCall,
    NotDone,
    ZMQBaseError,
    ZMQBindError,
    ZMQError,
    ZMQVersionError,
)

# Programs name them with no more than `import zmq`.
from zmq.sugar import attrsettr, context, frame, poll, socket, stopwatch, tracker, version

submod = version  # what a loop over them has left in PyZMQ

__all__ = [
    "_FINISHED_TRACKER",
    "Again",
    "Context",
    "ContextTerminated",
    "DeviceType",
    "DraftFDWarning",
    "Frame",
    "InterruptedSystemCall",
    "Message",
    "MessageTracker",
    "NotDone",
    "Poller",
    "Socket",
    "Stopwatch",
    "SyncContext",
    "SyncSocket",
    "ZMQBaseError",
    "ZMQBindError",
    "ZMQError",
    "ZMQVersionError",
    "__revision__",
    "__version__",
    "attrsettr",
    "context",
    "device",
    "error",
    "frame",
    "poll",
    "proxy",
    "pyzmq_version",
    "pyzmq_version_info",
    "select",
    "socket",
    "stopwatch",
    "submod",
    "tracker",
    "version",
    "zmq_version",
    "zmq_version_info",
]
