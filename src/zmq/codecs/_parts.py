"""The parts of a message that is decoded: how many they are, and their memory."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import zmq
from zmq.constants import MessageOption
from zmq.core.codecs import Codec
from zmq.error import DecodeError, ZMQError

__all__ = ["cannot_read", "check_sequence", "memory_of", "parts_of", "view_of"]


def check_sequence(codec: Codec[Any], parts: Any) -> None:
    if isinstance(parts, (bytes, bytearray, memoryview, str, zmq.Frame)):
        raise TypeError(
            f"{type(codec).__name__}.decode takes the list of parts that recv_multipart gives, "
            f"not {type(parts).__name__}"
        )


def parts_of(codec: Codec[Any], parts: Sequence[Any], number: int, what: str) -> Sequence[Any]:
    """Return the parts of a message, which has a fixed number of them."""
    check_sequence(codec, parts)
    if len(parts) != number:
        name = type(codec).__name__
        raise DecodeError(f"{name}: the number of parts is {len(parts)}, not {number} ({what})")
    return parts


def cannot_read(codec: Codec[Any], error: Exception) -> DecodeError:
    return DecodeError(f"{type(codec).__name__}: {type(error).__name__}: {error}")


def view_of(part: Any) -> memoryview:
    """Return the bytes of a part, which cannot be changed there; they are not copied."""
    return memoryview(part).cast("B").toreadonly()


def memory_of(part: Any, writable: bool) -> Any:
    """Return the memory of a part for an object that is decoded; copied only where it has to be."""
    if not writable:
        return view_of(part)
    return part if isinstance(part, zmq.Frame) and _is_ours(part) else bytearray(view_of(part))


def _is_ours(frame: zmq.Frame) -> bool:
    """Whether a frame's memory belongs to nothing else: it came over a connection, to one frame.

    Over inproc it may be memory of the sender: bytes, which never change.
    """
    if frame.get(MessageOption.SHARED):
        return False
    try:
        return bool(frame.get("Socket-Type"))
    except ZMQError:
        return False
