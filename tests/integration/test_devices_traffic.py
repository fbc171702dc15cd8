"""Devices that are stopped while their peers go on: nothing is lost unnoticed."""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

import zmq
from helpers.devices import (
    TWO_KINDS,
    bind,
    cannot_connect,
    make,
    queue,
    relay_that_is_blocked,
    relaying,
    running,
    stats_when,
    to,
)
from helpers.strangers import raw_peer
from helpers.waiting import until
from zmq.devices import ThreadDevice, ThreadMonitoredQueue, ThreadProxySteerable

Make = Callable[..., zmq.Socket]

pytestmark = pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning")
kinds = pytest.mark.parametrize("kind", TWO_KINDS)


class Producer:
    """Sends until it is told to stop, with a pause after each message."""

    def __init__(self, push: zmq.Socket, pause_s: float = 0.002, size: int = 4) -> None:
        self.push = push
        self.sent = 0
        self._pause_s = pause_s
        self._body = bytes(size)
        self._going = True
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        while self._going:
            with contextlib.suppress(zmq.Again):
                self.push.send_multipart([b"%d" % self.sent, self._body])
                self.sent += 1
            if self._pause_s:
                time.sleep(self._pause_s)

    def stop(self) -> None:
        self._going = False
        self._thread.join(10)


@contextmanager
def producing(socket: Make, address: str, count: int, **options: float) -> Iterator[list[Producer]]:
    producers = []
    for _ in range(count):
        push = socket(zmq.PUSH, sndtimeo=200, reconnect_ivl=20)
        push.connect(address)
        producers.append(Producer(push, **options))
    try:
        yield producers
    finally:
        for each in producers:
            each.stop()


class Consumer:
    """Counts what comes, also through another device at the same address."""

    def __init__(self, socket: Make, address: str, pause_s: float = 0, every: int = 1) -> None:
        self.pull = socket(zmq.PULL, reconnect_ivl=20)
        self.pull.connect(address)
        self.received = 0
        self._pause_s = pause_s
        self._every = every
        self._going = True
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        while self._going or self.pull.poll(500):
            if self.pull.poll(20):
                self.pull.recv_multipart()
                self.received += 1
                if self._pause_s and self.received % self._every == 0:
                    time.sleep(self._pause_s)

    def stop(self) -> int:
        """How many came, once there are no more."""
        self._going = False
        self._thread.join(30)
        return self.received


def streamer(kind: str, transport: str, endpoint: Callable[[str], str]) -> Any:
    device = make(ThreadDevice, kind, zmq.STREAMER, zmq.PULL, zmq.PUSH)
    device.context_factory = zmq.Context
    for side in ("in", "out"):
        bind(device, side, address=endpoint(transport))
    return device


