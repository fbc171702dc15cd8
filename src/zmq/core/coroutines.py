"""Sockets and pollers whose calls are coroutines, written once for all loops that have such.

What can be done at once is done in one frame; all else waits in the engine. Whoever has to give way
to others (rule 5) does so before the call is made: a task that is cancelled there has sent and
taken nothing.
"""

from __future__ import annotations

from functools import partial

from zmq._native import message_parts
from zmq.constants import DONTWAIT, POLLIN
from zmq.core.answering import Returning
from zmq.core.engine import WOULD_BLOCK, Loop, Operation
from zmq.core.naming import methods_of
from zmq.core.polling import QueuedPoller
from zmq.core.queued import AwaitableSocket

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from typing import Any

__all__ = ["CoroutinePoller", "CoroutineSocket"]

_NOW = int(DONTWAIT)
_IN = int(POLLIN)


class _Awaited(Returning):
    """What has to be waited for is awaited by the call itself."""

    def _wait(self, operation: Operation) -> Operation:
        return operation


@methods_of("Socket")
class CoroutineSocket(_Awaited, AwaitableSocket):
    """A socket whose send, recv and poll are coroutines.

    A front fills in _current_engine and _operation; its operations can be awaited.
    """

    # ---- receiving ----

    async def recv(  # type: ignore[override]
        self, flags: int = 0, copy: bool = True, track: bool = False
    ) -> Any:
        """Receive one message part, as the blocking recv does."""
        engine = self._current_engine()
        try:
            got = engine.try_recv(flags, copy, track)
        except Exception:  # the long way meets it again
            return await _end(AwaitableSocket.recv(self, flags, copy, track))
        if got is WOULD_BLOCK:
            return await _end(self._recv_later(engine, flags, copy, track))
        return got

    async def recv_multipart(  # type: ignore[override]
        self, flags: int = 0, copy: bool = True, track: bool = False
    ) -> Any:
        """Receive all parts of one message, as the blocking recv_multipart does."""
        engine = self._current_engine()
        try:
            got = engine.try_recv_multipart(flags, copy, track)
        except Exception:
            return await _end(AwaitableSocket.recv_multipart(self, flags, copy, track))
        if got is WOULD_BLOCK:
            return await _end(self._recv_multipart_later(engine, flags, copy, track))
        return got

    async def recv_into(  # type: ignore[override]
        self, buffer: Any, /, *, nbytes: int = 0, flags: int = 0
    ) -> Any:
        """Receive one message part into a writable buffer, as the blocking recv_into does."""
        return await _end(AwaitableSocket.recv_into(self, buffer, nbytes=nbytes, flags=flags))

    async def recv_many(  # type: ignore[override]
        self, limit: int = 1000, flags: int = 0, *, multipart: bool = False
    ) -> Any:
        """Wait for one message and receive all that are there, as the blocking recv_many does."""
        return await _end(AwaitableSocket.recv_many(self, limit, flags, multipart=multipart))

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
        if sent is WOULD_BLOCK:
            return await _end(
                AwaitableSocket.send(self, data, flags, copy, track, routing_id, group)
            )
        return sent

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
        parts = message_parts(msg_parts)
        sent = WOULD_BLOCK
        if not kwargs:
            sent = engine.try_send_multipart(parts, flags, copy, track, self.copy_threshold)
        if sent is WOULD_BLOCK:
            return await _end(
                AwaitableSocket.send_multipart(self, parts, flags, copy, track, **kwargs)
            )
        return sent

    async def send_many(  # type: ignore[override]
        self, messages: Iterable[Any], flags: int = 0
    ) -> Any:
        """Send many messages in one call, as the blocking send_many does."""
        engine = self._current_engine()
        if engine.spent and not flags & _NOW:
            await self._give_way(engine.loop)
        return await _end(AwaitableSocket.send_many(self, messages, flags))

    # ---- polling ----

    async def poll(  # type: ignore[override]
        self, timeout: float | None = None, flags: int = _IN
    ) -> Any:
        """Wait for the socket to be ready, as the blocking poll does."""
        engine = self._current_engine()
        if engine.spent:
            await self._give_way(engine.loop)
        return await _end(AwaitableSocket.poll(self, timeout, flags))

    # ---- giving way ----

    async def _give_way(self, loop: Loop) -> None:
        operation = self._operation(loop)
        loop.reactor.call(partial(operation.succeed, None))
        await operation

    async def _convert(self, received: Any, convert: Callable[[Any], Any]) -> Any:
        return convert(await received)


@methods_of("Poller")
class CoroutinePoller(_Awaited, QueuedPoller):
    """A poller whose poll is a coroutine that always lets others run.

    A front fills in _loop, _operation and _checkpoint.
    """

    async def poll(  # type: ignore[override]
        self, timeout: float | None = -1
    ) -> Any:
        """Wait until something is ready, as the blocking poll does."""
        ready = QueuedPoller.poll(self, timeout)
        try:
            if isinstance(ready, Operation):
                return await ready  # type: ignore[misc]
            await self._checkpoint()
            return ready
        finally:
            del ready

    async def _checkpoint(self) -> None:
        """Let other tasks run, and a cancellation end the caller."""
        raise NotImplementedError


async def _end(got: Any) -> Any:
    """Return a result, or what an operation ends with."""
    if not isinstance(got, Operation):
        return got
    try:
        return await got  # type: ignore[misc]
    finally:
        del got  # it may have the error, which knows this frame
