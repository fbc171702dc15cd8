"""Pollers of greenlets, and the end of their contexts."""

from __future__ import annotations

from functools import partial

from zmq.core.context import Context
from zmq.core.naming import methods_of
from zmq.core.polling import QueuedPoller
from zmq.error import TermTimeout
from zmq.loops._green import GreenletAnswering

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, TypeVar

    from zmq.core.socket import Socket

    _SocketType = TypeVar("_SocketType", bound=Socket[Any], covariant=True)
else:
    _SocketType = object

__all__ = ["GreenContext", "GreenPoller"]

# Most contexts end this soon: no thread has to wait for them.
_AT_ONCE_S = 0.005


@methods_of("Poller")
class GreenPoller(GreenletAnswering, QueuedPoller):
    """A poller that lets other greenlets run while it waits."""

    def poll(self, timeout: float | None = -1) -> Any:
        """Wait until something is ready, as the blocking poll does."""
        self._loop().give_way()
        return super().poll(timeout)


@methods_of("Context")
class GreenContext(GreenletAnswering, Context[_SocketType]):
    """A context whose end lets other greenlets run while it waits for them."""

    def term(self, timeout: float | None = None) -> None:
        """End the context; waits until its sockets are closed and what they hold is sent.

        As the blocking term, but that other greenlets run meanwhile: they may have to close a
        socket.
        """
        loop = self._loop()
        if loop.is_in_hub():
            super().term(timeout)
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
