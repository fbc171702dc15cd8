"""A monitored queue whose dashboard is open, against the same device with neither."""

from __future__ import annotations

from harness.model import BARE, OURS, Case
from harness.processes import Worker

from cases.common import trial
from cases.relay import HWM, QUEUE, STREAM, queue_peers, stream_peers


def _case(shape: str) -> Case:
    types = STREAM if shape == "stream" else QUEUE
    peers = stream_peers() if shape == "stream" else queue_peers()
    args: dict[str, str | int] = {"api": "dashboard", "hwm": HWM, **types}
    workers = [Worker("dashboard", args, half=0), *peers]
    return Case(
        f"dashboard/{shape}",
        "32-byte messages over tcp, ThreadMonitoredQueue and an open page, against a ThreadDevice",
        "messages/s" if shape == "stream" else "replies/s",
        trial(workers, reporter=len(workers) - 1),
        measured=(OURS,),
        rival=BARE,
        over_rival=0.9,
    )


# A sample is taken twice a second: there are some in each trial.
CASES = tuple(_case(shape) for shape in ("stream", "queue"))
