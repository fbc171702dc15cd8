"""Whatever anyio runs on: trio, or an asyncio loop.

Neither is imported unless it runs, and anyio itself is not needed.
"""

from __future__ import annotations

import sys

from zmq.core.answering import Answering
from zmq.core.coroutines import CoroutinePoller, CoroutineSocket
from zmq.core.engine import Engine, Loop

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["AnyioAnswering", "AnyioPoller", "AnyioSocket"]

# zmq.loops.trio, zmq.loops.asyncio and its futures, and what gives asyncio's running loop; once
# they are needed.
_trio: Any = None
_asyncio: Any = None
_futures: Any = None
_asyncio_loop: Any = None


def running() -> Any:
    """Return the token of the run of trio, or the asyncio loop, that the caller is in."""
    global _trio, _asyncio, _futures, _asyncio_loop
    if _trio is None and "trio" in sys.modules:
        import zmq.loops.trio as _trio
    # First, as trio may be a guest of an asyncio loop.
    if _trio is not None and _trio.in_trio_run():
        return _trio.current_trio_token()
    if _asyncio_loop is None:
        import zmq.loops._futures as _futures
        import zmq.loops.asyncio as _asyncio

        _asyncio_loop = _asyncio.asyncio.get_running_loop
    return _asyncio_loop()


def current_loop() -> Loop:
    """Return what stands for the loop that the caller is in."""
    token = running()
    if _trio is not None and _trio.in_trio_run():
        return _trio.current_loop()  # type: ignore[no-any-return]
    return _asyncio.AsyncioLoop.of(token)  # type: ignore[no-any-return]


def new_operation(loop: Loop) -> Any:
    """Return an Operation that the caller, who runs in the loop, can await."""
    if _trio is not None and isinstance(loop, _trio.TrioLoop):
        return _trio.TrioOperation()
    return _futures.Waiting(loop=_asyncio_loop())


class AnyioAnswering(Answering):
    """Calls wait in the loop that their caller is in."""

    def _loop(self) -> Loop:
        return current_loop()

    def _operation(self, loop: Loop) -> Any:
        return new_operation(loop)


class AnyioSocket(AnyioAnswering, CoroutineSocket):
    """A socket whose calls wait in the loop that their caller is in."""

    # Where it was used last, and its engine there; together, as threads may share the socket.
    _place: tuple[Any, Any] = (None, None)

    def _current_engine(self) -> Engine:
        known, engine = self._place
        token = running()
        if token is not known:
            engine = Engine.of(current_loop(), self)
            self._place = (token, engine)
        return engine  # type: ignore[no-any-return]


class AnyioPoller(AnyioAnswering, CoroutinePoller):
    """A poller whose poll waits in the loop that its caller is in."""

    async def _checkpoint(self) -> None:
        running()
        if _trio is not None and _trio.in_trio_run():
            await _trio.checkpoint()
        else:
            await _asyncio.asyncio.sleep(0)
