"""Python's ØMQ library: runs what was written for PyZMQ, faster and safer.

::

    import zmq

    context = zmq.Context.instance()
    socket = context.socket(zmq.REQ)
    socket.connect("tcp://127.0.0.1:5555")
    socket.send(b"hello")
    print(socket.recv())
"""

from __future__ import annotations

from zmq import constants
from zmq._native import (
    COPY_THRESHOLD,
    IPC_PATH_MAX_LEN,
    PYZMQ_DRAFT_API,
    curve_keypair,
    curve_public,
    has,
    proxy,
    proxy_steerable,
    strerror,
    zmq_errno,
    zmq_poll,
)
from zmq._version import ohmq_version
from zmq.constants import *  # noqa: F403
from zmq.core.context import Context, SyncContext
from zmq.core.frame import Frame, Message
from zmq.core.poll import Poller, select
from zmq.core.relay import device
from zmq.core.socket import Socket, SyncSocket
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
    TermTimeout,
    ZMQBaseError,
    ZMQBindError,
    ZMQError,
    ZMQVersionError,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from zmq.core.dump import dump
    from zmq.core.stopwatch import Stopwatch
else:  # for a checker a module that has __getattr__ has every name

    def __getattr__(name: str) -> object:
        """Import what few programs use when one of them does."""
        if name == "dump":
            from zmq.core.dump import dump as found
        elif name == "Stopwatch":
            from zmq.core.stopwatch import Stopwatch as found
        elif name in ("_typing", "backend", "sugar", "utils"):
            # In PyZMQ these come with `import zmq`; here they wait for whoever names them.
            from importlib import import_module

            found = import_module("zmq." + name)
        else:
            raise AttributeError(f"module 'zmq' has no attribute {name!r}")
        globals()[name] = found
        return found


#: Whether libzmq and this package offer the draft API.
DRAFT_API = PYZMQ_DRAFT_API


def get_includes() -> list[str]:
    """Return the directories of header files for extensions; libzmq's own come with libzmq."""
    return []


__all__ = [
    "COPY_THRESHOLD",
    "DRAFT_API",
    "IPC_PATH_MAX_LEN",
    "PYZMQ_DRAFT_API",
    "_FINISHED_TRACKER",
    "Again",
    "Context",
    "ContextTerminated",
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
    "TermTimeout",
    "ZMQBaseError",
    "ZMQBindError",
    "ZMQError",
    "ZMQVersionError",
    "__revision__",
    "__version__",
    "curve_keypair",
    "curve_public",
    "device",
    "dump",
    "get_includes",
    "has",
    "ohmq_version",
    "proxy",
    "proxy_steerable",
    "pyzmq_version",
    "pyzmq_version_info",
    "select",
    "strerror",
    "zmq_errno",
    "zmq_poll",
    "zmq_version",
    "zmq_version_info",
]
if not TYPE_CHECKING:
    __all__ += constants.__all__
