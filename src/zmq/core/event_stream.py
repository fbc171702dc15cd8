"""The connection events of one or several sockets, as objects to iterate over.

A stream has a PULL, which one outlet of each socket's monitor sends to (see _native/outlets.pxi).
The caller waits for that socket as it waits for any other of its front; what is there is taken by a
blocking handle of it, on every front. So a wait that is cancelled has taken nothing.

Several callers may wait in one stream. At its end something is put into its socket that none of
them takes: so all of them wake up, and see that it is over.
"""

from __future__ import annotations

import weakref
from contextlib import contextmanager, suppress
from itertools import count
from math import inf
from sys import byteorder
from time import monotonic
from typing import TYPE_CHECKING, Any, NamedTuple

from zmq._native import Socket as NativeSocket
from zmq._native import drop_stream, strerror, track_peers
from zmq.constants import DONTWAIT, EVENT_ALL, PULL, Event
from zmq.core.monitor import parse_monitor_message
from zmq.core.open_streams import open_streams
from zmq.error import Again, ContextTerminated, ZMQError

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Sequence
    from typing import Self, TypeVar

    _Result = TypeVar("_Result")
    #: Yields how long to wait, in ms or -1, and is sent whether something has come.
    Steps = Generator[int, int, _Result]

__all__ = [
    "AwaitedEventStream",
    "BaseStream",
    "ConnectionEvent",
    "Deadline",
    "EventStream",
    "connection_events",
]

#: For streams that wait for peers: those over inproc may have changed. No event of libzmq; its
#: number has no place in a message, which has 0 there.
CHANGED = 0x10000
_CHANGED = bytes(6)
_numbers = count(1)


class ConnectionEvent(NamedTuple):
    """One event of a socket's connections; zmq_socket_monitor(3) says when each comes."""

    #: The kind of event.
    event: Event
    #: Where: an endpoint of the socket, with the address of the interface that it came through.
    endpoint: str
    #: A descriptor, an errno, an interval in ms or a code, depending on the event.
    value: int
    #: The socket that it happened to.
    socket: Any

    @property
    def reason(self) -> str | None:
        """The failure in words; None for an event that is none."""
        if self.event is Event.HANDSHAKE_FAILED_AUTH:
            return f"refused by authentication (status {self.value})"
        if self.event is Event.HANDSHAKE_FAILED_PROTOCOL:
            return _protocol_error(self.value)
        if self.event is Event.HANDSHAKE_FAILED_NO_DETAIL:
            return strerror(self.value) if self.value else "the connection was closed"
        if self.event in _FAILURES:
            return strerror(self.value)
        return None


_FAILURES = (Event.BIND_FAILED, Event.ACCEPT_FAILED, Event.CLOSE_FAILED)
_PROTOCOL_ERRORS = {
    int(code): name.removeprefix("PROTOCOL_ERROR_").replace("_", " ").lower()
    for name, code in Event.__members__.items()
    if name.startswith("PROTOCOL_ERROR_")
}


def _protocol_error(code: int) -> str:
    words = _PROTOCOL_ERRORS.get(code, f"code {code:#x}")
    kind, _, rest = words.partition(" ")
    return f"{kind.upper()} protocol error: {rest}" if rest else f"protocol error: {words}"


def again(text: str) -> Again:
    """Make an error for a time that is over, in words of its own."""
    error = Again()
    error.strerror = text
    return error


def checked_timeout(timeout: object) -> float | None:
    """Return a time-out in ms as a program has given it; None for one without end.

    Raises
    ------
    TypeError
        It is no number.
    ValueError
        It is NaN.
    """
    if timeout is None:
        return None
    if not isinstance(timeout, (int, float)):
        try:
            timeout = float(timeout.__float__())  # type: ignore[attr-defined]  # NumPy's, say
        except AttributeError:
            raise TypeError(
                f"timeout is a number of milliseconds, or None for no end, not {timeout!r:.80}"
            ) from None
    if timeout != timeout:
        raise ValueError("timeout is a number of milliseconds, or None for no end, not NaN")
    return timeout if 0 <= timeout < inf else None


