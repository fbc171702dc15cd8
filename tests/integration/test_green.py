"""zmq.green: what gevent has that other loops have not. Scenarios of all fronts: tests/fronts."""

from __future__ import annotations

import copy
import errno
import gc
import pickle
import time
from collections.abc import Callable, Iterator
from typing import Any

import gevent
import gevent.event
import greenlet
import pytest

import zmq
import zmq.green
from helpers.processes import run_python
from helpers.sockets import connected
from zmq.utils.monitor import recv_monitor_message

DEADLINE_S = 20


@pytest.fixture(autouse=True)
def hub() -> Iterator[Any]:
    """A hub of this test's own, and an end to it."""
    with gevent.Timeout(DEADLINE_S, AssertionError("a greenlet waits for ever")):
        yield gevent.get_hub()
    gevent.get_hub().destroy(destroy_loop=True)


@pytest.fixture
def context() -> Iterator[zmq.Context]:
    context = zmq.green.Context()
    yield context
    context.destroy(linger=0)


@pytest.fixture
def socket(context: zmq.Context) -> Iterator[Callable[..., Any]]:
    """Makes sockets that are closed at the end."""
    made: list[Any] = []

    def make(socket_type: int, socket_class: Any = None) -> Any:
        made.append(context.socket(socket_type, socket_class))
        return made[-1]

    yield make
    for one in made:
        one.close(0)


@pytest.fixture
def pair(socket: Callable[..., Any]) -> Callable[..., tuple[Any, Any]]:
    def make(first: int = zmq.PAIR, second: int = zmq.PAIR, transport: str = "inproc") -> Any:
        return connected(socket(first), socket(second), transport)

    return make


def waiting(*functions: Callable[..., Any]) -> list[Any]:
    """Greenlets that have come to where they wait."""
    spawned = [gevent.spawn(function) for function in functions]
    gevent.sleep(0)
    gevent.sleep(0)
    return spawned


# ---- names ----


def test_everything_else_is_as_in_zmq() -> None:
    own = {"Context", "Socket", "Poller", "device"}
    for name in set(zmq.__all__) - own:
        assert getattr(zmq.green, name) is getattr(zmq, name), name
    for name in own - {"device"}:
        assert issubclass(getattr(zmq.green, name), getattr(zmq, name))
        assert getattr(zmq.green, name) is not getattr(zmq, name)
    assert set(zmq.green.__all__) == set(zmq.__all__)


def test_kinds_of_contexts_and_sockets(socket: Any) -> None:
    pull = socket(zmq.PULL)
    assert type(pull) is zmq.green.Socket
    with pull.get_monitor_socket() as monitor:
        assert type(monitor) is zmq.green.Socket
    pull.disable_monitor()
    assert zmq.green.Context.instance() is zmq.green.Context.instance()
    assert zmq.green.Context.instance() is not zmq.Context.instance()
    for second in (zmq.green.Socket(pull), zmq.green.Socket.shadow(pull), copy.copy(pull)):
        assert type(second) is zmq.green.Socket
        assert second.underlying == pull.underlying
    with pytest.raises(TypeError):
        pickle.dumps(pull)
    zmq.green.Context.instance().term()


def test_code_as_normal() -> None:
    """A program for zmq, below the one line that is different."""
    lines = run_python(
        """
        import gevent
        import zmq.green as zmq

        def server():
            socket = context.socket(zmq.REP)
            socket.bind("inproc://hello")
            for _ in range(3):
                message = socket.recv()
                print("Received", message.decode())
                socket.send(b"World")
            socket.close()

        def client():
            socket = context.socket(zmq.REQ)
            socket.connect("inproc://hello")
            for n in range(3):
                socket.send_string(f"Hello {n}")
                socket.recv()
            socket.close()

        context = zmq.Context()
        gevent.joinall([gevent.spawn(server), gevent.spawn(client)], raise_error=True)
        context.term()
        """
    )
    assert lines == ["Received Hello 0", "Received Hello 1", "Received Hello 2"]


# ---- time ----

