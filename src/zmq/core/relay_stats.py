"""Numbers about devices."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["DeviceStats", "RelayStats"]


class RelayStats(NamedTuple):
    """Messages and bytes that have passed through a relay, from in to out and from out to in."""

    #: Whole messages, and the bytes of all their parts, that went from in to out.
    messages_in: int
    bytes_in: int
    #: The same, from out to in.
    messages_out: int
    bytes_out: int
    #: Copies that the monitor could not take.
    monitor_dropped: int


class DeviceStats(NamedTuple):
    """Counts, rates and peers of a device since it was started."""

    #: Whole messages, and the bytes of all their parts, that went from in to out.
    messages_in: int = 0
    bytes_in: int = 0
    #: The same, from out to in.
    messages_out: int = 0
    bytes_out: int = 0
    #: Copies that the monitor, or one of its subscribers, could not take.
    monitor_dropped: int = 0
    #: Seconds in which nothing could go from in to out because out was full.
    blocked_in_s: float = 0.0
    #: Seconds in which nothing could go from out to in because in was full.
    blocked_out_s: float = 0.0
    #: Seconds since the start, until the end.
    seconds: float = 0.0
    #: Rates over about the last second.
    messages_in_per_s: float = 0.0
    bytes_in_per_s: float = 0.0
    messages_out_per_s: float = 0.0
    bytes_out_per_s: float = 0.0
    #: Connections that the in socket has now; None where libzmq does not tell (inproc).
    peers_in: int | None = None
    #: Connections that the out socket has now.
    peers_out: int | None = None
    #: Requests that were handed out and not answered yet; None for what is no queue of requests.
    unanswered: int | None = None
    #: Messages that a LastValueCache holds, and the bytes of their parts; None for other devices.
    cache_entries: int | None = None
    cache_bytes: int | None = None
    #: Messages that had to go for want of room, or were too large to be kept.
    cache_evicted: int | None = None
    #: Messages that were sent from the cache, to subscribers that came later.
    cache_replayed: int | None = None
