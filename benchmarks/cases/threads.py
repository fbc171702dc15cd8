"""Threads of one process: without the GIL they run at the same time.

With the GIL the numbers show what threads cost one another. Several threads may use a socket here;
with PyZMQ they may not, and a lock is held around each call.
"""

from __future__ import annotations

from harness.model import OURS, THEIRS, Case
from harness.processes import Worker

from cases.common import trial

CASES = tuple(
    Case(
        f"threads/{count}/{'shared' if shared else 'own'}",
        f"32-byte messages, sent and received over inproc by {count} "
        f"thread{'s' if count > 1 else ''}, "
        + ("all on one pair of sockets" if shared else "each on a pair of sockets of its own"),
        "messages/s",
        trial([Worker("threads", {"count": count, "shared": int(shared), "hwm": 0})], reporter=0),
        measured=(OURS, THEIRS),
        trials_factor=0.6,
    )
    for shared in (False, True)
    for count in (1, 2, 4)
)
