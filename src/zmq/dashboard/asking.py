"""Asking what may block, from a loop that must not."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import TypeVar

from zmq.dashboard.hub import Hub
from zmq.dashboard.watcher import Answer, ask

T = TypeVar("T")

# How long somebody who wants the numbers waits for a device that does not tell them.
PATIENCE_S = 1.0


def in_thread(work: Callable[[], T]) -> asyncio.Future[T]:
    """Do what may block in a thread that does not keep the program alive."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[T] = loop.create_future()

    def settle(put: Callable[[], None]) -> None:
        if not future.done():
            put()

    def run() -> None:
        try:
            result = work()
        except Exception as error:
            failure = error
            put = lambda: future.set_exception(failure)  # noqa: E731
        else:
            put = lambda: future.set_result(result)  # noqa: E731
        if not loop.is_closed():
            loop.call_soon_threadsafe(settle, put)

    threading.Thread(target=run, name="ohmq dashboard ask", daemon=True).start()
    return future


class Fresh:
    """Asks a source for its numbers when somebody wants them, not with the next tick.

    One question at a time: whoever comes meanwhile gets the same answer, so that a device that does
    not answer has one thread waiting for it, not one for each request.

    Parameters
    ----------
    hub
        Knows the source, and what was last heard of it.
    """

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._asked: asyncio.Future[Answer] | None = None

    async def ask(self) -> Answer:
        """State and counters now; what was last known where the source takes too long."""
        if self._asked is None or self._asked.done():
            self._asked = in_thread(lambda: ask(self._hub.source))
        try:
            answer = await asyncio.wait_for(asyncio.shield(self._asked), PATIENCE_S)
        except TimeoutError:
            return self._hub.current()
        return answer if answer.reading is not None else self._hub.current()
