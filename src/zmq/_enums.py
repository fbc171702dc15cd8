"""Enums that are made quickly, and find their numbers by ``in``."""

from __future__ import annotations

import sys
from enum import EnumType

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["FindingEnumType", "QuickEnumType"]


if sys.version_info >= (3, 12):
    FindingEnumType = EnumType
else:

    class FindingEnumType(EnumType):
        """Finds numbers by ``in``, as enums of Python 3.12 and later do: 3.11's raise."""

        def __contains__(cls, value: object) -> bool:
            if isinstance(value, cls):
                return True
            try:
                found = cls._value2member_map_.get(value)
            except TypeError:  # nothing that can be the key of a dictionary
                return False
            # Combinations of flags that were asked for are in the map, too.
            return found is not None and found._name_ in cls._member_map_


class QuickEnumType(FindingEnumType):
    """Makes an IntEnum of literal numbers in a third of the usual time.

    EnumType alone would spend a third of what `import zmq` may take on our 240 members. So it gets
    to see an enum without members, and they are put in here, without checks that need no repeating.
    What comes out equals what EnumType makes; tests/unit/test_constants.py compares the two.
    """

    @classmethod
    def __prepare__(  # type: ignore[override]  # EnumType's would look at each name as it comes
        metacls, name: str, bases: tuple[type, ...], /, **kwds: Any
    ) -> dict[str, Any]:
        return {}

    def __new__(
        metacls, name: str, bases: tuple[type, ...], body: dict[str, Any], **kwds: Any
    ) -> QuickEnumType:
        namespace = super().__prepare__(name, bases)
        members = {}
        for key, value in body.items():
            if key[0] == "_":
                namespace[key] = value
            else:
                members[key] = value
        cls = super().__new__(metacls, name, bases, namespace, **kwds)
        cls._fill(members)
        return cls

    def _fill(cls, members: dict[str, Any]) -> None:
        """Add members; each value is a number, or the arguments of the enum's __new__."""
        by_name, by_value, names = cls._member_map_, cls._value2member_map_, cls._member_names_
        new = cls._new_member_  # type: ignore[attr-defined]
        # Where later releases of 3.12 and all after them look for `in`.
        values = getattr(cls, "_hashable_values_", [])
        for name, value in members.items():
            member: Any = new(cls, *value) if type(value) is tuple else new(cls, value)
            number = int(member)
            if number in by_value:
                member = by_value[number]  # `name` is an alias
            else:
                by_value[number] = member
                values.append(number)
                member._name_, member._value_ = name, number
                member.__objclass__, member._sort_order_ = cls, len(names)
                names.append(name)
            by_name[name] = member
            type.__setattr__(cls, name, member)
