"""Sockets, pollers and contexts of greenlets: to wait is to switch to the hub."""

from __future__ import annotations

from functools import partial

from zmq.constants import DONTWAIT, POLLIN
from zmq.core.context import Context
from zmq.core.engine import Loop
from zmq.core.front import ReturningFront
from zmq.core.naming import methods_of
from zmq.core.polling import QueuedPoller
from zmq.core.queued import QueuedSocket
from zmq.core.socket import Socket, overrides
from zmq.error import TermTimeout
from zmq.loops._greenlet import GreenletOperation
from zmq.loops._hub import HubLoop, hub_loop

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Any, ClassVar, TypeVar

    _SocketType = TypeVar("_SocketType", bound=Socket[Any], covariant=True)
else:
    _SocketType = object

__all__ = ["GreenContext", "GreenFront", "GreenPoller", "GreenSocket"]

_NOW = int(DONTWAIT)
# Most contexts end this soon: no thread has to wait for them.
_AT_ONCE_S = 0.005


class GreenFront(ReturningFront):
    """Calls that have to wait switch to the hub. Its `current` is the hub of the thread."""

    loops: ClassVar[type[HubLoop]]

    def loop(self, current: Any, /) -> HubLoop:
        return self.loops.of(current)

    def operation(self, loop: Loop) -> GreenletOperation:
        return GreenletOperation(hub_loop(loop))

    def wait(self, operation: GreenletOperation) -> Any:
        return operation.wait()


@methods_of("Socket")
class GreenSocket(QueuedSocket):
    """A socket whose calls let other greenlets run while they wait."""

    def _give_way(self) -> None:
        """Let others have their turn, if it is due (rule 5).

        After a send it would be a chance for a Timeout to hide that it was made.
        """
        engine = self._current_engine()
        if engine.spent:
            hub_loop(engine.loop).give_way()

    # ---- calls that give way before they begin ----

    def send(
        self,
        data: Any,
        flags: int = 0,
        copy: bool = True,
        track: bool = False,
        routing_id: int | None = None,
        group: str | bytes | None = None,
    ) -> Any:
        """Send one message part, as the blocking send does."""
        if not flags & _NOW:
            self._give_way()
        return super().send(data, flags, copy, track, routing_id, group)

    def poll(self, timeout: float | None = None, flags: int = POLLIN) -> Any:
        """Wait for the socket to be ready, as the blocking poll does."""
        self._give_way()
        return super().poll(timeout, int(flags))

    # ---- calls that go through send and recv, where a subclass or an object has its own ----

    def send_multipart(  # pyright: ignore[reportIncompatibleMethodOverride]
        self,
        msg_parts: Sequence[Any],
        flags: int = 0,
        copy: bool = True,
        track: bool = False,
        **kwargs: Any,
    ) -> Any:
        """Send a message of several parts, as the blocking send_multipart does."""
        if overrides(self, "send", GreenSocket):
            return Socket.send_multipart(self, msg_parts, flags, copy, track, **kwargs)
        if not flags & _NOW:
            self._give_way()
        return super().send_multipart(msg_parts, flags, copy, track, **kwargs)

    def send_many(self, messages: Iterable[Any], flags: int = 0) -> Any:
        """Send many messages in one call, as the blocking send_many does."""
        if overrides(self, "send", GreenSocket):
            return Socket.send_many(self, messages, flags)
        if not flags & _NOW:
            self._give_way()
        return super().send_many(messages, flags)

    def recv_multipart(  # pyright: ignore[reportIncompatibleMethodOverride]
        self, flags: int = 0, copy: bool = True, track: bool = False
    ) -> Any:
        """Receive all parts of one message, as the blocking recv_multipart does."""
        cls = Socket if overrides(self, "recv", GreenSocket) else QueuedSocket
        return cls.recv_multipart(self, flags, copy, track)

    def recv_many(self, limit: int = 1000, flags: int = 0, *, multipart: bool = False) -> Any:
        """Wait for one message and receive all that are there, as the blocking recv_many does."""
        cls = Socket if overrides(self, "recv", GreenSocket) else QueuedSocket
        return cls.recv_many(self, limit, flags, multipart=multipart)


@methods_of("Poller")
class GreenPoller(QueuedPoller):
    """A poller that lets other greenlets run while it waits."""

    def poll(self, timeout: float | None = -1) -> Any:
        """Wait until something is ready, as the blocking poll does."""
        hub_loop(self._front.current_loop()).give_way()
        return super().poll(timeout)


@methods_of("Context")
class GreenContext(Context[_SocketType]):
    """A context whose end lets other greenlets run while it waits for them."""

    _front: ClassVar[GreenFront]

    def term(self, timeout: float | None = None) -> None:
        """End the context; waits until its sockets are closed and what they hold is sent.

        As the blocking term, but that other greenlets run meanwhile: they may have to close a
        socket.
        """
        loop = hub_loop(self._front.current_loop())
        if loop.is_in_hub():
            super().term(timeout)
            return
        first_s = _AT_ONCE_S if timeout is None else min(timeout, _AT_ONCE_S)
        try:
            super().term(first_s)
        except TermTimeout as error:
            if timeout is None:
                loop.in_thread(super().term)
            elif timeout <= first_s:
                raise TermTimeout(timeout, error.sockets) from None
            else:
                loop.in_thread(partial(super().term, timeout))
