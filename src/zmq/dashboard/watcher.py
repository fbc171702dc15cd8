"""The thread that reads a source twice a second and publishes a snapshot."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import NamedTuple

import zmq
from zmq.dashboard.readings import TICK_S, Reading
from zmq.dashboard.sampler import MessageSampler, Sample
from zmq.dashboard.source import Source


class Status(NamedTuple):
    """State and counters of a source."""

    state: str
    #: None when the source could not be read; the error says why.
    reading: Reading | None
    error: str


def read_status(source: Source) -> Status:
    """Read state and counters of a source. It may block; any thread may call it."""
    state = "failed"
    try:
        state = source.state()
        return Status(state, source.read(), "")
    except Exception as failure:  # the page shows any exception of a device
        return Status(state, None, f"{type(failure).__name__}: {failure}")


class Snapshot(NamedTuple):
    """State, counters and sample of one tick."""

    #: time.monotonic() and time.time().
    now_s: float
    wall_s: float
    state: str
    #: None when the source could not be read; the error says why.
    reading: Reading | None
    error: str
    sample: Sample
    #: Whether a sample was taken.
    sampled: bool


class Watcher(threading.Thread):
    """Reads a source once a tick until it is stopped.

    A device may answer slowly, and a sample takes a whole tick. So this is not done in the event
    loop of the server.

    Parameters
    ----------
    source
        What to watch.
    sampler
        Samples its messages; None when nothing can. Closed at the end.
    publish
        Called in this thread with each snapshot. It must not block.
    """

    def __init__(
        self, source: Source, sampler: MessageSampler | None, publish: Callable[[Snapshot], None]
    ) -> None:
        super().__init__(name="ohmq dashboard watch", daemon=True)
        self._source = source
        self._sampler = sampler
        self._publish = publish
        self._ended = threading.Event()
        #: Number of open pages; set by the server.
        self.viewers = 0

    def run(self) -> None:
        """Sample, read and publish, once a tick."""
        due_s = time.monotonic()
        try:
            while not self._ended.is_set():
                # Ticks missed while the machine was suspended are not made up for.
                due_s = max(due_s + TICK_S, time.monotonic())
                sampled = self.viewers > 0 and self._sampler is not None
                sample = self._sample(due_s)
                if not self._ended.is_set():
                    self._publish(self._snapshot(sample, sampled))
        finally:
            if self._sampler is not None:
                self._sampler.close()

    def end(self, timeout_s: float) -> bool:
        """Stop, and wait for the thread; False when it is still busy after that time."""
        self._ended.set()
        if self.ident is None:  # it was never started
            if self._sampler is not None:
                self._sampler.close()
            return True
        self.join(timeout_s)
        return not self.is_alive()

    def _sample(self, until_s: float) -> Sample:
        if self._sampler is not None:
            try:
                if self.viewers > 0:
                    return self._sampler.collect(until_s, self._ended)
                self._sampler.close()
            except zmq.ZMQError as error:
                self._sampler.close()
                # The context was terminated by the program: there are no more messages.
                # Other errors, such as a lack of descriptors, may not recur at the next tick.
                if error.errno in (zmq.ETERM, zmq.ENOTSOCK):
                    self._sampler = None
        self._ended.wait(max(0.0, until_s - time.monotonic()))
        return Sample()

    def _snapshot(self, sample: Sample, sampled: bool) -> Snapshot:
        state, reading, error = read_status(self._source)
        return Snapshot(time.monotonic(), time.time(), state, reading, error, sample, sampled)
