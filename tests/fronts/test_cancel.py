"""A cancelled call takes no message: none is lost, none comes twice, their order stays."""

from __future__ import annotations

import asyncio
import pickle
import random
from collections.abc import Callable
from typing import Any

import pytest

import zmq
from helpers.fronts import Front, needs

TURNS = 9  # more than lie between a message's arrival and its receiver's next step
RECEIVES: dict[str, tuple[Callable[[Any], Any], Callable[[Any], int]]] = {
    "recv": (lambda s: s.recv(), int),
    "recv frame": (lambda s: s.recv(copy=False), lambda frame: int(frame.bytes)),
    "recv_multipart": (lambda s: s.recv_multipart(), lambda parts: int(parts[0])),
    "recv_multipart frames": (
        lambda s: s.recv_multipart(copy=False),
        lambda parts: int(parts[0].bytes),
    ),
    "recv_string": (lambda s: s.recv_string(), int),
    "recv_json": (lambda s: s.recv_json(), int),
    "recv_pyobj": (lambda s: s.recv_pyobj(), int),
    "recv_serialized": (lambda s: s.recv_serialized(lambda parts: int(parts[0])), int),
}


def content(name: str, n: int) -> bytes:
    return pickle.dumps(n) if name == "recv_pyobj" else b"%d" % n


def number(name: str, message: bytes) -> int:
    return int(pickle.loads(message)) if name == "recv_pyobj" else int(message)


@needs("cancel")
@pytest.mark.parametrize("transport", ["inproc", "tcp"])
@pytest.mark.parametrize("name", RECEIVES)
async def test_cancelled_in_every_turn(front: Front, name: str, transport: str) -> None:
    """The task is cancelled 0, 1, 2 ... turns after the sending; two more messages follow it."""
    call, read = RECEIVES[name]
    a, b = front.pair(transport=transport)
    sender = front.raw(a)
    for turns in range(TURNS):
        task = front.start(call, b)
        await front.turns(3)
        for n in range(3):
            sender.send(content(name, n))
        await front.turns(turns)
        cancelled = await front.cancel(task)
        got = [] if cancelled else [read(task.result())]
        while len(got) < 3:
            got.append(number(name, await front(b.recv())))
        assert got == [0, 1, 2], turns
        assert b.getsockopt(zmq.EVENTS) & zmq.POLLIN == 0


@needs("cancel")
async def test_several_waiters_cancelled_in_every_turn(front: Front) -> None:
    """Every second one of six is cancelled; what they leave goes to the others, in order."""
    a, b = front.pair()
    sender = front.raw(a)
    for turns in range(TURNS):
        tasks = [front.start(b.recv) for _ in range(6)]
        await front.turns(3)
        for n in range(6):
            sender.send(b"%d" % n)
        await front.turns(turns)
        got = []
        for task in tasks[::2]:
            if not await front.cancel(task):
                got.append(task.result())
        got += await front.gather(*tasks[1::2])
        while len(got) < 6:
            got.append(await front(b.recv()))
        assert sorted(got) == [b"%d" % n for n in range(6)], turns


@needs("cancel")
async def test_a_receiver_cancels_the_next_one(front: Front) -> None:
    """The first has its message and ends the others, whose messages are there already."""
    a, b = front.pair()
    others: list[Any] = []

    async def receive_and_cancel() -> bytes:
        message: bytes = await front(b.recv())
        for task in others:
            front.cancel_soon(task)
        return message

    for call in (b.recv, b.recv_string, b.recv_multipart):
        first = front.spawn(receive_and_cancel)
        await front.turns(3)
        others[:] = [front.start(call) for _ in range(3)]
        await front.turns(3)
        for n in range(4):
            front.raw(a).send(b"%d" % n)
        got = [await front.join(first)]
        for task in others:
            if not await front.cancel(task):
                value = task.result()
                got.append({str: str.encode, list: b"".join}.get(type(value), bytes)(value))
        while len(got) < 4:
            got.append(await front(b.recv()))
        assert sorted(got) == [b"0", b"1", b"2", b"3"]


