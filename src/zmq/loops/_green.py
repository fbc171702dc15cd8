"""Sockets of greenlets: to wait is to switch to the hub."""

from __future__ import annotations

from zmq.constants import DONTWAIT, POLLIN
from zmq.core.answering import Returning
from zmq.core.engine import Engine, Loop
from zmq.core.naming import methods_of
from zmq.core.queued import QueuedSocket
from zmq.core.socket import Socket, overrides
from zmq.loops._greenlet import GreenletOperation
from zmq.loops._hub import HubLoop, hub_loop

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Any, ClassVar

__all__ = ["GreenSocket", "GreenletAnswering"]

_NOW = int(DONTWAIT)


class GreenletAnswering(Returning):
    """Calls that have to wait switch to the hub."""

    _loops: ClassVar[type[HubLoop]]

    def _loop(self) -> HubLoop:
        return self._loops.current()

    def _operation(self, loop: Loop) -> GreenletOperation:
        return GreenletOperation(hub_loop(loop))

    def _wait(self, operation: GreenletOperation) -> Any:
        return operation.wait()


@methods_of("Socket")
class GreenSocket(GreenletAnswering, QueuedSocket):
    """A socket whose calls let other greenlets run while they wait."""

    # The hub that was used last, and the engine there: one attribute, as threads may share sockets.
    _place: tuple[Any, Any] = (None, None)

    @staticmethod
    def _hub() -> Any:
        """Return the hub of this thread, as HubLoop.current_hub: one step less for every call."""
        raise NotImplementedError

    def _current_engine(self) -> Engine:
        hub = self._hub()
        known, engine = self._place
        if hub is not known:
            engine = Engine.of(self._loops.of(hub), self)
            self._place = (hub, engine)
        return engine  # type: ignore[no-any-return]

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
