"""RCVTIMEO and SNDTIMEO hold on every front. That they end is asserted, not when."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import zmq
from helpers.fronts import Front, needs

TIMEOUTS_MS = (0, 20)


@pytest.mark.parametrize("ms", TIMEOUTS_MS)
@pytest.mark.parametrize(
    "name", "recv recv_multipart recv_string recv_json recv_pyobj recv_many".split()
)
async def test_receives_end(front: Front, name: str, ms: int) -> None:
    a, b = front.pair()
    b.rcvtimeo = ms
    with pytest.raises(zmq.Again):
        await front(getattr(b, name)())
    # What it has waited for comes later, and is there for the next.
    await front(a.send(b"1"))
    b.rcvtimeo = 5000
    assert await front(b.recv()) == b"1"


RECEIVES: dict[str, tuple[Callable[[Any], Any], object]] = {
    "recv": (lambda s: s.recv(), b"123"),
    "recv_multipart": (lambda s: s.recv_multipart(), [b"123"]),
    "recv_string": (lambda s: s.recv_string(), "123"),
    "recv_json": (lambda s: s.recv_json(), 123),
    "recv_into": (lambda s: s.recv_into(bytearray(3)), 3),
    "recv_many": (lambda s: s.recv_many(), [b"123"]),
}


@pytest.mark.parametrize("ms", TIMEOUTS_MS)
@pytest.mark.parametrize("name", RECEIVES)
async def test_the_same_call_after_a_time_out(front: Front, name: str, ms: int) -> None:
    call, result = RECEIVES[name]
    a, b = front.pair()
    b.rcvtimeo = ms
    with pytest.raises(zmq.Again):
        await front(call(b))
    front.raw(a).send(b"123")
    assert await front(call(b)) == result


@needs("cancel")
@pytest.mark.parametrize("name", [*RECEIVES, "poll", "Poller.poll"])
async def test_a_limit_of_the_loop(front: Front, name: str) -> None:
    """The loop's own way to limit the time of a wait ends each kind of wait, and takes nothing."""
    a, b = front.pair()
    poller = front.zmq.Poller()
    poller.register(b, zmq.POLLIN)
    polls = {"poll": lambda: b.poll(), "Poller.poll": lambda: poller.poll()}

    async def wait() -> Any:
        return await front(polls[name]() if name in polls else RECEIVES[name][0](b))

    with pytest.raises(TimeoutError):
        await front.within(0.01, wait)
    front.raw(a).send(b"abc")
    assert await front(b.recv()) == b"abc"


@needs("cancel")
@pytest.mark.parametrize("transport", ["inproc", "tcp"])
@pytest.mark.parametrize("name", RECEIVES)
async def test_a_limit_around_the_arrival(front: Front, name: str, transport: str) -> None:
    """The receiver runs out of time a little before, in the middle of, and after the arrival."""
    call, result = RECEIVES[name]
    a, b = front.pair(transport=transport)

    async def receive() -> Any:
        return await front(call(b))

    for n in range(60):
        receiver = front.start(front.within, 0.00005 * (n % 20), receive)
        await front.turns(2)
        front.raw(a).send(b"123")
        await front.finished(receiver)
        if receiver.error is None:
            assert receiver.result() == result
        else:
            assert isinstance(receiver.error, TimeoutError)
            assert await front(b.recv()) == b"123"
        assert await front(b.poll(0)) == 0


@pytest.mark.parametrize("ms", TIMEOUTS_MS)
async def test_other_receives_end(front: Front, ms: int) -> None:
    _a, b = front.pair(rcvtimeo=ms)
    with pytest.raises(zmq.Again):
        await front(b.recv_into(bytearray(1)))
    with pytest.raises(zmq.Again):
        await front(b.recv_serialized(list))
    with pytest.raises(zmq.Again):
        await front(b.recv(copy=False))


@pytest.mark.parametrize("ms", TIMEOUTS_MS)
@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("send", b"x"),
        ("send_multipart", [b"x", b"y"]),
        ("send_string", "x"),
        ("send_json", 1),
        ("send_pyobj", 1),
    ],
)
async def test_sends_end(front: Front, name: str, message: Any, ms: int) -> None:
    push = front.socket(zmq.PUSH, sndtimeo=ms)
    with pytest.raises(zmq.Again):
        await front(getattr(push, name)(message))
    # It was not sent: a peer that connects now gets only later messages.
    pull = front.socket(zmq.PULL)
    pull.bind("inproc://late")
    push.connect("inproc://late")
    push.sndtimeo = 5000
    await front(push.send(b"later"))
    assert await front(pull.recv()) == b"later"


@pytest.mark.parametrize("ms", TIMEOUTS_MS)
async def test_what_is_there_comes_in_spite_of_it(front: Front, ms: int) -> None:
    a, b = front.pair(rcvtimeo=ms, sndtimeo=ms)
    for n in range(10):
        await front(a.send(b"%d" % n))
    await front.settle()
    assert [await front(b.recv()) for _ in range(10)] == [b"%d" % n for n in range(10)]


async def test_one_time_out_leaves_the_others_waiting(front: Front) -> None:
    a, b = front.pair(rcvtimeo=20)
    short = front.start(b.recv)
    await front.turns(3)
    b.rcvtimeo = -1
    long = front.start(b.recv)
    with pytest.raises(zmq.Again):
        await front.join(short)
    assert not long.ended
    await front(a.send(b"x"))
    assert await front.join(long) == b"x"


@needs("loop")
async def test_the_value_at_the_call_holds(front: Front) -> None:
    _a, b = front.pair(rcvtimeo=30)
    waiter = front.start(b.recv)
    await front.turns(3)
    b.rcvtimeo = -1
    with pytest.raises(zmq.Again):
        await front.join(waiter)


@pytest.mark.parametrize("ms", [0, 20, 0.5])
async def test_polls_end(front: Front, ms: float) -> None:
    a, b = front.pair()
    poller = front.zmq.Poller()
    poller.register(b, zmq.POLLIN)
    assert await front(b.poll(ms)) == 0
    assert await front(poller.poll(ms)) == []
    await front(a.send(b"x"))
    assert await front(b.poll(5000)) == zmq.POLLIN
    assert await front(poller.poll(5000)) == [(b, zmq.POLLIN)]


async def test_poll_is_no_receive(front: Front) -> None:
    """RCVTIMEO does not end a poll."""
    a, b = front.pair(rcvtimeo=1)
    polled = front.start(b.poll, 5000)
    await front.sleep(0.05)
    assert not polled.ended
    await front(a.send(b"x"))
    assert await front.join(polled) == zmq.POLLIN


async def test_many_timeouts(front: Front) -> None:
    """Each ends by its own; the one that lasts gets the message."""
    a, b = front.pair()
    b.rcvtimeo = 30
    waiters = [front.start(b.recv) for _ in range(20)]
    await front.settle()
    b.rcvtimeo = -1
    last = front.start(b.recv)
    for waiter in waiters:
        with pytest.raises(zmq.Again):
            await front.join(waiter)
    await front(a.send(b"x"))
    assert await front.join(last) == b"x"
