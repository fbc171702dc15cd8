"""Numbers about devices."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["RelayStats"]


class RelayStats(NamedTuple):
    """What has passed through a relay."""

    #: Whole messages, and the bytes of all their parts, that went from in to out.
    messages_in: int
    bytes_in: int
    #: The same, from out to in.
    messages_out: int
    bytes_out: int
    #: Copies that the monitor could not take.
    monitor_dropped: int
