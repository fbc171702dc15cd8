"""Waiting that a signal ends."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Iterator
from types import FrameType
from typing import Any

from zmq.cli.terminal.errors import EndedBySignal
from zmq.cli.terminal.signals import STOP_SIGNALS, SignalReceiver, restore_handlers, set_handlers

# After a signal, the time that a slow reader of standard output has to take what was written.
_WRITE_GRACE_S = 1.0


class Stopper(SignalReceiver):
    """Turns SIGINT, SIGTERM and SIGHUP into the end of a wait, for as long as it is entered.

    Enter it in the main thread. A signal that the process was started with as ignored (as nohup
    and shells do) stays ignored. A second signal ends the process at once.
    """

    def __init__(self) -> None:
        super().__init__()
        #: The signal that came, if any.
        self.received: int | None = None
        self._writing = False

    def __exit__(self, *error: object) -> None:
        if hasattr(signal, "SIGALRM"):
            signal.setitimer(signal.ITIMER_REAL, 0)
        super().__exit__(*error)

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        self.received = number
        self.stop()
        for each in self._before:
            signal.signal(each, signal.SIG_DFL)
        if hasattr(signal, "SIGALRM"):
            self._before[signal.SIGALRM] = signal.signal(signal.SIGALRM, self._on_alarm)
            # Repeated: the first one may come between two writes.
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
        return self._waker.fileno()

    def stop(self) -> None:
        """End the wait, now or when it comes; from any thread or signal handler."""
        self._waker.wake()

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
        return self._waker.wait(seconds)


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

    try:
        set_handlers(STOP_SIGNALS, on_signal, before)
        yield
    finally:
        restore_handlers(before)
