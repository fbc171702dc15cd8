"""The work of ``ohmq send``: messages go out one by one, and none is forgotten at the end."""

from __future__ import annotations

import errno
import itertools
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import zmq
from zmq.cli.sockets.occurrences import describe
from zmq.cli.sockets.session import Session
from zmq.cli.terminal.display import Ticker
from zmq.cli.terminal.errors import CommandError, EndedBySignal, TimedOut
from zmq.cli.terminal.rates import format_bytes
from zmq.core.monitor import parse_monitor_message

# A wait is cut into slices, so that the status line moves.
_SLICE_S = 0.2
# The error of ROUTER and STREAM for a peer that is not connected (yet).
_RETRY_S = 0.02
# After a signal, the time for messages that are on their way.
_GRACE_S = 1.0
_HANDSHAKING = frozenset({"tcp", "ipc", "ws", "wss", "tipc", "vmci"})
# The others have a reply, a subscription or a routing id of a peer that is there.
_QUEUING = frozenset({"PUSH", "DEALER", "PAIR", "CLIENT", "SCATTER", "CHANNEL"})
#: The events to monitor.
EVENTS = (
    zmq.Event.HANDSHAKE_SUCCEEDED
    | zmq.Event.HANDSHAKE_FAILED_AUTH
    | zmq.Event.HANDSHAKE_FAILED_PROTOCOL
    | zmq.Event.DISCONNECTED
)


@dataclass(frozen=True, slots=True)
class SendPlan:
    """How to send: times in s, `timeout_s` None for no limit."""

    timeout_s: float | None = None
    interval_s: float = 0.0
    peers: int = 0
    group: str | None = None


