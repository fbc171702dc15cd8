"""Z85 against RFC 32."""

from __future__ import annotations

import struct
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import zmq
from zmq.utils import z85

# The test case that RFC 32 gives.
RFC_BYTES = bytes([0x86, 0x4F, 0xD2, 0x6F, 0xB5, 0x59, 0xF7, 0x5B])
RFC_TEXT = b"HelloWorld"

ours_only = pytest.mark.skipif(
    not hasattr(zmq, "ohmq_version"), reason="PyZMQ raises KeyError or struct.error here"
)


def by_the_definition(data: bytes) -> bytes:
    """Z85 as the RFC words it: each word in base 85, the most significant digit first."""
    out = bytearray()
    for (word,) in struct.iter_unpack(">I", data):
        out += bytes(z85.Z85CHARS[word // 85**power % 85] for power in (4, 3, 2, 1, 0))
    return bytes(out)


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_the_case_of_the_rfc(kind: Any) -> None:
    assert z85.encode(kind(RFC_BYTES)) == RFC_TEXT
    assert z85.decode(kind(RFC_TEXT)) == RFC_BYTES
    assert z85.decode(RFC_TEXT.decode()) == RFC_BYTES


def test_the_alphabet() -> None:
    assert len(z85.Z85CHARS) == len(set(z85.Z85CHARS)) == 85
    assert [z85.Z85MAP[char] for char in z85.Z85CHARS] == list(range(85))


@given(st.binary(max_size=64).map(lambda data: data[: len(data) // 4 * 4]))
def test_there_and_back(data: bytes) -> None:
    text = z85.encode(data)
    assert text == by_the_definition(data)
    assert z85.decode(text) == z85.decode(text.decode()) == data


@pytest.mark.parametrize("word", [0, 1, 84, 85, 85**2, 85**4 - 1, 85**4, 2**32 - 1])
def test_edges_of_a_word(word: int) -> None:
    data = word.to_bytes(4, "big")
    assert z85.encode(data) == by_the_definition(data)
    assert z85.decode(z85.encode(data)) == data


@pytest.mark.skipif(not zmq.has("curve"), reason="libzmq was built without CURVE")
def test_agrees_with_libzmq() -> None:
    for key in zmq.curve_keypair():
        assert len(z85.decode(key)) == 32
        assert z85.encode(z85.decode(key)) == key


@pytest.mark.parametrize("size", [1, 2, 3, 5])
def test_encode_needs_whole_words(size: int) -> None:
    with pytest.raises(ValueError, match=f"multiple of 4.*{size}"):
        z85.encode(bytes(size))


@pytest.mark.parametrize("size", [1, 4, 6, 9])
def test_decode_needs_whole_words(size: int) -> None:
    with pytest.raises(ValueError, match=f"multiple of 5.*{size}"):
        z85.decode(b"0" * size)


@pytest.mark.parametrize("value", ["abcd", None, [1, 2, 3, 4]])
def test_encode_takes_buffers_only(value: Any) -> None:
    with pytest.raises(TypeError):
        z85.encode(value)


def test_text_beyond_ascii() -> None:
    with pytest.raises(ValueError):
        z85.decode("Helléo")


@ours_only
@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (b"Hell ", "' ' at position 4"),
        (b"HelloW,rld", "',' at position 6"),
        (b"\xff0000", "position 0"),
        ("Hellé", "'é' at position 4"),
        (b"Hello#####", "'#####' at position 5 stands for more than 32 bits"),
        (b"%nSc1", "more than 32 bits"),
    ],
)
def test_bad_text_is_a_value_error_that_says_where(text: Any, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint.replace("(", r"\(")):
        z85.decode(text)


def test_the_greatest_word() -> None:
    assert z85.decode(b"%nSc0") == b"\xff\xff\xff\xff"
