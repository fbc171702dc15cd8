"""Calls of a stream to the functions of a program, and the handling of their errors."""

from __future__ import annotations

import asyncio
from inspect import isawaitable

from tornado.log import gen_log

from zmq.loops.tornado import asyncio_loop_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from asyncio import Future
    from collections.abc import Callable
    from typing import Any

    from tornado.ioloop import IOLoop

__all__ = ["Callbacks", "checked"]

_FAILED = "Uncaught exception in ZMQStream callback"


class Callbacks:
    """Calls functions, coroutine functions included, for the streams of a loop."""

    def __init__(self, io_loop: IOLoop) -> None:
        self.loop = asyncio_loop_of(io_loop)
        self.running: set[Future[Any]] = set()  # the loop has only weak references to them

    def call(self, callback: Callable[..., Any], *args: Any) -> None:
        """Call a function; an error is logged, and raised."""
        try:
            result = callback(*args)
        except Exception as error:
            log(error)
            raise
        if result is not None:
            self.follow(result)

    def call_safely(self, callback: Callable[..., Any], *args: Any) -> None:
        """Call a function for the loop: errors are logged, not raised."""
        try:
            result = callback(*args)
        except BaseException as error:
            self.failed(error)
        else:
            if result is not None:
                self.follow(result)

    def failed(self, error: BaseException, what: str = _FAILED) -> None:
        """Log an error, and report it to the loop as an error of one of its callbacks.

        What is to end the program is raised again.
        """
        if isinstance(error, (KeyboardInterrupt, SystemExit)):
            raise error
        log(error, what)
        self.loop.call_exception_handler({"message": what, "exception": error})

    def follow(self, result: Any) -> None:
        """Run the coroutine that a callback has returned; nothing waits for it."""
        if not isawaitable(result):
            return
        future = asyncio.ensure_future(result, loop=self.loop)
        self.running.add(future)
        future.add_done_callback(self._ended)

    def _ended(self, future: Future[Any]) -> None:
        self.running.discard(future)
        if not future.cancelled():
            error = future.exception()
            if error is not None:
                log(error)


def log(error: BaseException, what: str = _FAILED) -> None:
    """Log an error as Tornado logs errors of callbacks."""
    gen_log.error(what, exc_info=error)


def checked(callback: Any) -> Any:
    """Return a callback, or None; anything else raises."""
    if callback is not None and not callable(callback):
        raise AssertionError(f"a callback is a function or None, not {callback!r}")
    return callback
