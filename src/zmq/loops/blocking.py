"""Calls that block, in programs whose threads may be greenlets."""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeAlias

    from zmq.loops._hub import HubLoop

    _Call: TypeAlias = Callable[[], object]

__all__ = ["call_blocking"]


def call_blocking(
    function: Callable[[Callable[[_Call], object]], object], end: _Call | None = None
) -> None:
    """Call what blocks its thread, and return when it does.

    Where gevent or eventlet have put greenlets in the place of threads, it is called in a thread of
    the system, and the greenlet waits: a hub that is blocked would be the end of all of them.

    Parameters
    ----------
    function
        What to call. Its argument calls a function where the caller of this one is at home: locks
        and events of such programs are of no use in threads of the system.
    end
        Makes `function` return, for a greenlet that is killed; called until it has. Without one
        the thread is left behind.
    """
    loops = _loops_of_patched_threads()
    if loops is None:
        function(_call)
        return
    loop = loops.current()
    loop.in_thread(lambda: function(loop.reactor.call), end)


def _call(function: _Call) -> None:
    function()


def _loops_of_patched_threads() -> type[HubLoop] | None:
    # Only what the program has imported can have patched anything.
    monkey = sys.modules.get("gevent.monkey")
    if monkey is not None and monkey.is_module_patched("threading"):
        from zmq.loops.gevent import GeventLoop

        return GeventLoop
    patcher = sys.modules.get("eventlet.patcher")
    if patcher is not None and patcher.is_monkey_patched("thread"):
        from zmq.loops.eventlet import EventletLoop

        return EventletLoop
    return None
