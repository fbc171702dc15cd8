"""The memory that the process keeps: after a million messages, and for every open socket."""

from __future__ import annotations

import gc
import os
import resource
import sys
import tracemalloc
from itertools import repeat
from pathlib import Path
from typing import TYPE_CHECKING, Any

import zmq
from workers.common import Arguments, Socket, attach, make_socket, ready, result

if TYPE_CHECKING:
    from collections.abc import Callable


def resident_kib() -> float:
    """Return the resident set of this process in KiB (needs Linux's /proc)."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1024


def growth(args: Arguments) -> None:
    """Send and receive ``count`` messages; the result is KiB that the process grew.

    Both ends are in this process, a burst at a time, so that what waits in queues and
    buffers is the same before and after.
    """
    context = zmq.Context()
    receiver, sender = (make_socket(context, kind, args) for kind in ("PULL", "PUSH"))
    attach(receiver, "@tcp://127.0.0.1:*")
    sender.connect(receiver.last_endpoint.rstrip(b"\0").decode())
    count, burst = args.number("count", 1_000_000), args.number("burst", 500)
    exchange = _exchange(args.text("kind"), sender, receiver, args.number("size", 32))
    ready()
    # The allocators reach their steady state first.
    for _ in range(0, count // 10, burst):
        exchange(burst)
    gc.collect()
    before = resident_kib()
    for _ in range(0, count, burst):
        exchange(burst)
    gc.collect()
    result(resident_kib() - before)


def _exchange(kind: str, sender: Socket, receiver: Socket, size: int) -> Callable[[int], None]:
    send, recv = sender.send, receiver.recv

    def plain(burst: int) -> None:
        for _ in repeat(None, burst):
            send(bytes(size))
        for _ in repeat(None, burst):
            recv()

    def zero_copy(burst: int) -> None:
        for _ in repeat(None, burst):
            send(bytearray(size), copy=False)
        for _ in repeat(None, burst):
            recv(copy=False)

    def frames(burst: int) -> None:
        for _ in repeat(None, burst):
            send(zmq.Frame(bytes(size)), copy=False)
        for _ in repeat(None, burst):
            recv(copy=False)

    return {"bytes": plain, "zero_copy": zero_copy, "frames": frames}[kind]


def footprint(args: Arguments) -> None:
    """Open ``count`` sockets; the result is bytes for each.

    ``what=traced`` counts what Python's allocators gave, ``what=shallow`` asks
    `sys.getsizeof` of a socket and its ``__dict__``, ``what=resident`` is the growth of
    the process, libzmq's share included.
    """
    count, what = args.number("count", 2000), args.text("what")
    # libzmq needs about two descriptors a socket.
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    context: Any = zmq.Context()
    context.max_sockets = count + 100
    kept: list[Socket] = [context.socket(zmq.PULL) for _ in range(50)]  # warms up
    ready()
    if what == "shallow":
        attributes = getattr(kept[0], "__dict__", None)
        result(sys.getsizeof(kept[0]) + (sys.getsizeof(attributes) if attributes else 0))
        return
    if what == "traced":
        tracemalloc.start()
    gc.collect()
    before = tracemalloc.get_traced_memory()[0] if what == "traced" else resident_kib() * 1024
    kept.extend(context.socket(zmq.PULL) for _ in range(count))
    gc.collect()
    after = tracemalloc.get_traced_memory()[0] if what == "traced" else resident_kib() * 1024
    result((after - before) / count)
