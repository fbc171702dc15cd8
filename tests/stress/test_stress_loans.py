"""Buffers lent to libzmq: whole on arrival, untouched meanwhile, free afterwards, each of them."""

from __future__ import annotations

import array
import ctypes
import gc
import mmap
import random
import threading
import weakref
import zlib
from collections.abc import Callable
from typing import Any

import pytest

import zmq
from helpers.waiting import until

Make = Callable[..., zmq.Socket]
SENDERS = 3


class Weak(bytearray):
    """bytearray itself has no weak references."""


def is_gone(reference: weakref.ref[Any]) -> Callable[[], bool]:
    return lambda: reference() is None


def mapped(data: bytes) -> Any:
    area = mmap.mmap(-1, max(1, len(data)))
    area[: len(data)] = data
    return memoryview(area)[: len(data)]


def in_array(data: bytes) -> Any:
    return array.array("B", data)


def in_ctypes(data: bytes) -> Any:
    return (ctypes.c_ubyte * len(data)).from_buffer_copy(data)


BUFFERS: list[Callable[[bytes], Any]] = [
    lambda data: data,
    bytearray,
    Weak,
    memoryview,
    lambda data: memoryview(Weak(data)),
    lambda data: memoryview(b"abc" + data)[3:],
    mapped,
    in_array,
    in_ctypes,
    lambda data: zmq.Frame(Weak(data), copy=False),
    lambda data: zmq.Frame(data, track=True),
]
SIZES = [0, 1, 29, 33, 34, 1000, 65_535, 65_536, 70_000, 300_000]


def send_loans(s: zmq.Socket, sender: int, count: int, rng: random.Random) -> list[Any]:
    """Send messages of random buffers; what tells when each of them is free."""
    watches: list[Any] = []
    for number in range(count):
        content = [rng.randbytes(rng.choice(SIZES)) for _ in range(rng.choice([1, 1, 2, 5, 20]))]
        head = b"%d %d %d" % (sender, number, zlib.crc32(b"".join(content)))
        parts = [head, *(rng.choice(BUFFERS)(data) for data in content)]
        way = rng.randrange(4)
        if way == 0:
            untracked = any(isinstance(p, zmq.Frame) and p.tracker is None for p in parts)
            tracker = s.send_multipart(parts, copy=False, track=not untracked)
            watches += [lambda t=tracker: t.done] if tracker is not None else []
        elif way == 1:
            s.send_multipart(parts, copy=False)
        elif way == 2:
            s.send_many([parts])
        else:
            for part in parts[:-1]:
                s.send(part, zmq.SNDMORE, copy=False)
            s.send(parts[-1], copy=False)
        for part in parts:
            under = part.obj if isinstance(part, memoryview) else part
            if isinstance(under, (Weak, mmap.mmap, array.array)):
                watches.append(is_gone(weakref.ref(under)))
        if rng.random() < 0.1:
            gc.collect()
    return watches


@pytest.mark.timeout(900)
@pytest.mark.parametrize("transport", ["inproc", "ipc", "tcp"])
def test_loans_come_back(
    socket: Make,
    endpoint: Callable[[str], str],
    rng: random.Random,
    going: Callable[[], bool],
    transport: str,
) -> None:
    while going():
        # One socket for each sender: parts sent one by one mix with those of other senders.
        target = socket(zmq.PULL, rcvtimeo=20_000, hwm=rng.choice([2, 1000]))
        target.bind(endpoint(transport))
        count = rng.choice([5, 50])
        results: list[list[Any]] = []
        failures: list[BaseException] = []

        def send(sender: int, rng: random.Random, source: zmq.Socket, count: int = count) -> None:
            try:
                results.append(send_loans(source, sender, count, rng))  # noqa: B023
            except BaseException as error:
                failures.append(error)  # noqa: B023

        threads = []
        sources = [socket(zmq.PUSH, hwm=rng.choice([2, 1000]), sndtimeo=-1) for _ in range(SENDERS)]
        for sender, source in enumerate(sources):
            source.connect(target.getsockopt_string(zmq.LAST_ENDPOINT))
            args = (sender, random.Random(rng.random()), source)
            threads.append(threading.Thread(target=send, args=args, daemon=True))
            threads[-1].start()
        seen = [0] * SENDERS
        # Some are never received: libzmq has to give them back when the sockets are closed.
        for _ in range(SENDERS * count if rng.random() < 0.7 else SENDERS):
            copied = rng.random() < 0.5
            head, *parts = target.recv_multipart(copy=copied)
            sender, number, crc = map(int, bytes(head).split())
            assert zlib.crc32(b"".join(map(bytes, parts))) == crc
            assert number == seen[sender]
            seen[sender] += 1
        del head, parts
        if sum(seen) < SENDERS * count:
            target.close()
            for thread in threads:
                thread.join(0.01)
            for source in sources:
                source.close(0)
        for thread in threads:
            thread.join(20)
            assert not thread.is_alive()
        target.close()
        for source in sources:
            source.close(0)
        assert all(isinstance(f, zmq.ZMQError) and f.errno == zmq.ENOTSOCK for f in failures)
        gc.collect()
        for watch in [watch for watches in results for watch in watches]:
            until(watch, 20.0)
