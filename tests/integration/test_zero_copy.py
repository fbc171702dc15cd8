"""Copies and loans of buffers to libzmq, and the end of the loans."""

from __future__ import annotations

import gc
import sys
import weakref
from collections.abc import Callable

import pytest

import zmq
from helpers.processes import run_python
from helpers.waiting import until

Pair = Callable[..., tuple[zmq.Socket, zmq.Socket]]
LARGE = 200_000


class Weak(bytearray):
    """A buffer that can be watched: bytearray itself has no weak references."""


def references(data: object) -> int:
    return sys.getrefcount(data) - 1


SENDS = {
    "send": lambda s, data: s.send(data),
    "send copy=False": lambda s, data: s.send(data, copy=False),
    "send_multipart": lambda s, data: s.send_multipart([b"x", data]),
    "send_multipart copy=False": lambda s, data: s.send_multipart([b"x", data], copy=False),
    "send_many": lambda s, data: s.send_many([data]),
    "send_serialized": lambda s, data: s.send_serialized(data, lambda d: [d]),
}


@pytest.mark.parametrize("send", SENDS)
def test_large_bytes_are_lent(pair: Pair, send: str) -> None:
    a, b = pair()
    data = b"%d" % id(a) * 30_000
    before = references(data)
    SENDS[send](a, data)
    assert references(data) > before
    received = b.recv_multipart()[-1]
    assert received == data
    del received
    until(lambda: references(data) == before)


def test_a_received_frame_is_the_very_memory_that_was_sent(pair: Pair) -> None:
    """Over inproc nothing is copied from one end to the other."""
    a, b = pair()
    data = bytearray(b"x" * LARGE)
    a.send(data, copy=False)
    frame = b.recv(copy=False)
    data[:5] = b"hello"
    assert frame.buffer[:5].tobytes() == b"hello"


@pytest.mark.parametrize("send", ["send", "send_multipart", "send_many"])
def test_small_bytes_and_other_buffers_are_copied(pair: Pair, send: str) -> None:
    a, b = pair()
    small = b"%d" % id(a)
    before = references(small)
    SENDS[send](a, small)
    assert references(small) == before
    large = bytearray(b"x" * LARGE)
    SENDS[send](a, large)
    large[:] = b"changed"
    b.recv_multipart()
    assert b.recv_multipart()[-1] == b"x" * LARGE


def test_the_threshold_of_the_socket_counts(pair: Pair) -> None:
    a, b = pair()
    data = b"%d" % id(a) * 10
    a.copy_threshold = 50
    before = references(data)
    a.send(data)
    assert references(data) > before
    b.recv()
    until(lambda: references(data) == before)
    a.copy_threshold = 1_000_000
    large = b"%d" % id(a) * 30_000
    before = references(large)
    a.send(large)
    assert references(large) == before


def test_a_subclass_of_bytes_is_copied(pair: Pair) -> None:
    """Only exact bytes are known not to change."""

    class Tricky(bytes):
        pass

    a, b = pair()
    data = Tricky(b"x" * LARGE)
    before = references(data)
    a.send(data)
    assert references(data) == before
    assert b.recv() == data


def test_a_lent_buffer_cannot_be_resized(pair: Pair) -> None:
    a, b = pair()
    data = bytearray(b"x" * LARGE)
    tracker = a.send(data, copy=False, track=True)
    with pytest.raises(BufferError):
        data.append(1)
    assert not tracker.done
    assert b.recv() == b"x" * LARGE
    tracker.wait(5)
    data.append(1)


@pytest.mark.parametrize("transport", ["inproc", "tcp", "ipc"])
def test_a_lent_buffer_is_released_after_delivery(pair: Pair, transport: str) -> None:
    a, b = pair(zmq.PUSH, zmq.PULL, transport)
    data = Weak(b"x" * LARGE)
    watch = weakref.ref(data)
    a.send(data, copy=False)
    del data
    gc.collect()
    assert b.recv() == b"x" * LARGE
    until(lambda: watch() is None)


@pytest.mark.parametrize("how", ["close", "context"])
def test_a_lent_buffer_is_released_when_the_message_is_discarded(how: str) -> None:
    context = zmq.Context()
    socket = context.socket(zmq.PUSH)
    socket.linger = 0
    socket.connect("tcp://127.0.0.1:1")
    data = Weak(b"x" * LARGE)
    watch = weakref.ref(data)
    socket.send(data, copy=False)
    del data
    assert watch() is not None
    if how == "close":
        socket.close()
    else:
        context.destroy()
    until(lambda: watch() is None)
    context.term()


def test_buffers_come_back_while_the_program_is_idle() -> None:
    """The sender does nothing but sleep; no later call on a socket releases anything."""
    assert run_python(
        """
        import threading, time, weakref
        import zmq

        class Weak(bytearray):
            pass

        context = zmq.Context()
        a, b = context.socket(zmq.PUSH), context.socket(zmq.PULL)
        a.linger = 0
        a.bind("tcp://127.0.0.1:*")
        b.connect(a.last_endpoint.decode())
        released = threading.Event()
        data = Weak(b"x" * 5_000_000)
        weakref.finalize(data, released.set)
        a.send(data, copy=False)
        del data
        # The receiver's thread has ended before the sender looks.
        thread = threading.Thread(target=b.recv)
        thread.start()
        thread.join()
        for _ in range(100):
            time.sleep(0.05)
            if released.is_set():
                break
        print(released.is_set())
        b.close(0)
        a.close()
        context.term()
        """
    ) == ["True"]


def test_memory_comes_back_while_many_large_messages_are_sent() -> None:
    """A gigabyte in total; a process that held on to it would show."""
    ((rss,),) = [
        line.split()
        for line in run_python(
            """
            import re, threading
            import zmq
            context = zmq.Context()
            a, b = context.socket(zmq.PUSH), context.socket(zmq.PULL)
            a.sndhwm = b.rcvhwm = 2
            a.bind("inproc://big")
            b.connect("inproc://big")
            def receive():
                for _ in range(500):
                    b.recv(copy=False)
            thread = threading.Thread(target=receive)
            thread.start()
            for n in range(500):
                a.send(bytes([n % 256]) * 2_000_000, copy=False)
            thread.join()
            # Not ru_maxrss: a child starts with that of the process that has started it.
            with open("/proc/self/status") as status:
                print(int(re.search(r"VmHWM:\\s+(\\d+)", status.read())[1]) // 1024)
            """
        )
    ]
    assert int(rss) < 300, rss
