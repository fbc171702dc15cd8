"""Run one role: ``python -m workers ROLE KEY=VALUE...``."""

from __future__ import annotations

import os
import signal
import sys
from typing import TYPE_CHECKING

from workers import (
    load,
    local,
    loops,
    memory,
    others,
    population,
    relay,
    roundtrip,
    stream,
    threaded,
    watched,
)
from workers.common import Arguments

if TYPE_CHECKING:
    from collections.abc import Callable

ROLES: dict[str, Callable[[Arguments], None]] = {
    "source": stream.source,
    "sink": stream.sink,
    "replier": roundtrip.replier,
    "requester": roundtrip.requester,
    "inproc_roundtrip": roundtrip.inproc_roundtrip,
    "async_sink": loops.async_sink,
    "async_replier": loops.async_replier,
    "async_requester": loops.async_requester,
    "green_sink": loops.green_sink,
    "callback_sink": loops.callback_sink,
    "relay": relay.relay,
    "crowded": relay.crowded,
    "dashboard": watched.dashboard,
    "crowd": relay.crowd,
    "flags": local.flags,
    "option": local.option,
    "poll": local.poll,
    "burst": local.burst,
    "threads": threaded.threads,
    "other_source": others.other_source,
    "other_sink": others.other_sink,
    "echoer": load.echoer,
    "offered_load": load.offered_load,
    "waiting_in_loop": population.waiting_in_loop,
    "router": population.router,
    "peers": population.peers,
    "growth": memory.growth,
    "footprint": memory.footprint,
}


def main() -> None:
    """Parse the command line and play the role."""
    args = Arguments(sys.argv[2:])
    # The harness ends every worker; this is the end of one whose harness died.
    signal.alarm(args.number("alarm", 120))
    if cores := args.text("cores", ""):
        os.sched_setaffinity(0, {int(core) for core in cores.split(",")})
    ROLES[sys.argv[1]](args)


main()
