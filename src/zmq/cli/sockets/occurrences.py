"""The meaning of the events of a socket's connections, each by itself and in a row."""

from __future__ import annotations

import errno
import os
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from zmq.diagnosis import reasons

if TYPE_CHECKING:
    from zmq.core.monitor import MonitorMessage

# Events with an errno as their value; of the others it is a file descriptor.
_ERRNO = frozenset({"BIND_FAILED", "ACCEPT_FAILED", "CLOSE_FAILED", "HANDSHAKE_FAILED_NO_DETAIL"})
_ADVICE = {
    "CONNECT_RETRIED": reasons.NOT_ACCEPTED,
    "HANDSHAKE_FAILED_AUTH": reasons.REFUSED_BY_ZAP,
}
_SECURITY = {"": reasons.NO_KEY, "client": reasons.WRONG_SERVER_KEY, "server": "", "plain": ""}
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
        cause = reasons.CAUSES.get(text, "")
        text = "; ".join(each for each in (text.replace("_", " ").lower(), cause) if each)
    elif name in {"HANDSHAKE_SUCCEEDED", "MONITOR_STOPPED"}:
        unit = ""
    elif name == "CONNECT_DELAYED":
        unit = "errno"
        text = "" if value in (0, errno.EINPROGRESS) else os.strerror(value)
    advice = _ADVICE.get(name, "")
    return Occurrence(name, endpoint, value, unit, "; ".join(x for x in (advice, text) if x))


def _ended_by(*causes: str) -> str:
    return f"the other side ended the handshake: {' or '.join(filter(None, causes))}"


class ConnectionHistory:
    """The events so far, without which some later ones cannot be understood.

    Parameters
    ----------
    security
        Of the socket: "client" and "server" of CURVE, "plain", or "" for none.

    Attributes
    ----------
    last_failure : str
        The endpoint of the last attempt that failed, and the reason; empty without one.
    """

    def __init__(self, security: str = "") -> None:
        security_cause = _SECURITY[security]
        self._ended = _ended_by(reasons.TYPES_DIFFER, security_cause)
        # Most often that is a key: libzmq reports a failure then, and none where types differ.
        self._failed = _ended_by(security_cause, reasons.TYPES_DIFFER)
        self.last_failure: str = ""
        self._bound: set[str] = set()
        #: By endpoint: descriptors of connections whose handshake is not over.
        self._open_handshakes: dict[str, list[int]] = {}
        #: Endpoints of attempts whose name was resolved.
        self._delayed: set[str] = set()
        self._known: set[tuple[str, str, str]] = set()
        #: Endpoints whose last handshake has failed, and those of them where libzmq said why.
        self._broken_off: set[str] = set()
        self._explained_failures: set[str] = set()

    def add(self, event: MonitorMessage) -> Occurrence:
        """Return the meaning of an event after all that came before."""
        what = describe(event)
        if what.name == "LISTENING":
            self._bound.add(what.endpoint)
        return self._with_news(self._explained(what))

    def _explained(self, what: Occurrence) -> Occurrence:
        pending = self._open_handshakes.setdefault(what.endpoint, [])
        if what.name in {"CONNECTED", "ACCEPTED"}:
            self._explained_failures.discard(what.endpoint)
            self._broken_off.discard(what.endpoint)
            pending.append(what.value)
        elif what.name == "HANDSHAKE_SUCCEEDED":
            self.last_failure = ""
            del pending[:1]
        elif what.name.startswith("HANDSHAKE_FAILED"):
            if what.name == "HANDSHAKE_FAILED_NO_DETAIL":
                text = "; ".join(each for each in (self._failed, what.text) if each)
                what = replace(what, text=text)
            self._explained_failures.add(what.endpoint)
            self._note_failure(what)
        elif what.name == "DISCONNECTED" and what.value in pending:
            # libzmq ends the connection, and reports no reason, where the types do not match.
            pending.remove(what.value)
            if what.endpoint not in self._explained_failures:
                what = replace(what, text=self._ended)
                self._note_failure(what)
        elif what.name == "CONNECT_DELAYED":
            self._delayed.add(what.endpoint)
        elif what.name == "CONNECT_RETRIED":
            what = self._retried(what)
        return what

    def _note_failure(self, what: Occurrence) -> None:
        self._broken_off.add(what.endpoint)
        self.last_failure = f"{what.endpoint}: {what.text}"

    def _retried(self, what: Occurrence) -> Occurrence:
        if what.endpoint in self._broken_off:
            reason = "the handshake failed"
        else:
            unknown = "" if what.endpoint in self._delayed else reasons.unresolved(what.endpoint)
            reason = unknown or _ADVICE[what.name]
            self.last_failure = f"{what.endpoint}: {reason}"
        self._delayed.discard(what.endpoint)
        return replace(what, text=f"{reason}; again in {what.value} ms")

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