RECEIVES: dict[str, Callable[[Any], Any]] = {
    "recv": lambda s: s.recv(),
    "recv_multipart": lambda s: s.recv_multipart(),
    "recv_string": lambda s: s.recv_string(),
    "recv_into": lambda s: s.recv_into(bytearray(3)),
    "recv_many": lambda s: s.recv_many(),
}


@pytest.mark.parametrize("timeout_ms", [0, 5])
@pytest.mark.parametrize("name", RECEIVES)
def test_rcvtimeo(pair: Any, name: str, timeout_ms: int) -> None:
    a, b = pair()
    b.rcvtimeo = timeout_ms
    with pytest.raises(zmq.Again):
        RECEIVES[name](b)
    a.send(b"abc")
    assert RECEIVES[name](b) in (b"abc", [b"abc"], "abc", 3)


@pytest.mark.parametrize("timeout_ms", [0, 5])
def test_sndtimeo(socket: Any, timeout_ms: int) -> None:
    push = socket(zmq.PUSH)
    push.sndtimeo = timeout_ms
    for send in (push.send, push.send_string, lambda m: push.send_multipart([m])):
        with pytest.raises(zmq.Again):
            send("x" if send == push.send_string else b"x")


def test_what_came_while_the_hub_was_busy_counts(pair: Any) -> None:
    """The time is over before the hub looks at anything: the message is there all the same."""
    a, b = pair()
    b.rcvtimeo = 5
    for _ in range(5):
        (receiver,) = waiting(b.recv)
        time.sleep(0.02)
        a.send(b"x")
        assert receiver.get() == b"x"


@pytest.mark.parametrize("name", RECEIVES)
def test_gevent_timeout(pair: Any, name: str) -> None:
    a, b = pair()
    with gevent.Timeout(0.01, False):
        RECEIVES[name](b)
        pytest.fail("it did not wait")
    poller = zmq.green.Poller()
    poller.register(b)
    for poll in (lambda: b.poll(), lambda: poller.poll()):
        poller.modify(b, zmq.POLLIN)
        with gevent.Timeout(0.01, False):
            poll()
            pytest.fail("it did not wait")
    a.send(b"abc")
    assert b.recv() == b"abc"


@pytest.mark.parametrize("transport", ["inproc", "tcp"])
@pytest.mark.parametrize("name", RECEIVES)
def test_timeout_around_the_arrival(pair: Any, name: str, transport: str) -> None:
    """The receiver runs out of time a little before, in the middle of, and after the arrival."""
    a, b = pair(transport=transport)
    for n in range(60):
        got: list[Any] = []

        def receive(n: int = n, got: list[Any] = got) -> None:
            with gevent.Timeout(0.00005 * (n % 20), False):
                got.append(RECEIVES[name](b))

        (receiver,) = waiting(receive)
        a.send(b"abc")
        receiver.get()
        if not got:
            got.append(b.recv())
        assert got[0] in (b"abc", [b"abc"], "abc", 3)
        assert b.poll(0) == 0


@pytest.mark.parametrize("name", RECEIVES)
def test_thrown_into_in_every_turn(pair: Any, name: str) -> None:
    """Another greenlet throws without the hub: also between the engine and the receiver."""
    a, b = pair()
    for turns in range(4):
        got: list[Any] = []
        first: list[Any] = []

        def receive(got: list[Any] = got) -> None:
            got.append(RECEIVES[name](b))

        raw = greenlet.greenlet(receive, gevent.get_hub())

        def throw(first: list[Any] = first, raw: Any = raw, turns: int = turns) -> None:
            first.append(b.recv())
            for _ in range(turns):
                gevent.sleep(0)
            raw.parent = greenlet.getcurrent()  # where it goes when it has ended
            raw.throw()

        (thrower,) = waiting(throw)
        gevent.spawn(raw.switch)
        gevent.sleep(0)
        gevent.sleep(0)
        a.send_many([b"1__", b"2__"])
        thrower.get()
        assert raw.dead
        assert first == [b"1__"]
        if not got:
            got.append(b.recv())
        assert got[0] in (b"2__", [b"2__"], "2__", 3)
        assert b.poll(0) == 0


