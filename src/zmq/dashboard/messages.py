"""Messages as the page shows them: cut to size, described in plain values, filtered."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

# What is kept of a message: its first parts, and the first bytes of them.
KEPT_PARTS = 32
KEPT_BYTES = 16_384
# What a row of the page gets to see, before somebody opens it.
ROW_PARTS = 8
ROW_BYTES = 120

WAYS = ("in", "out")
_HEX = re.compile(r"0x((?:[0-9a-fA-F]{2})+)")


@dataclass(frozen=True, slots=True)
class Part:
    """The head of one part, and the size of the whole."""

    size: int
    head: bytes

    def describe(self, limit: int) -> dict[str, Any]:
        """Plain values: size, text where it is text, hex, and whether something was left out."""
        head = self.head[:limit]
        cut = len(head) < self.size
        text = as_text(head, cut=cut)
        return {"size": self.size, "text": text, "hex": head.hex(), "cut": cut}


@dataclass(frozen=True, slots=True)
class Copy:
    """What was kept of one message that a monitor showed."""

    number: int
    time_s: float
    #: "in", "out", or "" when the monitor does not say.
    way: str
    parts: tuple[Part, ...]
    n_parts: int
    size: int

    def describe(self, *, whole: bool = False) -> dict[str, Any]:
        """Plain values for the page: a row, or all that was kept."""
        limit = KEPT_BYTES if whole else ROW_BYTES
        shown = self.parts if whole else self.parts[:ROW_PARTS]
        return {
            "id": self.number,
            "time": self.time_s,
            "way": self.way,
            "size": self.size,
            "n_parts": self.n_parts,
            "parts": [part.describe(limit) for part in shown],
        }


def keep(number: int, time_s: float, frames: Sequence[Any], prefixes: dict[bytes, str]) -> Copy:
    """Keep what the page may want to see of a message.

    Parameters
    ----------
    number
        Number of the copy, which names it on the page.
    time_s
        When it was read, in s since 1970.
    frames
        Its parts, as objects with the buffer interface; nothing of them is held afterwards.
    prefixes
        What the first part says of the way: "in" or "out".

    Returns
    -------
    Copy
        With the first part taken away where it was a prefix.
    """
    way = ""
    if frames and prefixes:
        way = prefixes.get(bytes(memoryview(frames[0])[:KEPT_BYTES]), "")
        if way:
            frames = frames[1:]
    left = KEPT_BYTES
    parts = []
    size = 0
    for index, frame in enumerate(frames):
        view = memoryview(frame)
        size += view.nbytes
        if index < KEPT_PARTS:
            head = bytes(view[:left])
            left -= len(head)
            parts.append(Part(view.nbytes, head))
    return Copy(number, time_s, way, tuple(parts), len(frames), size)


def as_text(head: bytes, *, cut: bool = False) -> str | None:
    """Decode bytes that are text.

    Parameters
    ----------
    head
        The bytes.
    cut
        Whether they end where a character may not.

    Returns
    -------
    str or None
        None for bytes that are no text a person would read.
    """
    for end in range(len(head), max(len(head) - 4, -1), -1):
        try:
            text = head[:end].decode()
        except UnicodeDecodeError:
            if cut:
                continue
            return None
        return text if all(char.isprintable() or char in "\t\r\n" for char in text) else None
    return None


@dataclass(frozen=True, slots=True)
class Filter:
    """Which messages one page wants to see."""

    way: str = ""
    prefix: bytes = b""
    text: bytes = b""

    def matches(self, copy: Copy) -> bool:
        """Whether a part begins with the prefix, and one holds the text, as far as was kept."""
        if self.way and copy.way != self.way:
            return False
        if self.prefix and not any(part.head.startswith(self.prefix) for part in copy.parts):
            return False
        return not self.text or any(self.text in part.head.lower() for part in copy.parts)


def make_filter(way: object, prefix: object, text: object) -> Filter:
    """Make a filter of what a page sent; what makes no sense filters nothing."""
    return Filter(
        way=way if isinstance(way, str) and way in WAYS else "",
        prefix=typed_bytes(prefix),
        text=typed_bytes(text).lower(),
    )


def typed_bytes(typed: object) -> bytes:
    """What somebody typed, as bytes: UTF-8, or hex after ``0x``."""
    if not isinstance(typed, str):
        return b""
    match = _HEX.fullmatch(typed.strip())
    if match is not None:
        return bytes.fromhex(match[1])
    return typed.encode(errors="replace")


def spread(copies: Sequence[Copy], limit: int) -> list[Copy]:
    """Pick at most so many, evenly over all of them, the last one included."""
    if len(copies) <= limit:
        return list(copies)
    return [copies[(index + 1) * len(copies) // limit - 1] for index in range(limit)]
