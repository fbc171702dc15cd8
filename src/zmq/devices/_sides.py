"""The sockets of a device: what is said of them beforehand, and how they are opened and let go."""

from __future__ import annotations

import socket as os_socket
import time
from dataclasses import dataclass, field
from typing import Any

import zmq
from zmq.core.relay import Relay

#: What a device hears of its sockets: enough to count peers.
PEER_EVENTS = zmq.EVENT_ACCEPTED | zmq.EVENT_CONNECTED | zmq.EVENT_DISCONNECTED

#: How long copies for a monitor that is not read may keep a device that ends.
MONITOR_LINGER_MS = 1000

_ONLY_TAKES = (zmq.PULL, zmq.GATHER)

# How long the I/O thread may take to close a listener; it takes microseconds.
_CLOSING_S = 2.0


@dataclass
class Side:
    """What one socket of a device is to be: the bind_, connect_, setsockopt_ methods fill it."""

    name: str
    options: list[tuple[int, Any]] = field(default_factory=list)
    binds: list[str] = field(default_factory=list)
    connects: list[str] = field(default_factory=list)

    def bind(self, address: str | bytes) -> None:
        """Have it bind an address."""
        self.binds.append(self._text(address))

    def connect(self, address: str | bytes) -> None:
        """Have it connect to an address."""
        self.connects.append(self._text(address))

    def _text(self, address: str | bytes) -> str:
        if isinstance(address, bytes):
            return address.decode()
        if not isinstance(address, str):
            raise TypeError(f"{self.name} socket: an address is str or bytes, not {address!r}")
        return address

    def keep(self, endpoints: list[str]) -> None:
        """Have it bind where it was bound before, also where the system chose the port."""
        if endpoints:
            self.binds = list(endpoints)

    def joined(self, other: Side) -> Side:
        """Return what one socket is to be that serves as both: this side comes first."""
        return Side(
            self.name,
            self.options + other.options,
            self.binds + other.binds,
            self.connects + other.connects,
        )

    def inproc(self) -> bool:
        """Whether peers may be in this process, of which libzmq tells no events."""
        return any(address.startswith("inproc:") for address in self.binds + self.connects)


@dataclass
class OpenSide:
    """An open socket of a device."""

    name: str
    socket: zmq.Socket[Any]
    #: Where it is bound, as libzmq says: with the real port.
    endpoints: list[str] = field(default_factory=list)
    #: Tells of its connections, if somebody reads it.
    events: zmq.Socket[Any] | None = None

    def intake(self) -> list[str]:
        """Where peers send to it, and it sends nothing back; unbound, what it has received stays.

        A SUB drops that, and messages over inproc have no other place to be.
        """
        if self.socket.type not in _ONLY_TAKES or self.name not in ("in", "out"):
            return []
        return [at for at in self.endpoints if not at.startswith("inproc:")]


def open_side(
    context: zmq.Context[Any], kind: int, side: Side, *, watched: bool, drops: bool = False
) -> OpenSide:
    """Open a socket: its options first, then what it binds, then what it connects to.

    Parameters
    ----------
    context : Context
        Where to open it.
    kind : int
        Its socket type.
    side : Side
        What it is to be.
    watched : bool
        Whether its events are wanted; then somebody has to read them.
    drops : bool
        Whether it is a monitor that drops what it cannot take.

    Raises
    ------
    ZMQError
        Something of it cannot be had; the message names the socket and the address.
    """
    try:
        # For a relay a blocking one, whatever the context's are; a loop of a program's own has
        # those of the context.
        made = {"socket_class": zmq.SyncSocket} if watched else {}
        socket = context.socket(kind, **made)
    except (zmq.ZMQError, TypeError) as error:
        raise _explained(error, side, f"type {kind!r} cannot be opened") from error
    opened = OpenSide(side.name, socket)
    try:
        _configure(opened, kind, side, watched=watched, drops=drops)
    except BaseException as error:
        close_side(opened)
        if isinstance(error, (zmq.ZMQError, TypeError, ValueError)):
            raise _explained(error, side) from error
        raise
    return opened