# ---- waking ----


def test_served_in_order(pair: Any) -> None:
    a, b = pair()
    woken: list[tuple[int, bytes]] = []
    receivers = waiting(*(lambda n=n: woken.append((n, b.recv())) for n in range(20)))
    a.send_many([b"%d" % n for n in range(20)])
    gevent.joinall(receivers, raise_error=True)
    assert woken == [(n, b"%d" % n) for n in range(20)]


def test_sends_and_receives_wait_apart(socket: Any) -> None:
    """A sender that cannot go on does not hold up who receives from the same socket."""
    dealer, router = socket(zmq.DEALER), socket(zmq.ROUTER)
    dealer.sndhwm = router.rcvhwm = 1
    router.bind("inproc://apart")
    dealer.routing_id = b"d"
    dealer.connect("inproc://apart")
    full = 0
    while dealer.poll(0, zmq.POLLOUT):
        dealer.send(b"filler")
        full += 1
    sender, receiver = waiting(lambda: dealer.send(b"last"), dealer.recv)
    router.send_multipart([b"d", b"answer"])
    assert receiver.get() == b"answer"
    assert not sender.ready()
    for _ in range(full):
        assert router.recv_multipart() == [b"d", b"filler"]
    sender.get()
    assert router.recv_multipart() == [b"d", b"last"]


def test_a_stray_switch_wakes_nobody(pair: Any) -> None:
    a, b = pair()
    (receiver,) = waiting(b.recv)
    for _ in range(3):
        gevent.get_hub().loop.run_callback(receiver.switch, "stray")
        gevent.sleep(0.001)
    assert not receiver.ready()
    a.send(b"x")
    assert receiver.get() == b"x"


def test_a_greenlet_that_dies_holds_nobody_up(pair: Any, capfd: Any) -> None:
    """Its parent is the hub, which reports the error; those behind it get their messages."""
    a, b = pair()

    def die() -> None:
        b.recv()
        raise ValueError("of this greenlet alone")

    gevent.get_hub().loop.run_callback(greenlet.greenlet(die, gevent.get_hub()).switch)
    gevent.sleep(0)
    receivers = waiting(b.recv, b.recv)
    a.send_many([b"1", b"2", b"3"])
    gevent.joinall(receivers, raise_error=True)
    assert [receiver.value for receiver in receivers] == [b"2", b"3"]
    (again,) = waiting(b.recv)
    a.send(b"4")
    assert again.get() == b"4"
    assert "of this greenlet alone" in capfd.readouterr().err


@pytest.mark.parametrize("consume", ["EVENTS", "send", "poll"])
def test_a_raw_call_takes_no_wake_up(pair: Any, consume: str) -> None:
    """The edge of ZMQ_FD is gone when the hub comes to look; the greenlet is woken all the same."""
    a, b = pair(transport="tcp")
    raw = zmq.Socket.shadow(b.underlying)
    for _ in range(20):
        (receiver,) = waiting(b.recv)
        zmq.Socket.shadow(a.underlying).send(b"x")
        deadline = time.monotonic() + 5
        while not raw.get(zmq.EVENTS) & zmq.POLLIN:
            assert time.monotonic() < deadline
            if consume == "send":
                raw.send(b"")
            elif consume == "poll":
                raw.poll(0)
        assert receiver.get() == b"x"


def test_the_hub_is_held_only_while_somebody_waits() -> None:
    """A socket that nobody waits for keeps no hub; a deadlock is reported as one."""
    lines = run_python(
        """
        import gevent
        import zmq.green as zmq
        from gevent.event import Event

        context = zmq.Context()
        a, b = context.socket(zmq.PAIR), context.socket(zmq.PAIR)
        a.bind("tcp://127.0.0.1:*")
        b.connect(a.last_endpoint.decode())
        print(gevent.wait())
        receiver = gevent.spawn(b.recv)
        print(gevent.wait(timeout=0.01))
        a.send(b"x")
        print(gevent.wait(), receiver.value)
        try:
            Event().wait()
        except gevent.exceptions.LoopExit:
            print("would wait for ever")
        context.destroy()
        """
    )
    assert lines == ["True", "False", "True b'x'", "would wait for ever"]


