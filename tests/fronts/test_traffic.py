"""Every pattern and every way to send and receive, on every front."""

from __future__ import annotations

import mmap
from typing import Any

import pytest

import zmq
from helpers.fronts import Front, needs


@pytest.mark.parametrize("transport", ["inproc", "tcp"])
async def test_request_and_reply(front: Front, transport: str) -> None:
    rep, req = front.pair(zmq.REP, zmq.REQ, transport)

    async def serve() -> None:
        for _ in range(20):
            await front(rep.send(await front(rep.recv()) * 2))

    server = front.spawn(serve)
    for n in range(20):
        await front(req.send(b"%d" % n))
        assert await front(req.recv()) == b"%d" % n * 2
    await front.join(server)


@pytest.mark.parametrize("transport", ["inproc", "tcp"])
async def test_push_and_pull(front: Front, transport: str) -> None:
    push, pull = front.pair(zmq.PUSH, zmq.PULL, transport, hwm=10)

    async def produce() -> None:
        for n in range(500):
            await front(push.send(b"%d" % n))

    producer = front.spawn(produce)
    assert [await front(pull.recv()) for _ in range(500)] == [b"%d" % n for n in range(500)]
    await front.join(producer)


async def test_publish_and_subscribe(front: Front) -> None:
    xpub, sub = front.pair(zmq.XPUB, zmq.SUB, "tcp")
    assert await front(xpub.recv()) == b"\1"
    received = front.start(sub.recv_multipart)
    await front(xpub.send_multipart([b"topic", b"text"]))
    assert await front.join(received) == [b"topic", b"text"]


@pytest.mark.parametrize("transport", ["inproc", "tcp"])
async def test_router_and_dealer(front: Front, transport: str) -> None:
    router, dealer = front.pair(zmq.ROUTER, zmq.DEALER, transport)
    answer = front.start(dealer.recv_multipart)
    await front(dealer.send_multipart([b"", b"question"]))
    identity, *rest = await front(router.recv_multipart())
    assert rest == [b"", b"question"]
    await front(router.send_multipart([identity, b"", b"answer"]))
    assert await front.join(answer) == [b"", b"answer"]


async def test_stream(front: Front) -> None:
    stream = front.socket(zmq.STREAM)
    stream.bind("tcp://127.0.0.1:*")
    peer = front.socket(zmq.STREAM)
    peer.connect(stream.last_endpoint.decode())
    identity, nothing = await front(stream.recv_multipart())
    assert nothing == b""
    assert (await front(peer.recv_multipart()))[1] == b""
    await front(stream.send_multipart([identity, b"hello"]))
    assert (await front(peer.recv_multipart()))[1] == b"hello"


# What is sent, and how: name of the call, its arguments, and what the peer's call gives.
VARIANTS: dict[str, tuple[str, tuple[Any, ...], dict[str, Any], str, dict[str, Any], Any]] = {
    "bytes": ("send", (b"x",), {}, "recv", {}, b"x"),
    "buffer": ("send", (bytearray(b"x"),), {}, "recv", {}, b"x"),
    "lent": ("send", (b"x" * 70000,), {"copy": False}, "recv", {}, b"x" * 70000),
    "parts": ("send_multipart", ([b"a", b"", b"c"],), {}, "recv_multipart", {}, [b"a", b"", b"c"]),
    "string": ("send_string", ("hé",), {}, "recv_string", {}, "hé"),
    "encoded": (
        "send_string",
        ("hé",),
        {"encoding": "utf-16"},
        "recv_string",
        {"encoding": "utf-16"},
        "hé",
    ),
    "json": ("send_json", ({"a": [1, None]},), {}, "recv_json", {}, {"a": [1, None]}),
    "object": ("send_pyobj", ({1, 2},), {}, "recv_pyobj", {}, {1, 2}),
    "serialized": (
        "send_serialized",
        ("xyz", lambda text: [c.encode() for c in text]),
        {},
        "recv_serialized",
        {"deserialize": b"".join},
        b"xyz",
    ),
}


@pytest.mark.parametrize("first", ["sender", "receiver"])
@pytest.mark.parametrize("variant", VARIANTS)
async def test_variants(front: Front, variant: str, first: str) -> None:
    """Both when the message is there already and when the receiver is."""
    send, arguments, options, recv, recv_options, expected = VARIANTS[variant]
    a, b = front.pair()
    received = None
    if first == "receiver":
        received = front.start(getattr(b, recv), **recv_options)
        await front.settle()
    await front(getattr(a, send)(*arguments, **options))
    received = received or front.start(getattr(b, recv), **recv_options)
    assert await front.join(received) == expected


