"""A relay in a thread, between a C sender and a C receiver: the relay is the subject.

The relay's process has one half of the cores, its peers share the other. The high-water
marks are 100,000 (some 10 MB a pipe): with the default of 1,000 the three processes spend
their time on stopping and waking one another, whatever relays. One case shows that too: it is
what a program gets that sets nothing.
"""

from __future__ import annotations

from harness.model import Case
from harness.processes import Worker

from cases.common import BIND, trial

HWM = 100_000
STREAM: dict[str, str | int] = {"in_type": "PULL", "out_type": "PUSH"}
QUEUE: dict[str, str | int] = {"in_type": "ROUTER", "out_type": "DEALER"}


def relay(api: str, types: dict[str, str | int], *, monitor: bool = False) -> Worker:
    """Return the relay of a trial: its endpoints are {0} and {1}, its monitor's is {2}."""
    address = BIND["tcp"]
    places = {"in": address, "out": address} | ({"mon": address} if monitor else {})
    return Worker("relay", {"api": api, "hwm": HWM, **types, **places}, half=0)


def peer(role: str, at: str, **args: int) -> Worker:
    """Return a C process that connects to the relay."""
    return Worker(role, {"at": at, "hwm": HWM, **args}, always_c=True, half=1)


def stream_peers() -> list[Worker]:
    """Return a source and a sink, which measures."""
    return [peer("source", "{0}"), peer("sink", "{1}")]


def queue_peers() -> list[Worker]:
    """Return a worker and a client that keeps 200 requests on the way, which measures."""
    return [peer("replier", "{1}"), peer("client", "{0}", window=200)]


def _case(name: str, what: str, unit: str, workers: list[Worker], *, target: bool = True) -> Case:
    return Case(
        f"relay/{name}",
        f"32-byte messages over tcp, {what}",
        unit,
        trial(workers, reporter=len(workers) - 1),
        over_pyzmq=1.1 if target else None,
        over_c=0.95 if target else None,
    )


def _default_hwm() -> list[Worker]:
    workers = [relay("device", STREAM), *stream_peers()]
    return [
        Worker(w.role, w.args | {"hwm": 1000}, always_c=w.always_c, half=w.half) for w in workers
    ]


CASES = (
    *(
        case
        for api in ("device", "proxy")
        for case in (
            _case(
                f"{api}/stream",
                f"zmq.{api} in a thread, PULL to PUSH",
                "messages/s",
                [relay(api, STREAM), *stream_peers()],
            ),
            _case(
                f"{api}/queue",
                f"zmq.{api} in a thread, ROUTER and DEALER",
                "replies/s",
                [relay(api, QUEUE), *queue_peers()],
            ),
        )
    ),
    _case(
        "device/default-hwm",
        "zmq.device in a thread, PULL to PUSH, high-water marks of 1,000",
        "messages/s",
        _default_hwm(),
    ),
)
