"""Handles of other libraries, as numbers."""

from __future__ import annotations

import sys
from operator import index

from zmq._native import Socket

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["cast_int_addr", "shadowed"]


def cast_int_addr(n: Any) -> int:
    """Return the address that an integer or a CFFI pointer stands for.

    Parameters
    ----------
    n
        An int, or a pointer made by CFFI.

    Raises
    ------
    ValueError
        `n` is neither.
    """
    if isinstance(n, int):
        return n
    try:
        return index(n)
    except TypeError:
        pass  # no number, of whatever library
    # A CFFI pointer can only exist once CFFI was imported.
    cffi = sys.modules.get("cffi")
    if cffi is not None:
        ffi = cffi.FFI()
        if isinstance(n, ffi.CData):
            try:
                return int(ffi.cast("size_t", n))
            except TypeError as error:
                raise ValueError(f"{n!r} is no pointer: {error}") from None
    raise ValueError(f"an address is an int or a CFFI pointer, not {type(n).__name__}: {n!r}")


def shadowed(shadow: Any, context: Any) -> tuple[Any, Any]:
    """Return the argument of the native class for a second handle of a socket, and its context."""
    if not isinstance(shadow, Socket):
        return cast_int_addr(shadow), context
    if shadow.closed:
        raise TypeError(f"{shadow!r} is closed: only an open socket can be shadowed")
    return shadow, context or shadow.context
