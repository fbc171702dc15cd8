"""Sockets whose operations wait in an event loop, written once for all loops.

A front says how its callers get a result and how they wait; see the hooks.
"""

from __future__ import annotations

from functools import partial
from operator import index

from zmq._native import message_parts, peer_options
from zmq.constants import DONTWAIT, POLLIN, Errno
from zmq.core import codecs
from zmq.core.answering import Answering
from zmq.core.engine import (
    FROM_QUEUE,
    WOULD_BLOCK,
    Engine,
)
from zmq.core.frame import Frame
from zmq.core.naming import methods_of
from zmq.core.socket import Socket
from zmq.error import Again, ZMQError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from typing import Any

__all__ = ["AwaitableSocket", "QueuedSocket", "kept", "only_part", "timeout_of"]

# Plain numbers: or'ing members of an enum costs more than a receive.
_NOW = int(DONTWAIT)
_IN = int(POLLIN)
_EFSM = int(Errno.EFSM)
_ENOTSUP = int(Errno.ENOTSUP)


@methods_of("Socket")
class QueuedSocket(Socket, Answering):
    """A socket whose send, recv and poll wait in an event loop."""

    # Whether recv out of turn (REQ, REP) waits until it is its turn, or raises EFSM.
    _waits_through_efsm = False

    # ---- what a front fills in, with the hooks of Answering ----

    def _current_engine(self) -> Engine:
        """Return the engine of this socket in the loop that runs now."""
        raise NotImplementedError

    # ---- receiving ----

    def recv(  # pyright: ignore[reportIncompatibleMethodOverride]
        self, flags: int = 0, copy: bool = True, track: bool = False
    ) -> Any:
        """Receive one message part, as the blocking recv does."""
        engine = self._current_engine()
        try:
            got = engine.try_recv(flags, copy, track)
            if got is not WOULD_BLOCK:
                return self._received(engine, got)
        except Exception as error:
            if self._is_final(error, flags):
                return self._refuse(error, flags)
        return self._recv_later(engine, flags, copy, track)

    def recv_multipart(  # pyright: ignore[reportIncompatibleMethodOverride]
        self, flags: int = 0, copy: bool = True, track: bool = False
    ) -> Any:
        """Receive all parts of one message, as the blocking recv_multipart does."""
        engine = self._current_engine()
        try:
            got = engine.try_recv_multipart(flags, copy, track)
            if got is not WOULD_BLOCK:
                return self._received(engine, got)
        except Exception as error:
            if self._is_final(error, flags):
                return self._refuse(error, flags)
        return self._recv_multipart_later(engine, flags, copy, track)

    def recv_into(self, buf: Any, /, *, nbytes: int = 0, flags: int = 0) -> Any:
        """Receive one message part into a writable buffer, as the blocking recv_into does."""
        engine = self._current_engine()
        try:
            got = engine.try_recv_into(buf, nbytes, flags)
            if got is not WOULD_BLOCK:
                return self._received(engine, len(got), got)
        except Exception as error:
            if self._is_final(error, flags):
                return self._refuse(error, flags)
        return self._part_later(engine, flags, partial(_fill, buf, nbytes))

    def recv_many(self, limit: int = 1000, flags: int = 0, *, multipart: bool = False) -> Any:
        """Wait for one message and receive all that are there, as the blocking recv_many does."""
        engine = self._current_engine()
        mores: list[int] = []
        try:
            got = engine.try_recv_many(limit, flags, multipart, mores)
            if got is not WOULD_BLOCK:
                return self._received(engine, got, got, mores)
        except Exception as error:
            if self._is_final(error, flags):
                return self._refuse(error, flags)
        if flags & _NOW:
            return self._raise(Again())
        operation = self._operation(engine.loop)
        if multipart:
            operation.attempt = partial(engine.try_recv_many, limit, _from_queue(flags), True)
        else:
            operation.attempt = partial(_frames, engine, limit, _from_queue(flags))
            operation.finish = _bytes_of_all
        return self._receive(engine, operation)

    def _is_final(self, error: Exception, flags: int) -> bool:
        """Whether recv fails for good: out of turn it may wait for a send."""
        return not (
            self._waits_through_efsm
            and isinstance(error, ZMQError)
            and error.errno == _EFSM
            and not flags & _NOW
        )

    def _refuse(self, error: Exception, flags: int) -> Any:
        """Give the caller of a receive or a poll the error that it fails with."""
        return self._raise(error)

    def _recv_later(self, engine: Engine, flags: int, copy: bool, track: bool) -> Any:
        return self._part_later(engine, flags, _bytes_of if copy else None, track)

    def _part_later(
        self, engine: Engine, flags: int, finish: Callable[[Frame], Any] | None, track: bool = False
    ) -> Any:
        """Wait for one part: as a Frame, which knows whether more follow if it has to go back."""
        if flags & _NOW:
            return self._raise(Again())
        operation = self._operation(engine.loop)
        operation.attempt = partial(engine.try_recv, _from_queue(flags), False, track)
        operation.finish = finish
        return self._receive(engine, operation)

    def _recv_multipart_later(self, engine: Engine, flags: int, copy: bool, track: bool) -> Any:
        if flags & _NOW:
            return self._raise(Again())
        operation = self._operation(engine.loop)
        operation.attempt = partial(engine.try_recv_multipart, _from_queue(flags), copy, track)
        return self._receive(engine, operation)

    def _receive(self, engine: Engine, operation: Any) -> Any:
        operation.waits_through_efsm = self._waits_through_efsm
        operation.takes_message = True
        engine.wait_to_receive(operation, self)
        return self._wait(operation)

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
        size = self.copy_threshold
        try:
            sent = engine.try_send(data, flags, copy, track, routing_id, group, size)
        except Exception as error:
            return self._raise(error)
        if sent is not WOULD_BLOCK:
            return self._after(engine.loop, sent)
        if flags & _NOW:
            return self._raise(Again())
        try:
            later = kept(data, copy, track, size)
        except Exception as error:
            return self._raise(error)
        return self._send_later(
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
        size = self.copy_threshold
        try:
            parts = message_parts(msg_parts)
            kwargs = peer_options(kwargs) if kwargs else kwargs
            if kwargs:
                return QueuedSocket.send(self, only_part(parts), flags, copy, track, **kwargs)
            sent = engine.try_send_multipart(parts, flags, copy, track, size)
        except Exception as error:
            return self._raise(error)
        if sent is not WOULD_BLOCK:
            return self._after(engine.loop, sent)
        if flags & _NOW:
            return self._raise(Again())
        try:
            later = [kept(part, copy, track, size) for part in parts]
        except Exception as error:
            return self._raise(error)
        return self._send_later(
            engine, partial(engine.try_send_multipart, later, _from_queue(flags), copy, track, size)
        )

    def send_many(self, messages: Iterable[Any], flags: int = 0) -> Any:
        """Send many messages in one call, as the blocking send_many does."""
        engine = self._current_engine()
        try:
            sending = _SendMany(engine, list(messages), flags, self.copy_threshold)
            sent = sending.attempt(0)
        except Exception as error:
            return self._raise(error)
        if sent is not WOULD_BLOCK:
            return self._after(engine.loop, sent)
        if flags & _NOW:
            return self._now(sending.sent)
        return self._send_later(engine, sending.attempt, sending.so_far)

    def _send_later(
        self,
        engine: Engine,
        attempt: Callable[[], Any],
        on_timeout: Callable[[], Any] | None = None,
    ) -> Any:
        operation = self._operation(engine.loop)
        operation.attempt = attempt
        operation.on_timeout = on_timeout
        engine.wait_to_send(operation, self)
        return self._wait(operation)

    # ---- polling ----

    def poll(self, timeout: float | None = None, flags: int = _IN) -> Any:
        """Wait for the socket to be ready, as the blocking poll does."""
        if self.closed:
            return self._refuse(ZMQError(_ENOTSUP, "socket is closed: it cannot be polled"), 0)
        engine = self._current_engine()
        limit = timeout_of(timeout)
        try:
            wanted = index(flags)
            events = engine.events() & wanted
        except Exception as error:
            return self._raise(error)
        if events or limit == 0:
            return self._after(engine.loop, events, limit == 0)
        operation = self._operation(engine.loop)
        operation.on_timeout = int
        engine.wait_for_events(operation, self, wanted, limit)
        return self._wait(operation)


@methods_of("Socket")
class AwaitableSocket(QueuedSocket):
    """A queued socket whose results are awaited."""

    _waits_through_efsm = True

    def _convert(self, received: Any, convert: Callable[[Any], Any]) -> Any:
        """Give what a function makes of what will be received."""
        raise NotImplementedError

    def recv_string(self, flags: int = 0, encoding: str = "utf-8") -> Any:
        """Receive one part as text."""
        return self._convert(self.recv(flags=flags), partial(_decode, encoding))

    recv_unicode = recv_string

    def recv_json(self, flags: int = 0, **kwargs: Any) -> Any:
        """Receive one part of JSON as an object; kwargs go to json.loads."""
        return self._convert(self.recv(flags), partial(codecs.loads, **kwargs))

    def recv_pyobj(self, flags: int = 0) -> Any:
        """Receive a pickled object: only from peers that may run code in this process."""
        return self._convert(self.recv(flags), codecs.from_pickle)

    def recv_serialized(
        self, deserialize: Callable[[list[Any]], Any], flags: int = 0, copy: bool = True
    ) -> Any:
        """Receive a message as the object that a function makes of its parts."""
        return self._convert(self.recv_multipart(flags=flags, copy=copy), deserialize)

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
    """Return flags, which may be of NumPy, with that of an operation whose turn it is."""
    return index(flags) | FROM_QUEUE


def timeout_of(timeout: float | None) -> int:
    """Return a time-out in whole milliseconds; -1 for none."""
    return -1 if timeout is None or timeout < 0 else int(timeout)


def _decode(encoding: str, data: bytes) -> str:
    return data.decode(encoding)


def _bytes_of(frame: Frame) -> bytes:
    return frame.bytes


def _bytes_of_all(frames: list[Frame]) -> list[bytes]:
    return [frame.bytes for frame in frames]


def _frames(engine: Engine, limit: int, flags: int) -> Any:
    """Receive the parts that are there, as Frames; WOULD_BLOCK if there is none."""
    frames: list[Frame] = []
    while len(frames) < limit:
        frame = engine.try_recv(flags, False)
        if frame is WOULD_BLOCK:
            break
        frames.append(frame)
    return frames or WOULD_BLOCK


def _fill(buffer: Any, nbytes: int, frame: Frame) -> int:
    """Copy a part into a buffer, as recv_into does."""
    view = memoryview(buffer).cast("B")
    room = min(nbytes or len(view), len(frame))
    view[:room] = frame.buffer[:room]
    return len(frame)


def kept(data: Any, copy: bool, track: bool, threshold: int) -> Any:
    """What is sent later is what was there at the call: copy what may change, as send would."""
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
