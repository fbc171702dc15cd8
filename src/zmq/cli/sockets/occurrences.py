"""The meaning of the events of a socket's connections, each by itself and in a row."""

from __future__ import annotations

import errno
import os
import socket
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from zmq._addresses import split_address

if TYPE_CHECKING:
    from zmq.core.monitor import MonitorMessage

# Events with an errno as their value; of the others it is a file descriptor.
_ERRNO = frozenset({"BIND_FAILED", "ACCEPT_FAILED", "CLOSE_FAILED", "HANDSHAKE_FAILED_NO_DETAIL"})
_ADVICE = {
    "CONNECT_RETRIED": "no program accepted",
    "HANDSHAKE_FAILED_AUTH": "refused by the server's authentication",
    "HANDSHAKE_FAILED_NO_DETAIL": "the peer went away in the middle of the handshake, "
    "as it does where the types of the two sockets do not match",
}
_MISMATCH = "the types of the two sockets do not match"
# Events of attempts to connect that have not succeeded yet.
_ATTEMPTS = frozenset({"CONNECT_DELAYED", "CONNECT_RETRIED", "CLOSED"})


@dataclass(frozen=True, slots=True)
class Occurrence:
    """An event in words; `value` means what `unit` says."""

    name: str
    endpoint: str
    value: int
    unit: str
    text: str
    #: False for a repeated attempt that a socket makes by itself.
    news: bool = True


def describe(event: MonitorMessage) -> Occurrence:
    """Say what an event means. Pure."""
    from zmq.constants import Event

    # Not the name of the enum member alone: a newer libzmq may have one that is unknown here.
    name = event["event"].name or f"EVENT_{int(event['event']):#x}"
    value = int(event["value"])
    endpoint = event["endpoint"].decode("utf-8", "backslashreplace").rstrip("\0")
    unit, text = "fd", ""
    if name in _ERRNO:
        unit, text = "errno", os.strerror(value) if value else ""
    elif name == "CONNECT_RETRIED":
        unit, text = "ms", f"again in {value} ms"
    elif name == "HANDSHAKE_FAILED_AUTH":
        unit, text = "status", f"status {value}"
    elif name == "HANDSHAKE_FAILED_PROTOCOL":
        known = Event._value2member_map_.get(value)
        unit = "code"
        text = (getattr(known, "name", "") or hex(value)).removeprefix("PROTOCOL_ERROR_")
        text = text.replace("_", " ").lower()
        if "invalid metadata" in text:
            text += f"; mostly {_MISMATCH}"
    elif name in {"HANDSHAKE_SUCCEEDED", "MONITOR_STOPPED"}:
        unit = ""
    elif name == "CONNECT_DELAYED":
        unit = "errno"
        text = "" if value in (0, errno.EINPROGRESS) else os.strerror(value)
    advice = _ADVICE.get(name, "")
    return Occurrence(name, endpoint, value, unit, "; ".join(x for x in (advice, text) if x))


class ConnectionHistory:
    """The events so far, without which some later ones cannot be understood."""

    def __init__(self) -> None:
        self._bound: set[str] = set()
        #: By endpoint: descriptors of connections whose handshake is not over.
        self._shaking: dict[str, list[int]] = {}
        #: Endpoints of attempts whose name was resolved.
        self._delayed: set[str] = set()
        self._known: set[tuple[str, str, str]] = set()
        self._failed: set[str] = set()

    def add(self, event: MonitorMessage) -> Occurrence:
        """Return the meaning of an event after all that came before."""
        what = describe(event)
        if what.name == "LISTENING":
            self._bound.add(what.endpoint)
        return self._with_news(self._explained(what))

    def _explained(self, what: Occurrence) -> Occurrence:
        shaking = self._shaking.setdefault(what.endpoint, [])
        if what.name in {"CONNECTED", "ACCEPTED"}:
            self._failed.discard(what.endpoint)
            shaking.append(what.value)
        elif what.name == "HANDSHAKE_SUCCEEDED" and shaking:
            shaking.pop(0)
        elif what.name.startswith("HANDSHAKE_FAILED"):
            self._failed.add(what.endpoint)
        elif what.name == "DISCONNECTED" and what.value in shaking:
            # libzmq ends the connection, and reports no reason, where the types do not match.
            shaking.remove(what.value)
            if what.endpoint not in self._failed:
                return replace(what, text=f"in the middle of the handshake: {_MISMATCH}")
        elif what.name == "CONNECT_DELAYED":
            self._delayed.add(what.endpoint)
        elif what.name == "CONNECT_RETRIED":
            if what.endpoint not in self._delayed and (why := unresolved(what.endpoint)):
                return replace(what, text=f"{why}; again in {what.value} ms")
            self._delayed.discard(what.endpoint)
        return what

    def _with_news(self, what: Occurrence) -> Occurrence:
        """Note whether it is news: an attempt of this socket that ends as the last one is not."""
        if what.endpoint in self._bound:
            return what
        if what.name == "HANDSHAKE_SUCCEEDED":
            self._known.clear()
            return what
        outcome = (what.name, what.endpoint, "" if what.unit == "fd" else what.text)
        news = what.name not in _ATTEMPTS and outcome not in self._known
        self._known.add(outcome)
        return replace(what, news=news)


def unresolved(endpoint: str) -> str:
    """Why the name of a host cannot be resolved; empty if it can, or is no name."""
    if not endpoint.startswith("tcp://"):
        return ""
    host, _ = split_address(endpoint.rpartition(";")[2])
    try:
        socket.getaddrinfo(host, None)
    except socket.gaierror as error:
        return f"the name {host} cannot be resolved: {error.strerror}"
    except (OSError, UnicodeError) as error:
        return f"the name {host} cannot be resolved: {error}"
    return ""
