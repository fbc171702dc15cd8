"""Python objects as message parts and back. Pure; modules are imported when first needed."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["dumps", "from_pickle", "loads", "to_pickle"]


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
    return json.loads(s.decode("utf-8") if isinstance(s, bytes) else s, **kwargs)


def to_pickle(obj: object, protocol: int) -> bytes:
    """Return an object as a pickle; -1 is the newest protocol."""
    import pickle

    return pickle.dumps(obj, protocol)


def from_pickle(data: bytes) -> Any:
    """Return the object of a pickle: only from peers that may run code here."""
    import pickle

    return pickle.loads(data)
