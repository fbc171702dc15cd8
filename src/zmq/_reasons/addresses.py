"""Words for addresses that cannot be bound or connected."""

from __future__ import annotations

from errno import (
    EACCES,
    EADDRINUSE,
    EADDRNOTAVAIL,
    EINVAL,
    ENAMETOOLONG,
    ENODEV,
    ENOENT,
)

from zmq._native import IPC_PATH_MAX_LEN
from zmq._reasons.naming import listed, more_of, socket_of, type_of
from zmq.constants import ENOCOMPATPROTO, EPROTONOSUPPORT

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from zmq._native import Failure

__all__ = ["address", "address_reason", "monitor", "not_there"]


def address_reason(errno: int, transport: str) -> tuple[str, str]:
    """Return why an address cannot be bound or connected, and the way out.

    Parameters
    ----------
    errno : int
    transport : str
        The part of the endpoint before ``://``.

    Returns
    -------
    tuple of str
        Both may be empty: of most numbers strerror says all there is to say.
    """
    if errno == EADDRINUSE:
        return "address in use", {
            "inproc": "take another name, or close the socket that has it",
            "ipc": "take another path, or stop the program that has it",
        }.get(transport, "take another port (:* finds a free one), or stop the program that has it")
    if errno in (EADDRNOTAVAIL, ENODEV):
        return "no network interface of this machine has that address", ""
    if errno == EACCES:
        if transport == "ipc":
            return "permission denied", "the directory has to be writable"
        return "permission denied", "ports under 1024 need extra rights"
    if errno == ENOENT and transport == "ipc":
        return "no such directory", "the directory of a path has to exist"
    return "", ""


def address(number: int, failure: Failure) -> str:
    """Say why an address could not be bound or connected."""
    address = _text(more_of(failure)["address"])
    transport, found, place = address.partition("://")
    why, step = address_reason(number, transport)
    what = f"a {type_of(failure)} socket cannot {failure.case} to {address!r}"
    if number == ENAMETOOLONG and transport == "ipc":
        size = len(place.encode())
        why = f"the path is {size} bytes long, and this system allows {IPC_PATH_MAX_LEN}"
        step = "take a shorter one"
    elif number == EINVAL and not found:
        why = "there is no transport"
        step = (
            f"an address is like tcp://{address or '127.0.0.1:5555'}, ipc:///path or inproc://name"
        )
    elif number == EINVAL:
        why, step = _wrong_place(transport, place)
    elif number == EPROTONOSUPPORT:
        why = f"this libzmq has no transport {transport!r}"
        step = "take tcp, ipc or inproc"
    elif number == ENOCOMPATPROTO:
        why = f"this type does not go over {transport!r}"
        step = "udp is for RADIO and DISH, multicast for PUB and SUB: take tcp, ipc or inproc"
    elif number in (EADDRNOTAVAIL, ENODEV):
        step = "bind() takes an address or the name of an interface of this machine, or * for all"
    return ": ".join(each for each in (what, why, step) if each)


def _wrong_place(transport: str, place: str) -> tuple[str, str]:
    if transport == "tcp" and ":" not in place:
        return "there is no port", f"an address is like tcp://{place or '127.0.0.1'}:5555"
    if not place:
        return "nothing follows the transport", f"an address is like {transport}://name"
    return f"{place!r} is no place for {transport}", "an address is like tcp://127.0.0.1:5555"


def not_there(number: int, failure: Failure) -> str:
    address = _text(more_of(failure)["address"])
    did = "bound" if failure.case == "unbind" else "connected"
    places = failure.bound if failure.case == "unbind" else failure.connected
    known = f"it is {did} to {listed(places)}" if places else f"it is {did} to nothing"
    if number != ENOENT:
        return f"a {type_of(failure)} socket cannot {failure.case} from {address!r}: {known}"
    return f"this {type_of(failure)} socket is not {did} to {address!r}: {known}"


def monitor(number: int, failure: Failure) -> str:
    return (
        f"{socket_of(failure)} cannot have a monitor at {more_of(failure)['address']!r} for the "
        f"events {more_of(failure)['events']:#x}: the address has to be an inproc one that is "
        "free, the events those of zmq.Event"
    )


def _text(address: Any) -> str:
    return address.decode("utf-8", "replace") if isinstance(address, bytes) else str(address)
