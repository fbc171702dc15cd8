"""Majordomo: each request gets its answer, whatever dies of workers and brokers."""

from __future__ import annotations

import os
import signal
from collections import Counter
from collections.abc import Callable

import pytest

from helpers.interpreters import ROOT
from helpers.processes import Child
from helpers.waiting import until

BROKER, WORKER, CLIENT = (
    str(ROOT / "examples" / "patterns" / "majordomo" / name)
    for name in ("broker.py", "worker.py", "client.py")
)
HEARTBEAT = ["--heartbeat-ms", "500"]
HOUR_MS = 3_600_000
# Of work that a signal is to end: time.sleep misses one that comes just before it begins to sleep.
SLEEP_MS = 15_000
Start = Callable[..., Child]


@pytest.fixture
def address(endpoint: Callable[[str], str]) -> str:
    # Of ipc: the next broker can have the address of one that was killed, and no other test.
    return endpoint("ipc")


def start_broker(child: Start, address: str) -> Child:
    broker = child([BROKER, "--bind", address, *HEARTBEAT])
    assert broker.line() == f"listening at {address}"
    return broker


def start_worker(child: Start, address: str, work_ms: int = 0, service: str = "capitals") -> Child:
    return child([WORKER, "--connect", address, "--work-ms", str(work_ms), *HEARTBEAT, service])


def ask(child: Start, address: str, *texts: str, timeout_ms: int = HOUR_MS) -> Child:
    limits = ["--timeout-ms", str(timeout_ms), "--attempts", "60"]
    return child([CLIENT, "--connect", address, *limits, "capitals", *texts])


def wait_for(process: Child, *wanted: str) -> list[str]:
    """Lines of a process until each of the wanted ones has come."""
    left, lines = Counter(wanted), []
    while left:
        lines.append(process.line())
        left -= Counter(lines[-1:])
    return lines


def test_the_request_of_a_worker_that_dies_goes_to_another(child: Start, address: str) -> None:
    """The client waits for its only attempt."""
    broker = start_broker(child, address)
    doomed = start_worker(child, address, work_ms=HOUR_MS)
    client = ask(child, address, "hello", "again")
    assert doomed.line() == "got hello"
    other = start_worker(child, address)
    doomed.kill()
    assert client.line() == "HELLO"
    assert client.line() == "AGAIN"
    assert (client.wait(), client.complaint()) == (0, "")
    wait_for(broker, "lost a worker for capitals")
    wait_for(other, "got hello", "got again")


def test_a_worker_that_hangs_is_taken_for_dead_and_may_come_back(
    child: Start, address: str
) -> None:
    broker = start_broker(child, address)
    hung = start_worker(child, address, work_ms=500)
    wait_for(broker, "new worker for capitals")
    client = ask(child, address, "hello")
    wait_for(hung, "got hello")
    os.kill(hung.pid, signal.SIGSTOP)
    wait_for(broker, "lost a worker for capitals")
    start_worker(child, address)
    assert (client.line(), client.wait()) == ("HELLO", 0)
    wait_for(broker, "new worker for capitals")
    os.kill(hung.pid, signal.SIGCONT)
    wait_for(hung, "looking for the broker")
    wait_for(broker, "new worker for capitals")


def test_a_broker_that_is_started_again(child: Start, address: str) -> None:
    """Workers come back by themselves; the request is lost with its broker, and asked again."""
    first = start_broker(child, address)
    worker = start_worker(child, address, work_ms=1000)
    wait_for(first, "new worker for capitals")
    client = ask(child, address, "hello", timeout_ms=3000)
    wait_for(worker, "got hello")
    first.kill()
    second = start_broker(child, address)
    wait_for(second, "new worker for capitals")
    assert (client.line(), client.wait()) == ("HELLO", 0)
    assert "no answer to attempt 1" in client.complaint()


def test_a_request_waits_for_the_first_worker(child: Start, address: str) -> None:
    broker = start_broker(child, address)
    start_worker(child, address, service="elsewhere")
    wait_for(broker, "new worker for elsewhere")
    client = ask(child, address, "hello")
    start_worker(child, address)
    assert (client.line(), client.wait(), client.complaint()) == ("HELLO", 0, "")


def test_a_request_that_workers_die_of_is_dropped(child: Start, address: str) -> None:
    broker = start_broker(child, address)
    client = ask(child, address, "poison")
    for _ in range(3):
        worker = start_worker(child, address, work_ms=HOUR_MS)
        assert worker.line() == "got poison"
        worker.kill()
    wait_for(broker, "dropped a request that workers die of")
    start_worker(child, address)
    assert (ask(child, address, "hello").line(), client.process.poll()) == ("HELLO", None)


def test_many_requests_while_workers_die(child: Start, address: str) -> None:
    """Each client gets all its answers, in order, without asking twice."""
    broker = start_broker(child, address)
    texts = [f"text{number}" for number in range(30)]
    clients = [ask(child, address, *texts) for _ in range(3)]
    for _ in range(2):
        doomed = [start_worker(child, address, work_ms=20) for _ in range(2)]
        for worker in doomed:
            for _ in range(5):
                worker.line()
            worker.kill()
        wait_for(broker, "lost a worker for capitals", "lost a worker for capitals")
    start_worker(child, address)
    for client in clients:
        assert [client.line() for _ in texts] == [text.upper() for text in texts]
        assert (client.wait(), client.complaint()) == (0, "")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signals_end_all(child: Start, address: str, number: signal.Signals) -> None:
    broker = start_broker(child, address)
    worker = start_worker(child, address, work_ms=SLEEP_MS)
    client = ask(child, address, "hello")
    wait_for(worker, "got hello")
    os.kill(worker.pid, number)
    assert (worker.wait(), worker.complaint()) == (0, "")
    # It says good-bye: the broker need not find out, and its request goes to the next.
    wait_for(broker, "lost a worker for capitals")
    wait_for(start_worker(child, address, work_ms=SLEEP_MS), "got hello")
    for process in (client, broker):
        os.kill(process.pid, number)
        assert (process.wait(), process.complaint()) == (0, "")


def test_without_a_broker_the_client_gives_up(child: Start, address: str) -> None:
    limits = ["--timeout-ms", "50", "--attempts", "3"]
    client = child([CLIENT, "--connect", address, *limits, "capitals", "hello"])
    assert client.wait() == 1
    until(lambda: "hello: no answer after 3 attempts" in client.complaint())
