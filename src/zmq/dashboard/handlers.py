"""The requests that the dashboard answers. Each passes the guard before anything else happens."""

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

from zmq.dashboard.asking import Fresh, in_thread
from zmq.dashboard.charts import THEMES, chart_items
from zmq.dashboard.guard import Guard
from zmq.dashboard.hub import Hub, numbers
from zmq.dashboard.messages import Filter, make_filter
from zmq.dashboard.metrics import render
from zmq.dashboard.readings import Reading

# Nothing from elsewhere, no script in the page, no page around it. BokehJS writes its styles into
# the document, so styles may stand there.
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
# How long a request waits for a device to obey, and a page may take to show its token.
PATIENCE_S = 10.0
TOKEN_S = 10.0
# Private codes of a WebSocket: the page asks for the token, or gives up.
NEEDS_TOKEN, TOO_MANY = 4401, 4429


class Guarded(RequestHandler):
    """A request that has to come from where it may come from."""

    #: Whether what it answers is the same for everybody, and says nothing about messages.
    harmless: ClassVar[bool] = False

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
        """Refuse foreign hosts, foreign pages, and those without the token where it is needed."""
        host = self.request.headers.get("Host")
        if not self.guard.knows_host(host):
            raise HTTPError(403, reason="Foreign host")
        if not self.guard.knows_origin(self.request.headers.get("Origin"), host):
            raise HTTPError(403, reason="Foreign origin")
        authorization = self.request.headers.get("Authorization")
        reading = self.request.method in {"GET", "HEAD"}
        if reading and (self.harmless or self.guard.may_read(authorization)):
            return
        if not self.guard.may_steer(authorization):
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
        """Leave out what tornado would add, headers among it; refusals are no news."""
        if value is not None and not isinstance(value, HTTPError):
            log: logging.Logger = self.settings["log"]
            # The path alone: what somebody typed behind a question mark could be a token.
            log.error("%s %s failed", self.request.method, self.request.path, exc_info=value)

    def answer(self, value: object, status: int = 200) -> None:
        """Answer with JSON."""
        self.set_status(status)
        self.set_header("Content-Type", "application/json")
        self.finish(json.dumps(value))


class NotFound(Guarded):
    """Whatever there is not."""

    harmless = True

    def prepare(self) -> None:
        super().prepare()
        raise HTTPError(404)


class Files(Guarded, StaticFileHandler):  # pyright: ignore[reportIncompatibleMethodOverride]
    """The page, its script and style, and BokehJS. They hold no data and no secret."""

    harmless = True

    def set_extra_headers(self, path: str) -> None:
        # The same address serves another file after an update; an unchanged one costs a 304.
        self.set_header("Cache-Control", "no-cache")


class Readable(Guarded):
    """Something to GET; a HEAD is answered with the head of that."""

    def head(self) -> Awaitable[None] | None:
        answering: Awaitable[None] | None = self.get()
        return answering


class Charts(Readable):
    """What BokehJS draws."""

    harmless = True

    def get(self) -> None:
        theme = self.get_query_argument("theme", "light")
        if theme not in THEMES:
            raise HTTPError(400)
        self.answer(chart_items(theme))


class Health(Readable):
    """Whether the source is watched and lives."""

    harmless = True

    def get(self) -> None:
        ailment = self.hub.ailment()
        self.set_status(503 if ailment else 200)
        self.set_header("Content-Type", "text/plain; charset=utf-8")
        self.finish(f"{ailment or 'ok'}\n")


class Prometheus(Readable):
    """The counters for Prometheus."""

    async def get(self) -> None:
        fresh: Fresh = self.settings["fresh"]
        state, reading, _ = await fresh.ask()
        text, content_type = render(
            reading or Reading(), state, self.request.headers.get("Accept", "")
        )
        self.set_header("Content-Type", content_type)
        self.finish(text)


class Stats(Readable):
    """The counters for programs."""

    async def get(self) -> None:
        fresh: Fresh = self.settings["fresh"]
        self.answer(numbers(await fresh.ask()))


