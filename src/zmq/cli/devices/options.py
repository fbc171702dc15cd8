"""The options that describe a device, which ``ohmq device`` gets as one object."""

from __future__ import annotations

from typing import Annotated, TypeAlias

import typer

from zmq.cli.devices.plan import KINDS, MONITOR_TYPES, RELAY_TYPES, DeviceOptions
from zmq.cli.terminal.options import INT_MAX, Decorator, grouped, one_of

Kind: TypeAlias = Annotated[
    str | None,
    typer.Argument(
        metavar="KIND",
        help=f"{', '.join(KINDS)}; or give both types.",
        autocompletion=one_of(KINDS),
    ),
]
Ins: TypeAlias = Annotated[
    list[str] | None,
    typer.Option("--in", metavar="ENDPOINT", help="Endpoint of the in socket; repeatable."),
]
Outs: TypeAlias = Annotated[
    list[str] | None,
    typer.Option("--out", metavar="ENDPOINT", help="Endpoint of the out socket; repeatable."),
]
Monitors: TypeAlias = Annotated[
    list[str] | None,
    typer.Option("--monitor", metavar="ENDPOINT", help="Send a copy of every message here."),
]
InType: TypeAlias = Annotated[
    str | None,
    typer.Option(
        metavar="TYPE",
        help=f"One of {', '.join(RELAY_TYPES).lower()}.",
        autocompletion=one_of(RELAY_TYPES),
    ),
]
OutType: TypeAlias = Annotated[
    str | None,
    typer.Option(
        metavar="TYPE", help="The same for the out socket.", autocompletion=one_of(RELAY_TYPES)
    ),
]
MonitorType: TypeAlias = Annotated[
    str,
    typer.Option(
        metavar="TYPE", help="pub, push, pair or xpub.", autocompletion=one_of(MONITOR_TYPES)
    ),
]
InPrefix: TypeAlias = Annotated[
    str, typer.Option(metavar="TEXT", help="First part of monitored in>out messages.")
]
OutPrefix: TypeAlias = Annotated[
    str, typer.Option(metavar="TEXT", help="First part of monitored out>in messages.")
]
Hwm: TypeAlias = Annotated[
    int | None,
    typer.Option(
        min=0, max=INT_MAX, metavar="N", help="High-water mark of in and out; 0 is no limit."
    ),
]
MonitorHwm: TypeAlias = Annotated[
    int | None, typer.Option(min=0, max=INT_MAX, metavar="N", help="The same for the monitor.")
]
CacheEntries: TypeAlias = Annotated[
    int | None,
    typer.Option(min=1, max=INT_MAX, metavar="N", help="Topics that a cache keeps; 10000."),
]
CacheBytes: TypeAlias = Annotated[
    int | None, typer.Option(min=1, metavar="N", help="Bytes that a cache keeps; 64000000.")
]


def _device(
    kind: Kind = None,
    ins: Ins = None,
    outs: Outs = None,
    monitors: Monitors = None,
    in_type: InType = None,
    out_type: OutType = None,
    monitor_type: MonitorType = "pub",
    in_prefix: InPrefix = "in",
    out_prefix: OutPrefix = "out",
    hwm: Hwm = None,
    monitor_hwm: MonitorHwm = None,
    cache_entries: CacheEntries = None,
    cache_bytes: CacheBytes = None,
) -> DeviceOptions:
    return DeviceOptions(
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


#: Gives a command these options in place of its parameter `options`.
with_device: Decorator = grouped("options", _device)
