"""A message that was there at the call, and whose future no program has looked at, comes again."""

from __future__ import annotations

import asyncio
import itertools
import pickle
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any

import pytest

import zmq
from helpers.fronts import Front, needs

Receive = Callable[[Any], Any]
RECEIVES: dict[str, Receive] = {
    "recv": lambda s: s.recv(),
    "recv frame": lambda s: s.recv(copy=False),
    "recv now": lambda s: s.recv(zmq.DONTWAIT),
    "recv_multipart": lambda s: s.recv_multipart(),
    "recv_multipart frames": lambda s: s.recv_multipart(copy=False),
    "recv_many": lambda s: s.recv_many(1),
    "recv_many multipart": lambda s: s.recv_many(1, multipart=True),
    "recv_into": lambda s: s.recv_into(bytearray(100)),
    "recv_string": lambda s: s.recv_string(),
    "recv_json": lambda s: s.recv_json(),
    "recv_pyobj": lambda s: s.recv_pyobj(),
    "recv_serialized": lambda s: s.recv_serialized(lambda parts: parts[0]),
}


def content(name: str, n: int) -> bytes:
    return pickle.dumps(n) if name == "recv_pyobj" else b"%d" % n


async def drop(future: Any, other: Any) -> None:
    del future, other


async def cancel(future: Any, other: Any) -> None:
    assert not future.cancelled()
    assert future.cancel()
    assert future.done()
    assert future.cancelled()
    assert not future.cancel()
    with pytest.raises(asyncio.CancelledError):
        future.result()


async def look_whether_it_is_done(future: Any, other: Any) -> None:
    assert future.done()
    assert future.exception() is None


async def gather(future: Any, other: Any) -> None:
    both = asyncio.gather(future, other)
    with suppress(TimeoutError):
        await asyncio.wait_for(both, 0.001)


async def gather_and_cancel(future: Any, other: Any) -> None:
    both = asyncio.gather(future, other)
    await asyncio.sleep(0)
    both.cancel()
    with suppress(asyncio.CancelledError):
        await both


async def wait(future: Any, other: Any) -> None:
    _, pending = await asyncio.wait({future, other}, timeout=0.001)
    for left in pending:
        left.cancel()


async def cancel_one_that_waits_for_all(future: Any, other: Any) -> None:
    task = asyncio.ensure_future(asyncio.wait({future, other}))
    del future, other
    await asyncio.sleep(0)
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


GOING: list[Callable[[Any, Any], Coroutine[Any, Any, None]]] = [
    drop,
    cancel,
    look_whether_it_is_done,
    gather,
    gather_and_cancel,
    wait,
    cancel_one_that_waits_for_all,
]


@needs("futures")
@pytest.mark.parametrize("go", GOING, ids=lambda go: go.__name__)
@pytest.mark.parametrize("name", RECEIVES)
async def test_it_comes_again(front: Front, name: str, go: Any) -> None:
    a, b = front.pair()
    quiet, _ = front.pair()
    for n in range(3):
        front.raw(a).send(content(name, n))
    # Twice, as what has come again is taken from another place.
    for _ in range(2):
        await go(RECEIVES[name](b), quiet.recv())
        await front.turns(2)
    assert [await b.recv() for _ in range(3)] == [content(name, n) for n in range(3)]
    assert await b.poll(0) == 0


@needs("futures")
@pytest.mark.parametrize("name", RECEIVES)
async def test_it_does_not_come_again_once_it_was_seen(front: Front, name: str) -> None:
    """By await, by result(), by asyncio's own ways of waiting."""

    async def called(future: Any) -> Any:
        got: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        future.add_done_callback(lambda future: got.set_result(future.result()))
        return await got

    async def waited(future: Any) -> Any:
        done, _ = await asyncio.wait({future})
        return done.pop().result()

    async def gathered(future: Any) -> Any:
        return (await asyncio.gather(future))[0]

    async def completed(future: Any) -> Any:
        return await next(iter(asyncio.as_completed([future])))

    async def twice(future: Any) -> Any:
        await future
        return await future

    async def in_thread(future: Any) -> Any:
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(twice(future), loop))

    loop = asyncio.get_running_loop()
    seeing: list[Callable[[Any], Any]] = [
        twice,
        called,
        waited,
        gathered,
        completed,
        in_thread,
        lambda future: asyncio.wait_for(future, 1),
        lambda future: asyncio.shield(future),
    ]
    a, b = front.pair()
    for see in seeing:
        front.raw(a).send(content(name, 1))
        value = await see(RECEIVES[name](b))
        while isinstance(value, list):
            value = value[0]
        if isinstance(value, zmq.Frame):
            value = value.bytes
        assert value == {"recv_string": "1", "recv_json": 1, "recv_pyobj": 1, "recv_into": 1}.get(
            name, b"1"
        )
        await front.turns(2)
        assert await b.poll(0) == 0, see
    front.raw(a).send(content(name, 1))
    assert RECEIVES[name](b).result() is not None
    assert await b.poll(0) == 0


@needs("futures")
@pytest.mark.parametrize("ready", [True, False], ids=["ready", "later"])
@pytest.mark.parametrize("name", RECEIVES)
async def test_a_callback_of_a_program_has_got_it(front: Front, name: str, ready: bool) -> None:
    """Also one that counts messages only, and does not look at its future."""
    a, b = front.pair()
    if name == "recv now" and not ready:
        return
    called: list[None] = []
    if ready:
        front.raw(a).send(content(name, 1))
        await front.settle()
    future = RECEIVES[name](b)
    future.add_done_callback(lambda future: called.append(None))
    if not ready:
        front.raw(a).send(content(name, 1))
    await front.settle()
    assert called == [None]
    del future
    await front.turns(2)
    assert await b.poll(0) == 0


