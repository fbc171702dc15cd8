"""Version numbers: of libzmq, of the PyZMQ API that this package provides, and of the package."""

from __future__ import annotations

from zmq._native import zmq_version_info
from zmq._version import ohmq_version

__all__ = [
    "__revision__",
    "__version__",
    "ohmq_version",
    "pyzmq_version",
    "pyzmq_version_info",
    "zmq_version",
    "zmq_version_info",
]

_PYZMQ_VERSION = (27, 3, 0)

#: The version of PyZMQ whose API this is, as programs compare it.
__version__ = ".".join(map(str, _PYZMQ_VERSION))
#: In PyZMQ the commit that a development version was built from.
__revision__ = ""


def pyzmq_version() -> str:
    """Return the version of PyZMQ whose API this is, as text."""
    return __version__


def pyzmq_version_info() -> tuple[int, int, int]:
    """Return the version of PyZMQ whose API this is, as numbers that compare."""
    return _PYZMQ_VERSION


def zmq_version() -> str:
    """Return the version of the loaded libzmq, as text; zmq_version(3)."""
    return ".".join(map(str, zmq_version_info()))
