"""ZMQStream: what cannot be sent. The call returns, and the error is logged in its turn."""

from __future__ import annotations

import asyncio
import logging
import pickle
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any

import pytest

pytest.importorskip("tornado", reason="Tornado is not installed")

import zmq
import zmq.asyncio
from helpers.loops import run, turns, until
from zmq.eventloop.zmqstream import ZMQStream

Pair = Callable[..., tuple[zmq.Socket, zmq.Socket]]

IMPOSSIBLE: dict[str, Callable[[ZMQStream], None]] = {
    "text": lambda stream: stream.send("text"),
    "an object": lambda stream: stream.send({"a": 1}),
    "None": lambda stream: stream.send(None),
    "a number": lambda stream: stream.send(5),
    "a text identity": lambda stream: stream.send_multipart(["peer", b"body"]),
    "text behind bytes": lambda stream: stream.send_multipart([b"peer", "body"]),
    "parts of text": lambda stream: stream.send_multipart("body"),
    "no parts": lambda stream: stream.send_multipart([]),
    "a generator": lambda stream: stream.send_multipart(iter([b"x"])),  # type: ignore[arg-type]
    "a set": lambda stream: stream.send_multipart({b"x"}),  # type: ignore[arg-type]
    "a deque": lambda stream: stream.send_multipart(deque([b"x"])),
    "no list": lambda stream: stream.send_multipart(5),  # type: ignore[arg-type]
    "no number": lambda stream: stream.send(b"", flags="x"),  # type: ignore[arg-type]
}


def streams() -> Iterator[Any]:
    yield pytest.param(ZMQStream, id="tornado")
    try:
        from zmq.green.eventloop.zmqstream import ZMQStream as GreenStream
    except ImportError:
        yield pytest.param(None, id="gevent", marks=pytest.mark.skip("gevent is not installed"))
    else:
        yield pytest.param(GreenStream, id="gevent")


@pytest.fixture(params=streams())
def kind(request: pytest.FixtureRequest) -> type[ZMQStream]:
    return request.param  # type: ignore[no-any-return]


def errors(caplog: pytest.LogCaptureFixture) -> list[type]:
    """The classes of what went to Tornado's log."""
    return [
        type(record.exc_info[1]) if record.exc_info else str
        for record in caplog.records
        if record.name == "tornado.general" and record.levelno == logging.ERROR
    ]


@pytest.mark.parametrize("what", IMPOSSIBLE)
def test_the_call_returns_and_the_others_are_sent(
    kind: type[ZMQStream], what: str, pair: Pair, caplog: pytest.LogCaptureFixture
) -> None:
    socket, peer = pair(zmq.DEALER, zmq.DEALER)
    told: list[Any] = []
    handled: list[Any] = []

    async def main() -> None:
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda loop, context: handled.append(context["exception"]))
        stream = kind(socket)
        stream.on_send(lambda message, status: told.append((message, status)))
        stream.send(b"before")
        IMPOSSIBLE[what](stream)
        stream.send(b"behind")
        assert stream.sending()
        assert not errors(caplog)
        await until(lambda: not stream.sending())
        IMPOSSIBLE[what](stream)  # nothing waits before it
        assert stream.sending()
        await until(lambda: not stream.sending())
        stream.close()

    run(main)
    assert len(errors(caplog)) == len(handled) == 2
    assert {type(error) for error in handled} <= {TypeError, IndexError}
    assert told == [([b"before"], None), ([b"behind"], None)]
    assert [peer.recv(), peer.recv()] == [b"before", b"behind"]
    assert not peer.poll(0)


def test_it_waits_for_its_turn(pair: Pair, caplog: pytest.LogCaptureFixture) -> None:
    """Without a peer nothing leaves, and nothing is wrong yet."""
    context = zmq.Context()

    async def main() -> None:
        stream = ZMQStream(context.socket(zmq.PUSH))
        stream.send(b"1")
        stream.send("text")
        stream.send(b"2")
        await turns(5)
        assert stream.sending()
        assert not errors(caplog)
        stream.bind("inproc://late")
        peer = context.socket(zmq.PULL)
        peer.connect("inproc://late")
        await until(lambda: not stream.sending())
        assert [peer.recv(), peer.recv()] == [b"1", b"2"]
        stream.close()
        peer.close()

    run(main)
    assert errors(caplog) == [TypeError]
    context.term()


