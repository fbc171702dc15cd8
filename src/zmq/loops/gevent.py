"""gevent: greenlets wait in the hub of their thread."""

from __future__ import annotations

import sys

from gevent import get_hub  # type: ignore[import-untyped]
from gevent.monkey import get_original  # type: ignore[import-untyped]

from zmq.loops._hub import HubLoop
from zmq.loops.green import GreenFront

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, ClassVar

__all__ = ["GeventFront", "GeventLoop"]

_READ = 1  # gevent's flag of a watcher for reading


class GeventLoop(HubLoop):
    """A hub of gevent, for engines.

    The reactor is watched only while greenlets wait. A hub runs until nothing is left that could
    wake a greenlet: so a program that forgot a socket ends, and a deadlock is reported as one.
    """

    thread_local: ClassVar[Any] = get_original("threading", "local")()
    current_hub: ClassVar[Callable[[], Any]] = staticmethod(get_hub)  # pyright: ignore[reportIncompatibleMethodOverride]

    def start(self) -> None:
        """Prepare to have the hub call the reactor."""
        self._waiting = 0
        self._around_sleep: tuple[Any, ...] = ()
        self._watcher = self.hub.loop.io(self.reactor.fileno(), _READ)

    def stop(self) -> None:
        """Have the hub call the reactor no more."""
        for watcher in (self._watcher, *self._around_sleep):
            watcher.stop()
            watcher.close()

    def look_first(self) -> None:
        """Have the hub look before it sleeps; libuv's hub cannot tell whether it will."""
        loop = self.hub.loop
        if not hasattr(loop, "_callbacks") or not hasattr(loop, "fileno"):
            return
        before = loop.prepare(ref=False, priority=loop.MINPRI)
        after = loop.check(ref=False, priority=loop.MAXPRI)
        self._around_sleep = (before, after)
        before.start(self._look)
        after.start(self._slept)

    def _look(self) -> None:
        loop = self.hub.loop
        self._looked = not loop.pendingcnt and not loop._callbacks
        if self._looked:
            self.reactor.look(-1, loop.fileno())

    def _slept(self) -> None:
        if self._looked:
            self.reactor.slept()

    def hold(self) -> None:
        """Count one more greenlet that waits."""
        self._waiting += 1
        if self._waiting == 1:
            self._watcher.start(self.run, self.reactor.turn)

    def release(self) -> None:
        """Count one greenlet less that waits."""
        self._waiting -= 1
        if self._waiting == 0:
            # A greenlet that waits again before the hub has run costs no system call.
            self._watcher.stop()

    def watch_in_hub(self, fd: int, callback: Callable[[], object]) -> Callable[[], object]:
        """Have the hub call back, as for watch."""
        watcher = self.hub.loop.io(fd, _READ)
        watcher.start(self.run, callback)
        return _Stop(watcher)

    def later(self, seconds: float, callback: Callable[[], object]) -> Callable[[], object]:
        """Call back once, after a time; the returned function prevents it."""
        timer = self.hub.loop.timer(seconds)
        # From now, and not from when the hub last looked at the clock.
        timer.start(self.run, callback, update=True)
        return _Stop(timer)

    def report_error(self) -> None:
        """Report the exception that is being handled, as the hub does."""
        self.hub.handle_error(self, *sys.exc_info())

    def start_thread(self, function: Callable[[], object]) -> None:
        """Start a thread of the system, also where the program's threads are greenlets."""
        get_original("_thread", "start_new_thread")(function, ())

    def forget(self) -> None:
        """Leave the hub alone: this is the child of a fork."""
        super().forget()
        for watcher in (self._watcher, *self._around_sleep):
            watcher.stop()


class _Stop:
    """Stops a watcher."""

    def __init__(self, watcher: Any) -> None:
        self.watcher = watcher

    def __call__(self) -> None:
        self.watcher.stop()
        self.watcher.close()


class GeventFront(GreenFront):
    """Calls of greenlets of gevent."""

    loops: ClassVar[type[HubLoop]] = GeventLoop
    # The function itself: one step less for every call.
    current: Callable[[], Any] = staticmethod(get_hub)  # pyright: ignore[reportIncompatibleMethodOverride]
