"""One socket and several loops: one after another, in several threads, closed with waiters."""

from __future__ import annotations

import asyncio
import gc
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

import zmq
from helpers.fronts import Front, needs
from helpers.waiting import until


def exchange(front: Front, a: Any, b: Any, message: bytes) -> Any:
    """A scenario in which one message is waited for."""

    async def main() -> bytes:
        waiter = front.start(b.recv)
        await front.settle()
        await front(a.send(message))
        got: bytes = await front.join(waiter)
        return got

    return main


@needs("loop")
def test_loops_one_after_another(front: Front) -> None:
    a, b = front.pair()
    mains = [exchange(front, a, b, b"%d" % n) for n in range(5)]
    assert front.run(*mains) == b"4"
    # And in other threads.
    for n in range(3):
        assert front.run(exchange(front, a, b, b"%d" % n)) == b"%d" % n


@needs("loop")
def test_loops_at_once(front: Front) -> None:
    """Two loops in two threads wait for one socket: each message goes to one of them."""
    a, b = front.pair()
    other = type(front)()
    count, got = 100, []

    async def receive(receiver: Front) -> None:
        while True:
            message = await receiver(b.recv())
            if message == b"end":
                return
            got.append(int(message))

    async def main() -> None:
        waiter = front.spawn(receive, front)
        await front.settle()
        sender = front.raw(a)
        for n in range(count):
            sender.send(b"%d" % n)
            if n % 10 == 0:
                await front.sleep(0.001)
        sender.send(b"end")
        sender.send(b"end")
        await front.join(waiter)

    async def elsewhere() -> None:
        await receive(other)

    thread = threading.Thread(target=other.run, args=(elsewhere,), daemon=True)
    thread.start()
    try:
        front.run(main)
        thread.join(10)
        assert not thread.is_alive()
    finally:
        other.close()
    assert sorted(got) == list(range(count))


@needs("loop")
def test_two_loops_use_the_two_ends(front: Front) -> None:
    """Request and reply between two loops in two threads."""
    req, rep = front.pair(zmq.REQ, zmq.REP)
    other = type(front)()

    async def serve() -> None:
        for _ in range(100):
            await other(rep.send(await other(rep.recv())))

    async def ask() -> None:
        for n in range(100):
            await front(req.send(b"%d" % n))
            assert await front(req.recv()) == b"%d" % n

    thread = threading.Thread(target=other.run, args=(serve,), daemon=True)
    thread.start()
    try:
        front.run(ask)
        thread.join(10)
        assert not thread.is_alive()
    finally:
        other.close()


@needs("leave")
def test_a_loop_that_ends_with_waiters(front: Front) -> None:
    """They are gone with it: a later loop gets the messages, and no error is reported."""
    a, b = front.pair()
    left: list[Any] = []

    async def leave() -> None:
        if "futures" in front.can:
            left.extend([b.recv(), b.recv_string(), b.poll(), b.recv_multipart()])
        else:
            for _ in range(3):
                left.append(front.start(b.recv))
                # The driver must not cancel it: that is another case.
                front.tasks.clear()
        await front.settle()

    front.run(leave)
    if "futures" not in front.can:
        left.clear()
    gc.collect()
    assert front.run(exchange(front, a, b, b"1")) == b"1"
    left.clear()
    gc.collect()
    assert front.run(exchange(front, a, b, b"2")) == b"2"
    assert front.raw(b).poll(0) == 0


@needs("leave")
def test_a_loop_that_ends_with_waiters_in_the_same_thread(front: Front) -> None:
    a, b = front.pair()
    left: list[Any] = []

    async def leave() -> None:
        if "futures" in front.can:
            left.append(b.recv())
        await front.settle()

    assert front.run(leave, exchange(front, a, b, b"1")) == b"1"


