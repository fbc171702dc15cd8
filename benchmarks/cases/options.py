"""Socket options by attribute, against zmq_getsockopt and zmq_setsockopt; operators of flags."""

from __future__ import annotations

from harness.model import OURS, THEIRS, Case
from harness.processes import Worker

from cases.common import trial

CASES = (
    *(
        Case(
            f"option/{op}",
            what,
            "ns",
            trial([Worker("option", {"op": op})], reporter=0),
            over_pyzmq=10,
            less_is_better=True,
        )
        for op, what in (("get", "socket.rcvhwm"), ("set", "socket.linger = 0"))
    ),
    Case(
        "flags/and",
        "events & zmq.POLLIN",
        "ns",
        trial([Worker("flags")], reporter=0),
        over_pyzmq=10,
        less_is_better=True,
        measured=(OURS, THEIRS),
    ),
)
