"""The loop that anyio runs on: trio, or one of asyncio.

Neither is imported unless it runs, and anyio itself is not needed.
"""

from __future__ import annotations

import sys

from zmq.core.front import CoroutineFront

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from zmq.core.engine import Loop

__all__ = ["AnyioFront"]

# zmq.loops.trio, zmq.loops.asyncio and its futures, and what gives asyncio's running loop; once
# they are needed.
_trio: Any = None
_asyncio: Any = None
_futures: Any = None
_asyncio_loop: Any = None


class AnyioFront(CoroutineFront):
    """Calls wait in the loop that their caller is in: a run of trio, or an asyncio loop."""

    def current(self) -> Any:
        """Return the token of the run of trio, or the asyncio loop, that the caller is in."""
        global _trio, _asyncio, _futures, _asyncio_loop
        if _trio is None and "trio" in sys.modules:
            import zmq.loops.trio as _trio
        # First, as trio may be a guest of an asyncio loop.
        if _trio is not None and _trio.in_trio_run():
            return _trio.current_trio_token()
        if _asyncio_loop is None:
            import zmq.loops.asyncio as _asyncio
            import zmq.loops.futures as _futures

            _asyncio_loop = _asyncio.asyncio.get_running_loop
        return _asyncio_loop()

    def loop(self, current: Any, /) -> Loop:
        if _trio is not None and _trio.in_trio_run():
            return _trio.current_loop()  # type: ignore[no-any-return]
        return _asyncio.AsyncioLoop.of(current)  # type: ignore[no-any-return]

    def operation(self, loop: Loop) -> Any:
        if _trio is not None and isinstance(loop, _trio.TrioLoop):
            return _trio.TrioOperation()
        return _futures.Waiting(loop=_asyncio_loop())

    async def checkpoint(self) -> None:
        self.current()
        if _trio is not None and _trio.in_trio_run():
            await _trio.checkpoint()
        else:
            await _asyncio.asyncio.sleep(0)
