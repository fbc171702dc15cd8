"""Futures call back as asyncio's own do: in the same order, with the same context variables."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from contextvars import ContextVar, copy_context
from typing import Any

import pytest

import zmq
from helpers.fronts import Front, needs

CALLS: dict[str, Callable[[Any], Any]] = {
    "recv": lambda s: s.recv(),
    "recv_multipart": lambda s: s.recv_multipart(),
    "recv_string": lambda s: s.recv_string(),
    "recv_many": lambda s: s.recv_many(),
    "recv_into": lambda s: s.recv_into(bytearray(8)),
    "poll": lambda s: s.poll(),
}
TIMED_OUT: Callable[[Any], Any] = lambda s: s.poll(1, 0)  # noqa: E731
variable: ContextVar[str] = ContextVar("variable", default="unset")


@needs("futures")
@pytest.mark.parametrize("ready", [True, False], ids=["ready", "later"])
@pytest.mark.parametrize("name", [*CALLS, "poll that times out"])
async def test_context_variables(front: Front, name: str, ready: bool) -> None:
    """A callback sees what was set where it was added, unless it was given a context."""
    a, b = front.pair()
    if ready:
        front.raw(a).send(b"x")
    future, seen = CALLS.get(name, TIMED_OUT)(b), []
    other = copy_context()
    other.run(variable.set, "given")
    for value in ("first", "second"):
        variable.set(value)
        future.add_done_callback(lambda _: seen.append(variable.get()))
    future.add_done_callback(lambda _: seen.append(variable.get()), context=other)
    variable.set("later")
    front.raw(a).send(b"x")
    await future
    await front.turns(2)
    assert seen == ["first", "second", "given"]
    assert variable.get() == "later"


@needs("futures")
@pytest.mark.parametrize("end", ["message", "cancelled", "error", "set_result", "set_exception"])
@pytest.mark.parametrize("before", [0, 1, 2])
@pytest.mark.parametrize("name", CALLS)
async def test_order_of_callbacks(front: Front, name: str, before: int, end: str) -> None:
    """Those that were added before a task has awaited the future, and those after."""

    async def order_of(future: asyncio.Future[Any], finish: Callable[[], object]) -> list[str]:
        order: list[str] = []

        async def wait(name: str) -> None:
            with suppress(Exception, asyncio.CancelledError):
                await future
            order.append(name)

        def removed(_: object) -> None:
            order.append("removed")

        for n in range(before):
            future.add_done_callback(lambda _, n=n: order.append(f"before {n}"))
        tasks = [asyncio.ensure_future(wait("first"))]
        await front.turns(1)
        future.add_done_callback(lambda _: order.append("between"))
        future.add_done_callback(removed)
        tasks.append(asyncio.ensure_future(wait("second")))
        await front.turns(1)
        future.add_done_callback(lambda _: order.append("after"))
        assert future.remove_done_callback(removed) == 1
        finish()
        await asyncio.wait(tasks)
        await front.turns(2)
        return order

    a, b = front.pair()
    future: asyncio.Future[Any] = CALLS[name](b)
    ends: dict[str, Callable[[], object]] = {
        "message": lambda: front.raw(a).send(b"x"),
        "cancelled": future.cancel,
        "error": lambda: front.raw(b).close(),
        "set_result": lambda: future.set_result(None),
        "set_exception": lambda: future.set_exception(ValueError()),
    }
    theirs: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
    expected = await order_of(theirs, lambda: theirs.set_result(None))
    assert await order_of(future, ends[end]) == expected
    if end in ("set_result", "set_exception", "cancelled"):
        front.raw(a).send(b"y")
        assert await b.recv() == b"y"


@needs("futures")
async def test_a_callback_of_a_task_that_waits_is_taken_back(front: Front) -> None:
    """As frameworks do that have tasks of their own kind: add, remove, add again."""
    a, b = front.pair()
    called: list[str] = []

    def wake(_: object) -> None:
        called.append("wake")

    future = b.recv()
    iterator = future.__await__()
    assert next(iterator) is future
    future.add_done_callback(wake, context=copy_context())
    assert future.remove_done_callback(wake) == 1
    front.raw(a).send(b"x")
    await front.settle()
    assert called == []
    with pytest.raises(StopIteration) as stop:
        next(iterator)
    assert stop.value.value == b"x"


@needs("futures")
async def test_polls_end_in_the_order_of_their_callbacks(front: Front) -> None:
    """A Poller's future, too."""
    a, b = front.pair()
    poller = front.zmq.Poller()
    poller.register(b, zmq.POLLIN)
    future, order = poller.poll(), []
    variable.set("before")
    future.add_done_callback(lambda _: order.append(variable.get()))
    variable.set("after")
    waits = asyncio.ensure_future(asyncio.wait({future}))
    await front.turns(1)
    front.raw(a).send(b"x")
    await waits
    assert order == ["before"]
    assert await future == [(b, zmq.POLLIN)]
