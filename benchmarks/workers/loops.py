"""Sockets on event loops. ``front`` says which library, on which loop.

Each library has names of its own for the same things: the table `_ASYNC` and the functions
that it names are all that differs, the measured loops are the same.
"""

from __future__ import annotations

import contextlib
from itertools import repeat
from typing import TYPE_CHECKING, Any, NoReturn

import zmq
from workers import roundtrip
from workers.common import (
    Arguments,
    Meter,
    Socket,
    attach,
    make_socket,
    measure_rate,
    measure_rate_async,
    ready,
    result,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine

# The benchmark runs the same file under both packages; only one of them has this name.
IS_OHMQ = hasattr(zmq, "ohmq_version")


class Ends:
    """The two calls of an open socket whose cost is measured."""

    def __init__(self, recv: Callable[[], Awaitable[bytes]], send: Callable[..., Any]) -> None:
        self.recv = recv
        self.send = send


@contextlib.asynccontextmanager
async def _asyncio(kind: str, args: Arguments) -> AsyncIterator[Ends]:
    from zmq.asyncio import Context

    socket = _open(Context(), kind, args)
    yield Ends(socket.recv, socket.send)


@contextlib.asynccontextmanager
async def _anyio(kind: str, args: Arguments) -> AsyncIterator[Ends]:
    if IS_OHMQ:
        from zmq.anyio import Context

        socket = _open(Context(), kind, args)
        yield Ends(socket.recv, socket.send)
    else:
        import zmq_anyio

        async with zmq_anyio.Socket(_open(zmq.Context(), kind, args)) as wrapper:
            yield Ends(wrapper.arecv, wrapper.asend)


@contextlib.asynccontextmanager
async def _pyomq(kind: str, args: Arguments) -> AsyncIterator[Ends]:
    from pyomq.asyncio import Context

    # Its numbers of the socket types are libzmq's.
    socket = _open(Context(), kind, args)
    yield Ends(socket.recv, socket.send)


_ASYNC = {"asyncio": _asyncio, "trio": _anyio, "pyomq": _pyomq}


def _open(context: Any, kind: str, args: Arguments) -> Socket:
    """Return a socket that is bound or connected, and say so."""
    socket = make_socket(context, kind, args)
    bound = args.text("at").startswith("@")
    attach(socket, args.text("at"))
    ready(*([socket] if bound else []))
    return socket


def _run(front: str, main: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Run a coroutine function on the loop that belongs to a front."""
    if front == "trio":
        import anyio

        anyio.run(main, backend="trio")
    else:
        import asyncio

        asyncio.run(main())


def _check(body: bytes, args: Arguments) -> None:
    """Look at one message of a chunk: what gives something else is not fast, but wrong."""
    if body != bytes(args.number("size", 32)):
        raise RuntimeError(f"{body!r} was received instead of the message")


def async_sink(args: Arguments) -> None:
    """Await what arrives; the result is messages per second."""
    front = args.text("front")
    if IS_OHMQ and args.text("fairness", "on") == "off":
        from zmq.core.engine import set_fairness

        set_fairness(messages=10**9, ms=1e6)

    async def main() -> None:
        async with _ASYNC[front]("PULL", args) as ends:
            recv, chunk = ends.recv, args.number("chunk", 500)

            async def step() -> int:
                for _ in repeat(None, chunk):
                    body = await recv()
                _check(body, args)
                return chunk

            await recv()  # the peer is there
            result(await measure_rate_async(step, args))

    _run(front, main)


def async_replier(args: Arguments) -> None:
    """Send every request back until the harness ends this process."""
    front = args.text("front")
    if front == "blocking":
        roundtrip.replier(args)

    async def main() -> NoReturn:
        async with _ASYNC[front]("REP", args) as ends:
            send, recv = ends.send, ends.recv
            while True:
                await send(await recv())

    _run(front, main)


def async_requester(args: Arguments) -> None:
    """Ask again and again; the result is microseconds a round trip."""
    front = args.text("front")
    if front == "blocking":
        return roundtrip.requester(args)

    async def main() -> None:
        async with _ASYNC[front]("REQ", args) as ends:
            send, recv = ends.send, ends.recv
            chunk, body = args.number("chunk", 100), bytes(args.number("size", 32))

            async def step() -> int:
                for _ in repeat(None, chunk):
                    await send(body)
                    await recv()
                return chunk

            result(1e6 / await measure_rate_async(step, args))

    return _run(front, main)


def green_sink(args: Arguments) -> None:
    """Receive in a green thread; the result is messages per second."""
    if args.text("front") == "gevent":
        import gevent

        import zmq.green as green

        gevent.spawn(_green_sink, green.Context(), args).get()
        return
    import eventlet

    if IS_OHMQ and args.text("front") == "eventlet":
        from zmq import eventlet as green
    else:
        from eventlet.green import zmq as green
    eventlet.spawn(_green_sink, green.Context(), args).wait()


def _green_sink(context: Any, args: Arguments) -> None:
    recv, chunk = _open(context, "PULL", args).recv, args.number("chunk", 500)

    def step() -> int:
        for _ in repeat(None, chunk):
            body = recv()
        _check(body, args)
        return chunk

    recv()  # the peer is there
    result(measure_rate(step, args))


def callback_sink(args: Arguments) -> None:
    """Have a ZMQStream call back for each message; the result is messages per second."""
    import asyncio

    from zmq.eventloop.zmqstream import ZMQStream

    async def main() -> None:
        stream = ZMQStream(_open(zmq.Context(), "PULL", args))
        left = chunk = args.number("chunk", 500)
        meter, rate = Meter(args), asyncio.get_running_loop().create_future()

        def received(message: list[bytes]) -> None:
            nonlocal left
            left -= 1
            if not left:
                _check(*message, args)
                left = chunk
                measured = meter.add(chunk)
                if measured is not None and not rate.done():
                    rate.set_result(measured)

        stream.on_recv(received)
        result(await rate)

    asyncio.run(main())
