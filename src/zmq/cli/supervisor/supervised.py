"""One supervised device: a thread that starts its process, and starts it again when it ends."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable
from multiprocessing import resource_tracker
from multiprocessing.connection import wait as wait_for
from typing import Any

import zmq
from zmq.cli.devices.planned import SIDE_NAMES
from zmq.cli.supervisor.logs import LogEvent
from zmq.cli.supervisor.plan import DeviceConfig, SupervisorConfig
from zmq.cli.supervisor.process import SupervisedDevice
from zmq.cli.terminal.errors import one_line
from zmq.cli.terminal.waker import Waker
from zmq.devices import DeviceStats
from zmq.error import ZMQError

_TOTALS = (
    "messages_in",
    "bytes_in",
    "messages_out",
    "bytes_out",
    "monitor_dropped",
    "blocked_in_s",
    "blocked_out_s",
    "seconds",
)
# None where the device is no cache.
_CACHE_TOTALS = ("cache_evicted", "cache_replayed")
_RATES = ("messages_in_per_s", "bytes_in_per_s", "messages_out_per_s", "bytes_out_per_s")
# Between two readings of the counters.
_LOOK_S = 0.5
# How long a process that has closed its pipe may take to be gone.
_REAP_S = 2.0


def restart_delay_s(failures: int, config: SupervisorConfig) -> float:
    """Time before a device is started again: twice as long after each failure, up to a limit.

    Parameters
    ----------
    failures
        How often it has failed in a row, at least 1.
    config
        The limits.
    """
    return float(min(config.restart_max_s, config.restart_s * 2.0 ** min(failures - 1, 60)))


class Supervised:
    """A device that is kept running; looks like a background device to a dashboard.

    Its totals go on when its process is replaced. All methods may be called from any thread.

    Parameters
    ----------
    config, supervisor
        What to run, and how.
    log
        Called with each event, from the thread of this device.
    after
        Another device that has to end first, because this one takes its place.
    """

    def __init__(
        self,
        config: DeviceConfig,
        supervisor: SupervisorConfig,
        log: Callable[[LogEvent], None],
        after: Supervised | None = None,
    ) -> None:
        self.config = config
        self._supervisor = supervisor
        self._log = log
        self._after = after
        self._lock = threading.Lock()
        self._device: SupervisedDevice | None = None
        self._ended_stats = DeviceStats()
        self._pinned: dict[str, list[str]] = {}
        self._state = "new"
        self._stop_s: float | None = None
        self._wanted = True
        # Wakes the thread that waits for the process when the device is to end.
        self._waker = Waker()
        self._failures = 0
        #: Its state and stats, as they were a moment ago: reading them does not wait.
        self.latest: tuple[str, DeviceStats] = ("new", DeviceStats())
        #: Whether all messages were handed on when it was stopped.
        self.clean: bool = True
        #: Whether a first start, successful or not, has been logged.
        self.tried: bool = False
        monitor = config.plan.monitor
        self.mon_type: zmq.SocketType | None = (
            None if monitor is None else zmq.SocketType[monitor.type_name]
        )
        self._thread = threading.Thread(
            target=self._main, name=f"ohmq device {config.name}", daemon=True
        )

    # ---- for the supervisor

    def start(self) -> None:
        """Begin; returns at once."""
        self._thread.start()

    def request_stop(self, seconds: float) -> None:
        """Let it drain and end within a time; returns at once."""
        self._stop_s = seconds
        self._wanted = False
        self._waker.wake()

    def join(self, seconds: float | None) -> bool:
        """Wait for its end; False when time was over."""
        self._thread.join(seconds)
        return not self._thread.is_alive()

    @property
    def alive(self) -> bool:
        """Whether it runs or is going to."""
        return self._thread.is_alive()

    def kill(self) -> None:
        """Kill its process."""
        device = self._device
        if device is not None and device.launcher is not None:
            device.launcher.kill()

    # ---- for the dashboard

    @property
    def state(self) -> str:
        """ "new", "running", "paused", "waiting" (to be started again), "stopped"."""
        device = self._device
        return self._state if device is None else device.state

    @property
    def endpoints(self) -> dict[str, list[str]]:
        """Where it is bound, with the real ports."""
        return {name: list(found) for name, found in self._pinned.items()}

    def stats(self) -> DeviceStats:
        """Totals over all its processes, rates of the one that runs."""
        with self._lock:
            device, before = self._device, self._ended_stats
        return before if device is None else _added(before, device.stats())

    def pause(self) -> None:
        """Take no more messages until resume(); RuntimeError when it does not run."""
        self._running().pause()
        self._event("paused")

    def resume(self) -> None:
        """Undo pause()."""
        self._running().resume()
        self._event("resumed")

    def stop(self, timeout: float | None = None) -> bool:
        """Stop it for good, without ending the supervisor."""
        self.request_stop(self._supervisor.drain_s if timeout is None else timeout)
        self._thread.join()
        return self.clean

    def _running(self) -> SupervisedDevice:
        device = self._device
        if device is None:
            raise RuntimeError("the device does not run at the moment")
        return device

    # ---- in its thread

    def _main(self) -> None:
        # Starting it unblocks signals, so it comes first.
        resource_tracker.ensure_running()
        # The process of the device inherits this. The supervisor handles Ctrl-C and a closed
        # terminal, and lets the device drain.
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGHUP})
        if self._after is not None:
            self._after.join(None)
            self._pinned = self._after._pinned_for(self.config)
            self._after = None
        try:
            while self._wanted:
                started = self._start()
                self.tried = True
                if started:
                    self._watch()
                if self._wanted:
                    self._pause_before_restart()
        except Exception as error:  # a bug here must be logged, and must not end the other devices
            self._event("failed", "error", error=_words(error))
        self._state = "stopped"
        self.latest = ("stopped", self._ended_stats)
        self._waker.close()

    def _start(self) -> bool:
        try:
            device = SupervisedDevice(self.config, self._pinned)
            device.start()
        except Exception as error:
            self._failures += 1
            self._event("start failed", "error", error=_words(error))
            return False
        self._pinned = device.endpoints
        with self._lock:
            self._device = device
        places = {SIDE_NAMES[name]: found for name, found in self._pinned.items() if found}
        self._event("started", pid=device.launcher.pid, **places)
        return True

    def _watch(self) -> None:
        """Wait until the process ends, or end it."""
        device = self._device
        assert device is not None
        began = time.monotonic()
        while self._wanted and device.launcher.is_alive():
            self.latest = (device.state, self.stats())
            wait_for([device.launcher.sentinel, self._waker.fileno()], _LOOK_S)
        if not self._wanted:
            self._end(device)
            return
        device.join(_REAP_S)
        ran_s = time.monotonic() - began
        self._failures = 1 if ran_s > self._supervisor.restart_max_s else self._failures + 1
        what = "the process ended" if device.error is None else _words(device.error)
        self._retire(device)
        self._event("ended", "error", error=what, ran_s=ran_s)

    def _end(self, device: SupervisedDevice) -> None:
        assert self._stop_s is not None
        self._event("stopping", within_s=self._stop_s)
        self.clean = device.stop(timeout=self._stop_s) or self._stop_s == 0
        stats = self._retire(device)
        totals = {key: getattr(stats, key) for key in _TOTALS[:5]}
        if self.clean:
            self._event("stopped", **totals)
        else:
            why = device.left_behind or "not everything that it had taken in could be handed on"
            self._event("stopped", "warning", error=why, **totals)

    def _retire(self, device: SupervisedDevice) -> DeviceStats:
        stats = device.stats()
        with self._lock:
            self._ended_stats = _added(self._ended_stats, stats)
            self._device = None
            self._state = "waiting"
            return self._ended_stats

    def _pause_before_restart(self) -> None:
        delay_s = restart_delay_s(self._failures, self._supervisor)
        self._state = "waiting"
        self._event("restarting", "warning", after_s=delay_s, failures=self._failures)
        self.latest = ("waiting", self.stats())
        self._waker.wait(delay_s)

    def _pinned_for(self, config: DeviceConfig) -> dict[str, list[str]]:
        """The ports that its successor keeps: those of sockets whose endpoints are the same."""
        ours, theirs = (
            {side.name: side.endpoints for side in each.plan.sides}
            for each in (self.config, config)
        )
        return {
            name: found
            for name, found in self._pinned.items()
            if ours.get(SIDE_NAMES[name]) == theirs.get(SIDE_NAMES[name])
        }

    def _event(self, event: str, level: str = "info", /, **facts: Any) -> None:
        self._log(LogEvent(event, self.config.name, level, facts))


def _added(before: DeviceStats, now: DeviceStats) -> DeviceStats:
    totals = {key: getattr(before, key) + getattr(now, key) for key in _TOTALS}
    for key in _CACHE_TOTALS:
        if getattr(now, key) is not None:
            totals[key] = (getattr(before, key) or 0) + getattr(now, key)
    return now._replace(**totals)


def _words(error: BaseException) -> str:
    text = one_line(str(error)) or type(error).__name__
    known = isinstance(error, (ZMQError, RuntimeError, OSError)) or type(error).__module__ in (
        "zmq.cli.terminal.errors",
    )
    return text if known else f"{type(error).__name__}: {text}"
