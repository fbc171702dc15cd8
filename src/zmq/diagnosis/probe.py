"""Examines an endpoint from the side that connects, as far as that costs the other side nothing.

What the other side sees: a connection that ends before, or right after, its handshake.

A socket that hands messages to whatever connects (PUSH, DEALER, REQ), or has room for one peer only
(PAIR), must not complete a handshake with the probe. libzmq helps: since version 4.3.3 a peer has a
queue only when its handshake is complete. With NULL the other side sends READY, and in it its type,
before it has ours, and ours is never sent. PLAIN lets a client in, or refuses it, before it asks
for its type. CURVE tells only after that: there, and to learn the type with PLAIN, the probe
announces types that get no message (`HARMLESS`), one after the other; one that does not fit is
refused.
"""

from __future__ import annotations

import errno
import socket
from collections.abc import Callable
from typing import Any

from zmq.diagnosis import mending
from zmq.diagnosis.findings import Finding, Report, Step
from zmq.diagnosis.handshakes import Handshakes
from zmq.diagnosis.places import Place, find_host, find_path, transport_of
from zmq.diagnosis.side import Side
from zmq.diagnosis.strangers import ask_stranger
from zmq.diagnosis.wire import EndedError, SilentError, Wire, open_stream
from zmq.diagnosis.zmtp import Greeting, MalformedError, Speech, fits

__all__ = ["examine"]

_UNREACHABLE = {errno.EHOSTUNREACH, errno.ENETUNREACH, errno.EHOSTDOWN, errno.ENETDOWN}


def examine(
    endpoint: str,
    mine: Side,
    timeout_s: float,
    listener: Callable[[Step], None] | None = None,
) -> Report:
    """Find out whether a socket that connects to an endpoint would come together with its peer.

    Parameters
    ----------
    endpoint
        ``tcp://...`` or ``ipc://...``.
    mine
        The socket that connects.
    timeout_s
        Longest wait for one answer, in s; there are a few of them.
    listener
        Is called with each step when it is done.

    Returns
    -------
    Report
    """
    report = Report(endpoint, listener)
    transport, _ = transport_of(endpoint)
    if mine.proxy and transport == "tcp":
        report.say("it connects through a SOCKS proxy, which is not looked into", ok=None)
        return report
    if transport == "tcp":
        places = find_host(endpoint, ipv6=mine.ipv6, timeout_s=timeout_s)
    elif transport == "ipc":
        found = find_path(endpoint)
        places = found if isinstance(found, Finding) else [found]
    else:
        report.say(f"{transport or 'this'} is a transport that is not looked into", ok=None)
        return report
    if isinstance(places, Finding):
        report.add(places)
        return report
    _say_places(report, transport, places)
    _Probe(report, mine, timeout_s, places[0]).run()
    return report


def _say_places(report: Report, transport: str, places: list[Place]) -> None:
    first = places[0].text
    if transport == "ipc":
        report.say(f"the path is there: {first}")
        return
    report.say(f"the host has the address {first}")
    others = ", ".join(each.text for each in places[1:] if each.text != first)
    if others:
        report.say(f"libzmq does not use its other addresses: {others}", ok=None)


