"""How the methods of a front are called."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeVar

    _Class = TypeVar("_Class", bound=type)

__all__ = ["methods_of"]


def methods_of(name: str) -> Callable[[_Class], _Class]:
    """Have the methods of a class named as those of the class that programs know.

    ``socket.recv.__qualname__`` is "Socket.recv" on every front, whatever class of ours has it.
    """

    def rename(cls: _Class) -> _Class:
        for attribute in vars(cls).values():
            if type(attribute) is _function:
                attribute.__qualname__ = f"{name}.{attribute.__name__}"
        return cls

    return rename


_function = type(methods_of)
