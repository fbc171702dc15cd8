"""One request at a time from REQ to REP: every message waits for a wake-up.

Across the cores the time is that of waking a sleeping core; on one core it is that of the
work itself, and more even. Left to itself the scheduler picks one or the other.
"""

from __future__ import annotations

from harness.model import Case
from harness.processes import Worker

from cases.common import BIND, trial


def _case(name: str, what: str, workers: list[Worker]) -> Case:
    return Case(
        f"roundtrip/{name}",
        f"32-byte request and reply over {what}, one at a time",
        "us",
        trial(workers, reporter=len(workers) - 1),
        over_pyzmq=1,
        less_is_better=True,
    )


def _processes(transport: str, halves: tuple[int, int]) -> list[Worker]:
    replier, requester = halves
    return [
        Worker("replier", {"at": BIND[transport]}, half=replier),
        Worker("requester", {"at": "{0}"}, half=requester),
    ]


CASES = (
    *(
        _case(f"{transport}{suffix}", f"{transport}, {words}", _processes(transport, halves))
        for transport in ("tcp", "ipc")
        for suffix, words, halves in (
            ("", "each process on its own cores", (0, 1)),
            ("/together", "both processes on the same cores", (0, 0)),
        )
    ),
    _case("inproc", "inproc, two threads", [Worker("inproc_roundtrip", half=0)]),
)
