"""Handlers of signals for the time of a command."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterable
from types import FrameType
from typing import Any, Self

from zmq.cli.terminal.waker import Waker

STOP_SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP")


def set_handlers(
    names: Iterable[str],
    handler: Callable[[int, FrameType | None], None],
    before: dict[int, Any],
) -> None:
    """Set the handler of signals; call it in the main thread.

    A signal that the process was started with as ignored (as nohup and shells do) stays ignored,
    and a signal that the system does not know is left out.

    Parameters
    ----------
    names
        Of the signals.
    handler
        May be called before this returns: a signal comes at any time.
    before
        Gets the handler that each signal had, for `restore_handlers`, before it has this one.
    """
    for name in names:
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
            before[number] = signal.getsignal(number)
            signal.signal(number, handler)


def restore_handlers(before: dict[int, Any]) -> None:
    """Set back the handlers that `set_handlers` noted."""
    for number, handler in before.items():
        signal.signal(number, handler)


class SignalReceiver:
    """A waker, and handlers of the stop signals for as long as it is entered, in the main thread.

    A subclass has `_on_signal`. See `set_handlers` for signals that stay ignored.
    """

    def __init__(self) -> None:
        self._waker = Waker()
        self._before: dict[int, Any] = {}

    def __enter__(self) -> Self:
        set_handlers(STOP_SIGNALS, self._on_signal, self._before)
        return self

    def __exit__(self, *error: object) -> None:
        restore_handlers(self._before)
        self._before.clear()
        self._waker.close()

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        raise NotImplementedError
