"""Sockets whose operations wait in an event loop, written once for all loops.

How a caller gets the outcome of a call is the business of the Front that each class has.
"""

from __future__ import annotations

from functools import partial
from operator import index

from zmq._native import failure_of_socket, message_parts, peer_options, would_block
from zmq.constants import DONTWAIT, POLLIN, Errno
from zmq.core import codecs
from zmq.core.engine import FROM_QUEUE, WOULD_BLOCK, Engine
from zmq.core.frame import Frame
from zmq.core.naming import methods_of
from zmq.core.receiving import INTO, MANY, MESSAGE, PART
from zmq.core.socket import Socket
from zmq.error import ZMQError, error_for

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from typing import Any, ClassVar

    from zmq.core.front import Front
    from zmq.core.receiving import Receive

__all__ = ["AwaitableSocket", "QueuedSocket", "kept", "only_part", "timeout_of"]

# Plain numbers: or'ing members of an enum costs more than a receive.
_NOW = int(DONTWAIT)
_IN = int(POLLIN)
_EFSM = int(Errno.EFSM)
_ENOTSUP = int(Errno.ENOTSUP)


@methods_of("Socket")
class QueuedSocket(Socket):
    """A socket whose send, recv and poll wait in an event loop.

    A call is tried first, and waits if it would block. A subclass has a front.
    """

    _front: ClassVar[Front]
    # The loop that the socket was used in last, and its engine there: as one, for threads.
    _used_in: tuple[Any, Any] = (None, None)

    def _current_engine(self) -> Engine:
        """Return the engine of this socket in the loop that runs now."""
        current = self._front.current()
        known, engine = self._used_in
        return engine if current is known else self._enter(current)

    def _enter(self, current: object) -> Engine:
        """Return the engine in a loop that the socket was not used in last."""
        engine = Engine.of(self._front.loop(current), self)
        self._used_in = (current, engine)
        return engine

    # ---- receiving ----

    def recv(  # pyright: ignore[reportIncompatibleMethodOverride]
        self, flags: int = 0, copy: bool = True, track: bool = False
    ) -> Any:
        """Receive one message part, as the blocking recv does."""
        return self._receive(PART, flags, copy, track)

    def recv_multipart(  # pyright: ignore[reportIncompatibleMethodOverride]
        self, flags: int = 0, copy: bool = True, track: bool = False
    ) -> Any:
        """Receive all parts of one message, as the blocking recv_multipart does."""
        return self._receive(MESSAGE, flags, copy, track)

    def recv_into(self, buf: Any, /, *, nbytes: int = 0, flags: int = 0) -> Any:
        """Receive one message part into a writable buffer, as the blocking recv_into does."""
        return self._receive(INTO, flags, buf, nbytes)

    def recv_many(self, limit: int = 1000, flags: int = 0, *, multipart: bool = False) -> Any:
        """Wait for one message and receive all that are there, as the blocking recv_many does."""
        return self._receive(MANY, flags, limit, multipart)

    def _receive(self, kind: Receive, flags: int, first: Any, second: Any) -> Any:
        """Receive, or wait: the body of all receives, in its two halves."""
        got = self._try_receive(kind, flags, first, second)
        if got is not WOULD_BLOCK:
            return got
        return self._receive_later(self._current_engine(), kind, flags, first, second)

    def _try_receive(self, kind: Receive, flags: int, first: Any, second: Any) -> Any:
        """Receive what is there; WOULD_BLOCK if the call has to wait."""
        front = self._front
        current = front.current()  # as _current_engine, without another call
        known, engine = self._used_in
        if current is not known:
            engine = self._enter(current)
        try:
            taken = kind.attempt(engine, flags, first, second)
        except Exception as error:
            return self._receive_failed(error, flags)
        if taken is WOULD_BLOCK:
            return taken
        if kind.answer is not None:
            return front.received(engine, *kind.answer(taken))
        return taken if front.returns_received else front.received(engine, taken)

    def _receive_failed(self, error: Exception, flags: int) -> Any:
        """Answer with an error; WOULD_BLOCK if the socket waits until it is its turn."""
        front = self._front
        waits = not flags & _NOW  # flags that are no number raise at once, on every front
        if (
            waits
            and front.waits_through_efsm
            and isinstance(error, ZMQError)
            and error.errno == _EFSM
        ):
            return WOULD_BLOCK
        try:
            return front.error(error, waits and self.closed)
        finally:
            del error  # it has this frame in its traceback

    def _receive_later(
        self, engine: Engine, kind: Receive, flags: int, first: Any, second: Any
    ) -> Any:
        """Receive what comes, as RCVTIMEO allows: the engine sees to that."""
        front = self._front
        if flags & _NOW:
            return front.error(would_block(engine, False))
        operation = front.operation(engine.loop)
        kind.prepare(operation, engine, _from_queue(flags), first, second)
        operation.waits_through_efsm = front.waits_through_efsm
        operation.takes_message = True
        engine.wait_to_receive(operation, self)
        return front.wait(operation)

    # ---- sending ----

    def send(  # pyright: ignore[reportIncompatibleMethodOverride]
        self,
        data: Any,
        flags: int = 0,
        copy: bool = True,
        track: bool = False,
        routing_id: int | None = None,
        group: str | bytes | None = None,
    ) -> Any:
        """Send one message part, as the blocking send does."""
        engine = self._current_engine()
        try:
            sent = engine.try_send(data, flags, copy, track, routing_id, group, self.copy_threshold)
        except Exception as error:
            return self._front.error(error)
        if sent is not WOULD_BLOCK:
            return self._front.after(engine.loop, sent)
        return self._send_later(engine, data, flags, copy, track, routing_id, group)

    def _send_later(
        self,
        engine: Engine,
        data: Any,
        flags: int,
        copy: bool,
        track: bool,
        routing_id: int | None,
        group: str | bytes | None,
    ) -> Any:
        """Send a part, which was tried, when the socket can take it."""
        if flags & _NOW:
            return self._front.error(would_block(engine, True))
        size = self.copy_threshold
        try:
            later = kept(data, copy, track, size)
        except Exception as error:
            return self._front.error(error)
        return self._wait_to_send(
            engine,
            partial(
                engine.try_send, later, _from_queue(flags), copy, track, routing_id, group, size
            ),
        )

    def send_multipart(
        self,
        msg_parts: Sequence[Any],
        flags: int = 0,
        copy: bool = True,
        track: bool = False,
        **kwargs: Any,
    ) -> Any:
        """Send a message of several parts, as the blocking send_multipart does."""
        engine = self._current_engine()
        try:
            parts = message_parts(msg_parts, self)
            if kwargs and (given := peer_options(kwargs)):
                return QueuedSocket.send(self, only_part(parts), flags, copy, track, **given)
            sent = engine.try_send_multipart(parts, flags, copy, track, self.copy_threshold)
        except Exception as error:
            return self._front.error(error)
        if sent is not WOULD_BLOCK:
            return self._front.after(engine.loop, sent)
        return self._send_multipart_later(engine, parts, flags, copy, track)

    def _send_multipart_later(
        self, engine: Engine, parts: list[Any], flags: int, copy: bool, track: bool
    ) -> Any:
        """Send a message, which was tried, when the socket can take it."""
        if flags & _NOW:
            return self._front.error(would_block(engine, True))
        size = self.copy_threshold
        try:
            later = [kept(part, copy, track, size) for part in parts]
        except Exception as error:
            return self._front.error(error)
        return self._wait_to_send(
            engine, partial(engine.try_send_multipart, later, _from_queue(flags), copy, track, size)
        )

    def send_many(self, messages: Iterable[Any], flags: int = 0) -> Any:
        """Send many messages in one call, as the blocking send_many does."""
        engine = self._current_engine()
        try:
            sending = _SendMany(engine, list(messages), flags, self.copy_threshold)
            sent = sending.attempt(0)
        except Exception as error:
            return self._front.error(error)
        if sent is not WOULD_BLOCK:
            return self._front.after(engine.loop, sent)
        if flags & _NOW:
            return self._front.value(sending.sent)
        return self._wait_to_send(engine, sending.attempt, sending.so_far)

    def _wait_to_send(
        self,
        engine: Engine,
        attempt: Callable[[], Any],
        on_timeout: Callable[[], Any] | None = None,
    ) -> Any:
        operation = self._front.operation(engine.loop)
        operation.attempt = attempt
        operation.on_timeout = on_timeout
        engine.wait_to_send(operation, self)
        return self._front.wait(operation)

    # ---- polling ----

    def poll(self, timeout: float | None = None, flags: int = _IN) -> Any:
        """Wait for the socket to be ready, as the blocking poll does."""
        front = self._front
        if self.closed:
            error = error_for(_ENOTSUP, failure_of_socket(self, "closed"))
            return front.error(error, True)
        engine = self._current_engine()
        limit = timeout_of(timeout)
        try:
            wanted = index(flags)
            events = engine.events() & wanted
        except Exception as error:
            return front.error(error)
        if events or limit == 0:
            return front.after(engine.loop, events, limit == 0)
        operation = front.operation(engine.loop)
        operation.on_timeout = int
        engine.wait_for_events(operation, self, wanted, limit)
        return front.wait(operation)


