"""The dashboard's server: real devices, real requests, no browser."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import signal
import socket as os_socket
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from tornado.httpclient import HTTPClient, HTTPRequest, HTTPResponse
from tornado.websocket import WebSocketClientConnection, websocket_connect

import zmq
from support import Child, until
from zmq import dashboard
from zmq.core.relay import Relay
from zmq.devices import ProcessMonitoredQueue, ThreadDevice, ThreadMonitoredQueue, ThreadProxy

ANY = "tcp://127.0.0.1:*"
TOKEN = "a-token-of-these-tests"
BEARER = {"Authorization": f"Bearer {TOKEN}"}
MakeSocket = Callable[..., zmq.Socket]

pytestmark = pytest.mark.timeout(60)


def start(kind: type = ThreadMonitoredQueue, mon_type: int = zmq.PUB) -> Any:
    device = kind(zmq.PULL, zmq.PUSH, mon_type)
    device.context_factory = zmq.Context
    for bind in (device.bind_in, device.bind_out, device.bind_mon):
        bind(ANY)
    device.start()
    return device


@pytest.fixture
def device() -> Iterator[Any]:
    found = start()
    yield found
    found.stop(0.2)  # a test may have left messages that nobody wants


@pytest.fixture
def page(device: Any) -> Iterator[dashboard.Dashboard]:
    with dashboard.serve(device, "127.0.0.1:*", TOKEN) as found:
        yield found


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


@pytest.fixture
def pipe(device: Any, socket: MakeSocket) -> Pipe:
    return Pipe(device, socket)


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


# ---- what everybody may read


def test_the_page_and_its_parts(page: dashboard.Dashboard) -> None:
    answer = ask(page)
    assert (answer.code, answer.headers["Content-Type"]) == (200, "text/html")
    assert b"http:" not in answer.body.replace(b"http://www.w3.org", b"")
    assert b"https:" not in answer.body
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "Server" not in answer.headers
    for path in ("static/page.js", "static/page.css", "static/icon.svg", "static/theme.js"):
        assert ask(page, path).code == 200, path
    library = ask(page, "static/bokeh/bokeh.min.js")
    assert library.code == 200
    assert len(library.body) > 500_000
    charts = json.loads(ask(page, "charts.json?theme=dark").body)
    assert set(charts) == {"messages", "bytes", "peers", "blocked", "dropped"}
    assert ask(page, "charts.json?theme=../x").code == 400


@pytest.mark.parametrize(
    "path", ["nothing", "static/../running.py", "static/%2e%2e/running.py", "static/bokeh/bokeh.js"]
)
def test_nothing_else_is_there(page: dashboard.Dashboard, path: str) -> None:
    assert ask(page, path).code == 404


def test_numbers(page: dashboard.Dashboard, pipe: Pipe) -> None:
    for _ in range(10):
        pipe.send(b"12345", b"678")

    def stats() -> dict[str, Any]:
        return dict(json.loads(ask(page, "api/stats").body))

    found = until(lambda: (now := stats())["totals"]["messages_in"] == 10 and now)
    assert found["state"] == "running"
    assert found["totals"]["bytes_in"] == 80
    assert (found["totals"]["peers_in"], found["totals"]["peers_out"]) == (1, 1)
    assert found["totals"]["dropped"] == 0


def test_prometheus(page: dashboard.Dashboard, pipe: Pipe) -> None:
    pipe.send(b"12345")
    lines = until(
        lambda: (
            (text := ask(page, "metrics").body.decode().splitlines())
            and 'ohmq_device_messages_total{side="in"} 1.0' in text
            and text
        )
    )
    assert 'ohmq_device_bytes_total{side="in"} 5.0' in lines
    assert 'ohmq_device_messages_total{side="out"} 0.0' in lines
    assert 'ohmq_device_peers{side="in"} 1.0' in lines
    assert 'ohmq_device_blocked_seconds_total{side="in"} 0.0' in lines
    assert "ohmq_device_monitor_dropped_total 0.0" in lines
    assert 'ohmq_device_state{ohmq_device_state="running"} 1.0' in lines
    other = ask(page, "metrics", Accept="application/openmetrics-text; version=1.0.0")
    assert other.headers["Content-Type"].startswith("application/openmetrics-text")
    assert other.body.endswith(b"# EOF\n")


def test_health(page: dashboard.Dashboard, device: Any) -> None:
    assert (ask(page, "healthz").code, ask(page, "healthz").body) == (200, b"ok\n")
    device.stop()
    until(lambda: ask(page, "healthz").code == 503)
    assert ask(page, "healthz").body == b"stopped\n"


# ---- who may do what


@pytest.mark.parametrize("path", ["", "api/stats", "metrics", "healthz", "feed", "nothing"])
@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "10.0.0.1", "a b"])
def test_foreign_hosts_are_refused(page: dashboard.Dashboard, path: str, host: str) -> None:
    answer = ask(page, path, Host=host)
    assert answer.code in {400, 403}
    assert b"evil" not in answer.body


def test_own_hosts(page: dashboard.Dashboard) -> None:
    for host in ("localhost", "127.0.0.1:9", "[::1]:9"):
        assert ask(page, Host=host).code == 200, host


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://127.0.0.1:1"])
def test_foreign_origins_are_refused(page: dashboard.Dashboard, device: Any, origin: str) -> None:
    assert ask(page, "api/stats", Origin=origin).code == 403
    assert ask(page, "api/stop", "POST", Origin=origin, **BEARER).code == 403
    assert device.state == "running"

    answer = ask(
        page,
        "feed",
        Origin=origin,
        Connection="Upgrade",
        Upgrade="websocket",
        Sec_WebSocket_Version="13",
        Sec_WebSocket_Key="MDEyMzQ1Njc4OWFiY2RlZg==",
    )
    assert answer.code == 403


def test_steering_needs_the_token(page: dashboard.Dashboard, device: Any) -> None:
    for action in ("pause", "resume", "stop"):
        for headers in ({}, {"Authorization": "Bearer wrong"}, {"Cookie": f"token={TOKEN}"}):
            answer = ask(page, f"api/{action}", "POST", **headers)
            assert answer.code == 401
            assert TOKEN.encode() not in answer.body
        assert ask(page, f"api/{action}?token={TOKEN}", "POST").code == 401
        assert ask(page, f"api/{action}", "GET", **BEARER).code == 405
    assert device.state == "running"


def test_pause_resume_stop(page: dashboard.Dashboard, device: Any, pipe: Pipe) -> None:
    pipe.send(b"one")
    assert ask(page, "api/pause", "POST", **BEARER).code == 200
    assert device.state == "paused"
    pipe.source.send(b"two")
    assert not pipe.sink.poll(200)
    answer = ask(page, "api/resume", "POST", **BEARER)
    assert json.loads(answer.body) == {"state": "running", "done": True}
    assert pipe.sink.recv() == b"two"
    assert ask(page, "api/stop", "POST", Origin=page.url.rstrip("/"), **BEARER).code == 200
    assert device.state == "stopped"
    answer = ask(page, "api/pause", "POST", **BEARER)
    assert answer.code == 409
    assert "error" in json.loads(answer.body)


def test_off_loopback_everything_needs_the_token(device: Any) -> None:
    with dashboard.serve(device, "0.0.0.0:*", TOKEN) as page:
        for path in ("api/stats", "metrics"):
            assert ask(page, path).code == 401, path
            assert ask(page, path, **BEARER).code == 200, path
        assert ask(page).code == 200  # it asks for the token, and holds nothing else
        assert ask(page, "healthz").code == 200
        assert ask(page, Host="evil.example").code == 403
        asyncio.run(_locked_feed(page))


async def _locked_feed(page: dashboard.Dashboard) -> None:
    for wrong in ('{"token": "wrong"}', '{"filter": {}}', '{"whole": 1}', "[]", "not json"):
        feed = await listen(page)
        assert json.loads(await feed.read_message() or "") == {"type": "locked"}
        await feed.write_message(wrong)
        await closed(feed)
        assert feed.close_code in {4401, 1003}
    feed = await listen(page)
    await next_said(feed, "locked")
    await feed.write_message(json.dumps({"token": TOKEN}))
    assert (await next_said(feed, "hello"))["kind"] == "device"
    await leave(feed)


def test_a_private_dashboard(device: Any) -> None:
    with dashboard.serve(device, "127.0.0.1:*", TOKEN, private=True) as page:
        assert ask(page, "api/stats").code == 401
        assert ask(page, "api/stats", **BEARER).code == 200


def test_the_token_is_nowhere(
    device: Any, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    with dashboard.serve(device, "127.0.0.1:*", TOKEN) as page:
        ask(page, f"api/stats?token={TOKEN}", **BEARER)
        ask(page, f"api/stop?token={TOKEN}", "POST")
        ask(page, f"nothing?{TOKEN}")
        ask(page, "api/pause", "POST", **BEARER)
        assert TOKEN not in repr(page) + page.url
        assert page.link == f"{page.url}#token={TOKEN}"
    assert "/api/stats" in caplog.text
    assert TOKEN not in caplog.text + "".join(capfd.readouterr())


# ---- the feed


def test_a_message_and_its_filters(page: dashboard.Dashboard, pipe: Pipe) -> None:
    asyncio.run(_message_and_filters(page, pipe))


async def _message_and_filters(page: dashboard.Dashboard, pipe: Pipe) -> None:
    feed = await listen(page)
    hello = await next_said(feed, "hello")
    assert (hello["title"], hello["actions"]) == (
        "ThreadMonitoredQueue",
        ["pause", "resume", "stop"],
    )
    assert hello["columns"][0] == "time"
    assert (await next_said(feed, "rows"))["messages"] == []

    script = b"<script>alert(1)</script>"
    message = await found_by(feed, lambda: pipe.send(b"topic", script, b"\xff\x00"), script)
    assert message["way"] == "in"
    assert [part["text"] for part in message["parts"]] == ["topic", script.decode(), None]
    assert message["size"] == 5 + len(script) + 2

    for wanted, expected in (
        ({"prefix": "top"}, True),
        ({"prefix": "opic"}, False),
        ({"text": "ALERT"}, True),
        ({"text": "0xff00", "way": "in"}, True),
        ({"way": "out"}, False),
        ({"way": ["in"], "prefix": 3}, True),
    ):
        await feed.write_message(json.dumps({"filter": wanted}))
        rows = await next_said(feed, "rows")
        assert bool(rows["messages"]) is expected, wanted

    await feed.write_message(json.dumps({"whole": message["id"]}))
    assert (await next_said(feed, "whole"))["message"]["parts"][1]["text"] == script.decode()
    await feed.write_message(json.dumps({"whole": "no such"}))
    assert (await next_said(feed, "whole"))["message"] is None
    await feed.write_message("nonsense")
    await closed(feed)
    assert feed.close_code == 1003


def test_every_message_of_a_slow_device_is_shown(page: dashboard.Dashboard, pipe: Pipe) -> None:
    asyncio.run(_every_message(page, pipe))


async def _every_message(page: dashboard.Dashboard, pipe: Pipe) -> None:
    feed = await listen(page)
    await found_by(feed, lambda: pipe.send(b"warm"), b"warm")
    for number in range(10):
        pipe.send(b"#%d" % number)
    shown: list[str] = []
    while len(shown) < 10:
        tick = await next_said(feed, "tick")
        assert tick["sample"]["complete"]
        shown += [m["parts"][0]["text"] for m in tick["messages"] if m["size"] == 2]
    assert shown == [f"#{number}" for number in range(10)]
    await leave(feed)


def test_a_fast_device_is_sampled(page: dashboard.Dashboard, device: Any) -> None:
    asyncio.run(_fast_device(page, device))


async def _fast_device(page: dashboard.Dashboard, device: Any) -> None:
    feed = await listen(page)
    over = threading.Event()

    def flood() -> None:
        with zmq.Context() as context, context.socket(zmq.PUSH) as source:
            source.linger = 0
            source.connect(device.endpoints["in"][0])
            with context.socket(zmq.PULL) as sink:
                sink.connect(device.endpoints["out"][0])
                while not over.is_set():
                    source.send_many([b"x"] * 500)
                    while sink.poll(0):
                        sink.recv_many(1000)

    thread = threading.Thread(target=flood)
    thread.start()
    try:
        for _ in range(30):
            tick = await next_said(feed, "tick")
            sample = tick["sample"]
            assert sample["shown"] == len(tick["messages"]) <= 12
            assert sample["read"] <= 250
            if tick["messages"] and not sample["complete"] and sample["found"] > sample["shown"]:
                break
        else:
            raise AssertionError("never said that it samples")
    finally:
        over.set()
        thread.join()
        await leave(feed)


def test_nobody_looks_nothing_is_read(page: dashboard.Dashboard, pipe: Pipe, device: Any) -> None:
    asyncio.run(_look_and_leave(page, pipe))
    # The monitor of the device has no subscription left: it is not sent to at all.
    hub = page._hub
    until(lambda: not hub.viewers)
    number = hub.copies[-1].number
    for _ in range(3):
        pipe.send(b"unseen")
        before = hub.history.points[-1].time
        until(lambda before=before: hub.history.points[-1].time > before)
    assert hub.copies[-1].number - number <= 1  # the tick in which the page was closed
    assert device.stats().messages_in >= 4


async def _look_and_leave(page: dashboard.Dashboard, pipe: Pipe) -> None:
    feed = await listen(page)
    await found_by(feed, lambda: pipe.send(b"seen"), b"seen")
    await leave(feed)


# ---- other sources


def test_a_monitor_that_runs_elsewhere(device: Any, pipe: Pipe) -> None:
    with dashboard.serve(device.endpoints["mon"][0], "127.0.0.1:*", TOKEN) as page:
        until(lambda: page._hub.state == "running")
        asyncio.run(_monitor(page, pipe))
        assert ask(page, "api/pause", "POST", **BEARER).code == 409
        assert device.state == "running"
        totals = json.loads(ask(page, "api/stats").body)["totals"]
        assert totals["messages_in"] >= 1
        assert totals["bytes_in"] == 5 * totals["messages_in"]  # without the prefix
        assert totals["messages_out"] == 0
        assert totals["dropped"] is None
        device.stop()
        until(lambda: page._hub.state == "waiting")


async def _monitor(page: dashboard.Dashboard, pipe: Pipe) -> None:
    feed = await listen(page)
    assert (await next_said(feed, "hello"))["actions"] == []
    message = await found_by(feed, lambda: pipe.send(b"hello"), b"hello")
    assert message["way"] == "in"
    await leave(feed)


def test_directions_of_a_monitor(socket: MakeSocket) -> None:
    monitor = socket(zmq.PUB)
    monitor.bind(ANY)
    with dashboard.serve(
        monitor.last_endpoint.decode(), "127.0.0.1:*", in_prefix="a", out_prefix=b"b"
    ) as page:
        until(lambda: page._hub.state == "running")

        def seen() -> bool:
            monitor.send_multipart([b"a", b"12"])
            monitor.send_multipart([b"b", b"1234"])
            totals = page._hub.history.latest
            return totals.messages_in > 3 and totals.messages_out > 3

        until(seen)
        totals = page._hub.history.latest
        assert totals.bytes_in == 2 * totals.messages_in
        assert totals.bytes_out == 4 * totals.messages_out


@pytest.mark.parametrize("kind", [ProcessMonitoredQueue, ThreadProxy])
def test_other_devices(kind: type, socket: MakeSocket) -> None:
    with start(kind) as device, dashboard.serve(device, "127.0.0.1:*", TOKEN) as page:
        pipe = Pipe(device, socket)
        asyncio.run(_other_device(page, pipe, "in" if kind is ProcessMonitoredQueue else ""))
        assert ask(page, "api/pause", "POST", **BEARER).code == 200
        assert device.state == "paused"


async def _other_device(page: dashboard.Dashboard, pipe: Pipe, way: str) -> None:
    feed = await listen(page)
    # Named as a prefix is: a proxy has none, so nothing may be taken away.
    message = await found_by(feed, lambda: pipe.send(b"in", b"x"), b"x")
    assert (message["way"], message["n_parts"]) == (way, 2)
    await leave(feed)


def test_devices_without_messages_to_see() -> None:
    plain = ThreadDevice(zmq.QUEUE, zmq.PULL, zmq.PUSH)
    plain.bind_in(ANY)
    plain.bind_out(ANY)
    plain.start()
    with plain, dashboard.serve(plain, "127.0.0.1:*") as page:
        assert "no monitor" in page._source.about.no_messages
        assert ask(page, "healthz").code == 200
    with start(mon_type=zmq.PUSH) as pushing, dashboard.serve(pushing, "127.0.0.1:*") as page:
        assert "one reader" in page._source.about.no_messages


def test_a_bare_relay(socket: MakeSocket) -> None:
    one, two = socket(zmq.PULL), socket(zmq.PUSH)
    relay = Relay(one, two)
    thread = threading.Thread(target=relay.run)
    thread.start()
    try:
        with dashboard.serve(relay, "127.0.0.1:*", TOKEN, title="Mine") as page:
            assert ask(page, "api/pause", "POST", **BEARER).code == 200
            totals = until(lambda: json.loads(ask(page, "api/stats").body))["totals"]
            assert totals["blocked_in_s"] is None
            assert ask(page, "api/stop", "POST", **BEARER).code == 200
            thread.join(5)
            assert not thread.is_alive()
    finally:
        relay.stop()
        thread.join()


def test_a_device_that_fails_to_tell(caplog: pytest.LogCaptureFixture) -> None:
    class Broken:
        state = "running"

        def stats(self) -> object:
            raise RuntimeError("no idea")

        def pause(self) -> None:
            raise OSError("no way")

        resume = pause

    with dashboard.serve(Broken(), "127.0.0.1:*", TOKEN) as page:
        until(lambda: page._hub.error)
        assert json.loads(ask(page, "api/stats").body)["error"] == "RuntimeError: no idea"
        assert ask(page, "healthz").code == 503
        answer = ask(page, "api/pause", "POST", **BEARER)
        assert (answer.code, json.loads(answer.body)) == (409, {"error": "OSError: no way"})
        assert ask(page, "api/stop", "POST", **BEARER).code == 409


def test_what_cannot_be_served(device: Any) -> None:
    with pytest.raises(TypeError, match="not int"):
        dashboard.serve(3)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="HOST:PORT"):
        dashboard.serve(device, "8080")
    with pytest.raises(ValueError, match="token"):
        dashboard.serve(device, "127.0.0.1:*", "short")
    with pytest.raises(ValueError, match="beginning"):
        dashboard.serve("tcp://127.0.0.1:1", "127.0.0.1:*", in_prefix="in", out_prefix="inner")
    with pytest.raises(zmq.ZMQError):
        dashboard.serve("nowhere://", "127.0.0.1:*")
    with os_socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(OSError, match="in use"):
        dashboard.serve(device, f"127.0.0.1:{taken.getsockname()[1]}")


# ---- its end


def test_it_leaves_nothing_behind(device: Any, pipe: Pipe) -> None:
    before = set(threading.enumerate())
    with dashboard.serve(device, "127.0.0.1:*") as page:
        asyncio.run(_look_and_leave(page, pipe))
        assert page.running
    assert not page.running
    page.stop()
    until(lambda: set(threading.enumerate()) <= before)
    with pytest.raises(OSError, match="refused"):
        os_socket.create_connection(page.address)
    pipe.send(b"the device goes on")


def test_pages_hear_of_the_end(device: Any) -> None:
    async def story() -> None:
        page = dashboard.serve(device, "127.0.0.1:*")
        feed = await listen(page)
        await next_said(feed, "hello")
        await asyncio.to_thread(page.stop)
        await closed(feed)
        assert feed.close_code == 1001

    asyncio.run(story())


def test_in_a_loop_of_the_program(device: Any, pipe: Pipe) -> None:
    async def story() -> None:
        with dashboard.serve(device, "127.0.0.1:*", background=False) as page:
            feed = await listen(page)
            await found_by(feed, lambda: pipe.send(b"seen"), b"seen")
            await leave(feed)

    asyncio.run(story())


def test_a_program_need_not_stop_it(child: Callable[..., Child]) -> None:
    program = """
        import zmq.dashboard
        page = zmq.dashboard.serve("tcp://127.0.0.1:9", "127.0.0.1:*")
        print(page.url)
    """
    import textwrap

    process = child(["-c", textwrap.dedent(program)])
    assert process.line().startswith("http://127.0.0.1:")
    assert process.process.wait(10) == 0
    assert process.complaint() == ""


def test_the_command(child: Callable[..., Child], device: Any, pipe: Pipe) -> None:
    monitor = device.endpoints["mon"][0]
    arguments = ["-m", "zmq", "dashboard", monitor, "--listen", "127.0.0.1:*"]
    process = child(arguments, env={"OHMQ_DASHBOARD_TOKEN": TOKEN})
    assert process.line().split() == ["monitor", monitor]
    name, url = process.line().split()
    assert name == "dashboard"
    client = HTTPClient()
    try:

        def counted() -> bool:
            pipe.send(b"x")
            stats = json.loads(client.fetch(f"{url}api/stats").body)
            return bool(stats["totals"]["messages_in"])

        until(counted)
    finally:
        client.close()
    os.kill(process.pid, signal.SIGTERM)
    assert process.process.wait(10) == 0
    assert process.complaint() == ""


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["tcp://127.0.0.1:*"], 2, "a host and a port"),
        (["tcp://127.0.0.1:9", "--listen", "8080"], 2, "HOST:PORT"),
        (["tcp://127.0.0.1:9", "--listen", "0.0.0.0:*"], 2, "OHMQ_DASHBOARD_TOKEN"),
        (["tcp://127.0.0.1:9", "--listen", "192.0.2.1:80"], 1, "no network interface"),
        (["tcp://127.0.0.1:9", "--in-prefix", "a", "--out-prefix", "ab"], 2, "beginning"),
    ],
)
def test_mistakes_at_the_command(
    child: Callable[..., Child], arguments: list[str], code: int, words: str
) -> None:
    process = child(["-m", "zmq", "dashboard", *arguments])
    assert process.process.wait(20) == code
    assert words in process.complaint()
    assert len(process.complaint().splitlines()) == 1
