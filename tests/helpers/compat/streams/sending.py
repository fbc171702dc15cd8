"""Scenarios: streams that send."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import zmq
from helpers.compat.streams.bench import REPORTS, Bench, Seen, drain, pause, plain, until
from zmq.eventloop.zmqstream import ZMQStream


async def sends(b: Bench) -> Seen:
    stream, peer = b.stream()
    got: list[Any] = []
    at_once = [stream.sending(), b.attempt(lambda: stream.send(b"1")), stream.sending()]
    stream.on_send(lambda message, status: got.append([plain(message), status]))
    before = list(got)
    await until(lambda: not stream.sending())
    message = [b"2", b"3"]
    same = []
    stream.on_send(lambda sent, status: same.append(sent is message))
    stream.send_multipart(message)
    await pause()
    stream.send_multipart((b"4", b"5"))
    await pause()
    return {
        "at once": at_once,
        "callback before the next turn": before,
        "callback": got,
        "the message itself": same,
        "not sending": stream.sending(),
        "received": drain(peer),
    }


async def kinds(b: Bench) -> Seen:
    stream, peer = b.stream()
    got: list[Any] = []
    stream.on_send(lambda message, status: got.append([plain(message), plain(status)]))
    stream.send(b"bytes")
    stream.send(bytearray(b"array"))
    stream.send(memoryview(b"view"))
    stream.send(zmq.Frame(b"frame"))
    stream.send(b"tracked", copy=False, track=True)
    stream.send_multipart([b"a", zmq.Frame(b"b"), bytearray(b"c")], copy=False)
    stream.send_string("é")
    stream.send_unicode("u", encoding="utf-16-le")
    stream.send_json({"a": [1, "é"]})
    stream.send_pyobj([1], protocol=2)
    stream.send(b"more", zmq.SNDMORE)
    stream.send(b"rest", flags=zmq.DONTWAIT)
    await pause()
    return {"callbacks": got, "received": drain(peer)}


async def json_arguments(b: Bench) -> Seen:
    stream, peer = b.stream()
    stream.send_json({"b": 1, "a": 2}, sort_keys=True)
    await pause()
    return {"received": [one for (one,) in drain(peer)]}


async def send_callbacks(b: Bench) -> Seen:
    stream, peer = b.stream()
    got: list[Any] = []

    def note(name: str) -> Callable[..., None]:
        return lambda *args: got.append([name, *(plain(a) for a in args[-2:-1])])

    stream.on_send(note("first"))
    stream.send(b"1")
    await pause()
    stream.send(b"2", callback=note("own"))
    await pause()
    stream.send(b"3")
    await pause()
    stream.send_string("4", callback=note("string"))
    stream.send_json(5, callback=note("json"))
    stream.send_multipart([b"6"], callback=note("parts"))
    await pause()
    stream.on_send_stream(lambda one, message, status: got.append([one is stream, plain(message)]))
    stream.send(b"7")
    await pause()
    stream.stop_on_send()
    stream.send(b"8")
    await pause()
    stream.on_send(note("again"))
    stream.on_send(None)
    stream.send(b"9")
    stream.on_send(note("late"))
    await pause()
    return {"callbacks": got, "received": drain(peer)}


async def send_waits(b: Bench) -> Seen:
    got: list[Any] = []
    stream = ZMQStream(b.socket(zmq.PUSH))
    stream.on_send(lambda message, status: got.append(plain(message)))
    stream.send(b"1")
    stream.send(b"2")
    await pause()
    seen: Seen = {
        "without a peer": [stream.sending(), list(got)],
        "flush": [stream.flush(), stream.flush(zmq.POLLOUT, limit=1)],
    }
    peer = b.socket(zmq.PULL)
    assert stream.socket is not None
    stream.socket.bind("inproc://waits")
    peer.connect("inproc://waits")
    seen["with a peer"] = [await until(lambda: not stream.sending()), got]
    seen["received"] = [peer.poll(1000), drain(peer)]
    return seen


async def request_reply(b: Bench) -> Seen:
    request, reply = b.pair(zmq.REQ, zmq.REP)
    asks, answers = ZMQStream(request), ZMQStream(reply)
    log: list[Any] = []
    asks.on_recv(lambda message: log.append(["got", plain(message)]))
    asks.on_send(lambda message, status: log.append(["sent", plain(message)]))
    answers.on_recv(answers.send_multipart)
    for i in range(3):
        asks.send(b"%d" % i)
    done = await until(lambda: len(log) == 6)
    return {"log": log, "done": done, "sending": asks.sending()}


async def send_errors(b: Bench) -> Seen:
    stream, _ = b.stream(zmq.ROUTER, zmq.DEALER)
    got: list[Any] = []
    seen: Seen = {}
    stream.send_multipart([b"nobody", b"dropped"])
    await pause()
    stream.socket.router_mandatory = 1
    stream.on_send(lambda message, status: got.append([plain(message), plain(status)]))
    stream.send_multipart([b"nobody", b"1"])
    stream.send_multipart([b"nobody", b"2"])
    await pause()
    seen["callback"] = got
    seen["sending"] = stream.sending()
    seen["reported"] = REPORTS.take()
    stream.on_send(None)
    stream.send_multipart([b"nobody", b"3"])
    await pause()
    seen["reported without a callback"] = REPORTS.take()
    return seen


async def wrong_messages(b: Bench) -> Seen:
    stream, peer = b.stream()
    seen: Seen = {}
    for source in ("'text'", "5", "None", "[b'a']"):
        seen[f"send({source})"] = b.attempt(lambda s=source: stream.send(eval(s)))  # type: ignore[misc]
    for source in ("['text']", "5"):
        seen[f"send_multipart({source})"] = b.attempt(
            lambda s=source: stream.send_multipart(eval(s))  # type: ignore[misc]
        )
    await pause(0.06)
    seen["reported"] = REPORTS.take()
    seen["send_string"] = b.attempt(lambda: stream.send_string(b"x"))
    seen["send_json"] = b.attempt(lambda: stream.send_json(object()))
    seen["send_pyobj"] = b.attempt(lambda: stream.send_pyobj(lambda: 0)) in (
        "PicklingError",
        "AttributeError",
    )
    await pause()
    seen["sending"] = stream.sending()
    seen["received"] = drain(peer)
    return seen


async def behind_wrong_messages(b: Bench) -> Seen:
    stream, peer = b.stream()
    got: list[Any] = []
    stream.on_send(lambda message, status: got.append([plain(message), plain(status)]))
    parts: tuple[Any, ...] = (b"1", "text", b"2", {}, b"3")
    for part in parts:
        stream.send_multipart([b"to", part])
    seen: Seen = {"at once": [stream.sending(), REPORTS.take()]}
    await pause(0.06)
    seen["reported"] = REPORTS.take()
    seen["later"] = [stream.sending(), list(got), drain(peer)]
    stream.send_multipart([])
    seen["of nothing"] = [stream.sending(), REPORTS.take()]
    await pause()
    seen["of nothing, later"] = [stream.sending(), REPORTS.take()]
    stream.send(b"", flags="none")
    stream.send(b"unknown", argument=1)
    await pause()
    seen["arguments"] = [REPORTS.take(), drain(peer)]
    return seen


async def flushed_wrong_messages(b: Bench) -> Seen:
    stream, peer = b.stream()
    got: list[Any] = []
    stream.on_send(lambda message, status: got.append(plain(message)))
    for part in (b"1", "text", b"2"):
        stream.send(part)
    seen: Seen = {"flush": b.attempt(lambda: stream.flush(zmq.POLLOUT))}
    seen["then"] = [list(got), stream.sending(), REPORTS.take()]
    await pause()
    seen["later"] = [got, stream.sending(), REPORTS.take(), drain(peer)]
    return seen


async def sockets_that_cannot_send(b: Bench) -> Seen:
    stream, peer = b.stream(zmq.SUB, zmq.PUB)
    stream.socket.subscribe(b"")
    got: list[Any] = []

    def answer(message: Any) -> None:
        stream.send_multipart(message)
        got.append(plain(message))

    stream.on_recv(answer)
    await pause()
    for text in (b"1", b"2"):
        peer.send(text)
        await pause()
    return {"went on": got, "closed": stream.closed(), "receiving": stream.receiving()}


async def wrong_callbacks(b: Bench) -> Seen:
    stream, _ = b.stream()
    seen: Seen = {
        "on_recv(5)": b.attempt(lambda: stream.on_recv(5)),
        "on_send(5)": b.attempt(lambda: stream.on_send(5)),
        "send(callback=5)": b.attempt(lambda: stream.send(b"", callback=5)),
    }
    other, _ = b.stream()
    seen["set_close_callback(5)"] = b.attempt(lambda: other.set_close_callback(5))
    seen["no argument"] = [b.attempt(stream.on_recv), b.attempt(stream.send)]
    no_socket: Any = 5
    error = b.attempt(lambda: ZMQStream(no_socket))
    seen["a stream of 5"] = error in ("AttributeError", "TypeError")
    closed = b.socket(zmq.PULL)
    closed.close()
    seen["of a closed socket"] = b.attempt(lambda: ZMQStream(closed))
    seen["on_err"] = [b.attempt(lambda: stream.on_err(print)), b.attempt(stream.stop_on_err)]
    return seen
