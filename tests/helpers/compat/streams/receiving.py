"""Scenarios: streams that receive, and flush."""

from __future__ import annotations

import asyncio
from typing import Any

from tornado import gen

import zmq
from helpers.compat.streams.bench import REPORTS, Bench, Seen, drain, pause, plain, until


async def receives(b: Bench) -> Seen:
    stream, peer = b.stream()
    got: list[Any] = []
    seen: Seen = {"at first": stream.receiving()}
    for i in range(5):
        peer.send(b"%d" % i)
    stream.on_recv(got.append)
    seen["at once"] = [stream.receiving(), list(got)]
    await until(lambda: len(got) == 5)
    peer.send_multipart([b"a", b"b"])
    await until(lambda: len(got) == 6)
    seen["got"] = plain(got)
    seen["types"] = sorted({type(part).__name__ for message in got for part in message})
    got.clear()
    stream.on_recv(None)
    peer.send(b"paused")
    await pause()
    seen["paused"] = [stream.receiving(), plain(got)]
    stream.on_recv(got.append)
    await pause()
    seen["resumed"] = [stream.receiving(), plain(got)]
    stream.stop_on_recv()
    seen["stopped"] = stream.receiving()
    with_stream: list[Any] = []
    stream.on_recv_stream(lambda *args: with_stream.append([args[0] is stream, plain(args[1])]))
    peer.send(b"x")
    await pause()
    seen["with the stream"] = [stream.receiving(), with_stream]
    stream.on_recv_stream(None)
    seen["stopped again"] = stream.receiving()
    return seen


async def frames(b: Bench) -> Seen:
    stream, peer = b.stream()
    got: list[Any] = []
    stream.on_recv(got.extend, copy=False)
    peer.send_multipart([b"a", b"b"])
    await until(lambda: len(got) == 2)
    stream.on_recv_stream(lambda one, message: got.extend(message), copy=False)
    peer.send(b"c")
    await until(lambda: len(got) == 3)
    stream.on_recv(got.extend, False)
    peer.send(b"d")
    await until(lambda: len(got) == 4)
    return {"got": [[type(f).__name__, bytes(f).decode(), f.more, plain(f.tracker)] for f in got]}


async def callback_errors(b: Bench) -> Seen:
    stream, peer = b.stream()
    got: list[Any] = []
    seen: Seen = {}

    def fail(message: Any) -> None:
        got.append(plain(message))
        raise ValueError

    stream.on_recv(fail)
    peer.send(b"1")
    await pause()
    seen["reported"] = REPORTS.take()
    seen["got"] = list(got)
    other, far = b.stream()
    other.on_send(lambda message, status: 1 / 0)
    other.send(b"a")
    other.send(b"b")
    await pause()
    seen["sending"] = REPORTS.take()
    seen["sent"] = drain(far)

    def cancel(message: Any) -> None:
        raise asyncio.CancelledError

    other.on_recv(cancel)
    far.send(b"")
    await pause()
    seen["cancelled"] = [other.closed(), other.receiving()]
    for i in range(3):
        peer.send(b"%d" % i)
    await pause()
    seen["the messages behind it"] = len(got) - 1
    seen["still"] = [stream.receiving(), stream.closed()]
    REPORTS.take()
    return seen


async def coroutines(b: Bench) -> Seen:
    stream, peer = b.stream()
    log: list[Any] = []

    async def slow(message: Any) -> None:
        log.append(["begin", plain(message)])
        await asyncio.sleep(0.01)
        log.append(["end", plain(message)])
        if message == [b"1"]:
            raise ValueError

    stream.on_recv(slow)
    for i in range(3):
        peer.send(b"%d" % i)
    await until(lambda: len(log) == 6)
    await pause()
    seen: Seen = {"log": list(log), "reported": REPORTS.take()}

    async def sent(message: Any, status: Any) -> None:
        await asyncio.sleep(0)
        log.append(["sent", plain(message)])
        raise KeyError

    log.clear()
    stream.on_send(sent)
    stream.send(b"x")
    await until(lambda: log)
    await pause()
    seen["on_send"] = [list(log), REPORTS.take()]

    @gen.coroutine
    def old(message: Any) -> Any:
        yield gen.sleep(0.001)
        log.append(["old", plain(message)])
        raise IndexError

    log.clear()
    stream.on_recv(old)
    peer.send(b"g")
    await until(lambda: log)
    await pause()
    seen["gen.coroutine"] = [list(log), REPORTS.take()]
    return seen


