"""Batches: recv_many and send_many. PyZMQ has neither, it does one message at a time."""

from __future__ import annotations

from harness.model import Case

from cases.common import burst, stream

_UNIT = "messages/s"


CASES = (
    *(
        # The receiver, or libzmq between the two processes, is the bottleneck.
        Case(
            f"many/{transport}/recv",
            f"32-byte messages over {transport}, recv_many from a C sender",
            _UNIT,
            stream(transport, many=1, c_source=True),
            over_c=0.85,
        )
        for transport in ("tcp", "ipc")
    ),
    *(
        # The sender, or libzmq between the two processes, is the bottleneck.
        Case(
            f"many/{transport}/send",
            f"32-byte messages over {transport}, send_many of 500 to a C receiver",
            _UNIT,
            stream(transport, many=1, c_sink=True),
            over_c=0.85,
        )
        for transport in ("tcp", "ipc")
    ),
    Case(
        "many/tcp/three-part",
        "three 32-byte parts over tcp, send_many and recv_many(multipart=True)",
        _UNIT,
        stream("tcp", many=1, parts=3),
    ),
    *(
        Case(
            f"many/inproc/{side}",
            f"10,000 32-byte messages at once, {side}_many, inproc, one thread",
            _UNIT,
            burst(side, many=1),
        )
        for side in ("recv", "send")
    ),
)
