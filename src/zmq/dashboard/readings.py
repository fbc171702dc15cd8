"""Counters of a device over time, and the rates between them. Pure."""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

TICK_S = 0.5
# Time span of the charts.
HISTORY_S = 600.0
# Rates are means over this time: a shorter one is noisy, a longer one is late.
RATE_S = 1.0


class Reading(NamedTuple):
    """Counters since the start of a device. None: the source does not know it."""

    messages_in: int = 0
    bytes_in: int = 0
    messages_out: int = 0
    bytes_out: int = 0
    dropped: int | None = None
    blocked_in_s: float | None = None
    blocked_out_s: float | None = None
    peers_in: int | None = None
    peers_out: int | None = None
    #: Since the device was started.
    seconds: float | None = None
    #: The contents of a cache of last values, and the entries that had to go.
    cache_entries: int | None = None
    cache_bytes: int | None = None
    cache_evicted: int | None = None


class Point(NamedTuple):
    """One moment of the charts; the fields are the columns."""

    #: In ms since 1970.
    time: float
    #: Per second.
    messages_in: float
    bytes_in: float
    messages_out: float
    bytes_out: float
    dropped: float | None
    #: Share of the time, 0 to 100.
    blocked_in: float | None
    blocked_out: float | None
    peers_in: int | None
    peers_out: int | None


class History:
    """The latest points, and the readings from which the next is made."""

    def __init__(self, tick_s: float = TICK_S) -> None:
        self.points: deque[Point] = deque(maxlen=max(2, round(HISTORY_S / tick_s)))
        self.latest: Reading = Reading()
        self._readings: deque[tuple[float, Reading]] = deque()

    def add(self, now_s: float, reading: Reading, wall_s: float) -> Point | None:
        """Add a reading.

        Parameters
        ----------
        now_s
            A monotonic time, in s.
        reading
            The counters.
        wall_s
            The time of day, in s since 1970.

        Returns
        -------
        Point or None
            None for the first reading, as there is no rate yet.
        """
        readings = self._readings
        self.latest = reading
        if readings and reading.messages_in + reading.messages_out < (
            readings[-1][1].messages_in + readings[-1][1].messages_out
        ):
            readings.clear()  # a restarted device counts from zero
        readings.append((now_s, reading))
        # Ticks are not exact: a quarter of one is tolerated.
        while len(readings) > 2 and now_s - readings[1][0] >= RATE_S - TICK_S / 4:
            readings.popleft()
        before_s, before = readings[0]
        seconds = now_s - before_s
        if seconds <= 0:
            return None
        point = _between(before, reading, seconds, wall_s)
        self.points.append(point)
        return point


def _between(before: Reading, after: Reading, seconds: float, wall_s: float) -> Point:
    def rate(name: str) -> float:
        return float(round((getattr(after, name) - getattr(before, name)) / seconds, 2))

    def share(old: float | None, new: float | None) -> float | None:
        if old is None or new is None:
            return None
        return round(min(100.0, max(0.0, 100.0 * (new - old) / seconds)), 2)

    known = before.dropped is not None and after.dropped is not None
    return Point(
        time=round(wall_s * 1000),
        messages_in=rate("messages_in"),
        bytes_in=rate("bytes_in"),
        messages_out=rate("messages_out"),
        bytes_out=rate("bytes_out"),
        dropped=rate("dropped") if known else None,
        blocked_in=share(before.blocked_in_s, after.blocked_in_s),
        blocked_out=share(before.blocked_out_s, after.blocked_out_s),
        peers_in=after.peers_in,
        peers_out=after.peers_out,
    )