@methods_of("Socket")
class AwaitableSocket(QueuedSocket):
    """A queued socket whose results are awaited."""

    def recv_string(self, flags: int = 0, encoding: str = "utf-8") -> Any:
        """Receive one part as text."""
        return self._front.converted(self.recv(flags=flags), partial(_decode, encoding))

    recv_unicode = recv_string

    def recv_json(self, flags: int = 0, **kwargs: Any) -> Any:
        """Receive one part of JSON as an object; kwargs go to json.loads."""
        return self._front.converted(self.recv(flags), partial(codecs.loads, **kwargs))

    def recv_pyobj(self, flags: int = 0) -> Any:
        """Receive a pickled object: only from peers that may run code in this process."""
        codecs.check_pickle(self)
        return self._front.converted(self.recv(flags), codecs.from_pickle)

    def recv_serialized(
        self,
        deserialize: Callable[[list[Any]], Any] | codecs.Codec[Any],
        flags: int = 0,
        copy: bool = True,
    ) -> Any:
        """Receive a message as the object that a function, or a codec, makes of its parts."""
        decode = codecs.decoder_of(deserialize, self)
        return self._front.converted(self.recv_multipart(flags=flags, copy=copy), decode)

    # ---- peers: the waits are coroutines ----

    def wait_for_peers(self, n: int = 1, timeout: float | None = None) -> Any:
        """Wait until the socket has at least n peers, as the blocking wait_for_peers does."""
        from zmq.core.connections import PeerWait

        return PeerWait.awaited(self, n, timeout)

    def wait_for_subscribers(
        self, n: int = 1, topic: str | bytes | None = None, timeout: float | None = None
    ) -> Any:
        """Wait for subscriptions, as the blocking wait_for_subscribers does."""
        from zmq.core.connections import SubscriberWait

        return SubscriberWait.awaited(self, n, topic, timeout)

    @staticmethod
    def _stream_of(sockets: tuple[Any, ...], which: int, timeout: float | None) -> Any:
        from zmq.core.event_stream import AwaitedEventStream

        return AwaitedEventStream(sockets, which, timeout)

    # ---- as an iterator, and as a context manager ----

    def __aiter__(self) -> Any:
        return self

    async def __anext__(self) -> list[bytes]:
        """Receive the next message, as the list of its parts."""
        return await self.recv_multipart()  # type: ignore[no-any-return]

    async def __aenter__(self) -> Any:
        return self

    async def __aexit__(self, *args: object) -> None:
        self.close()


