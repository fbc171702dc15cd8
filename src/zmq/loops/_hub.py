"""The common part of gevent and eventlet: a greenlet, the hub, that runs the loop."""

from __future__ import annotations

import os
import weakref
from collections import deque
from contextlib import suppress
from functools import partial

from greenlet import getcurrent  # type: ignore[import-untyped]

from zmq.core.engine import Held, Loop
from zmq.loops._greenlet import GreenletOperation

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, ClassVar, Self

__all__ = ["HubLoop", "hub_loop"]

# The loops of this process. A forked child has the hubs of its parent, but not their loops.
_loops: weakref.WeakSet[HubLoop] = weakref.WeakSet()


class HubLoop(Loop):
    """The hub of a thread, for engines.

    What waits is woken in order, by the hub itself, once the reactor has had its turn: so a
    greenlet that goes on never runs in the middle of the engines' work.
    """

    # The loop of each thread ends with the thread; a hub may be kept for ever.
    thread_local: ClassVar[Any]

    def __init__(self, hub: Any) -> None:
        super().__init__()
        self.hub = hub
        self._woken: deque[GreenletOperation] = deque()
        self._watching: set[Callable[[], object]] = set()
        self.start()
        _loops.add(self)

    @classmethod
    def of(cls, hub: Any) -> Self:
        """Return the HubLoop of a hub, which is that of this thread."""
        found = getattr(cls.thread_local, "loop", None)
        if found is None or found.hub is not hub:
            found = cls.thread_local.loop = cls(hub)
            # It is released by a thread that ends, or that has another hub now.
            cls.thread_local.held = Held(found)
        return found

    @staticmethod
    def current_hub() -> Any:
        """Return the hub of this thread."""
        raise NotImplementedError

    @classmethod
    def current(cls) -> Self:
        """Return the HubLoop of the hub of this thread."""
        return cls.of(cls.current_hub())

    def start(self) -> None:
        """Have the hub call the reactor."""
        raise NotImplementedError

    def stop(self) -> None:
        """Have the hub call the reactor no more."""
        raise NotImplementedError

    def watch(self, fd: int, callback: Callable[[], object]) -> Callable[[], object]:
        """Call back whenever a descriptor is readable, until the returned function is called."""
        stop = _Stop(self._watching, self.watch_in_hub(fd, callback))
        self._watching.add(stop)
        return stop

    def watch_in_hub(self, fd: int, callback: Callable[[], object]) -> Callable[[], object]:
        """Have the hub call back, as for watch."""
        raise NotImplementedError

    def end(self) -> None:
        """Close all: the thread of the hub has ended, or has another hub."""
        if self.reactor.alive:
            with suppress(Exception):  # of a hub that was destroyed
                self.stop()
            for stop in list(self._watching):
                with suppress(Exception):
                    stop()
        super().end()

    def hold(self) -> None:
        """Count one more greenlet that waits: the hub must not end."""

    def release(self) -> None:
        """Count one greenlet less that waits."""

    def report_error(self) -> None:
        """Report the exception that is being handled, as the hub does."""
        raise NotImplementedError

    def start_thread(self, function: Callable[[], object]) -> None:
        """Start a thread of the system, also where the program's threads are greenlets."""
        raise NotImplementedError

    def forget(self) -> None:
        """Leave the hub alone: this is the child of a fork."""
        self.thread_local.loop = self.thread_local.held = None

    def wake_soon(self, operation: GreenletOperation) -> None:
        """Have a greenlet go on after the callback that runs now."""
        self._woken.append(operation)

    def pause(self) -> None:
        """Have the greenlet that runs now wait for the next turn of the reactor."""
        operation = GreenletOperation(self)
        self.reactor.call(partial(operation.succeed, None))
        operation.wait()

    def give_way(self) -> None:
        """Let other greenlets have their turn, if it is due (rule 5)."""
        if self.reactor.spent and not self.is_in_hub():
            self.pause()

    def is_in_hub(self) -> bool:
        """Whether the caller is the hub itself, which cannot wait for the hub."""
        return getcurrent() in (self.hub, getattr(self.hub, "greenlet", None))

    def in_thread(
        self, function: Callable[[], object], end: Callable[[], object] | None = None
    ) -> None:
        """Have the greenlet that runs now wait for a call that blocks, in a thread of its own.

        Killed, it calls `end` until the call has returned; without one it leaves the thread behind.
        """
        operation = GreenletOperation(self)
        over = False

        def work() -> None:
            nonlocal over
            try:
                function()
            except BaseException as error:
                self.reactor.call(partial(operation.fail, error))
            else:
                self.reactor.call(partial(operation.succeed, None))
            finally:
                over = True

        self.start_thread(work)
        try:
            operation.wait()
        except BaseException:
            # A call that has only just begun would not notice the first one.
            while end is not None and not over:
                end()
                self.pause()
            raise

    def run(self, callback: Callable[[], object]) -> None:
        """Call back, in the hub; then let greenlets go on whose operations have ended."""
        try:
            callback()
        except Exception:
            self.report_error()
        woken = self._woken
        try:
            while woken:
                woken.popleft().wake()
        except Exception:
            self.report_error()  # the error of a greenlet whose parent is the hub
        finally:
            if woken:
                self.run(_nothing)


class _Stop:
    """Ends the watch of a descriptor."""

    def __init__(self, watching: set[Callable[[], object]], unwatch: Callable[[], object]) -> None:
        self._watching = watching
        self._unwatch: Callable[[], object] | None = unwatch

    def __call__(self) -> None:
        # Keep neither the hub's listener nor its callbacks.
        unwatch, self._unwatch = self._unwatch, None
        self._watching.discard(self)
        if unwatch is not None:
            unwatch()


def hub_loop(loop: Loop) -> HubLoop:
    """Return a loop, for type checkers as a HubLoop."""
    return loop  # type: ignore[return-value]


def _nothing() -> None:
    pass


def _forked() -> None:
    for loop in list(_loops):
        loop.forget()
    _loops.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forked)
