"""Many threads on one pair of sockets: every message arrives once, whole and in order."""

from __future__ import annotations

import contextlib
import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

import zmq

Make = Callable[..., zmq.Socket]
SENDERS = RECEIVERS = 3
QUIET_S = 20.0
SIZES = [0, 1, 20, 30, 100, 1000] * 6 + [70_000, 300_000]


def parts_of(sender: int, number: int, rng: random.Random, single: bool) -> list[bytes]:
    """A message each part of which says to which message it belongs, and where."""
    count = 1 if single else rng.choice([1, 1, 2, 3, 5, 20])
    return [
        b"%d %d %d %d " % (sender, number, i, count) + b"." * rng.choice(SIZES)
        for i in range(count)
    ]


def identity(parts: list[bytes]) -> tuple[int, int]:
    """The sender and the number of a message, of which nothing is missing."""
    heads = [tuple(map(int, bytes(part[:40]).split(b" ")[:4])) for part in parts]
    sender, number, _, count = heads[0]
    assert heads == [(sender, number, i, count) for i in range(count)]
    return sender, number


def send_frame(s: zmq.Socket, parts: list[bytes]) -> None:
    s.send_multipart([zmq.Frame(part, copy=False) for part in parts])


def send_until_it_goes(s: zmq.Socket, parts: list[bytes]) -> None:
    while True:
        with contextlib.suppress(zmq.Again):
            s.send_multipart(parts, zmq.NOBLOCK)
            return
        s.poll(5, zmq.POLLOUT)


def send_tracked(s: zmq.Socket, parts: list[bytes]) -> None:
    s.send_multipart([bytearray(part) for part in parts], copy=False, track=True)


SENDS: list[Callable[[zmq.Socket, list[bytes]], object]] = [
    lambda s, parts: s.send_multipart(parts),
    lambda s, parts: s.send_multipart(parts, copy=False),
    lambda s, parts: s.send_many([parts]),
    lambda s, parts: s.send_multipart([memoryview(part) for part in parts]),
    send_frame,
    send_tracked,
    send_until_it_goes,
]
SENDS_OF_ONE: list[Callable[[zmq.Socket, list[bytes]], object]] = [
    *SENDS,
    lambda s, parts: s.send(parts[0]),
    lambda s, parts: s.send(bytearray(parts[0]), copy=False),
    lambda s, parts: s.send_many(parts),
]


def with_poller(s: zmq.Socket) -> list[list[bytes]]:
    poller = zmq.Poller()
    poller.register(s, zmq.POLLIN)
    assert poller.poll()
    return [s.recv_multipart(zmq.NOBLOCK)]


def after_poll(s: zmq.Socket) -> list[list[bytes]]:
    assert s.poll()
    return s.recv_many(5, zmq.NOBLOCK, multipart=True)


def into(s: zmq.Socket) -> list[list[bytes]]:
    target = bytearray(40)
    s.recv_into(target)
    return [[bytes(target)]]


RECEIVES: list[Callable[[zmq.Socket], list[list[bytes]]]] = [
    lambda s: [s.recv_multipart()],
    lambda s: [[bytes(frame) for frame in s.recv_multipart(copy=False)]],
    lambda s: s.recv_many(20, multipart=True),
    with_poller,
    after_poll,
]
RECEIVES_OF_ONE: list[Callable[[zmq.Socket], list[list[bytes]]]] = [
    *RECEIVES,
    lambda s: [[s.recv()]],
    lambda s: [[s.recv(copy=False).bytes]],
    lambda s: [[one] for one in s.recv_many(20)],
    into,
]


def disturb(s: zmq.Socket, rng: random.Random) -> None:
    """Anything that neither sends nor receives."""
    rng.choice(
        [
            lambda: s.getsockopt(zmq.EVENTS),
            lambda: s.poll(0),
            lambda: s.poll(1, zmq.POLLIN | zmq.POLLOUT),
            lambda: zmq.Socket.shadow(s).getsockopt(zmq.EVENTS),
            lambda: zmq.select([s], [s], [], 0),
            lambda: s.stats(),
            lambda: repr(s),
            lambda: s.fileno(),
            lambda: s.hwm,
            lambda: zmq.Poller().register(s),
        ]
    )()


