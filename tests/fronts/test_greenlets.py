"""gevent and eventlet: what holds where calls give way without `await`."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest

import zmq
from helpers.fronts import Front, needs


@pytest.fixture(autouse=True)
def default_fairness() -> Iterator[None]:
    yield
    zmq.set_fairness()


@needs("greenlets")
async def test_what_came_while_the_hub_was_busy_counts(front: Front) -> None:
    """The time is over before the hub looks at anything: the message is there all the same."""
    a, b = front.pair()
    b.rcvtimeo = 5
    for _ in range(5):
        receiver = front.start(b.recv)
        await front.turns(2)
        time.sleep(0.02)  # longer than the receiver's limit, without a turn of the hub
        front.raw(a).send(b"x")
        assert await front.join(receiver) == b"x"


@needs("greenlets")
async def test_a_greenlet_that_dies_holds_no_other_up(front: Front, capfd: Any) -> None:
    """The hub reports its error; the greenlets behind it get their messages."""
    a, b = front.pair()

    def die() -> None:
        b.recv()
        raise ValueError("of this greenlet alone")

    front.spawn_raw(die)
    await front.turns(2)
    receivers = await front.start_in_order(b.recv, b.recv)
    a.send_many([b"1", b"2", b"3"])
    assert await front.gather(*receivers) == [b"2", b"3"]
    again = front.start(b.recv)  # the hub listens still
    await front.turns(2)
    a.send(b"4")
    assert await front.join(again) == b"4"
    assert "of this greenlet alone" in capfd.readouterr().err


@needs("greenlets")
async def test_a_time_out_does_not_hide_a_send(front: Front) -> None:
    """A sender gives way before it sends: when it runs out of time, it has not sent."""
    a, b = front.pair(zmq.PUSH, zmq.PULL)
    zmq.set_fairness(messages=1, ms=0)
    sent = 0

    async def send() -> None:
        nonlocal sent
        for _ in range(3):
            a.send(b"x")
            sent += 1

    for _ in range(50):
        with suppress(TimeoutError):
            await front.within(0, send)
    assert len(front.raw(b).recv_many(1000)) == sent


@needs("greenlets")
async def test_the_end_of_a_context_waits_for_other_greenlets(front: Front) -> None:
    """One of them has the socket that is in the way; the others hear of the end."""
    context = front.zmq.Context()
    socket = context.socket(zmq.PULL)
    waiters = [front.start(socket.recv), front.start(socket.poll)]
    await front.turns(2)
    ending = front.start(context.term)
    for waiter in waiters:
        with pytest.raises(zmq.ContextTerminated):
            await front.join(waiter)
    await front.settle()
    assert not ending.ended
    socket.close()
    await front.join(ending)
    assert context.closed


@needs("greenlets")
async def test_a_subclass_that_replaces_send_and_recv(front: Front) -> None:
    calls: list[str] = []

    class Own(front.zmq.Socket):  # type: ignore[misc, name-defined]
        def send(self, *args: Any, **kwargs: Any) -> Any:
            calls.append("send")
            return super().send(*args, **kwargs)

        def recv(self, *args: Any, **kwargs: Any) -> Any:
            calls.append("recv")
            return super().recv(*args, **kwargs)

    a, b = (front.context.socket(zmq.PAIR, Own) for _ in "ab")
    front.sockets += [a, b]
    a.bind("inproc://own")
    b.connect("inproc://own")
    for send, receive, through in (
        (lambda: a.send_multipart([b"1", b"2"]), b.recv_multipart, 2),
        (lambda: a.send_string("1"), b.recv_string, 1),
        (lambda: a.send_json(1), b.recv_json, 1),
        (lambda: a.send_pyobj(1), b.recv_pyobj, 1),
        (lambda: a.send_many([b"1", b"2"]), lambda: b.recv_many(2), 2),
    ):
        calls.clear()
        receiver = front.start(receive)
        await front.turns(2)
        send()
        await front.join(receiver)
        assert calls.count("send") == through
        assert calls.count("recv") >= through
