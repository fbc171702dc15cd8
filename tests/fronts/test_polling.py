"""poll on sockets, and Pollers with sockets of the front, plain sockets and descriptors."""

from __future__ import annotations

import os
import socket as sockets
import time
from collections.abc import Iterator
from typing import Any

import pytest

import zmq
from helpers.fronts import Front, needs


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    read, write = os.pipe()
    yield read, write
    os.close(read)
    os.close(write)


@pytest.fixture
def plain() -> Iterator[tuple[zmq.Socket[bytes], zmq.Socket[bytes]]]:
    """Two blocking sockets of a context of their own."""
    with zmq.Context() as context, context.socket(zmq.PAIR) as a, context.socket(zmq.PAIR) as b:
        a.linger = b.linger = 0
        a.bind("inproc://plain")
        b.connect("inproc://plain")
        yield a, b


async def test_poll_of_a_socket(front: Front) -> None:
    a, b = front.pair()
    assert await front(b.poll(0)) == 0
    assert await front(b.poll(flags=zmq.POLLOUT)) == zmq.POLLOUT
    assert await front(b.poll(1000, zmq.POLLIN | zmq.POLLOUT)) == zmq.POLLOUT
    polled = front.start(b.poll)
    await front.settle()
    assert not polled.ended
    await front(a.send(b"x"))
    assert await front.join(polled) == zmq.POLLIN
    assert await front(b.poll()) == zmq.POLLIN
    assert await front(b.poll(None, zmq.POLLIN | zmq.POLLOUT)) == zmq.POLLIN | zmq.POLLOUT
    assert await front(b.recv()) == b"x"
    assert await front(b.poll(5)) == 0


async def test_polls_of_one_socket_for_different_things(front: Front) -> None:
    a, b = front.pair(zmq.DEALER, zmq.DEALER, hwm=1)
    full = 0
    while front.raw(a).poll(0, zmq.POLLOUT):
        front.raw(a).send(b"filler")
        full += 1
    writable = front.start(a.poll, None, zmq.POLLOUT)
    readable = front.start(a.poll, None, zmq.POLLIN)
    either = front.start(a.poll, None, zmq.POLLIN | zmq.POLLOUT)
    await front.settle()
    front.raw(b).send(b"x")
    assert await front.join(readable) == zmq.POLLIN
    assert await front.join(either) == zmq.POLLIN
    assert not writable.ended
    for _ in range(full):
        assert front.raw(b).recv() == b"filler"
    assert await front.join(writable) == zmq.POLLOUT
    assert await front(a.recv()) == b"x"


async def test_several_polls_and_a_receive(front: Front) -> None:
    """A poll that finds the message gone waits on; the next message ends all of them."""
    a, b = front.pair()
    receiver = front.start(b.recv)
    await front.settle()
    polls = [front.start(b.poll) for _ in range(3)]
    await front.settle()
    await front(a.send(b"1"))
    assert await front.join(receiver) == b"1"
    await front(a.send(b"2"))
    assert await front.gather(*polls) == [zmq.POLLIN] * 3
    assert await front(b.recv()) == b"2"


async def test_a_mixture(front: Front, pipe: tuple[int, int], plain: tuple[Any, Any]) -> None:
    """Any object of a Poller wakes it when it is ready, and poll() names the object registered."""
    read, write = pipe
    a, b = front.pair()
    mine, other = plain
    near, far = sockets.socketpair()
    with near, far:
        poller = front.zmq.Poller()
        for thing in (b, other, read):
            poller.register(thing, zmq.POLLIN)
        poller.register(near, zmq.POLLIN)
        wakers = {
            "the front's socket": (lambda: front.raw(a).send(b"x"), b, front.raw(b).recv),
            "a plain socket": (lambda: mine.send(b"x"), other, other.recv),
            "a descriptor": (lambda: os.write(write, b"x"), read, lambda: os.read(read, 1)),
            "a socket object": (lambda: far.send(b"x"), near.fileno(), lambda: near.recv(1)),
        }
        for _ in range(2):
            for name, (wake, expected, take) in wakers.items():
                assert await front(poller.poll(0)) == []
                polled = front.start(poller.poll)
                await front.settle()
                assert not polled.ended, name
                wake()
                assert await front.join(polled) == [(expected, zmq.POLLIN)], name
                take()


async def test_several_are_ready(front: Front, pipe: tuple[int, int]) -> None:
    read, write = pipe
    a, b = front.pair()
    poller = front.zmq.Poller()
    poller.register(read, zmq.POLLIN)
    poller.register(b)
    poller.register(write, zmq.POLLOUT)
    os.write(write, b"x")
    front.raw(a).send(b"x")
    ready = dict(await front(poller.poll()))
    both = zmq.POLLIN | zmq.POLLOUT
    assert ready == {read: zmq.POLLIN, b: both, write: zmq.POLLOUT}


async def test_a_writable_socket_wakes(front: Front) -> None:
    push, pull = front.socket(zmq.PUSH), front.socket(zmq.PULL)
    poller = front.zmq.Poller()
    poller.register(push, zmq.POLLOUT)
    polled = front.start(poller.poll)
    await front.settle()
    assert not polled.ended
    pull.bind("tcp://127.0.0.1:*")
    push.connect(pull.last_endpoint.decode())
    assert await front.join(polled) == [(push, zmq.POLLOUT)]


