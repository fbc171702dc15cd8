"""Endpoints as they are typed: ``tcp://127.0.0.1:5555``, ``@tcp://...``, ``>tcp://...``.

``@`` in front means bind, ``>`` means connect, nothing means bind. Pure functions; an address
is only checked as far as it can be without touching the network.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass

from zmq._addresses import parse_listen_address
from zmq.cli.terminal.errors import UsageError

_TRANSPORT = re.compile(r"([a-z][a-z0-9+]*)://(.*)", re.DOTALL)
# Everything up to the last colon is the host: IPv6 addresses hold colons too.
_HOST_AND_PORT = re.compile(r"(?P<host>.+):(?P<port>\*|\d+)")
_PORT_TRANSPORTS = frozenset({"tcp", "ws", "wss"})
_EXAMPLE = "write for example tcp://127.0.0.1:5555"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One address, and whether to bind or to connect it."""

    address: str
    bind: bool = True

    @property
    def transport(self) -> str:
        """The part before ``://``."""
        return self.address.partition("://")[0]

    @property
    def is_wildcard(self) -> bool:
        """Whether the system chooses the port or the path, so that no two can collide."""
        return self.address.endswith((":*", ":0")) or self.address == "ipc://*"


@dataclass(frozen=True, slots=True)
class SocketEndpoints:
    """The endpoints that one option gave, and the socket that they are for."""

    name: str
    type_name: str
    endpoints: tuple[Endpoint, ...]
    hwm: int | None = None

    @property
    def option(self) -> str:
        """The option that gave its endpoints, for errors."""
        return f"--{self.name}"


def parse_endpoint(
    text: str, option: str, *, ipc_limit: int = 107, bind: bool | None = None
) -> Endpoint:
    """Read one endpoint from the command line.

    Parameters
    ----------
    text
        What was typed: an address with ``@`` (bind), ``>`` (connect) or nothing in front.
    option
        The option it was given to, for the error.
    ipc_limit
        Longest ipc path of this machine, in bytes.
    bind
        Whether to bind or to connect, where the option says so; then nothing may stand in front.

    Returns
    -------
    Endpoint
        The address and the verb.

    Raises
    ------
    UsageError
        No such address can exist.
    """
    address = text
    if bind is None:
        bind = not text.startswith(">")
        address = text[1:] if text[:1] in {"@", ">"} else text
    match = _TRANSPORT.fullmatch(address)
    if match is None:
        raise UsageError(f"{option} {text!r}: no transport in it; {_EXAMPLE}")
    transport, rest = match.groups()
    if not rest:
        raise UsageError(f"{option} {text!r}: nothing after {transport}://; {_EXAMPLE}")
    if transport == "inproc":
        raise UsageError(
            f"{option} {text!r}: inproc:// reaches sockets of the same process only; "
            "use tcp:// or ipc://"
        )
    if transport in _PORT_TRANSPORTS:
        _check_port(text, rest.partition("/")[0] if transport != "tcp" else rest, option, bind)
    elif transport == "ipc":
        _check_ipc_path(text, rest, option, bind, ipc_limit)
    return Endpoint(address, bind)


def _check_port(text: str, rest: str, option: str, bind: bool) -> None:
    match = _HOST_AND_PORT.fullmatch(rest)
    if match is None:
        raise UsageError(f"{option} {text!r}: no port at the end; {_EXAMPLE}")
    port = match["port"]
    if port != "*" and int(port) > 65535:
        raise UsageError(f"{option} {text!r}: port {port} is above 65535")
    if not bind and (match["host"] == "*" or port in {"*", "0"}):
        raise UsageError(f"{option} {text!r}: connecting needs a host and a port, not a wildcard")


def _check_ipc_path(text: str, path: str, option: str, bind: bool, limit: int) -> None:
    length = len(os.fsencode(path))
    if length > limit:
        raise UsageError(
            f"{option}: ipc path of {length} bytes, longer than the {limit} that this machine "
            f"allows: {path}"
        )
    if not bind and path == "*":
        raise UsageError(f"{option} {text!r}: connecting needs a path, not a wildcard")


def check_no_repeats(endpoints: list[tuple[str, Endpoint]]) -> None:
    """Refuse to bind one address twice, which the system would report as in use.

    Parameters
    ----------
    endpoints
        Pairs of option and endpoint, in the order typed.

    Raises
    ------
    UsageError
        Two of them bind the same address.
    """
    seen: dict[str, str] = {}
    for option, endpoint in endpoints:
        if not endpoint.bind or endpoint.is_wildcard:
            continue
        if endpoint.address in seen:
            raise UsageError(
                f"{endpoint.address} is given twice, to {seen[endpoint.address]} and to {option}"
            )
        seen[endpoint.address] = option


def check_address(text: str, option: str = "") -> None:
    """Refuse what is not the HOST:PORT of a web server; `option` gave it.

    Raises
    ------
    UsageError
        It is not.
    """
    try:
        parse_listen_address(text)
    except ValueError as error:
        raise UsageError(f"{option} {error}".strip()) from None
