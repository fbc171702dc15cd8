"""Codecs of values that many languages have: JSON and MessagePack."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar, overload

from zmq.core.codecs import Codec, dumps, loads

from ._parts import cannot_read, parts_of, view_of

if TYPE_CHECKING:
    from typing_extensions import TypeVar as TypeVarWithDefault

    _T = TypeVarWithDefault("_T", default=Any)
else:
    _T = TypeVar("_T")

__all__ = ["Json", "MessagePack"]


class Json(Codec[Any]):
    """Values that JSON has, as one part of text in UTF-8: the message of `Socket.send_json`.

    Parameters
    ----------
    default
        Called for what JSON cannot say; returns what it can: see `json.dumps`.
    object_hook
        Called for each object of JSON, a dict; returns what is to be in its place: see
        `json.loads`.
    """

    __slots__ = ("_dump_options", "_load_options")

    def __init__(
        self,
        *,
        default: Callable[[Any], Any] | None = None,
        object_hook: Callable[[dict[str, Any]], Any] | None = None,
    ) -> None:
        self._dump_options = {} if default is None else {"default": default}
        self._load_options = {} if object_hook is None else {"object_hook": object_hook}

    def encode(self, obj: Any) -> list[Any]:
        """Return the message of an object.

        Raises
        ------
        TypeError, ValueError
            JSON cannot say it.
        """
        return [dumps(obj, **self._dump_options)]

    def decode(self, parts: Sequence[Any]) -> Any:
        """Return the object of a message; raise `DecodeError` if it is no JSON."""
        (part,) = parts_of(self, parts, 1, "text")
        try:
            return loads(str(view_of(part), "utf-8"), **self._load_options)
        except (ValueError, RecursionError) as error:
            raise cannot_read(self, error) from error


class MessagePack(Codec[_T]):
    """Objects as one part of MessagePack, by msgspec, which checks them against a type.

    Parameters
    ----------
    type : type, optional
        What is received: a dataclass, a msgspec.Struct, a TypedDict, ``list[int]``... By default
        whatever MessagePack has.
    enc_hook, dec_hook : callable, optional
        Make what MessagePack has of other objects, and these of it: see msgspec.msgpack.Encoder
        and Decoder.
    strict : bool
        Whether types have to be as they are said, with no number in text, for example.

    Raises
    ------
    ModuleNotFoundError
        msgspec is not installed: the extra ``ohmq[codecs]`` brings it.
    """

    __slots__ = ("_decoder", "_encoder", "_errors")

    if TYPE_CHECKING:
        # A union of types is no type[_T]: what is decoded by it is Any.
        @overload
        def __init__(
            self,
            type: type[_T],
            *,
            enc_hook: Callable[[Any], Any] | None = None,
            dec_hook: Callable[[Any, Any], Any] | None = None,
            strict: bool = True,
        ) -> None: ...
        @overload
        def __init__(
            self: MessagePack[Any],
            type: Any = Any,
            *,
            enc_hook: Callable[[Any], Any] | None = None,
            dec_hook: Callable[[Any, Any], Any] | None = None,
            strict: bool = True,
        ) -> None: ...

    def __init__(
        self,
        type: Any = Any,
        *,
        enc_hook: Callable[[Any], Any] | None = None,
        dec_hook: Callable[[Any, Any], Any] | None = None,
        strict: bool = True,
    ) -> None:
        try:
            import msgspec
        except ModuleNotFoundError as error:
            raise ModuleNotFoundError(
                f"zmq.codecs.MessagePack needs msgspec: pip install 'ohmq[codecs]' ({error})",
                name=error.name,
            ) from None
        self._encoder = msgspec.msgpack.Encoder(enc_hook=enc_hook)
        self._decoder = msgspec.msgpack.Decoder(type, dec_hook=dec_hook, strict=strict)
        self._errors = (msgspec.MsgspecError, ValueError, TypeError, RecursionError)

    def encode(self, obj: _T) -> list[Any]:
        """Return the message of an object.

        Raises
        ------
        TypeError, OverflowError
            MessagePack has nothing for it, and enc_hook has not either.
        """
        return [self._encoder.encode(obj)]

    def decode(self, parts: Sequence[Any]) -> _T:
        """Return the object of a message; raise `DecodeError` if it is none of the type."""
        (part,) = parts_of(self, parts, 1, "MessagePack")
        try:
            return self._decoder.decode(view_of(part))  # type: ignore[no-any-return]
        except self._errors as error:
            raise cannot_read(self, error) from error
