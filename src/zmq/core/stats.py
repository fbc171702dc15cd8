"""Numbers about sockets."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["SocketStats"]


class SocketStats(NamedTuple):
    """Counts of a socket since it was opened."""

    #: Whole messages, whatever the number of their parts.
    messages_sent: int
    messages_received: int
    #: Sizes of all parts, without what the protocol adds.
    bytes_sent: int
    bytes_received: int
    #: Calls that could not go on at once: they waited, or raised Again.
    would_block: int
    #: Seconds that threads have waited for the socket, all of them added up.
    blocked_s: float
    #: Events of its monitors that no reader took in time.
    events_dropped: int
    #: Waits that looked before they would sleep (see busy_wait_us): those that this has ended,
    busy_waits_won: int
    #: those that slept in the end,
    busy_waits_lost: int
    #: and the seconds that both have spent looking.
    busy_wait_s: float

    @classmethod
    def of(cls, counters: tuple[int, int, int, int, int, int, int, int, int, int]) -> SocketStats:
        """Make it of the native counters, which count nanoseconds."""
        return cls(*counters[:5], counters[5] / 1e9, *counters[6:9], counters[9] / 1e9)
