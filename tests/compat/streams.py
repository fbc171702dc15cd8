"""What a program sees of ZMQStream, on whichever `zmq` its interpreter has.

Reads names of scenarios, one a line. Answers with one JSON line each: a dictionary of what was
seen. Errors are named by their class, because texts may differ.
"""

from __future__ import annotations

import asyncio
import json
import logging
import sys
import threading
import warnings
from collections.abc import Awaitable, Callable
from typing import Any

from tornado import gen
from tornado.ioloop import IOLoop

import zmq
from zmq.eventloop.zmqstream import ZMQStream

SCENARIO_S = 6.0
PATIENCE_S = 3.0

Seen = dict[str, Any]


class Reports(logging.Handler):
    """Collects what goes to the logs of Tornado and to the loop's exception handler."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: set[str] = set()
        for name in ("tornado.general", "tornado.application", "asyncio"):
            logger = logging.getLogger(name)
            logger.addHandler(self)
            logger.propagate = False

    def emit(self, record: logging.LogRecord) -> None:
        if record.levelno >= logging.ERROR:
            error = record.exc_info[1] if record.exc_info else None
            self.seen.add(type(error).__name__ if error else "words")

    def take(self) -> list[str]:
        seen, self.seen = sorted(self.seen), set()
        return seen


REPORTS = Reports()


class Bench:
    """Sockets and streams of one scenario, all closed at its end."""

    def __init__(self) -> None:
        self.context = zmq.Context()
        self.count = 0
        self.seen: Seen = {}

    def socket(self, kind: int, **options: Any) -> Any:
        socket = self.context.socket(kind)
        socket.linger = 0
        for name, value in options.items():
            setattr(socket, name, value)
        return socket

    def pair(self, first: int = zmq.PAIR, second: int = zmq.PAIR, **options: Any) -> Any:
        a, b = self.socket(first, **options), self.socket(second, **options)
        self.count += 1
        a.bind(f"inproc://pair-{self.count}")
        b.connect(f"inproc://pair-{self.count}")
        return a, b

    def stream(self, first: int = zmq.PAIR, second: int = zmq.PAIR, **options: Any) -> Any:
        a, b = self.pair(first, second, **options)
        return ZMQStream(a), b

    def attempt(self, call: Callable[[], Any]) -> Any:
        """What a call returns, or the class of its error."""
        try:
            return plain(call())
        except Exception as error:
            return type(error).__name__


def plain(value: Any) -> Any:
    """Something that JSON can hold."""
    if isinstance(value, (bytes, bytearray, memoryview, zmq.Frame)):
        return bytes(value).decode("latin-1")
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if value is None or isinstance(value, (bool, int, str)):
        return value
    return type(value).__name__


def drain(socket: Any) -> list[Any]:
    got = []
    while socket.poll(0):
        got.append(plain(socket.recv_multipart()))
    return got


async def pause(seconds: float = 0.03) -> None:
    """Long enough for whatever is going to happen."""
    await asyncio.sleep(seconds)


async def until(condition: Callable[[], Any]) -> bool:
    for _ in range(int(PATIENCE_S / 0.005)):
        if condition():
            return True
        await asyncio.sleep(0.005)
    return False


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
    seen["a stream of 5"] = b.attempt(lambda: ZMQStream(5)) in ("AttributeError", "TypeError")
    closed = b.socket(zmq.PULL)
    closed.close()
    seen["of a closed socket"] = b.attempt(lambda: ZMQStream(closed))
    seen["on_err"] = [b.attempt(lambda: stream.on_err(print)), b.attempt(stream.stop_on_err)]
    return seen


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
    other.on_send(lambda message, status: {}[0])
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
    stream.on_recv(lambda message: (log.append(plain(message)), stream.close()))
    peer.send(b"1")
    peer.send(b"2")
    await pause()
    seen["close"] = [log, stream.closed()]
    return seen


async def several(b: Bench) -> Seen:
    got: list[Any] = []
    streams, peers = [], []
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
    stream.set_close_callback(lambda: {}[0])
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


SCENARIOS: dict[str, Callable[[Bench], Awaitable[Seen] | Seen]] = {
    scenario.__name__: scenario
    for scenario in (
        sends, kinds, json_arguments, send_callbacks, send_waits, request_reply, send_errors,
        wrong_messages, wrong_callbacks, receives, frames, callback_errors, coroutines, flushes,
        flush_without_callback, inside_callbacks, several, closing, closed_from_outside,
        attributes, asynchronous_sockets, loops, closed_loops,
    )
}  # fmt: skip


def run(name: str) -> Seen:
    bench = Bench()
    scenario = SCENARIOS[name]

    async def bounded() -> Seen:
        seen = scenario(bench)
        assert not isinstance(seen, dict)
        return await asyncio.wait_for(seen, SCENARIO_S)

    try:
        if asyncio.iscoroutinefunction(scenario):
            return asyncio.run(bounded())
        seen = scenario(bench)
        assert isinstance(seen, dict)
        return seen
    finally:
        REPORTS.take()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            bench.context.destroy(linger=0)


def main() -> None:
    warnings.simplefilter("ignore", ResourceWarning)
    for line in sys.stdin:
        print(json.dumps(run(line.strip())), flush=True)


if __name__ == "__main__":
    main()
