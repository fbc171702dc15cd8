"""Addresses for tests, and connected sockets."""

from __future__ import annotations

import socket
from typing import Any

ANY = "tcp://127.0.0.1:*"


def free_port() -> int:
    """A port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def free_address() -> str:
    """A tcp address that was free a moment ago: for two processes that must both know it."""
    return f"tcp://127.0.0.1:{free_port()}"


def connected(a: Any, b: Any, transport: str = "inproc") -> tuple[Any, Any]:
    """Two sockets, the second connected to the first."""
    a.bind("tcp://127.0.0.1:*" if transport == "tcp" else f"inproc://{id(a):x}")
    b.connect(a.last_endpoint.decode())
    return a, b
