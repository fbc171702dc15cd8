"""A stopwatch, kept for programs that have it from libzmq; new ones use `time.monotonic`."""

from __future__ import annotations

import warnings
from time import monotonic

__all__ = ["Stopwatch"]


class Stopwatch:
    """Measures time in microseconds; runs from its creation on. Deprecated."""

    def __init__(self) -> None:
        warnings.warn(
            "zmq.Stopwatch is deprecated; use time.monotonic()", DeprecationWarning, stacklevel=2
        )
        self._start = monotonic()

    def start(self) -> None:
        """Start again from zero."""
        self._start = monotonic()

    def stop(self) -> int:
        """Return the microseconds since the start; the watch goes on running."""
        return int((monotonic() - self._start) * 1e6)