def test_not_in_the_hub_itself(pair: Any) -> None:
    """A callback of the hub may do what need not wait; what would wait says that it cannot."""
    a, b = pair()
    results: list[Any] = []

    def call() -> None:
        for _ in range(2):
            try:
                results.append(b.recv())
            except BaseException as error:
                results.append(type(error).__name__)

    a.send(b"1")
    gevent.get_hub().loop.run_callback(call)
    gevent.sleep(0.001)
    assert results == [b"1", "BlockingSwitchOutError"]
    a.send(b"2")
    assert b.recv() == b"2", "it has left something in the queue"


def test_others_have_their_turn_while_a_poller_is_always_ready(pair: Any) -> None:
    """Even where the program receives without waiting, which gives nobody a turn."""
    a, b = pair()
    poller = zmq.green.Poller()
    poller.register(b, zmq.POLLIN)
    turns: list[int] = []

    def other() -> None:
        while len(turns) < 5:
            turns.append(1)
            gevent.sleep(0)

    counting = gevent.spawn(other)
    polls = 0
    while not counting.ready():
        zmq.Socket.shadow(a.underlying).send(b"x")
        assert poller.poll() == [(b, zmq.POLLIN)]
        assert zmq.Socket.shadow(b.underlying).recv(zmq.DONTWAIT) == b"x"
        polls += 1
        assert polls < 1000


def test_a_timeout_does_not_hide_a_send(pair: Any) -> None:
    """A sender gives way before it sends: when it runs out of time, it has not sent."""
    a, b = pair(zmq.PUSH, zmq.PULL)
    zmq.set_fairness(messages=1, ms=0)
    try:
        sent = 0
        for _ in range(50):
            with gevent.Timeout(0, False):
                for _ in range(3):
                    a.send(b"x")
                    sent += 1
        assert len(zmq.Socket.shadow(b.underlying).recv_many(1000)) == sent
    finally:
        zmq.set_fairness()


# ---- programs that replace send and recv ----


def test_a_subclass_that_replaces_send_and_recv(socket: Any) -> None:
    calls: list[str] = []

    class Own(zmq.green.Socket):  # type: ignore[misc]
        def send(self, *args: Any, **kwargs: Any) -> Any:
            calls.append("send")
            return super().send(*args, **kwargs)

        def recv(self, *args: Any, **kwargs: Any) -> Any:
            calls.append("recv")
            return super().recv(*args, **kwargs)

    a, b = socket(zmq.PAIR, Own), socket(zmq.PAIR, Own)
    a.bind("inproc://own")
    b.connect("inproc://own")
    for send, receive, through in (
        (lambda: a.send_multipart([b"1", b"2"]), b.recv_multipart, 2),
        (lambda: a.send_string("1"), b.recv_string, 1),
        (lambda: a.send_json(1), b.recv_json, 1),
        (lambda: a.send_pyobj(1), b.recv_pyobj, 1),
        (lambda: a.send_many([b"1", b"2"]), lambda: b.recv_many(2), 2),
    ):
        calls.clear()
        (receiver,) = waiting(receive)
        send()
        receiver.get()
        assert calls.count("send") == through
        assert calls.count("recv") >= through


def test_an_object_with_its_own_recv(pair: Any) -> None:
    a, b = pair()
    b.recv = lambda *args, **kwargs: zmq.green.Socket.recv(b, *args, **kwargs).upper()
    a.send_multipart([b"a", b"b"])
    assert b.recv_multipart() == [b"A", b"B"]


# ---- monitors, devices, the end ----


def test_monitor(socket: Any) -> None:
    pull = socket(zmq.PULL)
    with pull.get_monitor_socket() as monitor:
        (event,) = waiting(lambda: recv_monitor_message(monitor))
        pull.bind("tcp://127.0.0.1:*")
        assert event.get()["event"] == zmq.EVENT_LISTENING
        pull.disable_monitor()


