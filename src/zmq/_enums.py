"""Enums that are made quickly, and find their numbers by ``in``."""

from __future__ import annotations

import sys
from enum import EnumType, IntFlag

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, ClassVar

__all__ = ["FindingEnumType", "QuickEnumType"]

# What early releases of 3.11 know of a flag is not only which bits it has.
_NOTES_MORE_OF_FLAGS = sys.version_info < (3, 11, 4)


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
    """Makes an IntEnum or an IntFlag of literal numbers in a fifth of the usual time.

    EnumType alone would spend a third of what `import zmq` may take on our 240 members. So it gets
    to see one enum without members for each base. Ours begin with a copy of what it has put into
    that one; their members are put in here, without checks that need no repeating. What comes out
    equals what EnumType makes; tests/unit/test_constants.py compares the two.
    """

    _bare: ClassVar[dict[type, dict[str, Any]]] = {}

    @classmethod
    def __prepare__(  # type: ignore[override]  # EnumType's would look at each name as it comes
        metacls, name: str, bases: tuple[type, ...], /, **kwds: Any
    ) -> dict[str, Any]:
        return {}

    def __new__(
        metacls, name: str, bases: tuple[type, ...], body: dict[str, Any], **kwds: Any
    ) -> QuickEnumType:
        if _NOTES_MORE_OF_FLAGS and issubclass(bases[0], IntFlag):
            return metacls._made_by_enum_type(name, bases, body)
        own = {key: value for key, value in body.items() if key[0] == "_"}
        if "__new__" in own:  # EnumType puts its own in front
            cls = metacls._made_by_enum_type(name, bases, own)
        else:
            cls = type.__new__(metacls, name, bases, metacls._empty(bases) | own)
        cls._fill({key: value for key, value in body.items() if key[0] != "_"})
        return cls

    @classmethod
    def _made_by_enum_type(
        metacls, name: str, bases: tuple[type, ...], body: dict[str, Any]
    ) -> QuickEnumType:
        namespace = EnumType.__prepare__(name, bases)
        for key, value in body.items():
            namespace[key] = value
        return EnumType.__new__(metacls, name, bases, namespace)

    @classmethod
    def _empty(metacls, bases: tuple[type, ...]) -> dict[str, Any]:
        """Return what EnumType puts into an enum that has no members."""
        (base,) = bases
        bare = metacls._bare.get(base)
        if bare is None:
            made: Any = EnumType.__new__(EnumType, "", bases, EnumType.__prepare__("", bases))
            bare = metacls._bare[base] = dict(vars(made))
        return {
            key: value.copy() if type(value) in (dict, list) else value
            for key, value in bare.items()
        }

    def _fill(cls, members: dict[str, Any]) -> None:
        """Add members; each value is a number, or the arguments of the enum's __new__."""
        by_name, by_value, names = cls._member_map_, cls._value2member_map_, cls._member_names_
        new = cls._new_member_  # type: ignore[attr-defined]
        # Where later releases of 3.12 and all after them look for `in`.
        values = getattr(cls, "_hashable_values_", [])
        flags = issubclass(cls, IntFlag)
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
                if not flags or number & (number - 1) == 0:  # iteration gives single bits
                    names.append(name)
            by_name[name] = member
        for name, member in by_name.items():  # last, as a class that changes is slow to read
            type.__setattr__(cls, name, member)
        if flags:
            _note_bits(cls)


def _note_bits(cls: Any) -> None:
    """Have an enum of flags know which bits its members have."""
    mask = singles = 0
    for number in cls._value2member_map_:
        mask |= number
        singles |= number if number & (number - 1) == 0 else 0
    cls._flag_mask_, cls._singles_mask_ = mask, singles
    cls._all_bits_ = (1 << mask.bit_length()) - 1
