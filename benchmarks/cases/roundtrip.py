"""One request at a time from REQ to REP: every message waits for a wake-up.

Across the cores the time is that of waking a sleeping core; on one core it is that of the
work itself, and more even. Left to itself, as programs mostly are, the scheduler picks one or the
other. Where a process has a single core, ohmq does not wait busily.
"""

from __future__ import annotations

from harness.model import Case
from harness.processes import Worker

from cases.common import BIND, trial

Halves = tuple[int, int] | tuple[None, None]


def _case(name: str, what: str, workers: list[Worker], over_pyzmq: float = 1) -> Case:
    return Case(
        f"roundtrip/{name}",
        f"32-byte request and reply over {what}, one at a time",
        "us",
        trial(workers, reporter=len(workers) - 1),
        over_pyzmq=over_pyzmq,
        less_is_better=True,
    )


def _processes(transport: str, halves: Halves) -> list[Worker]:
    replier, requester = halves
    return [
        Worker("replier", {"at": BIND[transport]}, half=replier),
        Worker("requester", {"at": "{0}"}, half=requester),
    ]


_PLACES: tuple[tuple[str, str, Halves, float], ...] = (
    ("", "each process on its own cores", (0, 1), 1),
    ("/together", "both processes on the same cores", (0, 0), 1),
    ("/free", "both processes on all cores", (None, None), 1.6),
)

CASES = (
    *(
        _case(f"{transport}{suffix}", f"{transport}, {words}", _processes(transport, halves), over)
        for transport in ("tcp", "ipc")
        for suffix, words, halves, over in _PLACES
    ),
    _case("inproc", "inproc, two threads on the same cores", [Worker("inproc_roundtrip", half=0)]),
    _case("inproc/free", "inproc, two threads, on all cores", [Worker("inproc_roundtrip")]),
)
