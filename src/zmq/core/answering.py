"""How the callers of a front get what they ask for: a socket and a poller alike."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from zmq.core.engine import Loop

__all__ = ["Answering", "Returning"]


class Answering:
    """What a front fills in."""

    def _loop(self) -> Loop:
        """Return the loop that runs now."""
        raise NotImplementedError

    def _now(self, value: Any) -> Any:
        """Give the caller a result that is there already."""
        raise NotImplementedError

    def _raise(self, error: Exception) -> Any:
        """Give the caller an error."""
        raise NotImplementedError

    def _operation(self, loop: Loop) -> Any:
        """Make an Operation for a caller that has to wait."""
        raise NotImplementedError

    def _wait(self, operation: Any) -> Any:
        """Give the caller what an operation, which is queued, will end with."""
        raise NotImplementedError


class Returning(Answering):
    """Calls return their results, and raise their errors."""

    def _now(self, value: Any) -> Any:
        return value

    def _raise(self, error: Exception) -> Any:
        try:
            raise error
        finally:
            del error  # it has this frame in its traceback