class Deadline:
    """When a wait is over."""

    def __init__(self, timeout: float | None) -> None:
        """timeout: milliseconds from now; None or less than 0 for never."""
        self.timeout: float | None = checked_timeout(timeout)
        self._at = None if self.timeout is None else monotonic() + self.timeout / 1000

    def left(self, at_most: int = -1) -> int:
        """Return the milliseconds that are left, at_most unless that is -1; -1 without end."""
        if self._at is None:
            return at_most
        left = max(0, -int((monotonic() - self._at) * 1000 // 1))  # rounded up: no turn in vain
        return left if at_most < 0 else min(left, at_most)


class BaseStream:
    """The base of the streams of all fronts."""

    _number = 0  # of a stream that has nothing to close
    _closed = False
    _context_ended = False

    def __init__(
        self, sockets: Sequence[Any], which: int = EVENT_ALL, timeout: float | None = None
    ) -> None:
        self._waiters: set[object] = set()
        self._timeout = checked_timeout(timeout)
        self._sockets = dict(enumerate(_checked(sockets)))
        #: The context of the sockets, whose end ends the stream.
        self.context: Any = self._sockets[0].context
        self._left = set(self._sockets)
        self._outlets: list[int] = []
        try:
            self._open(int(which))
        except (ZMQError, RuntimeError):
            if not self.context.closed:
                raise
            raise ContextTerminated from None  # another thread has ended it meanwhile

    def _open(self, which: int) -> None:
        self._reader = _reader_class(type(self._sockets[0]))(self.context, PULL)
        self._number = next(_numbers)
        address = f"inproc://ohmq-events-{self._number}"
        try:
            self._reader.rcvhwm = 1000
            self._reader.bind(address)
            self._plain = NativeSocket(None, 0, self._reader, None)
            for token, socket in self._sockets.items():
                self._outlets.append(track_peers(socket, address.encode(), token, which))
        except BaseException:
            self.close()
            raise
        open_streams[self._number] = weakref.ref(self)

    def close(self) -> None:
        """End the stream. The sockets go on. Closing it again does nothing; any thread may."""
        if not self._closed:
            self._closed = True
            open_streams.pop(self._number, None)
            for number in self._outlets:
                drop_stream(number)
            if self._waiters:
                self._wake_all()
        self._let_go()

    def _wake_all(self) -> None:
        """Wake the callers that wait: from now on none takes what is in the socket."""
        with suppress(ZMQError):  # it is closed, or its context ends: that wakes them, too
            self._plain._put_back((b"",))

    def _let_go(self) -> None:
        """Close the reader of a closed stream, by the last waiter."""
        if self._closed and not self._waiters and not self._reader.closed:
            self._reader.close(0)

    def close_if_idle(self) -> None:
        """Close it for the end of the context; a caller that waits in it is told by libzmq."""
        if not self._waiters:
            self._context_ended = True
            self.close()

    def __del__(self) -> None:
        if self._number:
            self.close()

    @property
    def closed(self) -> bool:
        """Whether it was closed, or has ended."""
        return self._closed

    # ---- what there is, and the steps to more ----

    def take(self) -> ConnectionEvent | None:
        """Return the next event if there is one; None if not, or if all sockets are closed."""
        while self._left:
            try:
                parts = self._plain.recv_multipart(DONTWAIT)
            except Again:
                return None
            if len(parts) == 1:  # it was put there just now
                self._wake_all()
                return None
            token = int.from_bytes(parts[0], byteorder)
            if parts[1] == _CHANGED:
                continue
            message = parse_monitor_message(parts[1:])
            if message["event"] is Event.MONITOR_STOPPED:
                self._left.discard(token)
                if not self._left:
                    self._wake_all()
                continue
            endpoint = message["endpoint"].decode("utf-8", "replace")
            return ConnectionEvent(
                message["event"], endpoint, message["value"], self._sockets[token]
            )
        return None

    def next_event(self) -> Steps[ConnectionEvent | None]:
        """Wait for the next event; None at the end."""
        deadline = Deadline(self._timeout)
        while not self._closed:
            event = self.take()
            if event is not None or not self._left:
                return event
            left = deadline.left()
            if left == 0:
                raise again(f"no connection event in {deadline.timeout:g} ms")
            yield left
        if self._context_ended:
            raise ContextTerminated
        return None

    # ---- the wait ----

    def run(self, steps: Steps[_Result]) -> _Result:
        """Take steps, in calls that block the caller: a thread or a greenlet."""
        with self._waiting():
            try:
                wait = next(steps)
                while True:
                    wait = steps.send(self._reader.poll(wait))
            except StopIteration as end:
                return end.value  # type: ignore[no-any-return]
        return None  # closed by another caller, just now

    async def run_awaited(self, steps: Steps[_Result]) -> _Result:
        """Take steps, and await each."""
        with self._waiting():
            try:
                wait = next(steps)
                while True:
                    wait = steps.send(await self._reader.poll(wait))
            except StopIteration as end:
                return end.value  # type: ignore[no-any-return]
        return None  # closed by another caller, just now

    @contextmanager
    def _waiting(self) -> Iterator[None]:
        """Keep the reader open while a caller waits; end quietly if another closes the stream."""
        waiter = object()
        self._waiters.add(waiter)
        try:
            yield
        except ZMQError as error:
            if not self._closed or self._context_ended:
                raise self._explained(error) from None
        finally:
            self._waiters.discard(waiter)
            self._let_go()

    def _explained(self, error: ZMQError) -> ZMQError:
        """Return the error to raise; a stream whose context ends is closed, so that this can be."""
        if isinstance(error, ContextTerminated) or self._reader.closed:
            self._context_ended = True
            self.close()
            return ContextTerminated()
        return error


class EventStream(BaseStream):
    """The connection events of sockets, for a ``for`` loop; what `connection_events` returns.

    The iteration waits for each event, and ends when all the sockets are closed, or the stream. It
    raises ContextTerminated at the end of the context. A stream that is not read holds nothing
    up: of the events that wait the oldest are dropped, past some 2,000 (``events_dropped`` of
    ``stats``). As a context manager it closes itself at the end. Any thread may iterate, and
    several get different events.
    """

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> ConnectionEvent:
        event = self.run(self.next_event())
        if event is None:
            self.close()
            raise StopIteration
        return event

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *args: object) -> None:
        self.close()


class AwaitedEventStream(BaseStream):
    """The connection events of sockets, for ``async for``; else as `EventStream`.

    A wait that is cancelled takes no event with it.
    """

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> ConnectionEvent:
        event = await self.run_awaited(self.next_event())
        if event is None:
            self.close()
            raise StopAsyncIteration
        return event

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *args: object) -> None:
        self.close()


