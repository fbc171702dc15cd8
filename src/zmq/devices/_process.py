"""A run of a device in another process, and the pipe between the two.

The device's process writes ("started", endpoints) once its sockets relay, an answer to each
request, and ("ended", stats, clean, error) as the last. The other end of the pipe is its parent's:
when that is closed, which the system does for a parent that was killed, the device ends.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import signal
import sys
import threading
import time
import traceback
from multiprocessing.connection import Connection, wait
from typing import Any, Protocol

from zmq.core.forking import close_in_children
from zmq.core.relay_stats import DeviceStats
from zmq.devices._losses import warn
from zmq.devices._run import STALL_S, Run

# A process that is alive answers within milliseconds. After so many seconds it counts as stuck.
_ANSWER_S = 5.0
# For stats() and state() it may take less: what is known already is good enough.
_LOOK_S = 0.5
# Time beyond the time-out of stop() in which it has to end.
_GRACE_S = 2.0
# How long a device may drain whose parent is gone, or waits for it at its own end.
_ORPHAN_S = 2.0


class Launched(Protocol):
    """A ProcessDevice, as its process and what asks it know it."""

    daemon: Any
    _run: Any

    @property
    def _launch_class(self) -> Any: ...
    @classmethod
    def _log_left_behind(cls, left: str) -> None: ...
    def _show_end(self, run: Any) -> None: ...

    def run(self) -> Any:
        """Run in this process until it ends."""
        ...


# A device goes on also when the program does not keep it, so the module holds its pipe.
_going_on: set[RemoteRun] = set()


# ---- where the device was started ---------------------------------------------------------------


class RemoteRun:
    """The run of a ProcessDevice, as seen by the process that started it. Any thread may use it."""

    def __init__(self, device: Launched, own_start_s: float | None) -> None:
        self._own_start_s = own_start_s
        self._owner = os.getpid()
        self._lock = threading.RLock()
        self._stats = DeviceStats()
        self._state = "new"
        self._clean = False
        self._left = ""
        self._log_left_behind = device._log_left_behind
        self._asked = self._answered = 0
        self._command_error: str | None = None
        self.error: BaseException | None = None
        self.endpoints: dict[str, list[str]] = {}
        launch_class = device._launch_class
        import multiprocessing

        self._end, self._other = multiprocessing.Pipe()
        # Another child must not hold it: the end of this process has to close it.
        close_in_children(self._end)
        self.process = launch_class(target=serve, args=(device, self._other))
        self.process.daemon = device.daemon

    def start(self) -> None:
        """Start the process and wait until it relays."""
        try:
            self.process.start()
        except BaseException as error:
            self._end.close()
            self._state, self.error = "failed", error
            raise
        finally:
            self._other.close()
        try:
            self._wait(self._own_start_s, lambda: self._state != "new")
        except BaseException:
            self._kill()
            raise
        if self._state == "failed":
            self.process.join()
            assert self.error is not None
            raise self.error
        if self._state == "new":
            self._state = "running"  # a loop of a subclass, which does not tell
        _going_on.intersection_update([run for run in list(_going_on) if run._goes_on_here()])
        _going_on.add(self)

    def _goes_on_here(self) -> bool:
        return self._owner == os.getpid() and self.process.is_alive()

    def _wait(self, seconds: float | None, condition: Any) -> bool:
        """Read what the process writes until a condition is true; False when time is up."""
        deadline = None if seconds is None else time.monotonic() + seconds
        while True:
            with self._lock:
                self._read()
                if condition():
                    return True
            left = None if deadline is None else deadline - time.monotonic()
            if left is not None and left <= 0:
                return False
            # Another thread may read what wakes this one: so not for long.
            nap = 0.1 if left is None else min(left, 0.1)
            try:
                wait([self._end, self.process.sentinel], nap)
            except (OSError, ValueError):
                time.sleep(0.005)  # closed by another thread: the next look tells why

    def _read(self) -> None:
        """Take all that the process has written. Called with the lock."""
        if self._owner != os.getpid():
            raise RuntimeError("the device belongs to the process that started it")
        try:
            self._take_all()
        except (EOFError, OSError):
            self._lost()
        if self._state in ("new", "running", "paused") and not self.process.is_alive():
            # The last words may have come between the two looks.
            with contextlib.suppress(EOFError, OSError):
                self._take_all()
            self._lost()

    def _take_all(self) -> None:
        while not self._end.closed and self._end.poll():
            self._take(*self._end.recv())

    def _take(self, word: str, *what: Any) -> None:
        if word == "started":
            (self.endpoints,) = what
            self._state = "running"
        elif word == "stats":
            self._answered, state, stats, self._command_error = what
            self._stats = DeviceStats(**stats)
            if state != "new":  # a loop of a subclass does not tell
                self._state = state
        else:
            stats, self._clean, self._left, self.error = what
            self._log_left_behind(self._left)
            self._stats = DeviceStats(**stats)
            self._state = "stopped" if self.error is None else "failed"
            _going_on.discard(self)

    def _lost(self) -> None:
        """The process is gone, or about to be."""
        _going_on.discard(self)
        self._end.close()
        if self._state in ("stopped", "failed"):
            return
        self.process.join(_GRACE_S)
        if self.process.is_alive():
            self.process.kill()
            self.process.join()
        self._state = "failed"
        self._stats = _at_end(self._stats)
        self.error = RuntimeError(f"the process of the device {_exit_text(self.process.exitcode)}")

    def _kill(self) -> None:
        self.process.kill()
        self.process.join()
        with self._lock:
            self._read()

    def _send(self, *message: Any) -> bool:
        try:
            self._end.send(message)
        except (OSError, ValueError):
            return False
        return True

    def _ask(self, *what: Any, within_s: float = _ANSWER_S) -> bool:
        """Send a request and wait for the answer; False if none came."""
        with self._lock:
            self._read()
            if self._state not in ("running", "paused"):
                return False
            number = self._asked = self._asked + 1
            if not self._send(*what, number):
                return False
            return self._wait(within_s, lambda: self._answered >= number or self._has_ended())

    # ---- what the device offers ----

    def stop(self, timeout: float | None) -> bool:
        """Have the process end; kill it when it does not in time."""
        with self._lock:
            self._read()
            asked = self._state in ("running", "paused") and self._send("stop", timeout, 0)
        if asked:
            if timeout is not None:
                ended = self._wait(timeout + _GRACE_S, self._has_ended)
            else:
                ended = self._wait_moving()
            if not ended:
                self._kill()
        self.process.join(_GRACE_S)
        if self.process.is_alive():
            self._kill()
        return self._clean and self._state == "stopped"

    def left_behind(self) -> str:
        """Return what it could not hand on, in words; empty if all was well."""
        return self._left

    def _has_ended(self) -> bool:
        return self._state in ("stopped", "failed")

    def _wait_moving(self) -> bool:
        """Wait for the end as long as the process answers, as it does while it drains."""
        while not self._wait(STALL_S, self._has_ended):
            if not self._ask("stats"):
                return self._has_ended()
        return True

    def pause(self) -> None:
        """Take no more messages."""
        self._command("pause")

    def resume(self) -> None:
        """Undo pause."""
        self._command("resume")

    def _command(self, word: str) -> None:
        with self._lock:
            answered, error_text = self._ask(word), self._command_error
        if self._has_ended():
            raise RuntimeError("the device has ended")
        if not answered:
            raise RuntimeError("the process of the device does not answer")
        if error_text is not None:
            raise RuntimeError(error_text)

    def stats(self) -> DeviceStats:
        """Return what has passed through; the last that is known if the process does not answer."""
        self._refresh()
        return self._stats

    def state(self) -> str:
        """Return "new", "running", "paused", "stopped" or "failed"."""
        self._refresh()
        return self._state

    def _refresh(self) -> None:
        with self._lock:
            self._read()
            # One that has not answered yet is not asked again: each look would wait for it.
            if self._answered == self._asked:
                self._ask("stats", within_s=_LOOK_S)

    def join(self, timeout: float | None) -> None:
        """Wait until the process has ended."""
        self.process.join(timeout)
        with self._lock:
            self._read()


def _at_end(stats: DeviceStats) -> DeviceStats:
    return stats._replace(
        messages_in_per_s=0.0,
        bytes_in_per_s=0.0,
        messages_out_per_s=0.0,
        bytes_out_per_s=0.0,
        peers_in=0,
        peers_out=0,
    )


def _exit_text(exitcode: int | None) -> str:
    if exitcode is not None and exitcode < 0:
        try:
            return f"was killed by {signal.Signals(-exitcode).name}"
        except ValueError:
            return f"was killed by signal {-exitcode}"
    return f"ended with exit status {exitcode}"


# ---- where it runs ------------------------------------------------------------------------------


def serve(device: Launched, end: Connection) -> None:
    """Run a device in this process, which was made for it."""
    run = device._run = Run()
    writing = threading.Lock()

    def write(*message: Any) -> bool:
        # A parent that is gone is _serve_requests()'s business.
        with writing, contextlib.suppress(OSError):
            end.send(message)
            return True
        return False

    def report_started() -> None:
        write("started", run.endpoints)

    run.report_started = report_started
    # Ctrl-C goes to all processes of a terminal; the parent decides what becomes of the device.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: _terminated(run))
    threading.Thread(target=_serve_requests, args=(run, end, write), daemon=True).start()
    run.execute(device.run)
    left = run.left_behind()
    if not write("ended", _at_end(run.stats())._asdict(), run.clean(), left, _portable(run.error)):
        warn(type(device), left)
    end.close()
    device._show_end(run)
    if run.error is not None:
        sys.exit(1)


def _serve_requests(run: Run, end: Connection, write: Any) -> None:
    """Do what the parent asks for, until it is gone."""
    while not run.ended.is_set():
        try:
            word, *what, number = end.recv()
        except (EOFError, OSError):
            _end_soon(run)
            return
        if word == "stop":
            run.request_stop(*what)
            continue
        error_text = None
        try:
            if word != "stats":
                getattr(run, word)()
        except RuntimeError as error:
            error_text = str(error)
        if not run.ended.is_set():
            write("stats", number, run.state(), run.stats()._asdict(), error_text)


def _terminated(run: Run) -> None:
    """Handle SIGTERM: as stop(), but a loop of a subclass ends as it would without a handler."""
    if run.relaying():
        _end_soon(run)
    else:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGTERM)


def _end_soon(run: Run) -> None:
    """End this process, whatever it takes."""
    run.request_stop(_ORPHAN_S)

    def exit_process() -> None:
        if not run.ended.wait(_ORPHAN_S + _GRACE_S):
            os._exit(1)
        time.sleep(_GRACE_S)
        os._exit(1)

    threading.Thread(target=exit_process, daemon=True).start()


def _portable(error: BaseException | None) -> BaseException | None:
    """Return an exception that can go through a pipe, and says where it comes from."""
    if error is None:
        return None
    try:
        copy: BaseException = pickle.loads(pickle.dumps(error))
        if type(copy) is not type(error) or str(copy) != str(error):
            raise TypeError
    except Exception:
        copy = RuntimeError(f"{type(error).__name__}: {error}")
    lines = "".join(traceback.format_exception(error))
    copy.add_note(f"in process {os.getpid()} of the device:\n{lines}")
    return copy
