"""Devices of every kind, and peers around them."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import zmq
from helpers.waiting import until
from zmq.devices import ProcessDevice, ThreadDevice

#: How a background device may run.
KINDS = ("thread", *multiprocessing.get_all_start_methods())
#: One of the processes is enough where the way it was started makes no difference.
TWO_KINDS = ("thread", "spawn")


def classes(cls: type[ThreadDevice], kind: str) -> type[Any]:
    """The class that is to a thread's class what ProcessProxy is to ThreadProxy."""
    if kind == "thread":
        return cls
    import zmq.devices

    base: type = getattr(zmq.devices, cls.__name__.replace("Thread", "Process"))
    assert issubclass(base, ProcessDevice)
    return base


def make(cls: type[ThreadDevice], kind: str, *args: Any) -> Any:
    """A device of a class and a kind that is not started yet."""
    device = classes(cls, kind)(*args)
    if kind != "thread":
        device.start_method = kind
    return device


def bind(device: Any, *sides: str, address: str = "tcp://127.0.0.1:*") -> Any:
    """Have sides of a device bind addresses of their own; returns the device."""
    for side in sides or device._side_names:
        getattr(device, f"bind_{side}")(address)
    return device


def queue(kind: str, in_type: int = zmq.ROUTER, out_type: int = zmq.DEALER) -> Any:
    """A QUEUE device that binds both sides."""
    return bind(make(ThreadDevice, kind, zmq.QUEUE, in_type, out_type))


def to(device: Any, side: str) -> str:
    """The address of a side of a running device."""
    (address,) = device.endpoints[side]
    return str(address)


@contextmanager
def running(device: Any) -> Iterator[Any]:
    """Start a device and stop it at once at the end, whatever the test left in it."""
    device.start()
    try:
        yield device
    finally:
        device.stop(0)


def count_until_quiet(pull: zmq.Socket, quiet_s: float = 1.0) -> int:
    """How many messages come until none does for a while."""
    count = 0
    while pull.poll(quiet_s * 1000):
        pull.recv_multipart()
        count += 1
    return count


def stats_when(device: Any, condition: Callable[[Any], bool], timeout_s: float = 10.0) -> Any:
    """The first stats of a device for which a condition is true."""

    def look() -> Any:
        stats = device.stats()
        return (stats,) if condition(stats) else None

    return until(look, timeout_s)[0]


def still(device: Any, seconds: float = 0.3) -> bool:
    """Whether nothing passes through a device for a while."""
    before = device.stats()[:4]
    time.sleep(seconds)
    return bool(device.stats()[:4] == before)
