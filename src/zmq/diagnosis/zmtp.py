"""ZMTP as bytes: greetings, frames, commands and metadata. Pure functions, no input or output.

Protocol: https://rfc.zeromq.org/spec/23/ (3.0), https://rfc.zeromq.org/spec/37/ (3.1).
"""

from __future__ import annotations

import re
from enum import Enum
from typing import NamedTuple

from zmq._reasons.naming import PARTNERS

#: What a peer of any version sends first: an identity frame of ZMTP 1.0, by its length.
SIGNATURE = b"\xff\0\0\0\0\0\0\0\x01\x7f"
GREETING_SIZE = 64
MECHANISMS = ("NULL", "PLAIN", "CURVE", "GSSAPI")
#: Bytes of one command that is read at most: a handshake needs far less.
COMMAND_LIMIT = 1 << 16

_VERSION_AT = len(SIGNATURE)
_MECHANISM_AT, _SERVER_AT = 12, 32
_MECHANISM_NAME = re.compile(rb"[A-Z0-9_.+-]+")
_MORE, _LONG, _COMMAND = 1, 2, 4
# How a PLAIN server of libzmq writes ERROR: a C compiler reads the length and the first letter,
# which are written "\x05E" there, as one character.
_ERROR_OF_PLAIN = b"^RROR"
_TYPES_OF_ZMTP_2 = (
    *("PAIR", "PUB", "SUB", "REQ", "REP", "DEALER", "ROUTER", "PULL", "PUSH", "XPUB", "XSUB"),
)


class MalformedError(ValueError):
    """The bytes are not what the protocol allows."""


class Speech(Enum):
    """What the first bytes of a peer are; the value is how people call it."""

    ZMTP_3 = "ZMTP 3"
    ZMTP_2 = "ZMTP 2.0"
    ZMTP_1 = "ZMTP 1.0"
    HTTP = "HTTP"
    TLS = "TLS"
    SSH = "SSH"
    OTHER = "another protocol"


class Greeting(NamedTuple):
    """The first words of a peer; before ZMTP 3 without a mechanism."""

    speech: Speech
    version: tuple[int, int] = (0, 0)
    mechanism: str = ""
    as_server: bool = False
    #: Only ZMTP 2.0 has it here.
    socket_type: str = ""


class Command(NamedTuple):
    """A command of the handshake, or a message (without a name) that came in its place."""

    name: str
    data: bytes


def as_text(data: bytes) -> str:
    """A name that a peer has sent, without anything that a terminal would obey."""
    text = data.decode("ascii", "backslashreplace")
    return "".join(each if each.isprintable() else f"\\x{ord(each):02x}" for each in text)


def build_greeting(mechanism: str, *, as_server: bool = False) -> bytes:
    """Return the 64 bytes of a greeting of ZMTP 3.1; `mechanism` is at most 20 bytes long."""
    name = mechanism.encode("ascii")
    if len(name) > _SERVER_AT - _MECHANISM_AT:
        raise ValueError(f"mechanism {mechanism!r} is longer than 20 bytes")
    head = SIGNATURE + b"\x03\x01" + name.ljust(_SERVER_AT - _MECHANISM_AT, b"\0")
    return (head + bytes([as_server])).ljust(GREETING_SIZE, b"\0")


def read_greeting(data: bytes) -> Greeting | None:
    """Tell what has been received so far.

    Parameters
    ----------
    data
        All bytes of the peer, from the first one on.

    Returns
    -------
    Greeting or None
        None: more bytes are needed.
    """
    if not data:
        return None
    if data[0] != SIGNATURE[0]:
        return _foreign(data)
    if len(data) < len(SIGNATURE):
        return None
    if not data[9] & 1:
        # The header of a long identity frame: ZMTP 1.0.
        return Greeting(Speech.ZMTP_1, (1, 0))
    if len(data) <= _VERSION_AT:
        return None
    major = data[_VERSION_AT]
    if major < 3:
        if len(data) <= _VERSION_AT + 1:
            return None
        code = data[_VERSION_AT + 1]
        known = _TYPES_OF_ZMTP_2[code] if code < len(_TYPES_OF_ZMTP_2) else ""
        return Greeting(Speech.ZMTP_2, (2, 0), socket_type=known)
    if len(data) < GREETING_SIZE:
        return None
    name = data[_MECHANISM_AT:_SERVER_AT].rstrip(b"\0")
    if not _MECHANISM_NAME.fullmatch(name):
        return Greeting(Speech.OTHER)
    version = major, data[_VERSION_AT + 1]
    return Greeting(Speech.ZMTP_3, version, name.decode("ascii"), bool(data[_SERVER_AT] & 1))


