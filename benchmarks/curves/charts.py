"""The drawings of the curves."""

from __future__ import annotations

from harness.model import OURS, THEIRS, C
from harness.processes import Worker

from curves.model import Chart, Setup

BOTH = (OURS, THEIRS)
BUSY = "ohmq, busy_wait_us=100"
OTHERS = ("pyomq", "pynng", "multiprocessing", "asyncio streams", "grpc.aio")

_BIND = "@tcp://127.0.0.1:*"


def _stream(name: str, size: int) -> Setup:
    # Small ones are counted in chunks, so that the clock costs nothing.
    args: dict[str, str | int] = {"size": size, "chunk": max(1, min(500, (1 << 22) // size))}
    roles = ("sink", "source")
    if name in OTHERS:
        roles = ("other_sink", "other_source")
        args |= {"library": name}
    # From 64 KiB on there are at most 64 MiB in each queue.
    args |= {"hwm": max(2, min(1000, (64 << 20) // size))}
    sink = Worker(roles[0], {"at": _BIND, **args}, half=0)
    return Setup([sink, Worker(roles[1], {"at": "{0}", **args}, half=1)], 0)


def _poller(_name: str, count: int) -> Setup:
    return Setup([Worker("poll", {"count": count, "ready": 1})], 0)


def _loop(_name: str, count: int) -> Setup:
    return Setup([Worker("waiting_in_loop", {"count": count})], 0)


# Descriptors of one process are few, on many systems.
_MOST_PEERS = 5000


def _peers(_name: str, count: int) -> Setup:
    idle = max(0, count - _MOST_PEERS)
    workers = [Worker("router", {"at": _BIND, "hwm": 0})]
    if idle:
        workers.append(Worker("peers", {"at": "{0}", "count": idle, "idle": 1}))
    workers.append(Worker("peers", {"at": "{0}", "count": count - idle}))
    return Setup(workers, len(workers) - 1)


def _threads(_name: str, count: int) -> Setup:
    return Setup([Worker("threads", {"count": count, "hwm": 0})], 0)


def _processes(_name: str, count: int) -> Setup:
    sources = [Worker("source", {"at": "{0}"}) for _ in range(count)]
    return Setup([Worker("sink", {"at": _BIND}), *sources], 0)


def _load(_name: str, rate: int) -> Setup:
    args: dict[str, str | int] = {"requests": "{0}", "replies": "{1}", "rate": rate, "hwm": 0}
    return Setup([Worker("echoer", {"hwm": 0}, half=0), Worker("offered_load", args, half=1)], 1)


CHARTS = (
    Chart(
        "sizes",
        "Messages of one size, from process to process over TCP",
        "bytes of a message",
        "messages/s",
        (1, 32, 1 << 10, 16 << 10, 256 << 10, 1 << 20, 8 << 20, 64 << 20),
        _stream,
        (OURS, THEIRS, C, *OTHERS),
        "One program sends, another one receives, as `socket.send` and `socket.recv` (or what the "
        "library has in their place) do it, one message a call. Bytes a second are the product of "
        "both axes. libzmq's buffers have 8 KiB: a larger message takes two system calls to send "
        "and two to receive, which pyomq and multiprocessing do not need. That shows most at 16 "
        "KiB; of the largest messages the copies decide.",
    ),
    Chart(
        "poller",
        "A poller with many sockets, one of which is ready",
        "sockets",
        "us",
        (1, 10, 100, 1000, 10_000),
        _poller,
        (OURS, THEIRS, C),
        "The time of `poller.poll(0)`. The C program calls zmq_poll, which asks every socket.",
        less_is_better=True,
    ),
    Chart(
        "loop",
        "An asyncio loop with many sockets, each of which a task waits for",
        "sockets",
        "us",
        (1, 10, 100, 1000, 10_000),
        _loop,
        BOTH,
        "The time from a send in the loop until the task that waits for it runs, over inproc.",
        less_is_better=True,
    ),
    Chart(
        "peers",
        "One ROUTER with many peers over TCP",
        "peers",
        "replies/s",
        (1, 10, 100, 1000, 10_000),
        _peers,
        BOTH,
        "A ROUTER sends every message back. At most 100 peers ask at a time. With 10,000 peers "
        "half of them only stay connected.",
    ),
    Chart(
        "threads",
        "Threads of one process, each with a pair of sockets",
        "threads",
        "messages/s",
        (1, 2, 4, 8),
        _threads,
        BOTH,
        "All threads together, over inproc, with the GIL.",
    ),
    Chart(
        "processes",
        "Processes that send to one PULL over TCP",
        "processes",
        "messages/s",
        (1, 2, 4, 8),
        _processes,
        (OURS, THEIRS, C),
        "What the receiver counts. All processes share the cores of the machine.",
    ),
    Chart(
        "load",
        "Round trips at an offered load over TCP",
        "requests/s",
        "us",
        (500, 2000, 5000, 10_000, 20_000, 40_000, 80_000),
        _load,
        (OURS, BUSY, THEIRS),
        "Requests leave when they are due, whether or not others have come back, and their time "
        "counts from then: waiting in line is counted. Where a curve turns up, the load is more "
        "than the two programs can serve.",
        percentiles=("p50", "p99", "p99.9"),
        less_is_better=True,
    ),
)
