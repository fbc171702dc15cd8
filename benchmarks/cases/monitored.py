"""A monitored queue in a thread, against zmq_proxy with a PUB capture socket."""

from __future__ import annotations

from harness.model import BARE, OURS, PREFIXED, THEIRS, C, Case
from harness.processes import Worker

from cases.common import trial
from cases.relay import QUEUE, STREAM, peer, queue_peers, relay, stream_peers


def _workers(api: str, shape: str, readers: int = 0) -> list[Worker]:
    return [
        relay(api, STREAM if shape == "stream" else QUEUE, monitor=True),
        # One more process on the half of the cores that the peers have.
        *[peer("subscriber", "{2}")] * readers,
        *(stream_peers() if shape == "stream" else queue_peers()),
    ]


def _case(name: str, words: str, workers: list[Worker], **what: object) -> Case:
    return Case(
        f"monitored/{name}",
        f"32-byte messages over tcp, {words}",
        "messages/s" if "stream" in name else "replies/s",
        trial(workers, reporter=len(workers) - 1),
        **what,  # type: ignore[arg-type]
    )


CASES = (
    *(
        _case(
            f"{prefix}{shape}/{monitor}",
            f"{words}, {reading}",
            _workers(api, shape, readers),
            over_pyzmq=3,
            over_c=0.95,
            measured=(OURS, THEIRS, C),
            rival=PREFIXED if readers else None,
            over_rival=0.95 if readers else None,
        )
        for prefix, api, words in (
            ("", "monitored", "monitored_queue in a thread"),
            ("class/", "monitored-class", "ThreadMonitoredQueue"),
        )
        for shape in ("stream", "queue")
        for monitor, reading, readers in (
            ("unread", "no subscriber", 0),
            ("read", "one C subscriber reading it all", 1),
        )
    ),
    *(
        _case(
            f"watched/{shape}",
            "ThreadMonitoredQueue with its stats() asked for, against a ThreadDevice",
            _workers("watched", shape),
            measured=(OURS,),
            rival=BARE,
            over_rival=0.9,
        )
        for shape in ("stream", "queue")
    ),
)