async def flushes(b: Bench) -> Seen:
    stream, peer = b.stream()
    got: list[Any] = []
    sent: list[Any] = []
    seen: Seen = {"nothing": [stream.flush(), stream.flush(zmq.POLLIN), stream.flush(zmq.POLLOUT)]}
    stream.on_recv(lambda message: got.append(plain(message)))
    for i in range(10):
        peer.send(b"%d" % i)
    seen["limit 2"] = [stream.flush(limit=2), list(got)]
    seen["limits"] = [stream.flush(zmq.POLLIN, 1), stream.flush(zmq.POLLIN, limit=0), len(got)]
    seen["flags"] = [stream.flush(zmq.POLLOUT), stream.flush(0), stream.flush(zmq.POLLERR)]
    seen["all"] = [stream.flush(zmq.POLLIN), plain(got)]
    stream.on_send(lambda message, status: sent.append(plain(message)))
    for i in range(5):
        stream.send(b"%d" % i)
    seen["sends, limit 4"] = [stream.flush(limit=4), list(sent), stream.sending()]
    seen["in only"] = [stream.flush(zmq.POLLIN), len(sent)]
    seen["out"] = [stream.flush(zmq.POLLOUT), list(sent), stream.sending()]
    drain(peer)
    sent.clear()
    got.clear()
    for i in range(3):
        stream.send(b"%d" % i)
        peer.send(b"%d" % i)
    seen["both"] = [stream.flush(), len(got), len(sent)]
    for i in range(3):
        peer.send(b"%d" % i)
    seen["one a time"] = [stream.flush(limit=1) for _ in range(2)]

    def fail(message: Any) -> None:
        raise ValueError

    stream.on_recv(fail)
    peer.send(b"")
    seen["an error"] = [b.attempt(stream.flush), REPORTS.take()]
    stream.close()
    seen["closed"] = b.attempt(stream.flush)
    return seen


async def flush_without_callback(b: Bench) -> Seen:
    stream, peer = b.stream()
    got: list[Any] = []
    for i in range(3):
        peer.send(b"%d" % i)
    seen: Seen = {"flushed": stream.flush()}
    stream.on_recv(got.append)
    await pause()
    seen["then"] = plain(got)
    return seen


async def inside_callbacks(b: Bench) -> Seen:
    stream, peer = b.stream()
    got: list[Any] = []
    seen: Seen = {}

    def first(message: Any) -> None:
        got.append(["first", plain(message)])
        stream.on_recv(second)

    def second(message: Any) -> None:
        got.append(["second", plain(message)])
        stream.stop_on_recv()

    stream.on_recv(first)
    for i in range(4):
        peer.send(b"%d" % i)
    await pause()
    seen["replaced, stopped"] = list(got)
    drain(stream.socket)
    got.clear()

    def flush(message: Any) -> None:
        got.append(["in", plain(message)])
        if len(got) == 1:
            got.append(stream.flush())
        got.append(["out", plain(message)])

    for i in range(3):
        peer.send(b"%d" % i)
    stream.on_recv(flush)
    await pause()
    seen["flush"] = list(got)
    stream.on_recv(stream.send_multipart)
    peer.send_multipart([b"echo", b"!"])
    seen["echo"] = [await until(lambda: peer.poll(0)), drain(peer)]
    log: list[Any] = []
    stream.set_close_callback(lambda: log.append("closed"))

    def close_on(message: Any) -> None:
        log.append(plain(message))
        stream.close()

    stream.on_recv(close_on)
    peer.send(b"1")
    peer.send(b"2")
    await pause()
    seen["close"] = [log, stream.closed()]
    return seen


async def several(b: Bench) -> Seen:
    got: list[Any] = []
    streams: list[Any] = []
    peers: list[zmq.Socket[bytes]] = []
    for _ in range(3):
        stream, peer = b.stream()
        stream.on_recv_stream(
            lambda one, message: got.append([streams.index(one), plain(message[0])])
        )
        streams.append(stream)
        peers.append(peer)
    for i in range(3):
        for peer in (peers[2], peers[0], peers[1]):
            peer.send(b"%d" % i)
    await until(lambda: len(got) == 9)
    return {"each in order": [[i for which, i in got if which == n] for n in range(3)]}
