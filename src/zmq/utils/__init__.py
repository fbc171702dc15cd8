"""Small helpers that programs import by name: JSON, Z85, monitor events."""

from __future__ import annotations

from . import interop, jsonapi, win32, z85

__all__ = ["interop", "jsonapi", "win32", "z85"]
