"""Every case, in the order of the table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cases import (
    crowd,
    dashboard,
    imports,
    large,
    loops,
    many,
    memory,
    monitored,
    options,
    parts,
    polling,
    relay,
    roundtrip,
    small,
    threads,
)

if TYPE_CHECKING:
    from harness.model import Case

ALL: tuple[Case, ...] = (
    *small.CASES,
    *parts.CASES,
    *many.CASES,
    *large.CASES,
    *roundtrip.CASES,
    *loops.CASES,
    *options.CASES,
    *polling.CASES,
    *relay.CASES,
    *monitored.CASES,
    *dashboard.CASES,
    *crowd.CASES,
    *threads.CASES,
    *imports.CASES,
    *memory.CASES,
)
