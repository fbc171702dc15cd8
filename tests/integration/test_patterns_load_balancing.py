"""Load balancing: workers that are busy, or dead, get no requests."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable

import pytest

from helpers.interpreters import ROOT
from helpers.processes import Child
from helpers.sockets import ipc_connections
from helpers.waiting import until

PATTERNS = ROOT / "examples" / "patterns"
BROKER, WORKER, CLIENT = (
    str(PATTERNS / name)
    for name in ("load_balancing/broker.py", "load_balancing/worker.py", "lazy_pirate/client.py")
)
HOUR_MS = 3_600_000
# Of work that a signal is to end: time.sleep misses one that comes just before it begins to sleep.
SLEEP_MS = 15_000
Start = Callable[..., Child]


class Balance:
    """Starts the programs at two addresses of their own."""

    def __init__(self, child: Start, clients: str, workers: str) -> None:
        self.child = child
        self.clients = clients
        self.workers = workers

    def broker(self) -> Child:
        broker = self.child([BROKER, "--bind", self.clients, "--bind-workers", self.workers])
        assert broker.line() == f"listening at {self.clients}"
        assert broker.line() == f"listening at {self.workers}"
        return broker

    def worker(self, work_ms: int = 0) -> Child:
        return self.child([WORKER, "--connect", self.workers, "--work-ms", str(work_ms)])

    def ask(self, *texts: str, timeout_ms: int = HOUR_MS) -> Child:
        limits = ["--timeout-ms", str(timeout_ms), "--attempts", "60"]
        return self.child([CLIENT, "--connect", self.clients, *limits, *texts])


@pytest.fixture
def balance(child: Start, endpoint: Callable[[str], str]) -> Balance:
    # Of ipc: the next broker can have the addresses of one that was killed, and no other test.
    return Balance(child, endpoint("ipc"), endpoint("ipc"))


def test_a_busy_worker_holds_no_request_up(balance: Balance) -> None:
    balance.broker()
    busy = balance.worker(work_ms=HOUR_MS)
    balance.ask("long")
    assert busy.line() == "got long"
    quick = balance.worker()
    texts = [f"text{number}" for number in range(50)]
    client = balance.ask(*texts)
    assert [client.line() for _ in texts] == [text.upper() for text in texts]
    assert (client.wait(), client.complaint()) == (0, "")
    assert [quick.line() for _ in texts] == [f"got {text}" for text in texts]


def test_requests_wait_for_the_first_worker(balance: Balance) -> None:
    balance.broker()
    clients = [balance.ask(text) for text in ("a", "b", "c")]
    balance.worker()
    assert [client.line() for client in clients] == ["A", "B", "C"]
    assert [client.complaint() for client in clients] == [""] * 3


def test_the_worker_that_was_idle_the_longest_is_next(balance: Balance) -> None:
    broker = balance.broker()
    workers = []
    for _ in range(3):
        workers.append(balance.worker())
        assert broker.line() == "new worker"
    texts = ["a", "b", "c", "d", "e", "f"]
    client = balance.ask(*texts)
    assert client.wait() == 0
    got = [[worker.line(), worker.line()] for worker in workers]
    assert got == [["got a", "got d"], ["got b", "got e"], ["got c", "got f"]]


def test_an_idle_worker_that_died_gets_no_request(balance: Balance) -> None:
    broker = balance.broker()
    dead = balance.worker()
    assert broker.line() == "new worker"
    assert ipc_connections(balance.workers) == 1
    dead.kill()
    until(lambda: ipc_connections(balance.workers) == 0)
    client = balance.ask("hello")
    assert broker.line() == "a worker has gone"
    balance.worker()
    assert (client.line(), client.wait(), client.complaint()) == ("HELLO", 0, "")


def test_the_client_asks_again_when_a_worker_dies_with_its_request(balance: Balance) -> None:
    balance.broker()
    doomed = balance.worker(work_ms=HOUR_MS)
    client = balance.ask("hello", "again", timeout_ms=1000)
    assert doomed.line() == "got hello"
    doomed.kill()
    balance.worker()
    assert [client.line(), client.line(), client.wait()] == ["HELLO", "AGAIN", 0]
    assert "no answer to attempt 1" in client.complaint()


def test_workers_come_back_to_a_broker_that_is_started_again(balance: Balance) -> None:
    first = balance.broker()
    balance.worker()
    assert first.line() == "new worker"
    first.kill()
    second = balance.broker()
    assert second.line() == "new worker"
    client = balance.ask("hello")
    assert (client.line(), client.wait(), client.complaint()) == ("HELLO", 0, "")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signals_end_both(balance: Balance, number: signal.Signals) -> None:
    broker, worker = balance.broker(), balance.worker(work_ms=SLEEP_MS)
    balance.ask("hello")
    assert worker.line() == "got hello"
    for process in (worker, broker):
        os.kill(process.pid, number)
        assert (process.wait(), process.complaint()) == (0, "")