def _configure(opened: OpenSide, kind: int, side: Side, *, watched: bool, drops: bool) -> None:
    socket = opened.socket
    if drops:
        # Without a limit, libzmq would keep what a reader that died has not read, and the one
        # place that a PAIR has, until the socket is closed.
        socket.setsockopt(zmq.LINGER, MONITOR_LINGER_MS)
        if kind in (zmq.PUB, zmq.XPUB):
            # It says when it would drop, so that drops are counted.
            socket.setsockopt(zmq.XPUB_NODROP, 1)
    for option, value in side.options:
        socket.setsockopt(option, value.encode() if isinstance(value, str) else value)
    if watched and not side.inproc() and side.name != "ctrl":
        opened.events = zmq.SyncSocket(shadow=socket.get_monitor_socket(PEER_EVENTS))
    for address in side.binds:
        socket.bind(address)
        opened.endpoints.append(_last_endpoint(socket))
    for address in side.connects:
        socket.connect(address)


def _last_endpoint(socket: zmq.Socket[Any]) -> str:
    endpoint = socket.getsockopt(zmq.LAST_ENDPOINT)
    assert isinstance(endpoint, bytes)
    return endpoint.rstrip(b"\0").decode()


def _explained(error: Exception, side: Side, what: str = "") -> Exception:
    """Return the same error, but for the words: it names the socket, and where it should be."""
    said = f"{what}: {error}" if what else str(error)
    places = [place for place in side.binds + side.connects if place not in said]
    where = f" ({', '.join(places)})" if places else ""
    text = f"{side.name} socket{where}: {said}"
    if type(error) is zmq.ZMQError and error.errno is not None:
        return zmq.ZMQError(error.errno, text)
    if isinstance(error, (TypeError, ValueError)):
        return type(error)(text)
    error.add_note(text)
    return error


def close_side(opened: OpenSide, max_linger_ms: int | None = None) -> None:
    """Close a socket; when this returns somebody else may bind its addresses.

    Blocks until libzmq's I/O thread has closed the listeners. What was sent and is not on its way
    yet lingers, as the socket's LINGER says, or for `max_linger_ms` if that is less. (unbind would
    close the listeners at once, but ends the connections they have accepted with all they hold.)
    """
    socket, events = opened.socket, opened.events
    try:
        if max_linger_ms is not None:
            linger: Any = socket.getsockopt(zmq.LINGER)
            socket.setsockopt(
                zmq.LINGER, max_linger_ms if linger < 0 else min(linger, max_linger_ms)
            )
        if events is not None:
            # Without a reader events would stop the I/O thread, one that says goodbye included.
            while events.poll(0):
                events.recv_multipart()
            socket.disable_monitor()
    except zmq.ZMQError:
        pass  # the context is ending, or somebody has closed them
    finally:
        socket.close()
        if events is not None:
            events.close(linger=0)
    for endpoint in opened.endpoints:
        if endpoint.startswith("tcp://"):
            _wait_closed(endpoint)


def _wait_closed(endpoint: str) -> None:
    """Wait until nobody listens at an address: until then the system refuses to bind it."""
    host, _, port = endpoint.removeprefix("tcp://").rpartition(":")
    host = host.strip("[]").partition("%")[0]
    family = os_socket.AF_INET6 if ":" in host else os_socket.AF_INET
    deadline = time.monotonic() + _CLOSING_S
    while time.monotonic() < deadline:
        with os_socket.socket(family, os_socket.SOCK_STREAM) as probe:
            probe.setsockopt(os_socket.SOL_SOCKET, os_socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, int(port)))
            except OSError as error:
                if error.errno != zmq.EADDRINUSE:
                    return
            else:
                return
        time.sleep(0.001)


def relay_between(opened: list[OpenSide], **options: Any) -> Relay:
    """Return what moves the messages between the open sockets of a device."""
    sockets = {each.name: each.socket for each in opened}
    events = {each.name: each.events for each in opened}
    monitor = sockets.get("mon")
    return Relay(
        sockets["in"],
        sockets.get("out", sockets["in"]),
        monitor,
        sockets.get("ctrl"),
        events=(events["in"], events.get("out"), events.get("mon")),
        drops_silently=monitor is not None and monitor.type in (zmq.PUB, zmq.XPUB),
        intake=[(each.socket, at) for each in opened for at in each.intake()],
        **options,
    )
