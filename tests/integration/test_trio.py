"""zmq.anyio on trio: the clock, runs one after another, guests, and descriptors."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Iterator
from typing import Any

import pytest
import trio
import trio.testing

import zmq
import zmq.anyio
import zmq.asyncio
import zmq.core.engine
from helpers.anyio_sockets import Pair, anyio_pairs

DEADLINE_S = 20.0


@pytest.fixture
def pair() -> Iterator[Pair]:
    with anyio_pairs() as pair:
        yield pair


def test_time_outs_are_those_of_the_clock_of_trio(pair: Pair) -> None:
    """An hour of trio's time takes none of ours."""

    async def main() -> float:
        a, b = pair()
        a.sndtimeo = b.rcvtimeo = 3_600_000
        before = trio.current_time()
        with pytest.raises(zmq.Again):
            await b.recv()
        assert await b.poll(3_600_000) == 0
        poller = zmq.anyio.Poller()
        poller.register(b, zmq.POLLIN)
        assert await poller.poll(3_600_000) == []
        with trio.move_on_after(3600):
            b.rcvtimeo = -1
            await b.recv()
        return trio.current_time() - before

    passed = trio.run(main, clock=trio.testing.MockClock(autojump_threshold=0))
    assert passed >= 4 * 3600


def test_a_time_out_that_is_not_needed_is_forgotten(pair: Pair) -> None:
    async def main() -> tuple[float, int]:
        a, b = pair()
        b.rcvtimeo = 3_600_000
        await trio.lowlevel.checkpoint()
        async with trio.open_nursery() as nursery:
            nursery.start_soon(b.recv)
            await trio.testing.wait_all_tasks_blocked()
            await a.send(b"")
        await trio.testing.wait_all_tasks_blocked()
        statistics = trio.lowlevel.current_statistics()
        return statistics.seconds_to_next_deadline, statistics.tasks_living

    seconds, tasks = trio.run(main)
    assert seconds == float("inf")
    # trio's two, that of its calls from threads, and the one that watches the sockets.
    assert tasks <= 4


def test_runs_of_trio_one_after_another(pair: Pair) -> None:
    """No task of a run that is over takes a message of the next."""
    a, b = pair()

    async def leave_a_waiter() -> None:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(b.recv)
            nursery.start_soon(b.poll)
            await trio.testing.wait_all_tasks_blocked()
            nursery.cancel_scope.cancel()

    async def crash_with_a_waiter() -> None:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(b.recv)
            await trio.testing.wait_all_tasks_blocked()
            raise ZeroDivisionError

    async def exchange(n: int) -> bytes:
        with trio.fail_after(DEADLINE_S):
            async with trio.open_nursery() as nursery:

                async def send() -> None:
                    await trio.testing.wait_all_tasks_blocked()
                    await a.send(b"%d" % n)

                nursery.start_soon(send)
                return await b.recv()

    for n in range(5):
        trio.run(leave_a_waiter)
        with pytest.raises(ExceptionGroup):
            trio.run(crash_with_a_waiter)
        assert trio.run(exchange, n) == b"%d" % n
        assert asyncio.run(asyncio.wait_for(echo(a, b, n), DEADLINE_S)) == b"%d" % n


async def echo(a: zmq.anyio.Socket, b: zmq.anyio.Socket, n: int) -> bytes:
    receiving = asyncio.create_task(b.recv())
    await asyncio.sleep(0)
    await a.send(b"%d" % n)
    return await receiving


def test_a_run_that_cannot_watch_descriptors(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    """A thread watches for it, and ends with it."""

    class Blind(zmq.core.engine.Reactor):
        def fileno(self) -> int:
            return -1

    monkeypatch.setattr(zmq.core.engine, "Reactor", Blind)
    a, b = pair()

    async def main() -> list[bytes]:
        got: list[bytes] = []

        async def receive() -> None:
            got.append(await b.recv())

        with trio.fail_after(DEADLINE_S):
            for n in range(3):
                async with trio.open_nursery() as nursery:
                    nursery.start_soon(receive)
                    await trio.sleep(0.01)
                    await a.send(b"%d" % n)
            poller = zmq.anyio.Poller()
            poller.register(b, zmq.POLLIN)
            async with trio.open_nursery() as nursery:
                nursery.start_soon(poller.poll)
                await trio.sleep(0.01)
                await a.send(b"3")
        return got

    assert trio.run(main) == [b"0", b"1", b"2"]
    for thread in threading.enumerate():
        if thread.name in ("zmq-selector", "zmq-poller"):
            thread.join(DEADLINE_S)
            assert not thread.is_alive()


def test_trio_as_a_guest_of_asyncio(pair: Pair) -> None:
    """Host and guest take turns in one thread, and wait for one socket."""
    a, b = pair()

    async def guest() -> bytes:
        return await b.recv()

    async def host() -> tuple[bytes, bytes]:
        loop = asyncio.get_running_loop()
        over: asyncio.Future[Any] = loop.create_future()
        receiving = asyncio.create_task(b.recv())
        await asyncio.sleep(0.01)
        trio.lowlevel.start_guest_run(
            guest,
            run_sync_soon_threadsafe=loop.call_soon_threadsafe,
            done_callback=over.set_result,
        )
        await asyncio.sleep(0.05)
        await a.send(b"for one")
        await a.send(b"for the other")
        return await receiving, (await over).unwrap()

    assert sorted(asyncio.run(asyncio.wait_for(host(), DEADLINE_S))) == [
        b"for one",
        b"for the other",
    ]


def test_a_poller_watches_a_descriptor_that_is_closed_next(pair: Pair) -> None:
    """No wait for a descriptor outlives its poll: its number may be another's then."""

    async def main() -> None:
        for turns in range(4):
            reading, writing = os.pipe()
            poller = zmq.anyio.Poller()
            poller.register(reading, zmq.POLLIN)
            with trio.CancelScope() as scope:
                async with trio.open_nursery() as nursery:
                    nursery.start_soon(poller.poll)
                    for _ in range(turns):
                        await trio.lowlevel.checkpoint()
                    scope.cancel()
            os.close(reading)
            os.close(writing)
            await trio.testing.wait_all_tasks_blocked()

    trio.run(main)
