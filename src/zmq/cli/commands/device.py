"""``ohmq device``: a device between two sockets, in the foreground, with its rates shown."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

import typer

from zmq.cli.devices.options import with_device
from zmq.cli.devices.plan import DRAIN_S, DeviceOptions, plan_device
from zmq.cli.library import ipc_limit, refuse_mixed_installation
from zmq.cli.sockets.endpoints import check_address
from zmq.cli.terminal import options as opt
from zmq.cli.terminal.display import choose_display, is_live
from zmq.cli.terminal.errors import UsageError

_DRAIN_HELP = f"At the end, time to hand on received messages; {DRAIN_S:g}."


@with_device
def device(
    options: DeviceOptions,
    interval: Annotated[
        float, typer.Option(min=0.05, metavar="SECONDS", help="Time between two status lines.")
    ] = 1.0,
    duration: opt.Duration = None,
    drain: Annotated[
        float | None,
        typer.Option(min=0, metavar="SECONDS", help=_DRAIN_HELP),
    ] = None,
    quiet: opt.OnlyErrors = False,
    dashboard: Annotated[
        str | None, typer.Option(metavar="HOST:PORT", help="Serve a page that shows the device.")
    ] = None,
    config: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="Run the devices of a TOML file, and keep them running."),
    ] = None,
    check: Annotated[bool, typer.Option("--check", help="Check FILE, run nothing.")] = False,
    log: Annotated[
        str | None, typer.Option(metavar="FORM", help="With --config: lines or json.")
    ] = None,
) -> None:
    """Run a queue, forwarder, streamer or cache until Ctrl-C; or, with --config, many.

    Messages and bytes per second in each direction are shown while it runs, totals at the end.
    An ENDPOINT is bound; '>' in front connects it instead (quote it), '@' binds it. Port '*' takes
    a free one. Example:

    ohmq device queue --in tcp://127.0.0.1:5555 --out tcp://127.0.0.1:5556
    """
    opt.check_seconds("--interval", interval)
    opt.check_seconds("--duration", duration)
    opt.check_seconds("--drain", drain)
    if config is not None:
        _refuse_options(options, dashboard, drain)
        _run_config(config, check=check, log=log, quiet=quiet, duration_s=duration)
        return
    if check or log is not None:
        raise UsageError("--check and --log: are for --config FILE")
    if dashboard is not None:
        check_address(dashboard, "--dashboard")
    plan = plan_device(options, ipc_limit=ipc_limit())
    refuse_mixed_installation()
    # Only now: the parser and `info` must work where the native part does not.
    from zmq.cli.devices.running import run_device

    display = choose_display(quiet=quiet)
    run_device(
        plan,
        display,
        interval_s=interval,
        duration_s=duration,
        drain_s=DRAIN_S if drain is None else drain,
        dashboard=dashboard,
    )


def _refuse_options(options: DeviceOptions, dashboard: str | None, drain_s: float | None) -> None:
    """Refuse options that describe one device, beside a file that describes many."""
    if drain_s is not None:
        raise UsageError("--config: in the file, --drain is drain_s of [supervisor]")
    if options != DeviceOptions(kind=None, ins=(), outs=()) or dashboard is not None:
        raise UsageError(
            "--config: endpoints, types and the dashboard of a device are in the file; see "
            "docs/reference/cli.md"
        )


def _run_config(
    file: str, *, check: bool, log: str | None, quiet: bool, duration_s: float | None
) -> None:
    refuse_mixed_installation()
    from zmq.cli.supervisor.config import ConfigError, load_config
    from zmq.cli.supervisor.plan import LOGS, Config
    from zmq.cli.supervisor.supervisor import Supervisor, check_line

    if log is not None and log not in LOGS:
        raise UsageError(f"--log {log!r}: unknown; there are {', '.join(LOGS)}")

    def load() -> Config:
        config = load_config(file, ipc_limit=ipc_limit())
        if log is None:
            return config
        return replace(config, supervisor=replace(config.supervisor, log=log))

    try:
        config = load()
    except ConfigError:
        raise  # each of its lines begins with the file
    except UsageError as error:
        raise UsageError(f"--config {error}") from None
    display = choose_display(quiet=quiet)
    if check:
        display.lines([check_line(file, config)])
        return
    Supervisor(load, config, display, status=is_live(display)).run(duration_s)


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command("device")(device)