class _Probe:
    """The examination of one address."""

    def __init__(self, report: Report, mine: Side, timeout_s: float, place: Place) -> None:
        self._report = report
        self._mine = mine
        self._timeout_s = timeout_s
        self._place = place

    def run(self) -> None:
        try:
            stream = self._connect()
        except OSError as error:
            self._report.add(self._not_connected(error))
            return
        self._report.say("a program accepts connections")
        with Wire(stream, self._timeout_s) as wire:
            if self._mine.type_name == "STREAM":
                return  # it takes any protocol
            greeting = self._greeting(wire)
            if greeting is not None:
                self._understand(wire, greeting)

    def _connect(self) -> socket.socket:
        place = self._place
        return open_stream(place.family, place.address, self._timeout_s, place.source)

    def _not_connected(self, error: OSError) -> Finding:
        place = self._place
        if isinstance(error, TimeoutError) or error.errno == errno.ETIMEDOUT:
            return mending.no_answer(place, self._timeout_s)
        if error.errno == errno.ECONNREFUSED:
            if place.family == getattr(socket, "AF_UNIX", None):
                return mending.stale(place)
            return self._loopback_only() or mending.refused(place)
        if error.errno in _UNREACHABLE:
            return mending.unreachable(place, error)
        return mending.not_connected(place, error)

    def _loopback_only(self) -> Finding | None:
        """Whether a program of this machine listens on its loopback address instead."""
        host, port = str(self._place.address[0]), int(self._place.address[1])
        loopback = "::1" if self._place.family == socket.AF_INET6 else "127.0.0.1"
        if host == loopback or not _is_own(self._place.family, host):
            return None
        try:
            with open_stream(self._place.family, (loopback, port), self._timeout_s):
                return mending.loopback_only(self._place, host, loopback, port)
        except OSError:
            return None

    def _greeting(self, wire: Wire) -> Greeting | None:
        try:
            return wire.greet()
        except EndedError:
            said, silent = wire.read, False
        except SilentError:
            said, silent = wire.read, True
        if said:
            self._report.add(mending.broken_greeting(self._report.endpoint, said))
            return None
        speech = ask_stranger(self._connect, self._timeout_s)
        if speech is not None:
            return Greeting(speech)
        words = mending.silent if silent else mending.closed
        self._report.add(words(self._report.endpoint, self._timeout_s))
        return None

    def _understand(self, wire: Wire, greeting: Greeting) -> None:
        report, mine = self._report, self._mine
        if greeting.speech in (Speech.ZMTP_1, Speech.ZMTP_2):
            self._old(greeting)
            return
        if greeting.speech is not Speech.ZMTP_3:
            report.add(mending.stranger(report.endpoint, greeting.speech, wire.read))
            return
        major, minor = greeting.version
        report.say(f"it speaks ZMTP {major}.{minor}, with {greeting.mechanism}")
        if greeting.mechanism != mine.mechanism:
            report.add(mending.mechanism(report.endpoint, greeting.mechanism, mine))
        shakes = Handshakes(report, mine, self._timeout_s, self._reconnect)
        try:
            shakes.run(wire, greeting.mechanism)
        except (MalformedError, ValueError) as error:
            report.add(mending.malformed(report.endpoint, error))
        except (EndedError, SilentError):
            report.add(mending.gone(report.endpoint))
        except OSError as error:
            report.say(f"a further look was not possible: {error}", ok=None)
        self._compare_types()

    def _reconnect(self, mechanism: str) -> Wire:
        """Another connection, after the greetings."""
        wire = Wire(self._connect(), self._timeout_s)
        try:
            wire.greet()
            wire.answer(mechanism)
        except BaseException:
            wire.__exit__(None, None, None)
            raise
        return wire

    def _old(self, greeting: Greeting) -> None:
        report = self._report
        report.say(f"it speaks {greeting.speech.value}: its libzmq is older than 4.0")
        report.peer_type = greeting.socket_type
        if self._mine.mechanism != "NULL":
            report.add(mending.too_old(report.endpoint, greeting.speech, self._mine))
        self._compare_types()

    def _compare_types(self) -> None:
        report, mine = self._report, self._mine
        if not report.peer_type:
            return
        if not fits(mine.type_name, report.peer_type):
            report.add(mending.types(report.endpoint, mine.type_name, report.peer_type))
        elif mine.type_name:
            report.say(f"it is a {report.peer_type}, which fits a {mine.type_name}")
        else:
            report.say(f"it is a {report.peer_type}")


def _is_own(family: int, host: str) -> bool:
    """Whether an address is one of this machine."""
    try:
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            address: Any = (host, 0)
            probe.bind(address)
    except OSError:
        return False
    return True
