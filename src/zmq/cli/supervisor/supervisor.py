"""``ohmq device --config``: any number of devices, each kept running until a signal."""

from __future__ import annotations

import contextlib
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from zmq.cli.supervisor.logs import LogEvent, format_event
from zmq.cli.supervisor.mailbox import Mailbox
from zmq.cli.supervisor.plan import Config, DeviceConfig
from zmq.cli.supervisor.supervised import Supervised
from zmq.cli.terminal.display import FULL, Display, forget_stdout
from zmq.cli.terminal.errors import CommandError, ReaderGone, one_line
from zmq.cli.terminal.rates import format_bytes, format_clock
from zmq.cli.terminal.service import ServiceManager

# Time that the end may take beyond the time that devices have to drain.
_EXTRA_S = 3.0
_STATUS_S = 1.0
# Between two checks of a reload.
_RELOAD_LOOK_S = 0.05


class Supervisor:
    """Runs the devices of a configuration; everything but `run` is private to its thread.

    Parameters
    ----------
    load
        Reads the configuration again, for SIGHUP.
    config
        What it has read first.
    display
        Where the log goes.
    status
        Whether the display can show a line that is refreshed.
    """

    def __init__(
        self, load: Callable[[], Config], config: Config, display: Display, *, status: bool
    ) -> None:
        self._load = load
        self._config = config
        self._display = display
        self._status = status
        self._mailbox = Mailbox()
        self._devices: dict[str, Supervised] = {}
        self._leaving: list[Supervised] = []
        #: Devices that a reload has stopped and that could not hand on everything.
        self._lossy: list[str] = []
        self._dashboards: dict[str, Any] = {}
        #: Devices that are to have a page, and of these the ones that have started.
        self._pending_dashboards: set[str] = set()
        self._ready_for_dashboard: list[str] = []
        self._manager = ServiceManager()
        self._is_ready = False
        self._reload_counts: dict[str, int] | None = None
        self._log_lock = threading.Lock()
        self._started = time.monotonic()
        self._reader_gone = False
        self._log_incomplete = False

    def run(self, duration_s: float | None) -> None:
        """Run until SIGTERM, SIGINT or the end of the time; blocks, in the main thread.

        Raises
        ------
        CommandError
            A device could not hand on in time what it had taken in, or the log is incomplete.
        ReaderGone
            The log has no reader any more; the devices were ended.
        """
        with self._mailbox:
            for device in self._config.devices:
                self._begin(device)
            try:
                self._serve(None if duration_s is None else self._started + duration_s)
            finally:
                every_device = self._end()
        if self._reader_gone:
            raise ReaderGone
        if self._log_incomplete:
            forget_stdout()  # its buffer would fail once more, with another error
        lossy = dict.fromkeys(
            [*self._lossy, *(each.config.name for each in every_device if not each.clean)]
        )
        if lossy:
            raise CommandError(f"ended before all messages were handed on: {', '.join(lossy)}")
        if self._log_incomplete:
            raise CommandError  # it was printed

    def _serve(self, end_at: float | None) -> None:
        """Print, reload, watch; until something says to end."""
        status_at = stats_at = time.monotonic()
        while not self._reader_gone:
            now = time.monotonic()
            if end_at is not None and now >= end_at:
                return
            settled = self._is_ready and self._reload_counts is None
            nap_s = min(_STATUS_S / 2, self._manager.interval_s) if settled else _RELOAD_LOOK_S
            ending: signal.Signals | None = None
            for event in self._mailbox.wait(min(nap_s, (end_at or now + 9) - now)):
                if isinstance(event, LogEvent):
                    self._print(event)
                elif event == getattr(signal, "SIGHUP", None):
                    self._reload()
                else:
                    ending = event
            if ending is not None:
                self._note_reloaded()
                self._note("ending", signal=ending.name)
                return
            self._open_dashboards()
            if self._has_reloaded():
                self._note_reloaded()
                if not self._is_ready:
                    self._is_ready = True
                    self._manager.ready(_devices(self._config))
            self._manager.alive()
            now = time.monotonic()
            if self._status and now >= status_at + _STATUS_S:
                status_at = now
                with self._reading():
                    self._display.status(self._status_line())
            stats_s = self._config.supervisor.stats_s
            if stats_s and now >= stats_at + stats_s:
                stats_at = now
                self._log_stats()

    def _begin(self, config: DeviceConfig, after: Supervised | None = None) -> None:
        device = Supervised(config, self._config.supervisor, self._log, after)
        self._devices[config.name] = device
        device.start()
        if config.dashboard is not None:
            self._pending_dashboards.add(config.name)

    def _reload(self) -> None:
        self._manager.reloading()
        self._is_ready = False
        try:
            config = self._load()
        except CommandError as error:
            for line in error.lines or [str(error)]:
                self._note("reload refused", "error", error=line)
            return
        self._note_reloaded()  # the one before, if it still runs
        self._sweep()
        before = {each.name: each for each in self._config.devices}
        same_supervisor = config.supervisor == self._config.supervisor
        self._config = config
        wanted = {each.name: each for each in config.devices}
        counts = {"started": 0, "stopped": 0, "restarted": 0, "kept": 0}
        for name in list(self._devices):
            if name not in wanted:
                self._leave(name)
                counts["stopped"] += 1
        for name, each in wanted.items():
            if name not in self._devices:
                self._begin(each)
                counts["started"] += 1
            elif each != before.get(name) or not same_supervisor or not self._devices[name].alive:
                self._begin(each, self._leave(name))
                counts["restarted"] += 1
            else:
                counts["kept"] += 1
        self._reload_counts = counts

    def _sweep(self) -> None:
        """Forget devices that have ended after a reload, but for what they have lost."""
        self._lossy += [e.config.name for e in self._leaving if not (e.alive or e.clean)]
        self._leaving = [each for each in self._leaving if each.alive]

    def _has_reloaded(self) -> bool:
        """Whether what a reload has stopped has ended, and what it has started was tried."""
        return not any(each.alive for each in self._leaving) and all(
            each.tried or not each.alive for each in self._devices.values()
        )

    def _note_reloaded(self) -> None:
        counts, self._reload_counts = self._reload_counts, None
        if counts is not None:
            self._note("reloaded", **counts)

    def _leave(self, name: str) -> Supervised:
        device = self._devices.pop(name)
        self._close_dashboard(name)
        self._leaving.append(device)
        device.request_stop(self._config.supervisor.drain_s)
        return device

    def _end(self) -> list[Supervised]:
        """Let all devices drain at once, make sure that they have ended, and return them."""
        self._manager.stopping("devices hand on what they have taken in")
        for name in list(self._dashboards):
            self._close_dashboard(name)
        drain_s = self._config.supervisor.drain_s
        self._sweep()
        every_device = [*self._devices.values(), *self._leaving]
        for device in every_device:
            device.request_stop(drain_s)
        kill_at = time.monotonic() + drain_s + _EXTRA_S
        while any(each.alive for each in every_device):
            self._print_events(0.05)
            if time.monotonic() >= kill_at:
                kill_at += _EXTRA_S
                for device in every_device:
                    if device.alive:
                        device.kill()
        self._print_events(0)
        with self._reading():
            self._display.close()
        return every_device

    # ---- dashboards

    def _open_dashboards(self) -> None:
        """Serve the pages of devices whose endpoints are known; the first takes its time."""
        ready, self._ready_for_dashboard = self._ready_for_dashboard, []
        for name in ready:
            self._open_dashboard(name)

    def _open_dashboard(self, name: str) -> None:
        device = self._devices.get(name)
        if name not in self._pending_dashboards or device is None:
            return
        self._pending_dashboards.discard(name)
        from zmq.cli.devices.page import serve_page

        config = device.config
        assert config.dashboard is not None
        keys = config.extras["monitor"].keys
        try:
            page = serve_page(
                device, config.plan, config.dashboard, title=name, keys=keys, option="dashboard"
            )
        except CommandError as error:
            self._note("no dashboard", "error", name, error=str(error))
            return
        self._dashboards[name] = page
        # The link has the token: it is shown on a terminal only, not in a log.
        self._note("dashboard", "info", name, url=page.link if self._status else page.url)

    def _close_dashboard(self, name: str) -> None:
        self._pending_dashboards.discard(name)
        dashboard = self._dashboards.pop(name, None)
        if dashboard is not None:
            dashboard.stop()

    # ---- output

    def _print_events(self, seconds: float) -> None:
        for event in self._mailbox.wait(seconds):
            if isinstance(event, LogEvent):
                self._print(event)

    def _print(self, event: LogEvent) -> None:
        with self._reading():
            self._display.lines([format_event(event, self._config.supervisor.log)])
        if event.event == "started" and event.device is not None:
            self._ready_for_dashboard.append(event.device)

    @contextlib.contextmanager
    def _reading(self) -> Iterator[None]:
        """Notice, in a write, that the pipe or the terminal is gone: the devices end in order.

        They outlast a full disk.
        """
        try:
            yield
        except ReaderGone:
            self._reader_gone = True
        except OSError as error:
            if error.errno not in FULL:
                self._reader_gone = True
            elif not self._log_incomplete:
                self._log_incomplete = True
                why = f"cannot write the log: {error.strerror}; the devices run on"
                print(f"ohmq: {why}", file=sys.stderr, flush=True)

    def _note(
        self, event: str, level: str = "info", device: str | None = None, /, **facts: Any
    ) -> None:
        facts = {key: one_line(f) if isinstance(f, str) else f for key, f in facts.items()}
        self._log(LogEvent(event, device, level, facts))

    def _log(self, event: LogEvent) -> None:
        """Have an event printed when its turn comes; any thread may."""
        with self._log_lock:  # the order of the lines is that of their times
            self._mailbox.post(replace(event, time=datetime.now(UTC)))

    def _log_stats(self) -> None:
        for name, device in self._devices.items():
            state, stats = device.latest
            facts = {key: value for key, value in stats._asdict().items() if value is not None}
            self._note("stats", "info", name, state=state, **facts)

    def _status_line(self) -> str:
        counts: dict[str, int] = {}
        messages = size = 0.0
        for device in self._devices.values():
            state, stats = device.latest
            counts[state] = counts.get(state, 0) + 1
            messages += stats.messages_in_per_s + stats.messages_out_per_s
            size += stats.bytes_in_per_s + stats.bytes_out_per_s
        states = ", ".join(f"{count} {state}" for state, count in counts.items())
        clock = format_clock(time.monotonic() - self._started)
        return f"{clock} | {states} | {messages:,.0f} msg/s {format_bytes(size)}/s; Ctrl-C ends it"


def check_line(file: str, config: Config) -> str:
    """The line that ``--check`` prints for a good file."""
    return f"{file}: good, {_devices(config)}"


def _devices(config: Config) -> str:
    count = len(config.devices)
    return f"{count} device{'s' * (count != 1)}"