class TestProducersThatGoOn:
    @kinds
    @pytest.mark.parametrize("transport", ["tcp", "ipc"])
    def test_nothing_is_lost(
        self, kind: str, transport: str, socket: Make, endpoint: Callable[[str], str]
    ) -> None:
        """They come back to the next device, with all that the one before has not had."""
        device = streamer(kind, transport, endpoint)
        with running(device):
            places = {side: to(device, side) for side in ("in", "out")}
            consumer = Consumer(socket, places["out"])
            with producing(socket, places["in"], 3) as producers:
                for _ in range(4):
                    stats_when(device, lambda s: s.messages_in > 50 and s.peers_in == 3)
                    assert device.stop(10) is True
                    assert device.left_behind == ""
                    device.start()
                    assert {side: to(device, side) for side in places} == places
            until(lambda: consumer.received == sum(each.sent for each in producers))
            assert consumer.stop() == sum(each.sent for each in producers)

    @kinds
    def test_without_a_pause_what_is_lost_is_no_success(
        self, kind: str, socket: Make, endpoint: Callable[[str], str], caplog
    ) -> None:
        device = streamer(kind, "tcp", endpoint)
        with running(device):
            consumer = Consumer(socket, to(device, "out"))
            with producing(socket, to(device, "in"), 1, pause_s=0):
                stats_when(device, lambda s: s.messages_in > 5000)
                with caplog.at_level(logging.WARNING, "zmq.devices"):
                    clean = device.stop(10)
            assert device.done
            # What it has taken in, it has handed on.
            assert consumer.stop() == device.stats().messages_in
        words = [device.left_behind] if device.left_behind else []
        assert clean is not bool(words)
        assert [record.message for record in caplog.records] == [
            f"{type(device).__name__}: {each}" for each in words
        ]

    @kinds
    def test_what_waits_on_the_way_is_not_lost(
        self, kind: str, socket: Make, endpoint: Callable[[str], str]
    ) -> None:
        """The connections are full: megabytes wait in each, and some 64 kB may be lost."""
        size, count = 5000, 3
        queues = count * (1000 + 1000) + 500
        device = streamer(kind, "tcp", endpoint)
        with running(device):
            consumer = Consumer(socket, to(device, "out"), pause_s=0.001, every=10)
            with producing(socket, to(device, "in"), count, pause_s=0, size=size) as producers:
                # More than fits into the queues at both ends.
                until(lambda: sum(p.sent for p in producers) - device.stats().messages_in > queues)
                assert device.stop(16) is False
                assert "went on sending" in device.left_behind
                device.start()
            sent = sum(each.sent for each in producers)
            lost = sent - consumer.stop()
            assert lost <= count * 100_000 // size

    @pytest.mark.skipif(sys.platform != "linux", reason="only Linux can do that")
    def test_a_drain_that_is_broken_off_leaves_the_address_open(self, socket: Make) -> None:
        """Meanwhile it accepts no connection: peers would lose what they begin to send."""
        relay, address = relay_that_is_blocked(socket)
        with raw_peer(address, b"PUSH"), relaying(relay):
            first, second = socket(zmq.PUSH), socket(zmq.PUSH, immediate=1)
            first.connect(address)
            for _ in range(10):
                first.send(b"no peer takes it")
            until(lambda: relay.measure().peers_in == 2 and relay.measure().blocked_in_s > 0)
            relay.stop(20)
            until(lambda: relay.measure().peers_in == 1)  # the raw peer stays
            second.connect(address)
            assert second.poll(300, zmq.POLLOUT) == 0
            relay.stop()
            assert second.poll(10_000, zmq.POLLOUT) == zmq.POLLOUT

    def test_once_they_are_gone_the_address_is_unbound(self, socket: Make) -> None:
        """Also where a message waits for a peer, so that the relay has nothing else to do."""
        relay, address = relay_that_is_blocked(socket)
        with relaying(relay):
            first = socket(zmq.PUSH, immediate=1, reconnect_ivl=20)
            first.connect(address)
            for _ in range(10):
                first.send(b"no peer takes it")
            until(lambda: relay.measure().peers_in == 1 and relay.measure().blocked_in_s > 0)
            relay.stop(4000)
            until(lambda: cannot_connect(address))

    @kinds
    def test_where_it_connects_to_them_it_cannot_know(self, kind: str, socket: Make) -> None:
        """Their queue for it ends with the connection, with all that is in there."""
        push = socket(zmq.PUSH, sndtimeo=200)
        device = make(ThreadDevice, kind, zmq.STREAMER, zmq.PULL, zmq.PUSH)
        device.connect_in(f"tcp://127.0.0.1:{push.bind_to_random_port('tcp://127.0.0.1')}")
        bind(device, "out")
        with running(device):
            consumer = Consumer(socket, to(device, "out"))
            producer = Producer(push, pause_s=0)  # where it pauses for 100 ms, it may be done
            try:
                stats_when(device, lambda s: s.messages_in > 50)
                clean = device.stop(10)
            finally:
                producer.stop()
            assert consumer.stop() == device.stats().messages_in
            assert clean is False
        assert "went on sending" in device.left_behind

    @kinds
    def test_producers_that_are_done_are_no_reason_to_complain(
        self, kind: str, socket: Make, endpoint: Callable[[str], str]
    ) -> None:
        device = streamer(kind, "tcp", endpoint)
        with running(device):
            consumer = Consumer(socket, to(device, "out"))
            with producing(socket, to(device, "in"), 2) as producers:
                stats_when(device, lambda s: s.messages_in > 50)
            assert device.stop(10) is True
            sent = sum(each.sent for each in producers)
            assert consumer.stop() == sent == device.stats().messages_in


# ---- conversations -------------------------------------------------------------------------------


class Workers:
    """REP sockets that take their time for each request."""

    def __init__(self, socket: Make, address: str, count: int = 2, seconds: float = 0.2) -> None:
        self.taken: list[bytes] = []
        self._seconds = seconds
        self._sockets = [socket(zmq.REP, rcvtimeo=3000) for _ in range(count)]
        for each in self._sockets:
            each.connect(address)
            threading.Thread(target=self._run, args=(each,), daemon=True).start()

    def _run(self, rep: zmq.Socket) -> None:
        with contextlib.suppress(zmq.ZMQError):
            while True:
                request = rep.recv()
                self.taken.append(request)
                time.sleep(self._seconds)
                rep.send(request + b"!")


def ask(socket: Make, device: Any, count: int, side: str = "in") -> zmq.Socket:
    """A client that has so many requests under way."""
    client = socket(zmq.DEALER)
    client.connect(to(device, side))
    for n in range(count):
        client.send_multipart([b"", b"%d" % n])
    return client


