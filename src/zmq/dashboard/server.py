"""The web server of a dashboard: which address leads to which handler."""

from __future__ import annotations

import logging
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bokeh.util.paths import bokehjs_path
from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from tornado.web import Application, RequestHandler

from zmq.dashboard import handlers
from zmq.dashboard.address import Address
from zmq.dashboard.guard import Guard
from zmq.dashboard.hub import Hub
from zmq.dashboard.metrics import Metrics

log = logging.getLogger("zmq.dashboard")

STATIC = Path(__file__).with_name("static")
MAX_BODY = 16_384
MAX_HEADERS = 16_384
PING_S = 20


def listen(address: Address) -> list[socket.socket]:
    """Bind; a free port is the same one for each of them.

    Raises
    ------
    OSError
        The address cannot be had.
    """
    # Not to share the port with another server, which SO_REUSEPORT would allow.
    return bind_sockets(address.port, address.host or None)


def make_server(
    hub: Hub, guard: Guard, sockets: list[socket.socket], viewers: Callable[[int], None]
) -> HTTPServer:
    """Make the server; call it in the thread of the loop that is to run it.

    Parameters
    ----------
    hub
        What the pages get to see.
    guard
        Who may do what.
    sockets
        What was bound.
    viewers
        Told how many pages are open, each time that changes.
    """
    application = Application(
        _routes(),
        guard=guard,
        hub=hub,
        metrics=Metrics(hub.current),
        log=log,
        viewers=viewers,
        default_handler_class=handlers.NotFound,
        log_function=_log_request,
        compress_response=True,
        websocket_ping_interval=PING_S,
        websocket_max_message_size=MAX_BODY,
    )
    server = HTTPServer(
        application,
        max_body_size=MAX_BODY,
        max_header_size=MAX_HEADERS,
        idle_connection_timeout=60,
        body_timeout=10,
    )
    server.add_sockets(sockets)
    return server


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
    # The path alone: what somebody typed behind a question mark could be a token.
    request = handler.request
    log.debug("%s %s %d", request.method, request.path, handler.get_status())
