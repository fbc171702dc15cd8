"""Pollers that wait in an event loop, written once for all loops."""

from __future__ import annotations

import threading
from functools import partial

from zmq.core.engine import Loop, Operation
from zmq.core.poll import Poller
from zmq.core.queued import timeout_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["QueuedPoller"]


class QueuedPoller(Poller):
    """A poller whose poll() waits in an event loop.

    It watches sockets of every kind, plain ones too, and descriptors.
    """

    # ---- what a front fills in; as for QueuedSocket ----

    def _loop(self) -> Loop:
        raise NotImplementedError

    def _now(self, value: Any) -> Any:
        raise NotImplementedError

    def _raise(self, error: Exception) -> Any:
        raise NotImplementedError

    def _operation(self, loop: Loop) -> Any:
        raise NotImplementedError

    def _wait(self, operation: Any) -> Any:
        raise NotImplementedError

    def poll(self, timeout: float | None = -1) -> Any:
        """Wait until something is ready, as the blocking poll does."""
        limit = timeout_of(timeout)
        try:
            ready = Poller.poll(self, 0)
        except Exception as error:
            return self._raise(error)
        if ready or limit == 0 or not self.sockets:
            return self._now(ready)
        loop = self._loop()
        operation = self._operation(loop)
        operation.on_timeout = list
        try:
            _watch(self, loop, operation) if loop.watches else _watch_in_thread(
                self, loop, operation, limit
            )
        except Exception as error:
            return self._raise(error)
        if limit > 0:
            operation.at_end.append(loop.later(limit / 1000, operation.expire))
        return self._wait(operation)


def _watch(poller: QueuedPoller, loop: Loop, operation: Operation) -> None:
    """Have an operation end with what the poller finds ready: the loop watches a descriptor."""
    alarm = poller._alarm()
    stop = loop.watch(alarm, partial(_look, poller, operation))

    def stop_watching() -> None:
        stop()
        poller._silence(alarm)

    operation.at_end = [stop_watching]


def _look(poller: QueuedPoller, operation: Operation) -> None:
    poller._heard()
    try:
        ready = Poller.poll(poller, 0)
    except Exception as error:
        operation.leave()
        operation.fail(error)
        return
    if ready:
        operation.leave()
        operation.succeed(ready)


def _watch_in_thread(poller: QueuedPoller, loop: Loop, operation: Operation, limit: int) -> None:
    """The same for a loop that cannot watch descriptors."""
    over = threading.Event()

    def run() -> None:
        while not over.is_set():
            try:
                ready = Poller.poll(poller, 1000)
            except Exception as error:
                loop.reactor.call(partial(_fail, operation, error))
                return
            if ready:
                loop.reactor.call(partial(_look, poller, operation))
                return

    operation.at_end = [over.set]
    threading.Thread(target=run, name="zmq-poller", daemon=True).start()


def _fail(operation: Operation, error: Exception) -> None:
    operation.leave()
    operation.fail(error)
