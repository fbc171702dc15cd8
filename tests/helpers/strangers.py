"""Other sides: servers that do not speak ZMTP, raw peers, senders that may lose nothing."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any


@contextlib.contextmanager
def stranger(answer: Callable[[socket.socket], None] | None) -> Iterator[str]:
    """The endpoint of a server that calls `answer` with each connection; None never accepts."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        where = f"tcp://127.0.0.1:{listener.getsockname()[1]}"
        over = threading.Event()

        def serve() -> None:
            while True:
                connection, _ = listener.accept()
                with connection, contextlib.suppress(OSError):
                    if over.is_set():
                        return
                    assert answer is not None
                    answer(connection)

        thread = threading.Thread(target=serve) if answer is not None else None
        if thread is not None:
            thread.start()
        try:
            yield where
        finally:
            over.set()
            if thread is not None:
                with contextlib.suppress(OSError):
                    socket.create_connection(listener.getsockname()).close()
                thread.join()


@contextlib.contextmanager
def sending(socket: Any, count: int = 50) -> Iterator[None]:
    """Send numbers in another thread: the first one is gone as soon as there is any peer."""
    thread = threading.Thread(target=lambda: [socket.send(b"%d" % n) for n in range(count)])
    thread.start()
    try:
        yield
    finally:
        thread.join()


GREETING = b"\xff" + bytes(8) + b"\x7f\x03\x00" + b"NULL".ljust(20, b"\0") + bytes(32)


def ready(kind: bytes) -> bytes:
    """The command that ends a handshake without security, of a socket of this type."""
    body = b"\x05READY\x0bSocket-Type" + len(kind).to_bytes(4, "big") + kind
    return bytes([4, len(body)]) + body


@contextlib.contextmanager
def raw_peer(address: str, kind: bytes) -> Iterator[socket.socket]:
    """A peer that has shaken hands, and keeps its connection open whatever it is told."""
    host, port = address.removeprefix("tcp://").split(":")
    with socket.create_connection((host, int(port))) as connection:
        connection.sendall(GREETING + ready(kind))
        yield connection
