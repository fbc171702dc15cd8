"""No wake-up is lost: other calls on the socket beside one that waits.

libzmq's descriptor announces a change once; the next call uses the announcement up. Each
round waits for its one message, so that no later message can hide that a wake-up was lost: a
round that loses it ends with the deadline of the run.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest

import zmq
from helpers.fronts import Front, needs
from helpers.waiting import PATIENCE_S

ROUNDS = 30


def read_events(socket: zmq.Socket[bytes]) -> None:
    socket.getsockopt(zmq.EVENTS)


def poll(socket: zmq.Socket[bytes]) -> None:
    socket.poll(0)


def poll_many(socket: zmq.Socket[bytes]) -> None:
    zmq.zmq_poll([(socket, zmq.POLLIN)], 0)


def send(socket: zmq.Socket[bytes]) -> None:
    socket.send(b"aside", zmq.DONTWAIT)


def send_parts(socket: zmq.Socket[bytes]) -> None:
    socket.send_multipart([b"aside", b""], zmq.DONTWAIT)


def send_many(socket: zmq.Socket[bytes]) -> None:
    socket.send_many([b"aside"], zmq.DONTWAIT)


def set_option(socket: zmq.Socket[bytes]) -> None:
    socket.linger = 0


ASIDE: tuple[Callable[[zmq.Socket[bytes]], None], ...] = (
    read_events,
    poll,
    poll_many,
    send,
    send_parts,
    send_many,
    set_option,
)


@pytest.fixture(params=ASIDE, ids=[call.__name__ for call in ASIDE])
def aside(request: pytest.FixtureRequest) -> Any:
    """A call that may use the announcement up."""
    return request.param


WAITS = ("recv", "recv_multipart", "recv_string", "poll")


async def receive(front: Front, socket: Any, how: str) -> None:
    """Wait in one of the ways, and take the message."""
    got = await front(getattr(socket, how)())
    if how == "poll":
        assert got == zmq.POLLIN
        got = await front(socket.recv(zmq.DONTWAIT))
    assert got in (b"x", [b"x"], "x")


@pytest.mark.parametrize("wait", WAITS)
async def test_a_call_after_the_arrival(
    front: Front, aside: Callable[[Any], None], wait: str
) -> None:
    """The message arrives, and a call on the same socket sees it before the loop does."""
    a, b = front.pair()
    sender, second = front.raw(a), front.raw(b)
    for _ in range(8):
        waiter = front.spawn(receive, front, b, wait)
        await front.turns(2)
        sender.send(b"x")
        aside(second)
        await front.join(waiter)


@needs("loop")
async def test_a_call_of_the_same_object(front: Front) -> None:
    """The same by the front's own calls that do not wait."""
    a, b = front.pair()
    sender = front.raw(a)
    for call in (
        lambda: b.poll(0),
        lambda: b.send(b"", zmq.DONTWAIT),
        lambda: b.getsockopt(zmq.EVENTS),
        lambda: b.send_string("", zmq.DONTWAIT),
        lambda: b.send_multipart([b"", b""]),
        lambda: b.send_json(None),
    ):
        waiter = front.spawn(receive, front, b, "recv")
        await front.turns(2)
        sender.send(b"x")
        await front(call())
        await front.join(waiter)


@needs("loop")
@pytest.mark.parametrize("consume", ["EVENTS", "send", "poll"])
async def test_a_call_beside_the_loop_uses_up_the_announcement(front: Front, consume: str) -> None:
    """The edge of ZMQ_FD is gone when the loop looks: the receiver is woken all the same."""
    a, b = front.pair(transport="tcp")
    raw = front.raw(b)
    for _ in range(20):
        waiter = front.start(b.recv)
        await front.turns(2)
        front.raw(a).send(b"x")
        # Without a turn of the loop until the message is there.
        deadline = time.monotonic() + PATIENCE_S
        while not raw.get(zmq.EVENTS) & zmq.POLLIN:
            assert time.monotonic() < deadline
            if consume == "send":
                raw.send(b"")
            elif consume == "poll":
                raw.poll(0)
        assert await front.join(waiter) == b"x"


@needs("loop")
@pytest.mark.parametrize("name", [*WAITS, "recv_json", "recv_many", "Poller.poll"])
async def test_others_run_while_one_waits(front: Front, name: str) -> None:
    turns: list[int] = []
    a, b = front.pair(transport="tcp")
    poller = front.zmq.Poller()
    poller.register(b, zmq.POLLIN)

    async def count() -> None:
        while True:
            turns.append(1)
            await front.sleep(0.001)

    counting = front.spawn(count)
    waiter = front.start(poller.poll if name == "Poller.poll" else getattr(b, name))
    await front.until(lambda: len(turns) > 1)
    assert not waiter.ended
    front.raw(a).send(b"123")
    ready = {"poll": zmq.POLLIN, "Poller.poll": [(b, zmq.POLLIN)]}
    got = await front.join(waiter)
    assert got == ready[name] if name in ready else got in (b"123", [b"123"], "123", 123)
    if name in ready:
        assert await front(b.recv()) == b"123"
    await front.cancel(counting)


@contextmanager
def in_a_thread(call: Callable[[], object]) -> Iterator[None]:
    """Call it again and again beside what happens meanwhile."""
    over = threading.Event()

    def work() -> None:
        with suppress(zmq.ZMQError):
            while not over.wait(0.0002):
                call()

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


