"""Closing, in the child of a fork, what only its parent uses."""

from __future__ import annotations

import os
import weakref

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Protocol, TypeVar

    class Closes(Protocol):
        def close(self) -> object: ...

    _Thing = TypeVar("_Thing", bound=Closes)

__all__ = ["close_in_children"]

_things: weakref.WeakSet[Closes] = weakref.WeakSet()


def close_in_children(thing: _Thing) -> _Thing:
    """Have the copy of a file, socket or pipe closed in each child of a fork, at once.

    Left to the garbage collector it would be closed later, when its number may be that of another
    file: a daemon closes all numbers that it has inherited, and then opens files of its own.
    """
    _things.add(thing)
    return thing


def _close_all() -> None:
    for thing in list(_things):
        thing.close()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_close_all)
