"""Sockets for Tornado's coroutines: send, recv and poll return futures of the loop that runs.

Tornado's futures are asyncio's: ``await`` takes them, and so does ``yield`` in a gen.coroutine.
"""

from __future__ import annotations

from asyncio import CancelledError

from zmq import asyncio as _asyncio

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["CancelledError", "Context", "Poller", "Socket"]


class Poller(_asyncio.Poller):
    """Watches sockets and descriptors (zmq_poll(3)); poll() returns a future."""


class Socket(_asyncio.Socket):
    """A socket whose send, recv and poll return futures; see `zmq.asyncio.Socket`."""

    _poller_class = Poller


class Context(_asyncio.Context):
    """A context whose sockets return futures (zmq_ctx_new(3))."""

    _socket_class = Socket
    # Not that of zmq.asyncio.
    _instance = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
