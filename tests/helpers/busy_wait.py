"""Waits that look before they sleep (busy_wait_us), in tests."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from helpers.waiting import PATIENCE_S

__all__ = ["looks", "until_it_looks"]

#: So many more threads than cores are others' work, as the library has it.
CROWD = 3
#: How long a test waits for a core that has other work.
CROWDED_S = 2.0


def looks(socket: Any) -> int:
    """Return how many waits of a socket have looked."""
    stats = socket.stats()
    return int(stats.busy_waits_won + stats.busy_waits_lost)


def has_other_work() -> bool:
    """Tell whether the machine has other work for its cores, now: then no wait looks."""
    try:
        running = Path("/proc/loadavg").read_text().split()[3].partition("/")[0]
    except OSError:
        return False
    return int(running) >= (os.cpu_count() or 1) + CROWD


def until_it_looks(socket: Any) -> Iterator[None]:
    """Go on until a wait of the socket has looked; skip where the machine has no core for that."""
    began = time.monotonic()
    crowded = False
    while not looks(socket):
        crowded = crowded or has_other_work()
        waited_s = time.monotonic() - began
        if crowded and waited_s > CROWDED_S:
            pytest.skip("a core without other work")
        assert waited_s < PATIENCE_S, "no wait has looked"
        yield
