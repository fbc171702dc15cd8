"""Counters into words: rates, the status line, the totals. Pure functions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


class Counters(Protocol):
    """Counts of a relay since it was made; `in` came in on the in socket."""

    @property
    def messages_in(self) -> int: ...
    @property
    def bytes_in(self) -> int: ...
    @property
    def messages_out(self) -> int: ...
    @property
    def bytes_out(self) -> int: ...
    @property
    def monitor_dropped(self) -> int: ...
    @property
    def cache_entries(self) -> int | None: ...
    @property
    def cache_bytes(self) -> int | None: ...
    @property
    def cache_evicted(self) -> int | None: ...
    @property
    def cache_replayed(self) -> int | None: ...


@dataclass(frozen=True, slots=True)
class Rates:
    """Messages and bytes per second, in each direction."""

    messages_in: float = 0.0
    bytes_in: float = 0.0
    messages_out: float = 0.0
    bytes_out: float = 0.0


def rates_between(before: Counters, after: Counters, seconds: float) -> Rates:
    """Rates between two readings.

    Parameters
    ----------
    before, after
        Two readings of the same relay.
    seconds
        Time between them, in s.

    Returns
    -------
    Rates
        All zero when no time has passed.
    """
    if seconds <= 0:
        return Rates()
    return Rates(
        messages_in=(after.messages_in - before.messages_in) / seconds,
        bytes_in=(after.bytes_in - before.bytes_in) / seconds,
        messages_out=(after.messages_out - before.messages_out) / seconds,
        bytes_out=(after.bytes_out - before.bytes_out) / seconds,
    )


def format_bytes(count: float) -> str:
    """Bytes with a decimal unit, never wider than eight characters.

    Parameters
    ----------
    count
        Number of bytes.

    Returns
    -------
    str
        For example ``0 B``, ``999 B``, ``1.5 kB``, ``12.0 MB``.
    """
    if round(count) < 1000:
        return f"{count:.0f} B"
    for unit in ("kB", "MB", "GB"):
        count /= 1000
        if round(count, 1) < 1000:
            return f"{count:.1f} {unit}"
    return f"{count / 1000:.1f} TB"


def format_clock(seconds: float) -> str:
    """Time that has passed, as ``h:mm:ss``.

    Parameters
    ----------
    seconds
        Time in s.

    Returns
    -------
    str
        For example ``0:01:05``.
    """
    whole = int(seconds)
    return f"{whole // 3600}:{whole // 60 % 60:02}:{whole % 60:02}"


def status_line(rates: Rates, dropped: int, seconds: float, *, monitored: bool) -> str:
    """The line that is refreshed while a device runs.

    Parameters
    ----------
    rates
        Rates since the last line.
    dropped
        Messages that the monitor socket could not take, since the start.
    seconds
        Time since the start, in s.
    monitored
        Whether there is a monitor socket at all.

    Returns
    -------
    str
        One line, under 80 characters at the rates that one machine reaches.
    """
    directions = (
        ("in>out", rates.messages_in, rates.bytes_in),
        ("out>in", rates.messages_out, rates.bytes_out),
    )
    parts = [
        f"{name} {count:,.0f} msg/s {format_bytes(size)}/s" for name, count, size in directions
    ]
    if monitored and dropped:
        parts.append(f"monitor dropped {dropped:,}")
    return " | ".join([format_clock(seconds), *parts])


def totals_lines(counters: Counters, seconds: float, *, monitored: bool) -> list[str]:
    """The totals of a device that has ended, as lines.

    Parameters
    ----------
    counters
        The last reading.
    seconds
        Time that it ran, in s.
    monitored
        Whether there is a monitor socket at all.

    Returns
    -------
    list of str
        One line a direction, one for the monitor, one for the cache, one for the time.
    """
    lines = [
        f"total in>out  {counters.messages_in:,} messages  {format_bytes(counters.bytes_in)}",
        f"total out>in  {counters.messages_out:,} messages  {format_bytes(counters.bytes_out)}",
    ]
    if monitored:
        lines.append(f"total monitor dropped  {counters.monitor_dropped:,} messages")
    if counters.cache_entries is not None:
        size = format_bytes(counters.cache_bytes or 0)
        lines.append(
            f"cache  {counters.cache_entries:,} messages  {size}, "
            f"evicted {counters.cache_evicted:,}, replayed {counters.cache_replayed:,}"
        )
    lines.append(f"ran {seconds:.1f} s")
    return lines
