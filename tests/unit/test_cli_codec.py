"""Messages as lines, both ways."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zmq.cli.terminal.codec import (
    format_message,
    parse_message,
    printable,
    read_arguments,
    read_delimiter,
    read_stream,
)
from zmq.cli.terminal.errors import CommandError, UsageError

MESSAGES = st.lists(st.binary(max_size=20), min_size=1, max_size=5)


@pytest.mark.parametrize("form", ["json", "hex"])
@given(MESSAGES)
def test_what_is_printed_can_be_sent(form: str, parts: list[bytes]) -> None:
    line = format_message(parts, form)
    assert line.count(b"\n") == 1
    assert parse_message(line[:-1], form) == parts


@given(MESSAGES)
def test_text_is_one_line_that_moves_no_cursor(parts: list[bytes]) -> None:
    line = format_message(parts, "text").decode()
    assert line.endswith("\n")
    assert line[:-1].replace("\t", "").isprintable()
    assert line.count("\t") == len(parts) - 1


@given(MESSAGES)
def test_raw_adds_nothing(parts: list[bytes]) -> None:
    assert format_message(parts, "raw") == b"".join(parts)


@pytest.mark.parametrize(
    ("line", "form", "parts"),
    [
        (b"hello world", "text", [b"hello world"]),
        (b"", "text", [b""]),
        (b"\xff\x00", "text", [b"\xff\x00"]),
        (b"6869 - 00FF", "hex", [b"hi", b"", b"\x00\xff"]),
        (b"", "hex", [b""]),
        (b'"one part"', "json", [b"one part"]),
        ('["a", {"hex": "ff"}, "ø"]'.encode(), "json", [b"a", b"\xff", "ø".encode()]),
    ],
)
def test_reading(line: bytes, form: str, parts: list[bytes]) -> None:
    assert parse_message(line, form) == parts


@pytest.mark.parametrize(
    ("line", "form", "complaint"),
    [
        (b"6", "hex", "not hex digits"),
        (b"zz", "hex", "not hex digits"),
        (b"{", "json", "not JSON"),
        (b"[]", "json", "at least one part"),
        (b"[1]", "json", "a part is"),
        (b'{"hex": "f"}', "json", "not hex digits"),
        (b'{"hex": "ff", "x": 1}', "json", "a part is"),
        (b"[" * 100_000, "json", "not JSON"),
        (b"\xff", "json", "not JSON"),
        (rb'["a", "x\ud800"]', "json", r"part 2: \\ud800 is half a character"),
        (rb'"\udfff\ud800"', "json", r"part 1: \\udfff is half a character"),
        (b'"\xed\xa0\x80"', "json", r"part 1: \\ud800 is half a character"),
    ],
)
def test_lines_that_are_no_messages(line: bytes, form: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        parse_message(line, form)


def test_a_whole_pair_of_surrogates_is_a_character() -> None:
    assert parse_message(rb'"\ud83d\ude00"', "json") == ["\U0001f600".encode()]


def test_delimiters() -> None:
    assert read_delimiter("\\t") == b"\t"
    assert read_delimiter("::") == b"::"
    assert read_delimiter(None) is None
    with pytest.raises(UsageError, match="empty"):
        read_delimiter("")
    assert parse_message(b"a::b::", "text", b"::") == [b"a", b"b", b""]
    assert format_message([b"a", b"b"], "text", b"::") == b"a::b\n"
    assert format_message([b"a", b"b"], "raw", b"\0") == b"a\0b"


def test_arguments_are_messages_or_parts() -> None:
    assert read_arguments(["a", "b"], "text", None, multipart=False) == [[b"a"], [b"b"]]
    assert read_arguments(["a", "b"], "text", None, multipart=True) == [[b"a", b"b"]]
    assert read_arguments(["\udcff"], "text", None, multipart=False) == [[b"\xff"]]
    with pytest.raises(UsageError, match="message 2: not hex"):
        read_arguments(["00", "x"], "hex", None, multipart=False)


def test_streams() -> None:
    stream = io.BytesIO(b"one\r\n\ntwo")
    assert list(read_stream(stream, "f", "text", None)) == [[b"one"], [b""], [b"two"]]
    assert list(read_stream(io.BytesIO(b"a\nb"), "f", "raw", None)) == [[b"a\nb"]]
    lines = read_stream(io.BytesIO(b'"a"\n}\n'), "f", "json", None)
    assert next(lines) == [b"a"]
    with pytest.raises(CommandError, match="f, line 2: not JSON"):
        next(lines)


def test_what_a_terminal_must_not_see() -> None:
    assert printable(b"\x1b[31m\xff\n") == r"\x1b[31m\xff\n"
    assert printable("\u202e\x85ø".encode()) == r"\u202e\x85ø"
    assert format_message(["\x9b".encode()], "json") == b'["\\u009b"]\n'