@pytest.mark.parametrize("first", ["sender", "receiver"])
async def test_frames(front: Front, first: str) -> None:
    a, b = front.pair()
    received = front.start(b.recv_multipart, copy=False) if first == "receiver" else None
    await front.settle()
    tracker = await front(a.send_multipart([b"one", b"two"], copy=False, track=True))
    frames = await front.join(received or front.start(b.recv_multipart, copy=False))
    assert [(bytes(f), f.more) for f in frames] == [(b"one", True), (b"two", False)]
    assert isinstance(tracker, zmq.MessageTracker)
    await front.until(lambda: tracker.done)
    await front(a.send(zmq.Frame(b"three")))
    frame = await front(b.recv(copy=False))
    assert isinstance(frame, zmq.Frame)
    assert frame.bytes == b"three"


async def test_parts_one_by_one(front: Front) -> None:
    a, b = front.pair()
    first = front.start(b.recv)
    await front.settle()
    await front(a.send(b"1", zmq.SNDMORE))
    await front(a.send(b"2"))
    assert await front.join(first) == b"1"
    assert b.rcvmore
    assert await front(b.recv()) == b"2"
    assert not b.rcvmore


@pytest.mark.parametrize("first", ["sender", "receiver"])
async def test_receiving_into_a_buffer(front: Front, first: str) -> None:
    a, b = front.pair()
    target = bytearray(5)
    received = front.start(b.recv_into, target) if first == "receiver" else None
    await front.settle()
    await front(a.send(b"abc"))
    assert await front.join(received or front.start(b.recv_into, target)) == 3
    assert target == b"abc\0\0"


@pytest.mark.parametrize("first", ["sender", "receiver"])
async def test_many_at_once(front: Front, first: str) -> None:
    a, b = front.pair()
    received = front.start(b.recv_many) if first == "receiver" else None
    await front.settle()
    await front(a.send_many([b"1", b"2", b"3"]))
    got = await front.join(received or front.start(b.recv_many))
    while len(got) < 3:
        got += await front(b.recv_many())
    assert got == [b"1", b"2", b"3"]


async def test_errors_of_arguments(front: Front) -> None:
    a, b = front.pair()
    for call in (
        lambda: a.send("text"),
        lambda: a.send(None),
        lambda: a.send_string(b"bytes"),
        lambda: a.send_multipart([b"x", None]),
        lambda: a.send_json({1, 2}),
    ):
        with pytest.raises(TypeError):
            await front(call())
    await front(a.send(b"after"))
    assert await front(b.recv()) == b"after"


async def test_errors_of_content(front: Front) -> None:
    """A message that cannot be understood is used up, and fails its receiver only."""
    a, b = front.pair()
    for call in (b.recv_string, b.recv_json):
        received = front.start(call)
        await front.settle()
        await front(a.send(b"\xff"))
        await front(a.send(b"good"))
        with pytest.raises(ValueError):
            await front.join(received)
        assert await front(b.recv()) == b"good"

    def refuse(parts: list[bytes]) -> None:
        raise KeyError(parts[0].decode())

    await front(a.send(b"mine"))
    with pytest.raises(KeyError, match="mine"):
        await front(b.recv_serialized(refuse))


async def test_operations_that_do_not_wait(front: Front) -> None:
    a, b = front.pair()
    names = "recv recv_multipart recv_string recv_json recv_pyobj recv_many".split()
    for name in names:
        with pytest.raises(zmq.Again):
            await front(getattr(b, name)(flags=zmq.DONTWAIT))
    lonely = front.socket(zmq.PUSH)
    for call in (
        lambda: lonely.send(b"", zmq.DONTWAIT),
        lambda: lonely.send_multipart([b"", b""], zmq.DONTWAIT),
        lambda: lonely.send_string("", zmq.DONTWAIT),
    ):
        with pytest.raises(zmq.Again):
            await front(call())
    await front(a.send(b"x", zmq.DONTWAIT))
    assert await front(b.recv(zmq.DONTWAIT)) == b"x"


async def test_wrong_state(front: Front) -> None:
    rep, _req = front.pair(zmq.REP, zmq.REQ)
    with pytest.raises(zmq.ZMQError) as raised:
        await front(rep.send(b""))
    assert raised.value.errno == zmq.EFSM
    router = front.socket(zmq.ROUTER, router_mandatory=1)
    with pytest.raises(zmq.ZMQError) as raised:
        await front(router.send_multipart([b"nobody", b""]))
    assert raised.value.errno == zmq.EHOSTUNREACH


