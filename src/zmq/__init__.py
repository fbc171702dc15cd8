"""Python's ØMQ library: runs what was written for PyZMQ, faster and safer.

::

    import zmq

    context = zmq.Context.instance()
    socket = context.socket(zmq.REQ)
    socket.connect("tcp://127.0.0.1:5555")
    socket.send(b"hello")
    print(socket.recv())
"""

# `import name as name` tells type checkers that this package hands `name` on. Each of these would
# get a statement of its own from the sorter of imports.
# ruff: noqa: I001
from __future__ import annotations

from os.path import isdir as _isdir

try:
    from zmq import constants as constants, error as error
    from zmq._native import (
        COPY_THRESHOLD as COPY_THRESHOLD,
        IPC_PATH_MAX_LEN as IPC_PATH_MAX_LEN,
        PYZMQ_DRAFT_API as PYZMQ_DRAFT_API,
        curve_keypair as curve_keypair,
        curve_public as curve_public,
        has as has,
        proxy as proxy,
        proxy_steerable as proxy_steerable,
        set_fairness as set_fairness,
        set_namespace,
        strerror as strerror,
        zmq_errno as zmq_errno,
        zmq_poll as zmq_poll,
    )
    from zmq.constants import *  # noqa: F403
    from zmq.core.context import Context as Context, SyncContext as SyncContext
    from zmq.core.frame import Frame as Frame, Message as Message
    from zmq.core.poll import Poller as Poller, select as select
    from zmq.core.socket import Socket as Socket, SyncSocket as SyncSocket
    from zmq.core.tracker import (
        _FINISHED_TRACKER as _FINISHED_TRACKER,
        MessageTracker as MessageTracker,
    )
    from zmq.error import (
        Again as Again,
        ContextTerminated as ContextTerminated,
        DecodeError as DecodeError,
        DraftFDWarning as DraftFDWarning,
        InterruptedSystemCall as InterruptedSystemCall,
        NotDone as NotDone,
        TermTimeout as TermTimeout,
        UnsafePickleWarning as UnsafePickleWarning,
        ZAPWarning as ZAPWarning,
        ZMQBaseError as ZMQBaseError,
        ZMQBindError as ZMQBindError,
        ZMQError as ZMQError,
        ZMQVersionError as ZMQVersionError,
    )
except (ImportError, AttributeError) as _failed:
    from zmq._mixed import explain

    explain(_failed)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from zmq import _typing as _typing, backend as backend, sugar as sugar, utils as utils
    from zmq._version import ohmq_version as ohmq_version
    from zmq.core.dump import dump as dump
    from zmq.core.event_stream import connection_events as connection_events
    from zmq.core.relay import device as device
    from zmq.core.stopwatch import Stopwatch as Stopwatch
    from zmq.core.version import (
        __revision__ as __revision__,
        __version__ as __version__,
        pyzmq_version as pyzmq_version,
        pyzmq_version_info as pyzmq_version_info,
        zmq_version as zmq_version,
        zmq_version_info as zmq_version_info,
    )
    from zmq.devices.lastvaluecache import LastValueCache as LastValueCache
    from zmq.diagnosis.own_socket import doctor as doctor
else:  # for a checker a module that has __getattr__ has every name
    # The modules of what few programs use, which are imported when one of them does.
    _LAZY = {
        "LastValueCache": "zmq.devices",
        "Stopwatch": "zmq.core.stopwatch",
        "connection_events": "zmq.core.event_stream",
        "device": "zmq.core.relay",
        "doctor": "zmq.diagnosis.own_socket",
        "dump": "zmq.core.dump",
        **dict.fromkeys(
            (
                "__revision__",
                "__version__",
                "ohmq_version",
                "pyzmq_version",
                "pyzmq_version_info",
                "zmq_version",
                "zmq_version_info",
            ),
            "zmq.core.version",
        ),
    }
    # In PyZMQ these come with `import zmq`.
    _LAZY_MODULES = ("_typing", "backend", "sugar", "utils")

    def __getattr__(name: str) -> object:
        """Import what was named, and is not here yet."""
        if name not in _LAZY and name not in _LAZY_MODULES:
            raise AttributeError(f"module 'zmq' has no attribute {name!r}")
        from importlib import import_module

        if name in _LAZY_MODULES:
            found = import_module("zmq." + name)
        else:
            found = getattr(import_module(_LAZY[name]), name)
        globals()[name] = found
        return found

    def __dir__() -> list[str]:
        return sorted({*globals(), *_LAZY, *_LAZY_MODULES})


# PyZMQ has this folder, and this package has not.
if _isdir(__path__[0] + "/backend/cffi"):  # noqa: F405
    from zmq._mixed import warn_of_pyzmq

    warn_of_pyzmq()

# A program may set COPY_THRESHOLD, for what is made afterwards.
set_namespace(globals())

#: Whether libzmq and this package offer the draft API.
DRAFT_API = PYZMQ_DRAFT_API


def get_includes() -> list[str]:
    """Return the include directories for extensions in Cython; zmq.h comes with libzmq."""
    from os.path import dirname

    return [dirname(dirname(__file__))]


def get_library_dirs() -> list[str]:
    """Return the directories for a linker: that of the extension module, and what is beside it."""
    from os.path import dirname

    return [dirname(__file__)]


if not TYPE_CHECKING:  # checkers take every name that is imported `as` itself, or with `*`
    __all__ = [
        "COPY_THRESHOLD",
        "DRAFT_API",
        "IPC_PATH_MAX_LEN",
        "PYZMQ_DRAFT_API",
        "_FINISHED_TRACKER",
        "Again",
        "Context",
        "ContextTerminated",
        "DecodeError",
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
        "UnsafePickleWarning",
        "ZAPWarning",
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
        "get_library_dirs",
        "has",
        "ohmq_version",
        "proxy",
        "proxy_steerable",
        "pyzmq_version",
        "pyzmq_version_info",
        "select",
        "set_fairness",
        "strerror",
        "zmq_errno",
        "zmq_poll",
        "zmq_version",
        "zmq_version_info",
        *constants.__all__,
    ]
