"""Messages of more than 2 GiB. Their memory is lent, and never touched: the tests need none."""

from __future__ import annotations

import mmap
import threading
import time
from collections.abc import Iterator

import pytest

import zmq
from helpers.waiting import until
from zmq.devices import Relay

SIZE = 2**31 + 1


@pytest.fixture(scope="module")
def memory() -> mmap.mmap:
    return mmap.mmap(-1, SIZE)


@pytest.fixture
def pair(context: zmq.Context) -> Iterator[tuple[zmq.Socket, zmq.Socket]]:
    with context.socket(zmq.PAIR) as a, context.socket(zmq.PAIR) as b:
        a.rcvtimeo = b.rcvtimeo = 10_000
        a.bind("inproc://large")
        b.connect("inproc://large")
        yield a, b


def test_recv_and_its_relatives_give_all_of_it(pair, memory) -> None:
    a, b = pair
    few = bytearray(8)
    a.send(memory, copy=False)
    frame = b.recv(copy=False)
    assert len(frame) == len(frame.buffer) == SIZE
    a.send(frame)
    assert b.recv_into(few) == SIZE
    a.send_multipart([frame, b"end"])
    assert [len(part) for part in b.recv_multipart(copy=False)] == [SIZE, 3]
    assert a.send_many([frame, [b"begin", frame]]) == 2
    assert b.recv_into(few) == SIZE
    assert b.recv() == b"begin"
    assert b.getsockopt(zmq.RCVMORE)
    assert b.recv_into(few, nbytes=2) == SIZE
    assert a.stats().bytes_sent == b.stats().bytes_received == 5 * SIZE + 8


def test_what_was_put_back_is_received_again(pair, memory) -> None:
    a, b = pair
    a.send(memory, copy=False)
    for _ in range(2):
        frame = b.recv(copy=False)
        assert len(frame) == SIZE
        b._put_back([frame])
        assert b.stats().bytes_received == 0
    assert b.recv_into(bytearray(1)) == SIZE


def test_a_receiver_that_waits_gets_it(pair, memory) -> None:
    a, b = pair

    def send() -> None:
        until(lambda: b.stats().would_block)
        time.sleep(0.02)
        a.send(memory, copy=False)

    sender = threading.Thread(target=send)
    sender.start()
    assert len(b.recv(copy=False)) == SIZE
    sender.join()


def test_a_relay_hands_it_on_and_counts_it(context, memory) -> None:
    with (
        context.socket(zmq.PUSH) as push,
        context.socket(zmq.PULL) as source,
        context.socket(zmq.PUSH) as target,
        context.socket(zmq.PULL) as pull,
    ):
        pull.rcvtimeo = 10_000
        source.bind("inproc://in")
        target.bind("inproc://out")
        push.connect("inproc://in")
        pull.connect("inproc://out")
        relay = Relay(source, target)
        thread = threading.Thread(target=relay.run)
        thread.start()
        push.send(memory, copy=False)
        assert pull.recv_into(bytearray(1)) == SIZE
        relay.stop()
        thread.join()
        assert relay.stats().bytes_in == SIZE


def test_a_frame_of_it(memory) -> None:
    frame = zmq.Frame(memory, copy=False)
    assert len(frame) == memoryview(frame).nbytes == SIZE
    assert repr(frame).endswith("...2147MB)>")
