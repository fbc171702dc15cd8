"""Sockets on event loops.

The sender is the C worker, a plain blocking loop that is faster than any receiver here: the
receiver is the bottleneck. Its process has one half of the cores, which libzmq's I/O thread
(with pyomq, its own) shares with it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.model import BLOCKING, OURS, PYOMQ, THEIRS, UNFAIR, Case
from harness.processes import Worker

from cases.common import BIND, trial

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.model import Implementation, Session

_BOTH = (OURS, THEIRS)


def _flood(role: str, front: str) -> Callable[[Session, Implementation], float]:
    """Return a trial of one receiver on an event loop, flooded by the C sender."""
    return trial(
        [
            Worker(role, {"front": front, "at": BIND["tcp"]}, half=0),
            Worker("source", {"at": "{0}"}, always_c=True, half=1),
        ],
        reporter=0,
    )


def _recv(name: str, role: str, front: str, how: str, target: float) -> Case:
    return Case(
        f"{name}/recv",
        f"32-byte messages over tcp from a C sender, {how}",
        "messages/s",
        _flood(role, front),
        over_pyzmq=target,
        measured=_BOTH,
    )


def _roundtrip(
    suffix: str,
    words: str,
    halves: tuple[int, int] | tuple[None, None],
    over_blocking: float | None,
    over_pyzmq: float = 1.2,
    busy_wait_us: int = 0,
) -> Case:
    first, second = halves
    both = {"front": "asyncio", "busy_wait_us": busy_wait_us}
    replier = Worker("async_replier", {**both, "at": BIND["tcp"]}, half=first)
    requester = Worker("async_requester", {**both, "at": "{0}"}, half=second)
    return Case(
        f"asyncio/roundtrip{suffix}",
        f"32-byte request and reply over tcp, both ends asyncio, {words}",
        "us",
        trial([replier, requester], reporter=1),
        over_pyzmq=over_pyzmq,
        rival=BLOCKING,
        over_rival=over_blocking,
        less_is_better=True,
        measured=_BOTH,
        # How long a sleeping core takes to wake differs more than what is measured.
        trials_factor=3,
    )


CASES = (
    Case(
        "asyncio/recv",
        "32-byte messages over tcp from a C sender, await recv()",
        "messages/s",
        _flood("async_sink", "asyncio"),
        over_pyzmq=15,
        rival=PYOMQ,
        over_rival=3,
        measured=_BOTH,
    ),
    # What it costs that other tasks have their turn, while this one never has to wait.
    Case(
        "asyncio/recv/fair",
        "the same, against no limit on the messages of one turn of the loop",
        "messages/s",
        _flood("async_sink", "asyncio"),
        rival=UNFAIR,
        over_rival=0.9,
        measured=(OURS,),
        trials_factor=2,
    ),
    *(
        _roundtrip(suffix, words, halves, over_blocking)
        for suffix, words, halves, over_blocking in (
            ("", "each process on its own cores", (0, 1), 1 / 1.25),
            # Nothing sleeps here: what counts is the work, and that of two turns of asyncio's
            # loop alone is more than that of a blocking round trip.
            ("/together", "both processes on the same cores", (0, 0), None),
            ("/free", "both processes on all cores", (None, None), None),
        )
    ),
    _roundtrip(
        "/free/busy", "on all cores, ohmq with busy_wait_us=100", (None, None), None, 1.6, 100
    ),
    _recv("tornado", "callback_sink", "", "ZMQStream.on_recv", 5),
    _recv("gevent", "green_sink", "gevent", "zmq.green", 5),
    _recv("eventlet", "green_sink", "eventlet", "zmq.eventlet against eventlet.green.zmq", 4),
    _recv("eventlet/shipped", "green_sink", "eventlet.green.zmq", "eventlet.green.zmq on both", 2),
    _recv("trio", "async_sink", "trio", "zmq.anyio on trio against zmq-anyio", 5),
)