def answers(client: zmq.Socket, count: int) -> list[bytes]:
    """Some answers, in order; fewer than asked for if no more come."""
    found = []
    while len(found) < count and client.poll(1000):
        found.append(client.recv_multipart()[1])
    return sorted(found)


SHAPES = {
    "ROUTER/DEALER": (zmq.ROUTER, zmq.DEALER),
    "DEALER/ROUTER": (zmq.DEALER, zmq.ROUTER),
    "REP/REQ": (zmq.REP, zmq.REQ),
    "REQ/REP": (zmq.REQ, zmq.REP),
}


class TestConversations:
    @kinds
    @pytest.mark.parametrize("shape", ["ROUTER/DEALER", "DEALER/ROUTER"])
    def test_all_answers_come(self, kind: str, shape: str, socket: Make) -> None:
        """Also those of requests that waited in its queue when it was stopped."""
        device = queue(kind, *SHAPES[shape])
        clients, workers = ("in", "out") if shape.startswith("ROUTER") else ("out", "in")
        with running(device):
            Workers(socket, to(device, workers))
            client = ask(socket, device, 6, clients)
            stats_when(device, lambda s: s.unanswered == 6)
            assert device.stop(10) is True
            assert answers(client, 6) == [b"%d!" % n for n in range(6)]
        assert (device.stats().unanswered, device.left_behind) == (0, "")

    @kinds
    @pytest.mark.parametrize("shape", SHAPES)
    def test_one_request(self, kind: str, shape: str, socket: Make) -> None:
        device = queue(kind, *SHAPES[shape])
        requests = shape.split("/")[0] in ("ROUTER", "REP")
        with running(device):
            Workers(socket, to(device, "out" if requests else "in"), 1)
            client = socket(zmq.REQ)
            client.connect(to(device, "in" if requests else "out"))
            client.send(b"0")
            stats_when(device, lambda s: s.unanswered == 1)
            assert device.stop(10) is True
            assert client.poll(2000)
            assert client.recv() == b"0!"

    @kinds
    def test_what_is_not_answered_is_told(self, kind: str, socket: Make, caplog) -> None:
        device = bind(make(ThreadMonitoredQueue, kind, zmq.ROUTER, zmq.DEALER))
        with running(device):
            worker = socket(zmq.DEALER)
            worker.connect(to(device, "out"))
            client = ask(socket, device, 3)
            taken = [worker.recv_multipart() for _ in range(3)]
            worker.send_multipart(taken[0])
            assert client.recv_multipart() == [b"", b"0"]
            assert device.stats().unanswered == 2
            with caplog.at_level(logging.WARNING, "zmq.devices"):
                begin = time.monotonic()
                assert device.stop(0.5) is False
                assert time.monotonic() - begin >= 0.5
        left = "2 requests handed out got no answer"
        assert (device.left_behind, device.stats().unanswered) == (left, 2)
        assert [record.message for record in caplog.records] == [f"{type(device).__name__}: {left}"]

    @kinds
    def test_no_new_requests_are_handed_out(self, kind: str, socket: Make) -> None:
        device = queue(kind)
        with running(device):
            workers = Workers(socket, to(device, "out"), 1, 0.6)
            late = socket(zmq.DEALER)
            late.connect(to(device, "in"))
            client = ask(socket, device, 1)
            stats_when(device, lambda s: s.unanswered == 1 and s.peers_in == 2)
            results: list[bool] = []
            stopper = threading.Thread(target=lambda: results.append(device.stop(10)))
            stopper.start()
            time.sleep(0.3)  # nothing tells that the stop is under way
            late.send_multipart([b"", b"late"])
            assert answers(client, 1) == [b"0!"]
            stopper.join(10)
        assert results == [False]
        assert device.left_behind == "1 request came too late to be handed out"
        assert workers.taken == [b"0"]

    @kinds
    def test_a_client_that_has_gone_waits_for_nothing(self, kind: str, socket: Make) -> None:
        device = queue(kind)
        with running(device):
            worker = socket(zmq.DEALER)
            worker.connect(to(device, "out"))
            client = ask(socket, device, 1)
            assert worker.recv_multipart()[-1] == b"0"
            client.close()
            stats_when(device, lambda s: s.peers_in == 0)
            begin = time.monotonic()
            assert device.stop(10) is True
            assert time.monotonic() - begin < 5

    @kinds
    def test_others_that_have_gone_are_not_waited_for(self, kind: str, socket: Make) -> None:
        """One of them under a name of its own, which comes back and asks for something else."""
        device = queue(kind)
        with running(device):
            worker = socket(zmq.DEALER)
            worker.connect(to(device, "out"))
            stays = ask(socket, device, 1)
            worker.send_multipart(worker.recv_multipart())
            assert answers(stays, 1) == [b"0"]
            leaves = ask(socket, device, 3)
            named = socket(zmq.DEALER, identity=b"name")
            named.connect(to(device, "in"))
            named.send_multipart([b"", b"never answered"])
            for _ in range(4):
                worker.recv_multipart()
            leaves.close()
            named.close()
            stats_when(device, lambda s: s.unanswered == 0)
            named = socket(zmq.DEALER, identity=b"name")
            named.connect(to(device, "in"))
            named.send_multipart([b"", b"answered"])
            request = worker.recv_multipart()
            stats_when(device, lambda s: s.unanswered == 1)
            worker.send_multipart(request)
            assert answers(named, 1) == [b"answered"]
            begin = time.monotonic()
            assert device.stop(10) is True
            assert time.monotonic() - begin < 5

    @kinds
    def test_many_answers_of_one_do_not_stand_for_those_of_another(
        self, kind: str, socket: Make
    ) -> None:
        device = queue(kind)
        with running(device):
            worker = socket(zmq.DEALER)
            worker.connect(to(device, "out"))
            talks, waits = ask(socket, device, 1), ask(socket, device, 1)
            first, _ = worker.recv_multipart(), worker.recv_multipart()
            for _ in range(3):
                worker.send_multipart(first)
            stats_when(device, lambda s: s.messages_out == 3)
            assert device.stats().unanswered == 1
            assert device.stop(0.3) is False
        assert device.left_behind == "1 request handed out got no answer"
        assert len(answers(talks, 4) + answers(waits, 4)) == 3

    @pytest.mark.parametrize("transport", ["tcp", "inproc"])
    def test_many_clients(self, transport: str, socket: Make, endpoint) -> None:
        device = make(ThreadDevice, "thread", zmq.QUEUE, zmq.ROUTER, zmq.DEALER)
        bind(device, "in", address=endpoint(transport))
        bind(device, "out")
        context = zmq.Context.instance()
        with running(device):
            worker = socket(zmq.DEALER)
            worker.connect(to(device, "out"))
            clients = [context.socket(zmq.DEALER) for _ in range(150)]
            for client in clients:
                client.connect(to(device, "in"))
                client.send_multipart([b"", b"0"])
            requests = [worker.recv_multipart() for _ in clients]
            assert device.stats().unanswered == 150
            for each in requests[:-1]:
                worker.send_multipart(each)
            stats_when(device, lambda s: s.unanswered == 1)
            assert device.stop(0.3) is False
            for client in clients:
                client.close(0)

    @kinds
    def test_more_than_one_answer_to_a_request(self, kind: str, socket: Make) -> None:
        device = queue(kind)
        with running(device):
            worker = socket(zmq.DEALER)
            worker.connect(to(device, "out"))
            client = ask(socket, device, 1)
            request = worker.recv_multipart()
            for n in range(3):
                worker.send_multipart([*request[:-1], b"%d" % n])
            stats_when(device, lambda s: s.messages_out == 3)
            assert device.stop(10) is True
            assert answers(client, 3) == [b"0", b"1", b"2"]

    def test_terminate_on_the_control_socket(self, socket: Make) -> None:
        device = bind(make(ThreadProxySteerable, "thread", zmq.ROUTER, zmq.DEALER))
        with running(device):
            Workers(socket, to(device, "out"))
            control = socket(zmq.PAIR)
            control.connect(to(device, "ctrl"))
            client = ask(socket, device, 3)
            stats_when(device, lambda s: s.unanswered == 3)
            control.send(b"TERMINATE")
            device.join(10)
            assert device.stop() is True
            assert answers(client, 3) == [b"0!", b"1!", b"2!"]

    def test_sigterm(self, socket: Make) -> None:
        device = queue("spawn")
        with running(device):
            Workers(socket, to(device, "out"))
            client = ask(socket, device, 3)
            stats_when(device, lambda s: s.unanswered == 3)
            os.kill(device.launcher.pid, signal.SIGTERM)
            device.join(10)
            assert device.stop() is True
            assert answers(client, 3) == [b"0!", b"1!", b"2!"]

    def test_a_second_run_owes_nothing_of_the_first(self, socket: Make) -> None:
        device = queue("thread")
        with running(device):
            worker = socket(zmq.DEALER)
            worker.connect(to(device, "out"))
            ask(socket, device, 2)
            stats_when(device, lambda s: s.unanswered == 2)
            assert device.stop(0.1) is False
            device.start()
            assert device.stats().unanswered == 0
            assert device.stop(10) is True
