"""The lock of what a process has one of."""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["making"]

# One for all classes: the constructor of one may ask for the instance of another. Empty until it is
# needed, for gevent and eventlet may replace the locks of a program after `import zmq`.
_locks: dict[str, Any] = {}


def making() -> Any:
    """Return the lock to hold while an instance is looked for and made.

    Recursive, as a constructor may come back for another instance.
    """
    found = _locks.get("")
    if found is None:
        # `threading` has been imported where there is more than one thread, or green ones.
        import _thread

        found = _locks.setdefault("", sys.modules.get("threading", _thread).RLock())
    return found


def _forked() -> None:
    """Have a new lock in the child of a fork: the thread that holds the old one is not there."""
    _locks.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forked)
