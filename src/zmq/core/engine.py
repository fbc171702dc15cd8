"""Operations that wait for one socket in an event loop. Knows no event loop.

The rules, which this file and its native half (``_native/engine.pxi``, where the states are) keep
for every loop:

- operations are served in the order in which they came, receives and sends apart from each other;
- whatever lets an operation go on, a message, a call in another thread, close, the end of the
  context, makes the engine due in the thread of the loop; nothing is polled on a timer;
- a turn ends when others should have theirs (:func:`set_fairness`), and is taken up again;
- an operation that was cancelled takes nothing, and one whose caller has gone puts back what it
  has taken.
"""

from __future__ import annotations

from contextlib import suppress

from zmq._native import (
    FROM_QUEUE,
    WOULD_BLOCK,
    NativeEngine,
    Reactor,
    fairness,
    set_fairness,
    would_block,
)
from zmq.constants import POLLIN, POLLOUT
from zmq.error import ZMQError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections import OrderedDict
    from collections.abc import Callable
    from typing import Any, TypeAlias

    from zmq.core.socket import Socket

    Callback: TypeAlias = Callable[[], object]
    Queue: TypeAlias = "OrderedDict[Operation, int]"

__all__ = [
    "FROM_QUEUE",
    "WOULD_BLOCK",
    "Engine",
    "Held",
    "Loop",
    "Operation",
    "fairness",
    "set_fairness",
]

_IN = int(POLLIN)
_OUT = int(POLLOUT)


class Loop:
    """An event loop, as engines need it: it watches one descriptor and calls back.

    Methods are called in the thread of the loop.
    """

    #: Whether watch() works: if not, a thread has to.
    watches: bool = True
    #: Whether look_first() has what is watched looked at, too, and not the reactor alone.
    looks_at_watched: bool = True

    def __init__(self) -> None:
        self.reactor: Reactor = Reactor()

    def watch(self, fd: int, callback: Callback) -> Callback:
        """Call back whenever a descriptor is readable, until the returned function is called."""
        raise NotImplementedError

    def later(self, seconds: float, callback: Callback) -> Callback:
        """Call back once, after a time; the returned function prevents it."""
        raise NotImplementedError

    def look_first(self) -> None:
        """Have the loop call Reactor.look() before it sleeps, and slept() after it, if it can.

        Called once, when the first socket waits that has busy_wait_us.
        """

    def is_over(self) -> bool:
        """Whether the loop has ended; asked in any thread."""
        return not self.reactor.alive

    def end(self) -> None:
        """Let go of descriptors and of operations: the loop has ended."""
        self.reactor.close()


class Held:
    """Kept by an event loop for its Loop: the loop has ended when it lets go of this."""

    def __init__(self, loop: Loop) -> None:
        self._loop = loop

    def __del__(self) -> None:
        self._loop.end()


