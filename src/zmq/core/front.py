"""How the calls of a front answer: the contract of each event loop with its sockets.

A Front is one object, of which the sockets, pollers and contexts of a module know. It has no state
of a call. docs/design/fronts.md says what a new one has to provide.
"""

from __future__ import annotations

from abc import ABC, abstractmethod

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from zmq.core.engine import Engine, Loop

__all__ = ["CoroutineFront", "Front", "ReturningFront"]


class Front(ABC):
    """The contract of a front: which loop a call is made in, how its caller gets the outcome."""

    #: A receive out of turn (REQ, REP) waits until a send makes it its turn, and raises no EFSM.
    waits_through_efsm = False
    #: A call returns what it has received as it is; else `received` makes the answer.
    returns_received = False

    # ---- the loop ----

    @abstractmethod
    def current(self) -> object:
        """Return what identifies the loop that the caller is in. Each call asks: it is cheap."""

    @abstractmethod
    def loop(self, current: Any, /) -> Loop:
        """Return the Loop of what `current` has returned: always the same one, until it ends."""

    def current_loop(self) -> Loop:
        """Return the Loop that the caller is in."""
        return self.loop(self.current())

    # ---- the outcome ----

    @abstractmethod
    def value(self, value: Any) -> Any:
        """Answer with a result that is there already."""

    @abstractmethod
    def after(self, loop: Loop, value: Any, at_once: bool = False) -> Any:
        """Answer with a result, after others have had their turn if it is theirs (rule 5).

        at_once: the result is there for a program that looks at the answer without waiting.
        """

    @abstractmethod
    def received(
        self, engine: Engine, value: Any, taken: Any = None, mores: list[int] | None = None
    ) -> Any:
        """Answer with what the engine has just received.

        If the caller goes without it, it is put back (rule 4): the value, or `taken`, of which the
        value was made; mores: see NativeEngine.try_recv_many.
        """

    @abstractmethod
    def converted(self, received: Any, convert: Callable[[Any], Any]) -> Any:
        """Answer with what a function makes of what a call has answered."""

    @abstractmethod
    def error(self, error: Exception, at_call: bool = False) -> Any:
        """Answer with an error.

        at_call: of a call that would wait, for what is closed or cannot be watched.
        """

    # ---- the wait ----

    @abstractmethod
    def operation(self, loop: Loop) -> Any:
        """Return an Operation for a caller that has to wait in a loop."""

    @abstractmethod
    def wait(self, operation: Any) -> Any:
        """Answer with the outcome of an operation, which is in a queue of its engine."""


class ReturningFront(Front):
    """Calls return their results and raise their errors; they give way before they are made."""

    returns_received = True

    def value(self, value: Any) -> Any:
        return value

    def after(self, loop: Loop, value: Any, at_once: bool = False) -> Any:
        return value

    def received(
        self, engine: Engine, value: Any, taken: Any = None, mores: list[int] | None = None
    ) -> Any:
        return value

    def converted(self, received: Any, convert: Callable[[Any], Any]) -> Any:
        return convert(received)

    def error(self, error: Exception, at_call: bool = False) -> Any:
        try:
            raise error
        finally:
            del error  # it has this frame in its traceback


class CoroutineFront(ReturningFront):
    """Calls are coroutines, which await the operation of a call that has to wait."""

    waits_through_efsm = True

    def wait(self, operation: Any) -> Any:
        return operation

    async def converted(self, received: Any, convert: Callable[[Any], Any]) -> Any:
        return convert(await received)

    @abstractmethod
    async def checkpoint(self) -> None:
        """Let other tasks run, and a cancellation end the caller."""
