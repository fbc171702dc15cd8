"""Opening the sockets of a plan, with errors that a user can act on."""

from __future__ import annotations

import contextlib
import errno
import os
import socket as os_socket
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import zmq
from zmq.cli.endpoints import Endpoint
from zmq.cli.errors import CommandError, UsageError
from zmq.cli.plan import Side
from zmq.devices._sides import MONITOR_LINGER_MS, PEER_EVENTS

_NOT_HERE = frozenset({errno.EADDRNOTAVAIL, errno.ENODEV})


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


def attach(socket: zmq.Socket[Any], side: Side) -> list[str]:
    """Bind and connect a socket.

    Parameters
    ----------
    socket
        A socket of the side's type.
    side
        Its endpoints, and what to call them in errors.

    Returns
    -------
    list of str
        The addresses that it really has, in the same order.

    Raises
    ------
    CommandError
        An address cannot be had; the line names it and says what to do.
    """
    addresses = []
    for endpoint in side.endpoints:
        if endpoint.bind and endpoint.transport == "ipc":
            refuse_used_ipc_path(endpoint, side)
        try:
            if endpoint.bind:
                socket.bind(endpoint.address)
                addresses.append(_text(socket.get(zmq.LAST_ENDPOINT)))
            else:
                socket.connect(endpoint.address)
                addresses.append(endpoint.address)
        except zmq.ZMQError as error:
            raise explain(error.errno, side, endpoint) from error
    return addresses


def _text(value: Any) -> str:
    return bytes(value).rstrip(b"\0").decode(errors="replace")


def refuse_used_ipc_path(endpoint: Endpoint, side: Side) -> None:
    """libzmq silently takes over an ipc path that another program is listening on."""
    path = endpoint.address.removeprefix("ipc://")
    if path == "*" or path.startswith("@"):
        return
    try:
        is_socket = stat.S_ISSOCK(os.stat(path).st_mode)
    except OSError:
        return  # not there: it will be made
    if not is_socket:
        raise CommandError(f"{side.option} {endpoint.address}: {path} exists and is not a socket")
    with os_socket.socket(os_socket.AF_UNIX, os_socket.SOCK_STREAM) as probe:
        probe.settimeout(1.0)
        try:
            probe.connect(path)
        except OSError:
            return  # left behind by a program that has ended
    raise explain(errno.EADDRINUSE, side, endpoint)


def explain(number: int | None, side: Side, endpoint: Endpoint) -> CommandError:
    """Turn an error number of bind or connect into the line that the user reads.

    Parameters
    ----------
    number
        The errno.
    side
        The socket that was being opened.
    endpoint
        The endpoint.

    Returns
    -------
    CommandError
        To be raised; a `UsageError` when the address itself is at fault.
    """
    what = f"{side.option} {endpoint.address}"
    if number == errno.EADDRINUSE:
        if endpoint.transport == "ipc":
            advice = "take another path, or stop the program that has it"
        else:
            advice = "take another port (:* finds a free one), or stop the program that has it"
        return CommandError(f"{what}: address in use; {advice}")
    if number in _NOT_HERE:
        return CommandError(f"{what}: no network interface of this machine has that address")
    if number == errno.EACCES:
        return CommandError(f"{what}: permission denied; ports under 1024 need extra rights")
    if number == errno.ENOENT and endpoint.transport == "ipc":
        return CommandError(f"{what}: no such directory")
    if number == zmq.ENOCOMPATPROTO:
        return UsageError(f"{what}: a {side.type_name} socket cannot use {endpoint.transport}://")
    if number == errno.EPROTONOSUPPORT:
        return UsageError(
            f"{what}: libzmq {zmq.zmq_version()} does not offer {endpoint.transport}:// here; "
            "see 'ohmq info'"
        )
    if number == errno.EINVAL:
        return UsageError(f"{what}: libzmq does not take this address")
    return CommandError(f"{what}: {zmq.strerror(number or 0)}")
