"""Pollers of greenlets, and the end of their contexts."""

from __future__ import annotations

from functools import partial

from greenlet import getcurrent  # type: ignore[import-untyped]

from zmq.core.context import Context
from zmq.core.engine import Loop
from zmq.core.naming import methods_of
from zmq.core.polling import QueuedPoller
from zmq.error import TermTimeout
from zmq.loops._green import Parking
from zmq.loops._parked import Parked

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, TypeVar

    from zmq.core.socket import Socket

    _SocketType = TypeVar("_SocketType", bound=Socket[Any], covariant=True)
else:
    _SocketType = object

__all__ = ["GreenContext", "GreenPoller"]

# A poller that finds something ready this often in a row gives others their turn.
_FAIR_POLLS = 64
# Most contexts end this soon: no thread has to wait for them.
_AT_ONCE_S = 0.005


@methods_of("Poller")
class GreenPoller(Parking, QueuedPoller):
    """A poller that lets other greenlets run while it waits."""

    _at_once = 0

    def _operation(self, loop: Loop) -> Parked:
        self._at_once = 0
        return super()._operation(loop)

    def poll(self, timeout: float | None = -1) -> Any:
        """Wait until something is ready, as the blocking poll does."""
        self._at_once += 1
        if timeout != 0:
            loop = self._loop()
            if loop.reactor.spent or self._at_once >= _FAIR_POLLS:
                self._at_once = 0
                loop.pause()
        return super().poll(timeout)


@methods_of("Context")
class GreenContext(Parking, Context[_SocketType]):
    """A context whose end lets other greenlets run while it waits for them."""

    def term(self, timeout: float | None = None) -> None:
        """End the context; waits until its sockets are closed and what they hold is sent.

        As the blocking term, but that other greenlets run meanwhile: they may have to close a
        socket.
        """
        loop = self._loop()
        if getcurrent() is loop.hub or getcurrent() is getattr(loop.hub, "greenlet", None):
            super().term(timeout)  # the hub itself cannot wait for the hub
            return
        patience = _AT_ONCE_S if timeout is None else min(timeout, _AT_ONCE_S)
        try:
            super().term(patience)
        except TermTimeout as error:
            if timeout is None:
                loop.in_thread(super().term)
            elif timeout <= patience:
                raise TermTimeout(timeout, error.sockets) from None
            else:
                loop.in_thread(partial(super().term, timeout))
