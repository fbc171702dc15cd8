"""Names of the standard `typing` that programs import from here."""

from __future__ import annotations

from typing import Literal, TypeAlias, TypedDict

__all__ = ["Literal", "TypeAlias", "TypedDict"]
