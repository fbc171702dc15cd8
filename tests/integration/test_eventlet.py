"""zmq.eventlet, and eventlet's own module on top of this package.

Scenarios of all fronts are in tests/fronts, whole programs in test_green_programs.py.
"""

from __future__ import annotations

import inspect
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import zmq
import zmq.core.context
import zmq.core.socket
from helpers.processes import run_python
from helpers.sockets import connected

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # eventlet announces its own end
    import eventlet
    import eventlet.hubs
    from eventlet.green import zmq as shipped

    from zmq import eventlet as green

DEADLINE_S = 20


@pytest.fixture(autouse=True)
def deadline() -> Iterator[None]:
    with eventlet.Timeout(DEADLINE_S, AssertionError("a green thread waits for ever")):
        yield


@pytest.fixture
def socket() -> Iterator[Callable[..., Any]]:
    """Makes sockets that are closed at the end."""
    context = green.Context()
    made: list[Any] = []

    def make(socket_type: int, socket_class: Any = None) -> Any:
        made.append(context.socket(socket_type, socket_class))
        return made[-1]

    yield make
    for one in made:
        one.close(0)
    context.term()


@pytest.fixture
def pair(socket: Any) -> Callable[..., tuple[Any, Any]]:
    def make(first: int = zmq.PAIR, second: int = zmq.PAIR, transport: str = "inproc") -> Any:
        return connected(socket(first), socket(second), transport)

    return make


def waiting(*functions: Callable[..., Any]) -> list[Any]:
    """Green threads that have come to where they wait."""
    spawned = [eventlet.spawn(function) for function in functions]
    eventlet.sleep(0)
    eventlet.sleep(0)
    return spawned


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


# ---- nothing blocks the hub ----


@pytest.fixture
def turns() -> Iterator[list[int]]:
    """Grows while the hub is free."""
    counted: list[int] = []

    def count() -> None:
        while True:
            counted.append(1)
            eventlet.sleep(0.001)

    thread = eventlet.spawn(count)
    yield counted
    thread.kill()


def poller_of(socket: Any) -> Any:
    poller = green.Poller()
    poller.register(socket, zmq.POLLIN)
    return poller


WAITS: dict[str, Callable[[Any], Any]] = {
    "recv": lambda s: s.recv(),
    "recv_multipart": lambda s: s.recv_multipart(),
    "recv_string": lambda s: s.recv_string(),
    "recv_json": lambda s: s.recv_json(),
    "recv_into": lambda s: s.recv_into(bytearray(3)),
    "recv_many": lambda s: s.recv_many(),
    "Socket.poll": lambda s: s.poll(),
    "Poller.poll": lambda s: poller_of(s).poll(),
}
RESULTS = {
    "recv": b"123",
    "recv_multipart": [b"123"],
    "recv_string": "123",
    "recv_json": 123,
    "recv_into": 3,
    "recv_many": [b"123"],
    "Socket.poll": zmq.POLLIN,
}


@pytest.mark.parametrize("name", WAITS)
def test_others_run_while_one_waits(pair: Any, turns: list[int], name: str) -> None:
    a, b = pair(transport="tcp")
    (thread,) = waiting(lambda: WAITS[name](b))
    eventlet.sleep(0.01)
    assert not thread.dead
    assert len(turns) > 1
    a.send(b"123")
    assert thread.wait() == RESULTS.get(name, [(b, zmq.POLLIN)])
    if "poll" in name:
        assert b.recv() == b"123"


@pytest.mark.parametrize("name", [name for name in WAITS if name.startswith("recv")])
@pytest.mark.parametrize("timeout_ms", [0, 5])
def test_rcvtimeo(pair: Any, name: str, timeout_ms: int) -> None:
    a, b = pair()
    b.rcvtimeo = timeout_ms
    with pytest.raises(zmq.Again):
        WAITS[name](b)
    a.send(b"123")
    assert WAITS[name](b) == RESULTS[name]


@pytest.mark.parametrize("timeout_ms", [0, 5])
def test_sndtimeo(socket: Any, timeout_ms: int) -> None:
    push = socket(zmq.PUSH)
    push.sndtimeo = timeout_ms
    with pytest.raises(zmq.Again):
        push.send(b"x")
    with pytest.raises(zmq.Again):
        push.send_multipart([b"x", b"y"])