def _foreign(data: bytes) -> Greeting | None:
    for begin, speech in _BEGINNINGS:
        if data.startswith(begin):
            return Greeting(speech)
        if begin.startswith(data):
            return None
    if len(data) == 1:
        return None
    # An identity frame of ZMTP 1.0: its length with the flags, no flags, the identity.
    if data[1] == 0 and data[0] >= 1 and len(data) <= data[0] + 1:
        return Greeting(Speech.ZMTP_1, (1, 0))
    return Greeting(Speech.OTHER)


_BEGINNINGS = (
    (b"HTTP/", Speech.HTTP),
    (b"<!DOCTYPE", Speech.HTTP),
    (b"<html", Speech.HTTP),
    (b"SSH-", Speech.SSH),
    (b"\x15\x03", Speech.TLS),
    (b"\x16\x03", Speech.TLS),
)


def build_command(name: str, data: bytes = b"") -> bytes:
    """Return the frame of a command."""
    encoded = name.encode("ascii")
    body = bytes([len(encoded)]) + encoded + data
    if len(body) > 255:
        return bytes([_COMMAND | _LONG]) + len(body).to_bytes(8, "big") + body
    return bytes([_COMMAND, len(body)]) + body


def take_command(data: bytes) -> tuple[Command, int] | None:
    """Take the first command from what has been received.

    Returns
    -------
    tuple or None
        The command and the number of its bytes; None: more bytes are needed.

    Raises
    ------
    MalformedError
        They are no frame of ZMTP 3, or one that no handshake has.
    """
    if not data:
        return None
    flags = data[0]
    if flags & ~(_MORE | _LONG | _COMMAND):
        raise MalformedError(f"a frame with the flags {flags:#04x}")
    head = 9 if flags & _LONG else 2
    if len(data) < head:
        return None
    size = int.from_bytes(data[1:head], "big")
    if size > COMMAND_LIMIT:
        raise MalformedError(f"a frame of {size} bytes in the handshake")
    if len(data) < head + size:
        return None
    body = data[head : head + size]
    return (_parse_command(body) if flags & _COMMAND else Command("", body)), head + size


def _parse_command(body: bytes) -> Command:
    if body.startswith(_ERROR_OF_PLAIN):
        return Command("ERROR", body[len(_ERROR_OF_PLAIN) :])
    if not body or not 1 <= body[0] < len(body):
        raise MalformedError("a command without a name")
    end = 1 + body[0]
    return Command(as_text(body[1:end]), body[end:])


def parse_metadata(data: bytes) -> dict[str, bytes]:
    """Return the properties of a READY or INITIATE, their names in lower case.

    Raises
    ------
    MalformedError
        A length leads beyond the end.
    """
    found: dict[str, bytes] = {}
    at = 0
    while at < len(data):
        value_at = at + 1 + data[at] + 4
        size = int.from_bytes(data[value_at - 4 : value_at], "big")
        if value_at > len(data) or size > len(data) - value_at:
            raise MalformedError("metadata that are cut off")
        name = as_text(data[at + 1 : value_at - 4]).lower()
        at = value_at + size
        found[name] = data[value_at:at]
    return found


def build_metadata(properties: dict[str, str]) -> bytes:
    """Return the data of a READY or INITIATE."""
    data = b""
    for name, value in properties.items():
        key, text = name.encode("ascii"), value.encode("ascii")
        data += bytes([len(key)]) + key + len(text).to_bytes(4, "big") + text
    return data


def build_plain_hello(username: bytes, password: bytes) -> bytes:
    """Return the first command of a client of PLAIN; both texts have at most 255 bytes."""
    if len(username) > 255 or len(password) > 255:
        raise ValueError("a name or a password of more than 255 bytes")
    data = bytes([len(username)]) + username + bytes([len(password)]) + password
    return build_command("HELLO", data)


def error_reason(data: bytes) -> str:
    """Return the reason of an ERROR command: a status code of ZAP, mostly."""
    return as_text(data[1 : 1 + data[0]] if data else b"")


def fits(mine: str, other: str) -> bool:
    """Whether sockets of two types work together. True where one of the types is not known."""
    return mine not in PARTNERS or other not in PARTNERS or other in PARTNERS[mine]
