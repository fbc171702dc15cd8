"""The limit of connections: how many may be open at once, and for how long.

The page is served by the process of the device. So clients must not be able to use up the
descriptors and the processor time that the device needs.
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

log: logging.Logger = logging.getLogger("zmq.dashboard")

# Open connections, pages and scrapers together; at most this part of the process's descriptors.
MAX_CONNECTIONS = 64
DESCRIPTOR_SHARE = 4
# How long no connection is accepted after the descriptors have run out.
BACK_OFF_S = 1.0
# A client that has unsent bytes of an answer at two checks, this far apart, does not read it.
CHECK_S = 30.0


def max_connections() -> int:
    """How many connections may be open at once."""
    if resource is None:
        return MAX_CONNECTIONS
    limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if limit == resource.RLIM_INFINITY:
        return MAX_CONNECTIONS
    return max(1, min(MAX_CONNECTIONS, limit // DESCRIPTOR_SHARE))


class ConnectionLimit:
    """Accepts connections for a server, up to a limit. Belongs to the loop that creates it.

    Parameters
    ----------
    server
        Handles the accepted connections.
    sockets
        Bound and listening; closed when accepting ends, also when the loop ends.
    is_page
        Whether a stream belongs to an open page, which has no time limit.
    """

    def __init__(
        self,
        server: HTTPServer,
        sockets: list[socket.socket],
        is_page: Callable[[IOStream], bool],
    ) -> None:
        self._server = server
        self._is_page = is_page
        self._limit = max_connections()
        self._streams: set[IOStream] = set()
        self._warned = False
        self._loop = asyncio.get_running_loop()
        self._tasks = [self._loop.create_task(self._listen(listener)) for listener in sockets]

    def count(self) -> int:
        """How many connections are open."""
        return sum(not each.closed() for each in list(self._streams))

    async def close(self) -> None:
        """Stop accepting. Open connections stay open."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _listen(self, listener: socket.socket) -> None:
        with listener:
            await self._accept(listener)

    async def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                connection, address = await self._loop.sock_accept(listener)
            except ConnectionError:
                continue  # the client closed it before it was accepted
            except OSError as error:
                self._warn_once("the dashboard cannot accept connections now: %s", error.strerror)
                await asyncio.sleep(BACK_OFF_S)
                continue
            if self.count() >= self._limit:
                connection.close()
                self._warn_once(
                    "the dashboard has %d connections open, its limit; more are refused",
                    self._limit,
                )
                continue
            self._warned = False
            self._serve(connection, address)

    def _serve(self, connection: socket.socket, address: Any) -> None:
        stream = IOStream(connection)
        self._streams = {each for each in self._streams if not each.closed()} | {stream}
        self._loop.call_later(CHECK_S, self._check, stream, False)
        self._server.handle_stream(stream, address)

    def _check(self, stream: IOStream, was_writing: bool) -> None:
        if stream.closed() or self._is_page(stream):
            return  # pings of the WebSocket find a page that does not answer
        if was_writing and stream.writing():
            stream.close()
        else:
            self._loop.call_later(CHECK_S, self._check, stream, stream.writing())

    def _warn_once(self, text: str, *values: object) -> None:
        """Log once until a connection is accepted again."""
        if not self._warned:
            self._warned = True
            log.warning(text, *values)
