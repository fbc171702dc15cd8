"""Where a mistake is made (see mistakes.py), and the table of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import zmq

SOON_MS = 20


class Mistake(NamedTuple):
    """A mistake, and what a text about it has to say: the socket, and a next step."""

    make: Callable[[Place], Any]
    names: tuple[str, ...]
    step: str


MISTAKES: dict[str, Mistake] = {}


def mistake(*names: str, step: str) -> Callable[[Callable[[Place], Any]], Callable[[Place], Any]]:
    def add(make: Callable[[Place], Any]) -> Callable[[Place], Any]:
        MISTAKES[make.__name__] = Mistake(make, names, step)
        return make

    return add


class Place:
    """Where a mistake is made: a context and a directory of its own."""

    def __init__(self, directory: str) -> None:
        self.directory = directory
        self.context = zmq.Context()
        self.sockets: list[Any] = []  # that the garbage collector is not to close

    def socket(self, kind: int, **options: Any) -> Any:
        socket = self.context.socket(kind)
        self.sockets.append(socket)
        socket.linger = 0
        socket.rcvtimeo = socket.sndtimeo = SOON_MS
        for name, value in options.items():
            setattr(socket, name, value)
        return socket

    def bound(self, kind: int, address: str = "tcp://127.0.0.1:*", **options: Any) -> Any:
        socket = self.socket(kind, **options)
        socket.bind(address)
        return socket

    def connected(self, kind: int, to: Any, **options: Any) -> Any:
        socket = self.socket(kind, **options)
        socket.connect(to if isinstance(to, str) else to.last_endpoint.rstrip(b"\0").decode())
        return socket
