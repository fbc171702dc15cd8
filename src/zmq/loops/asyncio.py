"""asyncio, and what builds on it: uvloop, Tornado."""

from __future__ import annotations

import asyncio
import weakref
from functools import partial
from selectors import BaseSelector

from zmq.core.engine import Held, Loop
from zmq.loops._thread import watch_in_thread

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from selectors import SelectorKey

    from zmq._native import Reactor

__all__ = ["AsyncioLoop", "running"]

# Both weak: a loop owns what stands for it, by its reader, and that keeps what waits.
_loops: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, weakref.ref[AsyncioLoop]]
_loops = weakref.WeakKeyDictionary()


class AsyncioLoop(Loop):
    """An asyncio event loop, for engines."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__()
        self._loop = weakref.ref(loop)
        self._turn_is_due = False
        self.watches: bool = True
        try:
            again = _calls_readers_again(loop)
            turn = partial(self.reactor.turn_outside if again else self._turn_soon)
            loop.add_reader(self.reactor.fileno(), turn)
            # A loop that is closed lets go of its readers.
            turn.held = Held(self)  # type: ignore[attr-defined]
        except (NotImplementedError, ValueError):
            self.watches = False
            watch_in_thread(self.reactor, self._call, self.is_over)

    @classmethod
    def of(cls, loop: asyncio.AbstractEventLoop) -> AsyncioLoop:
        """Return what stands for a loop.

        After a fork the loop is shared with the parent process, what stands for it is not: the
        parent's sockets are not served here, nor is anything that the parent watches touched.
        """
        known = _loops.get(loop)
        found = None if known is None else known()
        if found is None or not found.reactor.alive:
            found = cls(loop)
            _loops[loop] = weakref.ref(found)
        return found

    def loop(self) -> asyncio.AbstractEventLoop:
        """Return the loop itself."""
        loop = self._loop()
        assert loop is not None  # the caller runs in it
        return loop

    def _turn_soon(self) -> None:
        if not self._turn_is_due:
            self._turn_is_due = True
            self.loop().call_soon(self._turn_now)

    def _turn_now(self) -> None:
        self._turn_is_due = False
        self.reactor.turn()

    def _call(self, callback: Callable[[], object]) -> None:
        loop = self._loop()
        if loop is not None:
            loop.call_soon_threadsafe(callback)

    def look_first(self) -> None:
        """Have the loop look before its selector sleeps; uvloop has none."""
        loop = self.loop()
        selector = getattr(loop, "_selector", None)
        is_asyncios = isinstance(loop, asyncio.SelectorEventLoop)
        if self.watches and is_asyncios and isinstance(selector, BaseSelector):
            selector.select = LookFirst(self.reactor, selector)  # type: ignore[method-assign]

    def is_over(self) -> bool:
        """Whether the loop is closed, or gone."""
        loop = self._loop()
        return loop is None or loop.is_closed()

    def watch(self, fd: int, callback: Callable[[], object]) -> Callable[[], object]:
        """Call back whenever a descriptor is readable, until the returned function is called."""
        loop = self.loop()
        loop.add_reader(fd, callback)
        return lambda: None if loop.is_closed() else loop.remove_reader(fd)

    def later(self, seconds: float, callback: Callable[[], object]) -> Callable[[], object]:
        """Call back once, after a time; the returned function prevents it."""
        return self.loop().call_later(seconds, callback).cancel


class LookFirst:
    """The select() of a selector that looks before it sleeps."""

    def __init__(self, reactor: Reactor, selector: BaseSelector) -> None:
        self._reactor = reactor
        self._select = selector.select
        fileno = getattr(selector, "fileno", None)
        self._fd = -1 if fileno is None else fileno()

    def __call__(self, timeout: float | None = None) -> list[tuple[SelectorKey, int]]:
        if timeout is not None and timeout <= 0:
            return self._select(timeout)
        self._reactor.look(-1 if timeout is None else timeout, self._fd)
        ready = self._select(timeout)
        self._reactor.slept()
        return ready


def running() -> asyncio.AbstractEventLoop:
    """Return the loop that runs now, or the one that is set for this thread."""
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.get_event_loop()


def _calls_readers_again(loop: asyncio.AbstractEventLoop) -> bool:
    """Whether a loop that is run in a reader's callback calls that reader, once it is outside.

    Loops of other toolkits, Qt's for example, do not watch the descriptor until it has returned.
    """
    add_reader = type(loop).add_reader
    return (
        add_reader is asyncio.SelectorEventLoop.add_reader
        or type(loop).__module__.partition(".")[0] == "uvloop"
    )
