"""Closing a socket or terminating its context ends every wait: with the blocking API's error.

Futures of asyncio and Tornado are cancelled by close, as in PyZMQ.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest

import zmq
import zmq.asyncio
from helpers.fronts import Front, Task, needs


async def wait_in_every_way(front: Front, socket: Any) -> list[Task]:
    """Start every kind of wait on a socket that neither receives nor sends."""
    poller, mixed = front.zmq.Poller(), front.zmq.Poller()
    poller.register(socket, zmq.POLLIN)
    mixed.register(socket, zmq.POLLIN)
    mixed.register(front.quiet_descriptor(), zmq.POLLIN)
    calls: list[Callable[[], Any]] = [
        socket.recv,
        socket.recv_multipart,
        socket.recv_string,
        socket.recv_json,
        socket.recv_pyobj,
        socket.recv_many,
        lambda: socket.recv_serialized(list),
        lambda: socket.recv_into(bytearray(1)),
        lambda: socket.send(b"x"),
        lambda: socket.send_multipart([b"x", b"y"]),
        lambda: socket.send_many([b"x", b"y"]),
        socket.poll,
        lambda: socket.poll(60_000),
        lambda: socket.poll(None, zmq.POLLOUT),
        poller.poll,
        mixed.poll,
    ]
    tasks = [front.start(call) for call in calls]
    await front.settle()
    assert not any(task.ended for task in tasks)
    return tasks


async def ends(front: Front, tasks: list[Task]) -> list[tuple[type, int]]:
    """How the waits have ended: the class and number of an error, or the event of a poller."""
    found = []
    for task in tasks:
        await front.finished(task)
        found.append(end_of(task))
    return found


def end_of(task: Task) -> tuple[type, int]:
    if not task.ended or isinstance(task.error, asyncio.CancelledError):
        return CANCELLED
    if isinstance(task.error, zmq.ZMQError):
        return type(task.error), int(task.error.errno)
    value = task.result()
    assert isinstance(value, list), f"it ended with {value!r}"
    ((_, events),) = value
    return list, events


CLOSED = (zmq.ZMQError, int(zmq.ENOTSOCK))
CANCELLED = (asyncio.CancelledError, 0)  # as PyZMQ does with the futures of a closed socket
REPORTED = (list, int(zmq.POLLERR))  # by a poller, which may have others to tell of
TERMINATED = (zmq.ContextTerminated, int(zmq.ETERM))


def by_close(front: Front) -> tuple[type, int]:
    """How a wait ends when its socket is closed."""
    return CANCELLED if "futures" in front.can else CLOSED


def closed(front: Front, tasks: list[Task]) -> list[tuple[type, int]]:
    """How they end when their socket is closed; the last two are those of pollers."""
    return [by_close(front)] * (len(tasks) - 2) + [REPORTED] * 2


async def test_close(front: Front) -> None:
    socket = front.socket(zmq.DEALER)
    tasks = await wait_in_every_way(front, socket)
    socket.close()
    assert await ends(front, tasks) == closed(front, tasks)
    with pytest.raises(zmq.ZMQError) as raised:
        await front(socket.recv())
    assert raised.value.errno == zmq.ENOTSOCK


async def test_close_of_another_handle(front: Front) -> None:
    """Closing the socket by a shadow, or the shadow's socket, ends the waits on both."""
    for close_first in (True, False):
        socket = front.socket(zmq.DEALER)
        second = front.zmq.Socket.shadow(socket)
        tasks = await wait_in_every_way(front, socket)
        more = await wait_in_every_way(front, second)
        if close_first:
            socket.close()
        else:
            front.raw(socket).close()
        assert await ends(front, tasks) == closed(front, tasks)
        assert await ends(front, more) == closed(front, more)


async def test_close_in_another_thread(front: Front) -> None:
    socket = front.socket(zmq.DEALER)
    tasks = await wait_in_every_way(front, socket)
    thread = threading.Thread(target=socket.close)
    thread.start()
    assert await ends(front, tasks) == closed(front, tasks)
    thread.join()


