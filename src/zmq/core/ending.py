"""The end of a context that does not block an event loop."""

from __future__ import annotations

import threading
from functools import partial

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from zmq._native import Reactor
    from zmq.core.context import Context
    from zmq.core.engine import Operation

__all__ = ["end_in_thread"]


def end_in_thread(context: Context[Any], reactor: Reactor, operation: Operation) -> None:
    """Close the sockets of a context and terminate it; the operation ends in its loop when it has.

    The thread is a daemon: what lingers for a peer that never comes does not keep a program whose
    task was cancelled.
    """
    for socket in context._sockets_open():
        socket.close()

    def terminate() -> None:
        try:
            context.term()
        except BaseException as error:
            reactor.call(partial(operation.fail, error))
        else:
            reactor.call(partial(operation.succeed, None))

    threading.Thread(target=terminate, name="zmq-term", daemon=True).start()
