"""Arguments, sockets, timing and the line protocol that every role uses.

A worker prints ``ready ENDPOINT...`` when its sockets are bound and connected, and, if it
is the process that measures, ``result NUMBER`` at the end.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import zmq

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable

# The two implementations do not type their sockets alike, and one of them lacks half of
# the methods that the roles ask for.
Socket = Any


class Arguments:
    """The KEY=VALUE arguments of one worker."""

    def __init__(self, words: Iterable[str]) -> None:
        self._values = dict(word.split("=", 1) for word in words)

    def text(self, key: str, otherwise: str | None = None) -> str:
        """Return an argument as it was written."""
        return self._values[key] if otherwise is None else self._values.get(key, otherwise)

    def number(self, key: str, otherwise: int) -> int:
        """Return an argument as a whole number."""
        return int(self._values.get(key, otherwise))

    def real(self, key: str, otherwise: float) -> float:
        """Return an argument as a number."""
        return float(self._values.get(key, otherwise))


def make_socket(context: Any, kind: str, args: Arguments) -> Socket:
    """Return a socket with the high-water marks and the linger of the arguments."""
    socket = context.socket(getattr(zmq, kind))
    socket.sndhwm = socket.rcvhwm = args.number("hwm", 1000)
    socket.linger = 0
    busy_wait_us = args.number("busy_wait_us", 0)
    if busy_wait_us and hasattr(socket, "busy_wait_us"):
        socket.busy_wait_us = busy_wait_us
    return socket


def attach(socket: Socket, address: str) -> None:
    """Bind to ``@ADDRESS``, connect to anything else."""
    if address.startswith("@"):
        socket.bind(address[1:])
    else:
        socket.connect(address)


def ready(*bound: Socket) -> None:
    """Tell the harness that peers may come, and where."""
    endpoints = [socket.last_endpoint.rstrip(b"\0").decode() for socket in bound]
    print("ready", *endpoints, flush=True)


def result(*values: float) -> None:
    """Tell the harness what was measured."""
    print("result", *(f"{value:.9g}" for value in values), flush=True)


class Meter:
    """Counts units of work for ``warm`` s without, then for ``seconds`` s with effect."""

    def __init__(self, args: Arguments) -> None:
        self._seconds = args.real("seconds", 1.0)
        self._done = 0
        self._begin = 0.0
        self._end = time.perf_counter() + args.real("warm", 0.2)

    def add(self, units: int) -> float | None:
        """Count what has just been done; return units per second when the time is over."""
        now = time.perf_counter()
        self._done += units
        if now < self._end:
            return None
        if self._begin:
            return self._done / (now - self._begin)
        self._done, self._begin, self._end = 0, now, now + self._seconds
        return None


def measure_rate(step: Callable[[], int], args: Arguments) -> float:
    """Measure ``step``, which does one chunk of work and returns how many units it was."""
    meter = Meter(args)
    while (rate := meter.add(step())) is None:
        pass
    return rate


async def measure_rate_async(step: Callable[[], Awaitable[int]], args: Arguments) -> float:
    """Measure ``step`` as `measure_rate` does, on an event loop."""
    meter = Meter(args)
    while (rate := meter.add(await step())) is None:
        pass
    return rate
