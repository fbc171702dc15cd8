"""Codecs of whatever can be pickled, with a signature and without."""

from __future__ import annotations

import hmac
import pickle
import struct
from collections.abc import Iterable, Sequence
from typing import Any

from zmq.core.codecs import Codec
from zmq.error import DecodeError

from ._parts import cannot_read, check_sequence, memory_of, view_of

__all__ = ["Pickle", "SignedPickle"]

_SIGNATURE_BYTES = 32
_SHORTEST_KEY = 16
# What is signed begins with it: a signature of another format is none here.
_PURPOSE = b"zmq.codecs.SignedPickle 1\0"
_LENGTH = struct.Struct(">Q")


class Pickle(Codec[Any]):
    """Whatever can be pickled; large buffers, as those of NumPy's arrays, are parts of their own.

    The parts are a pickle of protocol 5, and the buffers that it does not hold. Decoding runs what
    the sender likes: use it only between processes that trust each other, over connections that
    others cannot reach. `SignedPickle` asks for a key.

    Parameters
    ----------
    writable : bool
        Whether what is decoded from the buffers can be changed. By default arrays are read-only:
        they are the memory of the message. Of messages received with ``copy=False`` from other
        processes writable arrays are not copied, either.
    """

    __slots__ = ("_writable",)
    runs_code: bool = True

    def __init__(self, *, writable: bool = False) -> None:
        self._writable = writable

    def encode(self, obj: Any) -> list[Any]:
        """Return the message of an object.

        Raises
        ------
        pickle.PicklingError, TypeError, AttributeError
            It cannot be pickled.
        """
        buffers: list[pickle.PickleBuffer] = []
        data = pickle.dumps(obj, 5, buffer_callback=buffers.append)
        return [data, *(buffer.raw() for buffer in buffers)]

    def decode(self, parts: Sequence[Any]) -> Any:
        """Return the object of a message; raise `DecodeError` if unpickling fails.

        What the pickle has run by then has run: see the class.
        """
        check_sequence(self, parts)
        if not parts:
            raise DecodeError(f"{type(self).__name__}: a message without parts")
        buffers = iter([memory_of(part, self._writable) for part in parts[1:]])
        try:
            obj = pickle.loads(view_of(parts[0]), buffers=buffers)
        except Exception as error:
            raise cannot_read(self, error) from error
        surplus = len(list(buffers))
        if surplus:
            raise DecodeError(
                f"{type(self).__name__}: {surplus} of the {len(parts)} parts belong to nothing "
                "in the pickle"
            )
        return obj


class SignedPickle(Pickle):
    """As `Pickle`, with a signature by a key before it: nothing is unpickled that has a wrong one.

    The first part is an HMAC-SHA-256 (RFC 2104) over the number of parts, and each part with its
    length. It proves that the sender has the key. It hides nothing, and a message that was
    recorded can be sent again, also to another receiver with the same key: CURVE (zmq.auth)
    prevents both. Take a key of its own for each purpose.

    Parameters
    ----------
    keys : bytes, or iterable of bytes
        Secret keys of 16 bytes or more, best ``secrets.token_bytes(32)``. The first signs; a
        message with the signature of any of them is taken. To change keys give all ends
        ``[old, new]``, then ``[new, old]``, then ``new``.
    writable : bool
        As for `Pickle`.

    Raises
    ------
    ValueError
        There is no key, or one is too short.
    TypeError
        A key is not bytes.
    """

    __slots__ = ("_keys",)
    runs_code: bool = False

    def __init__(self, keys: bytes | Iterable[bytes], *, writable: bool = False) -> None:
        super().__init__(writable=writable)
        self._keys = tuple(
            _checked_key(key)
            for key in ([keys] if isinstance(keys, (str, bytes, bytearray, memoryview)) else keys)
        )
        if not self._keys:
            raise ValueError("SignedPickle needs a key")

    def __reduce__(self) -> Any:
        raise TypeError("a SignedPickle is not pickled, as it holds keys")

    def encode(self, obj: Any) -> list[Any]:
        """Return the signed message of an object; raises what `Pickle.encode` does."""
        parts = super().encode(obj)
        return [_signature(self._keys[0], parts), *parts]

    def decode(self, parts: Sequence[Any]) -> Any:
        """Return the object of a message.

        Raises
        ------
        DecodeError
            No key has signed it, and nothing was unpickled; or unpickling fails.
        """
        check_sequence(self, parts)
        given = view_of(parts[0]) if parts else b""
        if len(given) != _SIGNATURE_BYTES or len(parts) < 2:
            raise DecodeError("SignedPickle: a message without a signature")
        signed = [view_of(part) for part in parts[1:]]
        if not any(hmac.compare_digest(_signature(key, signed), given) for key in self._keys):
            raise DecodeError("SignedPickle: no key of this codec has signed the message")
        return super().decode(parts[1:])


def _checked_key(key: Any) -> bytes:
    if isinstance(key, str) or not isinstance(key, (bytes, bytearray, memoryview)):
        raise TypeError(f"a key is bytes, not {type(key).__name__}")
    if len(key) < _SHORTEST_KEY:
        raise ValueError(f"a key of {len(key)} bytes: it needs {_SHORTEST_KEY}, better are 32")
    return bytes(key)


def _signature(key: bytes, parts: Sequence[Any]) -> bytes:
    signer = hmac.new(key, _PURPOSE + _LENGTH.pack(len(parts)), "sha256")
    for part in parts:
        view = view_of(part)
        signer.update(_LENGTH.pack(len(view)))
        signer.update(view)
    return signer.digest()
