"""The thread that looks at a source, twice a second, and tells the server what it saw."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import NamedTuple

import zmq
from zmq.dashboard.readings import TICK_S, Reading
from zmq.dashboard.sources import Source
from zmq.dashboard.tap import Sample, Tap


class Answer(NamedTuple):
    """What a source says of itself."""

    state: str
    #: None when the source could not tell; the error says why.
    reading: Reading | None
    error: str


def ask(source: Source) -> Answer:
    """Ask a source for its state and counters. It may block; any thread may call it."""
    state = "failed"
    try:
        state = source.state()
        return Answer(state, source.read(), "")
    except Exception as failure:  # whatever a device may raise, the page shall show it
        return Answer(state, None, f"{type(failure).__name__}: {failure}")


class Look(NamedTuple):
    """What one tick brought."""

    #: By time.monotonic(), and by the clock on the wall.
    now_s: float
    wall_s: float
    state: str
    #: None when the source could not tell; the error says why.
    reading: Reading | None
    error: str
    sample: Sample
    #: Whether a sample was taken at all.
    sampled: bool


class Watcher(threading.Thread):
    """Looks at a source until it is stopped.

    A device may take its time to answer, and a sample takes a whole tick; so this is not done in
    the event loop of the server.

    Parameters
    ----------
    source
        What to look at.
    tap
        What samples its messages, if anything does; closed at the end.
    publish
        Called in this thread with each look. It must not block.
    """

    def __init__(self, source: Source, tap: Tap | None, publish: Callable[[Look], None]) -> None:
        super().__init__(name="ohmq dashboard watch", daemon=True)
        self._source = source
        self._tap = tap
        self._publish = publish
        self._ended = threading.Event()
        #: How many pages are looking; set by the server.
        self.viewers = 0

    def run(self) -> None:
        """Look, tell, wait for the next tick."""
        due_s = time.monotonic()
        try:
            while not self._ended.is_set():
                # A tick that came late, after a sleep of the machine, is not made up for.
                due_s = max(due_s + TICK_S, time.monotonic())
                sampled = self.viewers > 0 and self._tap is not None
                sample = self._sample(due_s)
                if not self._ended.is_set():
                    self._publish(self._look(sample, sampled))
        finally:
            if self._tap is not None:
                self._tap.close()

    def end(self, timeout_s: float) -> bool:
        """Stop looking, and wait for the thread; False when it is still busy after that time."""
        self._ended.set()
        if self.ident is None:  # it was never started
            if self._tap is not None:
                self._tap.close()
            return True
        self.join(timeout_s)
        return not self.is_alive()

    def _sample(self, until_s: float) -> Sample:
        if self._tap is not None:
            try:
                if self.viewers > 0:
                    return self._tap.collect(until_s, self._ended)
                self._tap.close()
            except zmq.ZMQError as error:
                self._tap.close()
                # Its context has ended, with the program that both are part of: no more messages.
                # Anything else, a lack of descriptors above all, may be better next time.
                if error.errno in (zmq.ETERM, zmq.ENOTSOCK):
                    self._tap = None
        self._ended.wait(max(0.0, until_s - time.monotonic()))
        return Sample()

    def _look(self, sample: Sample, sampled: bool) -> Look:
        state, reading, error = ask(self._source)
        return Look(time.monotonic(), time.time(), state, reading, error, sample, sampled)
