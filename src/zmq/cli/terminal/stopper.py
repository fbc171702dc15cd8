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
from collections.abc import Iterator
from types import FrameType, TracebackType
from typing import Any

from zmq.cli.terminal.errors import EndedBySignal

# What a slow reader of standard output gets to take what was written, after a signal.
_WRITE_GRACE_S = 1.0
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
        #: The signal that came, if any.
        self.received: int | None = None
        self._writing = False

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
        if hasattr(signal, "SIGALRM"):
            signal.setitimer(signal.ITIMER_REAL, 0)
        for number, handler in self._before.items():
            signal.signal(number, handler)
        self._before.clear()
        self._reader.close()
        self._writer.close()

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        self.received = number
        self.stop()
        for each in self._before:
            signal.signal(each, signal.SIG_DFL)
        if hasattr(signal, "SIGALRM"):
            self._before[signal.SIGALRM] = signal.signal(signal.SIGALRM, self._on_alarm)
            # Again and again: the first one may find the program between two writes.
            signal.setitimer(signal.ITIMER_REAL, _WRITE_GRACE_S, _WRITE_GRACE_S / 5)

    def _on_alarm(self, number: int, frame: FrameType | None) -> None:
        if self._writing and self.received is not None:
            raise EndedBySignal(self.received)

    @contextlib.contextmanager
    def writing(self) -> Iterator[None]:
        """While this is entered, a signal raises after a moment: the reader may not come back.

        Raises
        ------
        EndedBySignal
            In the middle of what is done meanwhile.
        """
        self._writing = True
        try:
            yield
        finally:
            self._writing = False

    def fileno(self) -> int:
        """The descriptor that becomes readable when the wait is to end, for pollers."""
        return self._reader.fileno()

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


@contextlib.contextmanager
def signals_raise() -> Iterator[None]:
    """Let SIGINT, SIGTERM and SIGHUP raise `EndedBySignal` in the main thread.

    For commands that may be inside a read of a file or a terminal. What was ignored stays
    ignored; a second signal ends the process at once.

    Raises
    ------
    EndedBySignal
        Where the first signal found the main thread.
    """
    before: dict[int, Any] = {}

    def on_signal(number: int, frame: FrameType | None) -> None:
        for each in before:
            signal.signal(each, signal.SIG_DFL)
        raise EndedBySignal(number)

    for name in _STOP_SIGNALS:
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
            before[number] = signal.signal(number, on_signal)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