class Outbox:
    """Sends messages on an open session, each when a peer can take it."""

    def __init__(
        self,
        session: Session,
        monitor: zmq.Socket[Any],
        plan: SendPlan,
        ticker: Ticker,
        print_reply: Callable[[list[bytes]], None],
    ) -> None:
        self._socket: zmq.Socket[Any] = session.socket
        self._session = session
        self._monitor = monitor
        # Endpoints without a connection yet: messages that are queued for them may be dropped.
        self._missing = set(_connecting(session))
        self._peers = 0
        self._addressed = session.plan.type_name in {"ROUTER", "STREAM"}
        self._plan = plan
        self._ticker = ticker
        self._print_reply = print_reply
        self._started = time.monotonic()
        self.sent: int = 0
        self.sent_bytes: int = 0

    def run(self, messages: Iterable[list[bytes]]) -> None:
        """Send all messages and wait until they have left.

        Raises
        ------
        TimedOut
            No peer took a message in time, or what was sent did not leave in time.
        EndedBySignal
            After what was sent has had a moment to leave.
        """
        try:
            for message in messages:
                if self.sent and self._plan.interval_s:
                    time.sleep(self._plan.interval_s)
                self._send(message)
            self._await_connections()
            self._flush(self._plan.timeout_s)
        except TimedOut:
            raise
        except CommandError as error:
            # An error of the next message must not lose the earlier ones.
            if self._session.flush(_GRACE_S) or not self.sent:
                raise
            if isinstance(error, EndedBySignal):
                raise EndedBySignal(error.number, self._not_left()) from error
            raise CommandError(f"{error}; {self._not_left()}") from error

    def await_peers(self) -> None:
        """Wait until as many peers are there as the plan wants; subscriptions, for publishers."""
        deadline = self._deadline()
        while self._peers < self._plan.peers:
            if self._look_for_peers(self._slice_s(deadline)):
                continue
            if self._over(deadline):
                raise TimedOut(
                    f"{self._peers} of {self._plan.peers} peers came within "
                    f"{self._plan.timeout_s:g} s; nothing was sent"
                )
            self._ticker.tick(
                lambda: f"waiting for peers: {self._peers} of {self._plan.peers}; Ctrl-C ends it"
            )

    def _look_for_peers(self, seconds: float) -> bool:
        """Wait for a change at most that long; False if there was none."""
        if self._socket.type == zmq.XPUB:
            if not self._socket.poll(int(seconds * 1000)):
                return False
            self._peers += _subscription(self._socket.recv_multipart())
            return True
        if not self._monitor.poll(int(seconds * 1000)):
            return False
        event = parse_monitor_message(self._monitor.recv_multipart())
        endpoint = event["endpoint"].decode(errors="replace")
        if event["event"] == zmq.Event.HANDSHAKE_SUCCEEDED:
            self._peers += 1
            self._missing.discard(endpoint)
        elif event["event"] == zmq.Event.DISCONNECTED:
            self._peers -= 1
        elif endpoint in self._missing:  # libzmq gives up, and drops what was queued
            what = describe(event)
            raise CommandError(f"{endpoint}: {what.text or what.name.lower()}")
        return True

    def _await_connections(self) -> None:
        """Wait for the peers to which messages are queued: until then they may be refused."""
        deadline = self._deadline()
        while self._missing:
            if self._look_for_peers(self._slice_s(deadline)):
                continue
            if self._over(deadline):
                places = ", ".join(sorted(self._missing))
                raise TimedOut(
                    f"{self._not_left()} within {self._plan.timeout_s:g} s; "
                    f"no connection to {places}"
                )
            self._ticker.tick(
                lambda: f"{self._progress()} | waiting for a connection; Ctrl-C gives up"
            )

    def _send(self, message: list[bytes]) -> None:
        if self._addressed and len(message) < 2:  # libzmq would drop it silently
            raise CommandError(
                f"message {self.sent + 1} cannot be sent: {self._session.plan.type_name} needs the "
                "routing id of the peer as first part"
            )
        deadline = self._deadline()
        while not self._try_send(message, deadline):
            if self._over(deadline):
                raise TimedOut(
                    f"{_messages(self.sent)} sent{self._left_behind()}; no peer took the next one "
                    f"within {self._plan.timeout_s:g} s"
                )
            self._ticker.tick(lambda: f"{self._progress()} | waiting for a peer; Ctrl-C ends it")
        self.sent += 1
        self.sent_bytes += sum(map(len, message))
        if self._socket.type == zmq.REQ:
            self._print_reply(self._reply())
        self._ticker.tick(self._progress)

    def _try_send(self, message: list[bytes], deadline: float | None) -> bool:
        self._socket.sndtimeo = int(self._slice_s(deadline) * 1000)
        try:
            if self._plan.group is not None:
                self._socket.send(message[0], group=self._plan.group)
            else:
                self._socket.send_multipart(message)
        except zmq.Again:
            return False
        except zmq.ZMQError as error:
            if error.errno != errno.EHOSTUNREACH:
                raise self._refused(error) from error
            time.sleep(min(_RETRY_S, self._slice_s(deadline)))
            return False
        return True

    def _refused(self, error: zmq.ZMQError) -> CommandError:
        why = zmq.strerror(error.errno or 0)
        return CommandError(f"message {self.sent + 1} cannot be sent: {why}")

    def _reply(self) -> list[bytes]:
        deadline = self._deadline()
        while True:
            if self._socket.poll(int(self._slice_s(deadline) * 1000)):
                return self._socket.recv_multipart()
            if self._over(deadline):
                raise TimedOut(f"no reply to message {self.sent} within {self._plan.timeout_s:g} s")
            self._ticker.tick(lambda: f"{self._progress()} | waiting for the reply; Ctrl-C ends it")

    def _flush(self, seconds: float | None) -> None:
        deadline = None if seconds is None else time.monotonic() + seconds
        try:
            while not self._session.flush(self._slice_s(deadline)):
                if self._over(deadline):
                    raise TimedOut(f"{self._not_left()} within {seconds:g} s")
                self._ticker.tick(
                    lambda: f"{self._progress()} | waiting until all have left; Ctrl-C gives up"
                )
        except EndedBySignal as error:
            raise EndedBySignal(error.number, self._not_left()) from error

    def _left_behind(self) -> str:
        """Let what was sent before leave; say so when it does not."""
        if not self.sent or self._session.flush(_GRACE_S):
            return ""
        return ", some of which have not left"

    def _not_left(self) -> str:
        return f"of {_messages(self.sent)} sent, some have not left"

    def _progress(self) -> str:
        seconds = max(time.monotonic() - self._started, 1e-9)
        size = format_bytes(self.sent_bytes)
        return f"{_messages(self.sent)} sent, {size} | {self.sent / seconds:,.0f} msg/s"

    def _deadline(self) -> float | None:
        timeout_s = self._plan.timeout_s
        return None if timeout_s is None else time.monotonic() + timeout_s

    @staticmethod
    def _slice_s(deadline: float | None) -> float:
        if deadline is None:
            return _SLICE_S
        return min(_SLICE_S, max(0.0, deadline - time.monotonic()))

    @staticmethod
    def _over(deadline: float | None) -> bool:
        return deadline is not None and time.monotonic() >= deadline


def _messages(count: int) -> str:
    return "1 message" if count == 1 else f"{count:,} messages"


def _subscription(parts: list[bytes]) -> int:
    """The meaning of what an XPUB received: a subscriber more (1), less (-1), a message (0)."""
    return {b"\x01": 1, b"\x00": -1}.get(parts[0][:1], 0)


def _connecting(session: Session) -> list[str]:
    """Endpoints to which messages may be queued before there is a connection."""
    if session.plan.type_name not in _QUEUING:
        return []
    endpoints = [each for side in session.plan.sides for each in side.endpoints]
    return [each.address for each in endpoints if not each.bind and each.transport in _HANDSHAKING]


def repeated(messages: list[list[bytes]], count: int | None) -> Iterable[list[bytes]]:
    """Messages of the command line: once, or again and again until there are `count`."""
    if count is None:
        return messages
    return itertools.islice(itertools.cycle(messages), count)
