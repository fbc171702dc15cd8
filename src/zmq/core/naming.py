"""How programs know the classes of the fronts, and their methods."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeVar

    _Class = TypeVar("_Class", bound=type)

__all__ = ["methods_of", "shown_name"]


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


def shown_name(cls: type) -> str:
    """Return the name by which programs get a class, for the repr of its objects."""
    module, name = cls.__module__, cls.__name__
    if module.startswith("zmq.core."):
        return f"zmq.{name}"
    if module.startswith("zmq.") and module.endswith(".core"):
        return f"{module.removesuffix('.core')}.{name.lstrip('_')}"
    return f"{module}.{name}"


_function = type(methods_of)
