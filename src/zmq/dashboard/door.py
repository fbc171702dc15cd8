"""Who gets in: how many connections may be open at once, and for how long.

The page lives in the process of the device. So whatever strangers do, it has to leave the device
its descriptors, and its processor.
"""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Callable
from typing import Any

from tornado.httpserver import HTTPServer
from tornado.iostream import IOStream

try:
    import resource
except ModuleNotFoundError:  # Windows has no such limit
    resource = None  # type: ignore[assignment]

log = logging.getLogger("zmq.dashboard")

# Open connections, pages and scrapers together; where descriptors are few, a share of them.
MOST_OPEN = 64
SHARE = 4
# Descriptors have run out: how long nobody is let in.
BACK_OFF_S = 1.0
# Who is in the middle of an answer at two looks, so far apart, does not read it.
LOOK_S = 30.0


def most_open() -> int:
    """How many connections may be open at once."""
    if resource is None:
        return MOST_OPEN
    limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if limit == resource.RLIM_INFINITY:
        return MOST_OPEN
    return max(1, min(MOST_OPEN, limit // SHARE))


class Door:
    """Lets connections in to a server. Belongs to the loop that it is made in.

    Parameters
    ----------
    server
        Gets what was let in.
    sockets
        Bound and listening; closed at the end, also at that of the loop.
    is_page
        Whether a stream is that of an open page, which may stay.
    """

    def __init__(
        self,
        server: HTTPServer,
        sockets: list[socket.socket],
        is_page: Callable[[IOStream], bool],
    ) -> None:
        self._server = server
        self._is_page = is_page
        self._most = most_open()
        self._streams: set[IOStream] = set()
        self._told = False
        self._loop = asyncio.get_running_loop()
        self._tasks = [self._loop.create_task(self._listen(one)) for one in sockets]

    def count(self) -> int:
        """How many connections are open."""
        return sum(not each.closed() for each in list(self._streams))

    async def close(self) -> None:
        """Let nobody in any more; who is in stays."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _listen(self, one: socket.socket) -> None:
        with one:
            await self._accept(one)

    async def _accept(self, one: socket.socket) -> None:
        while True:
            try:
                connection, address = await self._loop.sock_accept(one)
            except ConnectionError:
                continue  # it has gone while it was waiting
            except OSError as error:
                self._tell("the page lets nobody in for now: %s", error.strerror)
                await asyncio.sleep(BACK_OFF_S)
                continue
            if self.count() >= self._most:
                connection.close()
                self._tell("the page has %d connections open, no more are let in", self._most)
                continue
            self._told = False
            self._let_in(connection, address)

    def _let_in(self, connection: socket.socket, address: Any) -> None:
        stream = IOStream(connection)
        self._streams = {each for each in self._streams if not each.closed()} | {stream}
        self._loop.call_later(LOOK_S, self._look_at, stream, False)
        self._server.handle_stream(stream, address)

    def _look_at(self, stream: IOStream, was_writing: bool) -> None:
        if stream.closed() or self._is_page(stream):
            return  # of a page, pings find out
        if was_writing and stream.writing():
            stream.close()
        else:
            self._loop.call_later(LOOK_S, self._look_at, stream, stream.writing())

    def _tell(self, what: str, *about: object) -> None:
        """Log once, until somebody is let in again."""
        if not self._told:
            self._told = True
            log.warning(what, *about)
