"""Request handlers of the dashboard. Each request passes the guard first."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable
from types import TracebackType
from typing import Any, ClassVar

from tornado.iostream import IOStream
from tornado.web import HTTPError, RequestHandler, StaticFileHandler
from tornado.websocket import WebSocketClosedError, WebSocketHandler

from zmq.dashboard.charts import THEMES, chart_items
from zmq.dashboard.guard import Guard
from zmq.dashboard.hub import Hub, numbers
from zmq.dashboard.messages import Filter, make_filter
from zmq.dashboard.metrics import render
from zmq.dashboard.readings import Reading
from zmq.dashboard.stats_query import StatsQuery, run_in_thread

# Nothing from other origins, no inline script, no frame around the page. BokehJS writes its styles
# into the document, so inline styles are allowed.
POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
# How long an action may take before it is answered as pending, and a page to send its token.
ACTION_S = 10.0
TOKEN_S = 10.0
# Close codes of the WebSocket for private use: the page asks for the token, or gives up.
NEEDS_TOKEN, TOO_MANY_PAGES = 4401, 4429


class Guarded(RequestHandler):
    """A request that the guard checks: host, origin, and token where it is needed."""

    #: Whether the answer is the same for every reader and tells nothing about messages.
    is_public: ClassVar[bool] = False

    @property
    def guard(self) -> Guard:
        guard: Guard = self.settings["guard"]
        return guard

    @property
    def hub(self) -> Hub:
        hub: Hub = self.settings["hub"]
        return hub

    def set_default_headers(self) -> None:
        self.clear_header("Server")
        for name, value in HEADERS.items():
            self.set_header(name, value)

    def prepare(self) -> None:
        """Refuse foreign hosts, foreign origins, and requests without the token they need."""
        host = self.request.headers.get("Host")
        if not self.guard.knows_host(host):
            raise HTTPError(403, reason="Foreign host")
        if not self.guard.knows_origin(self.request.headers.get("Origin"), host):
            raise HTTPError(403, reason="Foreign origin")
        authorization = self.request.headers.get("Authorization")
        reading = self.request.method in {"GET", "HEAD"}
        if reading and (self.is_public or self.guard.may_read(authorization)):
            return
        if not self.guard.may_control(authorization):
            raise HTTPError(401, reason="Token needed")

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        if status_code == 401:
            self.set_header("WWW-Authenticate", 'Bearer realm="ohmq dashboard"')
        self.set_header("Content-Type", "text/plain; charset=utf-8")
        self.finish(f"{status_code} {self._reason}\n")

    def log_exception(
        self,
        typ: type[BaseException] | None,
        value: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        """Log without the headers that tornado would add; refusals are not logged."""
        if value is not None and not isinstance(value, HTTPError):
            log: logging.Logger = self.settings["log"]
            # The path alone: a query string could hold a token.
            log.error("%s %s failed", self.request.method, self.request.path, exc_info=value)

    def answer(self, value: object, status: int = 200) -> None:
        """Status with JSON."""
        self.set_status(status)
        self.set_header("Content-Type", "application/json")
        self.finish(json.dumps(value))


class NotFound(Guarded):
    """Any path without a handler."""

    is_public = True

    def prepare(self) -> None:
        super().prepare()
        raise HTTPError(404)


class Files(Guarded, StaticFileHandler):  # pyright: ignore[reportIncompatibleMethodOverride]
    """The page, its scripts and styles, and BokehJS. They hold no data and no secret."""

    is_public = True

    def set_extra_headers(self, path: str) -> None:
        # After an update the same URL serves another file; an unchanged one costs a 304.
        self.set_header("Cache-Control", "no-cache")


class Readable(Guarded):
    """A resource with GET; HEAD is answered with the headers of GET."""

    def head(self) -> Awaitable[None] | None:
        answer: Awaitable[None] | None = self.get()
        return answer


class Charts(Readable):
    """Descriptions of the charts for BokehJS."""

    is_public = True

    def get(self) -> None:
        theme = self.get_query_argument("theme", "light")
        if theme not in THEMES:
            raise HTTPError(400)
        self.answer(chart_items(theme))


class Health(Readable):
    """Whether the source is watched and works."""

    is_public = True

    def get(self) -> None:
        problem = self.hub.problem()
        self.set_status(503 if problem else 200)
        self.set_header("Content-Type", "text/plain; charset=utf-8")
        self.finish(f"{problem or 'ok'}\n")


class Prometheus(Readable):
    """Counters for Prometheus."""

    async def get(self) -> None:
        query: StatsQuery = self.settings["stats_query"]
        state, reading, _ = await query.run()
        text, content_type = render(
            reading or Reading(), state, self.request.headers.get("Accept", "")
        )
        self.set_header("Content-Type", content_type)
        self.finish(text)


class Stats(Readable):
    """Counters as JSON."""

    async def get(self) -> None:
        query: StatsQuery = self.settings["stats_query"]
        self.answer(numbers(await query.run()))


class Action(Guarded):
    """Pause, resume or stop. The guard has checked the token, as this is not a GET."""

    async def post(self, action: str) -> None:
        source = self.hub.source
        if action not in source.about.actions:
            self.answer({"error": f"{action} is not possible here"}, 409)
            return
        try:
            await asyncio.wait_for(run_in_thread(lambda: source.act(action)), ACTION_S)
        except TimeoutError:
            self.answer({"state": source.state(), "done": False}, 202)
        except Exception as error:  # any exception of the device is reported to the client
            self.answer({"error": f"{type(error).__name__}: {error}"}, 409)
        else:
            self.answer({"state": source.state(), "done": True})


class Feed(Guarded, WebSocketHandler):  # pyright: ignore[reportIncompatibleMethodOverride]
    """The WebSocket of one open page.

    The page sends {"token": ...}, first of all where reading needs it; {"filter": {"direction",
    "prefix", "text"}}; {"whole": id}, for all that was kept of a message.
    """

    is_public = True  # nothing is sent before the token has been checked

    filter: Filter = Filter()

    def initialize(self) -> None:
        self._unsent = 0
        self._token_timer: asyncio.TimerHandle | None = None

    def check_origin(self, origin: str) -> bool:
        return self.guard.knows_origin(origin, self.request.headers.get("Host"))

    def open(self, *args: str, **kwargs: str) -> None:
        self.settings["pages"].add(self)
        if not self.guard.private:
            self._admit()
            return
        loop = asyncio.get_running_loop()
        self._token_timer = loop.call_later(TOKEN_S, self.close, NEEDS_TOKEN, "token needed")
        self.answer_page('{"type":"locked"}')

    def _admit(self) -> None:
        if len(self.hub.viewers) >= self.settings["max_pages"]:
            self.close(TOO_MANY_PAGES, "too many pages")
            return
        self.answer_page(self.hub.hello())
        self.answer_page(self.hub.rows(self.filter))
        self.hub.viewers.add(self)
        self.settings["viewers"](len(self.hub.viewers))

    def on_message(self, message: str | bytes) -> None:
        try:
            request = json.loads(message)
        except ValueError:
            request = None
        if not isinstance(request, dict):
            self.close(1003, "not understood")
        elif self not in self.hub.viewers:
            self._check_token(request.get("token"))
        elif isinstance(wanted := request.get("filter"), dict):
            self.filter = make_filter(
                wanted.get("direction"), wanted.get("prefix"), wanted.get("text")
            )
            self.answer_page(self.hub.rows(self.filter))
        elif "whole" in request:
            self.answer_page(self.hub.whole(request["whole"]))

    def _check_token(self, token: object) -> None:
        if self._token_timer is not None:
            self._token_timer.cancel()
        if isinstance(token, str) and self.guard.knows_token(token):
            self._admit()
        else:
            self.close(NEEDS_TOKEN, "token needed")

    def send(self, text: str) -> None:
        """Send, unless the last message is still unsent: then the slow page misses this one."""
        if not self._unsent:
            self.answer_page(text)

    def answer_page(self, text: str) -> None:
        """Send an answer that the page must not miss."""
        try:
            sent = self.write_message(text)
        except WebSocketClosedError:
            return
        self._unsent += 1
        sent.add_done_callback(self._sent)

    def _sent(self, sent: asyncio.Future[None]) -> None:
        self._unsent -= 1
        if not sent.cancelled():
            sent.exception()  # the page is gone; on_close is called too

    @property
    def connection_stream(self) -> IOStream | None:
        """Stream of its connection; None when that is closed."""
        return None if self.ws_connection is None else self.ws_connection.stream

    def abort(self) -> None:
        """Close the connection without the closing handshake."""
        stream = self.connection_stream
        if stream is not None:
            stream.close()

    def on_close(self) -> None:
        if self._token_timer is not None:
            self._token_timer.cancel()
        self.settings["pages"].discard(self)
        self.hub.viewers.discard(self)
        self.settings["viewers"](len(self.hub.viewers))
