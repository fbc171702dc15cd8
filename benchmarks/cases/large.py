"""1 MiB messages. The high-water marks are 16, so that queues hold 32 MiB at most."""

from __future__ import annotations

from harness.model import Case

from cases.common import stream

CASES = tuple(
    Case(
        f"1MiB/{transport}/{'copy' if copy else 'no-copy'}",
        f"1 MiB messages over {transport}, copy={bool(copy)} on both sides",
        "messages/s",
        # libzmq's I/O threads and the kernel are the bottleneck.
        stream(transport, size=1 << 20, hwm=16, chunk=10, copy=copy),
        over_pyzmq=1,
    )
    for transport in ("tcp", "ipc")
    for copy in (1, 0)
)
