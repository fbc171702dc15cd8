"""The capture socket of a proxy: it gets every message, as libzmq's proxy sees to it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

import zmq
from helpers.devices import QUIET_MS, TWO_KINDS, bind, make, running, stats_when, to
from helpers.waiting import until
from zmq.devices import ThreadMonitoredQueue, ThreadProxy, ThreadProxySteerable

Make = Callable[..., zmq.Socket]

pytestmark = pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning")

#: Captures that wait for a reader, and what reads them.
READERS = {zmq.PUSH: zmq.PULL, zmq.PAIR: zmq.PAIR, zmq.DEALER: zmq.DEALER}
captures = pytest.mark.parametrize("capture", READERS, ids=lambda each: each.name)
kinds = pytest.mark.parametrize("kind", TWO_KINDS)
MESSAGES = 100


def messages(count: int = MESSAGES) -> list[list[bytes]]:
    return [[b"%d" % n, b"part"] for n in range(count)]


@contextmanager
def proxied(function: Callable[..., Any], socket: Make, capture: int) -> Iterator[dict[str, Any]]:
    """A proxy function in a thread, its sockets, and what it raised."""
    own = zmq.Context()
    names = {"in": zmq.PULL, "out": zmq.PUSH, "capture": capture}
    sockets = {name: own.socket(kind) for name, kind in names.items()}
    found: dict[str, Any] = {}
    for name, each in sockets.items():
        each.linger = 0
        found[name] = f"tcp://127.0.0.1:{each.bind_to_random_port('tcp://127.0.0.1')}"

    def run() -> None:
        try:
            function(*sockets.values())
        except zmq.ZMQError as error:
            found["error"] = error

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield found
    finally:
        for each in sockets.values():
            each.close()
        thread.join(10)
        own.term()
    assert not thread.is_alive()


FUNCTIONS = {
    "proxy": zmq.proxy,
    "proxy_steerable": lambda *sockets: zmq.proxy_steerable(*sockets, None),
}


class TestFunctions:
    @captures
    @pytest.mark.parametrize("name", FUNCTIONS)
    def test_a_late_reader_gets_everything(self, name: str, capture: int, socket: Make) -> None:
        with proxied(FUNCTIONS[name], socket, capture) as places:
            push, pull = socket(zmq.PUSH), socket(zmq.PULL)
            push.connect(places["in"])
            pull.connect(places["out"])
            for message in messages():
                push.send_multipart(message)
            # Until its copy is taken, no message is handed on.
            assert not pull.poll(300)
            reader = socket(READERS[zmq.SocketType(capture)])
            reader.connect(places["capture"])
            assert [reader.recv_multipart() for _ in range(MESSAGES)] == messages()
            assert [pull.recv_multipart() for _ in range(MESSAGES)] == messages()

    @captures
    def test_a_slow_reader_gets_everything(self, capture: int, socket: Make) -> None:
        with proxied(zmq.proxy, socket, capture) as places:
            push, pull = socket(zmq.PUSH), socket(zmq.PULL)
            reader = socket(READERS[zmq.SocketType(capture)], rcvhwm=1)
            for each, place in ((push, "in"), (pull, "out"), (reader, "capture")):
                each.connect(places[place])
            for n in range(300):
                push.send(b"%d" % n + bytes(30_000))
            copies = []
            for n in range(300):
                if n % 50 == 0:
                    time.sleep(0.05)  # a slow reader
                copies.append(int(reader.recv()[:-30_000]))
            assert copies == list(range(300))
            assert [int(pull.recv()[:-30_000]) for _ in range(300)] == list(range(300))

    def test_a_publisher_waits_for_no_subscriber(self, socket: Make) -> None:
        with proxied(zmq.proxy, socket, zmq.PUB) as places:
            push, pull = socket(zmq.PUSH), socket(zmq.PULL)
            push.connect(places["in"])
            pull.connect(places["out"])
            for message in messages():
                push.send_multipart(message)
            assert [pull.recv_multipart() for _ in range(MESSAGES)] == messages()

    @pytest.mark.parametrize(
        ("capture", "number"), [(zmq.PULL, zmq.ENOTSUP), (zmq.REP, zmq.EFSM)], ids=["PULL", "REP"]
    )
    def test_one_that_cannot_send_ends_it(self, capture: int, number: int, socket: Make) -> None:
        with proxied(zmq.proxy, socket, capture) as places:
            push, pull = socket(zmq.PUSH), socket(zmq.PULL)
            push.connect(places["in"])
            pull.connect(places["out"])
            push.send(b"x")
            until(lambda: "error" in places)
            assert places["error"].errno == number

    def test_the_end_of_the_context_ends_it_while_it_waits(self, socket: Make) -> None:
        context = zmq.Context()
        ins, outs, capture = (context.socket(kind) for kind in (zmq.PULL, zmq.PUSH, zmq.PUSH))
        errors: list[int | None] = []

        def run() -> None:
            with ins, outs, capture:
                try:
                    zmq.proxy(ins, outs, capture)
                except zmq.ZMQError as error:
                    errors.append(error.errno)

        port = ins.bind_to_random_port("tcp://127.0.0.1")
        thread = threading.Thread(target=run)
        thread.start()
        push = socket(zmq.PUSH)
        push.connect(f"tcp://127.0.0.1:{port}")
        push.send(b"x")
        time.sleep(0.2)  # time to come to its wait; the test is right without it
        context.term()
        thread.join(10)
        assert errors == [zmq.ETERM]


class TestDevices:
    @kinds
    @captures
    @pytest.mark.parametrize("cls", [ThreadProxy, ThreadProxySteerable])
    def test_a_late_reader_gets_everything(
        self, cls: type[ThreadProxy], capture: int, kind: str, socket: Make
    ) -> None:
        device = bind(make(cls, kind, zmq.PULL, zmq.PUSH, capture))
        with running(device):
            push, pull = socket(zmq.PUSH), socket(zmq.PULL)
            push.connect(to(device, "in"))
            pull.connect(to(device, "out"))
            for message in messages():
                push.send_multipart(message)
            stats_when(device, lambda s: s.blocked_in_s > 0)
            reader = socket(READERS[zmq.SocketType(capture)])
            reader.connect(to(device, "mon"))
            assert [pull.recv_multipart() for _ in range(MESSAGES)] == messages()
            # It was not read so far: that a copy was taken is enough.
            assert device.stop(5) is True
            assert [reader.recv_multipart() for _ in range(MESSAGES)] == messages()
            assert device.stats().monitor_dropped == 0

    @kinds
    def test_stop_does_not_wait_for_ever(self, kind: str, socket: Make) -> None:
        device = bind(make(ThreadProxy, kind, zmq.PULL, zmq.PUSH, zmq.PUSH))
        with running(device):
            push, pull = socket(zmq.PUSH), socket(zmq.PULL)
            push.connect(to(device, "in"))
            pull.connect(to(device, "out"))
            push.send(b"x")
            stats_when(device, lambda s: s.blocked_in_s > 0)
            assert device.stop(0.3) is False
            assert not pull.poll(300)

    @kinds
    def test_the_other_direction_goes_on(self, kind: str, socket: Make) -> None:
        """Of two messages that wait, each goes on its way once its copy is taken."""
        device = bind(make(ThreadProxy, kind, zmq.PAIR, zmq.PAIR, zmq.PUSH))
        with running(device):
            one, two = socket(zmq.PAIR), socket(zmq.PAIR)
            one.connect(to(device, "in"))
            two.connect(to(device, "out"))
            one.send(b"in to out")
            two.send(b"out to in")
            stats_when(device, lambda s: s.blocked_in_s > 0 and s.blocked_out_s > 0)
            reader = socket(zmq.PULL)
            reader.connect(to(device, "mon"))
            assert {reader.recv(), reader.recv()} == {b"in to out", b"out to in"}
            assert (one.recv(), two.recv()) == (b"out to in", b"in to out")

    @captures
    def test_a_message_that_waits_for_its_target_is_copied_whole(
        self, capture: int, socket: Make
    ) -> None:
        """One of the other direction, which passes it, gets among its copied parts nowhere."""
        device = bind(make(ThreadProxy, "thread", zmq.PAIR, zmq.PAIR, capture))
        device.setsockopt_out(zmq.SNDHWM, 1)
        with running(device):
            one, two = socket(zmq.PAIR), socket(zmq.PAIR, rcvhwm=1)
            reader = socket(READERS[zmq.SocketType(capture)])
            for each, side in ((one, "in"), (two, "out"), (reader, "mon")):
                each.connect(to(device, side))
            sent: list[list[bytes]] = []
            while device.stats().blocked_in_s == 0:
                if one.poll(QUIET_MS, zmq.POLLOUT):
                    sent.append([b"%d" % len(sent), bytes(1_000_000), b"end"])
                    one.send_multipart(sent[-1])
            two.send_multipart([b"out to in", b"end"])
            assert one.recv_multipart() == [b"out to in", b"end"]
            assert [two.recv_multipart() for _ in sent] == sent
            copies = [reader.recv_multipart() for _ in range(len(sent) + 1)]
            copies.remove([b"out to in", b"end"])
            assert copies == sent

    @kinds
    def test_a_queue_drops_and_counts(self, kind: str, socket: Make) -> None:
        device = bind(make(ThreadMonitoredQueue, kind, zmq.PULL, zmq.PUSH, zmq.PUSH))
        with running(device):
            push, pull = socket(zmq.PUSH), socket(zmq.PULL)
            push.connect(to(device, "in"))
            pull.connect(to(device, "out"))
            for message in messages():
                push.send_multipart(message)
            assert [pull.recv_multipart() for _ in range(MESSAGES)] == messages()
            assert device.stats().monitor_dropped == MESSAGES
