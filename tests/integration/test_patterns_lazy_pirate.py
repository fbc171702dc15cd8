"""Lazy pirate: a client gets its answer although servers die."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable

import pytest

from helpers.interpreters import ROOT
from helpers.processes import Child
from helpers.waiting import until

CLIENT, SERVER = (
    str(ROOT / "examples" / "patterns" / "lazy_pirate" / name)
    for name in ("client.py", "server.py")
)
# Of work that a signal is to end: time.sleep misses one that comes just before it begins to sleep.
SLEEP_MS = 15_000
Start = Callable[..., Child]


@pytest.fixture
def address(endpoint: Callable[[str], str]) -> str:
    # Of ipc: the next server can have the address of one that was killed, and no other test.
    return endpoint("ipc")


def serve(child: Start, address: str, work_ms: int = 0) -> Child:
    server = child([SERVER, "--bind", address, "--work-ms", str(work_ms)])
    assert server.line() == f"listening at {address}"
    return server


def ask(
    child: Start, address: str, *texts: str, timeout_ms: int = 1000, attempts: int = 30
) -> Child:
    limits = ["--timeout-ms", str(timeout_ms), "--attempts", str(attempts)]
    return child([CLIENT, "--connect", address, *limits, *texts])


def test_the_server_dies_with_the_request_and_another_one_answers(
    child: Start, address: str
) -> None:
    first = serve(child, address, work_ms=3_600_000)
    client = ask(child, address, "hello", "again")
    assert first.line() == "got hello"
    first.kill()
    second = serve(child, address)
    assert client.line() == "HELLO"
    assert client.line() == "AGAIN"
    assert client.wait() == 0
    assert second.line() == "got hello"


def test_a_server_that_hangs_is_asked_again(child: Start, address: str) -> None:
    """One that is stopped keeps its connection: only the time tells."""
    server = serve(child, address)
    client = ask(child, address, "warm")
    assert (client.line(), client.wait()) == ("WARM", 0)
    os.kill(server.pid, signal.SIGSTOP)
    client = ask(child, address, "hello", timeout_ms=200, attempts=150)
    until(lambda: "attempt 2" in client.complaint())
    os.kill(server.pid, signal.SIGCONT)
    assert client.line() == "HELLO"
    assert client.wait() == 0


def test_the_client_comes_first(child: Start, address: str) -> None:
    client = ask(child, address, "hello", timeout_ms=200, attempts=150)
    until(lambda: "attempt 1" in client.complaint())
    server = serve(child, address)
    assert client.line() == "HELLO"
    assert client.wait() == 0
    assert server.line() == "got hello"


def test_without_a_server_it_gives_up(child: Start, address: str) -> None:
    client = ask(child, address, "hello", timeout_ms=50, attempts=3)
    assert client.wait() == 1
    assert "attempt 3" in client.complaint()
    assert "hello: no answer after 3 attempts" in client.complaint()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signals_end_both(child: Start, address: str, number: signal.Signals) -> None:
    server = serve(child, address, work_ms=SLEEP_MS)
    client = ask(child, address, "hello", timeout_ms=60_000)
    assert server.line() == "got hello"
    for process in (client, server):
        os.kill(process.pid, number)
        assert process.wait() == 0
        assert process.complaint() == ""