class Operation:
    """Something that waits for a socket. A subclass for each loop says how its caller is woken.

    Attributes
    ----------
    attempt : callable
        Tries it: gives what was taken, or WOULD_BLOCK.
    finish : callable, optional
        Makes the result of what was taken.
    """

    # A subclass may also be a future, which has a layout of its own: no slots here.
    engine: Engine | None = None
    socket: Any = None  # kept alive while its caller waits
    attempt: Callable[[], Any]
    finish: Callable[[Any], Any] | None = None
    waits_through_efsm = False  # EFSM does not end a receive: it waits until a send was made
    queue: Queue | None = None  # where it waits; written by NativeEngine alone
    events: int = 0  # of a poll
    timeout_ms = 0  # how long it waits, where that has an end
    on_timeout: Callable[[], Any] | None = None
    at_end: list[Callback] | None = None  # to be called when the wait is over
    taken: Any = WOULD_BLOCK  # a message, until the caller has it
    order = 0  # of its last part
    takes_message = False  # a receive: what was taken is a message

    def then(self, convert: Callable[[Any], Any]) -> None:
        """Replace the result by what a function makes of it."""
        first = self.finish
        self.finish = convert if first is None else lambda taken: convert(first(taken))

    def resolve(self, value: Any) -> None:
        """Wake the caller with the result."""
        raise NotImplementedError

    def reject(self, error: BaseException) -> None:
        """Wake the caller with an error."""
        raise NotImplementedError

    def leave(self) -> None:
        """Wait no longer: cancelled, or done."""
        if self.queue is not None:
            assert self.engine is not None
            self.engine.dequeue(self)
        if self.at_end is not None:
            calls, self.at_end = self.at_end, None
            for call in calls:
                call()

    def succeed(self, taken: Any) -> None:
        """End with what was taken."""
        self.leave()
        self.taken = taken
        try:
            value = taken if self.finish is None else self.finish(taken)
        except Exception as error:
            self.taken = WOULD_BLOCK
            self.reject(error)
        else:
            self.resolve(value)

    def fail(self, error: BaseException) -> None:
        """End with an error."""
        self.leave()
        # The frames of the engine tell a program nothing, and would hold on to the error.
        self.reject(error.with_traceback(None))

    def expire(self) -> None:
        """End as the time is over."""
        engine = self.engine  # None for the operation of a poller, which has no queue
        if engine is not None:
            engine.serve()  # a message that has come while the loop was busy counts
        queue = self.queue
        if queue is None and engine is not None:
            return
        if self.on_timeout is not None:
            self.succeed(self.on_timeout())
        else:
            assert engine is not None
            self.fail(would_block(engine, queue is engine.sends, self.timeout_ms))
        self._settle()

    def cancel_wait(self) -> None:
        """End without a result: its caller has gone."""
        self.leave()
        self._settle()

    def _settle(self) -> None:
        if self.engine is not None:
            self.engine.changed()

    def put_back(self) -> None:
        """Put back what was taken: its caller has gone without it (rule 4)."""
        taken, self.taken = self.taken, WOULD_BLOCK
        if taken is not WOULD_BLOCK and self.takes_message and self.engine is not None:
            # A socket that was closed has dropped what was not received, and this with it.
            with suppress(ZMQError):
                self.engine.put_back(taken, self.order)

    def delivered(self) -> None:
        """Forget what was taken: the caller has it."""
        self.taken = WOULD_BLOCK


class Engine(NativeEngine):
    """The operations that wait for one socket in one event loop."""

    loop: Loop

    @classmethod
    def of(cls, loop: Loop, socket: Socket[Any]) -> Engine:
        """Return the engine of a socket in a loop; all handles of the socket share it."""
        found = NativeEngine.find(loop.reactor, socket)
        if found is not None:
            return found  # type: ignore[return-value]
        engine = cls(loop.reactor, socket)
        engine.loop = loop
        return engine

    def look_first(self) -> None:
        """Have the loop look before it sleeps."""
        self.loop.look_first()

    def wait_to_receive(self, operation: Operation, socket: object = None) -> None:
        """Queue an operation that receives, for a socket; RCVTIMEO holds."""
        self._wait(operation, socket, _IN, self.timeout_ms(False))

    def wait_to_send(self, operation: Operation, socket: object = None) -> None:
        """Queue an operation that sends, for a socket; SNDTIMEO holds."""
        self._wait(operation, socket, _OUT, self.timeout_ms(True))

    def wait_for_events(
        self, operation: Operation, socket: object, events: int, timeout_ms: int
    ) -> None:
        """Queue an operation that polls a socket."""
        operation.events = events
        self._wait(operation, socket, 0, timeout_ms)

    def _wait(self, operation: Operation, socket: object, kind: int, timeout_ms: int) -> None:
        operation.engine = self
        operation.socket = socket
        self.enqueue(operation, kind)
        if timeout_ms >= 0:
            operation.timeout_ms = timeout_ms
            operation.at_end = [self.loop.later(timeout_ms / 1000, operation.expire)]
        self.changed()

    def waits_for(self, events: int) -> list[Operation]:
        """Return the operations that wait to receive, or to send: POLLIN or POLLOUT."""
        queue = self.receives if events == _IN else self.sends
        return [*queue, *(poll for poll in self.polls if poll.events & events)]

    def waits_to_move(self) -> list[Operation]:
        """Return the operations that wait to receive and to send."""
        return [*self.receives, *self.sends]
