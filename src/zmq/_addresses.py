"""HOST:PORT as it is written and read. Pure functions; imports nothing of zmq."""

from __future__ import annotations

import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    import ipaddress

_HOST_AND_PORT = re.compile(r"(?:\[(?P<v6>[^\]]*)\]|(?P<host>[^:\[\]\s]*)):(?P<port>\*|\d{1,5})")


def parse_listen_address(text: str) -> tuple[str, int]:
    """Return the host and the port that a server is to listen on.

    Parameters
    ----------
    text
        ``127.0.0.1:8080``, ``[::1]:8080``, ``localhost:8080``. Host ``*`` is all interfaces, which
        is returned as an empty host; port ``*`` is a free one, which is returned as 0.

    Raises
    ------
    ValueError
        The text is no such address.
    """
    match = _HOST_AND_PORT.fullmatch(text)
    host = match and (match["v6"] or match["host"])
    if match is None or not host:
        raise ValueError(f"{text!r} is not HOST:PORT; write for example 127.0.0.1:8080")
    port = 0 if match["port"] == "*" else int(match["port"])
    if port > 65535:
        raise ValueError(f"{text!r}: port {port} is above 65535")
    return "" if host == "*" else host, port


def split_address(endpoint: str) -> tuple[str, str]:
    """Return the host, without brackets, and the port of HOST:PORT or tcp://HOST:PORT.

    Nothing is checked: the port may be a wildcard, the host a name or an interface.
    """
    host, _, port = endpoint.removeprefix("tcp://").rpartition(":")
    return host.strip("[]"), port


def join_address(host: str, port: int | str) -> str:
    """Return HOST:PORT, with brackets around an IPv6 address."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def is_loopback(host: str) -> bool:
    """Whether a host is this machine's loopback; names other than localhost are not looked up."""
    number = _number(host)
    if number is None:
        return host.lower() == "localhost"
    # IPv4 written in IPv6: the number itself says no.
    return (getattr(number, "ipv4_mapped", None) or number).is_loopback


def is_number(host: str) -> bool:
    """Whether a host is an IP address, which no name server can redirect."""
    return _number(host) is not None


def _number(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    from ipaddress import ip_address

    try:
        return ip_address(host)
    except ValueError:
        return None
