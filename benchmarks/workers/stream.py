"""One-way streams: a source that sends without end, a sink that counts."""

from __future__ import annotations

import threading
from itertools import repeat
from typing import TYPE_CHECKING, NoReturn

import zmq
from workers.common import Arguments, Socket, attach, make_socket, measure_rate, ready, result

if TYPE_CHECKING:
    from collections.abc import Callable


def source(args: Arguments) -> NoReturn:
    """Send until the harness ends this process."""
    socket = make_socket(zmq.Context(), "PUSH", args)
    attach(socket, args.text("at"))
    ready()
    step = _sender(socket, args)
    while True:
        step()


def _sender(socket: Socket, args: Arguments) -> Callable[[], None]:
    """Return what sends a chunk of messages in the way that the arguments ask for."""
    chunk, parts = args.number("chunk", 500), args.number("parts", 1)
    copy = bool(args.number("copy", 1))
    body = bytes(args.number("size", 32))
    message = [body] * parts
    send, send_multipart = socket.send, socket.send_multipart

    def singles() -> None:
        for _ in repeat(None, chunk):
            send(body)

    def singles_shared() -> None:
        for _ in repeat(None, chunk):
            send(body, copy=False)

    def multiparts() -> None:
        for _ in repeat(None, chunk):
            send_multipart(message)

    if args.number("many", 0) and hasattr(socket, "send_many"):
        batch = [message if parts > 1 else body] * chunk

        def many() -> None:
            socket.send_many(batch)

        return many
    if parts > 1:
        return multiparts
    return singles if copy else singles_shared


def sink(args: Arguments) -> None:
    """Count what arrives; the result is messages per second."""
    socket = make_socket(zmq.Context(), "PULL", args)
    attach(socket, args.text("at"))
    ready(socket)
    socket.recv_multipart()  # the peer is there
    if args.number("burn", 0):
        threading.Thread(target=_burn, daemon=True).start()
    result(measure_rate(_receiver(socket, args), args))


def _receiver(socket: Socket, args: Arguments) -> Callable[[], int]:
    """Return what receives a chunk of messages and says how many there were."""
    chunk, parts = args.number("chunk", 500), args.number("parts", 1)
    recv, recv_multipart = socket.recv, socket.recv_multipart

    def singles() -> int:
        for _ in repeat(None, chunk):
            recv()
        return chunk

    def frames() -> int:
        for _ in repeat(None, chunk):
            recv(copy=False)
        return chunk

    def multiparts() -> int:
        for _ in repeat(None, chunk):
            recv_multipart()
        return chunk

    if args.number("many", 0) and hasattr(socket, "recv_many"):
        multipart = parts > 1

        def many() -> int:
            return len(socket.recv_many(multipart=multipart))

        return many
    if parts > 1:
        return multiparts
    return singles if args.number("copy", 1) else frames


def _burn() -> None:
    """Keep one thread busy with pure Python until the process ends."""
    count = 0
    while True:
        count += 1