@pytest.mark.parametrize("transport", ["inproc", "tcp"])
async def test_calls_in_another_thread(
    front: Front, aside: Callable[[Any], None], transport: str
) -> None:
    a, b = front.pair(transport=transport)
    sender, second = front.raw(a), front.raw(b)
    # What it sends may fill the other side's queue: then it just fails.
    with suppress(zmq.Again), in_a_thread(lambda: call_quietly(aside, second)):
        for _ in range(ROUNDS):
            waiter = front.spawn(receive, front, b, "recv")
            await front.turns(2)
            sender.send(b"x")
            await front.join(waiter)


def call_quietly(call: Callable[[Any], None], socket: zmq.Socket[bytes]) -> None:
    with suppress(zmq.Again):
        call(socket)


async def test_a_receive_in_another_thread(front: Front) -> None:
    """It may take the message of one that waits, which goes on waiting for the next."""
    a, b = front.pair()
    sender, thief = front.raw(a), front.raw(b)
    for _ in range(ROUNDS):
        stolen = []
        waiter = front.start(b.recv)
        await front.turns(2)
        sender.send(b"1")
        with suppress(zmq.Again):
            stolen.append(thief.recv(zmq.DONTWAIT))
        sender.send(b"2")
        got = [*stolen, await front.join(waiter)]
        if not stolen:
            got.append(await front(b.recv()))
        assert got == [b"1", b"2"]


async def test_a_receive_uses_up_what_a_sender_waits_for(front: Front) -> None:
    """A receive on the same socket sees the message and the free place at once."""
    a, b = front.pair(sndhwm=1, rcvhwm=1)
    peer = front.raw(b)
    for n in range(ROUNDS):
        full = 0
        with suppress(zmq.Again):
            while True:
                front.raw(a).send(b"filler", zmq.DONTWAIT)
                full += 1
        waiter = front.start(a.send, b"last")
        await front.turns(2)
        peer.send(b"%d" % n)
        for _ in range(full):
            assert peer.recv() == b"filler"
        assert front.raw(a).recv() == b"%d" % n
        await front.join(waiter)
        assert peer.recv() == b"last"


async def test_two_kinds_of_waiters_beside_each_other(front: Front) -> None:
    """A thread that blocks on the socket and a task of the front, both served."""
    a, b = front.pair()
    sender, blocking = front.raw(a), front.raw(b)
    taken: list[bytes] = []

    def block() -> None:
        taken.append(blocking.recv())

    for _ in range(ROUNDS):
        taken.clear()
        thread = threading.Thread(target=block)
        thread.start()
        waiter = front.start(b.recv)
        await front.turns(2)
        sender.send(b"1")
        sender.send(b"2")
        taken.append(await front.join(waiter))
        await front.until(lambda: len(taken) == 2)
        thread.join()
        assert sorted(taken) == [b"1", b"2"]


BLOCKERS: dict[str, Callable[[zmq.Socket[bytes]], Any]] = {
    "send": lambda s: s.send(b"late"),
    "poll": lambda s: s.poll(None, zmq.POLLOUT),
    "zmq_poll": lambda s: zmq.zmq_poll([(s, zmq.POLLOUT)], -1),
}


@pytest.mark.parametrize("blocker", BLOCKERS)
async def test_one_that_cannot_go_on_wakes_others(front: Front, blocker: str) -> None:
    """A thread that blocks until it can send looks at the socket, and sleeps on.

    A wake-up of a task that waits to receive may be lost for ever, that of a thread for a second:
    there are more rounds than the deadline has seconds.
    """
    a, b = front.pair(zmq.DEALER, zmq.DEALER, hwm=1)
    full = 0
    with suppress(zmq.Again):
        while True:
            front.raw(a).send(b"filler", zmq.DONTWAIT)
            full += 1
    blocking = front.raw(a)

    def block() -> None:
        with suppress(zmq.ZMQError):  # the end of a test that fails
            BLOCKERS[blocker](blocking)

    thread = threading.Thread(target=block, daemon=True)
    thread.start()
    for n in range(10 if front.can else 50):
        waiter = front.start(a.recv)
        await front.settle()
        front.raw(b).send(b"%d" % n)
        assert await front.join(waiter) == b"%d" % n
    assert thread.is_alive()
    for _ in range(full):
        assert await front(b.recv()) == b"filler"
    if blocker == "send":
        assert await front(b.recv()) == b"late"
    thread.join(5)
    assert not thread.is_alive()


async def test_waiters_on_several_handles(front: Front) -> None:
    a, b = front.pair()
    second = front.zmq.Socket.shadow(b.underlying) if front.name != "threads" else front.raw(b)
    for _ in range(ROUNDS):
        waiters = [front.start(s.recv) for s in (b, second, b)]
        await front.turns(2)
        for n in range(3):
            front.raw(a).send(b"%d" % n)
            read_events(second)
        assert sorted(await front.gather(*waiters)) == [b"0", b"1", b"2"]


async def test_the_connection_wakes_a_sender(front: Front) -> None:
    push, pull = front.socket(zmq.PUSH), front.socket(zmq.PULL)
    waiter = front.start(push.send, b"x")
    await front.settle()
    pull.bind("tcp://127.0.0.1:*")
    push.connect(pull.last_endpoint.decode())
    read_events(front.raw(push))
    await front.join(waiter)
    assert await front(pull.recv()) == b"x"
