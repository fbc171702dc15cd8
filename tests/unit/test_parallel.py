"""Threads that do the same at the same moment: with the GIL or without, nothing breaks.

Where there is a GIL most of these cannot fail; tests/stress has the same as storms.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable

import pytest

import zmq
from helpers.threads import at_once
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
