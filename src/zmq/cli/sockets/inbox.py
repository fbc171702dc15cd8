"""Messages of a socket, one by one, until a signal or a time ends them."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import zmq
from zmq.cli.terminal.errors import EndedBySignal, TimedOut
from zmq.cli.terminal.stopper import Stopper

_SLICE_S = 0.2


class Inbox:
    """Messages of a socket until a signal, a count or a time ends them.

    A message is given out only if it was taken from the socket, and then always.
    """

    def __init__(
        self,
        socket: zmq.Socket[Any],
        stopper: Stopper,
        *,
        timeout_s: float | None,
        duration_s: float | None,
        things: str = "message",
    ) -> None:
        self._things = things
        self._socket = socket
        self._stopper = stopper
        self._timeout_s = timeout_s
        now = time.monotonic()
        self._end_at = None if duration_s is None else now + duration_s
        self._poller = zmq.Poller()
        self._poller.register(socket, zmq.POLLIN)
        self._poller.register(stopper.fileno(), zmq.POLLIN)

    def __iter__(self) -> Iterator[list[bytes] | None]:
        """Give out messages, and None whenever there is none at the moment.

        Raises
        ------
        TimedOut
            No message came for the time-out.
        EndedBySignal
            A signal came.
        """
        self._last_at = self._last_but_one_at = time.monotonic()
        while True:
            # The signal first: a socket that is always ready must not hide it.
            if self._stopper.received is not None:
                raise EndedBySignal(self._stopper.received)
            if self._end_at is not None and time.monotonic() >= self._end_at:
                return
            try:
                message = self._socket.recv_multipart(zmq.NOBLOCK)
            except zmq.Again:
                message = None
            if message is not None:
                self._last_but_one_at, self._last_at = self._last_at, time.monotonic()
            yield message
            if message is None:
                self._wait(self._last_at)

    def forget(self) -> None:
        """Have the message that was given out last not count for the time-out."""
        self._last_at = self._last_but_one_at

    def _wait(self, last_at: float) -> None:
        until = time.monotonic() + _SLICE_S
        timeout_at = None if self._timeout_s is None else last_at + self._timeout_s
        for limit in (self._end_at, timeout_at):
            until = until if limit is None else min(until, limit)
        ready = self._poller.poll(max(0, round((until - time.monotonic()) * 1000)))
        if not ready and timeout_at is not None and time.monotonic() >= timeout_at:
            raise TimedOut(f"no {self._things} within {self._timeout_s:g} s")


def subscribe(socket: zmq.Socket[Any], topics: tuple[bytes, ...]) -> None:
    """Ask for topics, in the way that the type of the socket has."""
    for topic in topics:
        if socket.type == zmq.SUB:
            socket.subscribe(topic)
        elif socket.type == zmq.XSUB:
            socket.send(b"\x01" + topic)
        elif socket.type == zmq.DISH:
            socket.join(topic)
