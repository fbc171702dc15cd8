"""Draft socket types that are thread-safe in libzmq, and have no ZMQ_FD.

With a libzmq that was built with its draft API more of them works: see tests/drafts.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator

import pytest

import zmq
import zmq.asyncio


@pytest.fixture
def scatter_gather() -> Iterator[tuple[zmq.Socket[bytes], zmq.Socket[bytes]]]:
    with zmq.Context() as context:
        try:
            scatter, gather = context.socket(zmq.SCATTER), context.socket(zmq.GATHER)
        except zmq.ZMQError as error:
            pytest.skip(f"this libzmq has no SCATTER and GATHER sockets: {error}")
        with scatter, gather:
            gather.bind("inproc://gather")
            scatter.connect("inproc://gather")
            yield scatter, gather


Pair = tuple[zmq.Socket[bytes], zmq.Socket[bytes]]


def test_a_thread_waits_for_a_socket_without_descriptor(scatter_gather: Pair) -> None:
    scatter, gather = scatter_gather
    received: list[bytes] = []
    receiver = threading.Thread(target=lambda: received.append(gather.recv()))
    receiver.start()
    scatter.send(b"seed")
    receiver.join()
    assert received == [b"seed"]


def test_close_wakes_the_thread(scatter_gather: Pair) -> None:
    _, gather = scatter_gather
    errors: list[zmq.ZMQError] = []
    waiting = threading.Event()

    def wait() -> None:
        waiting.set()
        try:
            gather.recv()
        except zmq.ZMQError as error:
            errors.append(error)

    receiver = threading.Thread(target=wait)
    receiver.start()
    waiting.wait()
    gather.close()
    receiver.join()
    assert [error.errno for error in errors] == [zmq.ENOTSOCK]


def test_a_poller_waits_for_it(scatter_gather: Pair) -> None:
    scatter, gather = scatter_gather
    poller = zmq.Poller()
    poller.register(gather, zmq.POLLIN)
    assert poller.poll(20) == []
    scatter.send(b"seed")
    assert poller.poll(5000) == [(gather, zmq.POLLIN)]


def test_the_timeout_is_kept(scatter_gather: Pair) -> None:
    _, gather = scatter_gather
    gather.rcvtimeo = 20
    with pytest.raises(zmq.Again):
        gather.recv()


@pytest.mark.skipif(zmq.DRAFT_API, reason="a libzmq without its draft API")
def test_an_event_loop_refuses_it() -> None:
    """It could not tell when something comes, and would wait for ever."""

    async def receive() -> None:
        with zmq.asyncio.Context() as context, context.socket(zmq.GATHER) as gather:
            gather.bind("inproc://gather")
            with pytest.raises(zmq.ZMQError, match="no descriptor") as caught:
                await gather.recv()
            assert caught.value.errno == zmq.ENOTSUP
            poller = zmq.asyncio.Poller()
            poller.register(gather, zmq.POLLIN)
            with pytest.raises(zmq.ZMQError, match="no descriptor"):
                await poller.poll()

    asyncio.run(receive())


@pytest.mark.skipif(zmq.DRAFT_API, reason="a libzmq without its draft API")
def test_a_device_refuses_it(scatter_gather: Pair) -> None:
    scatter, gather = scatter_gather
    with pytest.raises(zmq.ZMQError, match="no descriptor") as caught:
        zmq.proxy(gather, scatter)
    assert caught.value.errno == zmq.ENOTSUP
