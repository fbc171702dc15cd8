"""Casts between str and bytes, kept for programs that import them.

Nothing in this package uses them; `str.encode` and `bytes.decode` say the same. Each call warns
with a DeprecationWarning.
"""

from __future__ import annotations

import warnings

__all__ = ["asbytes", "b", "basestring", "bytes", "cast_bytes", "cast_unicode", "u", "unicode"]

# The module sells these two names as well, so that they can be imported from here.
bytes = bytes
unicode = str
basestring: tuple[type[str]] = (str,)


def _warn(name: str, instead: str) -> None:
    warnings.warn(
        f"zmq.utils.strtypes.{name} is deprecated: use {instead}", DeprecationWarning, stacklevel=3
    )


def cast_bytes(s: str | bytes, encoding: str = "utf8", errors: str = "strict") -> bytes:
    """Return bytes as they are, and text encoded.

    Raises
    ------
    TypeError
        `s` is neither str nor bytes.
    """
    _warn("cast_bytes", "str.encode")
    if isinstance(s, bytes):
        return s
    if isinstance(s, str):
        return s.encode(encoding, errors)
    raise TypeError(f"expected str or bytes, not {type(s).__name__}: {s!r}")


def cast_unicode(s: str | bytes, encoding: str = "utf8", errors: str = "strict") -> str:
    """Return text as it is, and bytes decoded.

    Raises
    ------
    TypeError
        `s` is neither str nor bytes.
    """
    _warn("cast_unicode", "bytes.decode")
    if isinstance(s, bytes):
        return s.decode(encoding, errors)
    if isinstance(s, str):
        return s
    raise TypeError(f"expected str or bytes, not {type(s).__name__}: {s!r}")


b = cast_bytes
asbytes = cast_bytes
u = cast_unicode
