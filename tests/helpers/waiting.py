"""Bounded waiting for a condition."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

#: How long a test waits for what has to come: only a test that fails takes so long, and a machine
#: may be busy with other work.
PATIENCE_S = 30.0


def until(condition: Callable[[], Any], timeout_s: float = PATIENCE_S) -> Any:
    """Return the first true value of `condition()`; fail when none comes in time."""
    deadline = time.monotonic() + timeout_s
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"not true within {timeout_s} s: {condition}")
        time.sleep(0.005)