@needs("futures")
@pytest.mark.parametrize("ready", [True, False], ids=["ready", "later"])
@pytest.mark.parametrize("order", [*itertools.permutations(range(3))])
async def test_several_are_dropped_in_any_order(
    front: Front, order: tuple[int, ...], ready: bool
) -> None:
    """They come again in the order in which they were sent."""
    a, b = front.pair()
    calls: list[Receive] = [
        lambda s: s.recv(),
        lambda s: s.recv_multipart(),
        lambda s: s.recv_many(2),
    ]
    futures: dict[int, Any] = {}
    if not ready:
        futures = {n: call(b) for n, call in enumerate(calls)}
        await front.turns(1)
    front.raw(a).send(b"0")
    front.raw(a).send_multipart([b"1", b"2"])
    front.raw(a).send_multipart([b"3", b"4"])
    front.raw(a).send(b"5")
    if ready:
        futures = {n: call(b) for n, call in enumerate(calls)}
    else:
        await front.settle()
    assert all(future.done() for future in futures.values())
    for n in order:
        del futures[n]
        await front.turns(1)
    got = [await b.recv_multipart() for _ in range(4)]
    assert got == [[b"0"], [b"1", b"2"], [b"3", b"4"], [b"5"]]
    assert await b.poll(0) == 0


@needs("futures")
async def test_parts_keep_what_follows_them(front: Front) -> None:
    """Single parts, and parts of several messages in one call."""
    a, b = front.pair()
    front.raw(a).send_multipart([b"0", b"1"])
    front.raw(a).send(b"2")
    first = b.recv()
    assert b.rcvmore
    second = b.recv()
    del first
    del second
    many = b.recv_many(3)
    del many
    gone = b.recv_many(3, multipart=True)
    del gone
    into = b.recv_into(bytearray(1))
    del into
    for part, more in ((b"0", True), (b"1", False), (b"2", False)):
        assert await b.recv() == part
        assert bool(b.rcvmore) is more
    statistics = front.raw(b).stats()
    assert (statistics.messages_received, statistics.bytes_received) == (2, 3)


@needs("futures")
async def test_one_that_waits_gets_what_another_drops(front: Front) -> None:
    a, b = front.pair()
    front.raw(a).send(b"x")
    future = b.recv()
    waiting = front.start(b.recv)
    await front.settle()
    del future
    assert await front.join(waiting) == b"x"


@needs("futures")
async def test_the_socket_is_closed_first(front: Front) -> None:
    """Nothing to give it back to, and nothing that says so."""
    a, b = front.pair()
    front.raw(a).send(b"x")
    future = b.recv()
    front.raw(b).close()
    del future
    front.raw(a).close()


@needs("futures")
@pytest.mark.parametrize("ready", [True, False], ids=["ready", "later"])
@pytest.mark.parametrize("name", [name for name in RECEIVES if name != "recv now"])
async def test_a_future_that_is_done_can_be_cancelled_until_it_is_seen(
    front: Front, name: str, ready: bool
) -> None:
    """The message comes again while the program still has the future."""
    a, b = front.pair()
    future = None if ready else RECEIVES[name](b)
    front.raw(a).send(content(name, 1))
    await front.settle()
    future = RECEIVES[name](b) if future is None else future
    if not ready:
        await front.until(future.done)
    assert future.done()
    called: list[bool] = []
    future.add_done_callback(lambda future: called.append(future.cancelled()))
    assert future.cancel()
    assert await front.within(5, b.recv) == content(name, 1)
    with pytest.raises(asyncio.CancelledError):
        await future
    await front.turns(1)
    assert called == [True]
    front.raw(a).send(content(name, 1))
    future = RECEIVES[name](b)
    await future
    assert not future.cancel()
    assert not future.cancelled()


@needs("futures")
async def test_what_is_sent_is_sent(front: Front) -> None:
    """A future of send is dropped or cancelled: that does not undo it."""
    a, b = front.pair()
    for send in (
        lambda: a.send(b"x"),
        lambda: a.send_multipart([b"x"]),
        lambda: a.send_string("x"),
        lambda: a.send_many([b"x"]),
    ):
        future = send()
        assert future.done()
        future.cancel()
        del future
        assert await b.recv() == b"x"


@needs("futures")
async def test_a_message_that_cannot_be_converted_is_received(front: Front) -> None:
    """As of the blocking call: it would fail again and again."""
    a, b = front.pair()
    front.raw(a).send(b"\xff")
    front.raw(a).send(b"next")
    future = b.recv_string()
    with pytest.raises(UnicodeDecodeError):
        await future
    assert await b.recv() == b"next"


@needs("futures")
async def test_it_is_a_future_of_asyncio(front: Front) -> None:
    a, b = front.pair()
    loop = asyncio.get_running_loop()
    for make in (lambda: a.send(b"x"), lambda: b.recv()):
        future = make()
        assert isinstance(future, asyncio.Future)
        assert asyncio.isfuture(future)
        assert asyncio.ensure_future(future) is future
        assert future.get_loop() is loop
        assert (future.done(), future.cancelled(), future.exception()) == (True, False, None)
        assert "finished" in repr(future)
        with pytest.raises(asyncio.InvalidStateError):
            future.set_result(1)
        future.of_a_program = 1
        assert future.of_a_program == 1
        assert [*future.__await__()] == []
    assert repr(a.send(b"y")).startswith("<")
    assert await (lambda: b.recv())() == b"y"