def test_time_of_polls(pair: Any, turns: list[int]) -> None:
    _, b = pair()
    assert b.poll(5) == 0
    assert poller_of(b).poll(5) == []
    assert b.poll(0) == 0
    assert poller_of(b).poll(0) == []
    assert len(turns) > 1


@pytest.mark.parametrize("transport", ["inproc", "tcp"])
@pytest.mark.parametrize("name", [name for name in WAITS if name.startswith("recv")])
def test_timeout_around_the_arrival(pair: Any, name: str, transport: str) -> None:
    """eventlet.Timeout, a little before, in the middle of, and after the arrival."""
    a, b = pair(transport=transport)
    for n in range(60):
        got: list[Any] = []

        def receive(n: int = n, got: list[Any] = got) -> None:
            with eventlet.Timeout(0.00005 * (n % 20), False):
                got.append(WAITS[name](b))

        (thread,) = waiting(receive)
        a.send(b"123")
        thread.wait()
        assert got in ([RESULTS[name]], [])
        assert got or b.recv() == b"123"
        assert b.poll(0) == 0


@pytest.mark.parametrize("consume", ["EVENTS", "send", "poll"])
def test_a_raw_call_takes_no_wake_up(pair: Any, consume: str) -> None:
    a, b = pair(transport="tcp")
    raw = zmq.Socket.shadow(b.underlying)
    for _ in range(20):
        (thread,) = waiting(b.recv)
        zmq.Socket.shadow(a.underlying).send(b"x")
        deadline = time.monotonic() + 5
        while not raw.get(zmq.EVENTS) & zmq.POLLIN:
            assert time.monotonic() < deadline
            if consume == "send":
                raw.send(b"")
            elif consume == "poll":
                raw.poll(0)
        assert thread.wait() == b"x"


def test_a_green_thread_that_dies_holds_nobody_up(pair: Any, capfd: Any) -> None:
    a, b = pair()

    def die() -> None:
        b.recv()
        raise ValueError("of this green thread alone")

    waiting(die)
    threads = waiting(b.recv, b.recv)
    a.send_many([b"1", b"2", b"3"])
    assert [thread.wait() for thread in threads] == [b"2", b"3"]
    (again,) = waiting(b.recv)  # the hub listens still
    a.send(b"4")
    assert again.wait() == b"4"
    assert "of this green thread alone" in capfd.readouterr().err


def test_the_end_of_a_context_waits_for_other_green_threads() -> None:
    context = green.Context()
    socket = context.socket(zmq.PULL)
    receiver, ending = waiting(socket.recv, context.term)
    with pytest.raises(zmq.ContextTerminated):
        receiver.wait()
    eventlet.sleep(0.01)
    assert not ending.dead
    socket.close()
    ending.wait()
    assert context.closed


def test_a_subclass_that_replaces_send_and_recv(socket: Any) -> None:
    calls: list[str] = []

    class Own(green.Socket):  # type: ignore[misc]
        def send(self, *args: Any, **kwargs: Any) -> Any:
            calls.append("send")
            return super().send(*args, **kwargs)

        def recv(self, *args: Any, **kwargs: Any) -> Any:
            calls.append("recv")
            return super().recv(*args, **kwargs)

    a, b = socket(zmq.PAIR, Own), socket(zmq.PAIR, Own)
    a.bind("inproc://own")
    b.connect("inproc://own")
    (thread,) = waiting(b.recv_multipart)
    a.send_multipart([b"1", b"2"])
    assert thread.wait() == [b"1", b"2"]
    assert sorted(calls) == ["recv", "recv", "send", "send"]


# ---- the module that comes with eventlet ----


@pytest.fixture
def theirs() -> Iterator[Callable[..., Any]]:
    """Makes sockets of eventlet's own module."""
    context = shipped.Context()
    made: list[Any] = []

    def make(socket_type: int) -> Any:
        made.append(context.socket(socket_type))
        made[-1].setsockopt(zmq.LINGER, 0)
        return made[-1]

    yield make
    for one in made:
        one.close()
    context.term()


def shipped_pair(theirs: Any, first: int, second: int) -> tuple[Any, Any]:
    a, b = theirs(first), theirs(second)
    b.connect(f"tcp://127.0.0.1:{a.bind_to_random_port('tcp://127.0.0.1')}")
    return a, b


