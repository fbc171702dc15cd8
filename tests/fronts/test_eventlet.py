"""zmq.eventlet: its names, and eventlet's own module on top of this package."""

from __future__ import annotations

import inspect
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

import zmq
import zmq.core.context
import zmq.core.socket
from helpers.fronts import Front, needs
from helpers.processes import run_python

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # eventlet announces its own end
    from eventlet.green import zmq as shipped

    from zmq import eventlet as green

# ---- the module ----


def test_everything_of_zmq() -> None:
    own = {"Context", "Socket", "Poller"}
    for name in set(zmq.__all__) - own:
        assert getattr(green, name) is getattr(zmq, name), name
    assert set(green.__all__) == {*zmq.__all__, "install"}


def test_as_the_old_documentation_has_it() -> None:
    """Context is callable and gives a _Context; the classes and their bases; arguments."""
    context = green.Context(io_threads=1)
    assert type(context) is green._Context
    assert isinstance(context, zmq.core.context.Context)
    assert issubclass(green.Socket, zmq.core.socket.Socket)
    socket = context.socket(zmq.PAIR)
    assert type(socket) is green.Socket
    expected = {
        "bind": "(addr)",
        "bind_to_random_port": "(addr, min_port=49152, max_port=65536, max_tries=100)",
        "close": "(linger=None)",
        "connect": "(addr)",
        "getsockopt": "(option)",
        "getsockopt_string": "(option, encoding='utf-8')",
        "getsockopt_unicode": "(option, encoding='utf-8')",
        "recv": "(flags=0, copy=True, track=False)",
        "recv_json": "(flags=0)",
        "recv_multipart": "(flags=0, copy=True, track=False)",
        "recv_pyobj": "(flags=0)",
        "recv_string": "(flags=0, encoding='utf-8')",
        "recv_unicode": "(flags=0, encoding='utf-8')",
        "send_json": "(obj, flags=0)",
        "send_multipart": "(msg_parts, flags=0, copy=True, track=False)",
        "send_string": "(u, flags=0, copy=True, encoding='utf-8')",
        "setsockopt": "(option, optval)",
        "setsockopt_string": "(option, optval, encoding='utf-8')",
        "setsockopt_unicode": "(option, optval, encoding='utf-8')",
    }
    for name, text in expected.items():
        documented = inspect.signature(eval(f"lambda {text[1:-1]}: 0")).parameters
        ours = inspect.signature(getattr(socket, name)).parameters
        assert [*ours][: len(documented)] == [*documented], name
        for parameter in documented.values():
            assert ours[parameter.name].default == parameter.default, name
    assert [*inspect.signature(socket.poll).parameters] == ["timeout", "flags"]
    assert [*inspect.signature(socket.send).parameters][1:4] == ["flags", "copy", "track"]
    socket.close()
    context.destroy(linger=0)
    assert green.Context.instance() is green.Context.instance()
    assert green.Context.instance() is not zmq.Context.instance()
    green.Context.instance().term()


def test_install() -> None:
    lines = run_python(
        """
        import zmq.eventlet
        zmq.eventlet.install()
        from eventlet.green import zmq as green
        import eventlet.green.zmq
        print(green is zmq.eventlet, eventlet.green.zmq is zmq.eventlet)

        import eventlet
        context = green.Context()
        a, b = context.socket(green.PAIR), context.socket(green.PAIR)
        a.bind("inproc://installed")
        b.connect("inproc://installed")
        thread = eventlet.spawn(b.recv)
        eventlet.sleep(0)
        a.send(b"x")
        print(type(a).__module__, thread.wait())
        context.destroy()
        """,
        env={"EVENTLET_TESTS": "1"},
    )
    assert lines == ["True True", "zmq.eventlet b'x'"]


# ---- the module that comes with eventlet ----


@contextmanager
def sockets(*types: int) -> Iterator[list[Any]]:
    """Sockets of eventlet's own module; the second is connected to the first."""
    context = shipped.Context()
    made = [context.socket(each) for each in types]
    for one in made:
        one.setsockopt(zmq.LINGER, 0)
    if len(made) > 1:
        port = made[0].bind_to_random_port("tcp://127.0.0.1")
        made[1].connect(f"tcp://127.0.0.1:{port}")
    try:
        yield made
    finally:
        for one in made:
            one.close()
        context.term()


def test_shipped_is_eventlets_own() -> None:
    assert shipped.__file__ != green.__file__
    assert issubclass(shipped.Socket, zmq.Socket)
    assert not issubclass(shipped.Socket, green.Socket)
    for name in zmq.constants.__all__:
        assert getattr(shipped, name) is getattr(zmq, name)
    assert shipped.Poller is zmq.Poller


