"""Caches of last values: they tell subscribers that come late what was published before."""

from __future__ import annotations

import zmq
from zmq.devices._sides import CacheLimits, RelayOptions
from zmq.devices.basedevice import Device, ProcessDevice, ThreadDevice

__all__ = [
    "CACHE_LIMITS",
    "CacheLimits",
    "LastValueCache",
    "ProcessLastValueCache",
    "ThreadLastValueCache",
]

#: The limits of a cache, unless told otherwise.
CACHE_LIMITS: CacheLimits = CacheLimits(entries=10_000, bytes=64_000_000)


class LastValueCacheBase(Device):
    """Base of all caches of last values: a device from SUB to XPUB that keeps messages."""

    max_entries: int
    max_bytes: int

    def __init__(
        self, max_entries: int = CACHE_LIMITS.entries, max_bytes: int = CACHE_LIMITS.bytes
    ) -> None:
        super().__init__(zmq.FORWARDER, zmq.SUB, zmq.XPUB)
        for name, value in (("max_entries", max_entries), ("max_bytes", max_bytes)):
            if not isinstance(value, int):
                raise TypeError(f"{name} is an int, not {value!r:.80}")
            if value < 1:
                raise ValueError(f"{name} is 1 or more, not {value}")
        self.max_entries = max_entries
        self.max_bytes = max_bytes

    def _relay_options(self) -> RelayOptions:
        return RelayOptions(cache=CacheLimits(self.max_entries, self.max_bytes))


class LastValueCache(LastValueCacheBase):
    """A cache of last values that runs in the thread which starts it.

    Publishers send to its in side, a SUB; subscribers listen at its out side, an XPUB. It hands on
    every message, and keeps the last one of each topic: the first part of a message of two parts or
    more. A subscriber that comes later gets what is kept of the topics that it asks for at once,
    the oldest first, then what is published from then on; no message is missing in between.

    The first of these messages goes to the new subscriber alone. libzmq can do that for one message
    of each subscription: where a subscription matches several topics, those that had asked for
    them before get the others once more.

    Messages of one part are handed on and not kept: they have no value beside their topic.

    Parameters
    ----------
    max_entries : int
        How many topics it keeps. When there is no room for a message, the topics go first whose
        last message is the oldest; `stats().cache_evicted` counts them.
    max_bytes : int
        How many bytes the parts of the kept messages have together, topics included. A message
        that is larger by itself is handed on and not kept.

    Raises
    ------
    ValueError
        A limit is less than 1.

    Notes
    -----
    The in side subscribes to everything, unless ``setsockopt_in(zmq.SUBSCRIBE, ...)`` says to what.
    The high-water mark of the out side is twice `max_entries`, or 1,000 if that is more, so that a
    subscriber can take all of the cache at once; ``setsockopt_out(zmq.SNDHWM, ...)`` says another.
    `stats` tells `cache_entries`, `cache_bytes`, `cache_evicted` and `cache_replayed`.
    """


class ThreadLastValueCache(LastValueCacheBase, ThreadDevice):
    """A cache of last values that runs in a thread of its own. See LastValueCache."""


class ProcessLastValueCache(LastValueCacheBase, ProcessDevice):
    """A cache of last values that runs in a process of its own. See LastValueCache."""