def connection_events(*sockets: Any, which: int = EVENT_ALL, timeout: float | None = None) -> Any:
    """Return the connection events of several sockets, from now on, as one stream.

    Parameters
    ----------
    *sockets : Socket
        At least one; all of one context, and all blocking or all of one event loop.
    which, timeout
        As for `Socket.connection_events`.

    Returns
    -------
    EventStream or AwaitedEventStream
        For ``for``, or for ``async for``; each event has its socket. It ends when all the sockets
        are closed.

    Raises
    ------
    ValueError
        No sockets, or of several contexts.
    ZMQError
        As `Socket.connection_events`.

    Notes
    -----
    Never blocks: the iteration does.
    """
    return _checked(sockets)[0]._stream_of(sockets, which, timeout)


def _checked(sockets: Sequence[Any]) -> Sequence[Any]:
    """Return sockets that one stream can read, or raise."""
    for socket in sockets:
        if not isinstance(socket, NativeSocket):
            raise TypeError(f"expected sockets, got {socket!r}")
    if not sockets:
        raise ValueError("connection_events needs at least one socket")
    if len({id(socket.context) for socket in sockets}) > 1:
        raise ValueError("the sockets are of several contexts: use a stream for each context")
    return sockets


def _reader_class(cls: Any) -> Any:
    """Return the class of ours that a class of sockets has its front from."""
    return next(base for base in cls.__mro__ if "_front" in vars(base))
