"""An authenticator in a loop of Tornado."""

from __future__ import annotations

from typing import Any

import zmq

from .asyncio import AsyncioAuthenticator

__all__ = ["IOLoopAuthenticator"]


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
        loop = None if io_loop is None else io_loop.asyncio_loop
        super().__init__(context, loop, encoding, log)
