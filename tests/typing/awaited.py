"""Sockets of asyncio and anyio, as annotated programs use them. Checked by `make check`."""

from __future__ import annotations

import asyncio
from asyncio import Future
from collections.abc import Coroutine
from typing import Any, assert_type

import anyio

import zmq
import zmq.anyio
import zmq.asyncio
from zmq import Frame, MessageTracker, codecs
from zmq.core.monitor import MonitorMessage
from zmq.utils.monitor import recv_monitor_message

# ---- zmq.asyncio: futures ----

context = zmq.asyncio.Context()
assert_type(context, zmq.asyncio.Context)
assert_type(zmq.asyncio.Context.instance(), zmq.asyncio.Context)
assert_type(zmq.asyncio.Context.shadow(zmq.Context()), zmq.asyncio.Context)
assert_type(context.socket(zmq.REQ), zmq.asyncio.Socket)
assert_type(zmq.asyncio.Socket(context, zmq.REQ), zmq.asyncio.Socket)
assert_type(zmq.asyncio.Socket.from_socket(zmq.Socket(context, 1)), zmq.asyncio.Socket)
assert_type(context.socket(zmq.REQ).get_monitor_socket(), zmq.asyncio.Socket)


class Lettered(zmq.asyncio.Socket):
    """A socket of a program's own."""

    async def recv_letter(self) -> str:
        return (await self.recv()).decode()


assert_type(context.socket(zmq.PULL, Lettered), Lettered)


def any_context(given: zmq.Context) -> None:
    given.term()


any_context(context)


async def futures(socket: zmq.asyncio.Socket, flag: bool) -> None:
    future = socket.recv()
    assert_type(future, Future[bytes])
    future.add_done_callback(lambda done: print(done.result().decode()))
    assert_type(await future, bytes)
    assert_type(await socket.recv(zmq.DONTWAIT), bytes)
    assert_type(await socket.recv(copy=False), Frame)
    assert_type(await socket.recv(0, False), Frame)
    assert_type(await socket.recv(copy=flag), bytes | Frame)
    assert_type(await socket.recv_multipart(), list[bytes])
    assert_type(await socket.recv_multipart(copy=False), list[Frame])
    assert_type(await socket.recv_multipart(copy=flag), list[bytes] | list[Frame])
    assert_type(await socket.recv_many(10), list[bytes])
    assert_type(await socket.recv_many(multipart=True), list[list[bytes]])
    assert_type(await socket.recv_into(bytearray(1)), int)
    assert_type(await socket.recv_string(), str)
    assert_type(await socket.recv_json(), Any)
    assert_type(await socket.recv_pyobj(), Any)
    assert_type(await socket.recv_serialized(len), int)
    assert_type(await socket.recv_serialized(codecs.MessagePack(str)), str)
    assert_type(await asyncio.wait_for(socket.recv(), 1), bytes)
    first, second = await asyncio.gather(socket.recv(), socket.poll())
    assert_type(first, bytes)
    assert_type(second, int)

    assert_type(socket.send(b"part"), Future[None])
    assert_type(await socket.send(b"part", zmq.SNDMORE), None)
    assert_type(await socket.send(b"part", copy=False), MessageTracker)
    assert_type(await socket.send(b"part", 0, False, True), MessageTracker)
    assert_type(await socket.send(b"part", copy=flag), MessageTracker | None)
    assert_type(await socket.send_multipart([b"a", bytearray(b"b")]), MessageTracker | None)
    assert_type(await socket.send_multipart([b"a"], copy=False), MessageTracker)
    assert_type(await socket.send_multipart([b"a"], 0, False, True), MessageTracker)
    assert_type(await socket.send_multipart([b"a"], copy=flag), MessageTracker | None)
    assert_type(await socket.send(Frame(b"part", track=True), track=True), MessageTracker)
    assert_type(await socket.send_many([b"a", [b"b", b"c"]]), int)
    assert_type((await socket.wait_for_peers(2, 100))[0].endpoint, str)
    assert_type(await socket.wait_for_subscribers(), int)
    async for event in socket.connection_events():
        assert_type(event.endpoint, str)
    assert_type(await socket.send_string("text"), MessageTracker | None)
    assert_type(await socket.send_json({}), None)
    assert_type(await socket.send_pyobj(object()), MessageTracker | None)
    assert_type(await socket.send_serialized(1, lambda n: [b"%d" % n]), MessageTracker | None)

    assert_type(await socket.poll(100, zmq.POLLIN | zmq.POLLOUT), int)
    poller = zmq.asyncio.Poller()
    poller.register(socket, zmq.POLLIN)
    assert_type(poller.poll(10), Future[list[tuple[Any, int]]])
    ready = dict(await poller.poll(10))
    print(ready[socket])

    events = socket.get_monitor_socket()
    assert_type(await recv_monitor_message(events), MonitorMessage)
    async for message in socket:
        assert_type(message, list[bytes])
    async with zmq.asyncio.Context() as own, own.socket(zmq.SUB) as sub:
        assert_type(own, zmq.asyncio.Context)
        assert_type(sub, zmq.asyncio.Socket)
    with zmq.asyncio.Context() as own, own.socket(zmq.SUB) as sub:
        assert_type(sub, zmq.asyncio.Socket)


