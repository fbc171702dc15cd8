"""The address to listen on, and hosts in Host headers. Pure functions."""

from __future__ import annotations

import re
from dataclasses import dataclass

from zmq._addresses import is_loopback, join_address, parse_listen_address

# A Host header: a name or number, usually with a port.
_HOST = re.compile(r"(?:\[(?P<v6>[0-9A-Fa-f:.]+)\]|(?P<host>[^:\[\]/@\s]+))(?::\d{1,5})?")


@dataclass(frozen=True, slots=True)
class Address:
    """A host and a port to listen on."""

    host: str
    port: int

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can connect."""
        return is_loopback(self.host)

    def url(self, port: int) -> str:
        """URL of the page for a browser on this machine."""
        host = self.host
        if host in {"", "0.0.0.0", "*"}:
            host = "127.0.0.1"
        elif host == "::":
            host = "::1"
        return f"http://{join_address(host, port)}/"


def parse_address(text: str) -> Address:
    """Read an address to listen on.

    Parameters
    ----------
    text
        ``127.0.0.1:8080``, ``[::1]:8080``, ``localhost:8080``; port 0 or ``*`` takes a free one,
        and host ``*`` is all interfaces.

    Returns
    -------
    Address
        Host and port.

    Raises
    ------
    ValueError
        The text is not an address.
    """
    return Address(*parse_listen_address(text))


def named_host(header: str) -> str | None:
    """The name or number in a Host header, in lower case, without the port.

    Parameters
    ----------
    header
        The header as received.

    Returns
    -------
    str or None
        None when it is malformed.
    """
    match = _HOST.fullmatch(header)
    if match is None:
        return None
    host: str = match["v6"] or match["host"]
    return host.lower().rstrip(".")
