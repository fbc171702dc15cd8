"""The memory that messages leave behind, and the cost of an open socket."""

from __future__ import annotations

from harness.model import OURS, THEIRS, Case
from harness.processes import Worker

from cases.common import trial

# The resident set moves in pages and arenas: a leak of one byte a message would show as
# 1,000 KiB after a million of them.
_NOISE_KIB = 512

_GROWTHS = (
    ("bytes", "a million 32-byte messages", {"count": 1_000_000, "size": 32}),
    (
        "zero_copy",
        "20,000 messages of 100 kB, copy=False",
        {"count": 20_000, "size": 100_000, "burst": 50},
    ),
    ("frames", "300,000 frames of 32 bytes", {"count": 300_000, "size": 32}),
)

CASES = (
    *(
        Case(
            f"memory/growth/{kind.replace('_', '-')}",
            f"growth of the process over {what} sent and received",
            "KiB",
            trial([Worker("growth", {"kind": kind, **args})], reporter=0),
            at_most=_NOISE_KIB,
            less_is_better=True,
            measured=(OURS, THEIRS),
            trials_factor=0.6,
        )
        for kind, what, args in _GROWTHS
    ),
    *(
        Case(
            f"memory/socket/{what}",
            f"an open socket: {words}",
            "bytes",
            trial([Worker("footprint", {"what": what})], reporter=0),
            over_pyzmq=1,
            less_is_better=True,
            measured=(OURS, THEIRS),
            trials_factor=0.6,
        )
        for what, words in (
            ("shallow", "sys.getsizeof of it and of its attributes"),
            ("traced", "what Python's allocators gave for it"),
            ("resident", "growth of the process, libzmq's share included"),
        )
    ),
)