@needs("cancel")
def test_a_loop_that_ends_with_cancelled_tasks(front: Front) -> None:
    """The message that came in the loop's last turn is the next loop's."""
    a, b = front.pair()
    got: list[bytes] = []

    for turns in range(6):

        async def receive() -> None:
            got.append(await front(b.recv()))

        async def main(turns: int = turns) -> None:
            front.spawn(receive)
            await front.turns(3)
            front.raw(a).send(b"%d" % turns)
            await front.turns(turns)

        async def rest() -> None:
            while await front(b.poll(0)):
                got.append(await front(b.recv()))

        front.run(main)
        front.run(rest)
    assert got == [b"%d" % n for n in range(6)]


@needs("futures")
def test_a_loop_that_is_set_but_does_not_run(front: Front) -> None:
    """The calls are made for it, with a warning, and their futures end when it runs."""
    a, b = front.pair()
    result: list[Any] = []

    def work() -> None:
        loop = asyncio.SelectorEventLoop()
        asyncio.set_event_loop(loop)
        with pytest.warns(RuntimeWarning, match="no event loop runs"):
            waiting, text = b.recv(), b.recv_string()
        a.send(b"1")
        a.send_string("2")
        result.extend([loop.run_until_complete(waiting), loop.run_until_complete(text)])
        loop.close()
        asyncio.set_event_loop(None)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join(10)
    assert result == [b"1", "2"]


@needs("futures")
def test_no_loop_at_all(front: Front) -> None:
    a, b = front.pair()
    failures: list[type] = []

    def work() -> None:
        for call in (b.recv, b.poll, lambda: a.send(b""), lambda: b.recv(zmq.DONTWAIT)):
            try:
                call()
            except RuntimeError as error:
                failures.append(type(error))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join(10)
    assert failures == [RuntimeError] * 4


@needs("loop")
def test_many_short_loops(front: Front) -> None:
    """Each leaves no descriptor and no thread behind."""
    a, b = front.pair()
    front.run(exchange(front, a, b, b"warm"), exchange(front, a, b, b"warm"))
    with as_many_as_before():
        for n in range(8):
            assert front.run(exchange(front, a, b, b"%d" % n)) == b"%d" % n


@contextmanager
def as_many_as_before() -> Iterator[None]:
    """In the end there are no more descriptors and threads than at the start."""

    def count() -> tuple[int, int]:
        gc.collect()
        return len(os.listdir("/proc/self/fd")), threading.active_count()

    descriptors, threads = count()
    yield

    def gone() -> bool:
        now = count()
        return now[0] <= descriptors and now[1] <= threads

    until(gone)


@needs("leave")
@pytest.mark.parametrize("ringing", [False, True], ids=["quiet", "ringing"])
def test_many_loops_that_end_with_waiters(front: Front, ringing: bool) -> None:
    """Also where a message comes while the futures are still there, but their loop is not."""
    a, b = front.pair()
    sender, receiver = front.raw(a), front.raw(b)
    waiters: list[Any] = []

    async def main() -> None:
        if "futures" in front.can:
            waiters.extend([b.recv(), b.poll()])
        await front.turns(2)

    def once() -> None:
        front.run(main)
        if ringing:
            sender.send(b"x")
            assert receiver.recv() == b"x"
        waiters.clear()

    once()
    with as_many_as_before():
        for _ in range(8):
            once()


@needs("leave")
def test_many_loops_that_end_with_their_sockets(front: Front) -> None:
    """A loop, its waiters and their socket: all of it goes."""
    waiters: list[Any] = []

    def once() -> None:
        a, b = front.pair()

        async def main() -> None:
            if "futures" in front.can:
                waiters.extend([b.recv(), b.poll()])
            await front.turns(2)

        front.run(main)
        a.close()
        b.close()
        front.sockets.clear()
        waiters.clear()

    once()
    with as_many_as_before():
        for _ in range(8):
            once()


@needs("loop")
@pytest.mark.parametrize("close", ["before", "after"])
def test_a_socket_closed_when_its_loop_is_gone(front: Front, close: str) -> None:
    a, b = front.pair()
    front.run(exchange(front, a, b, b"x"))
    if close == "after":
        gc.collect()
    b.close()
    a.close()
    c, d = front.pair()
    assert front.run(exchange(front, c, d, b"y")) == b"y"
