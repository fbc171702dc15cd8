"""Ports that are chosen before the socket exists that will have them."""

from __future__ import annotations

import contextlib
import socket
from typing import Any

import zmq


def reserve(address: str, *args: int, **kwargs: int) -> tuple[int, socket.socket | None]:
    """Choose a free port as Socket.bind_to_random_port does, and keep it from others.

    Until the returned guard is closed the system gives the port to nobody who asks for any. libzmq
    can bind it all the same: the guard does not listen.

    Parameters
    ----------
    address : str
        Without a port: "tcp://127.0.0.1".
    *args, **kwargs
        min_port, max_port, max_tries.

    Raises
    ------
    ZMQBindError
        None was free.
    """
    with zmq.Context() as context, context.socket(zmq.REQ) as probe:
        port = probe.bind_to_random_port(address, *args, **kwargs)
        endpoint: Any = probe.getsockopt(zmq.LAST_ENDPOINT)
    # The context has ended: the probe is closed.
    host = endpoint.rstrip(b"\0").decode().removeprefix("tcp://").rpartition(":")[0].strip("[]")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    guard = socket.socket(family, socket.SOCK_STREAM)
    with contextlib.suppress(OSError):
        guard.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        guard.bind((host, port))
        return port, guard
    guard.close()
    return port, None
