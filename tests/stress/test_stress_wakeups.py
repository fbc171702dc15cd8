"""A thread that waits is woken, whatever others do to the socket at that moment."""

from __future__ import annotations

import contextlib
import queue
import random
import threading
from collections.abc import Callable

import pytest

import zmq

Pair = Callable[..., tuple[zmq.Socket, zmq.Socket]]
LATE_S = 15.0


def poll_and_receive(s: zmq.Socket) -> list[bytes]:
    assert s.poll() == zmq.POLLIN
    return s.recv_many(100, zmq.NOBLOCK)


class Waiting:
    """A poller that lives as long as its thread, with sockets in it that are not used."""

    def __init__(self, s: zmq.Socket) -> None:
        self.poller = zmq.Poller()
        self.idle = [s.context.socket(zmq.PAIR) for _ in range(3)]
        for one in [*self.idle[:2], s, self.idle[2]]:
            self.poller.register(one, zmq.POLLIN)

    def __call__(self, s: zmq.Socket) -> list[bytes]:
        assert self.poller.poll() == [(s, zmq.POLLIN)]
        return s.recv_many(100, zmq.NOBLOCK)

    def close(self) -> None:
        for one in self.idle:
            one.close()


def simply(call: Callable[[zmq.Socket], list[bytes]]) -> Callable[[zmq.Socket], object]:
    return lambda s: call


WAITS: dict[str, Callable[[zmq.Socket], object]] = {
    "recv": simply(lambda s: [s.recv()]),
    "recv_frame": simply(lambda s: [s.recv(copy=False).bytes]),
    "recv_multipart": simply(lambda s: s.recv_multipart()),
    "recv_many": simply(lambda s: s.recv_many()),
    "poll": simply(poll_and_receive),
    "Poller": Waiting,
}


def poll_shadow(s: zmq.Socket) -> None:
    zmq.Socket.shadow(s).poll(0)


def poll_new_poller(s: zmq.Socket) -> None:
    poller = zmq.Poller()
    poller.register(s)
    poller.poll(0)


def send_back(s: zmq.Socket) -> None:
    with contextlib.suppress(zmq.Again):
        s.send(b"noise", zmq.NOBLOCK)


HAMMERS: list[Callable[[zmq.Socket], object]] = [
    lambda s: s.getsockopt(zmq.EVENTS),
    lambda s: s.poll(0),
    lambda s: s.poll(0, zmq.POLLOUT),
    lambda s: s.poll(1),
    poll_shadow,
    poll_new_poller,
    send_back,
]


class Hammer:
    """Threads that use a socket all the time; each keeps to one call for a while."""

    def __init__(self, s: zmq.Socket, rng: random.Random, threads: int) -> None:
        self.socket = s
        self.stop = threading.Event()
        self.failures: list[BaseException] = []
        self.threads = [
            threading.Thread(target=self.run, args=(random.Random(rng.random()),), daemon=True)
            for _ in range(threads)
        ]
        for thread in self.threads:
            thread.start()

    def run(self, rng: random.Random) -> None:
        try:
            while not self.stop.is_set():
                call = rng.choice(HAMMERS)
                for _ in range(rng.choice([1, 10, 200])):
                    call(self.socket)
        except BaseException as error:
            self.failures.append(error)

    def end(self) -> None:
        self.stop.set()
        for thread in self.threads:
            thread.join(LATE_S)
            assert not thread.is_alive()
        assert not self.failures, self.failures


def receive_until_the_end(
    call: Callable[[zmq.Socket], list[bytes]], s: zmq.Socket, arrived: queue.SimpleQueue[object]
) -> None:
    while True:
        with contextlib.suppress(zmq.Again):  # another thread was faster
            for data in call(s):
                arrived.put(data)
                if data == b"end":
                    return


