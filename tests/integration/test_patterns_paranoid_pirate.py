"""Paranoid pirate: the broker finds out which workers live, and workers find their broker."""

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
    for name in ("paranoid_pirate/broker.py", "paranoid_pirate/worker.py", "lazy_pirate/client.py")
)
HEARTBEAT = ["--heartbeat-ms", "250"]
HOUR_MS = 3_600_000
# Of work that a signal is to end: time.sleep misses one that comes just before it begins to sleep.
SLEEP_MS = 15_000
Start = Callable[..., Child]


class Pirates:
    """Starts the programs at two addresses of their own."""

    def __init__(self, child: Start, clients: str, workers: str) -> None:
        self.child = child
        self.clients = clients
        self.workers = workers

    def broker(self) -> Child:
        binds = ["--bind", self.clients, "--bind-workers", self.workers]
        broker = self.child([BROKER, *binds, *HEARTBEAT])
        assert broker.line() == f"listening at {self.clients}"
        assert broker.line() == f"listening at {self.workers}"
        return broker

    def worker(self, work_ms: int = 0) -> Child:
        work = ["--work-ms", str(work_ms)]
        return self.child([WORKER, "--connect", self.workers, *work, *HEARTBEAT])

    def ask(self, *texts: str, timeout_ms: int = HOUR_MS) -> Child:
        limits = ["--timeout-ms", str(timeout_ms), "--attempts", "60"]
        return self.child([CLIENT, "--connect", self.clients, *limits, *texts])


@pytest.fixture
def pirates(child: Start, endpoint: Callable[[str], str]) -> Pirates:
    # Of ipc: the next broker can have the addresses of one that was killed, and no other test.
    return Pirates(child, endpoint("ipc"), endpoint("ipc"))


def test_an_idle_worker_that_died_gets_no_request(pirates: Pirates) -> None:
    broker = pirates.broker()
    dead = pirates.worker()
    assert broker.line() == "new worker"
    assert ipc_connections(pirates.workers) == 1
    dead.kill()
    until(lambda: ipc_connections(pirates.workers) == 0)
    pirates.worker()
    assert broker.line() == "new worker"
    client = pirates.ask("hello")
    assert (client.line(), client.wait(), client.complaint()) == ("HELLO", 0, "")
    assert broker.line() == "a worker has gone"


def test_an_idle_worker_that_hangs_gets_no_request_and_comes_back(pirates: Pirates) -> None:
    broker = pirates.broker()
    hung = pirates.worker()
    assert broker.line() == "new worker"
    assert ipc_connections(pirates.workers) == 1
    os.kill(hung.pid, signal.SIGSTOP)
    until(lambda: ipc_connections(pirates.workers) == 0)  # no answer to libzmq's heartbeats
    client = pirates.ask("hello")
    assert broker.line() == "a worker has gone"
    os.kill(hung.pid, signal.SIGCONT)
    assert (client.line(), client.wait(), client.complaint()) == ("HELLO", 0, "")
    assert broker.line() == "new worker"


def test_the_client_asks_again_when_a_worker_dies_with_its_request(pirates: Pirates) -> None:
    pirates.broker()
    doomed = pirates.worker(work_ms=HOUR_MS)
    client = pirates.ask("hello", "again", timeout_ms=1000)
    assert doomed.line() == "got hello"
    doomed.kill()
    pirates.worker()
    assert [client.line(), client.line(), client.wait()] == ["HELLO", "AGAIN", 0]
    assert "no answer to attempt 1" in client.complaint()


def test_workers_come_back_to_a_broker_that_is_started_again(pirates: Pirates) -> None:
    first = pirates.broker()
    workers = [pirates.worker(), pirates.worker()]
    assert [first.line(), first.line()] == ["new worker"] * 2
    first.kill()
    client = pirates.ask("hello", timeout_ms=1000)
    until(lambda: "attempt 1" in client.complaint())
    second = pirates.broker()
    assert [second.line(), second.line()] == ["new worker"] * 2
    assert (client.line(), client.wait()) == ("HELLO", 0)
    assert [worker.process.poll() for worker in workers] == [None, None]


def test_many_requests_while_workers_die(pirates: Pirates) -> None:
    """Each client gets all its answers, in order."""
    pirates.broker()
    texts = [f"text{number}" for number in range(30)]
    clients = [pirates.ask(*texts, timeout_ms=1000) for _ in range(3)]
    for _ in range(2):
        doomed = [pirates.worker(work_ms=20), pirates.worker(work_ms=20)]
        for worker in doomed:
            for _ in range(5):
                worker.line()
            worker.kill()
    pirates.worker()
    for client in clients:
        assert [client.line() for _ in texts] == [text.upper() for text in texts]
        assert client.wait() == 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signals_end_both(pirates: Pirates, number: signal.Signals) -> None:
    broker, worker = pirates.broker(), pirates.worker(work_ms=SLEEP_MS)
    pirates.ask("hello")
    assert worker.line() == "got hello"
    for process in (worker, broker):
        os.kill(process.pid, number)
        assert (process.wait(), process.complaint()) == (0, "")
