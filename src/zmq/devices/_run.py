"""One run of a device in this process: what other threads ask of it, and what they are told.

A run goes through three moments, each of which others can wait for: it is made, it has started (its
sockets relay), it has ended. Its methods can be called at any of them.
"""

from __future__ import annotations

import math
import sys
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import zmq
from zmq.core.relay_stats import DeviceStats
from zmq.devices._losses import NOT_SENT, left_in
from zmq.loops.blocking import call_blocking

if TYPE_CHECKING:
    from zmq.core.relay import Relay
    from zmq.devices._sides import OpenSide

#: How long a device that is to end waits for peers that take nothing, in s.
STALL_S = 5.0
#: How long it goes on at most, where peers go on sending faster than it can relay, in s.
_LONGEST_S = 60.0

# Ends of a device that are no errors: its context was terminated, or its socket closed.
_REGULAR = (zmq.ETERM, zmq.ENOTSOCK)


class Run:
    """A run of a device, in the thread that calls `execute`."""

    def __init__(self) -> None:
        self.started = threading.Event()
        self.ended = threading.Event()
        #: Whether it came so far as to work: what goes wrong later, start() cannot raise.
        self.worked = False
        self.error: BaseException | None = None
        self.endpoints: dict[str, list[str]] = {}
        #: The thread that was made for it.
        self.launcher: threading.Thread | None = None
        #: Closes the sockets of a device that has a loop of its own.
        self.interrupt: Callable[[], None] | None = None
        #: Called once, when the run has started.
        self.report_started: Callable[[], None] | None = None
        #: Called at the end, with what was left behind.
        self.tell_left: Callable[[str], object] | None = None
        self._lock = threading.RLock()
        self._relay: Relay | None = None
        self._thread: int | None = None
        self._stop: tuple[float | None, float] | None = None
        self._flushed = True
        self._left = ""

    # ---- for the thread of the device ----

    def execute(self, run: Callable[[], None]) -> None:
        """Run the device; what it raises is kept in `error`."""
        self._thread = threading.get_ident()
        try:
            run()
        except BaseException as error:
            self.error = error
        finally:
            if self.tell_left is not None:
                self.tell_left(self.left_behind())
            self.ended.set()
            self.started.set()

    def relay(self, relay: Relay) -> None:
        """Relay until the device is stopped, or its context ends."""
        call_blocking(
            lambda tell: relay.run(
                lambda: tell(lambda: self._attach(relay)), terminate_stall_s=STALL_S
            ),
            end=relay.stop,
        )
        self._left = left_in(relay)

    def _attach(self, relay: Relay) -> None:
        with self._lock:
            self._relay = relay
            if self._stop is not None:
                self._stop_relay(relay)
        self.note_started()

    def note_started(self) -> None:
        """Note that the device works from now on."""
        if not self.started.is_set():
            self.worked = True
            self.started.set()
            if self.report_started is not None:
                self.report_started()

    def is_regular(self, error: zmq.ZMQError) -> bool:
        """Whether an error is how a device ends that has worked."""
        return self.started.is_set() and error.errno in _REGULAR

    def flush(self, context: zmq.Context[Any], opened: list[OpenSide]) -> None:
        """Close the sockets and end their context; what they hold is sent if time allows."""
        left_s = self._left_s()
        begin = time.monotonic()
        # A little longer than this waits: a context that ends earlier has sent everything.
        linger_ms = math.ceil(left_s * 1000) + 5 if left_s else 0
        for each in opened:
            each.close(max_linger_ms=linger_ms)
        try:
            context.term(timeout=left_s + STALL_S)
        except zmq.TermTimeout:
            self._flushed = False  # the program has a socket open in it
        if time.monotonic() - begin >= left_s:
            self._flushed = False

    def _left_s(self) -> float:
        if self._stop is None or self._stop[0] is None:
            return STALL_S
        return max(0.0, self._stop[1] + self._stop[0] - time.monotonic())

    # ---- for other threads ----

    def request_stop(self, timeout: float | None) -> None:
        """Have the device end, without waiting for that."""
        if self.ended.is_set():
            return
        with self._lock:
            self._stop = (timeout, time.monotonic())
            relay = self._relay
            if relay is not None:
                self._stop_relay(relay)
        if relay is None and self.started.is_set() and self.interrupt is not None:
            self.interrupt()

    def _stop_relay(self, relay: Relay) -> None:
        assert self._stop is not None
        timeout = self._stop[0]
        if timeout is None:
            relay.stop(_LONGEST_S, stall_s=STALL_S)
        else:
            relay.stop(timeout)

    def stop(self, timeout: float | None) -> bool:
        """End the device; True if it handed on all that it had taken in."""
        self.request_stop(timeout)
        # After the end the number of its thread may be that of another one.
        if threading.get_ident() == self._thread and not self.ended.is_set():
            return False  # a signal handler: the run goes on when it returns
        if sys.is_finalizing():
            return False  # a finalizer at the end of the interpreter: its thread runs no more
        if self._relay is None and self.started.is_set():
            # A loop of a subclass: it may not notice.
            self.ended.wait(STALL_S if timeout is None else timeout)
        else:
            self.ended.wait()
        launcher = self.launcher
        if launcher not in (None, threading.current_thread()) and self.ended.is_set():
            launcher.join()  # it has nothing more to do
        return self.clean()

    def clean(self) -> bool:
        """Whether the run ended and left nothing behind that it had taken in."""
        relay = self._relay
        emptied = relay is None or relay.emptied()
        return self.ended.is_set() and self.error is None and emptied and self._flushed

    def left_behind(self) -> str:
        """Return what it could not hand on, in words; empty if all was well."""
        if self.error is not None:
            return ""
        if self._stop is not None and self._stop[0] == 0:
            return ""  # a caller that does not wait does not want to know
        return self._left or ("" if self._flushed else NOT_SENT)

    def relaying(self) -> bool:
        """Whether it has a relay, which can be stopped."""
        return self._relay is not None

    def pause(self) -> None:
        """Take no more messages."""
        self._running().pause()

    def resume(self) -> None:
        """Undo pause."""
        self._running().resume()

    def _running(self) -> Relay:
        if self.ended.is_set():
            raise RuntimeError("the device has ended")
        if self._relay is None:
            raise RuntimeError(
                "the device has a run_device() of its own, which cannot be paused"
                if self.started.is_set()
                else "the device is not running yet"
            )
        return self._relay

    def stats(self) -> DeviceStats:
        """Return what has passed through."""
        relay = self._relay
        if relay is None:
            return DeviceStats()
        stats = relay.measure()
        if self.ended.is_set():
            return stats._replace(peers_in=0, peers_out=0)
        return stats

    def state(self) -> str:
        """Return "new", "running", "paused", "stopped" or "failed"."""
        if self.ended.is_set():
            return "stopped" if self.error is None else "failed"
        if not self.started.is_set():
            return "new"
        return "paused" if self._relay is not None and self._relay.paused() else "running"