async def test_a_writable_descriptor_wakes(front: Front) -> None:
    near, far = sockets.socketpair()
    with near, far:
        near.setblocking(False)
        full = 0
        try:
            while True:
                full += near.send(b"x" * 65536)
        except BlockingIOError:
            pass
        poller = front.zmq.Poller()
        poller.register(near, zmq.POLLOUT)
        polled = front.start(poller.poll)
        await front.settle()
        assert not polled.ended
        while full:
            full -= len(far.recv(65536))
        assert await front.join(polled) == [(near.fileno(), zmq.POLLOUT)]


async def test_a_peer_that_hangs_up(front: Front) -> None:
    read, write = os.pipe()
    poller = front.zmq.Poller()
    poller.register(read, zmq.POLLIN)
    polled = front.start(poller.poll)
    await front.settle()
    os.close(write)
    ((thing, events),) = await front.join(polled)
    os.close(read)
    assert thing == read
    assert events


async def test_changes_of_a_poller(front: Front) -> None:
    a, b = front.pair()
    poller = front.zmq.Poller()
    poller.register(b, zmq.POLLOUT)
    assert await front(poller.poll()) == [(b, zmq.POLLOUT)]
    poller.modify(b, zmq.POLLIN)
    assert await front(poller.poll(1)) == []
    front.raw(a).send(b"x")
    assert await front(poller.poll()) == [(b, zmq.POLLIN)]
    poller.unregister(b)
    assert await front(poller.poll(1)) == []


async def test_two_pollers_of_one_socket(front: Front) -> None:
    a, b = front.pair()
    pollers = [front.zmq.Poller() for _ in range(2)]
    for poller in pollers:
        poller.register(b, zmq.POLLIN)
    polled = [front.start(poller.poll) for poller in pollers]
    polled.append(front.start(b.poll))
    await front.settle()
    front.raw(a).send(b"x")
    one = [(b, zmq.POLLIN)]
    assert await front.gather(*polled) == [one, one, zmq.POLLIN]


@needs("loop")
async def test_others_have_their_turns_during_a_poll(front: Front, pipe: tuple[int, int]) -> None:
    a, b = front.pair()
    poller = front.zmq.Poller()
    poller.register(b, zmq.POLLIN)
    poller.register(pipe[0], zmq.POLLIN)
    polled = [front.start(poller.poll), front.start(b.poll)]
    await front.turns(50)
    assert not any(p.ended for p in polled)
    front.raw(a).send(b"x")
    assert await front.gather(*polled) == [[(b, zmq.POLLIN)], zmq.POLLIN]


@needs("cancel")
async def test_a_cancelled_poll_leaves_nothing_behind(front: Front, pipe: tuple[int, int]) -> None:
    """The descriptor can be watched again, by this Poller and by another."""
    read, write = pipe
    for _ in range(5):
        poller = front.zmq.Poller()
        poller.register(read, zmq.POLLIN)
        assert await front.cancel(front.start(poller.poll)) is True
        polled = front.start(poller.poll)
        await front.settle()
        os.write(write, b"x")
        assert await front.join(polled) == [(read, zmq.POLLIN)]
        os.read(read, 1)


async def test_poll_of_a_closed_socket(front: Front) -> None:
    _, b = front.pair()
    b.close()
    with pytest.raises(zmq.ZMQError) as raised:
        await front(b.poll(10))
    assert raised.value.errno == zmq.ENOTSUP  # as in PyZMQ


@needs("await")
async def test_what_was_ready_is_gone_when_the_loop_comes_to_it(front: Front) -> None:
    """A poller waits on when a message was ready, and is gone before the loop comes to it."""
    a, b = front.pair()
    poller = front.zmq.Poller()
    poller.register(b, zmq.POLLIN)
    polled = front.start(poller.poll)
    await front.settle()
    for _ in range(3):
        front.raw(a).send(b"gone")
        time.sleep(0.05)  # the loop is busy: a thread that watches for it has its time
        assert front.raw(b).recv(zmq.DONTWAIT) == b"gone"
        await front.settle()
        assert not polled.ended
    front.raw(a).send(b"stays")
    assert await front.join(polled) == [(b, zmq.POLLIN)]
    assert await front(b.recv()) == b"stays"


async def test_a_closed_socket_beside_one_that_lives(front: Front) -> None:
    """One part of a program closes its socket: the loop of all the others goes on."""
    a, b = front.pair()
    other = front.socket(zmq.PULL)
    poller = front.zmq.Poller()
    poller.register(b, zmq.POLLIN)
    poller.register(other, zmq.POLLIN)
    polled = front.start(poller.poll)
    await front.settle()
    assert not polled.ended
    other.close()
    assert await front.join(polled) == [(other, zmq.POLLERR)]
    await front(a.send(b"x"))
    front.raw(b).poll(1000)
    for timeout in (0, 1000, None):
        assert await front(poller.poll(timeout)) == [(b, zmq.POLLIN), (other, zmq.POLLERR)]
    poller.unregister(other)
    assert await front(poller.poll()) == [(b, zmq.POLLIN)]


@pytest.mark.parametrize("wrong", ["text", object()], ids=["text", "object"])
async def test_what_cannot_be_polled(front: Front, wrong: object) -> None:
    """It can be registered: poll refuses it, with a future's front as the loop itself would."""
    a, b = front.pair()
    poller = front.zmq.Poller()
    poller.register(b, zmq.POLLIN)
    poller.register(wrong, zmq.POLLIN)
    assert wrong in poller
    with pytest.raises(TypeError):
        await front(poller.poll(0))
    later = ValueError if "futures" in front.can else TypeError
    with pytest.raises(later):
        await front(poller.poll(1000))
    poller.modify(wrong, zmq.POLLOUT)
    poller.unregister(wrong)
    await front(a.send(b"x"))
    assert await front(poller.poll(1000)) == [(b, zmq.POLLIN)]