async def test_term_in_a_thread(front: Front) -> None:
    socket = front.socket(zmq.DEALER)
    shadow = front.zmq.Socket.shadow(socket)
    tasks = await wait_in_every_way(front, socket)
    tasks += await wait_in_every_way(front, shadow)
    thread = threading.Thread(target=front.context.term, daemon=True)
    thread.start()
    assert await ends(front, tasks) == [TERMINATED] * len(tasks)
    for call in (socket.recv, socket.recv_string, lambda: socket.send(b"")):
        with pytest.raises(zmq.ContextTerminated):
            await front(call())
    socket.close()
    await front.until(lambda: not thread.is_alive())


async def test_destroy(front: Front) -> None:
    socket = front.socket(zmq.DEALER)
    tasks = await wait_in_every_way(front, socket)
    front.context.destroy(linger=0)
    ended = await ends(front, tasks)
    assert set(ended) <= {by_close(front), TERMINATED, REPORTED}


@needs("loop")
async def test_close_in_the_turn_of_the_arrival(front: Front) -> None:
    """Then the message or the error, but never nothing."""
    for turns in range(6):
        a, b = front.pair()
        tasks = [front.start(call) for call in (b.recv, b.recv_string, b.recv_multipart, b.poll)]
        await front.turns(3)
        for _ in range(3):
            front.raw(a).send(b"x")
        await front.turns(turns)
        b.close()
        for task in tasks:
            await front.finished(task)
            if not task.ended or task.error is not None:
                assert end_of(task) == by_close(front)
            else:
                assert task.value in (b"x", "x", [b"x"], zmq.POLLIN)


async def test_a_message_for_a_receiver_that_closes(front: Front) -> None:
    """A message that came before close is delivered to the receiver that has got it."""
    a, b = front.pair()
    received = front.start(b.recv)
    await front.settle()
    await front(a.send(b"x"))
    await front.until(lambda: b.stats().messages_received == 1)
    b.close()
    assert await front.join(received) == b"x"


@needs("loop")
async def test_close_by_one_of_the_waiters(front: Front) -> None:
    """A task that got its message closes the socket under the others."""
    a, b = front.pair()

    async def receive_and_close() -> None:
        await front(b.recv())
        b.close()

    first = front.spawn(receive_and_close)
    await front.turns(2)
    others = [front.start(b.recv) for _ in range(3)]
    await front.settle()
    front.raw(a).send(b"x")
    await front.join(first)
    assert await ends(front, others) == [by_close(front)] * 3


async def test_sockets_opened_and_closed_again_and_again(front: Front) -> None:
    """Descriptors and addresses are used again; no new socket inherits an old one's waits."""
    for n in range(60):
        a, b = front.pair()
        waiter = front.start(b.recv)
        left = front.start(a.recv) if front.can else None
        await front.turns(2)
        front.raw(a).send(b"%d" % n)
        assert await front.join(waiter) == b"%d" % n
        a.close()
        b.close()
        if left is not None:
            assert await ends(front, [left]) == [by_close(front)]


@needs("loop")
async def test_context_managers(front: Front) -> None:
    with front.context.socket(zmq.PULL) as socket:
        waiter = front.start(socket.recv)
        await front.settle()
    assert socket.closed
    assert await ends(front, [waiter]) == [by_close(front)]


async def test_collected_sockets(front: Front) -> None:
    """A socket without a reference is closed, as without an event loop."""
    import gc
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        socket = front.context.socket(zmq.PULL)
        with suppress(zmq.Again):
            await front(socket.recv(zmq.DONTWAIT))
        socket.rcvtimeo = 1
        with suppress(zmq.Again):
            await front(socket.recv())
        raw = zmq.Socket.shadow(socket.underlying)
        await front.settle()
        del socket
        gc.collect()
        await front.settle()
    assert raw.closed


def test_close_cancels_at_once() -> None:
    """A program may look at its futures right after close, and stop its loop then."""

    async def main() -> None:
        context = zmq.asyncio.Context()
        receiver, sender = context.socket(zmq.PULL), context.socket(zmq.DEALER)
        futures = [receiver.recv(), receiver.recv_multipart(), receiver.recv_string()]
        futures.append(sender.send(b""))
        called: list[Any] = []
        futures[0].add_done_callback(called.append)
        receiver.close()
        sender.close()
        assert all(future.cancelled() for future in futures)
        assert not called
        await asyncio.sleep(0)
        assert called == futures[:1]
        context.term()

    asyncio.run(main())
