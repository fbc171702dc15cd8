"""The end of the process: sockets stay open for exit hooks, and what was sent still leaves."""

from __future__ import annotations

import atexit
import sys

from zmq._native import Finisher, begin_exit, finish

__all__ = ["begun", "watch_multiprocessing"]

#: How long the end of a process waits for messages that are not sent yet.
FINISH_S = 1.0

#: Whether the interpreter has begun to end.
begun: bool = False

# The process in which multiprocessing is to call finish(); 0 for none.
_watched = 0


def _begin() -> None:
    global begun
    begun = True
    begin_exit()


def watch_multiprocessing() -> None:
    """Let messages leave at the end of a process that multiprocessing has forked.

    Such a process ends with os._exit(): without exit handlers, without the end of an interpreter.
    """
    global _watched
    module = sys.modules.get("multiprocessing.process")
    if module is None or module.parent_process() is None:
        return
    if "--multiprocessing-fork" in sys.orig_argv:
        return  # started and not forked: its interpreter ends like that of any program
    from os import getpid

    if _watched != getpid():
        _watched = getpid()
        from multiprocessing.util import Finalize

        # Below all others: they may have something to say.
        Finalize(None, finish, args=(FINISH_S,), exitpriority=-1000)


atexit.register(_begin)
# Cleared after all other modules: finalizers of the program's objects may still send.
sys._ohmq_finisher = Finisher(FINISH_S)  # type: ignore[attr-defined]
