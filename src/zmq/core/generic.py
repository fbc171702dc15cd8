"""Classes that may be subscripted, as generic classes are, without the cost of typing."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import GenericAlias

__all__ = ["Subscripted"]


class Subscripted:
    """Base of a class of which ``Class[T]`` is written in annotations.

    typing.Generic does the same; to import typing would take longer than all of this package.
    """

    __slots__ = ()

    def __class_getitem__(cls, item: object) -> GenericAlias:
        return type(list[int])(cls, item)
