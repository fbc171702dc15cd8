"""Bind and connect sockets, with errors that a user can act on."""

from __future__ import annotations

import errno
import os
import socket as os_socket
import stat
from typing import Any

import zmq
from zmq._reasons import address_reason
from zmq.cli.sockets.endpoints import Endpoint, SocketEndpoints
from zmq.cli.terminal.errors import CommandError, UsageError


def attach(socket: zmq.Socket[Any], side: SocketEndpoints) -> list[str]:
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


def refuse_used_ipc_path(endpoint: Endpoint, side: SocketEndpoints) -> None:
    """libzmq silently takes over an ipc path that another program is listening on."""
    path = endpoint.address.removeprefix("ipc://")
    if path == "*" or path.startswith("@"):
        return
    try:
        is_socket = stat.S_ISSOCK(os.stat(path).st_mode)
    except OSError:
        return  # it does not exist, and will be made
    if not is_socket:
        raise CommandError(f"{side.option} {endpoint.address}: {path} exists and is not a socket")
    with os_socket.socket(os_socket.AF_UNIX, os_socket.SOCK_STREAM) as probe:
        probe.settimeout(1.0)
        try:
            probe.connect(path)
        except OSError:
            return  # of a program that has ended
    raise explain(errno.EADDRINUSE, side, endpoint)


def explain(number: int | None, side: SocketEndpoints, endpoint: Endpoint) -> CommandError:
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
    if number == zmq.ENOCOMPATPROTO:
        return UsageError(f"{what}: a {side.type_name} socket cannot use {endpoint.transport}://")
    if number == errno.EPROTONOSUPPORT:
        return UsageError(
            f"{what}: libzmq {zmq.zmq_version()} does not offer {endpoint.transport}:// here; "
            "see 'ohmq info'"
        )
    if number == errno.EINVAL:
        return UsageError(f"{what}: libzmq does not take this address")
    return address_error(number or 0, what, transport=endpoint.transport)


def address_error(
    number: int, what: str, *, transport: str = "tcp", reason: str = ""
) -> CommandError:
    """Return the error of an address that cannot be had.

    Parameters
    ----------
    number
        The errno of bind or connect.
    what
        The address, and the option that gave it.
    transport
        The part of the endpoint before ``://``.
    reason
        The reason to name for an errno that has none here; by default that of libzmq.
    """
    known = [each for each in address_reason(number, transport) if each]
    return CommandError(f"{what}: {'; '.join(known) or reason or zmq.strerror(number)}")
