"""``ohmq device``: a device between two sockets, in the foreground, with its rates shown."""

from __future__ import annotations

from typing import Annotated

import typer

from zmq.cli.display import choose_display
from zmq.cli.info import ipc_limit, refuse_mixed_installation
from zmq.cli.plan import KINDS, RELAY_TYPES, DeviceOptions, check_seconds, plan_device

_INT_MAX = 2**31 - 1
_HWM_HELP = "High-water mark of in and out; 0 is no limit."


def device(
    kind: Annotated[
        str | None,
        typer.Argument(metavar="KIND", help=f"{', '.join(KINDS)}; or give both types."),
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
        typer.Option("--monitor", metavar="ENDPOINT", help="Also send every message here."),
    ] = None,
    in_type: Annotated[
        str | None, typer.Option(metavar="TYPE", help=f"One of {', '.join(RELAY_TYPES).lower()}.")
    ] = None,
    out_type: Annotated[
        str | None, typer.Option(metavar="TYPE", help="The same for the out socket.")
    ] = None,
    monitor_type: Annotated[
        str, typer.Option(metavar="TYPE", help="pub, push, pair or xpub.")
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
    interval: Annotated[
        float, typer.Option(min=0.05, metavar="SECONDS", help="Time between two status lines.")
    ] = 1.0,
    duration: Annotated[
        float | None, typer.Option(min=0, metavar="SECONDS", help="End after this time.")
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but errors.")] = False,
) -> None:
    """Run a queue, forwarder or streamer until Ctrl-C.

    Messages and bytes per second each way are shown while it runs, totals at the end. An ENDPOINT
    is bound; '>' in front connects it instead (quote it), '@' binds it. Port '*' takes a free
    one. Example:

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
    )
    check_seconds("--interval", interval)
    check_seconds("--duration", duration)
    plan = plan_device(options, ipc_limit=ipc_limit())
    refuse_mixed_installation()
    # Only now: the parser and `info` must work where the native part does not.
    from zmq.cli.running import run_device

    run_device(plan, choose_display(quiet=quiet), interval_s=interval, duration_s=duration)


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command("device")(device)
