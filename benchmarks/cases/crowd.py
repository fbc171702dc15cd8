"""Ten thousand clients at one queue, each a socket of its own: all of them are answered."""

from __future__ import annotations

from harness.model import OURS, THEIRS, Case
from harness.processes import Worker

from cases.common import trial
from cases.relay import QUEUE

CLIENTS = 10_000
PROCESSES = 4

CASES = (
    Case(
        "crowd/10000/memory",
        "memory of a ThreadDevice (ROUTER, DEALER) for each of 10,000 REQ clients, all answered",
        "bytes",
        trial(
            [
                Worker("crowded", {"clients": CLIENTS, **QUEUE}),
                Worker("replier", {"at": "{1}", "hwm": 0}, always_c=True),
                *(
                    Worker("crowd", {"clients": CLIENTS // PROCESSES, "at": "{0}", "tell": "{2}"})
                    for _ in range(PROCESSES)
                ),
            ],
            reporter=0,
        ),
        over_pyzmq=1,
        less_is_better=True,
        measured=(OURS, THEIRS),
        trials_factor=0.4,
    ),
)