@needs("cancel")
async def test_multipart_message_of_a_cancelled_receive(front: Front) -> None:
    """All its parts are put back; a receive of single parts finds them with their `more`."""
    a, b = front.pair()
    for turns in range(TURNS):
        task = front.start(b.recv_multipart)
        await front.turns(3)
        front.raw(a).send_multipart([b"1", b"", b"3"])
        await front.turns(turns)
        if await front.cancel(task):
            parts = []
            for more in (True, True, False):
                parts.append(await front(b.recv()))
                assert bool(b.rcvmore) is more
        else:
            parts = task.result()
        assert parts == [b"1", b"", b"3"], turns


@needs("cancel")
async def test_part_of_a_cancelled_receive(front: Front) -> None:
    a, b = front.pair()
    for turns in range(TURNS):
        task = front.start(b.recv)
        await front.turns(3)
        front.raw(a).send_multipart([b"1", b"2"])
        await front.turns(turns)
        if await front.cancel(task):
            assert await front(b.recv_multipart()) == [b"1", b"2"], turns
        else:
            assert task.result() == b"1"
            assert await front(b.recv()) == b"2", turns


@needs("cancel")
async def test_recv_many_cancelled(front: Front) -> None:
    a, b = front.pair()
    for turns in range(TURNS):
        task = front.start(b.recv_many)
        await front.turns(3)
        front.raw(a).send_many([b"0", b"1", b"2"])
        await front.turns(turns)
        got = [] if await front.cancel(task) else list(task.result())
        while len(got) < 3:
            got += await front(b.recv_many())
        assert got == [b"0", b"1", b"2"], turns


@needs("cancel")
async def test_poll_cancelled(front: Front) -> None:
    a, b = front.pair()
    poller = front.zmq.Poller()
    poller.register(b, zmq.POLLIN)
    for poll in (b.poll, poller.poll):
        for turns in range(TURNS):
            task = front.start(poll)
            await front.turns(3)
            front.raw(a).send(b"x")
            await front.turns(turns)
            await front.cancel(task)
            assert await front(b.recv()) == b"x"
            assert await front(b.poll(0)) == 0


@needs("cancel")
async def test_what_was_put_back_counts_as_arrived(front: Front) -> None:
    """For poll, EVENTS, a raw receive and a Poller."""
    a, b = front.pair()
    second = front.raw(b)
    for turns in range(TURNS):
        task = front.start(b.recv)
        await front.turns(3)
        front.raw(a).send(b"x")
        await front.turns(turns)
        if not await front.cancel(task):
            continue
        assert second.getsockopt(zmq.EVENTS) & zmq.POLLIN
        assert second.poll(0) == zmq.POLLIN
        assert await front(b.poll()) == zmq.POLLIN
        assert zmq.zmq_poll([(second, zmq.POLLIN)], 0) == [(second, zmq.POLLIN)]
        poller = front.zmq.Poller()
        poller.register(b, zmq.POLLIN)
        assert await front(poller.poll()) == [(b, zmq.POLLIN)]
        assert second.recv(zmq.DONTWAIT) == b"x"


@needs("cancel")
@pytest.mark.parametrize("transport", ["inproc", "tcp"])
async def test_random_cancellations(front: Front, transport: str) -> None:
    """A stream of messages, received by tasks that are cancelled at any time."""
    count, chance = 400, random.Random(5)
    a, b = front.pair(zmq.PUSH, zmq.PULL, transport)
    sender = front.raw(a)

    async def produce() -> None:
        for n in range(count):
            sender.send(b"%d" % n)
            if chance.random() < 0.3:
                await front.turns(chance.randrange(4))

    producer = front.spawn(produce)
    got: list[int] = []
    while len(got) < count:
        name = chance.choice([name for name in RECEIVES if name != "recv_pyobj"])
        call, read = RECEIVES[name]
        task = front.start(call, b)
        await front.turns(chance.randrange(5))
        if not await front.cancel(task):
            got.append(read(task.result()))
    assert got == list(range(count))
    await front.join(producer)


