"""Python objects as message parts and back. Pure; modules are imported when first needed.

JSON and pickles in one part, for the methods of sockets; and what a codec is, of which zmq.codecs
has some.
"""

from __future__ import annotations

from sys import version_info

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any, TypeVar
    from typing import Generic as Subscripted

    _T = TypeVar("_T")
else:
    from zmq.core.generic import Subscripted

    _T = object

__all__ = [
    "DEFAULT_PROTOCOL",
    "Codec",
    "check_pickle",
    "decoder_of",
    "dumps",
    "encoder_of",
    "from_pickle",
    "loads",
    "to_pickle",
]

#: pickle.DEFAULT_PROTOCOL, without the time to import it.
DEFAULT_PROTOCOL = 4 if version_info < (3, 14) else 5


class Codec(Subscripted[_T]):
    """A way to send objects: makes parts of an object, and the object of parts.

    `Socket.send_serialized` and `Socket.recv_serialized` take an object of a subclass. It may be
    used by any number of sockets and threads at once, if its subclass keeps no state.
    """

    __slots__ = ()

    #: Whether a message can run code in the process that decodes it.
    runs_code: bool = False

    def encode(self, obj: _T) -> list[Any]:
        """Return the parts of the message that stands for an object."""
        raise NotImplementedError

    def decode(self, parts: Sequence[Any]) -> _T:
        """Return the object of a message; raise `zmq.DecodeError` if the parts stand for none."""
        raise NotImplementedError


def encoder_of(given: Callable[[_T], Sequence[Any]] | Codec[_T]) -> Callable[[_T], Sequence[Any]]:
    """Return the function that makes parts: a function as it is, of a codec its encode."""
    if not isinstance(given, Codec):
        return _checked(given)  # type: ignore[no-any-return]
    return given.encode


def decoder_of(
    given: Callable[[list[Any]], _T] | Codec[_T], socket: Any
) -> Callable[[list[Any]], _T]:
    """Return the function that reads parts: a function as it is, of a codec its decode.

    socket: where the parts are to come from.
    """
    if not isinstance(given, Codec):
        return _checked(given)  # type: ignore[no-any-return]
    if given.runs_code:
        check_pickle(socket)
    return given.decode


def check_pickle(socket: Any) -> None:
    """Warn if a socket gets pickles of other machines; the look at one number if nothing is new."""
    endpoints = socket._take_unguarded()
    if endpoints is not None:
        from zmq.core.warning import warn_of_pickle

        warn_of_pickle(socket, endpoints)


def _checked(given: Any) -> Any:
    if isinstance(given, type) and issubclass(given, Codec):
        name = given.__name__
        raise TypeError(f"{name} is a class: a socket takes an object of it, like {name}()")
    return given


def dumps(o: object, **kwargs: Any) -> bytes:
    """Serialize an object to JSON bytes.

    Parameters
    ----------
    o
        Anything that `json.dumps` takes.
    **kwargs
        Handed to `json.dumps`.

    Returns
    -------
    bytes
        The JSON text in UTF-8.

    Raises
    ------
    TypeError
        A value has no JSON form.
    """
    import json

    return json.dumps(o, **kwargs).encode("utf-8")


def loads(s: bytes | str, **kwargs: Any) -> Any:
    """Parse JSON from bytes or text.

    Parameters
    ----------
    s
        Text, or UTF-8 bytes. Other encodings are refused rather than guessed.
    **kwargs
        Handed to `json.loads`.

    Returns
    -------
    object
        What the text says.

    Raises
    ------
    ValueError
        The bytes are no UTF-8, or the text is no JSON.
    """
    import json

    # json.loads would guess the encoding of bytes.
    text = s.decode("utf-8") if isinstance(s, bytes) else s
    # A program may have put a function of its own in its place.
    replaced = getattr(json.loads, "__globals__", None) is not json.__dict__
    if kwargs or replaced or type(text) is not str:
        return json.loads(text, **kwargs)
    global _raw_decode
    if _raw_decode is None:
        _raw_decode = json.JSONDecoder().raw_decode
    try:  # json.loads spends as much on other things as on a short text
        value, end = _raw_decode(text)
    except ValueError:  # white space comes first, or json.loads says better what is wrong
        return json.loads(text)
    if end == len(text) or not text[end:].strip(" \t\n\r"):
        return value
    return json.loads(text)


# Of the decoder of all calls; it keeps no state.
_raw_decode: Any = None


def to_pickle(obj: object, protocol: int) -> bytes:
    """Return an object as a pickle; -1 is the newest protocol."""
    import pickle

    return pickle.dumps(obj, protocol)


def from_pickle(data: bytes) -> Any:
    """Return the object of a pickle: only from peers that may run code here."""
    import pickle

    return pickle.loads(data)