@pytest.mark.timeout(900)
@pytest.mark.parametrize("wait", WAITS)
@pytest.mark.parametrize("transport", ["inproc", "tcp"])
def test_a_receiver_is_woken(
    pair: Pair,
    rng: random.Random,
    going: Callable[[], bool],
    transport: str,
    wait: str,
) -> None:
    """One message at a time; the next only goes out when one of two waiting threads has it."""
    a, b = pair(zmq.DEALER, zmq.DEALER, transport, rcvtimeo=-1, sndtimeo=-1, hwm=20)
    arrived: queue.SimpleQueue[object] = queue.SimpleQueue()

    def receive() -> None:
        call = WAITS[wait](b)
        assert callable(call)
        try:
            receive_until_the_end(call, b, arrived)
        except BaseException as error:
            arrived.put(error)
        finally:
            if isinstance(call, Waiting):
                call.close()

    receivers = [threading.Thread(target=receive, daemon=True) for _ in range(2)]
    for thread in receivers:
        thread.start()
    hammer = Hammer(b, rng, threads=2)
    number = 0
    while going():
        number += 1
        a.send(b"%d" % number)
        assert arrived.get(timeout=LATE_S) == b"%d" % number
        while a.poll(0):
            a.recv_many(100)
    hammer.end()
    for _ in receivers:
        a.send(b"end")
        assert arrived.get(timeout=LATE_S) == b"end"
    for thread in receivers:
        thread.join(LATE_S)
        assert not thread.is_alive()


SENDS: dict[str, Callable[[zmq.Socket, bytes], object]] = {
    "send": lambda s, data: s.send(data),
    "send_multipart": lambda s, data: s.send_multipart([data]),
    "send_many": lambda s, data: s.send_many([data]),
    "poll": lambda s, data: s.poll(None, zmq.POLLOUT) and s.send(data),
}


@pytest.mark.timeout(900)
@pytest.mark.parametrize("send", SENDS)
@pytest.mark.parametrize("transport", ["inproc", "tcp"])
def test_a_sender_is_woken(
    pair: Pair, rng: random.Random, going: Callable[[], bool], transport: str, send: str
) -> None:
    """The queues are full all the time; each message makes room for another one."""
    a, b = pair(zmq.DEALER, zmq.DEALER, transport, rcvtimeo=15_000, sndtimeo=15_000, hwm=1)
    stop = threading.Event()
    sent: list[object] = []
    filler = b"." * (200 if transport == "inproc" else 100_000)

    def push() -> None:
        try:
            number = 0
            while not stop.is_set():
                SENDS[send](a, b"%d " % number + filler)
                number += 1
            sent.append(number)
        except BaseException as error:
            sent.append(error)

    thread = threading.Thread(target=push, daemon=True)
    thread.start()
    # Some of what it does takes the room that the sender waits for.
    hammer = Hammer(a, rng, threads=1)
    received = 0
    while True:
        if not going() and not stop.is_set():
            stop.set()
            hammer.end()
        ended = not thread.is_alive()
        if stop.is_set() and not b.poll(500):
            if ended:
                break
            continue  # its last message has been received, or SNDTIMEO ends its wait
        data = b.recv()
        if data != b"noise":
            assert data.split(b" ")[0] == b"%d" % received
            received += 1
    assert sent == [received]


@pytest.mark.timeout(900)
def test_threads_that_share_a_poller_are_all_woken(
    pair: Pair, rng: random.Random, going: Callable[[], bool]
) -> None:
    """Sockets come and go in a poller in which three threads wait."""
    pairs = [pair(zmq.DEALER, zmq.DEALER, t, hwm=0) for t in ("inproc", "tcp", "ipc")]
    poller = zmq.Poller()
    for _, b in pairs:
        poller.register(b, zmq.POLLIN)
    arrived: queue.SimpleQueue[object] = queue.SimpleQueue()
    stop = threading.Event()

    def wait() -> None:
        try:
            while not stop.is_set():
                for s, _ in poller.poll():
                    with contextlib.suppress(zmq.Again):
                        arrived.put(s.recv(zmq.NOBLOCK))
        except BaseException as error:
            arrived.put(error)

    def change() -> None:
        spare = pairs[0][0].context.socket(zmq.PAIR)
        while not stop.is_set():
            poller.register(spare, zmq.POLLIN)
            spare.poll(0)
            poller.unregister(spare)
        spare.close()

    threads = [threading.Thread(target=wait, daemon=True) for _ in range(3)]
    changer = threading.Thread(target=change, daemon=True)
    for thread in [*threads, changer]:
        thread.start()
    hammers = [Hammer(b, rng, threads=1) for _, b in pairs]
    number = 0
    while going():
        number += 1
        a, _ = rng.choice(pairs)
        a.send(b"%d" % number)
        assert arrived.get(timeout=LATE_S) == b"%d" % number
    for hammer in hammers:
        hammer.end()
    stop.set()
    changer.join(LATE_S)
    while any(thread.is_alive() for thread in threads):
        pairs[0][0].send(b"end")
        assert arrived.get(timeout=LATE_S) == b"end"
        for thread in threads:
            thread.join(0.05)