def test_shipped_is_eventlets_own() -> None:
    assert shipped.__file__ != green.__file__
    assert issubclass(shipped.Socket, zmq.Socket)
    assert not issubclass(shipped.Socket, green.Socket)
    for name in zmq.constants.__all__:
        assert getattr(shipped, name) is getattr(zmq, name)
    assert shipped.Poller is zmq.Poller


def test_shipped_request_and_reply(theirs: Any, turns: list[int]) -> None:
    rep, req = shipped_pair(theirs, zmq.REP, zmq.REQ)

    def serve() -> None:
        for _ in range(20):
            rep.send_json(rep.recv_json())

    server = eventlet.spawn(serve)
    for n in range(20):
        req.send_json({"n": n})
        assert req.recv_json() == {"n": n}
    server.wait()
    eventlet.sleep(0.01)
    assert len(turns) > 1


def test_shipped_multipart_and_objects(theirs: Any) -> None:
    a, b = shipped_pair(theirs, zmq.PAIR, zmq.PAIR)
    for send, receive, value in (
        (a.send_multipart, b.recv_multipart, [b"1", b"", b"3"]),
        (a.send_string, b.recv_string, "Ø"),
        (a.send_pyobj, b.recv_pyobj, {"key": [1]}),
        (a.send, b.recv, b"bytes"),
    ):
        (thread,) = waiting(receive)
        send(value)
        assert thread.wait() == value


def test_shipped_many_receivers_in_order(theirs: Any) -> None:
    push, pull = shipped_pair(theirs, zmq.PUSH, zmq.PULL)
    got: list[tuple[int, bytes]] = []
    threads = waiting(*(lambda n=n: got.append((n, pull.recv())) for n in range(10)))
    for n in range(10):
        push.send(b"%d" % n)
    for thread in threads:
        thread.wait()
    assert got == [(n, b"%d" % n) for n in range(10)]


def test_shipped_flood_in_both_directions(theirs: Any) -> None:
    a, b = shipped_pair(theirs, zmq.DEALER, zmq.DEALER)
    count = 3000

    def send(socket: Any) -> None:
        for n in range(count):
            socket.send(b"%d" % n)

    def receive(socket: Any) -> list[int]:
        return [int(socket.recv()) for _ in range(count)]

    receivers = [eventlet.spawn(receive, socket) for socket in (a, b)]
    senders = [eventlet.spawn(send, socket) for socket in (a, b)]
    for thread in receivers:
        assert thread.wait() == list(range(count))
    for thread in senders:
        thread.wait()


def test_shipped_publish_and_subscribe(theirs: Any) -> None:
    pub, sub = shipped_pair(theirs, zmq.PUB, zmq.SUB)
    sub.setsockopt(zmq.SUBSCRIBE, b"a")
    (thread,) = waiting(sub.recv)
    while not thread.dead:
        pub.send(b"b")
        pub.send(b"a")
        eventlet.sleep(0.001)
    assert thread.wait() == b"a"


def test_shipped_kill_and_timeout(theirs: Any) -> None:
    a, b = shipped_pair(theirs, zmq.PAIR, zmq.PAIR)
    (thread,) = waiting(b.recv)
    thread.kill()
    with eventlet.Timeout(0.01, False):
        b.recv()
        pytest.fail("it did not wait")
    a.send(b"x")
    assert b.recv() == b"x"
    with pytest.raises(zmq.Again):
        b.recv(zmq.NOBLOCK)
    b.setsockopt(zmq.RCVTIMEO, 5)
    with pytest.raises(zmq.Again):
        b.recv()


def test_shipped_close_while_one_waits(theirs: Any) -> None:
    (thread,) = waiting((socket := theirs(zmq.PULL)).recv)
    socket.close()
    with pytest.raises(zmq.ZMQError) as raised:
        thread.wait()
    assert raised.value.errno == zmq.ENOTSOCK


def test_shipped_speaks_with_ours(theirs: Any, socket: Any) -> None:
    rep, req = theirs(zmq.REP), socket(zmq.REQ)
    req.connect(f"tcp://127.0.0.1:{rep.bind_to_random_port('tcp://127.0.0.1')}")
    (thread,) = waiting(lambda: rep.send(rep.recv()))
    req.send(b"x")
    assert req.recv() == b"x"
    thread.wait()


def test_shipped_is_left_alone() -> None:
    """Nothing here has put itself in its place."""
    assert sys.modules["eventlet.green.zmq"] is shipped
