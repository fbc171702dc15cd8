"""The two sides of ``ohmq bench``: one commands and measures round trips, the other one counts.

Both have a PAIR socket. A message of two parts, `MAGIC` first, is a command in JSON; anything else
is a message that is measured. An empty message ends a measurement. So a client that dies in the
middle leaves nothing behind that the next one could not end by its first command.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import zmq
from zmq.cli.bench.report import percentile
from zmq.cli.terminal.errors import CommandError, EndedBySignal, TimedOut
from zmq.cli.terminal.stopper import Stopper

MAGIC = b"ohmq-bench-1"
# Length of the slices of a wait, between which signals and the end of a peer are noticed.
_SLICE_MS = 200
# Between two readings of the clock.
_BURST = 64
_FEWEST = 10


class Server:
    """The side that counts and sends back."""

    def __init__(
        self, socket: zmq.Socket[Any], monitor: zmq.Socket[Any], stopper: Stopper, *, once: bool
    ) -> None:
        self._socket = socket
        self._monitor = monitor
        self._stopper = stopper
        self._once = once
        self._over = False

    def run(self) -> None:
        """Serve until a signal, or until the first client has gone; blocks.

        Raises
        ------
        EndedBySignal
            A signal came.
        """
        self._socket.rcvtimeo = _SLICE_MS
        self._socket.sndtimeo = _SLICE_MS
        while not self._over:
            message = self._next()
            if len(message) == 2 and message[0] == MAGIC:
                self._execute(message[1])

    def _next(self) -> list[bytes]:
        """The next message; none when it is over."""
        while not self._over:
            try:
                return self._socket.recv_multipart()
            except zmq.Again:
                self._check_end()
        return []

    def _check_end(self) -> None:
        if self._stopper.received is not None:
            raise EndedBySignal(self._stopper.received)
        while self._monitor.poll(0):
            self._monitor.recv_multipart()
            self._over = self._once

    def _execute(self, text: bytes) -> None:
        try:
            what = json.loads(text)["do"]
        except (ValueError, KeyError, TypeError):
            return
        if what == "hello":
            self._answer({"ohmq": zmq.ohmq_version})
        elif what == "echo":
            self._answer({})
            self._echo()
        elif what == "count":
            self._answer({})
            self._count()
        elif what == "bye":
            self._over = self._once

    def _answer(self, facts: dict[str, Any]) -> None:
        self._send([MAGIC, json.dumps(facts).encode()])

    def _send(self, parts: list[bytes]) -> None:
        """Send, unless the client is gone."""
        try:
            self._socket.send_multipart(parts)
        except zmq.Again:
            self._check_end()

    def _echo(self) -> None:
        socket = self._socket
        while not self._over:
            try:
                data = socket.recv()
            except zmq.Again:
                self._check_end()
                continue
            if data == MAGIC:
                self._execute(socket.recv())
                return
            self._send([data])
            if not data:
                return

    def _count(self) -> None:
        socket = self._socket
        count = size = 0
        first = last = 0.0
        while not self._over:
            try:
                data = socket.recv()
            except zmq.Again:
                self._check_end()
                continue
            if not data:
                break
            if data == MAGIC:
                self._execute(socket.recv())
                return
            if not count:
                first = time.perf_counter()
            count += 1
            size += len(data)
        last = time.perf_counter()
        self._answer({"messages": count, "bytes": size, "seconds": last - first})


class Client:
    """The side that measures."""

    def __init__(
        self, socket: zmq.Socket[Any], where: str, timeout_s: float, tick: Callable[[], None]
    ) -> None:
        self._socket = socket
        self._where = where
        self._timeout_s = timeout_s
        self._tick = tick
        socket.rcvtimeo = socket.sndtimeo = int(timeout_s * 1000)

    def hello(self) -> str:
        """Wait for the server; returns its version.

        Raises
        ------
        TimedOut
            It does not answer.
        CommandError
            Something else answers.
        """
        return str(self._command("hello").get("ohmq", "unknown"))

    def finish(self) -> None:
        """Tell the server that this was all."""
        self._send([MAGIC, b'{"do": "bye"}'])

    def throughput(self, size: int, seconds: float) -> tuple[float, float]:
        """Send as much as goes for some time; returns messages and bytes per s."""
        self._command("count")
        payload = bytes(size)
        end_at = time.perf_counter() + seconds
        send = self._socket.send
        try:
            while time.perf_counter() < end_at:
                for _ in range(_BURST if size < 1 << 20 else 1):
                    send(payload)
                self._tick()
        except zmq.Again:
            raise self._late() from None
        self._send([b""])
        facts = self._receive_facts()
        # The time begins with the first message, so that one is not counted.
        messages, took_s = facts.get("messages", 0), facts.get("seconds", 0.0)
        if messages < 2 or took_s <= 0:
            raise CommandError(f"{self._where}: too few messages of {size} bytes in {seconds:g} s")
        rate = (messages - 1) / took_s
        return rate, rate * size

    def round_trips(self, size: int, seconds: float) -> tuple[int, float, float, float, float]:
        """Send to and fro for some time; returns their number, and least, median, 99%, longest us.

        The first tenth warms up, and is not counted.
        """
        self._command("echo")
        payload = bytes(size)
        times: list[float] = []
        began = time.perf_counter()
        end_at = began + seconds
        clock = time.perf_counter_ns
        send, recv = self._socket.send, self._socket.recv
        try:
            while time.perf_counter() < end_at or len(times) < _FEWEST:
                for _ in range(_FEWEST):
                    start = clock()
                    send(payload)
                    recv()
                    times.append((clock() - start) / 1000)
                self._tick()
        except zmq.Again:
            raise self._late() from None
        self._send([b""])
        self._receive()
        times = sorted(times[len(times) // 10 :])
        return (
            len(times),
            times[0],
            percentile(times, 0.5),
            percentile(times, 0.99),
            times[-1],
        )

    def _command(self, what: str) -> dict[str, Any]:
        self._send([MAGIC, json.dumps({"do": what}).encode()])
        return self._receive_facts()

    def _receive_facts(self) -> dict[str, Any]:
        message = self._receive()
        if len(message) != 2 or message[0] != MAGIC:
            raise CommandError(f"{self._where}: what answers there is not 'ohmq bench --serve'")
        facts: dict[str, Any] = json.loads(message[1])
        return facts

    def _send(self, parts: list[bytes]) -> None:
        try:
            self._socket.send_multipart(parts)
        except zmq.Again:
            raise self._late() from None

    def _receive(self) -> list[bytes]:
        try:
            return self._socket.recv_multipart()
        except zmq.Again:
            raise self._late() from None

    def _late(self) -> TimedOut:
        return TimedOut(
            f"{self._where}: no answer within {self._timeout_s:g} s; "
            "does 'ohmq bench --serve' run there, without another client?"
        )