@needs("cancel")
async def test_timeouts_of_the_loop(front: Front) -> None:
    """The loop's own way to limit the time of a wait."""
    a, b = front.pair()
    got: list[bytes] = []

    async def receive() -> None:
        got.append(await front(b.recv()))

    for n in range(20):
        waiting = front.spawn(front.within, 0.002 * (n % 3), receive)
        await front.sleep(0.001 * (n % 4))
        front.raw(a).send(b"%d" % n)
        await front.finished(waiting)
        while len(got) <= n:
            got.append(await front(b.recv()))
    assert got == [b"%d" % n for n in range(20)]


@needs("cancel")
async def test_a_cancelled_send_is_sent_or_not(front: Front) -> None:
    """Never half of it, and never out of order."""
    a, b = front.pair(sndhwm=1, rcvhwm=1)
    for turns in range(TURNS):
        fillers = 0
        try:
            while True:
                front.raw(a).send(b"filler", zmq.DONTWAIT)
                fillers += 1
        except zmq.Again:
            pass
        first, second = await front.start_in_order(
            lambda: a.send_multipart([b"first", b"part"]),
            lambda: a.send_multipart([b"second", b"part"]),
        )
        for _ in range(fillers):
            assert front.raw(b).recv() == b"filler"
        await front.turns(turns)
        cancelled = await front.cancel(first)
        await front.join(second)
        received = [await front(b.recv_multipart())]
        if received[0][0] == b"first":
            received.append(await front(b.recv_multipart()))
        else:
            assert cancelled
        assert received[-1] == [b"second", b"part"]
        assert received[:-1] in ([], [[b"first", b"part"]])
        assert await front(b.poll(0)) == 0


@needs("futures")
@pytest.mark.parametrize("name", RECEIVES)
async def test_futures_cancelled_in_every_turn(front: Front, name: str) -> None:
    call, read = RECEIVES[name]
    a, b = front.pair()
    for turns in range(TURNS):
        future = call(b)
        front.raw(a).send(content(name, 0))
        front.raw(a).send(content(name, 1))
        await front.turns(turns)
        got = [] if future.cancel() else [read(await future)]
        assert future.cancelled() is not bool(got)
        while len(got) < 2:
            got.append(number(name, await front(b.recv())))
        assert got == [0, 1], turns


@needs("futures")
@pytest.mark.parametrize("name", RECEIVES)
async def test_futures_dropped_in_every_turn(front: Front, name: str) -> None:
    """A task is cancelled that waits for the future in another way, and drops it."""
    call, _read = RECEIVES[name]
    a, b = front.pair()

    async def receive() -> None:
        await asyncio.wait({asyncio.ensure_future(call(b))})

    for turns in range(TURNS):
        task = front.spawn(receive)
        await front.turns(3)
        for n in range(3):
            front.raw(a).send(content(name, n))
        await front.turns(turns)
        await front.cancel(task)
        await front.settle()
        assert [number(name, await front(b.recv())) for _ in range(3)] == [0, 1, 2], turns


@needs("futures")
async def test_wait_for_in_every_turn(front: Front) -> None:
    """asyncio.wait_for, which cancels what it waits for, and asyncio.wait, which does not."""
    a, b = front.pair()
    got: list[bytes] = []
    for n in range(30):
        front.raw(a).send(b"%d" % n)
        try:
            got.append(await asyncio.wait_for(b.recv(), 0 if n % 2 else 0.0001))
        except TimeoutError:
            got.append(await b.recv())
    future = b.recv()
    done, _pending = await asyncio.wait({future}, timeout=0)
    assert not done
    front.raw(a).send(b"end")
    assert await future == b"end"
    assert got == [b"%d" % n for n in range(30)]
