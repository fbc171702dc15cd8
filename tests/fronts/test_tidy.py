"""Operations leave nothing behind: no noise, no cycles of objects, no memory."""

from __future__ import annotations

import asyncio
import gc
import logging
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest

import zmq
from helpers.fronts import FRONTS, Front, needs
from helpers.interpreters import with_helpers
from helpers.processes import run_python

Work = Callable[[Front, Any, Any], Any]


async def received_at_once(front: Front, a: Any, b: Any) -> None:
    await front(a.send(b"1"))
    await front(b.recv())
    await front(a.send_multipart([b"1", b"2"], copy=False))
    await front(b.recv_multipart(copy=False))


async def received_later(front: Front, a: Any, b: Any) -> None:
    for call in (b.recv, b.recv_multipart, b.recv_string, b.recv_json, b.recv_many):
        waiter = front.start(call)
        await front.turns(2)
        front.raw(a).send(b"1")
        await front.join(waiter)


async def polled(front: Front, a: Any, b: Any) -> None:
    poller = front.zmq.Poller()
    poller.register(b, zmq.POLLIN)
    waiters = [front.start(b.poll), front.start(poller.poll)]
    await front.turns(2)
    front.raw(a).send(b"1")
    await front.gather(*waiters)
    await front(b.recv())
    await front(poller.poll(0))


async def failed(front: Front, a: Any, b: Any) -> None:
    for call in (
        lambda: b.recv(zmq.DONTWAIT),
        lambda: b.recv_string(zmq.DONTWAIT),
        lambda: a.send("text"),
        lambda: a.send_multipart([b"x", None]),
    ):
        with suppress(zmq.Again, TypeError):
            await front(call())


async def timed_out(front: Front, a: Any, b: Any) -> None:
    b.rcvtimeo = 1
    for call in (b.recv, b.recv_json):
        with suppress(zmq.Again):
            await front(call())
    b.rcvtimeo = -1
    await front(b.poll(1))


async def cancelled(front: Front, a: Any, b: Any) -> None:
    for call in (b.recv, b.recv_multipart, b.recv_string, b.poll):
        waiter = front.start(call)
        await front.turns(2)
        await front.cancel(waiter)


async def put_back(front: Front, a: Any, b: Any) -> None:
    for turns in range(4):
        waiter = front.start(b.recv)
        await front.turns(2)
        front.raw(a).send(b"1")
        await front.turns(turns)
        if await front.cancel(waiter):
            await front(b.recv())


async def closed(front: Front, a: Any, b: Any) -> None:
    socket = front.context.socket(zmq.DEALER)
    waiters = [front.start(socket.recv), front.start(socket.send, b""), front.start(socket.poll)]
    await front.turns(3)
    socket.close()
    for waiter in waiters:
        # Not joined: raised here, the error of a task would know the task by this frame.
        await front.finished(waiter)
        front.tasks.remove(waiter)
        if "futures" in front.can:
            assert not waiter.ended or isinstance(waiter.error, asyncio.CancelledError)
        else:
            assert isinstance(waiter.error, zmq.ZMQError)


WORKS: tuple[Work, ...] = (
    received_at_once,
    received_later,
    polled,
    failed,
    timed_out,
    cancelled,
    put_back,
    closed,
)


@pytest.mark.parametrize("work", WORKS, ids=[work.__name__ for work in WORKS])
@needs("cancel")
async def test_no_cycles(front: Front, work: Work) -> None:
    """Nothing of the package is left to the collector: reference counts free all of it."""
    if front.name == "eventlet" and work in (cancelled, put_back):
        pytest.skip("an eventlet that lets go of the frames of a killed green thread")
    a, b = front.pair()
    await work(front, a, b)
    await front.settle()
    gc.disable()
    gc.freeze()  # what is there already is not looked at: other tests may have left garbage
    try:
        for _ in range(2):
            await work(front, a, b)
        await front.settle()
        left = [repr(thing)[:200] for thing in garbage()]
    finally:
        gc.unfreeze()
        gc.enable()
    assert not left


def garbage() -> list[Any]:
    """Objects of the package that only the garbage collector frees."""
    gc.set_debug(gc.DEBUG_SAVEALL)
    try:
        gc.collect()
        return [thing for thing in gc.garbage if of_ours(thing)]
    finally:
        gc.set_debug(0)
        gc.garbage.clear()


