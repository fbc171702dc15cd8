"""``ohmq device`` in the foreground: a device in a thread; status line and signals in this one."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from typing import Any

import zmq
from zmq.cli.devices.plan import DevicePlan
from zmq.cli.devices.planned import SIDE_NAMES, PlannedDevice
from zmq.cli.sockets.opening import explain
from zmq.cli.terminal.display import Display, is_live
from zmq.cli.terminal.errors import CommandError, one_line
from zmq.cli.terminal.rates import rates_between, status_line, totals_lines
from zmq.cli.terminal.service import ServiceManager
from zmq.cli.terminal.stopper import Stopper
from zmq.devices import ThreadDevice


class ForegroundDevice(PlannedDevice, ThreadDevice):
    """A planned device in a thread, which tells a stopper when it ends by itself."""

    def __init__(self, plan: DevicePlan, stopper: Stopper, drain_s: float) -> None:
        super().__init__(plan)
        self._stopper = stopper
        self._drain_s = drain_s

    def _explained(self, error: Exception, side: Any, address: str | None) -> Exception:
        for planned in self._plan.sides:
            for endpoint in planned.endpoints:
                at_fault = (SIDE_NAMES[side.name], address) == (planned.name, endpoint.address)
                if at_fault and isinstance(error, zmq.ZMQError):
                    return explain(error.errno, planned, endpoint)
        return super()._explained(error, side, address)

    def _show_end(self, run: Any) -> None:
        """End the command, which shows the error."""
        self._stopper.stop()

    def stop(self, timeout: float | None = None) -> bool:
        """End the command, as a signal does; returns at once. The page calls it."""
        self._stopper.stop()
        return True

    def finish(self) -> str:
        """Hand on what the sockets hold, and wait until they are closed.

        Returns
        -------
        str
            What could not be handed on; empty if nothing is left.

        Raises
        ------
        CommandError
            The relay had ended by itself with an error.
        """
        clean = super().stop(self._drain_s)
        if self.error is not None:
            raise CommandError(f"the relay failed: {one_line(str(self.error))}")
        if clean or self._drain_s == 0:  # without a drain a loss is no failure
            return ""
        left = self.left_behind or "not everything that was taken in could be handed on"
        return f"{left} ({self._drain_s:g} s, --drain)"


def run_device(
    plan: DevicePlan,
    display: Display,
    *,
    interval_s: float,
    duration_s: float | None,
    drain_s: float,
    dashboard: str | None = None,
) -> None:
    """Run a device until a signal comes or its time is over.

    Blocks; call it from the main thread, since it handles signals.

    Parameters
    ----------
    plan
        What to open.
    display
        Where endpoints, rates and totals go.
    interval_s
        Time between two status lines, in s.
    duration_s
        When to end by itself, in s; None for never.
    drain_s
        How long it may take, at the end, to hand on what was taken in, in s.
    dashboard
        HOST:PORT of a page that shows it; None for none.

    Raises
    ------
    CommandError
        An address cannot be had, the relay failed, or messages were lost at the end.
    """
    with Stopper() as stopper:
        device = ForegroundDevice(plan, stopper, drain_s)
        device.start()
        started = time.monotonic()
        monitored = plan.monitor is not None
        manager = ServiceManager()
        loss = ""
        try:
            try:
                display.lines(device.describe())
                display.hint("running; Ctrl-C ends it")
                with _shown(device, plan, dashboard, display):
                    manager.ready("running")
                    _watch(
                        device,
                        display,
                        stopper,
                        manager,
                        interval_s,
                        duration_s,
                        monitored=monitored,
                    )
                manager.stopping("handing on what was taken in")
                display.hint("handing on what was taken in; Ctrl-C again ends it at once")
            finally:
                loss = device.finish()
                display.close()
            seconds = time.monotonic() - started
            display.lines(totals_lines(device.stats(), seconds, monitored=monitored))
        finally:
            if loss:  # reported before any other reason of the end
                raise CommandError(loss)


@contextlib.contextmanager
def _shown(
    device: ForegroundDevice, plan: DevicePlan, address: str | None, display: Display
) -> Iterator[None]:
    """Serve the page of the device meanwhile, if it is to have one."""
    if address is None:
        yield
        return
    from zmq.cli.devices.page import serve_page

    with serve_page(device, plan, address, title=f"ohmq device {plan.kind}") as page:
        # The link has the token: it is shown on a terminal only, not in a log.
        display.lines([f"{'page':<23}{page.link if is_live(display) else page.url}"])
        yield


def _watch(
    device: ForegroundDevice,
    display: Display,
    stopper: Stopper,
    manager: ServiceManager,
    interval_s: float,
    duration_s: float | None,
    *,
    monitored: bool,
) -> None:
    started = before_at = time.monotonic()
    before = device.stats()
    end_at = None if duration_s is None else started + duration_s
    while True:
        due_at = before_at + interval_s
        wake_at = due_at if end_at is None else min(due_at, end_at)
        if stopper.wait(min(wake_at - time.monotonic(), manager.interval_s)):
            return
        now = time.monotonic()
        manager.alive()
        if now >= due_at:
            after = device.stats()
            rates = rates_between(before, after, now - before_at)
            line = status_line(rates, after.monitor_dropped, now - started, monitored=monitored)
            display.status(line)
            manager.alive(line)
            before, before_at = after, now
        if end_at is not None and now >= end_at:
            return
