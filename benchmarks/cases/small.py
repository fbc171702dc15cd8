"""32-byte messages, one blocking send or recv at a time."""

from __future__ import annotations

from harness.model import OURS, THEIRS, Case

from cases.common import burst, stream

_UNIT = "messages/s"

CASES = (
    *(
        Case(
            f"small/{transport}",
            f"32-byte messages over {transport}, send and recv, two processes",
            _UNIT,
            stream(transport),
            over_pyzmq=2,
        )
        for transport in ("tcp", "ipc")
    ),
    *(
        # The C source is faster than any recv() loop: the receiver is the bottleneck.
        Case(
            f"small/{transport}/recv",
            f"32-byte messages over {transport}, recv from a C sender",
            _UNIT,
            stream(transport, c_source=True),
        )
        for transport in ("tcp", "ipc")
    ),
    *(
        # The C sink is faster than any send() loop: the sender is the bottleneck.
        Case(
            f"small/{transport}/send",
            f"32-byte messages over {transport}, send to a C receiver",
            _UNIT,
            stream(transport, c_sink=True),
        )
        for transport in ("tcp", "ipc")
    ),
    *(
        Case(
            f"small/inproc/{side}",
            f"10,000 32-byte messages at once, {side} of each, inproc, one thread",
            _UNIT,
            burst(side, many=0),
        )
        for side in ("recv", "send")
    ),
    # The receiver is the bottleneck: it shares its interpreter with a pure Python loop. The
    # chunk is small because a receiver may wait for the interpreter at every message.
    Case(
        "small/busy-thread",
        "32-byte messages over tcp from a C sender, recv beside a thread that burns the CPU",
        _UNIT,
        stream("tcp", c_source=True, halves=None, burn=1, chunk=10),
        over_pyzmq=2,
        measured=(OURS, THEIRS),
        trials_factor=2,
    ),
    Case(
        "small/busy-thread/half",
        "the same, each process on its half of the cores",
        _UNIT,
        stream("tcp", c_source=True, burn=1, chunk=10),
        measured=(OURS, THEIRS),
    ),
)
