"""Operations that wait for one socket in an event loop. Knows no event loop.

The rules, which this file keeps for every loop:

- who waits is served in order, receives and sends apart from each other;
- whatever lets an operation go on, a message, a call in another thread, close, the end of the
  context, calls :meth:`Engine.turn` in the thread of the loop; nobody looks at the clock for it;
- a turn ends when others should have theirs (:func:`set_fairness`), and is taken up again;
- an operation that was cancelled takes nothing, and one whose caller has gone puts back what it
  has taken.
"""

from __future__ import annotations

from collections import OrderedDict
from contextlib import suppress

from zmq._native import FROM_QUEUE, WOULD_BLOCK, NativeEngine, Reactor, fairness, set_fairness
from zmq.constants import POLLIN, POLLOUT, Errno
from zmq.error import Again, ZMQError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, TypeAlias

    from zmq.core.socket import Socket

    Callback: TypeAlias = Callable[[], object]
    Queue: TypeAlias = "OrderedDict[Operation, None]"

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
_EFSM = int(Errno.EFSM)


class Loop:
    """An event loop, as engines need it: it watches one descriptor and calls back.

    Methods are called in the thread of the loop.
    """

    #: Whether watch() works: if not, a thread has to.
    watches = True

    def __init__(self) -> None:
        self.reactor = Reactor()

    def watch(self, fd: int, callback: Callback) -> Callback:
        """Call back whenever a descriptor is readable, until the returned function is called."""
        raise NotImplementedError

    def later(self, seconds: float, callback: Callback) -> Callback:
        """Call back once, after a time; the returned function prevents it."""
        raise NotImplementedError

    def is_over(self) -> bool:
        """Whether the loop has ended; asked in any thread."""
        return not self.reactor.alive

    def end(self) -> None:
        """Let go of descriptors and of what waits: the loop has ended."""
        self.reactor.close()


class Held:
    """What an event loop has of a Loop: it has ended when it lets go of this."""

    def __init__(self, loop: Loop) -> None:
        self._loop = loop

    def __del__(self) -> None:
        self._loop.end()


