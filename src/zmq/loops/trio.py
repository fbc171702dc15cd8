"""trio: tasks wait in its scheduler, one system task of each run watches the sockets."""

from __future__ import annotations

import threading

import trio
from outcome import Error, Value
from trio import lowlevel
from trio.lowlevel import Abort, checkpoint, current_trio_token, in_trio_run, spawn_system_task

from zmq.core.engine import Loop, Operation
from zmq.loops._thread import watch_in_thread

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from typing import Any

    from zmq._native import Reactor

__all__ = [
    "TrioLoop",
    "TrioOperation",
    "checkpoint",
    "current_loop",
    "current_trio_token",
    "in_trio_run",
]

_of_this_run: lowlevel.RunVar[TrioLoop | None] = lowlevel.RunVar("zmq")


class TrioLoop(Loop):
    """A run of trio, for engines."""

    looks_at_watched = False  # trio does not give the descriptor that it sleeps on

    def __init__(self) -> None:
        super().__init__()
        self.watches: bool = self.reactor.fileno() >= 0
        if self.watches:
            spawn_system_task(self._serve, name="zmq.anyio: sockets")
        else:
            over = threading.Event()
            spawn_system_task(_tell_of_the_end, over, name="zmq.anyio: end")
            watch_in_thread(self.reactor, current_trio_token().run_sync_soon, over.is_set)

    def look_first(self) -> None:
        """Have the run look before it sleeps."""
        lowlevel.add_instrument(LookFirst(self.reactor))

    async def _serve(self) -> None:
        """Call the reactor until the run ends: system tasks end after all others."""
        try:
            while True:
                await lowlevel.wait_readable(self.reactor.fileno())
                self.reactor.turn()
        finally:
            self.end()

    def watch(self, fd: int, callback: Callable[[], object]) -> Callable[[], object]:
        """Call back whenever a descriptor is readable, until the returned function is called."""
        scope = trio.CancelScope()

        async def watching() -> None:
            with scope:
                while True:
                    # The descriptor may be closed as soon as the scope is cancelled.
                    await lowlevel.checkpoint_if_cancelled()
                    await lowlevel.wait_readable(fd)
                    if not scope.cancel_called:
                        callback()

        spawn_system_task(watching, name="zmq.anyio: watch")
        return scope.cancel

    def later(self, seconds: float, callback: Callable[[], object]) -> Callable[[], object]:
        """Call back once, after a time; the returned function prevents it."""
        scope = trio.CancelScope()

        async def waiting() -> None:
            with scope:
                await trio.sleep(seconds)
            if not scope.cancel_called:
                callback()

        spawn_system_task(waiting, name="zmq.anyio: time-out")
        return scope.cancel


class LookFirst(trio.abc.Instrument):
    """Looks before a run sleeps."""

    def __init__(self, reactor: Reactor) -> None:
        self._reactor = reactor

    def before_io_wait(self, timeout: float) -> None:
        """Look."""
        if timeout > 0:
            self._reactor.look(timeout)

    def after_io_wait(self, timeout: float) -> None:
        """Note how the wait has gone."""
        if timeout > 0:
            self._reactor.slept()


async def _tell_of_the_end(over: threading.Event) -> None:
    try:
        await trio.sleep_forever()
    finally:
        over.set()


def current_loop() -> TrioLoop:
    """Return the TrioLoop of the run that the caller is in."""
    loop = _of_this_run.get(None)
    if loop is None or not loop.reactor.alive:
        loop = TrioLoop()
        _of_this_run.set(loop)
    return loop


class TrioOperation(Operation):
    """An operation whose caller waits in trio's scheduler.

    From the moment that trio is told the result the wait cannot be cancelled any more: what was
    taken arrives.
    """

    _task: lowlevel.Task | None = None

    def __await__(self) -> Generator[Any, Any, Any]:
        self._task = lowlevel.current_task()
        return lowlevel.wait_task_rescheduled(self._abort).__await__()

    def _abort(self, raise_cancel: object) -> Abort:
        self._task = None
        self.cancel_wait()
        return Abort.SUCCEEDED

    def resolve(self, value: Any) -> None:
        """Wake the caller with the result."""
        task, self._task = self._task, None
        if task is not None:
            self.delivered()
            lowlevel.reschedule(task, Value(value))

    def reject(self, error: BaseException) -> None:
        """Wake the caller with an error."""
        task, self._task = self._task, None
        if task is not None:
            lowlevel.reschedule(task, Error(error))