def test_a_socket_that_cannot_send(
    kind: type[ZMQStream], pair: Pair, caplog: pytest.LogCaptureFixture
) -> None:
    """PyZMQ keeps such messages for ever."""
    socket, peer = pair(zmq.PULL, zmq.PUSH)
    told: list[Any] = []
    went_on: list[Any] = []

    async def main() -> None:
        stream = kind(socket)
        stream.on_send(lambda message, status: told.append((message, status.errno)))

        def echo(message: list[bytes]) -> None:
            stream.send_multipart(message)
            went_on.append(message)

        stream.on_recv(echo)
        for word in (b"1", b"2"):
            peer.send(word)
        await until(lambda: len(told) == 2)
        assert not stream.sending()
        assert stream.receiving()
        stream.close()

    run(main)
    assert went_on == [[b"1"], [b"2"]]
    assert told == [([b"1"], zmq.ENOTSUP), ([b"2"], zmq.ENOTSUP)]
    assert errors(caplog) == [str, str]


def test_flush_raises_it(pair: Pair) -> None:
    socket, peer = pair()
    told: list[Any] = []

    async def main() -> None:
        stream = ZMQStream(socket)
        stream.on_send(lambda message, status: told.append(message))
        stream.send(b"1")
        stream.send("text")
        stream.send(b"2")
        with pytest.raises(TypeError, match="buffer interface"):
            stream.flush(zmq.POLLOUT)
        assert told == [[b"1"]]
        assert stream.sending()
        assert stream.flush(zmq.POLLOUT) == 1
        assert not stream.sending()
        stream.close()

    run(main)
    assert told == [[b"1"], [b"2"]]
    assert [peer.recv(), peer.recv()] == [b"1", b"2"]


def test_close_sends_those_behind_it(pair: Pair, caplog: pytest.LogCaptureFixture) -> None:
    socket, peer = pair()

    async def main() -> None:
        stream = ZMQStream(socket)
        stream.send("text")
        stream.send(b"last")
        stream.close()

    run(main)
    assert peer.recv() == b"last"
    assert errors(caplog) == [TypeError]


def test_a_socket_of_the_programs_own_is_called_once(
    socket: Callable[..., zmq.Socket], caplog: pytest.LogCaptureFixture
) -> None:
    calls: list[Any] = []

    class Broken(zmq.Socket[bytes]):
        def send_multipart(self, msg_parts: Any, *args: Any, **kwargs: Any) -> None:
            calls.append(msg_parts)
            raise LookupError("no route")

    async def main() -> None:
        stream = ZMQStream(Broken(shadow=socket(zmq.DEALER)))
        stream.send(b"1")
        stream.send(b"2")
        assert calls == []
        await until(lambda: not stream.sending())
        stream.close()

    run(main)
    assert calls == [[b"1"], [b"2"]]
    assert errors(caplog) == [LookupError, LookupError]


def test_the_functions_that_encode_fail_at_once(pair: Pair) -> None:
    socket, _ = pair()

    async def main() -> None:
        stream = ZMQStream(socket)
        for wrong in (b"bytes", None):
            with pytest.raises(TypeError):
                stream.send_string(wrong)  # type: ignore[arg-type]
            with pytest.raises(TypeError):
                stream.send_unicode(wrong)  # type: ignore[arg-type]
        with pytest.raises(UnicodeEncodeError):
            stream.send_string("é", encoding="ascii")
        with pytest.raises(TypeError):
            stream.send_json(object())
        with pytest.raises((AttributeError, TypeError, pickle.PicklingError)):  # by Python
            stream.send_pyobj(lambda: 0)
        assert not stream.sending()
        stream.close()

    run(main)


def test_a_future_that_waits_in_the_queue_fails(socket: Callable[..., zmq.Socket]) -> None:
    """The same for asyncio: the future has the error, whether others wait before it or not."""

    async def main() -> None:
        lonely = zmq.asyncio.Socket(socket(zmq.PUSH))
        first = lonely.send(b"waits")
        for future in (lonely.send("text"), lonely.send_multipart([b"", "text"])):
            with pytest.raises(TypeError):
                await future
        first.cancel()

    run(main)
