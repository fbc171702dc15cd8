"""Every front, behind one interface for scenarios: see `Front`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from helpers.fronts.anyio_loops import Anyio, Trio
from helpers.fronts.asyncio_loops import Asyncio, Proactor, Tornado, Uvloop
from helpers.fronts.front import Front, Task
from helpers.fronts.greenlets import Eventlet, Gevent
from helpers.fronts.threads import Threads

__all__ = ["FRONTS", "Front", "Task", "needs"]

FRONTS: tuple[type[Front], ...] = (
    Threads,
    Asyncio,
    Uvloop,
    Proactor,
    Tornado,
    Gevent,
    Eventlet,
    Anyio,
    Trio,
)


def needs(*abilities: str) -> Callable[[Any], Any]:
    """Only on fronts that can do this: see Front.can."""

    def mark(function: Any) -> Any:
        function.needs = frozenset(abilities)
        return function

    return mark