class _SendMany:
    """The messages of send_many, and how many of them are sent."""

    def __init__(self, engine: Engine, messages: list[Any], flags: int, threshold: int) -> None:
        self.engine, self.messages, self.flags = engine, messages, index(flags)
        self.threshold = threshold
        self.sent = 0

    def attempt(self, origin: int = FROM_QUEUE) -> Any:
        try:
            rest = self.messages[self.sent :] if self.sent else self.messages
            self.sent += self.engine.try_send_many(rest, self.flags | origin, self.threshold)
        except BaseException as error:
            self.sent += getattr(error, "sent", 0)
            error.sent = self.sent  # type: ignore[attr-defined]
            raise
        return self.sent if self.sent == len(self.messages) else WOULD_BLOCK

    def so_far(self) -> int:
        return self.sent


def _from_queue(flags: Any) -> int:
    """Return flags, which may be of NumPy, with that of the first operation of a queue."""
    return index(flags) | FROM_QUEUE


def timeout_of(timeout: float | None) -> int:
    """Return a time-out in whole milliseconds; -1 for none."""
    return -1 if timeout is None or timeout < 0 else int(timeout)


def _decode(encoding: str, data: bytes) -> str:
    return data.decode(encoding)


def kept(data: Any, copy: bool, track: bool, threshold: int) -> Any:
    """Return what is sent later, as it is now: what may change is copied, as send would."""
    if isinstance(data, (bytes, Frame)) and not track:
        return data
    if isinstance(data, Frame) or data is None:  # None would make an empty part
        return data
    return Frame(data, track=track, copy=copy, copy_threshold=threshold)


def only_part(parts: list[Any]) -> Any:
    """Return what a message to a peer or a group has: such messages have one part."""
    if len(parts) != 1:
        raise ValueError(f"a message to a routing_id or a group has 1 part, not {len(parts)}")
    return parts[0]
