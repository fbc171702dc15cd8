"""Freelance: a client gets its answers as long as one of its servers lives."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable

import pytest

from helpers.interpreters import ROOT
from helpers.processes import Child

PATTERNS = ROOT / "examples" / "patterns"
CLIENT = str(PATTERNS / "freelance" / "client.py")
SERVER = str(PATTERNS / "lazy_pirate" / "server.py")
Start = Callable[..., Child]


@pytest.fixture
def addresses(endpoint: Callable[[str], str]) -> list[str]:
    return [endpoint("ipc") for _ in range(3)]


def serve(child: Start, address: str) -> Child:
    server = child([SERVER, "--bind", address])
    assert server.line() == f"listening at {address}"
    return server


def start_client(
    child: Start, addresses: list[str], *texts: str, hedge_ms: int = 500, timeout_ms: int = 30_000
) -> Child:
    connects = [word for address in addresses for word in ("--connect", address)]
    limits = ["--hedge-ms", str(hedge_ms), "--timeout-ms", str(timeout_ms)]
    return child([CLIENT, *connects, *limits, *texts])


def answer(client: Child, text: str) -> str:
    """The address of the server that answers."""
    client.write(text)
    head, _, address = client.line().partition(" from ")
    assert head == text.upper()
    return address


def test_servers_die_until_one_is_left(child: Start, addresses: list[str]) -> None:
    servers = {address: serve(child, address) for address in addresses}
    client = start_client(child, addresses)
    for number in range(2):
        address = answer(client, f"before{number}")
        servers.pop(address).kill()
        assert answer(client, f"after{number}") in servers
    (left,) = servers
    assert [answer(client, f"last{number}") for number in range(20)] == [left] * 20


def test_a_server_that_answers_stays_the_one_that_is_asked(
    child: Start, addresses: list[str]
) -> None:
    """Others get no requests while it is in time."""
    serve(child, addresses[2])
    client = start_client(child, addresses, hedge_ms=20_000)
    # The servers before it are not there, which costs nothing.
    assert answer(client, "hello") == addresses[2]
    others = [serve(child, address) for address in addresses[:2]]
    assert {answer(client, f"text{number}") for number in range(50)} == {addresses[2]}
    for other in others:
        os.kill(other.pid, signal.SIGTERM)
        with pytest.raises(AssertionError, match="the child ended with 0"):
            other.line()  # it has printed no request


def test_a_server_that_hangs_costs_the_hedge_once(child: Start, addresses: list[str]) -> None:
    """Its late answers are not taken for answers to other requests."""
    hung = serve(child, addresses[0])
    client = start_client(child, addresses[:2])
    assert answer(client, "hello") == addresses[0]
    serve(child, addresses[1])
    os.kill(hung.pid, signal.SIGSTOP)
    assert answer(client, "while it hangs") == addresses[1]
    os.kill(hung.pid, signal.SIGCONT)
    assert [hung.line(), hung.line()] == ["got hello", "got while it hangs"]
    for number in range(20):
        answer(client, f"text{number}")


def test_all_servers_die_and_one_comes_back(child: Start, addresses: list[str]) -> None:
    servers = [serve(child, address) for address in addresses]
    client = start_client(child, addresses)
    answer(client, "hello")
    for server in servers:
        server.kill()
    client.write("is anyone there")
    serve(child, addresses[1])
    assert client.line() == f"IS ANYONE THERE from {addresses[1]}"


def test_without_servers_it_gives_up(child: Start, addresses: list[str]) -> None:
    client = start_client(child, addresses, "hello", hedge_ms=20, timeout_ms=200)
    assert client.wait() == 1
    assert client.complaint() == "hello: no server answered within 200 ms\n"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signals_end_it(child: Start, addresses: list[str], number: signal.Signals) -> None:
    serve(child, addresses[0])
    client = start_client(child, addresses)
    answer(client, "hello")
    os.kill(client.pid, number)
    assert (client.wait(), client.complaint()) == (0, "")
