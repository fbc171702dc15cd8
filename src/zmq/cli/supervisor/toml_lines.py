"""Where the keys of a TOML document stand.

`tomllib` says what a document holds, but not where. This scanner says where, and leaves everything
else to tomllib: it is only given documents that tomllib has accepted, so it need not find errors,
only skip strings, comments, arrays and inline tables correctly. Pure functions.
"""

from __future__ import annotations

import bisect
import re
import tomllib
from typing import TypeAlias

Path: TypeAlias = tuple[str | int, ...]

_BLANK = re.compile(r"(?:[ \t\r\n]|\#[^\n]*)*")
_GAP = re.compile(r"[ \t]*")
_BARE = re.compile(r"[A-Za-z0-9_-]+")
# The long ones first: three quotes begin no empty string.
_STRING = re.compile(
    r'"""(?:\\.|[^\\])*?"{3,5}|' + r"'''.*?'{3,5}|" + r'"(?:\\.|[^"\\])*"|' + r"'[^']*'",
    re.DOTALL,
)
_SCALAR = re.compile(r"[^,\]}\s#]+(?:[ ]\d\d:[^,\]}\s#]+)?")


def key_lines(text: str) -> dict[Path, int]:
    """Find the line of every key and of every array element.

    Parameters
    ----------
    text
        A document that tomllib accepts.

    Returns
    -------
    dict
        From the path of a key, with indices for array elements, to its line, counted from 1. A
        table that only its children name has the line of the first of them.
    """
    return _Scanner(text.replace("\r\n", "\n")).run()


class _Scanner:
    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._line_ends = [found.start() for found in re.finditer("\n", text)]
        self._found: dict[Path, int] = {}
        # How many [[tables]] of a path there are by now.
        self._arrays: dict[Path, int] = {}

    def run(self) -> dict[Path, int]:
        table: Path = ()
        while self._skip(_BLANK) < len(self._text):
            if self._text[self._at] == "[":
                table = self._header()
            else:
                self._pair(table)
        return self._found

    def _header(self) -> Path:
        start = self._at
        double = self._text.startswith("[[", start)
        self._at += 2 if double else 1
        names = self._key()
        self._at += 2 if double else 1
        path: Path = ()
        for position, name in enumerate(names):
            path = (*path, name)
            last = position == len(names) - 1
            if last and double:
                self._arrays[path] = self._arrays.get(path, -1) + 1
            self._note(path, start)
            if path in self._arrays:  # what follows belongs to its newest element
                path = (*path, self._arrays[path])
                self._note(path, start)
        return path

    def _pair(self, table: Path) -> None:
        start = self._at
        path = table
        for name in self._key():
            path = (*path, name)
            self._note(path, start)
        self._at += 1  # the equals sign
        self._skip(_GAP)
        self._value(path)

    def _key(self) -> list[str]:
        """A dotted key, and the blanks behind it."""
        names = []
        while True:
            self._skip(_GAP)
            if self._text[self._at] in "\"'":
                names.append(self._quoted())
            else:
                names.append(self._take(_BARE))
            self._skip(_GAP)
            if not self._text.startswith(".", self._at):
                return names
            self._at += 1

    def _quoted(self) -> str:
        name: str = tomllib.loads(f"name = {self._take(_STRING)}")["name"]
        return name

    def _value(self, path: Path) -> None:
        first = self._text[self._at]
        if first == "[":
            self._array(path)
        elif first == "{":
            self._at += 1
            while self._next_item("}"):
                self._pair(path)
        else:
            self._take(_STRING if first in "\"'" else _SCALAR)

    def _array(self, path: Path) -> None:
        self._at += 1
        index = 0
        while self._next_item("]"):
            self._note((*path, index), self._at)
            self._value((*path, index))
            index += 1

    def _next_item(self, end: str) -> bool:
        """Go to the next item of an array or inline table; False behind its end."""
        self._skip(_BLANK)
        if self._text[self._at] == ",":
            self._at += 1
            self._skip(_BLANK)
        if self._text[self._at] == end:
            self._at += 1
            return False
        return True

    def _note(self, path: Path, offset: int) -> None:
        if path not in self._found:
            self._found[path] = bisect.bisect_left(self._line_ends, offset) + 1

    def _skip(self, pattern: re.Pattern[str]) -> int:
        match = pattern.match(self._text, self._at)
        assert match is not None  # these patterns match nothing at all, too
        self._at = match.end()
        return self._at

    def _take(self, pattern: re.Pattern[str]) -> str:
        match = pattern.match(self._text, self._at)
        if match is None:
            raise ValueError(f"not TOML at {self._at}: {self._text[self._at : self._at + 20]!r}")
        self._at = match.end()
        return match[0]
