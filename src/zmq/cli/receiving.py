"""The work of ``ohmq recv``: what is taken from the socket is printed, whatever ends it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import zmq
from zmq.cli import options as opt
from zmq.cli.codec import format_message
from zmq.cli.display import Ticker, write_bytes
from zmq.cli.errors import EndedBySignal, TimedOut
from zmq.cli.rates import format_bytes
from zmq.cli.session import Session
from zmq.cli.sockets import SocketPlan
from zmq.cli.stopper import Stopper

_SLICE_S = 0.2
# An answer to a peer that is gone would otherwise keep the program.
_LAST_REPLY_S = 1.0


@dataclass(frozen=True, slots=True)
class RecvPlan:
    """What to receive, and when to end; times in s, None for no limit."""

    form: str = "text"
    delimiter: bytes | None = None
    topics: tuple[bytes, ...] = (b"",)
    count: int | None = None
    timeout_s: float | None = None
    duration_s: float | None = None
    #: What a REP answers; None for what it got.
    reply: bytes | None = b""


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


def receive(plan: SocketPlan, wanted: RecvPlan, *, quiet: bool, shown: bool) -> None:
    """Receive and print until count, time or a signal ends it. Blocks; for the main thread.

    Parameters
    ----------
    plan
        The socket.
    wanted
        What to receive, and when to end.
    quiet
        Whether to say nothing but errors on standard error.
    shown
        Whether standard output is a terminal, where a status line would be in the way.

    Raises
    ------
    TimedOut, EndedBySignal, CommandError
        What ended it; everything that was received has been printed.
    """
    with (
        Stopper() as stopper,
        Ticker(quiet=quiet or shown) as ticker,
        Session(plan) as session,
    ):
        socket = session.socket
        if wanted.count is not None and plan.sides[0].hwm is None:
            # What is fetched beyond the last message that is wanted would be lost. Not less than 2:
            # at 1, libzmq 4.3.4 loses the message of a client that authenticates, sends and goes.
            socket.rcvhwm = min(max(2, wanted.count), socket.rcvhwm)
        session.open()
        subscribe(socket, wanted.topics)
        for line in session.unforeseen():
            opt.say(line, quiet=quiet)
        inbox = Inbox(socket, stopper, timeout_s=wanted.timeout_s, duration_s=wanted.duration_s)
        _print_all(inbox, socket, wanted, stopper, ticker)
        if plan.type_name == "REP":
            session.flush(_LAST_REPLY_S)


def _print_all(
    inbox: Inbox, socket: zmq.Socket[Any], wanted: RecvPlan, stopper: Stopper, ticker: Ticker
) -> None:
    count = size = 0
    started = time.monotonic()

    def progress() -> str:
        rate = count / max(time.monotonic() - started, 1e-9)
        return f"{count:,} received, {format_bytes(size)} | {rate:,.0f} msg/s; Ctrl-C ends it"

    try:
        for message in inbox:
            if message is None:
                with stopper.writing():
                    write_bytes(b"", flush=True)
            else:
                with stopper.writing():
                    write_bytes(format_message(message, wanted.form, wanted.delimiter))
                if socket.type == zmq.REP:
                    socket.send_multipart(message if wanted.reply is None else [wanted.reply])
                count += 1
                size += sum(map(len, message))
                if count == wanted.count:
                    return
            ticker.tick(progress)
    finally:
        with stopper.writing():
            write_bytes(b"", flush=True)