@pytest.fixture
def service(socket: Any) -> Iterator[tuple[Any, Any, Any, Any]]:
    """A device between a client and a worker: (device, client, worker, its two sockets)."""
    front, back = socket(zmq.ROUTER), socket(zmq.DEALER)
    client, worker = socket(zmq.DEALER), socket(zmq.DEALER)
    front.bind("inproc://front")
    back.bind("inproc://back")
    client.connect("inproc://front")
    worker.connect("inproc://back")
    device = gevent.spawn(zmq.green.device, zmq.QUEUE, front, back)
    yield device, client, worker, (front, back)
    device.kill()


def test_device(service: Any) -> None:
    _device, client, worker, _sockets = service
    for n in range(10):
        client.send_multipart([b"question", b"%d" % n])
        name, *question = worker.recv_multipart()
        assert question == [b"question", b"%d" % n]
        worker.send_multipart([name, b"answer"])
        assert client.recv() == b"answer"


@pytest.mark.parametrize("when", ["0", "1", "2", "3", "running"])
def test_a_device_that_is_killed_gives_its_sockets_back(service: Any, when: str) -> None:
    device, client, worker, (front, back) = service
    if when == "running":
        client.send(b"0")
        assert worker.recv_multipart()[1] == b"0"
    else:
        for _ in range(int(when)):
            gevent.sleep(0)
    device.kill()
    for n in range(3):
        client.send(b"%d" % n)
        assert front.recv_multipart()[1] == b"%d" % n
        gevent.sleep(0.001)
    again = gevent.spawn(zmq.green.device, zmq.QUEUE, front, back)
    client.send(b"x")
    assert worker.recv_multipart()[1] == b"x"
    assert not again.ready()
    again.kill()


@pytest.mark.parametrize("which", [0, 1])
def test_a_device_ends_with_its_socket(service: Any, which: int) -> None:
    device, client, worker, sockets = service
    client.send(b"x")
    worker.recv_multipart()
    with pytest.raises(zmq.ZMQError) as raised:
        sockets[which].send(b"")
    assert raised.value.errno == errno.EBUSY
    sockets[which].close()
    with pytest.raises(zmq.ZMQError) as raised:
        device.get()
    assert raised.value.errno == zmq.ENOTSOCK


def test_the_end_of_a_context_waits_for_other_greenlets() -> None:
    """One of them has the socket that is in the way; the others hear of the end."""
    context = zmq.green.Context()
    socket = context.socket(zmq.PULL)
    receiver, poller = waiting(socket.recv, socket.poll)
    (ending,) = waiting(context.term)
    for waiter in (receiver, poller):
        with pytest.raises(zmq.ContextTerminated):
            waiter.get()
    gevent.sleep(0.01)
    assert not ending.ready()
    socket.close()
    ending.get()
    assert context.closed


def test_a_context_that_does_not_end_in_time() -> None:
    context = zmq.green.Context()
    socket = context.socket(zmq.PULL)
    turns: list[int] = []
    other = gevent.spawn(lambda: [turns.append(gevent.sleep(0.001) or 1) for _ in range(20)])
    with pytest.raises(zmq.TermTimeout) as raised:
        context.term(0.05)
    assert raised.value.timeout == 0.05
    other.get()
    with gevent.Timeout(0.01, False):
        context.term()
        pytest.fail("it has ended")
    socket.close()
    context.term()


def test_a_context_that_is_garbage() -> None:
    context: list[Any] = [zmq.green.Context()]
    context.append(context)
    del context
    with pytest.warns(ResourceWarning, match="Unclosed context"):
        gc.collect()


def test_reprs_have_the_names_that_programs_know(context: zmq.Context) -> None:
    class Own(zmq.green.Socket):
        pass

    assert repr(context).startswith("<zmq.green.Context() at 0x")
    with context.socket(zmq.PUSH) as socket, Own(context, zmq.PULL) as own:
        assert repr(socket).startswith("<zmq.green.Socket(zmq.PUSH) at 0x")
        assert repr(own).startswith(f"<{__name__}.Own(zmq.PULL) at 0x")
