"""``ohmq device``: a device between two sockets, in the foreground, with its rates shown."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

import typer

from zmq.cli.devices.plan import (
    DRAIN_S,
    KINDS,
    MONITOR_TYPES,
    RELAY_TYPES,
    DeviceOptions,
    plan_device,
)
from zmq.cli.library import ipc_limit, refuse_mixed_installation
from zmq.cli.sockets.endpoints import check_address
from zmq.cli.terminal.display import choose_display, is_live
from zmq.cli.terminal.errors import UsageError
from zmq.cli.terminal.options import check_seconds, one_of

_INT_MAX = 2**31 - 1
_DRAIN_HELP = f"At the end, time to hand on received messages; {DRAIN_S:g}."
_HWM_HELP = "High-water mark of in and out; 0 is no limit."


def device(
    kind: Annotated[
        str | None,
        typer.Argument(
            metavar="KIND",
            help=f"{', '.join(KINDS)}; or give both types.",
            autocompletion=one_of(KINDS),
        ),
    ] = None,
    ins: Annotated[
        list[str] | None,
        typer.Option("--in", metavar="ENDPOINT", help="Endpoint of the in socket; repeatable."),
    ] = None,
    outs: Annotated[
        list[str] | None,
        typer.Option("--out", metavar="ENDPOINT", help="Endpoint of the out socket; repeatable."),
    ] = None,
    monitors: Annotated[
        list[str] | None,
        typer.Option("--monitor", metavar="ENDPOINT", help="Send a copy of every message here."),
    ] = None,
    in_type: Annotated[
        str | None,
        typer.Option(
            metavar="TYPE",
            help=f"One of {', '.join(RELAY_TYPES).lower()}.",
            autocompletion=one_of(RELAY_TYPES),
        ),
    ] = None,
    out_type: Annotated[
        str | None,
        typer.Option(
            metavar="TYPE",
            help="The same for the out socket.",
            autocompletion=one_of(RELAY_TYPES),
        ),
    ] = None,
    monitor_type: Annotated[
        str,
        typer.Option(
            metavar="TYPE",
            help="pub, push, pair or xpub.",
            autocompletion=one_of(MONITOR_TYPES),
        ),
    ] = "pub",
    in_prefix: Annotated[
        str, typer.Option(metavar="TEXT", help="First part of monitored in>out messages.")
    ] = "in",
    out_prefix: Annotated[
        str, typer.Option(metavar="TEXT", help="First part of monitored out>in messages.")
    ] = "out",
    hwm: Annotated[
        int | None,
        typer.Option(min=0, max=_INT_MAX, metavar="N", help=_HWM_HELP),
    ] = None,
    monitor_hwm: Annotated[
        int | None,
        typer.Option(min=0, max=_INT_MAX, metavar="N", help="The same for the monitor."),
    ] = None,
    cache_entries: Annotated[
        int | None,
        typer.Option(min=1, max=_INT_MAX, metavar="N", help="Topics that a cache keeps; 10000."),
    ] = None,
    cache_bytes: Annotated[
        int | None,
        typer.Option(min=1, metavar="N", help="Bytes that a cache keeps; 64000000."),
    ] = None,
    interval: Annotated[
        float, typer.Option(min=0.05, metavar="SECONDS", help="Time between two status lines.")
    ] = 1.0,
    duration: Annotated[
        float | None, typer.Option(min=0, metavar="SECONDS", help="End after this time.")
    ] = None,
    drain: Annotated[
        float | None,
        typer.Option(min=0, metavar="SECONDS", help=_DRAIN_HELP),
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but errors.")] = False,
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
    options = DeviceOptions(
        kind=kind,
        ins=ins or (),
        outs=outs or (),
        monitors=monitors or (),
        in_type=in_type,
        out_type=out_type,
        monitor_type=monitor_type,
        in_prefix=in_prefix,
        out_prefix=out_prefix,
        hwm=hwm,
        monitor_hwm=monitor_hwm,
        cache_entries=cache_entries,
        cache_bytes=cache_bytes,
    )
    check_seconds("--interval", interval)
    check_seconds("--duration", duration)
    check_seconds("--drain", drain)
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
