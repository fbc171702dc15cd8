"""asyncio, and what builds on it: uvloop, Tornado."""

from __future__ import annotations

import asyncio
import weakref
from asyncio import Future
from functools import partial

from zmq.core.engine import WOULD_BLOCK, Loop, Operation
from zmq.loops._thread import watch_in_thread

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from typing import Any

    _Future = Future[Any]
else:
    _Future = Future

__all__ = ["AsyncioLoop", "Waiting", "converted", "done", "failed", "running"]

# Both weak: a loop owns what stands for it, by its reader, and that keeps those who wait.
_loops: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, weakref.ref[AsyncioLoop]]
_loops = weakref.WeakKeyDictionary()


class AsyncioLoop(Loop):
    """An asyncio event loop, for engines."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__()
        self._loop = weakref.ref(loop)
        self.watches = True
        try:
            turn = partial(self.reactor.turn)
            turn.owner = self  # type: ignore[attr-defined]
            loop.add_reader(self.reactor.fileno(), turn)
        except (NotImplementedError, ValueError):
            self.watches = False
            watch_in_thread(self.reactor, self._call, self._is_over)

    @classmethod
    def of(cls, loop: asyncio.AbstractEventLoop) -> AsyncioLoop:
        """Return what stands for a loop."""
        known = _loops.get(loop)
        found = None if known is None else known()
        if found is None:
            found = cls(loop)
            _loops[loop] = weakref.ref(found)
        return found

    def loop(self) -> asyncio.AbstractEventLoop:
        """Return the loop itself."""
        loop = self._loop()
        assert loop is not None  # whoever asks runs in it
        return loop

    def _call(self, callback: Callable[[], object]) -> None:
        loop = self._loop()
        if loop is not None:
            loop.call_soon_threadsafe(callback)

    def _is_over(self) -> bool:
        loop = self._loop()
        return loop is None or loop.is_closed()

    def watch(self, fd: int, callback: Callable[[], object]) -> Callable[[], object]:
        """Call back whenever a descriptor is readable, until the returned function is called."""
        loop = self.loop()
        loop.add_reader(fd, callback)
        return lambda: loop.remove_reader(fd)

    def later(self, seconds: float, callback: Callable[[], object]) -> Callable[[], object]:
        """Call back once, after a time; the returned function prevents it."""
        return self.loop().call_later(seconds, callback).cancel


def running() -> asyncio.AbstractEventLoop:
    """Return the loop that runs now, or the one that is set for this thread."""
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.get_event_loop()


def done(loop: asyncio.AbstractEventLoop, value: Any) -> Future[Any]:
    """Return a future that has its result."""
    future: Future[Any] = Future(loop=loop)
    future.set_result(value)
    return future


def failed(loop: asyncio.AbstractEventLoop, error: BaseException) -> Future[Any]:
    """Return a future that has failed, and does not complain if nobody looks."""
    future: Future[Any] = Future(loop=loop)
    future.set_exception(error.with_traceback(None))
    future.exception()
    return future


def converted(received: Any, convert: Callable[[Any], Any]) -> Future[Any]:
    """Return the future of what a function makes of what is received."""
    if isinstance(received, Waiting) and not received.done():
        received.then(convert)
        return received
    if not isinstance(received, Future) or not received.done():
        return asyncio.ensure_future(_chain(received, convert))
    loop = received.get_loop()
    try:
        return done(loop, convert(received.result()))
    except (Exception, asyncio.CancelledError) as error:
        return failed(loop, error)


async def _chain(received: Any, convert: Callable[[Any], Any]) -> Any:
    return convert(await received)


class Waiting(Operation, _Future):
    """The future of an operation that waits.

    The message that it ends with counts as delivered when somebody has seen it: a task that is
    cancelled between the two has not, nor has a program that has dropped the future.
    """

    _awaiting = 0
    _asks_to_be_woken = False
    _wake: Any = None

    def resolve(self, value: Any) -> None:
        if self.done():
            self.give_back()
            return
        self.set_result(value)
        if self._wake is not None:
            self._wake_task()

    def reject(self, error: BaseException) -> None:
        if not self.done():
            self.set_exception(error)
            self.exception()
            if self._wake is not None:
                self._wake_task()

    def add_done_callback(self, fn: Any, *, context: Any = None) -> None:
        # What a task asks for when it starts to wait is kept: see _wake_task.
        if self._asks_to_be_woken:
            self._asks_to_be_woken = False
            if self._wake is None and context is not None:
                self._wake = (fn, context)
                return
        super().add_done_callback(fn, context=context)

    def _wake_task(self) -> None:
        """Let the task go on at once, and not after another turn of the loop.

        Operations end in a callback of the loop, in which no task runs: there is no other to
        disturb. And nobody can cancel the task between its message and its going on.
        """
        (wake, context), self._wake = self._wake, None
        # It gets its result from __await__, and looks at what it is given for errors only.
        context.run(wake, _WOKEN)

    def cancel(self, msg: Any = None) -> bool:
        if not super().cancel(msg):
            return False
        self.cancel_wait()
        if self._wake is not None:
            (wake, context), self._wake = self._wake, None
            self.get_loop().call_soon(wake, self, context=context)
        return True

    def result(self) -> Any:
        value = _result(self)
        # A task's own look before it goes on is not yet its program's.
        if not self._awaiting:
            self.taken = WOULD_BLOCK
        return value

    def __await__(self) -> Generator[Any, None, Any]:
        if not self.done():
            self._asyncio_future_blocking = True
            self._asks_to_be_woken = True
            self._awaiting += 1
            try:
                yield self
            except BaseException:
                self._awaiting -= 1
                if not self._awaiting:
                    self.give_back()
                raise
            self._awaiting -= 1
            if not self.done():
                raise RuntimeError("a future of a socket is awaited, not yielded from")
        self.taken = WOULD_BLOCK
        try:
            return _result(self)
        finally:
            del self  # it has the error, which knows this frame

    __iter__ = __await__  # for generators of Tornado and older programs

    def __del__(self) -> None:
        if self.taken is not WOULD_BLOCK:
            self.give_back()


class _NoLoop:
    def get_debug(self) -> bool:
        return False


_result = Future.result
# The future of a task that only has to go on.
_WOKEN: Future[None] = Future(loop=_NoLoop())  # type: ignore[arg-type]
_WOKEN.set_result(None)
