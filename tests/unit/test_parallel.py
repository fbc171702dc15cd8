"""Threads that do the same at the same moment: with the GIL or without, nothing breaks.

Where there is a GIL most of these cannot fail; tests/stress has the same as storms.
"""

from __future__ import annotations

import asyncio
import contextlib
import copy
import errno
import sys
import threading
from collections.abc import Callable

import pytest

import zmq
import zmq.asyncio
import zmq.devices
from helpers.threads import at_once
from helpers.waiting import until
from zmq._native import Socket as NativeSocket

Pair = Callable[..., tuple[zmq.Socket, zmq.Socket]]
THREADS = 4


@pytest.fixture(autouse=True)
def _threads_take_turns_often():
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    yield
    sys.setswitchinterval(before)


def test_sockets_come_and_go_while_others_look_at_all(context: zmq.Context) -> None:
    def come_and_go() -> None:
        for n in range(100):
            socket = context.socket(zmq.PUSH)
            socket.linger = 0
            if n % 2:
                socket.close()
            else:
                del socket  # the last reference

    def look() -> None:
        for _ in range(100):
            for socket in context._sockets_open():
                assert isinstance(socket, NativeSocket)  # a shadow where it is going
            zmq.dump()

    with pytest.warns(ResourceWarning, match="Unclosed socket"):
        at_once(come_and_go, come_and_go, look, look)
    assert context._sockets_open() == []


def test_shadows_of_one_address_share_the_socket(context: zmq.Context) -> None:
    for _ in range(30):
        socket = context.socket(zmq.PAIR)
        shadows = at_once(*[lambda s=socket: zmq.Socket.shadow(s.underlying)] * THREADS)
        socket.close(0)
        assert all(shadow.closed for shadow in shadows)


def test_shadows_of_a_context_share_it() -> None:
    for _ in range(30):
        context = zmq.Context()
        address = context.underlying
        shadows = at_once(*[lambda a=address: zmq.Context.shadow(a)] * THREADS)
        context.term()
        assert all(shadow._is_over() for shadow in shadows)


def test_each_thread_has_a_poller_for_sockets_that_are_shared(pair: Pair) -> None:
    sender, receiver = pair(zmq.PUSH, zmq.PULL)
    received = []

    def poll() -> None:
        for _ in range(100):
            poller = zmq.Poller()
            poller.register(receiver, zmq.POLLIN)
            sender.send(b"x")
            while not poller.poll(1000):
                pass
            received.append(receiver.recv())
            poller.unregister(receiver)

    at_once(*[poll] * THREADS)
    assert received == [b"x"] * 100 * THREADS


