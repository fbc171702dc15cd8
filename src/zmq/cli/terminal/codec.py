"""Messages as lines: text, hex, JSON, or bytes as they are. Pure functions.

==========  ==========================================  =====================================
format      a line that is sent                         what is printed
==========  ==========================================  =====================================
``text``    one message; ``--delimiter`` splits parts   parts with a tab between, escaped
``hex``     parts as hex digits, blanks between         the same; ``-`` is an empty part
``json``    an array of parts, or one part              an array of parts
``raw``     the whole file is one message               the bytes, nothing added
==========  ==========================================  =====================================

A part in JSON is a string, or ``{"hex": "00ff"}`` when it is not UTF-8.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, BinaryIO

from zmq.cli.terminal.errors import CommandError, UsageError

FORMATS = ("text", "hex", "json", "raw")
_ESCAPES = {"\\t": "\t", "\\n": "\n", "\\r": "\r", "\\0": "\0", "\\\\": "\\"}
_NO_PART = "-"


def check_format(name: str) -> str:
    """Return the name of a format, or raise `UsageError`."""
    if name not in FORMATS:
        raise UsageError(f"--format {name!r}: unknown; there are {', '.join(FORMATS)}")
    return name


def read_delimiter(text: str | None) -> bytes | None:
    r"""Turn the delimiter that was typed into bytes; ``\t``, ``\n``, ``\r``, ``\0`` are known.

    Raises
    ------
    UsageError
        It is empty, which would split nothing.
    """
    if text is None:
        return None
    if not text:
        raise UsageError("--delimiter: cannot be empty")
    return os.fsencode(_ESCAPES.get(text, text))


def parse_message(line: bytes, form: str, delimiter: bytes | None = None) -> list[bytes]:
    """Read one message.

    Parameters
    ----------
    line
        A line without its end, or a whole file for ``raw``.
    form
        One of `FORMATS`.
    delimiter
        The separator of parts in ``text`` and ``raw``; None for a message of one part.

    Returns
    -------
    list of bytes
        The parts, at least one.

    Raises
    ------
    ValueError
        The line is not of this format; the text says why.
    """
    if form == "hex":
        return [_hex_part(word) for word in line.decode("ascii", "replace").split()] or [b""]
    if form == "json":
        return _json_parts(line)
    return line.split(delimiter) if delimiter else [line]


def _hex_part(word: str) -> bytes:
    if word == _NO_PART:
        return b""
    try:
        return bytes.fromhex(word)
    except ValueError:
        raise ValueError(f"not hex digits in pairs: {word[:40]!r}") from None


def _json_parts(line: bytes) -> list[bytes]:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"not JSON: {error}") from None
    values = value if isinstance(value, list) else [value]
    parts = [_json_part(each, number) for number, each in enumerate(values, 1)]
    if not parts:
        raise ValueError("an empty array: a message has at least one part")
    return parts


def _json_part(value: Any, number: int) -> bytes:
    if isinstance(value, str):
        try:
            return value.encode()
        except UnicodeEncodeError as error:
            half = f"\\u{ord(value[error.start]):04x}"
            raise ValueError(
                f"part {number}: {half} is half a character, which UTF-8 does not have; "
                '{"hex": "..."} sends any bytes'
            ) from None
    if isinstance(value, dict) and list(value) == ["hex"] and isinstance(value["hex"], str):
        return _hex_part(value["hex"] or _NO_PART)
    raise ValueError('a part is a string or {"hex": "..."}, not ' + json.dumps(value)[:40])


def printable(part: bytes) -> str:
    """A part as text in which nothing can move a cursor or end a line; UTF-8 stays as it is."""
    text = part.decode("utf-8", "backslashreplace")
    if text.isprintable():
        return text
    return "".join(
        each if each.isprintable() else each.encode("unicode_escape").decode() for each in text
    )


def json_parts(parts: Iterable[bytes]) -> list[str | dict[str, str]]:
    """Parts as values that JSON can hold."""
    return [_json_value(part) for part in parts]


def _json_value(part: bytes) -> str | dict[str, str]:
    try:
        return part.decode("utf-8")
    except UnicodeDecodeError:
        return {"hex": part.hex()}


def to_json(value: Any) -> str:
    """One line of JSON; what a terminal should not be sent is escaped."""
    text = json.dumps(value, ensure_ascii=False)
    return text if text.isprintable() else json.dumps(value)


def format_message(parts: Sequence[bytes], form: str, delimiter: bytes | None = None) -> bytes:
    """Write one message.

    Parameters
    ----------
    parts
        The parts.
    form
        One of `FORMATS`.
    delimiter
        The separator of parts in ``text`` (a tab when None) and ``raw`` (nothing).

    Returns
    -------
    bytes
        A line with its end; for ``raw`` the bytes alone.
    """
    if form == "raw":
        return (delimiter or b"").join(parts)
    if form == "json":
        return to_json(json_parts(parts)).encode() + b"\n"
    if form == "hex":
        return " ".join(part.hex() or _NO_PART for part in parts).encode() + b"\n"
    texts = (printable(part).encode("utf-8", "surrogateescape") for part in parts)
    return (delimiter or b"\t").join(texts) + b"\n"


def read_arguments(
    arguments: Sequence[str], form: str, delimiter: bytes | None, *, multipart: bool
) -> list[list[bytes]]:
    """Messages that were typed as arguments: each is one, or each is a part of the only one.

    Raises
    ------
    UsageError
        An argument is not of this format; the text names it.
    """
    messages = []
    for number, text in enumerate(arguments, 1):
        try:
            messages.append(parse_message(os.fsencode(text), form, delimiter))
        except ValueError as error:
            raise UsageError(f"message {number}: {error}") from None
    return [[part for message in messages for part in message]] if multipart else messages


def read_stream(
    stream: BinaryIO, name: str, form: str, delimiter: bytes | None
) -> Iterator[list[bytes]]:
    """Messages of a file or a pipe, each as soon as its line is there.

    Parameters
    ----------
    stream
        Where to read; blocks when nothing is there yet.
    name
        Its name in errors.
    form, delimiter
        See `parse_message`.

    Yields
    ------
    list of bytes
        The parts of one message.

    Raises
    ------
    CommandError
        A line is not of this format; the text names file and line.
    """
    if form == "raw":
        yield parse_message(stream.read(), form, delimiter)
        return
    for number, line in enumerate(iter(stream.readline, b""), 1):
        content = line[:-1] if line.endswith(b"\n") else line
        try:
            yield parse_message(content.removesuffix(b"\r"), form, delimiter)
        except ValueError as error:
            raise CommandError(f"{name}, line {number}: {error}") from None
