"""An authenticator in a loop of Tornado."""

from __future__ import annotations

from typing import Any
from warnings import warn

import zmq

from .asyncio import AsyncioAuthenticator

__all__ = ["IOLoopAuthenticator"]

warn(
    "zmq.auth.ioloop is deprecated: use zmq.auth.asyncio.AsyncioAuthenticator",
    DeprecationWarning,
    stacklevel=2,
)


class IOLoopAuthenticator(AsyncioAuthenticator):
    """Decides which clients may connect, in a loop of Tornado.

    For the rest see `AsyncioAuthenticator`: Tornado's loops run on asyncio.

    Parameters
    ----------
    context, encoding, log
        As for `zmq.auth.Authenticator`.
    io_loop
        The loop to run in; by default the one that runs at `start`, or is set for its thread.
    """

    def __init__(
        self,
        context: zmq.Context | None = None,
        encoding: str = "utf-8",
        log: Any = None,
        io_loop: Any = None,
    ) -> None:
        super().__init__(context, None, encoding, log)
        if io_loop is not None:
            warn(
                "IOLoopAuthenticator(io_loop) is deprecated: call start() in the loop",
                DeprecationWarning,
                stacklevel=2,
            )
            self._loop = io_loop.asyncio_loop
