"""The sockets of a device: what each is to be, and how it is opened and closed.

A `Side` is the description of one socket, an `OpenSide` that socket. The class of a side is its
role: `TrafficSide` (in, out), `MonitorSide` (mon) and `ControlSide` (ctrl) say in what they differ.
The classes of devices say which roles they have.
"""

from __future__ import annotations

import socket as os_socket
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, ClassVar, NamedTuple, Self

import zmq
from zmq._addresses import split_address
from zmq.core.relay import Relay

# The events that a device reads of its sockets: enough to count peers.
_PEER_EVENTS = zmq.EVENT_ACCEPTED | zmq.EVENT_CONNECTED | zmq.EVENT_DISCONNECTED

# How long copies for a monitor that is not read may keep a device that ends.
_MONITOR_LINGER_MS = 1000

_ONLY_TAKES = (zmq.PULL, zmq.GATHER)
_CAN_TELL_DROPS = (zmq.PUB, zmq.XPUB)

# How long the I/O thread may take to close a listener; it takes microseconds.
_CLOSING_S = 2.0


#: Makes an error with other words, from the error, the side, and the address where it has one.
Explain = Callable[[Exception, "Side", str | None], Exception]


class CacheLimits(NamedTuple):
    """How much a cache of last values holds at most."""

    entries: int
    bytes: int


@dataclass(frozen=True)
class RelayOptions:
    """How a relay treats what passes: see `zmq.devices.Relay`."""

    in_prefix: bytes | str | None = None
    out_prefix: bytes | str | None = None
    swap: bool | None = False
    waits: bool = False
    cache: CacheLimits | None = None


@dataclass
class Side:
    """Description of one socket of a device: the bind_, connect_, setsockopt_ methods fill it."""

    #: Whether the relay is told of its connections.
    has_events: ClassVar[bool] = True

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

    @property
    def places(self) -> list[str]:
        """All its addresses."""
        return self.binds + self.connects

    def open(
        self,
        context: zmq.Context[Any],
        kind: int,
        relay_options: RelayOptions | None,
        explain: Explain | None = None,
    ) -> OpenSide:
        """Open the socket: its options first, then what it binds, then what it connects to.

        Parameters
        ----------
        context : Context
            Where to open it.
        kind : int
            Its socket type.
        relay_options : RelayOptions or None
            Of the relay that reads its events; None for a loop of the program's own.
        explain : callable, optional
            Makes the error that is raised; the default is `explained`.

        Raises
        ------
        ZMQError, TypeError, ValueError
            Something of it cannot be had; the message names the socket and the address.
        """
        try:
            # For a relay a blocking one, whatever the context's are; a loop of a program's own
            # has those of the context.
            made = {} if relay_options is None else {"socket_class": zmq.SyncSocket}
            socket = context.socket(kind, **made)
        except (zmq.ZMQError, TypeError) as error:
            raise explained(error, self, what=f"type {kind!r} cannot be opened") from error
        opened = OpenSide(self, socket, kind)
        address = None
        try:
            if relay_options is not None:
                self._prepare(socket, kind, relay_options)
            for option, value in self.options:
                socket.setsockopt(option, value.encode() if isinstance(value, str) else value)
            if relay_options is not None and self.has_events and not self._is_inproc():
                opened.events = zmq.SyncSocket(shadow=socket.get_monitor_socket(_PEER_EVENTS))
            for address in self.binds:
                socket.bind(address)
                opened.endpoints.append(_last_endpoint(socket))
            for address in self.connects:
                socket.connect(address)
        except BaseException as error:
            opened.close()
            if isinstance(error, (zmq.ZMQError, TypeError, ValueError)):
                raise (explain or explained)(error, self, address) from error
            raise
        return opened

    def _prepare(self, socket: zmq.Socket[Any], kind: int, options: RelayOptions) -> None:
        """Set what a relay needs of a socket in this role; options of the program come after it."""

    def _is_inproc(self) -> bool:
        """Whether peers may be in this process, of which libzmq tells no events."""
        return any(address.startswith("inproc:") for address in self.places)

    def intake(self, opened: OpenSide) -> list[str]:
        """The addresses that a drain unbinds when their peers have let go of them."""
        return []


