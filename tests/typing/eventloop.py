"""Streams and authenticators of event loops. Checked by `make check`, never run."""

from __future__ import annotations

from typing import Any, assert_type

from tornado.ioloop import IOLoop

import zmq
import zmq.asyncio
from zmq.auth.asyncio import AsyncioAuthenticator
from zmq.auth.ioloop import IOLoopAuthenticator
from zmq.eventloop import future, ioloop
from zmq.eventloop.zmqstream import ZMQStream


def parts(message: list[bytes]) -> None: ...
def frames(message: list[zmq.Frame]) -> int:
    return len(message)


async def slow(message: list[bytes]) -> None: ...
def with_stream(stream: ZMQStream, message: list[bytes]) -> None: ...
def frames_with_stream(stream: ZMQStream, message: list[zmq.Frame]) -> None: ...
def sent(message: list[Any], status: zmq.MessageTracker | None) -> None: ...


def stream(socket: zmq.Socket[bytes], loop: IOLoop, of_any_kind: zmq.asyncio.Socket) -> None:
    stream = ZMQStream(socket, loop)
    stream.on_recv(parts)
    stream.on_recv(slow)
    stream.on_recv(print)
    stream.on_recv(lambda message: message[0].upper())
    stream.on_recv(frames, copy=False)
    stream.on_recv(lambda message: message[0].more, copy=False)
    stream.on_recv(None)
    stream.on_recv_stream(with_stream)
    stream.on_recv_stream(frames_with_stream, copy=False)
    stream.on_send(sent)
    stream.on_send_stream(lambda one, message, status: one.close())
    stream.send(b"", zmq.SNDMORE, copy=False, callback=sent)
    stream.send_multipart([b"", memoryview(b""), zmq.Frame(b"")], track=True)
    stream.send_string("", encoding="latin-1")
    stream.send_json({"a": 1}, sort_keys=True)
    stream.send_pyobj(1, protocol=2)
    assert_type(stream.flush(zmq.POLLIN, limit=10), int)
    assert_type(stream.sending(), bool)
    assert_type(stream.receiving(), bool)
    assert_type(stream.closed(), bool)
    assert_type(stream.io_loop, IOLoop)
    assert_type(stream.poller, zmq.Poller)
    stream.set_close_callback(stream.closed)
    stream.setsockopt(zmq.LINGER, 0)
    assert_type(stream.socket, zmq.Socket[Any])
    stream.socket.linger = 0
    stream.close(linger=0)
    ZMQStream(of_any_kind)


async def futures() -> None:
    with future.Context() as context:
        socket = context.socket(zmq.PULL)
        poller = future.Poller()
        poller.register(socket, zmq.POLLIN)
        await poller.poll(100)
        await socket.recv_multipart()


def loops() -> None:
    ioloop.install()
    assert_type(ioloop.IOLoop.current(), IOLoop)
    ioloop.ZMQIOLoop().start()


def authenticators(context: zmq.Context[zmq.Socket[bytes]], loop: IOLoop) -> None:
    IOLoopAuthenticator(context, io_loop=loop).start()
    AsyncioAuthenticator(context).stop()
