"""Titanic: what the store has accepted is answered, whatever dies meanwhile."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from helpers.interpreters import ROOT
from helpers.processes import Child
from helpers.waiting import until

PATTERNS = ROOT / "examples" / "patterns"
STORE, CLIENT, SERVER = (
    str(PATTERNS / name)
    for name in ("titanic/store.py", "titanic/client.py", "lazy_pirate/server.py")
)
HOUR_MS = 3_600_000
Start = Callable[..., Child]


class Ship:
    """Starts the programs at addresses, and on a file, of their own."""

    def __init__(self, child: Start, clients: str, service: str, file: Path) -> None:
        self.child = child
        self.clients = clients
        self.service = service
        self.file = file

    def store(self, retry_ms: int = 500) -> Child:
        places = ["--bind", self.clients, "--connect", self.service, "--file", str(self.file)]
        store = self.child([STORE, *places, "--retry-ms", str(retry_ms)])
        assert store.line() == f"listening at {self.clients}"
        return store

    def serve(self, work_ms: int = 0) -> Child:
        server = self.child([SERVER, "--bind", self.service, "--work-ms", str(work_ms)])
        assert server.line() == f"listening at {self.service}"
        return server

    def client(self, command: str, *words: str) -> Child:
        limits = ["--connect", self.clients, "--timeout-ms", "1000"]
        return self.child([CLIENT, *limits, command, *words])

    def submit(self, *texts: str) -> list[str]:
        """Tickets."""
        client = self.client("submit", *texts)
        tickets = [client.line() for _ in texts]
        assert client.wait() == 0
        return tickets

    def fetch(self, *tickets: str) -> list[str]:
        """Answers."""
        client = self.client("fetch", *tickets)
        answers = [client.line() for _ in tickets]
        assert client.wait() == 0
        return answers


@pytest.fixture
def ship(child: Start, endpoint: Callable[[str], str], tmp_path: Path) -> Ship:
    # Of ipc: what is started again can have the address of before, and no other test.
    return Ship(child, endpoint("ipc"), endpoint("ipc"), tmp_path / "titanic.db")


def test_client_store_and_service_are_never_there_together(ship: Ship) -> None:
    store = ship.store()
    tickets = ship.submit("hello", "world")
    store.kill()
    ship.serve()
    store = ship.store()
    assert ship.fetch(*tickets) == ["HELLO", "WORLD"]


def test_a_service_that_dies_with_a_request(ship: Ship) -> None:
    ship.store()
    doomed = ship.serve(work_ms=HOUR_MS)
    tickets = ship.submit("hello", "world")
    assert doomed.line() == "got hello"
    doomed.kill()
    ship.serve()
    assert ship.fetch(*tickets) == ["HELLO", "WORLD"]


def test_a_store_that_dies_while_the_service_works(ship: Ship) -> None:
    store = ship.store(retry_ms=HOUR_MS)
    server = ship.serve(work_ms=500)
    tickets = ship.submit("hello")
    assert server.line() == "got hello"
    store.kill()
    ship.store(retry_ms=HOUR_MS)
    assert ship.fetch(*tickets) == ["HELLO"]
    assert server.line() == "got hello"


def test_all_that_is_accepted_is_answered_while_stores_die(ship: Ship) -> None:
    """The client has a ticket for each text, and each ticket its answer."""
    ship.serve(work_ms=5)
    store = ship.store()
    texts = [f"text{number}" for number in range(60)]
    client = ship.client("submit", *texts)
    tickets = []
    for _ in range(3):
        tickets += [client.line() for _ in range(15)]
        store.kill()
        store = ship.store()
    tickets += [client.line() for _ in range(15)]
    assert client.wait() == 0
    assert len(set(tickets)) == len(texts)
    assert ship.fetch(*tickets) == [text.upper() for text in texts]


def test_an_answer_is_kept_until_it_has_been_fetched(ship: Ship) -> None:
    store, server = ship.store(), ship.serve()
    (ticket,) = ship.submit("hello")
    assert server.line() == "got hello"
    store.kill()
    ship.store()
    assert ship.fetch(ticket) == ["HELLO"]
    late = ship.client("fetch", ticket)
    assert late.wait() == 1
    assert "does not know this ticket" in late.complaint()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signals_end_both(ship: Ship, number: signal.Signals) -> None:
    store = ship.store()
    (ticket,) = ship.submit("hello")
    client = ship.client("fetch", ticket)
    os.kill(store.pid, number)
    assert (store.wait(), store.complaint()) == (0, "")
    until(lambda: "asking again" in client.complaint())
    os.kill(client.pid, number)
    assert client.wait() == 0
