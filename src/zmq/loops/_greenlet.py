"""How a greenlet waits."""

from __future__ import annotations

from greenlet import getcurrent  # type: ignore[import-untyped]

from zmq.core.engine import Operation

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["GreenletOperation"]


class GreenletOperation(Operation):
    """The operation of a greenlet that waits for it."""

    def __init__(self, loop: Any) -> None:
        self.loop = loop
        self.greenlet: Any = getcurrent()
        self.done: bool = False
        self.value: Any = None
        self.error: BaseException | None = None

    def resolve(self, value: Any) -> None:
        self.value = value
        self._end()

    def reject(self, error: BaseException) -> None:
        # The engine's own frames say nothing, and one of them has the error: a cycle.
        self.error = error.with_traceback(None)
        self._end()

    def _end(self) -> None:
        self.done = True
        self.loop.wake_soon(self)

    def wake(self) -> None:
        """Switch to the greenlet, unless it has gone on by itself; in the hub."""
        if self.greenlet is not None:
            self.greenlet.switch()

    def wait(self) -> Any:
        """Switch to the hub until the operation has ended; its result."""
        self.loop.hold()
        try:
            while not self.done:  # any code may switch to a greenlet
                self.loop.hub.switch()
        except BaseException:
            # Killed, or out of time: what has been taken goes back (rule 4).
            self.put_back() if self.done else self.cancel_wait()
            raise
        finally:
            self.greenlet = None
            self.loop.release()
        error, self.error = self.error, None
        if error is not None:
            try:
                raise error
            finally:
                del error  # it has this frame in its traceback
        self.delivered()
        return self.value
