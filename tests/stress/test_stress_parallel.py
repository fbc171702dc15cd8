"""Storms of threads that do the same at the same moment, with the GIL or without."""

from __future__ import annotations

from collections.abc import Callable

import pytest

import zmq
from helpers.threads import at_once


@pytest.mark.timeout(900)
@pytest.mark.filterwarnings("ignore:Unclosed socket:ResourceWarning")
def test_sockets_come_and_go_while_others_look_at_all(
    context: zmq.Context, going: Callable[[], bool]
) -> None:
    def come_and_go() -> None:
        n = 0
        while going():
            n += 1
            socket = context.socket(zmq.PUSH)
            socket.linger = 0
            if n % 2:
                socket.close()
            else:
                del socket

    def look() -> None:
        while going():
            context._sockets_open()
            zmq.dump()

    at_once(*[come_and_go] * 4, *[look] * 2)
    assert context._sockets_open() == []


@pytest.mark.timeout(900)
def test_each_thread_has_a_poller_for_sockets_that_are_shared(
    pair: Callable[..., tuple[zmq.Socket, zmq.Socket]], going: Callable[[], bool]
) -> None:
    sender, receiver = pair(zmq.PUSH, zmq.PULL)
    counts = [0] * 8

    def poll(i: int) -> None:
        while going():
            poller = zmq.Poller()
            poller.register(receiver, zmq.POLLIN)
            sender.send(b"x")
            while not poller.poll(1000):
                pass
            receiver.recv()
            poller.unregister(receiver)
            counts[i] += 1

    at_once(*[lambda i=i: poll(i) for i in range(8)])
    assert all(counts)
    assert receiver.poll(0) == 0
