"""For tests of the dashboard: devices to look at, requests, open pages."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable
from typing import Any

from tornado.httpclient import HTTPClient, HTTPRequest, HTTPResponse
from tornado.websocket import WebSocketClientConnection, websocket_connect

import zmq
from helpers.sockets import ANY
from zmq import dashboard
from zmq.devices import ThreadMonitoredQueue

TOKEN = "a-token-of-these-tests"
BEARER = {"Authorization": f"Bearer {TOKEN}"}
MakeSocket = Callable[..., zmq.Socket]


def start(kind: type = ThreadMonitoredQueue, mon_type: int = zmq.PUB) -> Any:
    device = kind(zmq.PULL, zmq.PUSH, mon_type)
    device.context_factory = zmq.Context
    for bind in (device.bind_in, device.bind_out, device.bind_mon):
        bind(ANY)
    device.start()
    return device


def ask(
    page: dashboard.Dashboard, path: str = "", method: str = "GET", **headers: str
) -> HTTPResponse:
    """One request; a status of 400 or more is an answer, too."""
    client = HTTPClient()
    try:
        request = HTTPRequest(
            page.url + path,
            method=method,
            headers={name.replace("_", "-"): value for name, value in headers.items()},
            body=b"" if method == "POST" else None,
            allow_nonstandard_methods=True,
            request_timeout=15,
        )
        return client.fetch(request, raise_error=False)
    finally:
        client.close()


class Pipe:
    """Something to send through a device, and to receive at its other end."""

    def __init__(self, device: Any, socket: MakeSocket) -> None:
        self.source, self.sink = socket(zmq.PUSH), socket(zmq.PULL)
        self.source.connect(device.endpoints["in"][0])
        self.sink.connect(device.endpoints["out"][0])

    def send(self, *parts: bytes) -> None:
        self.source.send_multipart(parts)
        assert self.sink.recv_multipart() == list(parts)


class Traffic:
    """Messages that go through a device in a thread, steadily, until it is told otherwise."""

    def __init__(self, device: Any, pause_s: float = 0.02) -> None:
        self.device = device
        self.pause_s = pause_s
        self.bodies: list[list[bytes]] = [[b"plain", b"body"]]
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        ends = self.device.endpoints
        with (
            zmq.Context() as context,
            context.socket(zmq.PUSH) as source,
            context.socket(zmq.PULL) as sink,
        ):
            source.linger = 0
            source.connect(ends["in"][0])
            sink.connect(ends["out"][0])
            while not self._over.wait(self.pause_s):
                for body in list(self.bodies):
                    if source.poll(0, zmq.POLLOUT):
                        source.send_multipart(body)
                while sink.poll(0):
                    sink.recv_many(1000)

    def stop(self) -> None:
        self._over.set()
        self._thread.join()


async def listen(page: dashboard.Dashboard, **headers: str) -> WebSocketClientConnection:
    url = page.url.replace("http", "ws") + "feed"
    return await websocket_connect(HTTPRequest(url, headers=headers))


async def leave(feed: WebSocketClientConnection) -> None:
    """Close a feed, and wait until it is: its loop must not end before."""
    feed.close()
    await closed(feed)


async def closed(feed: WebSocketClientConnection) -> None:
    """Wait until the server has closed a feed."""
    while await asyncio.wait_for(feed.read_message(), 15) is not None:
        pass
    feed.close()


async def next_said(feed: WebSocketClientConnection, kind: str) -> dict[str, Any]:
    """The next message of a kind; others are passed over."""
    while True:
        text = await asyncio.wait_for(feed.read_message(), 15)
        assert text is not None, f"closed: {feed.close_code} {feed.close_reason}"
        said = json.loads(text)
        if said["type"] == kind:
            return dict(said)


async def found_by(
    feed: WebSocketClientConnection, send: Callable[[], object], wanted: bytes
) -> dict[str, Any]:
    """Send again and again until a message with these bytes is shown: a tap needs a moment."""
    for _ in range(60):
        send()
        said = await next_said(feed, "tick")
        for message in said["messages"]:
            if any(bytes.fromhex(part["hex"]) == wanted for part in message["parts"]):
                return dict(message)
    raise AssertionError(f"{wanted!r} was never shown")


async def look_and_leave(page: dashboard.Dashboard, pipe: Pipe) -> None:
    """Open a page, see a message, close it."""
    feed = await listen(page)
    await found_by(feed, lambda: pipe.send(b"seen"), b"seen")
    await leave(feed)
