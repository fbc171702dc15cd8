"""Devices of every kind, and peers around them."""

from __future__ import annotations

import multiprocessing
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from socket import create_connection
from typing import Any

import zmq
from helpers.waiting import PATIENCE_S, until
from zmq.devices import ProcessDevice, Relay, ThreadDevice

#: How a background device may run.
KINDS = ("thread", *multiprocessing.get_all_start_methods())
#: One of the processes is enough where the way it was started makes no difference.
TWO_KINDS = ("thread", "spawn")
#: A message that should not come would have come by then.
QUIET_MS = 200


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
    for side in sides or list(device.endpoints):
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


def count_until_quiet(pull: zmq.Socket, expected: int = 0) -> int:
    """How many messages come, until there are as many as expected and then none for a while."""
    count = 0
    while pull.poll(QUIET_MS if count >= expected else PATIENCE_S * 1000):
        pull.recv_multipart()
        count += 1
    return count


class Counter:
    """Receives in a thread, and counts what comes."""

    def __init__(
        self, pull: zmq.Socket, every: Callable[[int], object] = lambda count: None
    ) -> None:
        self.count = 0
        self._pull = pull
        self._every = every
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def _run(self) -> None:
        while self._pull.poll(QUIET_MS) or not self._over.is_set():
            while self._pull.poll(0):
                self._pull.recv_multipart()
                self.count += 1
                self._every(self.count)

    def total(self, expected: int) -> int:
        """How many have come when there are as many as expected, and then none for a while."""
        until(lambda: self.count >= expected)
        self.stop()
        return self.count

    def stop(self) -> None:
        self._over.set()
        self._thread.join(PATIENCE_S)

    def __enter__(self) -> Counter:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.stop()


def stats_when(device: Any, condition: Callable[[Any], bool], timeout_s: float = PATIENCE_S) -> Any:
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


def relay_that_is_blocked(socket: Callable[..., zmq.Socket]) -> tuple[Relay, str]:
    """A relay whose target has no peer, and the address of its source."""
    pull, target = socket(zmq.PULL), socket(zmq.PUSH)
    pull.bind("tcp://127.0.0.1:*")
    address = pull.get_string(zmq.LAST_ENDPOINT)
    events = (pull.get_monitor_socket(), None, None)
    return Relay(pull, target, events=events, intake=[(pull, address)]), address


@contextmanager
def relaying(relay: Relay) -> Iterator[None]:
    thread = threading.Thread(target=relay.run)
    thread.start()
    try:
        yield
    finally:
        relay.stop()
        thread.join(10)
        assert not thread.is_alive()


def cannot_connect(address: str) -> bool:
    host, port = address.removeprefix("tcp://").split(":")
    try:
        create_connection((host, int(port)), timeout=0.1).close()
    except ConnectionRefusedError:
        return True
    except TimeoutError:
        pass
    return False
