"""Waiting calls are served in order; receives and sends wait apart from each other."""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from typing import Any

import pytest

import zmq
from helpers.fronts import Front, needs


def fill(socket: zmq.Socket[bytes], message: bytes = b"filler") -> int:
    """Send until the queues are full; how many that took."""
    count = 0
    with suppress(zmq.Again):
        while True:
            socket.send(message, zmq.DONTWAIT)
            count += 1
    return count


@needs("loop")
@pytest.mark.parametrize("transport", ["inproc", "tcp"])
async def test_receivers_are_served_in_order(front: Front, transport: str) -> None:
    a, b = front.pair(transport=transport)
    for _ in range(5):
        waiters = await front.start_in_order(*[b.recv] * 8)
        await front.settle()
        for n in range(8):
            front.raw(a).send(b"%d" % n)
        assert await front.gather(*waiters) == [b"%d" % n for n in range(8)]


@needs("loop")
async def test_receivers_of_different_kinds_are_served_in_order(front: Front) -> None:
    a, b = front.pair()
    target = bytearray(1)
    waiters = await front.start_in_order(
        b.recv,
        b.recv_multipart,
        b.recv_string,
        b.recv_json,
        lambda: b.recv_into(target),
        lambda: b.recv_serialized(list),
    )
    await front.settle()
    for n in range(6):
        front.raw(a).send(b"%d" % n)
    assert await front.gather(*waiters) == [b"0", [b"1"], "2", 3, 1, [b"5"]]
    assert target == b"4"


@needs("loop")
async def test_one_that_comes_later_does_not_overtake(front: Front) -> None:
    """Even if the message is there when it asks and the earlier one has not had its turn."""
    a, b = front.pair()
    early = front.start(b.recv)
    await front.settle()
    front.raw(a).send(b"1")
    front.raw(a).send(b"2")
    late = front.start(b.recv)
    assert await front.gather(late, early) == [b"2", b"1"]


@needs("futures")
async def test_a_call_beside_a_future_that_waits_does_not_overtake(front: Front) -> None:
    a, b = front.pair()
    early = b.recv()
    front.raw(a).send(b"1")
    front.raw(a).send(b"2")
    late = b.recv()
    assert [await late, await early] == [b"2", b"1"]


@needs("loop")
async def test_senders_are_served_in_order(front: Front) -> None:
    a, b = front.pair(hwm=2)
    full = fill(front.raw(a))
    waiters = await front.start_in_order(*(partial(a.send, b"%d" % n) for n in range(10)))
    await front.settle()
    got = [await front(b.recv()) for _ in range(full + 10)]
    assert got == [b"filler"] * full + [b"%d" % n for n in range(10)]
    await front.gather(*waiters)


async def test_receives_do_not_wait_for_sends(front: Front) -> None:
    """A DEALER that can send no more receives, and a send goes on while a receive waits."""
    a, b = front.pair(zmq.DEALER, zmq.DEALER, hwm=1)
    full = fill(front.raw(a))
    stuck = front.start(a.send, b"late")
    await front.settle()
    received = front.start(a.recv)
    await front.settle()
    for n in range(5):
        await front(b.send(b"%d" % n))
        assert await front.join(received) == b"%d" % n
        received = front.start(a.recv)
    assert not stuck.ended
    assert [await front(b.recv()) for _ in range(full + 1)] == [b"filler"] * full + [b"late"]
    await front.join(stuck)
    await front(a.send(b"beside"))
    assert await front(b.recv()) == b"beside"
    await front(b.send(b"end"))
    assert await front.join(received) == b"end"


async def test_sends_do_not_wait_for_receives(front: Front) -> None:
    a, b = front.pair()
    receivers = [front.start(b.recv), front.start(b.recv)]
    await front.settle()
    for n in range(20):
        await front(b.send(b"%d" % n))
    assert [await front(a.recv()) for _ in range(20)] == [b"%d" % n for n in range(20)]
    await front(a.send(b"x"))
    await front(a.send(b"y"))
    assert sorted(await front.gather(*receivers)) == [b"x", b"y"]


async def test_a_request_and_the_wait_for_its_peer(front: Front) -> None:
    """A REQ without a peer waits with its send; others are served meanwhile."""
    req, rep = front.socket(zmq.REQ), front.socket(zmq.REP)
    a, b = front.pair()

    async def ask() -> bytes:
        await front(req.send(b"question"))
        answer: bytes = await front(req.recv())
        return answer

    asking = front.spawn(ask)
    await front.settle()
    await front(a.send(b"meanwhile"))
    assert await front(b.recv()) == b"meanwhile"
    rep.bind("tcp://127.0.0.1:*")
    req.connect(rep.last_endpoint.decode())
    assert await front(rep.recv()) == b"question"
    await front(rep.send(b"answer"))
    assert await front.join(asking) == b"answer"


async def test_waiting_for_one_socket_leaves_others_alone(front: Front) -> None:
    """A hundred sockets, all waited for, served as their messages come."""
    pairs = [front.pair() for _ in range(50)]
    waiters = [front.start(b.recv) for _, b in pairs]
    await front.settle()
    for n in (*range(1, 50, 2), *range(0, 50, 2)):
        front.raw(pairs[n][0]).send(b"%d" % n)
        assert await front.join(waiters[n]) == b"%d" % n


@needs("loop")
async def test_what_is_sent_later_is_what_was_given(front: Front) -> None:
    """A buffer may change while its send waits: a copy is sent."""
    a, b = front.pair(hwm=1)
    full = fill(front.raw(a))
    data, parts = bytearray(b"before"), [bytearray(b"one"), b"two"]
    waiters = await front.start_in_order(lambda: a.send(data), lambda: a.send_multipart(parts))
    await front.settle()
    data[:] = b"after!"
    parts[0][:] = b"uno"  # type: ignore[index]
    for _ in range(full):
        await front(b.recv())
    assert await front(b.recv()) == b"before"
    assert await front(b.recv_multipart()) == [b"one", b"two"]
    await front.gather(*waiters)


async def test_send_many_goes_on_where_it_stopped(front: Front) -> None:
    a, b = front.pair(hwm=3)
    messages: list[Any] = [b"%d" % n for n in range(50)]
    sending = front.start(a.send_many, messages)
    assert [await front(b.recv()) for _ in range(50)] == messages
    assert await front.join(sending) == 50
