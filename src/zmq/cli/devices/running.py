"""Running a planned device: the relay in a thread, the status line and the signals in this one."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator

import zmq
from zmq.cli.devices.opening import OpenSide, open_sides
from zmq.cli.devices.plan import DevicePlan
from zmq.cli.terminal.display import Display, is_live
from zmq.cli.terminal.errors import CommandError, one_line
from zmq.cli.terminal.rates import rates_between, status_line, totals_lines
from zmq.cli.terminal.stopper import Stopper
from zmq.core.relay import Relay
from zmq.core.relay_stats import DeviceStats
from zmq.devices._run import Run
from zmq.devices._sides import OpenSide as DeviceSide


class RunningRelay:
    """A relay in a thread of its own, which tells a stopper when it ends by itself.

    It ends as the devices of `zmq.devices` do: first it hands on what its sockets hold.
    """

    def __init__(
        self, plan: DevicePlan, opened: list[OpenSide], stopper: Stopper, drain_s: float
    ) -> None:
        sockets = [each.socket for each in opened]
        self._sides = [DeviceSide(e.side.name, e.socket, e.bound, e.events) for e in opened]
        watched = opened[-1].events is not None
        monitor_type = None if plan.monitor is None else plan.monitor.type_name
        self._relay = Relay(
            sockets[0],
            sockets[1],
            sockets[2] if len(sockets) > 2 else None,
            in_prefix=plan.in_prefix,
            out_prefix=plan.out_prefix,
            events=tuple(each.events for each in opened),
            drops_silently=watched and monitor_type in {"PUB", "XPUB"},
            intake=[(each.socket, at) for each in self._sides for at in each.intake()],
        )
        #: For a dashboard, like the endpoints.
        self.mon_type = None if monitor_type is None else getattr(zmq, monitor_type)
        self._opened = opened
        self._stopper = stopper
        self._drain_s = drain_s
        self._run = Run()
        self._thread = threading.Thread(target=self._main, name=f"ohmq {plan.kind}", daemon=True)

    def _main(self) -> None:
        self._run.execute(self._work)
        self._stopper.stop()

    def _work(self) -> None:
        try:
            self._run.relay(self._relay)
        finally:
            self._run.flush(self._sides[0].socket.context, self._sides)

    def start(self) -> None:
        """Begin to relay; from here on the sockets belong to the thread, which closes them."""
        self._thread.start()

    def stats(self) -> DeviceStats:
        """What was relayed so far."""
        return self._run.stats()

    @property
    def endpoints(self) -> dict[str, list[str]]:
        """Where it is bound, by the names of zmq.devices."""
        return {each.side.name.removesuffix("itor"): each.bound for each in self._opened}

    @property
    def state(self) -> str:
        """ "running", "paused", "stopped" or "failed"."""
        return self._run.state()

    def pause(self) -> None:
        """Take no more messages until resume()."""
        self._run.pause()

    def resume(self) -> None:
        """Undo pause()."""
        self._run.resume()

    def stop(self, timeout: float | None = None) -> bool:
        """End the command, as a signal does; returns at once."""
        self._stopper.stop()
        return True

    def finish(self) -> str:
        """Hand on what the sockets hold, and wait until they are closed.

        Returns
        -------
        str
            What to complain about if not everything could be handed on; otherwise nothing.

        Raises
        ------
        CommandError
            The relay had ended by itself with an error.
        """
        clean = self._run.stop(self._drain_s)
        if self._run.error is not None:
            raise CommandError(f"the relay failed: {one_line(str(self._run.error))}")
        if clean or self._drain_s == 0:  # who does not want to wait does not want to know
            return ""
        left = self._run.left_behind() or "not everything that was taken in could be handed on"
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
    watched = dashboard is not None
    with Stopper() as stopper, open_sides(plan.sides, watched=watched) as opened:
        relay = RunningRelay(plan, opened, stopper, drain_s)
        display.lines(line for each in opened for line in each.describe())
        started = time.monotonic()
        display.hint("running; Ctrl-C ends it")
        relay.start()
        monitored = plan.monitor is not None
        complaint = ""
        try:
            try:
                with _shown(relay, plan, dashboard, display):
                    _watch(relay, display, stopper, interval_s, duration_s, monitored=monitored)
                display.hint("handing on what was taken in; Ctrl-C again ends it at once")
            finally:
                complaint = relay.finish()
                display.close()
            seconds = time.monotonic() - started
            display.lines(totals_lines(relay.stats(), seconds, monitored=monitored))
        finally:
            if complaint:  # worse than anything else that may have ended it
                raise CommandError(complaint)


@contextlib.contextmanager
def _shown(
    relay: RunningRelay, plan: DevicePlan, address: str | None, display: Display
) -> Iterator[None]:
    """Serve the page of the device meanwhile, if it is to have one."""
    if address is None:
        yield
        return
    from zmq.cli.devices.page import serve_page

    with serve_page(relay, plan, address, title=f"ohmq device {plan.kind}") as page:
        # The link holds the token: for a person at a terminal, not for a log.
        display.lines([f"{'page':<23}{page.link if is_live(display) else page.url}"])
        yield


def _watch(
    relay: RunningRelay,
    display: Display,
    stopper: Stopper,
    interval_s: float,
    duration_s: float | None,
    *,
    monitored: bool,
) -> None:
    started = before_at = time.monotonic()
    before = relay.stats()
    end_at = None if duration_s is None else started + duration_s
    while True:
        due_at = before_at + interval_s
        wake_at = due_at if end_at is None else min(due_at, end_at)
        if stopper.wait(wake_at - time.monotonic()):
            return
        now = time.monotonic()
        if now >= due_at:
            after = relay.stats()
            rates = rates_between(before, after, now - before_at)
            display.status(
                status_line(rates, after.monitor_dropped, now - started, monitored=monitored)
            )
            before, before_at = after, now
        if end_at is not None and now >= end_at:
            return
