"""Parts of several subjects: addresses, and a stream between two processes."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from harness.processes import Worker, run_workers

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from harness.model import Implementation, Session

BIND = {"tcp": "@tcp://127.0.0.1:*", "ipc": "@ipc://{tmp}/socket"}
"""Where the first worker of a trial binds; the others are told the endpoint."""


def trial(
    workers: Sequence[Worker], *, reporter: int
) -> Callable[[Session, Implementation], float]:
    """Return what runs ``workers`` once; number ``reporter`` of them measures."""
    return partial(_trial, workers, reporter)


def _trial(
    workers: Sequence[Worker], reporter: int, session: Session, subject: Implementation
) -> float:
    return run_workers(session, subject, workers, reporter=reporter)[0]


def burst(side: str, *, many: int) -> Callable[[Session, Implementation], float]:
    """Return a trial of one side alone: one thread, inproc, 10,000 messages at a time.

    There is no I/O thread and nothing ever waits: what is left is the cost of the calls.
    """
    worker = Worker("burst", {"side": side, "many": many, "hwm": 0})
    return trial([worker], reporter=0)


def stream(
    transport: str,
    *,
    c_source: bool = False,
    c_sink: bool = False,
    halves: tuple[int, int] | None = (0, 1),
    **args: int,
) -> Callable[[Session, Implementation], float]:
    """Return a trial of PUSH to PULL between two processes, timed by the receiver.

    With both ends under test the slower of them, or the two cores that they share with
    libzmq's I/O threads, is the bottleneck. With a C source the receiver is, with a C sink
    the sender: then the ratio is that of one side alone. Each process has half of the cores,
    unless ``halves`` is None.
    """
    first, second = halves or (None, None)
    sink = Worker("sink", {"at": BIND[transport], **args}, always_c=c_sink, half=first)
    source = Worker("source", {"at": "{0}", **args}, always_c=c_source, half=second)
    return trial([sink, source], reporter=0)
