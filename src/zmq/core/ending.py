"""The end of a context that does not block an event loop."""

from __future__ import annotations

import threading
from functools import partial

from zmq.core.context import Context
from zmq.core.naming import methods_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, ClassVar, Self, TypeVar

    from zmq.core.front import Front
    from zmq.core.socket import Socket

    _SocketType = TypeVar("_SocketType", bound=Socket[Any], covariant=True)
else:
    _SocketType = object

__all__ = ["AwaitedContext"]


@methods_of("Context")
class AwaitedContext(Context[_SocketType]):
    """A context that ``async with`` ends without blocking the loop.

    A subclass has a front, whose operations can be awaited.
    """

    _front: ClassVar[Front]

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, exc_type: object, exc_value: object, traceback: object) -> None:
        loop = self._front.current_loop()
        operation = self._front.operation(loop)
        for socket in self._sockets_open():
            socket.close()

        def terminate() -> None:
            try:
                self.term()
            except BaseException as error:
                loop.reactor.call(partial(operation.fail, error))
            else:
                loop.reactor.call(partial(operation.succeed, None))

        # A daemon: what lingers for a peer that never comes does not keep a program whose task
        # was cancelled.
        threading.Thread(target=terminate, name="zmq-term", daemon=True).start()
        # An error, a cancellation above all, is not kept waiting for such peers either.
        if exc_type is None:
            await operation