@dataclass
class Way:
    """One direction: threads that send numbered messages, and threads that receive them."""

    source: zmq.Socket
    target: zmq.Socket
    rng: random.Random
    per_sender: int
    single: bool
    received: list[list[tuple[int, int]]] = field(default_factory=list)
    failures: list[BaseException] = field(default_factory=list)
    closing: bool = False

    def send(self, sender: int, rng: random.Random) -> None:
        sends = SENDS_OF_ONE if self.single else SENDS
        for number in range(self.per_sender):
            rng.choice(sends)(self.source, parts_of(sender, number, rng, self.single))

    def receive(self, mine: list[tuple[int, int]], rng: random.Random) -> None:
        receives = RECEIVES_OF_ONE if self.single else RECEIVES
        while True:
            try:
                for parts in rng.choice(receives)(self.target):
                    mine.append(identity(parts))
            except zmq.Again:
                continue  # another thread was faster
            except zmq.ZMQError as error:
                if self.closing and error.errno == zmq.ENOTSOCK:
                    return
                raise

    def disturb(self, stop: threading.Event, rng: random.Random) -> None:
        while not stop.is_set():
            disturb(rng.choice([self.source, self.target]), rng)

    def thread(self, call: Callable[..., object], *args: object) -> threading.Thread:
        def run() -> None:
            try:
                call(*args, random.Random(seed))
            except BaseException as error:
                self.failures.append(error)

        seed = self.rng.random()
        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        return thread

    def start(self, stop: threading.Event) -> None:
        self.received = [[] for _ in range(RECEIVERS)]
        self.receivers = [self.thread(self.receive, mine) for mine in self.received]
        self.senders = [self.thread(self.send, sender) for sender in range(SENDERS)]
        self.disturber = self.thread(self.disturb, stop)

    def wait(self) -> None:
        """Until all has been received; fails when nothing has come for a long time."""
        count, since = -1, time.monotonic()
        while count < self.per_sender * SENDERS and not self.failures:
            now = sum(map(len, self.received))
            if now != count:
                count, since = now, time.monotonic()
            assert time.monotonic() - since < QUIET_S, f"{count} messages, and no more"
            time.sleep(0.002)
        assert not self.failures, self.failures
        for thread in self.senders:
            thread.join(QUIET_S)
            assert not thread.is_alive()

    def check(self) -> None:
        for thread in [*self.receivers, self.disturber]:
            thread.join(QUIET_S)
            assert not thread.is_alive()
        assert not self.failures, self.failures
        for mine in self.received:
            for sender in range(SENDERS):
                numbers = [number for s, number in mine if s == sender]
                assert numbers == sorted(numbers)
        everything = sorted(one for mine in self.received for one in mine)
        assert everything == [(s, n) for s in range(SENDERS) for n in range(self.per_sender)]


@pytest.mark.timeout(900)
@pytest.mark.parametrize("types", ["PUSH PULL", "DEALER DEALER"])
@pytest.mark.parametrize("transport", ["inproc", "ipc", "tcp"])
def test_every_message_arrives_once(
    socket: Make,
    endpoint: Callable[[str], str],
    rng: random.Random,
    going: Callable[[], bool],
    transport: str,
    types: str,
) -> None:
    first, second = types.split()
    while going():
        hwm = rng.choice([1, 2, 10, 1000, 0])
        options = {"hwm": hwm, "rcvtimeo": -1, "sndtimeo": -1}
        a = socket(getattr(zmq, first), **options)
        b = socket(getattr(zmq, second), **options)
        a.bind(endpoint(transport))
        b.connect(a.getsockopt_string(zmq.LAST_ENDPOINT))
        directions = [(a, b), (b, a)] if first == second else [(a, b)]
        count = rng.choice([20, 300])
        ways = [Way(*ends, rng, count, rng.random() < 0.5) for ends in directions]
        stop = threading.Event()
        for way in ways:
            way.start(stop)
        for way in ways:
            way.wait()
        stop.set()
        for way in ways:
            way.disturber.join(QUIET_S)
            # Receivers wait, all in ways of their own, when their socket is closed.
            way.closing = True
        rng.choice([b, zmq.Socket.shadow(b)]).close()
        a.close()
        for way in ways:
            way.check()
