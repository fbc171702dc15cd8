"""A loop of asyncio with a deadline, and waiting in it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

DEADLINE_S = 40.0


def run(main: Callable[[], Coroutine[Any, Any, Any]]) -> Any:
    """Run a coroutine function in a loop of its own, for a limited time."""

    async def bounded() -> Any:
        return await asyncio.wait_for(main(), DEADLINE_S)

    return asyncio.run(bounded())


async def until(condition: Callable[[], Any]) -> None:
    while not condition():
        await asyncio.sleep(0.001)


async def turns(count: int = 3) -> None:
    for _ in range(count):
        await asyncio.sleep(0)
