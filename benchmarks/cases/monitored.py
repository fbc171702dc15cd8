"""A monitored queue in a thread, against zmq_proxy with a PUB capture socket."""

from __future__ import annotations

from harness.model import Case
from harness.processes import Worker

from cases.common import trial
from cases.relay import QUEUE, STREAM, peer, queue_peers, relay, stream_peers


def _case(shape: str, monitor: str, words: str, others: list[Worker]) -> Case:
    stream = shape == "stream"
    workers = [
        relay("monitored", STREAM if stream else QUEUE, monitor=True),
        *others,
        *(stream_peers() if stream else queue_peers()),
    ]
    return Case(
        f"monitored/{shape}/{monitor}",
        f"32-byte messages over tcp, monitored_queue in a thread, {words}",
        "messages/s" if stream else "replies/s",
        trial(workers, reporter=len(workers) - 1),
        over_pyzmq=3,
    )


CASES = tuple(
    _case(shape, monitor, words, others)
    for shape in ("stream", "queue")
    for monitor, words, others in (
        ("unread", "no subscriber", []),
        # One more process on the half of the cores that the peers have.
        ("read", "one C subscriber reading it all", [peer("subscriber", "{2}")]),
    )
)
