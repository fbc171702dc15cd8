"""Poller.poll(0) over 500 registered sockets, against zmq_poll."""

from __future__ import annotations

from harness.model import Case
from harness.processes import Worker

from cases.common import trial

CASES = tuple(
    Case(
        name,
        f"Poller.poll(0), 500 sockets of which {ready} ready",
        "us",
        trial([Worker("poll", {"count": 500, "ready": ready})], reporter=0),
        over_pyzmq=20,
        less_is_better=True,
    )
    for name, ready in (("poll/500-idle", 0), ("poll/1-of-500", 1))
)
