"""Pollers that wait in an event loop, written once for all loops."""

from __future__ import annotations

import threading
from functools import partial

from zmq._native import Alarm, fileno_of
from zmq.core.engine import Loop, Operation
from zmq.core.naming import methods_of
from zmq.core.poll import Poller
from zmq.core.queued import timeout_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, ClassVar

    from zmq._native import Reactor
    from zmq.core.front import Front

__all__ = ["QueuedPoller"]


@methods_of("Poller")
class QueuedPoller(Poller):
    """A poller whose poll() waits in an event loop.

    It watches sockets of every kind, plain ones too, and descriptors. A subclass has a front.
    """

    _front: ClassVar[Front]

    def poll(self, timeout: float | None = -1) -> Any:
        """Wait until something is ready, as the blocking poll does."""
        front = self._front
        limit = timeout_of(timeout)
        loop = front.current_loop()
        loop.reactor.use()
        try:
            if limit:
                for thing in self._descriptors():
                    self._check(thing)
        except Exception as error:
            return front.error(error, True)
        try:
            ready = Poller.poll(self, 0)
        except Exception as error:
            return front.error(error)
        if ready or limit == 0 or not self.sockets:
            return front.after(loop, ready, limit == 0)
        operation = front.operation(loop)
        operation.on_timeout = list
        try:
            watch = _watch if loop.watches else _Watcher
            watch(self, loop, operation)
        except Exception as error:
            return front.error(error)
        if limit > 0:
            operation.at_end.append(loop.later(limit / 1000, operation.expire))
        return front.wait(operation)

    def _check(self, thing: Any) -> int:
        """Return the descriptor of something that is no socket; raise if no loop can watch it."""
        number: int = fileno_of(thing)
        if number < 0:
            raise ValueError(f"{number} is no file descriptor: {thing!r} cannot be polled")
        return number


def _watch(poller: QueuedPoller, loop: Loop, operation: Operation) -> None:
    """Have an operation end with what the poller finds ready: the loop watches a descriptor."""
    alarm = Alarm(poller)
    if loop.looks_at_watched and loop.reactor.begins_to_look(poller):
        loop.look_first()
    # The loop alone has the alarm: whichever way it lets go of it, no descriptor is left.
    alarmed = partial(_alarmed, poller, operation, alarm, loop.reactor)
    operation.at_end = [loop.watch(alarm.fileno(), alarmed)]


def _alarmed(poller: QueuedPoller, operation: Operation, alarm: Alarm, reactor: Reactor) -> None:
    if operation.at_end is not None:
        alarm.clear()
        _look(poller, operation, reactor)
    if operation.at_end is None:
        alarm.close()  # the loop may hold on to this call until it sleeps again


def _look(poller: QueuedPoller, operation: Operation, reactor: Reactor) -> None:
    try:
        ready = Poller.poll(poller, 0)
    except Exception as error:
        operation.fail(error)
        return
    if ready:
        reactor.count_looks(ready[0][0])
        operation.succeed(ready)


class _Watcher:
    """The same for a loop that cannot watch descriptors: a thread does."""

    def __init__(self, poller: QueuedPoller, loop: Loop, operation: Operation) -> None:
        self.poller, self.loop, self.operation = poller, loop, operation
        self.over = threading.Event()
        operation.at_end = [self.over.set]
        self.start()

    def start(self) -> None:
        threading.Thread(target=self.run, name="zmq-poller", daemon=True).start()

    def run(self) -> None:
        found = False
        while not (found or self.over.is_set() or self.loop.is_over()):
            try:
                found = bool(Poller.poll(self.poller, 1000))
            except Exception:
                found = True  # the loop will meet it as well
        if found:
            self.loop.reactor.call(self.look)

    def look(self) -> None:
        if not self.over.is_set():
            _look(self.poller, self.operation, self.loop.reactor)
        if not self.over.is_set():
            self.start()  # it has gone until the loop came to it
