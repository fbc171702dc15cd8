"""Classes that may be subscripted, as generic classes are, without the cost of typing."""

from __future__ import annotations

from types import GenericAlias

__all__ = ["Subscripted"]


class Subscripted:
    """Base of a class of which ``Class[T]`` is written in annotations.

    typing.Generic does the same; to import typing would take longer than all of this package.
    Type checkers are shown typing.Generic in its place.
    """

    __slots__ = ()

    def __class_getitem__(cls, item: object) -> GenericAlias:
        return GenericAlias(cls, item)
