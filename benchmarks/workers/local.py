"""Work of one process: options, polling, and bursts through an inproc pipe."""

from __future__ import annotations

import time
from itertools import repeat
from typing import Any

import zmq
from workers.common import Arguments, Socket, make_socket, measure_rate, ready, result


def option(args: Arguments) -> None:
    """Get or set an option by attribute; the result is nanoseconds an access."""
    socket = make_socket(zmq.Context(), "PULL", args)
    chunk = args.number("chunk", 1000)

    def get() -> int:
        for _ in repeat(None, chunk):
            socket.rcvhwm  # noqa: B018 - the access is the work
        return chunk

    def put() -> int:
        for _ in repeat(None, chunk):
            socket.linger = 0
        return chunk

    ready()
    result(1e9 / measure_rate(get if args.text("op") == "get" else put, args))


def flags(args: Arguments) -> None:
    """Ask a number for a flag; the result is nanoseconds an operation."""
    events, flag, chunk = 3, zmq.POLLIN, args.number("chunk", 1000)

    def step() -> int:
        for _ in repeat(None, chunk):
            events & flag
        return chunk

    ready()
    result(1e9 / measure_rate(step, args))


def poll(args: Arguments) -> None:
    """Poll ``count`` sockets, ``ready`` of them with a message; microseconds a poll."""
    context: Any = zmq.Context()
    count, expected = args.number("count", 500), args.number("ready", 0)
    context.max_sockets = count + 10
    peer = make_socket(context, "PUSH", args)
    peer.bind("inproc://ready")
    sockets = [make_socket(context, "PULL", args) for _ in range(count)]
    poller = zmq.Poller()
    for socket in sockets:
        poller.register(socket, zmq.POLLIN)
    middle = sockets[count // 2]
    middle.connect("inproc://ready")
    if expected:
        peer.send(b"x")
    once = poller.poll

    def step() -> int:
        for _ in repeat(None, 10):
            events = once(0)
        if len(events) != expected:
            raise RuntimeError(f"{len(events)} sockets are ready instead of {expected}")
        return 10

    ready()
    rate = measure_rate(step, args)
    # A poll that is fast because it looks at nothing does not count.
    if not expected:
        peer.send(b"x")
    if poller.poll(1000) != [(middle, zmq.POLLIN)] or middle.recv() != b"x" or poller.poll(0):
        raise RuntimeError("poll does not see what arrives, or not that it is gone")
    result(1e6 / rate)


def burst(args: Arguments) -> None:
    """Fill an inproc pipe and empty it; one half is timed, in messages per second."""
    context = zmq.Context()
    count, body = args.number("count", 10000), bytes(args.number("size", 32))
    receiver = make_socket(context, "PULL", args)
    sender = make_socket(context, "PUSH", args)
    receiver.bind("inproc://burst")
    sender.connect("inproc://burst")
    many = args.number("many", 0) and hasattr(sender, "send_many")
    batch = [body] * count
    sending, seconds = args.text("side") == "send", args.real("seconds", 1.0)
    ready()

    spent, done = 0.0, -count  # the first round warms up
    while spent < seconds:
        begin = time.perf_counter()
        if many:
            sender.send_many(batch)
        else:
            _send_each(sender, batch)
        middle = time.perf_counter()
        left = count
        while left:
            left -= len(receiver.recv_many()) if many else _receive_each(receiver, 1000)
        end = time.perf_counter()
        if done >= 0:
            spent += middle - begin if sending else end - middle
        done += count
    result(done / spent)


def _send_each(socket: Socket, batch: list[bytes]) -> None:
    send = socket.send
    for body in batch:
        send(body)


def _receive_each(socket: Socket, count: int) -> int:
    recv = socket.recv
    for _ in repeat(None, count):
        recv()
    return count
