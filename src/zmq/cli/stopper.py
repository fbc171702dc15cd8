"""Waiting that a signal ends.

A signal handler may run in the middle of any line of the main thread, so it must not take a
lock that this thread could be holding: it writes one byte into a socket pair, and the main
thread waits on the other end.
"""

from __future__ import annotations

import contextlib
import select
import signal
import socket
from types import FrameType, TracebackType
from typing import Any

_STOP_SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP")


class Stopper:
    """Turns SIGINT, SIGTERM and SIGHUP into the end of a wait, for as long as it is entered.

    Enter it in the main thread. A signal that the process was started with as ignored (as nohup
    and shells do) stays ignored. A second signal ends the process at once.
    """

    def __init__(self) -> None:
        self._reader, self._writer = socket.socketpair()
        self._writer.setblocking(False)
        self._before: dict[int, Any] = {}

    def __enter__(self) -> Stopper:
        for name in _STOP_SIGNALS:
            number = getattr(signal, name, None)
            if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
                self._before[number] = signal.signal(number, self._on_signal)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
        self._before.clear()
        self._reader.close()
        self._writer.close()

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        self.stop()
        for each in self._before:
            signal.signal(each, signal.SIG_DFL)

    def stop(self) -> None:
        """End the wait, now or when it comes; from any thread or signal handler."""
        with contextlib.suppress(OSError):  # a full or closed pair: it has been said already
            self._writer.send(b"!")

    def wait(self, seconds: float) -> bool:
        """Wait until `stop` or a signal.

        Parameters
        ----------
        seconds
            Longest time to wait, in s.

        Returns
        -------
        bool
            True when it was told to stop, now or earlier.
        """
        ready, _, _ = select.select([self._reader], [], [], max(0.0, seconds))
        return bool(ready)
