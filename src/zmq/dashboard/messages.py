"""Messages as the page shows them: truncated, described in plain values, filtered."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

# Parts and bytes that are kept of a message; the rest is dropped.
KEPT_PARTS = 32
KEPT_BYTES = 16_384
# Parts and bytes that a row of the page shows before it is opened.
ROW_PARTS = 8
ROW_BYTES = 120

IN_TO_OUT, OUT_TO_IN = DIRECTIONS = ("in_to_out", "out_to_in")
_HEX = re.compile(r"0x((?:[0-9a-fA-F]{2})+)")


@dataclass(frozen=True, slots=True)
class Part:
    """The first bytes of one part, and its size."""

    size: int
    head: bytes

    def describe(self, limit: int) -> dict[str, Any]:
        """Plain values: size, text (None for binary data), hex, and whether it is cut."""
        head = self.head[:limit]
        cut = len(head) < self.size
        text = as_text(head, cut=cut)
        return {"size": self.size, "text": text, "hex": head.hex(), "cut": cut}


@dataclass(frozen=True, slots=True)
class Copy:
    """One message of a monitor, as far as it is kept."""

    number: int
    time_s: float
    #: One of `DIRECTIONS`, or "" when the monitor does not tell.
    direction: str
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
            "direction": self.direction,
            "size": self.size,
            "n_parts": self.n_parts,
            "parts": [part.describe(limit) for part in shown],
        }


def keep(number: int, time_s: float, frames: Sequence[Any], prefixes: dict[bytes, str]) -> Copy:
    """Keep the part of a message that the page can show.

    Parameters
    ----------
    number
        Number of the copy, its id on the page.
    time_s
        Time of reading, in s since 1970.
    frames
        Its parts, as objects with the buffer interface; no reference to them is kept.
    prefixes
        Direction by the first part of a copy.

    Returns
    -------
    Copy
        Without the first part, where that was a prefix.
    """
    direction = ""
    if frames and prefixes:
        direction = prefixes.get(bytes(memoryview(frames[0])[:KEPT_BYTES]), "")
        if direction:
            frames = frames[1:]
    left_bytes = KEPT_BYTES
    parts = []
    size = 0
    for index, frame in enumerate(frames):
        view = memoryview(frame)
        size += view.nbytes
        if index < KEPT_PARTS:
            head = bytes(view[:left_bytes])
            left_bytes -= len(head)
            parts.append(Part(view.nbytes, head))
    return Copy(number, time_s, direction, tuple(parts), len(frames), size)


def as_text(head: bytes, *, cut: bool = False) -> str | None:
    """Decode bytes that are text.

    Parameters
    ----------
    head
        The bytes.
    cut
        Whether more bytes follow, so the last character may be incomplete.

    Returns
    -------
    str or None
        None for bytes that are not printable text.
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
    """The messages that one page shows."""

    direction: str = ""
    prefix: bytes = b""
    text: bytes = b""

    def matches(self, copy: Copy) -> bool:
        """Whether a kept part begins with the prefix, and one contains the text."""
        if self.direction and copy.direction != self.direction:
            return False
        if self.prefix and not any(part.head.startswith(self.prefix) for part in copy.parts):
            return False
        return not self.text or any(self.text in part.head.lower() for part in copy.parts)


def make_filter(direction: object, prefix: object, text: object) -> Filter:
    """Make a filter of the values that a page sent; invalid values filter nothing."""
    return Filter(
        direction=direction if isinstance(direction, str) and direction in DIRECTIONS else "",
        prefix=typed_bytes(prefix),
        text=typed_bytes(text).lower(),
    )


def typed_bytes(typed: object) -> bytes:
    """Typed text as bytes: UTF-8, or hex after ``0x``."""
    if not isinstance(typed, str):
        return b""
    match = _HEX.fullmatch(typed.strip())
    if match is not None:
        return bytes.fromhex(match[1])
    return typed.encode(errors="replace")


def spread(copies: Sequence[Copy], limit: int) -> list[Copy]:
    """Pick at most `limit` copies, evenly spread, the last one included."""
    if len(copies) <= limit:
        return list(copies)
    return [copies[(index + 1) * len(copies) // limit - 1] for index in range(limit)]