class Operation:
    """Something that waits for a socket. A loop's subclass says how its caller is woken.

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
    tried_in = -1  # the pass over the queues in which it would block
    waits_through_efsm = False  # EFSM does not end it: a send will make it its turn
    queue: Queue | None = None  # where it waits
    events: int = 0  # of a poll
    on_timeout: Callable[[], Any] | None = None
    at_end: list[Callback] | None = None  # to be called when the wait is over
    taken: Any = WOULD_BLOCK  # a message, until the caller has it
    order = 0  # of its last part
    takes_message = False  # what was taken is a message

    def then(self, convert: Callable[[Any], Any]) -> None:
        """Put what a function makes of the result in its place."""
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
        queue = self.queue
        if queue is not None:
            del queue[self]
            self.queue = self.socket = None
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
        # What happened in here tells a program nothing, and its frames would hold on to the error.
        self.reject(error.with_traceback(None))

    def expire(self) -> None:
        """End as the time is over."""
        engine = self.engine
        if engine is not None:
            engine.serve()  # what has come while the loop was busy counts
        if self.queue is None and engine is not None:
            return
        if self.on_timeout is not None:
            self.succeed(self.on_timeout())
        else:
            self.fail(Again())
        self._settle()

    def cancel_wait(self) -> None:
        """End as nobody wants it any more."""
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
    receives: Queue
    sends: Queue
    polls: Queue
    passes = 0  # over the queues, so far

    @classmethod
    def of(cls, loop: Loop, socket: Socket[Any]) -> Engine:
        """Return the engine of a socket in a loop; all handles of the socket share it."""
        found = NativeEngine.find(loop.reactor, socket)
        if found is not None:
            return found  # type: ignore[return-value]
        engine = cls(loop.reactor, socket)
        engine.loop = loop
        engine.receives = OrderedDict()
        engine.sends = OrderedDict()
        engine.polls = OrderedDict()
        return engine

    # ---- waiting ----

    def wait_to_receive(self, operation: Operation, socket: object = None) -> None:
        """Queue an operation that receives, for a socket; RCVTIMEO holds."""
        self._queue(operation, socket, self.receives, self.timeout_ms(False))

    def wait_to_send(self, operation: Operation, socket: object = None) -> None:
        """Queue an operation that sends, for a socket; SNDTIMEO holds."""
        self._queue(operation, socket, self.sends, self.timeout_ms(True))

    def wait_for_events(
        self, operation: Operation, socket: object, events: int, timeout_ms: int
    ) -> None:
        """Queue an operation that polls a socket."""
        operation.events = events
        self._queue(operation, socket, self.polls, timeout_ms)

    def _queue(self, operation: Operation, socket: object, queue: Queue, timeout_ms: int) -> None:
        operation.engine = self
        operation.socket = socket
        operation.queue = queue
        operation.tried_in = self.passes
        queue[operation] = None
        if timeout_ms >= 0:
            operation.at_end = [self.loop.later(timeout_ms / 1000, operation.expire)]
        self.changed()

    def changed(self) -> None:
        """Go by what the queues hold now."""
        if not self.will_rest() and self.settle():
            self.ring()

    def settle(self) -> int:
        """Wait for what the queues want; the events of it that are there already."""
        queued = (_IN if self.receives else 0) | (_OUT if self.sends else 0)
        wanted = queued
        if self.polls:
            for operation in self.polls:
                wanted |= operation.events
        return self.rest(queued, wanted)

    def waits_for(self, events: int) -> list[Operation]:
        """Return the operations that wait to receive, or to send: POLLIN or POLLOUT."""
        queue = self.receives if events == _IN else self.sends
        return [*queue, *(poll for poll in self.polls if poll.events & events)]

    def waits_to_move(self) -> list[Operation]:
        """Return the operations that wait to receive and to send."""
        return [*self.receives, *self.sends]

    # ---- going on ----

    def turn(self) -> None:
        """Let the operations go on that can; the loop calls it when the socket has signalled.

        Callers go on in here, and may run the loop by themselves, which enters the turn again.
        """
        tried_sends = idle_passes = 0
        while True:
            self.passes += 1
            self.begin()
            try:
                moved = self._serve(self.receives, _IN) if self.receives else 0
                if self.sends:
                    moved += self._serve(self.sends, _OUT)
                if self.polls:
                    self._serve_polls()
            except BaseException:
                self.settle()
                self.ring()  # for what is left
                raise
            # Where a caller has come back to wait, the queues may be settled already.
            ready = self.settle() if self.restless else 0
            if not ready:
                return
            if self.spent or idle_passes > 3:
                self.ring()
                return
            if moved:
                tried_sends = idle_passes = 0
            elif ready & ~_OUT:
                # It has come since it was tried.
                idle_passes += 1
            elif not tried_sends:
                # A ROUTER says that it can send, even where one peer's queue is full: so once.
                tried_sends = 1
            else:
                return

    def dismiss(self) -> None:
        """Let go of the operations: the loop has ended, and their callers never go on."""
        for queue in (self.receives, self.sends, self.polls):
            for operation in list(queue):
                with suppress(Exception):  # of timers of a loop that is no more
                    operation.leave()
        self.rest(0, 0)

    def _end(
        self, operation: Operation, taken: Any, error: BaseException | None = None, emptied: int = 0
    ) -> None:
        """Have the caller of an operation go on: it may come back, or run the loop by itself."""
        queue = operation.queue
        operation.leave()
        if emptied and not queue:
            self.emptied(emptied)
        if self.receives or self.sends or self.polls:
            self.keep_awake()
        if error is None:
            operation.succeed(taken)
        else:
            operation.fail(error)

    def _serve(self, queue: Queue, events: int) -> int:
        """Serve a queue in order; how many have ended."""
        served = 0
        while queue:
            operation = next(iter(queue))
            if operation.tried_in == self.passes:
                break  # a caller that went on in this pass has come back, and would block
            taken = error = None
            try:
                taken = operation.attempt()
                if taken is WOULD_BLOCK:
                    break
                operation.order = self.order
            except Exception as raised:
                if operation.waits_through_efsm and getattr(raised, "errno", None) == _EFSM:
                    break
                error = raised
            self._end(operation, taken, error, events)
            if error is not None:
                del error, operation  # which know each other by this frame
            served += 1
            if self.spent:
                break
        return served

    def _serve_polls(self) -> None:
        error: Exception | None = None
        try:
            events = self.events()
        except Exception as raised:
            events, error = 0, raised
        try:
            for operation in list(self.polls):
                if operation.queue is None:
                    continue  # it has ended, while another went on
                if error is not None or events & operation.events:
                    self._end(operation, events & operation.events, error)
        finally:
            error = operation = None  # type: ignore[assignment]  # they know each other by this frame
