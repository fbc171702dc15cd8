"""Peers, streams of events and caches in many threads, with the GIL or without."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest

import zmq
from helpers.threads import at_once
from zmq.devices import ThreadLastValueCache

LONG_MS = 20000
Going = Callable[[], bool]

pytestmark = pytest.mark.timeout(900)


@pytest.mark.parametrize("address", ["inproc://{}", "tcp://127.0.0.1:*"])
def test_endpoints_change_while_others_look_at_peers(
    context: zmq.Context, going: Going, address: str
) -> None:
    context.max_sockets = 10_000  # libzmq takes its time to clear away those that were closed
    a, b = context.socket(zmq.PUSH), context.socket(zmq.PULL)
    a.bind(address.format("a"))
    endpoint = a.last_endpoint
    looks = [0] * 3

    def connect() -> None:
        while going():
            b.connect(endpoint)
            b.disconnect(endpoint)

    def bind(n: int) -> None:
        while going():
            with context.socket(zmq.PULL) as socket:
                socket.bind(address.format(n))
                socket.peers()
                socket.connect(endpoint)
                socket.wait_for_peers(1, LONG_MS)

    def look(n: int) -> None:
        while going() or not looks[n]:
            a.peers()
            b.peers()
            zmq.dump()
            looks[n] += 1

    at_once(
        connect, *(lambda n=n: bind(n) for n in range(3)), *(lambda n=n: look(n) for n in range(3))
    )
    b.close()
    deadline = time.monotonic() + 20
    while a.peers():
        assert time.monotonic() < deadline, a.peers()
        time.sleep(0.005)
    a.close()


def test_streams_end_for_all_threads_that_read(context: zmq.Context, going: Going) -> None:
    def read_and_close(close: bool) -> None:
        while going():
            with context.socket(zmq.PULL) as socket:
                stream = socket.connection_events()

                def end(socket: zmq.Socket = socket, stream: Any = stream) -> None:
                    socket.bind("tcp://127.0.0.1:*")
                    (stream if close else socket).close()

                at_once(end, *[lambda stream=stream: list(stream)] * 3)

    at_once(*(lambda close=close: read_and_close(close) for close in (True, False)))


def test_a_failure_is_read_while_the_socket_changes(context: zmq.Context, going: Going) -> None:
    socket = context.socket(zmq.PULL)
    failed: list[zmq.Again] = []

    def fail() -> None:
        while going():
            with pytest.raises(zmq.Again) as raised:
                socket.recv(zmq.DONTWAIT)
            failed.append(raised.value)
            del failed[:-20]

    def rebind() -> None:
        while going():
            with context.socket(zmq.PUSH) as other:
                other.bind("inproc://here")
                socket.connect("inproc://here")
                socket.disconnect("inproc://here")

    def read() -> None:
        while going():
            for error in list(failed):
                assert str(error) == str(error)
                assert "PULL socket" in str(error)

    at_once(fail, rebind, read, read, read)
    socket.close()


def test_subscribers_of_a_cache_come_and_go(context: zmq.Context, going: Going) -> None:
    """Each finds what is cached, whatever others ask at that moment."""
    cache = ThreadLastValueCache(max_entries=100)
    ports = [
        each("tcp://127.0.0.1")
        for each in (cache.bind_in_to_random_port, cache.bind_out_to_random_port)
    ]
    cache.start()

    def publish(n: int) -> None:
        with context.socket(zmq.PUB) as publisher:
            publisher.connect(f"tcp://127.0.0.1:{ports[0]}")
            publisher.wait_for_peers(1, LONG_MS)
            i = 0
            while going() or i < 40:
                i += 1
                publisher.send_multipart([b"%d.%d" % (n, i % 40), b"%d" % i * (i % 90 + 1)])
                time.sleep(0.0001)

    def subscribe(n: int) -> None:
        while (cache.stats().cache_entries or 0) < 80:
            time.sleep(0.001)
        while True:
            last_round = not going()
            with context.socket(zmq.SUB) as subscriber:
                subscriber.rcvtimeo = LONG_MS
                subscriber.connect(f"tcp://127.0.0.1:{ports[1]}")
                subscriber.subscribe(b"%d." % n)
                topics: set[bytes] = set()
                while len(topics) < 40:
                    topic, _ = subscriber.recv_multipart()
                    topics.add(topic)
            if last_round:
                return

    at_once(
        *(lambda n=n: publish(n) for n in (0, 1)), *(lambda n=n: subscribe(n) for n in (0, 1) * 2)
    )
    cache.stop(0)
    cache.join(20)
