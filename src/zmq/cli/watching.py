"""What ``ohmq watch`` shows of a message, and how often. Pure but for the clock it is given."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from zmq.cli.codec import json_parts, printable, to_json
from zmq.cli.rates import format_bytes

FORMS = ("text", "hex", "json")
# A part that is binary is shown in hex, and no longer than this many bytes at first.
_MOST_UNPRINTABLE = 0.3
_KINDS_SHOWN = 3
_KINDS_KEPT = 1000


@dataclass(frozen=True, slots=True)
class Filter:
    """Which messages to show."""

    grep: tuple[re.Pattern[str], ...] = ()
    exclude: tuple[re.Pattern[str], ...] = ()

    def admits(self, parts: Sequence[bytes]) -> bool:
        """Whether each pattern of `grep` is in some part, and none of `exclude` in any."""
        if not self.grep and not self.exclude:
            return True
        texts = [part.decode("utf-8", "backslashreplace") for part in parts]
        if any(pattern.search(text) for pattern in self.exclude for text in texts):
            return False
        return all(any(pattern.search(text) for text in texts) for pattern in self.grep)


def show_part(part: bytes, form: str, width: int) -> str:
    """One part: as text when it is mostly that, otherwise in hex; cut to a width."""
    if not part:
        return "''"
    # A character has up to four bytes; what is cut anyway need not be looked at.
    head = part[: width * 4 + 4]
    text = printable(head)
    if form != "hex" and len(text) <= len(head) * (1 + _MOST_UNPRINTABLE):
        shown = text
    else:
        shown = "x" + part[: width // 2 + 1].hex()
    more = len(shown) > width or len(head) < len(part)
    return shown[: max(1, width - 1)] + "\u2026" if more else shown


def format_line(parts: Sequence[bytes], form: str, width: int, now: datetime) -> str:
    """One message.

    Parameters
    ----------
    parts
        The message.
    form
        One of `FORMS`.
    width
        How much of each part to show, in characters; ``json`` shows everything.
    now
        When it came.

    Returns
    -------
    str
        Time, number of parts, size, and the parts.
    """
    size = sum(map(len, parts))
    if form == "json":
        time = now.isoformat(timespec="milliseconds")
        return to_json({"time": time, "bytes": size, "parts": json_parts(parts)})
    clock = f"{now:%H:%M:%S}.{now.microsecond // 1000:03}"
    shown = " | ".join(show_part(part, form, width) for part in parts)
    return f"{clock} {len(parts):>2}p {format_bytes(size):>8}  {shown}"


@dataclass(slots=True)
class Tally:
    """Counts messages, in all and by their first part."""

    messages: int = 0
    size: int = 0
    shown: int = 0
    kinds: dict[bytes, int] = field(default_factory=dict)
    _before: tuple[int, int] = (0, 0)
    _kinds_before: dict[bytes, int] = field(default_factory=dict)

    def add(self, parts: Sequence[bytes]) -> None:
        """Count one message."""
        self.messages += 1
        self.size += sum(map(len, parts))
        kind = parts[0]
        if len(kind) <= 64 and (kind in self.kinds or len(self.kinds) < _KINDS_KEPT):
            self.kinds[kind] = self.kinds.get(kind, 0) + 1

    def rates_line(self, clock: str, seconds: float) -> str:
        """Rates since the last call, in all and of the most frequent first parts."""
        seconds = max(seconds, 1e-9)
        messages = (self.messages - self._before[0]) / seconds
        size = (self.size - self._before[1]) / seconds
        self._before = (self.messages, self.size)
        recent = {
            kind: count - self._kinds_before.get(kind, 0) for kind, count in self.kinds.items()
        }
        self._kinds_before = dict(self.kinds)
        words = [clock, f"{messages:,.0f} msg/s {format_bytes(size)}/s"]
        top = sorted((n, kind) for kind, n in recent.items() if n)[: -_KINDS_SHOWN - 1 : -1]
        # Where nearly every message begins in its own way, these are no topics.
        if sum(n for n, _ in top) * 2 >= messages * seconds:
            words += [f"{show_part(kind, 'text', 16)} {n / seconds:,.0f}/s" for n, kind in top]
        return " | ".join(words)

    def totals_line(self, seconds: float) -> str:
        """What there was in all."""
        shown = "" if self.shown == self.messages else f", {self.shown:,} shown"
        rate = self.messages / max(seconds, 1e-9)
        return (
            f"total {self.messages:,} messages{shown}  {format_bytes(self.size)}  "
            f"{rate:,.0f} msg/s  {seconds:.1f} s"
        )


class Pace:
    """Lets no more than a number of lines through in a second: nobody reads more.

    Parameters
    ----------
    per_s
        Lines per s; None for all.
    """

    def __init__(self, per_s: int | None) -> None:
        self._per_s = per_s
        self._second = -1
        self._count = 0
        self.held_back = 0

    def admits(self, now_s: float) -> bool:
        """Whether one more line may be shown at a time, in s."""
        if self._per_s is None:
            return True
        if int(now_s) != self._second:
            self._second, self._count = int(now_s), 0
        self._count += 1
        if self._count <= self._per_s:
            return True
        self.held_back += 1
        return False
