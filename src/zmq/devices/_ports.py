"""Ports that are chosen before the socket exists that will have them."""

from __future__ import annotations

import contextlib
import socket
import threading
import weakref
from typing import Any

import zmq
from zmq._addresses import split_address
from zmq.core.forking import close_in_children

# Sockets that keep the ports of devices that have not started yet. None listens: another probe
# could still bind one of these ports.
_guards: weakref.WeakSet[socket.socket] = weakref.WeakSet()
_choosing = threading.Lock()


def reserve(address: str, *args: int, **kwargs: int) -> tuple[int, socket.socket | None]:
    """Choose a free port as Socket.bind_to_random_port does, and keep it from others.

    Until the returned guard is closed the system gives the port to no program that asks for any,
    and it is not chosen here again. libzmq can bind it all the same: the guard does not listen.

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
    with _choosing:
        host, port = _choose(address, *args, **kwargs)
        return port, _guard(host, port)


def _choose(address: str, *args: int, **kwargs: int) -> tuple[str, int]:
    kept = {port for guard in list(_guards) if (port := _port_of(guard))}
    with zmq.Context() as context, contextlib.ExitStack() as probes:
        while True:
            # Each probe keeps its port until the last one is chosen: none comes up twice.
            probe = probes.enter_context(context.socket(zmq.REQ))
            port = probe.bind_to_random_port(address, *args, **kwargs)
            if port not in kept:
                break
        endpoint: Any = probe.getsockopt(zmq.LAST_ENDPOINT)
    return split_address(endpoint.rstrip(b"\0").decode())[0], port


def _guard(host: str, port: int) -> socket.socket | None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    guard = socket.socket(family, socket.SOCK_STREAM)
    with contextlib.suppress(OSError):
        guard.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        guard.bind((host, port))
        _guards.add(guard)
        return close_in_children(guard)
    guard.close()
    return None


def _port_of(guard: socket.socket) -> int | None:
    """The port that a guard keeps; None once it is closed."""
    try:
        return int(guard.getsockname()[1])
    except OSError:
        return None
