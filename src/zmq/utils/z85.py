"""Z85, ZeroMQ's printable form of binary data (RFC 32): 4 bytes are 5 characters.

A 32-bit word is written in base 85, most significant digit first.
"""

from __future__ import annotations

import struct
from typing import TypeAlias

__all__ = ["Z85CHARS", "Z85MAP", "decode", "encode"]

_RawBytes: TypeAlias = bytes | bytearray | memoryview

Z85CHARS: bytes = (
    b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#"
)
Z85MAP: dict[int, int] = {char: digit for digit, char in enumerate(Z85CHARS)}

# Digits two at a time: three look-ups a word instead of five divisions.
_PAIRS = [bytes((high, low)) for high in Z85CHARS for low in Z85CHARS]
_ONES = [bytes((char,)) for char in Z85CHARS]
# Every byte that is no Z85 character becomes 255.
_NO_DIGIT = 255
_TO_DIGIT = bytes(Z85MAP.get(byte, _NO_DIGIT) for byte in range(256))
_WORD_MAX = 0xFFFFFFFF


def encode(rawbytes: _RawBytes) -> bytes:
    """Encode bytes as Z85.

    Parameters
    ----------
    rawbytes
        Any buffer; its length in bytes must be a multiple of 4.

    Returns
    -------
    bytes
        Five characters for every four bytes.

    Raises
    ------
    ValueError
        The length is no multiple of 4.
    TypeError
        `rawbytes` is no buffer.
    """
    size = memoryview(rawbytes).nbytes
    if size % 4:
        raise ValueError(f"Z85 encodes a multiple of 4 bytes, not {size}")
    out: list[bytes] = []
    for word in struct.unpack(f">{size // 4}I", rawbytes):
        rest, last = divmod(word, 85)
        high, low = divmod(rest, 85 * 85)
        out += (_PAIRS[high], _PAIRS[low], _ONES[last])
    return b"".join(out)


def decode(z85bytes: str | _RawBytes) -> bytes:
    """Decode Z85 text.

    Parameters
    ----------
    z85bytes
        ASCII text or a buffer of it; its length must be a multiple of 5.

    Returns
    -------
    bytes
        Four bytes for every five characters.

    Raises
    ------
    ValueError
        The length is no multiple of 5, a character is not in the alphabet, or five characters
        stand for more than 32 bits.
    TypeError
        `z85bytes` is neither text nor a buffer.
    """
    if isinstance(z85bytes, str):
        try:
            text = z85bytes.encode("ascii")
        except UnicodeEncodeError as error:
            raise ValueError(
                f"{z85bytes[error.start]!r} at position {error.start} is no Z85 character"
            ) from None
    else:
        text = bytes(memoryview(z85bytes))
    if len(text) % 5:
        raise ValueError(f"Z85 text has a multiple of 5 characters, not {len(text)}")
    digits = text.translate(_TO_DIGIT)
    bad = digits.find(_NO_DIGIT)
    if bad >= 0:
        raise ValueError(f"{chr(text[bad])!r} at position {bad} is no Z85 character")
    words = [
        (((a * 85 + b) * 85 + c) * 85 + d) * 85 + e
        for a, b, c, d, e in zip(
            digits[0::5], digits[1::5], digits[2::5], digits[3::5], digits[4::5], strict=True
        )
    ]
    for index, word in enumerate(words):
        if word > _WORD_MAX:
            group = text[index * 5 : index * 5 + 5].decode("ascii")
            raise ValueError(f"{group!r} at position {index * 5} stands for more than 32 bits")
    return struct.pack(f">{len(words)}I", *words)
