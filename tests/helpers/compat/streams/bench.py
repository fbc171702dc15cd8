"""Sockets, streams and reports of the scenarios."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any

import zmq
from zmq.eventloop.zmqstream import ZMQStream

SCENARIO_S = 40.0
PATIENCE_S = 20.0

Seen = dict[str, Any]


class Reports(logging.Handler):
    """Collects what goes to the logs of Tornado and to the loop's exception handler."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: set[str] = set()
        for name in ("tornado.general", "tornado.application", "asyncio"):
            logger = logging.getLogger(name)
            logger.addHandler(self)
            logger.propagate = False

    def emit(self, record: logging.LogRecord) -> None:
        if record.levelno >= logging.ERROR:
            error = record.exc_info[1] if record.exc_info else None
            self.seen.add(type(error).__name__ if error else "words")

    def take(self) -> list[str]:
        seen, self.seen = sorted(self.seen), set()
        return seen


REPORTS = Reports()


class Bench:
    """Sockets and streams of one scenario, all closed at its end."""

    def __init__(self) -> None:
        self.context = zmq.Context()
        self.count = 0
        self.seen: Seen = {}

    def socket(self, kind: int, **options: Any) -> Any:
        socket = self.context.socket(kind)
        socket.linger = 0
        for name, value in options.items():
            setattr(socket, name, value)
        return socket

    def pair(self, first: int = zmq.PAIR, second: int = zmq.PAIR, **options: Any) -> Any:
        a, b = self.socket(first, **options), self.socket(second, **options)
        self.count += 1
        a.bind(f"inproc://pair-{self.count}")
        b.connect(f"inproc://pair-{self.count}")
        return a, b

    def stream(self, first: int = zmq.PAIR, second: int = zmq.PAIR, **options: Any) -> Any:
        a, b = self.pair(first, second, **options)
        return ZMQStream(a), b

    def attempt(self, call: Callable[[], Any]) -> Any:
        """The result of a call, or the class of its error."""
        try:
            return plain(call())
        except Exception as error:
            return type(error).__name__


def plain(value: Any) -> Any:
    """Something that JSON can hold."""
    if isinstance(value, (bytes, bytearray, memoryview, zmq.Frame)):
        return bytes(value).decode("latin-1")
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if value is None or isinstance(value, (bool, int, str)):
        return value
    return type(value).__name__


def drain(socket: Any) -> list[Any]:
    got = []
    while socket.poll(0):
        got.append(plain(socket.recv_multipart()))
    return got


async def pause(seconds: float = 0.03) -> None:
    """Long enough for whatever is going to happen."""
    await asyncio.sleep(seconds)


async def until(condition: Callable[[], Any]) -> bool:
    for _ in range(int(PATIENCE_S / 0.005)):
        if condition():
            return True
        await asyncio.sleep(0.005)
    return False
