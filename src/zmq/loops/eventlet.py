"""eventlet: green threads wait in the hub of their thread."""

from __future__ import annotations

import sys
import weakref

from eventlet import patcher  # type: ignore[import-untyped]
from eventlet.hubs import get_hub  # type: ignore[import-untyped]

from zmq.loops._hub import HubLoop
from zmq.loops.green import GreenFront

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, ClassVar

_thread: Any = patcher.original("_thread")
_threading: Any = patcher.original("threading")

__all__ = ["EventletFront", "EventletLoop"]


class EventletLoop(HubLoop):
    """A hub of eventlet, for engines.

    After a fork eventlet's own hub is shared with the parent: a child that goes on with green
    threads has to call eventlet.hubs.use_hub() first, for sockets of any kind.
    """

    thread_local: ClassVar[Any] = _threading.local()
    current_hub: ClassVar[Callable[[], Any]] = staticmethod(get_hub)  # pyright: ignore[reportIncompatibleMethodOverride]

    def start(self) -> None:
        """Have the hub call the reactor, for as long as there is this loop."""
        self._do_poll: Callable[[float], Any] | None = None
        run, turn = weakref.WeakMethod(self.run), self.reactor.turn
        hub = self.hub

        def signalled(fd: int) -> None:
            found = run()
            if found is not None:
                found(turn)

        self._listener = hub.add(hub.READ, self.reactor.fileno(), signalled, _gone, _closed)

    def stop(self) -> None:
        """Have the hub call the reactor no more."""
        self.hub.remove(self._listener)
        if self._do_poll is not None:
            self.hub.do_poll = self._do_poll

    def look_first(self) -> None:
        """Have the hub look before it sleeps, if it has a poll object."""
        hub, reactor = self.hub, self.reactor
        do_poll = self._do_poll = getattr(hub, "do_poll", None)
        if do_poll is None:
            return
        fd = hub.poll.fileno() if hasattr(hub.poll, "fileno") else -1

        def look_then_poll(seconds: float) -> Any:
            if seconds <= 0:
                return do_poll(seconds)
            reactor.look(seconds, fd)
            ready = do_poll(seconds)
            reactor.slept()
            return ready

        hub.do_poll = look_then_poll

    def watch_in_hub(self, fd: int, callback: Callable[[], object]) -> Callable[[], object]:
        """Have the hub call back, as for watch."""
        hub = self.hub
        listener = hub.add(hub.READ, fd, lambda _fd: self.run(callback), _gone, _closed)
        return lambda: hub.remove(listener)

    def later(self, seconds: float, callback: Callable[[], object]) -> Callable[[], object]:
        """Call back once, after a time; the returned function prevents it."""
        return _Timer(self, seconds, callback).cancel

    def report_error(self) -> None:
        """Report the exception that is being handled, as the hub does."""
        # Raised, it would make the hub remove the descriptor.
        self.hub.squelch_generic_exception(sys.exc_info())

    def start_thread(self, function: Callable[[], object]) -> None:
        """Start a thread of the system, also where the program's threads are green."""
        _thread.start_new_thread(function, ())


class _Timer:
    """Calls back, once. A cancelled timer keeps nothing alive; the hub may keep it until then."""

    def __init__(self, loop: EventletLoop, seconds: float, callback: Callable[[], object]) -> None:
        self.loop: EventletLoop | None = loop
        self.callback: Callable[[], object] | None = callback
        self.timer = loop.hub.schedule_call_global(seconds, self.due)

    def due(self) -> None:
        if self.loop is not None and self.callback is not None:
            self.loop.run(self.callback)

    def cancel(self) -> None:
        self.loop = self.callback = None
        self.timer.cancel()


def _gone(error: BaseException) -> None:
    """Do nothing: only the reactor uses the descriptor; no greenlet has to get the error."""


def _closed() -> None:
    pass


class EventletFront(GreenFront):
    """Calls of green threads of eventlet."""

    loops: ClassVar[type[HubLoop]] = EventletLoop
    # The function itself: one step less for every call.
    current: Callable[[], Any] = staticmethod(get_hub)  # pyright: ignore[reportIncompatibleMethodOverride]
