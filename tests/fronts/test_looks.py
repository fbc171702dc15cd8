"""A message that comes while others are told of a look at the socket is not missed.

To read EVENTS takes the signal of all that has come. A call that goes by such a look also tells
others that wait for the same socket; were that a second look, a message between the two would have
no signal left. Pollers that are idle make the time between them long enough to be met.
"""

from __future__ import annotations

import asyncio
import select
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

import zmq
import zmq.asyncio
from helpers.fronts import Front
from helpers.processes import Child, snippet

MESSAGES = 200
WAIT_MS = 20_000
IDLE_POLLERS = 100

# Pairs: the second message comes while the receiver is busy with the first.
SENDER = snippet(
    """
    import random, sys, time
    import zmq
    with zmq.Context() as context, context.socket(zmq.PUSH) as push:
        push.connect(sys.argv[1])
        for n in range(0, int(sys.argv[2]), 2):
            push.send(b"%d" % n)
            end = time.perf_counter() + random.uniform(0, 1e-3)
            while time.perf_counter() < end:
                pass
            push.send(b"%d" % (n + 1))
            time.sleep(3e-3)
        sys.stdin.readline()  # the end of the connection is a signal, too
    """
)


@contextmanager
def a_sleeper(socket: zmq.Socket[bytes]) -> Iterator[None]:
    """A poll in a loop that does not run just now, for what never comes; and idle pollers."""
    loop = asyncio.new_event_loop()

    async def begin() -> object:
        poller = zmq.asyncio.Poller()
        poller.register(socket, zmq.POLLOUT)
        return poller.poll()

    waiting = []
    thread = threading.Thread(target=lambda: waiting.append(loop.run_until_complete(begin())))
    thread.start()
    thread.join()
    idle = [zmq.Poller() for _ in range(IDLE_POLLERS)]
    for each in idle:
        each.register(socket)
    try:
        yield
    finally:
        waiting.pop().cancel()
        loop.close()


@contextmanager
def a_sender(socket: Any) -> Iterator[None]:
    """Another process that sends the messages."""
    port = socket.bind_to_random_port("tcp://127.0.0.1")
    argv = ["-c", SENDER, f"tcp://127.0.0.1:{port}", str(MESSAGES)]
    with Child(argv, python=sys.executable) as child:
        yield
        child.write("")
        assert child.wait() == 0


def take_all(socket: zmq.Socket[bytes]) -> int:
    """Receive all that is there."""
    taken = 0
    while socket.poll(0):
        socket.recv(zmq.DONTWAIT)
        taken += 1
    return taken


@pytest.mark.parametrize("wait", ["poller", "poll", "recv"])
async def test_a_wait_beside_a_sleeper(front: Front, wait: str) -> None:
    pull = front.socket(zmq.PULL)
    pull.rcvtimeo = WAIT_MS
    raw = front.raw(pull)
    poller = front.zmq.Poller()
    with a_sleeper(raw), a_sender(pull):
        poller.register(pull, zmq.POLLIN)
        received = 0
        while received < MESSAGES:
            if wait == "recv":
                assert await front(pull.recv()) == b"%d" % received
                received += 1
            elif wait == "poll":
                assert await front(pull.poll(WAIT_MS)), f"message {received} is missed"
                received += take_all(raw)
            else:
                waiting = poller.poll(WAIT_MS)  # kept: a loop may keep it as well
                assert await front(waiting), f"message {received} is missed"
                received += take_all(raw)


def take_until_again(socket: zmq.Socket[bytes]) -> int:
    taken = 0
    while True:
        try:
            socket.recv(zmq.DONTWAIT)
        except zmq.Again:
            return taken
        taken += 1


def take_by_events(socket: zmq.Socket[bytes]) -> int:
    taken = 0
    while socket.getsockopt(zmq.EVENTS) & zmq.POLLIN:
        socket.recv()
        taken += 1
    return taken


@pytest.mark.parametrize("take", [take_all, take_until_again, take_by_events])
def test_the_descriptor_beside_a_sleeper(take: Callable[[zmq.Socket[bytes]], int]) -> None:
    """All that a program receives by ZMQ_FD, if it looks by one call and waits by select()."""
    context = zmq.Context()
    with context, context.socket(zmq.PULL) as pull, a_sleeper(pull), a_sender(pull):
        received = 0
        while received < MESSAGES:
            ready, _, _ = select.select([pull.fd], [], [], WAIT_MS / 1000)
            assert ready, f"message {received} is missed"
            received += take(pull)
