"""The dashboard's server: real devices, real requests, no browser."""

from __future__ import annotations

import asyncio
import json
import logging
import threading
from collections.abc import Callable
from typing import Any

import pytest

import zmq
from helpers.dashboard import (
    BEARER,
    TOKEN,
    Pipe,
    ask,
    closed,
    leave,
    listen,
    next_said,
)
from helpers.waiting import until
from zmq import dashboard
from zmq.dashboard import stats_query
from zmq.devices import ThreadLastValueCache

# ---- pages that need no token


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


@pytest.mark.parametrize(
    "path", ["", "static/page.js", "charts.json", "healthz", "metrics", "api/stats"]
)
def test_heads(page: dashboard.Dashboard, path: str) -> None:
    answer, head = ask(page, path), ask(page, path, "HEAD")
    assert (head.code, head.body) == (200, b"")
    assert head.headers["Content-Type"] == answer.headers["Content-Type"]
    assert int(head.headers["Content-Length"]) > 0
    assert ask(page, path, "HEAD", Host="evil.example").code == 403


def test_no_heads_where_nothing_is_read(page: dashboard.Dashboard) -> None:
    assert ask(page, "feed", "HEAD").code == 405
    assert ask(page, "api/stop", "HEAD", **BEARER).code == 405


def test_numbers(page: dashboard.Dashboard, pipe: Pipe) -> None:
    for _ in range(10):
        pipe.send(b"12345", b"678")

    def stats() -> dict[str, Any]:
        return dict(json.loads(ask(page, "api/stats").body))

    def counted(totals: dict[str, Any]) -> bool:
        peers = (totals["peers_in"], totals["peers_out"])  # a little later than their messages
        return totals["messages_in"] == 10 and peers == (1, 1)

    found = until(lambda: counted((now := stats())["totals"]) and now)
    assert found["state"] == "running"
    assert found["totals"]["bytes_in"] == 80
    assert found["totals"]["dropped"] == 0


def test_prometheus(page: dashboard.Dashboard, pipe: Pipe) -> None:
    pipe.send(b"12345")
    lines = ask(page, "metrics").body.decode().splitlines()
    assert 'ohmq_device_messages_total{side="in"} 1.0' in lines
    assert 'ohmq_device_bytes_total{side="in"} 5.0' in lines
    assert 'ohmq_device_messages_total{side="out"} 0.0' in lines
    assert 'ohmq_device_peers{side="in"} 1.0' in lines
    blocked = 'ohmq_device_blocked_seconds_total{side="in"} '  # until the sink was connected
    assert any(line.startswith(blocked) for line in lines)
    assert "ohmq_device_monitor_dropped_total 0.0" in lines
    assert 'ohmq_device_state{ohmq_device_state="running"} 1.0' in lines
    other = ask(page, "metrics", Accept="application/openmetrics-text; version=1.0.0")
    assert other.headers["Content-Type"].startswith("application/openmetrics-text")
    assert other.body.endswith(b"# EOF\n")


def test_a_cache_of_last_values(socket: Callable[..., zmq.Socket]) -> None:
    cache = ThreadLastValueCache(max_entries=1)
    cache.bind_in("tcp://127.0.0.1:*")
    cache.bind_out("tcp://127.0.0.1:*")
    with cache:
        cache.start()
        publisher = socket(zmq.XPUB)
        publisher.connect(cache.endpoints["in"][0])
        publisher.recv()
        for topic in (b"a", b"b"):
            publisher.send_multipart([topic, b"12345"])
        until(lambda: cache.stats().cache_evicted == 1)
        with dashboard.serve(cache, "127.0.0.1:*") as page:
            totals = json.loads(ask(page, "api/stats").body)["totals"]
            assert [totals[f"cache_{name}"] for name in ("entries", "bytes", "evicted")] == [
                1,
                6,
                1,
            ]
            lines = ask(page, "metrics").body.decode().splitlines()
            assert "ohmq_device_cache_entries 1.0" in lines
            assert "ohmq_device_cache_bytes 6.0" in lines
            assert "ohmq_device_cache_evicted_total 1.0" in lines


def test_numbers_are_fresh(device: Any, pipe: Pipe) -> None:
    with dashboard.serve(device, "127.0.0.1:*") as page:
        page._watcher.end(5)  # so what it read last grows old
        for number in range(1, 4):
            pipe.send(b"x")
            assert f'messages_total{{side="in"}} {number}.0' in ask(page, "metrics").body.decode()
            assert json.loads(ask(page, "api/stats").body)["totals"]["messages_in"] == number


def test_numbers_of_a_device_that_does_not_answer(
    device: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Scrapes go on, with what was last known; they do not gather threads that wait."""
    monkeypatch.setattr(stats_query, "TIMEOUT_S", 0.05)
    over, asked = threading.Event(), []
    with dashboard.serve(device, "127.0.0.1:*") as page:
        page._watcher.end(5)

        def hang() -> None:
            asked.append(threading.current_thread())
            over.wait()

        monkeypatch.setattr(device, "stats", hang)
        for _ in range(3):
            assert 'messages_total{side="in"} 0.0' in ask(page, "metrics").body.decode()
        assert len(asked) == 1
        over.set()
        asked[0].join(10)
        assert not asked[0].is_alive()


def test_health(page: dashboard.Dashboard, device: Any) -> None:
    assert (ask(page, "healthz").code, ask(page, "healthz").body) == (200, b"ok\n")
    device.stop()
    until(lambda: ask(page, "healthz").code == 503)
    assert ask(page, "healthz").body == b"stopped\n"


# ---- actions that need the token


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


def test_control_needs_the_token(page: dashboard.Dashboard, device: Any) -> None:
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
            for method in ("GET", "HEAD"):
                assert ask(page, path, method).code == 401, path
                assert ask(page, path, method, **BEARER).code == 200, path
        # The page asks for the token, and holds nothing else: no name, no endpoint, no number.
        for path in ("", "static/page.js", "static/bokeh/bokeh.min.js", "charts.json"):
            answer = ask(page, path)
            assert answer.code == 200, path
            for secret in ("ThreadMonitoredQueue", device.endpoints["in"][0], TOKEN):
                assert secret.encode() not in answer.body
        assert all(
            points == []
            for chart in json.loads(ask(page, "charts.json").body).values()
            for points in _columns(chart)
        )
        assert ask(page, "healthz").code == 200
        assert ask(page, Host="evil.example").code == 403
        asyncio.run(_locked_feed(page))


def _columns(chart: Any) -> list[Any]:
    """The data of a chart, at any depth: the lists beneath "data"."""
    if isinstance(chart, list):
        return [each for part in chart for each in _columns(part)]
    if not isinstance(chart, dict):
        return []
    if chart.get("type") == "map" and any(name == "time" for name, _ in chart["entries"]):
        return [values for _, values in chart["entries"]]
    return [each for part in chart.values() for each in _columns(part)]


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
