"""Open the sockets of a device."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import zmq
from zmq.cli.sockets.endpoints import Side
from zmq.cli.sockets.opening import attach
from zmq.devices._sides import MONITOR_LINGER_MS, PEER_EVENTS


@dataclass(frozen=True, slots=True)
class OpenSide:
    """A socket of the device, and the addresses that it really has."""

    side: Side
    socket: zmq.Socket[Any]
    addresses: tuple[str, ...]
    #: Tells of its connections, if somebody wants to know.
    events: zmq.Socket[Any] | None = None

    @property
    def bound(self) -> list[str]:
        """The addresses at which others reach it."""
        pairs = zip(self.side.endpoints, self.addresses, strict=True)
        return [address for endpoint, address in pairs if endpoint.bind]

    def describe(self) -> list[str]:
        """One line an endpoint: name, type, verb, address."""
        return [
            f"{self.side.name:<8}{self.side.type_name:<7}"
            f"{'bind' if endpoint.bind else 'connect':<8}{address}"
            for endpoint, address in zip(self.side.endpoints, self.addresses, strict=True)
        ]


@contextlib.contextmanager
def open_sides(sides: tuple[Side, ...], *, watched: bool = False) -> Iterator[list[OpenSide]]:
    """Open every socket of a device, in a context of its own; close at the end what still is open.

    What is queued then is dropped: a relay that has run has closed its sockets in good order.

    Parameters
    ----------
    sides
        The sockets wanted.
    watched
        Whether what a monitor drops is to be counted, and its connections. Those of the others
        are, always: a device that ends has to know its peers.

    Yields
    ------
    list of OpenSide
        The sockets, in the same order.

    Raises
    ------
    CommandError
        An address cannot be had; the line names it and says what to do.
    """
    context = zmq.Context()
    sockets: list[zmq.Socket[Any]] = []
    opened: list[OpenSide] = []
    try:
        for side in sides:
            socket = context.socket(getattr(zmq, side.type_name))
            sockets.append(socket)
            opened.append(_open_side(socket, side, watched=watched))
        yield opened
    finally:
        for each in opened:
            if each.events is not None and not each.events.closed:
                each.socket.disable_monitor()
                each.events.close(linger=0)
        for socket in sockets:
            socket.close(linger=0)
        context.term()


def _open_side(socket: zmq.Socket[Any], side: Side, *, watched: bool) -> OpenSide:
    if side.hwm is not None:
        socket.set(zmq.SNDHWM, side.hwm)
        socket.set(zmq.RCVHWM, side.hwm)
    if side.type_name == "SUB":
        socket.set(zmq.SUBSCRIBE, b"")
    if side.name == "monitor":
        socket.set(zmq.LINGER, MONITOR_LINGER_MS)
    events = None
    if watched or side.name != "monitor":
        events = socket.get_monitor_socket(PEER_EVENTS)
        if side.name == "monitor" and side.type_name in {"PUB", "XPUB"}:
            socket.set(zmq.XPUB_NODROP, 1)  # it says when it would drop
    try:
        return OpenSide(side, socket, tuple(attach(socket, side)), events)
    except BaseException:
        if events is not None:
            events.close(linger=0)  # the context would wait for it
        raise