async def test_a_reply_awaited_before_its_request(front: Front) -> None:
    """Where calls are awaited; a receive that blocks its caller says EFSM at once."""
    if "await" not in front.can:
        req = front.socket(zmq.REQ)
        with pytest.raises(zmq.ZMQError) as raised:
            await front(req.recv())
        assert raised.value.errno == zmq.EFSM
        return
    rep, req = front.pair(zmq.REP, zmq.REQ)
    answer = front.start(req.recv)
    await front.settle()
    await front(req.send(b"question"))
    assert await front(rep.recv()) == b"question"
    await front(rep.send(b"answer"))
    assert await front.join(answer) == b"answer"


@needs("futures")
async def test_a_send_that_is_not_awaited_sends(front: Front) -> None:
    a, b = front.pair()
    a.send(b"1")
    a.send_string("2")
    a.send_multipart([b"3"])
    assert [await front(b.recv()) for _ in range(3)] == [b"1", b"2", b"3"]


async def test_a_monitor(front: Front) -> None:
    from zmq.utils.monitor import recv_monitor_message

    server, client = front.socket(zmq.PULL), front.socket(zmq.PUSH)
    monitor = server.get_monitor_socket(zmq.EVENT_LISTENING | zmq.EVENT_ACCEPTED)
    front.sockets.append(monitor)
    seen = [front.start(recv_monitor_message, monitor)]
    await front.settle()
    server.bind("tcp://127.0.0.1:*")
    client.connect(server.last_endpoint.decode())
    seen.append(front.start(recv_monitor_message, monitor))
    events = [message["event"] for message in await front.gather(*seen)]
    assert sorted(events) == [zmq.EVENT_LISTENING, zmq.EVENT_ACCEPTED]
    server.disable_monitor()


@pytest.mark.parametrize("first", ["reader", "monitor", "socket"])
async def test_the_end_of_a_monitor(front: Front, first: str) -> None:
    from zmq.utils.monitor import recv_monitor_message

    watched = front.socket(zmq.ROUTER)
    for _ in range(3):
        reader = watched.get_monitor_socket(zmq.EVENT_LISTENING | zmq.EVENT_MONITOR_STOPPED)
        waiting = front.start(recv_monitor_message, reader)
        await front.settle()
        watched.bind("tcp://127.0.0.1:*")
        assert (await front.join(waiting))["event"] == zmq.EVENT_LISTENING
        if first == "reader":
            reader.close()
            watched.bind("tcp://127.0.0.1:*")
            continue
        waiting = front.start(recv_monitor_message, reader)
        await front.settle()
        if first == "socket":
            watched.close(0)
            watched = front.socket(zmq.ROUTER)
        else:
            watched.disable_monitor()
        assert (await front.join(waiting))["event"] == zmq.EVENT_MONITOR_STOPPED
        reader.close()


async def test_to_whom_a_message_goes_is_never_left_out(front: Front) -> None:
    """routing_id and group hold for a message of one part, or the call says why they cannot."""
    a, b = front.pair()
    for option in ({"routing_id": 1}, {"group": "g"}):
        with pytest.raises(Exception) as refused:  # noqa: B017, PT011: whatever libzmq makes of it
            front.raw(a).send(b"x", **option)
        for method, data in ((a.send, b"x"), (a.send_multipart, [b"x"])):
            with pytest.raises(refused.type, match=str(refused.value)[:20]):
                await front(method(data, **option))
    assert await front(b.poll(0)) == 0


async def test_more_than_two_gibibytes(front: Front) -> None:
    """Over inproc, by reference: the memory is never touched."""
    size = 2**31 + 1
    a, b = front.pair(transport="inproc")
    lent = mmap.mmap(-1, size)
    waiting = front.start(lambda s: s.recv(copy=False), b)
    await front(a.send(lent, copy=False))
    frame = await front.join(waiting)
    assert len(frame) == size
    few = bytearray(4)
    for _ in range(2):
        await front(a.send(frame))
        assert await front(b.recv_into(few)) == size
    filling = front.start(lambda s: s.recv_into(few), b)
    await front(a.send(frame))
    assert await front.join(filling) == size
    await front(a.send_multipart([frame, b"end"]))
    assert [len(part) for part in await front(b.recv_multipart(copy=False))] == [size, 3]
