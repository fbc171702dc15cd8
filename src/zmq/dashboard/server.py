"""The web server of a dashboard: listening sockets, limits and routes."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bokeh.util.paths import bokehjs_path
from tornado.httpserver import HTTPServer
from tornado.iostream import IOStream
from tornado.web import Application, RequestHandler

from zmq.core.forking import close_in_children
from zmq.dashboard import handlers
from zmq.dashboard.address import Address
from zmq.dashboard.connection_limit import ConnectionLimit, max_connections
from zmq.dashboard.guard import Guard
from zmq.dashboard.hub import Hub
from zmq.dashboard.stats_query import StatsQuery

log: logging.Logger = logging.getLogger("zmq.dashboard")

STATIC = Path(__file__).with_name("static")
MAX_BODY = 16_384
MAX_HEADERS = 16_384
# For the head of a request, and between two requests of one connection.
IDLE_S = 5.0
BODY_S = 10.0
PING_S = 20
BACKLOG = 128
# How long the closing handshakes of pages may take when the server ends.
CLOSE_S = 0.5


def listen(address: Address) -> list[socket.socket]:
    """Bind every address of a host, on one port.

    Raises
    ------
    OSError
        The address cannot be bound, or the host name has no address.
    """
    found: list[socket.socket] = []
    port = address.port
    places = socket.getaddrinfo(
        address.host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )
    try:
        for family, where in dict.fromkeys((place[0], place[4]) for place in places):
            if found and family == socket.AF_INET6 and not socket.has_dualstack_ipv6():
                continue  # a name may have an IPv6 address on a machine without IPv6
            one = _bind(family, (where[0], port, *where[2:]))
            found.append(close_in_children(one))
            port = one.getsockname()[1]  # port 0: the first free port serves for all
    except BaseException:
        for one in found:
            one.close()
        raise
    return found


def _bind(family: int, where: tuple[Any, ...]) -> socket.socket:
    one = socket.socket(family, socket.SOCK_STREAM)
    try:
        if os.name != "nt":  # on Windows it would let two programs bind one port
            one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            one.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        one.setblocking(False)
        one.bind(where)
        one.listen(BACKLOG)
    except BaseException:
        one.close()
        raise
    return one


class Server:
    """A web server in the running event loop.

    Parameters
    ----------
    hub
        State that the pages show.
    guard
        Access rules.
    sockets
        Bound and listening.
    viewers
        Called with the number of open pages when it changes.
    """

    def __init__(
        self,
        hub: Hub,
        guard: Guard,
        sockets: list[socket.socket],
        viewers: Callable[[int], None],
    ) -> None:
        self._pages: set[handlers.Feed] = set()
        application = Application(
            _routes(),
            guard=guard,
            hub=hub,
            stats_query=StatsQuery(hub),
            log=log,
            viewers=viewers,
            pages=self._pages,
            # The other half is for requests of counters and of files.
            max_pages=max(1, max_connections() // 2),
            default_handler_class=handlers.NotFound,
            log_function=_log_request,
            compress_response=True,
            websocket_ping_interval=PING_S,
            websocket_max_message_size=MAX_BODY,
        )
        self._server = HTTPServer(
            application,
            max_body_size=MAX_BODY,
            max_header_size=MAX_HEADERS,
            idle_connection_timeout=IDLE_S,
            body_timeout=BODY_S,
        )
        self.connections: ConnectionLimit = ConnectionLimit(self._server, sockets, self._is_page)

    async def close(self) -> None:
        """Close the pages, then every other connection."""
        await self.connections.close()
        for page in list(self._pages):
            page.close(1001, "the dashboard has stopped")
        left_s = CLOSE_S
        while self._pages and left_s > 0:
            await asyncio.sleep(0.01)
            left_s -= 0.01
        for page in list(self._pages):
            page.abort()
        await self._server.close_all_connections()

    def _is_page(self, stream: IOStream) -> bool:
        return any(page.connection_stream is stream for page in self._pages)


def _routes() -> list[tuple[str, type[RequestHandler], dict[str, Any]]]:
    own = {"path": str(STATIC)}
    return [
        (r"/()", handlers.Files, {**own, "default_filename": "page.html"}),
        (r"/static/([a-z]+\.js|page\.css|icon\.svg)", handlers.Files, own),
        (r"/static/bokeh/(bokeh\.min\.js)", handlers.Files, {"path": str(bokehjs_path() / "js")}),
        (r"/charts\.json", handlers.Charts, {}),
        (r"/feed", handlers.Feed, {}),
        (r"/api/stats", handlers.Stats, {}),
        (r"/api/(pause|resume|stop)", handlers.Action, {}),
        (r"/metrics", handlers.Prometheus, {}),
        (r"/healthz", handlers.Health, {}),
    ]


def _log_request(handler: RequestHandler) -> None:
    # The path alone: a query string could hold a token.
    request = handler.request
    log.debug("%s %s %d", request.method, request.path, handler.get_status())
