"""One socket among many: in an event loop, and as a peer of one ROUTER."""

from __future__ import annotations

import asyncio
import time
from itertools import cycle
from typing import Any, NoReturn

import zmq
from workers.common import (
    Arguments,
    Socket,
    attach,
    make_socket,
    measure_rate,
    measure_rate_async,
    ready,
    result,
)


def waiting_in_loop(args: Arguments) -> None:
    """Have ``count`` tasks of asyncio wait for a socket each; microseconds to reach one of them."""
    from zmq.asyncio import Context

    count = args.number("count", 100)

    async def main() -> None:
        context: Any = Context()
        context.max_sockets = count + 10
        router = make_socket(zmq.Context(context), "ROUTER", args)
        router.bind("inproc://population")
        arrived = asyncio.Event()
        names = [b"%d" % n for n in range(count)]

        async def wait(socket: Socket) -> NoReturn:
            while True:
                await socket.recv()
                arrived.set()

        tasks = []
        for name in names:
            socket = make_socket(context, "DEALER", args)
            socket.routing_id = name
            socket.connect("inproc://population")
            tasks.append(asyncio.create_task(wait(socket)))
        await asyncio.sleep(0)
        # A stride that meets all of them: none is the one that was last.
        order = cycle(names[n * 7 % count] for n in range(count))

        async def step() -> int:
            for _ in range(20):
                arrived.clear()
                router.send_multipart([next(order), b"x"])
                await arrived.wait()
            return 20

        ready()
        result(1e6 / await measure_rate_async(step, args))
        for task in tasks:
            task.cancel()

    asyncio.run(main())


def router(args: Arguments) -> NoReturn:
    """Send every message back to the peer that it came from."""
    socket = make_socket(zmq.Context(), "ROUTER", args)
    socket.backlog = 4096
    attach(socket, args.text("at"))
    ready(socket)
    recv, send = socket.recv_multipart, socket.send_multipart
    while True:
        send(recv())


def peers(args: Arguments) -> None:
    """Be ``count`` peers of a ROUTER, 100 of which ask at a time; replies a second.

    With ``idle`` they are connected, and ask no more.
    """
    context: Any = zmq.Context()
    count = args.number("count", 100)
    context.max_sockets = count + 10
    sockets = [make_socket(context, "DEALER", args) for _ in range(count)]
    for socket in sockets:
        socket.connect(args.text("at"))
    for socket in sockets:
        socket.send(b"x")
    for socket in sockets:
        socket.recv()
    ready()
    if args.number("idle", 0):
        time.sleep(600)  # until the harness ends this process
    groups = cycle([sockets[n : n + 100] for n in range(0, count, 100)])

    def step() -> int:
        group = next(groups)
        asked = 100 // len(group)
        for socket in group:
            for _ in range(asked):
                socket.send(b"x")
        for socket in group:
            for _ in range(asked):
                socket.recv()
        return asked * len(group)

    result(measure_rate(step, args))
