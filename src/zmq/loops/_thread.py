"""A thread that watches for loops that cannot watch descriptors."""

from __future__ import annotations

import threading

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from zmq._native import Reactor

__all__ = ["watch_in_thread"]

# How often the thread of an idle loop looks whether there still is a loop.
_LOOK_S = 1.0


def watch_in_thread(
    reactor: Reactor,
    call_in_loop: Callable[[Callable[[], None]], object],
    is_over: Callable[[], bool],
) -> None:
    """Call the reactor's turn() in its loop whenever it has something to do.

    Parameters
    ----------
    reactor
        What to watch.
    call_in_loop
        Calls a function in the thread of the loop; raises RuntimeError once that is closed.
    is_over
        Whether the loop is gone; the thread ends then.
    """
    served = threading.Event()

    def turn() -> None:
        # Before it is over, as its callers may run the loop again, which needs another one.
        served.set()
        reactor.turn()

    def watch() -> None:
        while not is_over():
            if not reactor.wait(_LOOK_S):
                continue
            served.clear()
            try:
                call_in_loop(turn)
            except RuntimeError:
                return
            while not served.wait(_LOOK_S):
                if is_over():
                    return

    def run() -> None:
        try:
            watch()
        finally:
            reactor.close()  # not before: this thread sleeps on its descriptors

    threading.Thread(target=run, name="zmq-selector", daemon=True).start()