# ---- zmq.anyio: coroutines ----

trios = zmq.anyio.Context()
assert_type(trios, zmq.anyio.Context)
assert_type(zmq.anyio.Context.instance(), zmq.anyio.Context)
assert_type(trios.socket(zmq.REQ), zmq.anyio.Socket)
assert_type(zmq.anyio.Socket(trios, zmq.REQ), zmq.anyio.Socket)
assert_type(zmq.anyio.Socket(shadow=trios.socket(zmq.REQ)), zmq.anyio.Socket)
any_context(trios)


async def coroutines(socket: zmq.anyio.Socket, flag: bool) -> None:
    receiving = assert_type(socket.recv(), Coroutine[Any, Any, bytes])
    assert_type(asyncio.create_task(receiving), asyncio.Task[bytes])
    assert_type(await socket.recv(), bytes)
    assert_type(await socket.recv(copy=False), Frame)
    assert_type(await socket.recv(0, False), Frame)
    assert_type(await socket.recv(copy=flag), bytes | Frame)
    assert_type(await socket.recv_multipart(), list[bytes])
    assert_type(await socket.recv_multipart(copy=False), list[Frame])
    assert_type(await socket.recv_many(10), list[bytes])
    assert_type(await socket.recv_many(multipart=True), list[list[bytes]])
    assert_type(await socket.recv_into(bytearray(1)), int)
    assert_type(await socket.recv_string(), str)
    assert_type(await socket.recv_json(), Any)
    assert_type(await socket.recv_serialized(len), int)
    assert_type(await socket.recv_serialized(codecs.MessagePack(str)), str)

    assert_type(await socket.send(b"part", zmq.SNDMORE), None)
    assert_type(await socket.send(b"part", copy=False), MessageTracker)
    assert_type(await socket.send(b"part", copy=flag), MessageTracker | None)
    assert_type(await socket.send_multipart([b"a", bytearray(b"b")]), MessageTracker | None)
    assert_type(await socket.send_multipart([b"a"], copy=False), MessageTracker)
    assert_type(await socket.send_multipart([b"a"], 0, False, True), MessageTracker)
    assert_type(await socket.send_multipart([b"a"], copy=flag), MessageTracker | None)
    assert_type(await socket.send(Frame(b"part", track=True), track=True), MessageTracker)
    assert_type(await socket.send_many([b"a", [b"b", b"c"]]), int)
    assert_type((await socket.wait_for_peers(2, 100))[0].endpoint, str)
    assert_type(await socket.wait_for_subscribers(), int)
    async for event in socket.connection_events():
        assert_type(event.endpoint, str)
    assert_type(await socket.send_string("text"), MessageTracker | None)
    assert_type(await socket.send_json({}), None)

    assert_type(await socket.poll(100), int)
    assert_type(await zmq.anyio.Poller().poll(10), list[tuple[Any, int]])
    async with anyio.create_task_group() as group:
        group.start_soon(socket.recv)
        group.start_soon(socket.send, b"part")
    events = socket.get_monitor_socket()
    assert_type(await recv_monitor_message(events), MonitorMessage)
    async for message in socket:
        assert_type(message, list[bytes])
    async with zmq.anyio.Context() as own, own.socket(zmq.SUB) as sub:
        assert_type(own, zmq.anyio.Context)
        assert_type(sub, zmq.anyio.Socket)


async def mistakes(futures: zmq.asyncio.Socket, coroutines: zmq.anyio.Socket) -> None:
    # What is not awaited is no message.
    futures.recv().decode()  # type: ignore[attr-defined]
    coroutines.recv().decode()  # type: ignore[attr-defined]
    (await futures.recv(copy=False)).decode()  # type: ignore[attr-defined]
    await coroutines.send("text")  # type: ignore[call-overload]
    await futures.send_multipart(["text"])  # type: ignore[list-item]
