"""Sockets and pollers whose calls are coroutines, written once for all loops that have such.

What can be done at once is done in one frame; all else waits in the engine. A task that has to give
way to others (rule 5) does so before the call is made: if it is cancelled there, it has sent and
taken nothing.
"""

from __future__ import annotations

from functools import partial

from zmq._native import message_parts
from zmq.constants import DONTWAIT, POLLIN
from zmq.core.engine import WOULD_BLOCK, Loop, Operation
from zmq.core.naming import methods_of
from zmq.core.polling import QueuedPoller
from zmq.core.queued import AwaitableSocket
from zmq.core.receiving import INTO, MANY, MESSAGE, PART

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Any, ClassVar

__all__ = ["CoroutinePoller", "CoroutineSocket"]

_NOW = int(DONTWAIT)
_IN = int(POLLIN)


@methods_of("Socket")
class CoroutineSocket(AwaitableSocket):
    """A socket whose send, recv and poll are coroutines. Its front is a CoroutineFront."""

    # ---- receiving: what is there is received in this frame, for speed ----

    async def recv(  # type: ignore[override]
        self, flags: int = 0, copy: bool = True, track: bool = False
    ) -> Any:
        """Receive one message part, as the blocking recv does."""
        current = self._front.current()  # as _current_engine, without another call
        known, engine = self._used_in
        if current is not known:
            engine = self._enter(current)
        try:
            got = engine.try_recv(flags, copy, track)
        except Exception as error:
            got = self._receive_failed(error, flags)
        if got is not WOULD_BLOCK:
            return got
        return await self._receive_later(engine, PART, flags, copy, track)

    async def recv_multipart(  # type: ignore[override]
        self, flags: int = 0, copy: bool = True, track: bool = False
    ) -> Any:
        """Receive all parts of one message, as the blocking recv_multipart does."""
        current = self._front.current()
        known, engine = self._used_in
        if current is not known:
            engine = self._enter(current)
        try:
            got = engine.try_recv_multipart(flags, copy, track)
        except Exception as error:
            got = self._receive_failed(error, flags)
        if got is not WOULD_BLOCK:
            return got
        return await self._receive_later(engine, MESSAGE, flags, copy, track)

    async def recv_into(  # type: ignore[override]
        self, buffer: Any, /, *, nbytes: int = 0, flags: int = 0
    ) -> Any:
        """Receive one message part into a writable buffer, as the blocking recv_into does."""
        return await _ended(self._receive(INTO, flags, buffer, nbytes))

    async def recv_many(  # type: ignore[override]
        self, limit: int = 1000, flags: int = 0, *, multipart: bool = False
    ) -> Any:
        """Wait for one message and receive all that are there, as the blocking recv_many does."""
        return await _ended(self._receive(MANY, flags, limit, multipart))

    # ---- sending ----

    async def send(  # type: ignore[override]
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
        if engine.spent and not flags & _NOW:
            await self._give_way(engine.loop)
        sent = engine.try_send(data, flags, copy, track, routing_id, group, self.copy_threshold)
        if sent is not WOULD_BLOCK:
            return sent
        return await self._send_later(engine, data, flags, copy, track, routing_id, group)

    async def send_multipart(  # type: ignore[override]
        self,
        msg_parts: Sequence[Any],
        flags: int = 0,
        copy: bool = True,
        track: bool = False,
        **kwargs: Any,
    ) -> Any:
        """Send a message of several parts, as the blocking send_multipart does."""
        engine = self._current_engine()
        if engine.spent and not flags & _NOW:
            await self._give_way(engine.loop)
        parts = message_parts(msg_parts, self)
        if kwargs:
            call = AwaitableSocket.send_multipart
            return await _ended(call(self, parts, flags, copy, track, **kwargs))
        sent = engine.try_send_multipart(parts, flags, copy, track, self.copy_threshold)
        if sent is not WOULD_BLOCK:
            return sent
        return await self._send_multipart_later(engine, parts, flags, copy, track)

    async def send_many(  # type: ignore[override]
        self, messages: Iterable[Any], flags: int = 0
    ) -> Any:
        """Send many messages in one call, as the blocking send_many does."""
        engine = self._current_engine()
        if engine.spent and not flags & _NOW:
            await self._give_way(engine.loop)
        return await _ended(AwaitableSocket.send_many(self, messages, flags))

    # ---- polling ----

    async def poll(  # type: ignore[override]
        self, timeout: float | None = None, flags: int = _IN
    ) -> Any:
        """Wait for the socket to be ready, as the blocking poll does."""
        engine = self._current_engine()
        if engine.spent:
            await self._give_way(engine.loop)
        return await _ended(AwaitableSocket.poll(self, timeout, flags))

    # ---- giving way ----

    async def _give_way(self, loop: Loop) -> None:
        operation = self._front.operation(loop)
        loop.reactor.call(partial(operation.succeed, None))
        await operation


@methods_of("Poller")
class CoroutinePoller(QueuedPoller):
    """A poller whose poll is a coroutine that always lets others run."""

    _front: ClassVar[Any]  # a CoroutineFront

    async def poll(  # type: ignore[override]
        self, timeout: float | None = -1
    ) -> Any:
        """Wait until something is ready, as the blocking poll does."""
        ready = QueuedPoller.poll(self, timeout)
        try:
            if isinstance(ready, Operation):
                return await ready  # type: ignore[misc]
            await self._front.checkpoint()
            return ready
        finally:
            del ready


async def _ended(got: Any) -> Any:
    """Return a result, or the outcome of an operation."""
    if not isinstance(got, Operation):
        return got
    try:
        return await got  # type: ignore[misc]
    finally:
        del got  # it may have the error, which knows this frame
