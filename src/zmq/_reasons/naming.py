"""How words name a socket, its endpoints and its peers."""

from __future__ import annotations

from zmq.constants import SocketType

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from zmq._native import Failure

__all__ = [
    "PARTNERS",
    "call_of",
    "counted",
    "listed",
    "more_of",
    "peers_of",
    "socket_of",
    "type_of",
]

# How many endpoints a text names.
_SHOWN = 3

#: The types that a peer may have; libzmq breaks connections with others.
PARTNERS: dict[str, tuple[str, ...]] = {
    "REQ": ("REP", "ROUTER"),
    "REP": ("REQ", "DEALER"),
    "DEALER": ("ROUTER", "REP", "DEALER"),
    "ROUTER": ("DEALER", "REQ", "ROUTER"),
    "PUSH": ("PULL",),
    "PULL": ("PUSH",),
    "PUB": ("SUB", "XSUB"),
    "SUB": ("PUB", "XPUB"),
    "XPUB": ("SUB", "XSUB"),
    "XSUB": ("PUB", "XPUB"),
    "PAIR": ("PAIR",),
    "SERVER": ("CLIENT",),
    "CLIENT": ("SERVER",),
    "RADIO": ("DISH",),
    "DISH": ("RADIO",),
    "GATHER": ("SCATTER",),
    "SCATTER": ("GATHER",),
    "PEER": ("PEER",),
    "CHANNEL": ("CHANNEL",),
}


def type_of(failure: Failure) -> str:
    try:
        return SocketType(failure.socket_type).name
    except ValueError:
        return f"type {failure.socket_type}"


def listed(endpoints: tuple[str, ...]) -> str:
    shown = ", ".join(endpoints[:_SHOWN])
    more = len(endpoints) - _SHOWN
    return f"{shown} and {more} more" if more > 0 else shown


def socket_of(failure: Failure) -> str:
    """Name a socket: its type, and its endpoints."""
    if failure.socket_type < 0:
        return "socket"
    places = []
    if failure.bound:
        places.append(f"bound to {listed(failure.bound)}")
    if failure.connected:
        places.append(f"connected to {listed(failure.connected)}")
    return " ".join([f"{type_of(failure)} socket", ", ".join(places)]).rstrip()


def call_of(failure: Failure) -> str:
    """Name a call of which nothing more is known."""
    return f"{failure.case}() of a {socket_of(failure)}"


def peers_of(failure: Failure) -> str:
    partners = PARTNERS.get(type_of(failure))
    if partners is None:
        return "of a fitting type"
    *others, last = partners
    return f"{', '.join(others)} or {last}" if others else last


def more_of(failure: Failure) -> dict[str, Any]:
    return failure.more or {}


def counted(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
