"""Numbers of NumPy serve wherever a program may give a number."""

from __future__ import annotations

import asyncio
import errno
import os
from typing import Any

import numpy as np
import pytest

import zmq
import zmq.asyncio
from zmq.devices import ThreadDevice

KINDS = [np.int8, np.uint8, np.int16, np.int32, np.uint32, np.int64, np.uint64]
each_kind = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)


@each_kind
def test_options(context: zmq.Context, kind: Any) -> None:
    push = context.socket(kind(zmq.PUSH))
    push.setsockopt(kind(zmq.LINGER), kind(7))
    assert push.getsockopt(kind(zmq.LINGER)) == 7
    push.linger = kind(8)
    push.set_hwm(kind(9))
    push.affinity = kind(3)
    assert (push.linger, push.sndhwm, push.rcvhwm, push.affinity) == (8, 9, 9, 3)
    assert all(type(value) is int for value in (push.linger, push.affinity))
    push.close(linger=kind(0))
    context.linger = kind(5)
    context.max_sockets = kind(100)
    context.setsockopt(kind(zmq.SNDHWM), kind(6))
    with context.socket(zmq.PUSH) as push:
        assert (push.linger, push.sndhwm, context.max_sockets) == (5, 6, 100)
    with pytest.raises(TypeError, match="LINGER takes int"), context.socket(zmq.PUSH) as push:
        push.linger = np.float64(5)
    with zmq.Context(io_threads=kind(2)) as other:
        assert other.get(kind(zmq.IO_THREADS)) == 2


@each_kind
def test_flags_times_and_sizes(context: zmq.Context, kind: Any) -> None:
    with context.socket(zmq.PAIR) as a, context.socket(zmq.PAIR) as b:
        a.bind("inproc://numpy")
        b.connect("inproc://numpy")
        for call in (b.recv, b.recv_multipart, b.recv_string, b.recv_many):
            with pytest.raises(zmq.Again):
                call(flags=kind(zmq.NOBLOCK))
        a.send(b"x", flags=kind(zmq.SNDMORE))
        a.send_multipart([b"y"], flags=kind(zmq.NOBLOCK))
        assert b.poll(kind(100), kind(zmq.POLLIN)) == zmq.POLLIN
        assert b.recv_multipart() == [b"x", b"y"]
        assert a.send_many([b"1", b"2"], flags=kind(zmq.NOBLOCK)) == 2
        assert b.recv_many(kind(1), kind(zmq.NOBLOCK)) == [b"1"]
        assert b.recv_into(bytearray(3), nbytes=kind(1), flags=kind(0)) == 1
        a.send(zmq.Frame(b"x" * 9, copy_threshold=kind(3)))
        poller = zmq.Poller()
        poller.register(b, kind(zmq.POLLIN))
        assert poller.poll(kind(100)) == [(b, zmq.POLLIN)]
        assert zmq.zmq_poll([(b, kind(zmq.POLLIN))], kind(0)) == [(b, zmq.POLLIN)]
        assert b.recv(copy=False).get(kind(zmq.MORE)) == 0
        assert a.bind_to_random_port("tcp://127.0.0.1", max_tries=kind(9)) > 0


@each_kind
def test_flags_in_an_event_loop(kind: Any) -> None:
    async def use() -> None:
        with (
            zmq.asyncio.Context() as context,
            context.socket(zmq.PAIR) as a,
            context.socket(zmq.PAIR) as b,
        ):
            a.bind("inproc://numpy")
            b.connect("inproc://numpy")
            for call in (b.recv, b.recv_multipart, b.recv_many):
                with pytest.raises(zmq.Again):
                    await call(flags=kind(zmq.NOBLOCK))
            waiting = [b.recv(flags=kind(0)), b.recv_multipart(flags=kind(0))]
            waiting.append(b.recv_many(kind(1), kind(0)))
            waiting.append(b.recv_many(kind(1), kind(0), multipart=True))
            polled = b.poll(kind(100), kind(zmq.POLLIN))
            await asyncio.sleep(0)
            await a.send(b"1", flags=kind(0))
            await a.send_multipart([b"2"], flags=kind(zmq.NOBLOCK))
            await a.send_many([b"3", b"4"], kind(0))
            assert await asyncio.gather(*waiting) == [b"1", [b"2"], [b"3"], [[b"4"]]]
            assert await polled in (0, zmq.POLLIN)

    asyncio.run(asyncio.wait_for(use(), 20))


@each_kind
def test_senders_that_wait_in_an_event_loop(kind: Any) -> None:
    async def use() -> None:
        with (
            zmq.asyncio.Context() as context,
            context.socket(zmq.PUSH) as push,
            context.socket(zmq.PULL) as pull,
        ):
            push.bind("inproc://later")
            waiting = [
                push.send(b"1", flags=kind(0)),
                push.send_multipart([b"2"], flags=kind(0)),
                push.send_many([b"3"], kind(0)),
            ]
            await asyncio.sleep(0)
            pull.connect("inproc://later")
            assert [await pull.recv() for _ in waiting] == [b"1", b"2", b"3"]
            await asyncio.gather(*waiting)

    asyncio.run(asyncio.wait_for(use(), 20))


def test_descriptors_and_addresses(context: zmq.Context) -> None:
    r, w = os.pipe()
    try:
        poller = zmq.Poller()
        poller.register(np.int64(r), zmq.POLLIN)
        os.write(w, b"!")
        assert poller.poll(1000) == [(r, zmq.POLLIN)]
    finally:
        os.close(r)
        os.close(w)
    with context.socket(zmq.PUSH) as push:
        shadow = zmq.Socket(shadow=np.uint64(push.underlying))
        assert shadow.type == zmq.PUSH
        assert zmq.Context(shadow=np.uint64(context.underlying)).underlying == context.underlying
    device = ThreadDevice(np.int64(zmq.QUEUE), np.int64(zmq.ROUTER), np.int64(zmq.DEALER))
    device.bind_in("inproc://numpy-in")
    device.bind_out("inproc://numpy-out")
    device.start()
    try:
        assert device.state == "running"
    finally:
        device.stop()


def test_numbers_of_errors() -> None:
    assert zmq.strerror(np.int64(errno.EINVAL)) == zmq.strerror(errno.EINVAL)
