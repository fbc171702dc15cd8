"""Limits for clients without a token: connections, descriptors, memory."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import logging
import os
import signal
import socket as os_socket
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest

import zmq
from helpers.dashboard import TOKEN, MakeSocket, ask, closed, leave, listen, next_said
from helpers.processes import Child
from helpers.sockets import ANY
from helpers.waiting import until
from zmq import dashboard
from zmq.dashboard import connection_limit, server

HALF = b"GET / HTTP/1.1\r\nX: "


@pytest.fixture
def crowd() -> Iterator[Callable[[tuple[str, int], int], list[os_socket.socket]]]:
    """Opens connections that send half a request each, and then nothing."""
    found: list[os_socket.socket] = []

    def gather(address: tuple[str, int], count: int) -> list[os_socket.socket]:
        for _ in range(count):
            one = os_socket.create_connection(address, timeout=10)
            found.append(one)
            with contextlib.suppress(OSError):  # it may have been closed at once
                one.sendall(HALF)
            one.setblocking(False)
        return found

    yield gather
    for one in found:
        one.close()


def is_closed(one: os_socket.socket) -> bool:
    """Whether the other end has hung up."""
    try:
        return one.recv(1) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True


def health(address: tuple[str, int]) -> bytes:
    """The answer to a request for /healthz."""
    with os_socket.create_connection(address, timeout=10) as one:
        one.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        return one.makefile("rb").read()


def let_in(page: dashboard.Dashboard) -> int:
    """How many connections the dashboard has open."""
    return 0 if page._server is None else page._server.connections.count()


def open_of(connections: list[os_socket.socket]) -> int:
    return sum(not is_closed(one) for one in connections)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs the limit of descriptors of a POSIX")
def test_a_crowd_does_not_take_the_device_down(
    child: Callable[..., Child],
    socket: MakeSocket,
    crowd: Callable[[tuple[str, int], int], list[os_socket.socket]],
) -> None:
    program = (
        "import resource, runpy, sys; resource.setrlimit(resource.RLIMIT_NOFILE, (200, 200));"
        "sys.argv[0] = 'ohmq'; runpy.run_module('zmq', run_name='__main__')"
    )
    options = ["--in", ANY, "--out", ANY, "--monitor", ANY, "--dashboard", "127.0.0.1:*"]
    device = child(["-c", program, "device", "queue", *options])
    ins, outs, _, url = (device.line().split()[-1] for _ in range(4))
    where = urlsplit(url)
    assert where.hostname
    assert where.port
    half = crowd((where.hostname, where.port), 250)
    # Most are closed at once, and far fewer than there are descriptors stay.
    until(lambda: open_of(half) <= 50)
    client, worker = socket(zmq.REQ), socket(zmq.REP)
    client.connect(ins)
    worker.connect(outs)
    client.send(b"question")
    assert worker.poll(10_000)
    worker.send(worker.recv())
    assert client.poll(10_000)
    assert client.recv() == b"question"
    # The rest of them do not stay for ever, and then the page is there again.
    until(lambda: open_of(half) == 0, 30)
    assert health((where.hostname, where.port)).endswith(b"\r\n\r\nok\n")
    os.kill(device.pid, signal.SIGTERM)
    assert device.wait() == 0
    complaint = device.complaint()
    assert "Traceback" not in complaint
    assert len(complaint.splitlines()) <= 1, complaint


def test_half_a_request_and_an_idle_connection_end(
    device: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "IDLE_S", 0.2)
    with dashboard.serve(device, "127.0.0.1:*") as page, contextlib.ExitStack() as stack:

        def connect(said: bytes) -> os_socket.socket:
            one = stack.enter_context(os_socket.create_connection(page.address, timeout=10))
            one.sendall(said)
            return one

        assert connect(b"").recv(1) == b""
        assert connect(HALF).recv(1) == b""
        answered = connect(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert answered.makefile("rb").read().endswith(b"ok\n")


def test_a_connection_that_does_not_read_the_answer_is_closed(
    device: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection_limit, "CHECK_S", 0.2)
    monkeypatch.setattr(server, "IDLE_S", 3600)
    request = b"GET /static/bokeh/bokeh.min.js HTTP/1.1\r\nHost: localhost\r\n\r\n"

    async def story() -> None:
        with dashboard.serve(device, "127.0.0.1:*") as page:
            feed = await listen(page)  # made before, and not meant
            await next_said(feed, "hello")
            with os_socket.socket() as one:
                one.setsockopt(os_socket.SOL_SOCKET, os_socket.SO_RCVBUF, 4096)
                one.connect(page.address)
                one.sendall(request * 20)  # more than any buffer on the way takes
                assert await asyncio.to_thread(one.recv, 1)
                await asyncio.to_thread(until, lambda: let_in(page) == 1)
            await next_said(feed, "tick")
            await leave(feed)

    asyncio.run(story())


def test_open_pages_count_and_leave_room(device: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection_limit, "MAX_CONNECTIONS", 6)

    async def story() -> None:
        with dashboard.serve(device, "127.0.0.1:*") as page:
            feeds = [await listen(page) for _ in range(3)]
            for feed in feeds:
                await next_said(feed, "hello")
            late = await listen(page)
            await closed(late)
            assert late.close_code == 4429
            answer = await asyncio.to_thread(ask, page, "healthz")
            assert answer.code == 200
            for feed in feeds:
                await leave(feed)

    asyncio.run(story())


def test_too_many_connections(
    device: Any,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    crowd: Callable[[tuple[str, int], int], list[os_socket.socket]],
) -> None:
    monkeypatch.setattr(connection_limit, "MAX_CONNECTIONS", 6)
    monkeypatch.setattr(server, "IDLE_S", 3600)
    with dashboard.serve(device, "127.0.0.1:*") as page:
        half = crowd(page.address, 30)
        until(lambda: open_of(half) == 6)
        for one in half:
            one.close()
        until(lambda: let_in(page) == 0)
        assert ask(page, "healthz").code == 200
    assert [each.levelname for each in caplog.records if each.name == "zmq.dashboard"] == [
        "WARNING"
    ]


def test_without_descriptors_it_waits(
    device: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Accepting fails as it does when the program has used up its descriptors otherwise."""
    failures = [errno.EMFILE, errno.ENFILE, errno.EMFILE]
    monkeypatch.setattr(connection_limit, "BACK_OFF_S", 0.05)
    accept = os_socket.socket.accept

    def scarce(one: os_socket.socket) -> Any:
        found = accept(one)
        if failures:
            found[0].close()
            code = failures.pop()
            raise OSError(code, os.strerror(code))
        return found

    with dashboard.serve(device, "127.0.0.1:*") as page:
        monkeypatch.setattr(os_socket.socket, "accept", scarce)

        def answers() -> bool:
            try:
                return health(page.address).endswith(b"ok\n")
            except ConnectionError:
                return False

        until(answers)
    assert not failures
    told = [each for each in caplog.records if each.levelno >= logging.WARNING]
    assert [each.name for each in told] == ["zmq.dashboard"]
    assert told[0].exc_info is None


def test_sizes_are_capped(page: dashboard.Dashboard) -> None:
    def answer(said: bytes) -> bytes:
        with os_socket.create_connection(page.address, timeout=10) as one:
            with contextlib.suppress(ConnectionError):
                one.sendall(said)
            try:
                return bytes(one.recv(1000))
            except ConnectionError:
                return b""

    head = b"POST /api/pause HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer "
    head += TOKEN.encode() + b"\r\n"
    assert b" 200 " not in answer(head + b"X: " + b"x" * 20_000 + b"\r\n\r\n")
    too_long = answer(head + b"Content-Length: 20000\r\n\r\n" + b"x" * 20_000)
    assert b" 200 " not in too_long
    assert page._hub.source.state() == "running"
