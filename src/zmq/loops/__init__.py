"""Event loops: how each of them watches a descriptor, calls back, and lets a caller wait."""

from __future__ import annotations