class TrafficSide(Side):
    """The in or the out socket, between which messages go."""

    def _prepare(self, socket: zmq.Socket[Any], kind: int, options: RelayOptions) -> None:
        if options.cache is None:
            return
        if kind == zmq.XPUB:
            # The relay decides which subscriber gets what: see relay_cache.pxi.
            socket.setsockopt(zmq.XPUB_MANUAL, 1)
            # A new subscriber may get all of the cache at once, and what comes meanwhile.
            room = 2 * options.cache.entries
            socket.setsockopt(zmq.SNDHWM, max(room, socket.getsockopt(zmq.SNDHWM)))
        elif kind == zmq.SUB and not any(option == zmq.SUBSCRIBE for option, _ in self.options):
            socket.setsockopt(zmq.SUBSCRIBE, b"")

    def joined(self, other: TrafficSide) -> Self:
        """Return what one socket is to be that serves as both: this side comes first."""
        return type(self)(
            self.name,
            self.options + other.options,
            self.binds + other.binds,
            self.connects + other.connects,
        )

    def intake(self, opened: OpenSide) -> list[str]:
        """The addresses of a socket to which peers send, and which sends nothing back.

        What it has received stays when it is unbound. A SUB drops that, and messages over inproc
        have no other place to be.
        """
        if opened.kind not in _ONLY_TAKES:
            return []
        return [at for at in opened.endpoints if not at.startswith("inproc:")]


class MonitorSide(Side):
    """The mon socket, which gets a copy of each message."""

    def _prepare(self, socket: zmq.Socket[Any], kind: int, options: RelayOptions) -> None:
        if options.waits:
            return
        # Without a limit, libzmq would keep what a reader that died has not read, and the one
        # place that a PAIR has, until the socket is closed.
        socket.setsockopt(zmq.LINGER, _MONITOR_LINGER_MS)
        if kind in _CAN_TELL_DROPS:
            # It says when it would drop, so that drops are counted.
            socket.setsockopt(zmq.XPUB_NODROP, 1)


class ControlSide(Side):
    """The ctrl socket, which takes commands."""

    has_events: ClassVar[bool] = False


@dataclass
class OpenSide:
    """An open socket of a device."""

    side: Side
    socket: zmq.Socket[Any]
    kind: int
    #: Where it is bound, as libzmq says: with the real port.
    endpoints: list[str] = field(default_factory=list)
    #: Tells of its connections, if a relay reads it.
    events: zmq.Socket[Any] | None = None

    def close(self, max_linger_ms: int | None = None) -> None:
        """Close the socket; when this returns another socket may bind its addresses.

        Blocks until libzmq's I/O thread has closed the listeners. What was sent and is not on its
        way yet lingers, as the socket's LINGER says, or for `max_linger_ms` if that is less.
        (unbind would close the listeners at once, but ends the connections they have accepted with
        all they hold.)
        """
        socket, events = self.socket, self.events
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
            pass  # the context is ending, or the program has closed them
        finally:
            socket.close()
            if events is not None:
                events.close(linger=0)
        for endpoint in self.endpoints:
            if endpoint.startswith("tcp://"):
                _wait_closed(endpoint)


def explained(
    error: Exception, side: Side, address: str | None = None, *, what: str = ""
) -> Exception:
    """Return the same error, but for the words: it names the socket, and where it should be."""
    said = f"{what}: {error}" if what else str(error)
    places = [place for place in side.places if place not in said]
    where = f" ({', '.join(places)})" if places else ""
    text = f"{side.name} socket{where}: {said}"
    if type(error) is zmq.ZMQError and error.errno is not None:
        return zmq.ZMQError(error.errno, text)
    if isinstance(error, (TypeError, ValueError)):
        return type(error)(text)
    error.add_note(text)
    return error


def _last_endpoint(socket: zmq.Socket[Any]) -> str:
    endpoint = socket.getsockopt(zmq.LAST_ENDPOINT)
    assert isinstance(endpoint, bytes)
    return endpoint.rstrip(b"\0").decode()


def _wait_closed(endpoint: str) -> None:
    """Wait until no socket listens at an address: until then the system refuses to bind it."""
    host, port = split_address(endpoint)
    host = host.partition("%")[0]
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


def relay_between(opened: Iterable[OpenSide], options: RelayOptions) -> Relay:
    """Return the relay that moves messages between the open sockets of a device."""
    sides = {each.side.name: each for each in opened}
    ins = sides["in"]
    outs, monitor, control = sides.get("out"), sides.get("mon"), sides.get("ctrl")
    return Relay(
        ins.socket,
        ins.socket if outs is None else outs.socket,
        None if monitor is None else monitor.socket,
        None if control is None else control.socket,
        in_prefix=options.in_prefix,
        out_prefix=options.out_prefix,
        swap=options.swap,
        waits=options.waits,
        events=tuple(None if each is None else each.events for each in (ins, outs, monitor)),
        cache=options.cache,
        drops_silently=monitor is not None and monitor.kind in _CAN_TELL_DROPS,
        intake=[(each.socket, at) for each in sides.values() for at in each.side.intake(each)],
    )
