"""Futures in coroutines of Tornado: what they add to zmq.asyncio, whose tests they share."""

from __future__ import annotations

import asyncio
import datetime
import weakref
from collections.abc import Iterator
from typing import Any

import pytest

pytest.importorskip("tornado", reason="Tornado is not installed")

from tornado import gen
from tornado.ioloop import IOLoop

import zmq
import zmq.asyncio
from zmq.eventloop import future

ours_only = pytest.mark.skipif(
    not hasattr(zmq, "ohmq_version"), reason="asyncio cannot cancel what PyZMQ gives here"
)


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


def test_a_future_that_the_program_cancels(loop: IOLoop, sockets: Any) -> None:
    a, _ = sockets

    async def main() -> None:
        for call in (a.recv, a.recv_string, a.poll):
            waiting = call()
            assert waiting.cancel()
            assert waiting.cancelled()
            assert waiting.done()
            assert not waiting.cancel()
            with pytest.raises(Exception) as caught:  # as PyZMQ's, it is one
                await waiting
            assert type(caught.value) is future.CancelledError

    loop.run_sync(main, timeout=10)


@ours_only
def test_a_task_that_is_cancelled_or_out_of_time(loop: IOLoop, sockets: Any) -> None:
    a, _ = sockets

    async def main() -> None:
        waiting = asyncio.create_task(wait(a))
        await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError) as caught:
            await waiting
        assert type(caught.value) is asyncio.CancelledError
        assert waiting.cancelled()
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(a.recv(), 0.01)

    async def wait(socket: Any) -> Any:
        return await socket.recv()

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


@pytest.mark.parametrize("use", ["recv", "poll", "_get_loop", None])
def test_a_loop_that_is_closed_closes_the_sockets_that_waited_in_it(use: str | None) -> None:
    loop = IOLoop(make_current=False)
    context = future.Context()
    socket: Any = context.socket(zmq.PULL)

    async def main() -> None:
        if use is not None:
            assert socket.closed is False
            getattr(socket, use)()

    loop.run_sync(main)
    loop.close(all_fds=True)
    assert socket.closed == (use is not None)
    socket.close()
    context.term()


def test_a_socket_is_not_kept_by_its_loop(loop: IOLoop) -> None:
    context = zmq.Context()

    async def main() -> Any:
        socket: Any = future.Socket(context, zmq.PULL)
        await socket.poll(1)
        socket.close()
        return weakref.ref(socket)

    assert loop.run_sync(main)() is None
    context.term()


def test_what_waits_can_be_counted(loop: IOLoop, sockets: Any) -> None:
    a, b = sockets

    async def main() -> None:
        assert len(a._recv_futures) == len(a._send_futures) == 0
        waiting = [a.recv(), a.poll(1000), a.recv_multipart()]
        assert len(a._recv_futures) == 3
        assert len(a._send_futures) == len(b._recv_futures) == 0
        for each in waiting:
            each.cancel()
        await asyncio.sleep(0)
        assert len(a._recv_futures) == 0

    loop.run_sync(main)
