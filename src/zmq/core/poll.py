"""Waiting for several sockets at once."""

from __future__ import annotations

from zmq._native import Poller as NativePoller
from zmq._native import zmq_poll
from zmq.constants import POLLERR, POLLIN, POLLOUT

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["Poller", "select"]


class Poller(NativePoller):
    """Watches any number of sockets and file descriptors (zmq_poll(3)).

    A poller may be shared by threads. Sockets and descriptors may be registered, used and closed by
    other threads while one waits; a socket that is closed ends the wait, and is reported with
    POLLERR until it is unregistered.
    """

    def __reduce__(self) -> tuple[Any, ...]:
        # Copies and pickles, as of any object of Python: programs do so to what holds a poller.
        from copyreg import __newobj__  # type: ignore[attr-defined]

        return __newobj__, (type(self),), (self.sockets, self.__dict__)

    def __setstate__(self, state: tuple[list[tuple[Any, int]], dict[str, Any]]) -> None:
        registered, attributes = state
        self.__dict__.update(attributes)
        for thing, flags in registered:
            self.register(thing, flags)


def select(
    rlist: list[Any], wlist: list[Any], xlist: list[Any], timeout: float | None = None
) -> tuple[list[Any], list[Any], list[Any]]:
    """Wait as select.select does, for sockets and descriptors.

    Parameters
    ----------
    rlist, wlist, xlist : list of zmq.Socket, int or objects with fileno()
        What to wait for: to be readable, writable, in error.
    timeout : float, optional
        Seconds to wait; None or less than 0 waits without end.

    Returns
    -------
    (readable, writable, in error)
        Lists of what is ready; descriptors as numbers.
    """
    milliseconds = -1 if timeout is None or timeout < 0 else int(timeout * 1000)
    wanted: dict[Any, int] = {}
    for things, flag in ((rlist, POLLIN), (wlist, POLLOUT), (xlist, POLLERR)):
        for thing in things:
            wanted[thing] = wanted.get(thing, 0) | int(flag)
    ready = zmq_poll(list(wanted.items()), milliseconds)
    return (
        [thing for thing, events in ready if events & POLLIN],
        [thing for thing, events in ready if events & POLLOUT],
        [thing for thing, events in ready if events & POLLERR],
    )
