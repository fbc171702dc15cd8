"""Futures in coroutines of Tornado: what they add to zmq.asyncio, whose tests they share."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from typing import Any

import pytest

pytest.importorskip("tornado", reason="Tornado is not installed")

from tornado import gen
from tornado.ioloop import IOLoop

import zmq
import zmq.asyncio
from zmq.eventloop import future


@pytest.fixture
def loop() -> Iterator[IOLoop]:
    loop = IOLoop(make_current=False)
    yield loop
    loop.close()


@pytest.fixture
def sockets() -> Iterator[tuple[future.Socket, future.Socket]]:
    with future.Context() as context, context.socket(zmq.PAIR) as a, context.socket(zmq.PAIR) as b:
        a.bind("inproc://future")
        b.connect("inproc://future")
        yield a, b


def test_yield(loop: IOLoop, sockets: Any) -> None:
    a, b = sockets

    @gen.coroutine
    def main() -> Any:
        waiting = a.recv_multipart()
        yield b.send_multipart([b"1", b"2"])
        assert (yield waiting) == [b"1", b"2"]
        poller = future.Poller()
        poller.register(a, zmq.POLLIN)
        ready, sent = yield [poller.poll(5000), b.send_json({"a": 1})]
        assert (ready, sent) == ([(a, zmq.POLLIN)], None)
        return (yield a.recv_json())

    assert loop.run_sync(main, timeout=10) == {"a": 1}


def test_a_time_out_and_a_cancelled_receive_lose_no_message(loop: IOLoop, sockets: Any) -> None:
    a, b = sockets

    @gen.coroutine
    def main() -> Any:
        cancelled = a.recv()
        cancelled.cancel()
        with pytest.raises(future.CancelledError):
            yield cancelled
        waiting = a.recv()
        with pytest.raises(gen.TimeoutError):
            yield gen.with_timeout(datetime.timedelta(milliseconds=5), waiting)
        yield b.send(b"x")
        assert (yield waiting) == b"x"

    loop.run_sync(main, timeout=10)


def test_classes() -> None:
    context = future.Context.instance()
    assert context is future.Context.instance()
    assert context is not zmq.asyncio.Context.instance()
    with context.socket(zmq.PULL) as socket:
        assert type(socket) is future.Socket
        assert isinstance(socket, zmq.asyncio.Socket)
    context.term()
    zmq.asyncio.Context.instance().term()
