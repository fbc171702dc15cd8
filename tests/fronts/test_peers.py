"""Waiting for peers and subscribers, and streams of connection events, on every front."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest

import zmq
from helpers.fronts import Front, needs
from zmq.utils.monitor import parse_monitor_message

TRANSPORTS = ["tcp", "inproc"]
#: A limit for what has to come.
LONG_MS = 20000


async def next_of(front: Front, stream: Any) -> Any:
    """The next event of a stream; None at its end."""
    try:
        if hasattr(stream, "__anext__"):
            return await stream.__anext__()
        return next(stream)
    except (StopIteration, StopAsyncIteration):
        return None


def endpoint_of(socket: Any) -> str:
    return socket.last_endpoint.decode()  # type: ignore[no-any-return]


# ---- wait_for_peers -----------------------------------------------------------------------------


@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_both_ends_wait(front: Front, transport: str) -> None:
    """The simplest program: the calls come after bind and connect."""
    a, b = front.pair(zmq.PUSH, zmq.PULL, transport=transport)
    for socket in (a, b):
        found = await front(socket.wait_for_peers(timeout=LONG_MS))
        assert [peer.endpoint for peer in found] == [endpoint_of(a)]
        since = found[0].since
        assert since is None if transport == "inproc" else since <= time.time() + 1
        assert [peer.endpoint for peer in socket.peers()] == [endpoint_of(a)]


@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_a_peer_that_comes_later(front: Front, transport: str) -> None:
    a, b = front.socket(zmq.PUSH), front.socket(zmq.PULL)
    address = "tcp://127.0.0.1:*" if transport == "tcp" else "inproc://later"
    a.bind(address)
    task = front.start(a.wait_for_peers, 2)
    b.connect(endpoint_of(a))
    await front(a.wait_for_peers(1, LONG_MS))
    await front.settle()
    assert not task.ended
    c = front.socket(zmq.PULL)
    c.connect(endpoint_of(a))
    assert len(await front.join(task)) == 2


@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize("timeout", [0, 20])
async def test_the_time_is_over(front: Front, transport: str, timeout: int) -> None:
    a, _ = front.pair(zmq.PUSH, zmq.PULL, transport=transport)
    await front(a.wait_for_peers(1, LONG_MS))
    with pytest.raises(zmq.Again, match=f"PUSH socket bound to .*1 of 2 peers within {timeout} ms"):
        await front(a.wait_for_peers(2, timeout))
    # Nothing is left of the wait.
    assert len(await front(a.wait_for_peers(1, timeout))) == 1


async def test_what_is_no_wait_is_refused(front: Front) -> None:
    xpub = front.socket(zmq.XPUB)
    with pytest.raises(TypeError, match="topic is str or bytes"):
        await front(xpub.wait_for_subscribers(1, topic=3))
    with pytest.raises(TypeError, match="n is how many"):
        await front(xpub.wait_for_peers("two"))
    for wrong, error in (("soon", TypeError), (float("nan"), ValueError)):
        for wait in (xpub.wait_for_peers, xpub.wait_for_subscribers):
            with pytest.raises(error, match="timeout is a number of milliseconds"):
                await front(wait(1, timeout=wrong))
        with pytest.raises(error, match="timeout is a number of milliseconds"):
            xpub.connection_events(timeout=wrong)


@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize("timeout", [float("inf"), -1, None])
async def test_a_wait_without_end(front: Front, transport: str, timeout: float | None) -> None:
    a, _ = front.pair(zmq.PUSH, zmq.PULL, transport=transport)
    assert len(await front(a.wait_for_peers(1, timeout))) == 1


@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_a_peer_that_goes(front: Front, transport: str) -> None:
    a, b = front.pair(zmq.PUSH, zmq.PULL, transport=transport)
    await front(a.wait_for_peers(1, LONG_MS))
    b.close()
    await front.until(lambda: not a.peers())
    with pytest.raises(zmq.Again):
        await front(a.wait_for_peers(1, 20))


@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_several_wait_for_one_socket(front: Front, transport: str) -> None:
    a, b = front.socket(zmq.PUSH), front.socket(zmq.PULL)
    a.bind("tcp://127.0.0.1:*" if transport == "tcp" else "inproc://several")
    tasks = [front.start(a.wait_for_peers) for _ in range(5)]
    await front.settle()
    b.connect(endpoint_of(a))
    assert [len(found) for found in await front.gather(*tasks)] == [1] * 5


async def test_the_socket_is_closed_meanwhile(front: Front) -> None:
    a = front.socket(zmq.PUSH)
    a.bind("tcp://127.0.0.1:*")
    task = front.start(a.wait_for_peers)
    await front.settle()
    a.close()
    with pytest.raises(zmq.ZMQError) as raised:
        await front.join(task)
    assert raised.value.errno == zmq.ENOTSOCK
    with pytest.raises(zmq.ZMQError):
        await front(a.wait_for_peers())


async def test_the_context_ends_meanwhile(front: Front) -> None:
    a = front.socket(zmq.PUSH)
    a.bind("tcp://127.0.0.1:*")
    task = front.start(a.wait_for_peers)
    await front.settle()
    ending = threading.Thread(target=front.context.term, daemon=True)
    ending.start()
    with pytest.raises(zmq.ContextTerminated):
        await front.join(task)
    a.close()
    await front.until(lambda: not ending.is_alive())


@needs("cancel")
async def test_a_cancelled_wait_leaves_nothing(front: Front) -> None:
    a = front.socket(zmq.PUSH)
    a.bind("tcp://127.0.0.1:*")
    a.peers()
    before = len(front.context._sockets_open())
    tasks = [front.start(a.wait_for_peers) for _ in range(3)]
    await front.settle()
    for task in tasks:
        assert await front.cancel(task)
    await front.until(lambda: len(front.context._sockets_open()) == before)
    b = front.socket(zmq.PULL)
    b.connect(endpoint_of(a))
    assert len(await front(a.wait_for_peers(1, LONG_MS))) == 1


# ---- wait_for_subscribers -----------------------------------------------------------------------


async def test_subscriptions_stay_to_be_received(front: Front) -> None:
    xpub, sub = front.socket(zmq.XPUB), front.socket(zmq.SUB)
    xpub.bind("tcp://127.0.0.1:*")
    task = front.start(xpub.wait_for_subscribers, 1, "weather.oslo", LONG_MS)
    sub.connect(endpoint_of(xpub))
    sub.subscribe("sport")
    sub.subscribe("weather")
    assert await front.join(task) == 1
    assert await front(xpub.wait_for_subscribers(1)) == 2
    await front(xpub.send_multipart([b"weather.oslo", b"rain"]))
    assert await front(sub.recv_multipart()) == [b"weather.oslo", b"rain"]
    assert [await front(xpub.recv()) for _ in range(2)] == [b"\x01sport", b"\x01weather"]


async def test_subscribers_of_one_topic(front: Front) -> None:
    xpub = front.socket(zmq.XPUB, xpub_verboser=1)
    xpub.bind("tcp://127.0.0.1:*")
    subs = [front.socket(zmq.SUB) for _ in range(3)]
    for sub in subs:
        sub.connect(endpoint_of(xpub))
        sub.subscribe(b"")
    assert await front(xpub.wait_for_subscribers(3, b"any", LONG_MS)) == 3
    subs.pop().close()
    with pytest.raises(zmq.Again, match="of 4 subscriptions"):
        await front(xpub.wait_for_subscribers(4, timeout=20))


# ---- connection_events --------------------------------------------------------------------------


async def test_events_of_a_connection(front: Front) -> None:
    a, b = front.socket(zmq.PUSH), front.socket(zmq.PULL)
    stream = a.connection_events(zmq.EVENT_HANDSHAKE_SUCCEEDED | zmq.EVENT_DISCONNECTED)
    a.bind("tcp://127.0.0.1:*")
    b.connect(endpoint_of(a))
    event = await next_of(front, stream)
    assert event.event is zmq.Event.HANDSHAKE_SUCCEEDED
    assert (event.endpoint, event.socket, event.reason) == (endpoint_of(a), a, None)
    b.close()
    assert (await next_of(front, stream)).event is zmq.Event.DISCONNECTED
    a.close()
    assert await next_of(front, stream) is None
    assert await next_of(front, stream) is None
    assert stream.closed


async def test_events_of_several_sockets(front: Front) -> None:
    sockets = [front.socket(zmq.PUSH) for _ in range(3)]
    stream = zmq.connection_events(*sockets, which=zmq.EVENT_LISTENING)
    for socket in sockets:
        socket.bind("tcp://127.0.0.1:*")
    events = [await next_of(front, stream) for _ in sockets]
    assert {event.socket for event in events} == set(sockets)
    assert all(event.endpoint == endpoint_of(event.socket) for event in events)
    task = front.start(lambda: next_of(front, stream))
    for socket in sockets:
        assert not task.ended
        await front.settle()
        socket.close()
    assert await front.join(task) is None


async def test_the_sockets_end_while_several_wait(front: Front) -> None:
    """The last event comes once, and ends all."""
    sockets = [front.socket(zmq.PUSH) for _ in range(2)]
    stream = zmq.connection_events(*sockets)
    tasks = [front.start(lambda: next_of(front, stream)) for _ in range(4)]
    for socket in sockets:
        await front.settle()
        assert not any(task.ended for task in tasks)
        socket.close()
    assert await front.gather(*tasks) == [None] * 4
    assert stream.closed


async def test_no_event_in_time(front: Front) -> None:
    a = front.socket(zmq.PUSH)
    stream = a.connection_events(timeout=20)
    with pytest.raises(zmq.Again):
        await next_of(front, stream)
    a.bind("tcp://127.0.0.1:*")
    assert (await next_of(front, stream)).event is zmq.Event.LISTENING
    stream.close()


async def test_a_stream_is_closed_meanwhile(front: Front) -> None:
    a = front.socket(zmq.PUSH)
    stream = a.connection_events()
    tasks = [front.start(lambda: next_of(front, stream)) for _ in range(2)]
    await front.settle()
    stream.close()
    assert await front.gather(*tasks) == [None, None]
    a.bind("tcp://127.0.0.1:*")
    assert await next_of(front, stream) is None


@needs("cancel")
async def test_a_cancelled_wait_takes_no_event(front: Front) -> None:
    a = front.socket(zmq.PUSH)
    stream = a.connection_events(zmq.EVENT_LISTENING)
    for _ in range(5):
        task = front.start(lambda: next_of(front, stream))
        await front.settle()
        a.bind("tcp://127.0.0.1:*")
        if await front.cancel(task):
            assert (await next_of(front, stream)).endpoint == endpoint_of(a)
        else:
            assert task.value.endpoint == endpoint_of(a)
    stream.close()


async def test_the_context_ends_with_streams(front: Front) -> None:
    """One that is waited for, and one that nothing reads."""
    a = front.socket(zmq.PUSH)
    stream, idle = a.connection_events(), a.connection_events()
    task = front.start(lambda: next_of(front, stream))
    await front.settle()
    ending = threading.Thread(target=front.context.term, daemon=True)
    ending.start()
    with pytest.raises(zmq.ContextTerminated):
        await front.join(task)
    a.close()
    await front.until(lambda: not ending.is_alive())
    with pytest.raises(zmq.ContextTerminated):
        await next_of(front, idle)


async def test_a_stream_that_is_not_read_holds_nothing_up(front: Front) -> None:
    a, b = front.socket(zmq.PUSH), front.socket(zmq.PULL)
    stream = a.connection_events()
    for _ in range(1200):
        a.bind("tcp://127.0.0.1:*")
        a.unbind(endpoint_of(a))
    a.bind("tcp://127.0.0.1:*")
    b.connect(endpoint_of(a))
    await front(a.send(b"1"))
    assert await front(b.recv()) == b"1"
    stream.close()


async def test_a_monitor_of_the_program_goes_on(front: Front) -> None:
    """Both get all events, and the program's monitor may come and go."""
    a = front.socket(zmq.PUSH)
    for first in ("monitor", "stream"):
        if first == "monitor":
            monitor, stream = a.get_monitor_socket(), a.connection_events()
        else:
            stream, monitor = a.connection_events(), a.get_monitor_socket()
        front.sockets.append(monitor)
        a.bind("tcp://127.0.0.1:*")
        assert (await next_of(front, stream)).event is zmq.Event.LISTENING
        parts = await front(monitor.recv_multipart())
        assert parse_monitor_message(parts)["event"] is zmq.Event.LISTENING
        a.disable_monitor()
        parts = await front(monitor.recv_multipart())
        message = parse_monitor_message(parts)
        assert message == {"event": zmq.Event.MONITOR_STOPPED, "value": 0, "endpoint": b""}
        a.bind("tcp://127.0.0.1:*")
        assert (await next_of(front, stream)).event is zmq.Event.LISTENING
        stream.close()
