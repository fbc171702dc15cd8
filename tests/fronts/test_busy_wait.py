"""busy_wait_us: a wait looks before it sleeps, on every front. No test asserts a time."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

import zmq
from helpers.busy_wait import looks, until_it_looks
from helpers.fronts import Front, needs

LIMIT_US = 100_000


class Echo:
    """A thread that returns each message, until b"" comes."""

    def __init__(self) -> None:
        self.context = zmq.Context()
        self.socket = self.context.socket(zmq.DEALER)
        self.socket.linger = 0
        self.port = self.socket.bind_to_random_port("tcp://127.0.0.1")
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self) -> None:
        while message := self.socket.recv():
            self.socket.send(message)

    def close(self) -> None:
        with self.context.socket(zmq.DEALER) as end:
            end.connect(f"tcp://127.0.0.1:{self.port}")
            end.send(b"")
            self.thread.join()
        self.socket.close()
        self.context.term()


@pytest.fixture
def echo() -> Iterator[Echo]:
    echo = Echo()
    yield echo
    echo.close()


def ask(front: Front, echo: Echo) -> Any:
    """A socket that looks, and is connected to the thread."""
    socket = front.socket(zmq.DEALER, busy_wait_us=LIMIT_US)
    socket.connect(f"tcp://127.0.0.1:{echo.port}")
    return socket


async def exchange(front: Front, socket: Any, poller: Any = None) -> None:
    """Wait shortly until a wait has looked: the machine may have other work at first."""
    for _ in until_it_looks(socket):
        await front(socket.send(b"x"))
        if poller is not None:
            assert await front(poller.poll()) == [(socket, zmq.POLLIN)]
        assert await front(socket.recv()) == b"x"


@needs("look")
async def test_short_waits_look(front: Front, echo: Echo) -> None:
    socket = ask(front, echo)
    await exchange(front, socket)
    assert socket.stats().busy_wait_s > 0


@needs("look", "look_polling")
async def test_short_waits_of_a_poller_look(front: Front, echo: Echo) -> None:
    socket = ask(front, echo)
    idle = front.socket(zmq.PULL)
    poller = front.zmq.Poller()
    poller.register(idle, zmq.POLLIN)
    poller.register(socket, zmq.POLLIN)
    await exchange(front, socket, poller)


async def test_without_it_nothing_looks(front: Front, echo: Echo) -> None:
    socket = ask(front, echo)
    socket.busy_wait_us = 0
    for _ in range(50):
        await front(socket.send(b"x"))
        assert await front(socket.recv()) == b"x"
    assert looks(socket) == 0


@needs("loop", "look")
async def test_a_loop_looks_only_where_that_was_asked_for(front: Front, echo: Echo) -> None:
    socket = front.socket(zmq.DEALER)
    socket.connect(f"tcp://127.0.0.1:{echo.port}")
    poller = front.zmq.Poller()
    poller.register(socket, zmq.POLLIN)
    for n in range(100):
        await front(socket.send(b"x"))
        if n % 2:
            assert await front(poller.poll()) == [(socket, zmq.POLLIN)]
        assert await front(socket.recv()) == b"x"
    assert looks(socket) == 0


@needs("look")
async def test_it_can_be_switched_off_again(front: Front, echo: Echo) -> None:
    socket = ask(front, echo)
    await exchange(front, socket)
    socket.busy_wait_us = 0
    # The waits that have begun before are counted with the next message.
    for _ in range(2):
        await front(socket.send(b"x"))
        assert await front(socket.recv()) == b"x"
    before = looks(socket)
    for _ in range(50):
        await front(socket.send(b"x"))
        assert await front(socket.recv()) == b"x"
    assert looks(socket) == before


@needs("loop")
async def test_other_tasks_go_on_while_a_wait_looks(front: Front, echo: Echo) -> None:
    socket = ask(front, echo)
    if "look" in front.can:
        await exchange(front, socket)
    turns = 0

    async def others() -> None:
        nonlocal turns
        while turns < 5:
            await front.sleep(0.001)
            turns += 1
        await front(socket.send(b"late"))

    other = front.spawn(others)
    assert await front(socket.recv()) == b"late"
    await front.join(other)
    assert turns == 5


@needs("loop")
async def test_a_call_of_another_thread_ends_a_look(front: Front, echo: Echo) -> None:
    socket = ask(front, echo)
    if "look" in front.can:
        await exchange(front, socket)
    raw = front.raw(socket)

    def send_late() -> None:
        time.sleep(0.02)
        raw.send(b"late")

    thread = threading.Thread(target=send_late)
    thread.start()
    assert await front(socket.recv()) == b"late"
    thread.join()
