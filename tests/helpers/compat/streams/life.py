"""Scenarios: the end of streams, their attributes and loops."""

from __future__ import annotations

import asyncio
import threading
import warnings
from typing import Any

from tornado.ioloop import IOLoop

import zmq
from helpers.compat.streams.bench import PATIENCE_S, Bench, Seen, drain, pause, plain, until
from zmq.eventloop.zmqstream import ZMQStream


async def closing(b: Bench) -> Seen:
    stream, peer = b.stream()
    socket = stream.socket
    log: list[Any] = []
    stream.set_close_callback(lambda *args: log.append([len(args), stream.closed()]))
    stream.on_recv(print)
    stream.send(b"goodbye")
    seen: Seen = {"returns": b.attempt(stream.close), "callback": list(log)}
    await pause()
    seen["after"] = [stream.closed(), socket.closed, plain(stream.socket), len(log)]
    seen["again"] = [b.attempt(stream.close), len(log)]
    for name, args in (
        ("send", [b""]),
        ("send_multipart", [[b""]]),
        ("send_string", [""]),
        ("on_recv", [print]),
        ("on_recv_stream", [print]),
        ("on_send", [print]),
        ("stop_on_recv", []),
        ("stop_on_send", []),
        ("flush", []),
    ):
        seen[name] = b.attempt(lambda n=name, a=args: getattr(stream, n)(*a))  # type: ignore[misc]
    seen["sending"] = stream.sending()
    seen["receiving"] = stream.receiving()
    seen["what was queued"] = drain(peer)
    stream, peer = b.stream()
    stream.set_close_callback(lambda: 1 / 0)
    seen["an error in the callback"] = b.attempt(stream.close)
    seen["closed all the same"] = stream.closed()
    stream, peer = b.stream()
    stream.close(linger=5)

    async def later() -> None:
        await asyncio.sleep(0)
        log.append("later")

    log.clear()
    stream, peer = b.stream()
    stream.set_close_callback(later)
    stream.close()
    seen["a coroutine"] = [await until(lambda: log), log]
    return seen


async def closed_from_outside(b: Bench) -> Seen:
    stream, _ = b.stream()
    log: list[Any] = []
    socket = stream.socket
    stream.set_close_callback(lambda: log.append("closed"))
    stream.on_recv(print)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        socket.close()
        seen: Seen = {"closed": stream.closed(), "callback": log, "socket": plain(stream.socket)}
    seen["send"] = b.attempt(lambda: stream.send(b""))
    return seen


async def attributes(b: Bench) -> Seen:
    socket, _ = b.pair()
    stream = ZMQStream(socket)
    seen: Seen = {
        "socket": stream.socket is socket,
        "io_loop": stream.io_loop is IOLoop.current(),
        "poller": [plain(stream.poller), plain(stream.poller.sockets)],
        "getsockopt": stream.getsockopt(zmq.LINGER),
        "setsockopt": [stream.setsockopt(zmq.LINGER, 1), socket.linger],
        "strings": [
            stream.setsockopt_string(zmq.IDENTITY, "a"),
            stream.getsockopt_string(zmq.IDENTITY),
            stream.setsockopt_unicode(zmq.IDENTITY, "b"),
            stream.getsockopt_unicode(zmq.IDENTITY),
        ],
    }
    other = ZMQStream(b.socket(zmq.PAIR), io_loop=IOLoop.current())
    other.bind("inproc://other")
    third = ZMQStream(b.socket(zmq.PAIR), None)
    third.connect("inproc://other")
    port = ZMQStream(b.socket(zmq.PAIR)).bind_to_random_port("tcp://127.0.0.1")
    seen["port"] = type(port).__name__
    third.send(b"x")
    await pause()
    seen["connected"] = drain(other.socket)
    return seen


async def asynchronous_sockets(b: Bench) -> Seen:
    import zmq.asyncio

    context = zmq.asyncio.Context.shadow(b.context)
    a, peer = context.socket(zmq.PAIR), context.socket(zmq.PAIR)
    a.bind("inproc://a")
    peer.connect("inproc://a")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        stream = ZMQStream(a)
    got: list[Any] = []
    stream.on_recv(got.append)
    await peer.send(b"1")
    seen: Seen = {
        "blocking": type(stream.socket) is zmq.Socket,
        "got": [await until(lambda: got), plain(got)],
    }
    stream.send(b"2")
    seen["received"] = plain(await asyncio.wait_for(peer.recv(), PATIENCE_S))
    stream.close()
    seen["closed"] = a.closed
    peer.close()
    return seen


def loops(b: Bench) -> Seen:
    """Loops that are not running, run again, or end."""
    seen: Seen = {}
    got: list[Any] = []

    def run(loop: Any) -> None:
        loop.run_sync(pause)

    loop = IOLoop(make_current=False)
    a, peer = b.pair()
    stream = ZMQStream(a, loop)
    stream.on_recv(got.append)
    for i in range(2):
        peer.send(b"%d" % i)
        run(loop)
    seen["run twice"] = plain(got)
    stream.send(b"x")
    run(loop)
    seen["sent"] = drain(peer)
    thread = threading.Thread(target=stream.send, args=[b"from a thread"])
    loop.add_callback(thread.start)
    run(loop)
    thread.join(PATIENCE_S)
    seen["thread"] = drain(peer)

    def interrupt(message: Any) -> None:
        raise KeyboardInterrupt

    stream.on_recv(interrupt)
    peer.send(b"!")
    try:
        run(loop)
    except KeyboardInterrupt:
        seen["interrupt"] = True
    stream.on_recv(got.append)
    got.clear()
    peer.send(b"after")
    run(loop)
    run(loop)
    seen["after the interrupt"] = plain(got)
    loop.close()
    seen["closed loop"] = [stream.closed(), stream.receiving(), b.attempt(stream.flush)]
    stream.close()
    seen["then closed"] = [stream.closed(), a.closed]
    return seen


def closed_loops(b: Bench) -> Seen:
    seen: Seen = {}
    loop = IOLoop(make_current=False)
    a, _ = b.pair()
    log: list[Any] = []
    stream = ZMQStream(a, loop)
    stream.on_recv(print)
    stream.set_close_callback(lambda: log.append("closed"))
    loop.run_sync(pause)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        loop.close(all_fds=True)
    seen["all_fds"] = [a.closed, stream.closed(), log]
    loop = IOLoop(make_current=False)
    loop.close()
    seen["a stream of a closed loop"] = b.attempt(lambda: ZMQStream(b.pair()[0], loop))
    return seen
