"""Sockets of zmq.anyio for a test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import zmq
import zmq.anyio

Pair = Callable[..., tuple[zmq.anyio.Socket, zmq.anyio.Socket]]


@contextmanager
def anyio_pairs() -> Iterator[Pair]:
    """Give a function that connects two sockets; close them all at the end."""
    context = zmq.anyio.Context()
    made: list[zmq.anyio.Socket] = []

    def pair(
        first: int = zmq.PAIR, second: int = zmq.PAIR
    ) -> tuple[zmq.anyio.Socket, zmq.anyio.Socket]:
        a, b = context.socket(first), context.socket(second)
        made.extend((a, b))
        a.hwm = b.hwm = 0
        a.bind(f"inproc://{id(a):x}")
        b.connect(a.last_endpoint.decode())
        return a, b

    yield pair
    for socket in made:
        socket.close(0)
    context.term()