@needs("eventlet")
async def test_shipped_request_and_reply(front: Front) -> None:
    turns: list[int] = []

    async def count() -> None:
        while True:
            turns.append(1)
            await front.sleep(0.001)

    counting = front.spawn(count)
    with sockets(zmq.REP, zmq.REQ) as (rep, req):

        def serve() -> None:
            for _ in range(20):
                rep.send_json(rep.recv_json())

        server = front.start(serve)
        for n in range(20):
            req.send_json({"n": n})
            assert req.recv_json() == {"n": n}
        await front.join(server)
        await front.until(lambda: len(turns) > 1)
    await front.cancel(counting)


@needs("eventlet")
async def test_shipped_multipart_and_objects(front: Front) -> None:
    with sockets(zmq.PAIR, zmq.PAIR) as (a, b):
        for send, receive, value in (
            (a.send_multipart, b.recv_multipart, [b"1", b"", b"3"]),
            (a.send_string, b.recv_string, "Ø"),
            (a.send_pyobj, b.recv_pyobj, {"key": [1]}),
            (a.send, b.recv, b"bytes"),
        ):
            receiver = front.start(receive)
            await front.turns(2)
            send(value)
            assert await front.join(receiver) == value


@needs("eventlet")
async def test_shipped_many_receivers_in_order(front: Front) -> None:
    with sockets(zmq.PUSH, zmq.PULL) as (push, pull):
        receivers = await front.start_in_order(*[pull.recv] * 10)
        for n in range(10):
            push.send(b"%d" % n)
        assert await front.gather(*receivers) == [b"%d" % n for n in range(10)]


@needs("eventlet")
async def test_shipped_flood_in_both_directions(front: Front) -> None:
    count = 3000

    def send(socket: Any) -> None:
        for n in range(count):
            socket.send(b"%d" % n)

    def receive(socket: Any) -> list[int]:
        return [int(socket.recv()) for _ in range(count)]

    with sockets(zmq.DEALER, zmq.DEALER) as both:
        receivers = [front.start(receive, socket) for socket in both]
        senders = [front.start(send, socket) for socket in both]
        assert await front.gather(*receivers) == [list(range(count))] * 2
        await front.gather(*senders)


@needs("eventlet")
async def test_shipped_publish_and_subscribe(front: Front) -> None:
    with sockets(zmq.PUB, zmq.SUB) as (pub, sub):
        sub.setsockopt(zmq.SUBSCRIBE, b"a")
        receiver = front.start(sub.recv)
        while not receiver.ended:
            pub.send(b"b")
            pub.send(b"a")
            await front.sleep(0.001)
        assert await front.join(receiver) == b"a"


@needs("eventlet")
async def test_shipped_kill_and_time_out(front: Front) -> None:
    with sockets(zmq.PAIR, zmq.PAIR) as (a, b):
        killed = front.start(b.recv)
        await front.turns(2)
        assert await front.cancel(killed)

        async def receive() -> bytes:
            message: bytes = b.recv()
            return message

        with pytest.raises(TimeoutError):
            await front.within(0.01, receive)
        a.send(b"x")
        assert b.recv() == b"x"
        with pytest.raises(zmq.Again):
            b.recv(zmq.NOBLOCK)
        b.setsockopt(zmq.RCVTIMEO, 5)
        with pytest.raises(zmq.Again):
            b.recv()


@needs("eventlet")
async def test_shipped_close_while_a_receiver_waits(front: Front) -> None:
    with sockets(zmq.PULL) as (socket,):
        receiver = front.start(socket.recv)
        await front.turns(2)
        socket.close()
        with pytest.raises(zmq.ZMQError) as raised:
            await front.join(receiver)
        assert raised.value.errno == zmq.ENOTSOCK


@needs("eventlet")
async def test_shipped_speaks_with_ours(front: Front) -> None:
    with sockets(zmq.REP) as (rep,):
        req = front.socket(zmq.REQ)
        req.connect(f"tcp://127.0.0.1:{rep.bind_to_random_port('tcp://127.0.0.1')}")
        server = front.start(lambda: rep.send(rep.recv()))
        await front.turns(2)
        req.send(b"x")
        assert req.recv() == b"x"
        await front.join(server)


def test_shipped_is_left_alone() -> None:
    """Nothing here has put itself in its place."""
    assert sys.modules["eventlet.green.zmq"] is shipped