def of_ours(thing: Any) -> bool:
    """Whether it belongs to the package, or is a future."""
    module = type(thing).__module__ or ""
    return module.split(".")[0] == "zmq" or isinstance(thing, asyncio.Future)


@needs("futures")
async def test_futures_that_no_program_asks(front: Front, caplog: pytest.LogCaptureFixture) -> None:
    """The loop complains of those that failed, as of any future; not of others."""
    complaints: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, what: complaints.append(what))
    caplog.set_level(logging.DEBUG)
    a, b = front.pair()
    a.send("text")
    a.send_multipart([None])
    b.recv(zmq.DONTWAIT)
    b.recv_string(zmq.DONTWAIT)
    b.recv_json(zmq.DONTWAIT)
    b.rcvtimeo = 1
    b.recv()
    b.recv_string()
    await front.sleep(0.02)
    b.rcvtimeo = -1
    await front(a.send(b"\xff"))
    b.recv_string()
    b.recv().cancel()
    b.recv_string().cancel()
    b.poll()
    b.recv_multipart()
    await front.settle()
    socket = front.context.socket(zmq.PULL)
    futures = [socket.recv(), socket.recv_string(), socket.poll()]
    await front.settle()
    socket.close()
    await front.settle()
    del futures
    for _ in range(3):
        gc.collect()
        await front.settle()
    failed = [type(complaint["exception"]) for complaint in complaints]
    assert failed.count(TypeError) == 2  # of the sends
    assert failed.count(zmq.Again) == 5
    assert failed.count(UnicodeDecodeError) == 1
    assert len(failed) == 8
    assert caplog.records == []


@needs("futures")
async def test_a_future_without_a_reference_gives_its_message_back(front: Front) -> None:
    a, b = front.pair()
    for name in ("recv", "recv_string", "recv_multipart"):
        future = getattr(b, name)()
        await front.turns(2)
        front.raw(a).send(b"1")
        while not future.done():
            await front.settle()
        del future
        gc.collect()
        assert await front(b.recv(zmq.DONTWAIT)) == b"1"


# Each program drives one front in an interpreter of its own.
PROGRAM = """
import gc, os, resource, sys
from contextlib import suppress
from helpers.fronts import FRONTS
import zmq

front = next(f for f in FRONTS if f.name == {name!r})()
a, b = front.pair()
raw = front.raw(a)

def measure():
    gc.collect()
    with open("/proc/self/statm") as file:
        rss = int(file.read().split()[1]) * resource.getpagesize()
    return rss, len(gc.get_objects()), len(os.listdir("/proc/self/fd"))

async def work(count):
    for n in range(count):
        await front(a.send(b"x" * 100))
        await front(b.recv())
        if n % 8:
            continue
        waiter = front.start(b.recv_multipart)
        await front.turns(2)
        raw.send(b"x" * 100)
        await front.join(waiter)
        waiter = front.start(b.recv)
        await front.turns(1)
        await front.cancel(waiter)
        await front(b.poll(0))
        b.rcvtimeo = 0
        with suppress(zmq.Again):
            await front(b.recv_string())
        b.rcvtimeo = -1

async def main():
    await work({count} // 4)
    before = measure()
    await work({count})
    after = measure()
    print(*(y - x for x, y in zip(before, after)))
    sys.stdout.flush()
    os._exit(0)

front.run(main)
"""
COUNT = 12_000
SLACK_BYTES = 1 << 20


@pytest.mark.parametrize("name", [front.name for front in FRONTS if "cancel" in front.can])
def test_memory(name: str) -> None:
    """Many operations leave no memory, no objects and no descriptors behind."""
    program = PROGRAM.format(name=name, count=COUNT)
    (line,) = run_python(program, timeout_s=50, env=with_helpers(sys.executable))
    rss, objects, descriptors = map(int, line.split())
    # A leak of 90 bytes an operation would show.
    assert rss < SLACK_BYTES, f"{rss} bytes more after {COUNT} operations"
    assert objects < 100, f"{objects} objects more after {COUNT} operations"
    assert descriptors <= 0, f"{descriptors} descriptors more after {COUNT} operations"
