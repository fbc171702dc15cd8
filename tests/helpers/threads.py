"""Threads that begin at the same moment."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future

ENDS_S = 900.0


def at_once(*calls: Callable[[], object]) -> list[object]:
    """Make calls in a thread each, all at the same moment; what they return, or the first error."""
    barrier = threading.Barrier(len(calls))
    futures: list[Future[object]] = [Future() for _ in calls]

    def run(call: Callable[[], object], future: Future[object]) -> None:
        try:
            barrier.wait(ENDS_S)
            future.set_result(call())
        except BaseException as error:
            future.set_exception(error)

    for call, future in zip(calls, futures, strict=True):
        threading.Thread(target=run, args=(call, future), daemon=True).start()
    return [future.result(ENDS_S) for future in futures]
