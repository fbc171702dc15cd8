"""Reading a source's counters on request, without blocking the event loop."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import TypeVar

from zmq.dashboard.hub import Hub
from zmq.dashboard.watcher import Status, read_status

T = TypeVar("T")

# How long a request waits for a device that does not answer.
TIMEOUT_S = 1.0


def run_in_thread(work: Callable[[], T]) -> asyncio.Future[T]:
    """Call a function that may block in a daemon thread."""
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

    threading.Thread(target=run, name="ohmq dashboard query", daemon=True).start()
    return future


class StatsQuery:
    """Reads the counters of a source when a request needs them, not at the next tick.

    One read at a time: requests that arrive meanwhile share its result. So a device that does not
    answer has one thread waiting for it, not one for each request.

    Parameters
    ----------
    hub
        Has the source, and its latest status.
    """

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._running: asyncio.Future[Status] | None = None

    async def run(self) -> Status:
        """State and counters now; the latest known ones where the source takes too long."""
        if self._running is None or self._running.done():
            self._running = run_in_thread(lambda: read_status(self._hub.source))
        try:
            status = await asyncio.wait_for(asyncio.shield(self._running), TIMEOUT_S)
        except TimeoutError:
            return self._hub.current()
        return status if status.reading is not None else self._hub.current()