def test_threads_share_a_poller(context: zmq.Context, pair: Pair) -> None:
    """Two wait in it, two change what it watches; in the end all is as it was."""
    sender, receiver = pair(zmq.PUSH, zmq.PULL)
    poller = zmq.Poller()
    poller.register(receiver, zmq.POLLIN)
    messages = 400
    received = []

    def wait() -> None:
        while len(received) < messages:
            if (receiver, zmq.POLLIN) in poller.poll(5):
                with contextlib.suppress(zmq.Again):
                    received.append(receiver.recv(zmq.NOBLOCK))

    def change() -> None:
        for _ in range(messages // 2):
            with context.socket(zmq.PULL) as other:
                poller.register(other, zmq.POLLIN)
                sender.send(b"x")
                poller.unregister(other)

    at_once(wait, wait, change, change)
    assert received == [b"x"] * messages
    assert poller.sockets == [(receiver, zmq.POLLIN)]


def test_threads_end_one_context() -> None:
    for _ in range(30):
        context = zmq.Context()
        context.socket(zmq.PUSH).close(0)
        shadows = [zmq.Context.shadow(context) for _ in range(THREADS - 1)]
        at_once(context.term, *[shadow.term for shadow in shadows])
        assert all(ended.closed for ended in (context, *shadows))


def test_sockets_are_opened_while_the_context_ends() -> None:
    for _ in range(30):
        context = zmq.Context()

        def open_and_close(context: zmq.Context = context) -> str:
            while True:
                try:
                    context.socket(zmq.PUSH).close(0)
                    context.get(zmq.IO_THREADS)
                except (zmq.ZMQError, RuntimeError) as error:
                    return type(error).__name__

        *reasons, _ = at_once(open_and_close, open_and_close, context.term)
        assert set(reasons) <= {"ContextTerminated", "ZMQError", "RuntimeError"}
        assert context.closed


def test_threads_copy_one_frame(pair: Pair) -> None:
    sender, receiver = pair(zmq.PAIR, zmq.PAIR)
    frames = []
    for n in range(100):
        sender.send(b"%d" % n * 400)
        frames.append(receiver.recv(copy=False))

    def use() -> None:
        for frame in frames:
            copies = [copy.copy(frame) for _ in range(3)]
            sender.send(frame)
            assert {bytes(other) for other in copies} == {frame.bytes}

    at_once(*[use] * THREADS)
    assert [frame.bytes for frame in frames] == [b"%d" % n * 400 for n in range(100)]
    assert all(receiver.recv() for _ in range(100 * THREADS))


def test_threads_ask_a_frame_for_the_same() -> None:
    for _ in range(100):
        frame = zmq.Frame(b"x" * 400)
        first, *others = at_once(*[lambda f=frame: f.bytes] * THREADS)
        assert all(other is first for other in others)
        assert {bytes(view) for view in at_once(*[lambda f=frame: f.buffer] * THREADS)} == {first}


def test_threads_lend_their_buffers(pair: Pair) -> None:
    pairs = [pair(zmq.PAIR, zmq.PAIR) for _ in range(THREADS)]

    def lend() -> None:
        sender, receiver = pairs.pop()
        for n in range(50):
            data = bytearray(b"%03d" % n)
            tracker = sender.send(zmq.Frame(data, copy=False, track=True))
            assert receiver.recv() == b"%03d" % n
            tracker.wait(30)
            data += b"!"  # the buffer is free again

    at_once(*[lend] * THREADS)


def test_a_relay_is_run_by_one_thread(pair: Pair) -> None:
    for _ in range(10):
        (_, source), (target, _) = pair(zmq.PUSH, zmq.PULL), pair(zmq.PUSH, zmq.PULL)
        relay = zmq.devices.Relay(source, target)

        def run(relay: zmq.devices.Relay = relay) -> str:
            try:
                relay.run()
            except (RuntimeError, zmq.ZMQError) as error:
                relay.stop()  # the one that runs
                return type(error).__name__
            return "ran"

        assert sorted(at_once(run, run)) == ["RuntimeError", "ran"]
        assert not source.closed


def test_a_relay_ends_at_once_if_one_of_two_threads_says_so(
    pair: Pair, socket: Callable[..., zmq.Socket]
) -> None:
    """The other one has it drain, for as long as it takes: the target has no peer."""
    for _ in range(20):
        feeder, source = pair(zmq.PUSH, zmq.PULL)
        feeder.send_multipart([b"stays", b"here"])
        target = socket(zmq.PUSH)
        relay = zmq.devices.Relay(source, target)
        thread = threading.Thread(target=relay.run, daemon=True)
        thread.start()
        until(lambda source=source: is_claimed(source))
        at_once(lambda relay=relay: relay.stop(None), relay.stop)
        assert relay.join(10)
        thread.join(10)
        assert source.recv_multipart() == [b"stays", b"here"]


def is_claimed(socket: zmq.Socket) -> bool:
    try:
        return socket.poll(0) < 0
    except zmq.ZMQError as error:
        return error.errno == errno.EBUSY


def test_loops_of_threads_share_a_socket(pair: Pair) -> None:
    sender, receiver = pair(zmq.PUSH, zmq.PULL)
    messages = 300
    ends = [b"end"] * 2

    async def receive() -> list[bytes]:
        shared = zmq.asyncio.Socket.shadow(receiver)
        received = []
        while (message := b"".join(await shared.recv_multipart())) != b"end":
            received.append(message)
        return received

    def send() -> None:
        for n in range(messages):
            sender.send_multipart([b"%d" % n, b"."])
        sender.send_many(ends)

    first, second, _ = at_once(*[lambda: asyncio.run(receive())] * 2, send)
    assert sorted([*first, *second]) == sorted(b"%d." % n for n in range(messages))


def test_a_socket_of_a_relay_that_comes_and_goes_is_never_closed(pair: Pair) -> None:
    (_, source), (target, _) = pair(zmq.PUSH, zmq.PULL), pair(zmq.PUSH, zmq.PULL)
    relay = zmq.devices.Relay(source, target)
    ended = threading.Event()
    # With the GIL a turn of all the threads takes long, and finds nothing.
    rounds = 200 if getattr(sys, "_is_gil_enabled", lambda: True)() else 20_000

    def run() -> None:
        for _ in range(rounds):
            relay.run()
        ended.set()

    def stop() -> None:
        while not ended.is_set():
            relay.stop()

    def use() -> set[int]:
        reasons = set()
        while not ended.is_set():
            assert not source.closed
            try:
                source.recv(zmq.DONTWAIT)
            except zmq.ZMQError as error:
                reasons.add(error.errno)
        return reasons

    *_, first, second = at_once(run, stop, use, use)
    assert first | second <= {errno.EAGAIN, errno.EBUSY}
