"""Ctrl-C on Windows, in programs that block in a library of C."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import Any

__all__ = ["allow_interrupt", "os"]

_CTRL_C_EVENT = 0


class allow_interrupt:
    """Call a function at Ctrl-C, while the block of a ``with`` runs; on Windows only.

    Sockets of this package see Ctrl-C by themselves, in every call that waits. A program whose
    main thread is inside another library has it told here, and can end that call: the function runs
    in a thread of the system. Elsewhere nothing is done.

    Parameters
    ----------
    action
        What to call, without arguments.
    """

    def __init__(self, action: Callable[[], Any] | None = None) -> None:
        self.action = action
        self._handler: Any = None

    def __enter__(self) -> None:
        if sys.platform == "win32":
            import ctypes

            # Kept, as the system calls it.
            self._handler = ctypes.WINFUNCTYPE(ctypes.c_int, ctypes.c_uint)(self._handle)
            if not ctypes.windll.kernel32.SetConsoleCtrlHandler(self._handler, True):
                raise ctypes.WinError()

    def __exit__(self, *exc: object) -> None:
        if sys.platform == "win32":
            import ctypes

            ctypes.windll.kernel32.SetConsoleCtrlHandler(self._handler, False)
            self._handler = None

    def _handle(self, event: int) -> int:
        if event == _CTRL_C_EVENT and self.action is not None:
            self.action()
        return 0  # Python's own handler is called next
