"""A thread that watches for loops that cannot watch descriptors."""

from __future__ import annotations

import threading

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from zmq._native import Reactor

__all__ = ["watch_in_thread"]


def watch_in_thread(reactor: Reactor, call_in_loop: Callable[[Callable[[], None]], object]) -> None:
    """Call the reactor's turn() in its loop whenever it has something to do.

    The thread ends when the loop takes no calls any more.
    """
    served = threading.Event()

    def turn() -> None:
        try:
            reactor.turn()
        finally:
            served.set()

    def run() -> None:
        while True:
            reactor.wait()
            served.clear()
            try:
                call_in_loop(turn)
            except RuntimeError:  # the loop is closed
                return
            while not served.wait(1):
                pass

    threading.Thread(target=run, name="zmq-selector", daemon=True).start()
