"""How the callers of a front get what they ask for: a socket and a poller alike."""

from __future__ import annotations

from functools import partial

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from zmq.core.engine import Engine, Loop

__all__ = ["Answering", "Returning"]


class Answering:
    """What a front fills in."""

    def _loop(self) -> Loop:
        """Return the loop that runs now."""
        raise NotImplementedError

    def _now(self, value: Any) -> Any:
        """Give the caller a result that is there already."""
        raise NotImplementedError

    def _now_giving_way(self, value: Any) -> Any:
        """Give the caller a result that is there already, and others their turn if it waits."""
        raise NotImplementedError

    def _received(
        self, engine: Engine, value: Any, parts: Any = None, mores: list[int] | None = None
    ) -> Any:
        """Give the caller what the engine has received: `parts`, if not the value itself.

        They go back if the caller goes without the value; mores: see NativeEngine.try_recv_many.
        """
        return self._now(value)

    def _raise(self, error: Exception) -> Any:
        """Give the caller an error."""
        raise NotImplementedError

    def _operation(self, loop: Loop) -> Any:
        """Make an Operation for a caller that has to wait."""
        raise NotImplementedError

    def _wait(self, operation: Any) -> Any:
        """Give the caller what an operation, which is queued, will end with."""
        raise NotImplementedError

    # ---- what follows from it ----

    def _after(self, loop: Loop, value: Any, at_once: bool = False) -> Any:
        """Give a result, after others have had their turn if it is theirs (rule 5).

        at_once: a program may take it without waiting.
        """
        if not loop.reactor.spent:
            return self._now(value)
        if at_once:
            return self._now_giving_way(value)
        operation = self._operation(loop)
        loop.reactor.call(partial(operation.succeed, value))
        return self._wait(operation)


class Returning(Answering):
    """Calls return their results, and raise their errors; they give way before they are made."""

    def _now(self, value: Any) -> Any:
        return value

    def _after(self, loop: Loop, value: Any, at_once: bool = False) -> Any:
        return value

    def _raise(self, error: Exception) -> Any:
        try:
            raise error
        finally:
            del error  # it has this frame in its traceback
