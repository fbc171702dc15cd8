"""Handlers of signals for the time of a command."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterable
from types import FrameType
from typing import Any

STOP_SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP")


def set_handlers(
    names: Iterable[str], handler: Callable[[int, FrameType | None], None]
) -> dict[int, Any]:
    """Set the handler of signals; call it in the main thread.

    A signal that the process was started with as ignored (as nohup and shells do) stays ignored,
    and a signal that the system does not know is left out.

    Returns
    -------
    dict
        The signals that were set, and their handlers before, for `restore_handlers`.
    """
    before: dict[int, Any] = {}
    for name in names:
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
            before[number] = signal.signal(number, handler)
    return before


def restore_handlers(before: dict[int, Any]) -> None:
    """Set back the handlers that `set_handlers` returned."""
    for number, handler in before.items():
        signal.signal(number, handler)
