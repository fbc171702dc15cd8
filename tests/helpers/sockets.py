"""Addresses for tests, connected sockets, and messages that have arrived."""

from __future__ import annotations

import socket
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import zmq
from helpers.waiting import PATIENCE_S, until

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


def connections(address: str) -> int:
    """How many peers a bound tcp address has; one that went counts until all it sent is read."""
    port = f":{int(address.rpartition(':')[2]):04X}"
    rows = [row.split() for row in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return sum(row[1].endswith(port) and row[3] in {"01", "08"} for row in rows)


def deliver(address: str, messages: Iterable[bytes]) -> None:
    """Send messages to a bound tcp address that has no peers yet, and wait until they are there."""
    with zmq.Context() as context, context.socket(zmq.PUSH) as push:
        push.sndhwm = 0
        push.linger = round(PATIENCE_S * 1000)
        push.connect(address)
        until(lambda: connections(address))
        for message in messages:
            push.send(message)
    until(lambda: not connections(address))


def ipc_connections(address: str) -> int:
    """How many connections the socket that is bound to an address of ipc has open."""
    sockets = Path("/proc/net/unix").read_text().splitlines()
    return sum(line.endswith(" " + address.removeprefix("ipc://")) for line in sockets) - 1