class Action(Guarded):
    """Pause, resume or stop. The guard has seen the token: it is no GET."""

    async def post(self, action: str) -> None:
        source = self.hub.source
        if action not in source.about.actions:
            self.answer({"error": f"{action} is not possible here"}, 409)
            return
        try:
            await asyncio.wait_for(in_thread(lambda: source.act(action)), PATIENCE_S)
        except TimeoutError:
            self.answer({"state": source.state(), "done": False}, 202)
        except Exception as error:  # whatever the device raises is the answer
            self.answer({"error": f"{type(error).__name__}: {error}"}, 409)
        else:
            self.answer({"state": source.state(), "done": True})


class Feed(Guarded, WebSocketHandler):  # pyright: ignore[reportIncompatibleMethodOverride]
    """One open page: what it is sent, and the little that it says.

    It says {"token": ...}, first of all where reading needs it; {"filter": {"way", "prefix",
    "text"}}; {"whole": id}, to see a message as far as it was kept.
    """

    harmless = True  # until it has shown its token it gets nothing

    filter = Filter()

    def initialize(self) -> None:
        self._unsent = 0
        self._waiting: asyncio.TimerHandle | None = None

    def check_origin(self, origin: str) -> bool:
        return self.guard.knows_origin(origin, self.request.headers.get("Host"))

    def open(self, *args: str, **kwargs: str) -> None:
        self.settings["pages"].add(self)
        if not self.guard.private:
            self._admit()
            return
        loop = asyncio.get_running_loop()
        self._waiting = loop.call_later(TOKEN_S, self.close, NEEDS_TOKEN, "token needed")
        self.answer_page('{"type":"locked"}')

    def _admit(self) -> None:
        if len(self.hub.viewers) >= self.settings["most_viewers"]:
            self.close(TOO_MANY, "too many pages")
            return
        self.answer_page(self.hub.hello())
        self.answer_page(self.hub.rows(self.filter))
        self.hub.viewers.add(self)
        self.settings["viewers"](len(self.hub.viewers))

    def on_message(self, message: str | bytes) -> None:
        try:
            said = json.loads(message)
        except ValueError:
            said = None
        if not isinstance(said, dict):
            self.close(1003, "not understood")
        elif self not in self.hub.viewers:
            self._show_token(said.get("token"))
        elif isinstance(wanted := said.get("filter"), dict):
            self.filter = make_filter(wanted.get("way"), wanted.get("prefix"), wanted.get("text"))
            self.answer_page(self.hub.rows(self.filter))
        elif "whole" in said:
            self.answer_page(self.hub.whole(said["whole"]))

    def _show_token(self, token: object) -> None:
        if self._waiting is not None:
            self._waiting.cancel()
        if isinstance(token, str) and self.guard.knows_token(token):
            self._admit()
        else:
            self.close(NEEDS_TOKEN, "token needed")

    def send(self, text: str) -> None:
        """Send, unless the page has not even taken the last message: then it misses this one."""
        if not self._unsent:
            self.answer_page(text)

    def answer_page(self, text: str) -> None:
        """Send what a page has asked for, and does not miss."""
        try:
            sent = self.write_message(text)
        except WebSocketClosedError:
            return
        self._unsent += 1
        sent.add_done_callback(self._sent)

    def _sent(self, sent: asyncio.Future[None]) -> None:
        self._unsent -= 1
        if not sent.cancelled():
            sent.exception()  # a page that has gone; on_close comes, too

    @property
    def wire(self) -> IOStream | None:
        """Its connection, as long as there is one."""
        return None if self.ws_connection is None else self.ws_connection.stream

    def abort(self) -> None:
        """Hang up on a page that does not say good-bye."""
        if self.wire is not None:
            self.wire.close()

    def on_close(self) -> None:
        if self._waiting is not None:
            self._waiting.cancel()
        self.settings["pages"].discard(self)
        self.hub.viewers.discard(self)
        self.settings["viewers"](len(self.hub.viewers))
