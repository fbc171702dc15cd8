"""Messages of three 32-byte parts, one send_multipart or recv_multipart at a time."""

from __future__ import annotations

from harness.model import Case

from cases.common import stream

_UNIT = "messages/s"

CASES = (
    *(
        Case(
            f"three-part/{transport}",
            f"three 32-byte parts over {transport}, send_multipart and recv_multipart",
            _UNIT,
            stream(transport, parts=3),
            over_pyzmq=7,
            over_c=0.8,
        )
        for transport in ("tcp", "ipc")
    ),
    # The receiver is the bottleneck.
    Case(
        "three-part/tcp/recv",
        "three 32-byte parts over tcp, recv_multipart from a C sender",
        _UNIT,
        stream("tcp", parts=3, c_source=True),
    ),
    # The sender is the bottleneck.
    Case(
        "three-part/tcp/send",
        "three 32-byte parts over tcp, send_multipart to a C receiver",
        _UNIT,
        stream("tcp", parts=3, c_sink=True),
    ),
)
