"""Sources of a dashboard, its start and end, and the command."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket as os_socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from tornado.httpclient import HTTPClient

import zmq
from helpers.command import start as start_cli
from helpers.dashboard import (
    BEARER,
    TOKEN,
    MakeSocket,
    Pipe,
    ask,
    closed,
    found_by,
    leave,
    listen,
    look_and_leave,
    next_said,
    start,
)
from helpers.processes import Child
from helpers.sockets import ANY, free_address
from helpers.waiting import until
from zmq import dashboard
from zmq.cli.supervisor.config import load_config
from zmq.cli.supervisor.supervised import Supervised
from zmq.devices import ProcessMonitoredQueue, Relay, ThreadDevice, ThreadProxy

ANY_PAGE = "127.0.0.1:*"


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
    assert message["direction"] == "in_to_out"
    await leave(feed)


def test_health_of_a_monitor(child: Callable[..., Child]) -> None:
    monitor = free_address()
    queue = ["device", "queue", "--in", ANY, "--out", ANY, "--monitor", monitor]
    watching = child(start_cli("dashboard", monitor, "--listen", "127.0.0.1:*"))
    url = [watching.line().split()[1] for _ in range(2)][1]
    client = HTTPClient()

    def health() -> tuple[int, bytes]:
        answer = client.fetch(f"{url}healthz", raise_error=False)
        return answer.code, answer.body

    try:
        assert health() == (503, b"not connected\n")
        for _ in range(2):
            device = child(start_cli(*queue))
            until(lambda: health() == (200, b"ok\n"), 20)
            device.kill()
            until(lambda: health() == (503, b"not connected\n"))
    finally:
        client.close()


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
        asyncio.run(_other_device(page, pipe, "in_to_out" if kind is ProcessMonitoredQueue else ""))
        assert ask(page, "api/pause", "POST", **BEARER).code == 200
        assert device.state == "paused"


async def _other_device(page: dashboard.Dashboard, pipe: Pipe, direction: str) -> None:
    feed = await listen(page)
    # Named as a prefix is: a proxy has none, so nothing may be taken away.
    message = await found_by(feed, lambda: pipe.send(b"in", b"x"), b"x")
    assert (message["direction"], message["n_parts"]) == (direction, 2)
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


@contextmanager
def supervised(tmp_path: Path, monitor: str) -> Iterator[Supervised]:
    """A device of a configuration, as the supervisor runs it."""
    file = tmp_path / "devices.toml"
    sides = f'kind = "streamer"\nin = "{ANY}"\nout = "{ANY}"\n'
    file.write_text(f"[device.pipe]\n{sides}{monitor}")
    config = load_config(str(file))
    device = Supervised(config.devices[0], config.supervisor, lambda event: None)
    device.start()
    try:
        until(lambda: device.state == "running" and device.endpoints)
        yield device
    finally:
        device.stop(1)


@pytest.mark.parametrize("kind", ["pub", "xpub"])
def test_messages_of_a_supervised_device(kind: str, tmp_path: Path, socket: MakeSocket) -> None:
    monitor = f'monitor = "{ANY}"\nmonitor_type = "{kind}"\n'
    with supervised(tmp_path, monitor) as device, dashboard.serve(device, ANY_PAGE, TOKEN) as page:
        assert page._source.about.no_messages == ""
        asyncio.run(look_and_leave(page, Pipe(device, socket)))


@pytest.mark.parametrize(
    ("monitor", "words"),
    [("", "no monitor"), (f'monitor = "{ANY}"\nmonitor_type = "push"\n', "one reader")],
)
def test_supervised_devices_without_messages_to_see(
    monitor: str, words: str, tmp_path: Path
) -> None:
    with supervised(tmp_path, monitor) as device, dashboard.serve(device, ANY_PAGE) as page:
        assert words in page._source.about.no_messages


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
        asyncio.run(look_and_leave(page, pipe))
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
        (["foo"], 2, "ENDPOINT 'foo': no transport"),
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
