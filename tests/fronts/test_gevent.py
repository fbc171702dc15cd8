"""zmq.green: what gevent has that no other front has."""

from __future__ import annotations

import copy
import errno
import gc
import pickle
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import gevent
import greenlet
import pytest

import zmq
import zmq.green
from helpers.fronts import Front, needs
from helpers.processes import run_python
from zmq.utils.monitor import recv_monitor_message

# ---- names ----


def test_everything_else_is_as_in_zmq() -> None:
    own = {"Context", "Socket", "Poller", "device"}
    for name in set(zmq.__all__) - own:
        assert getattr(zmq.green, name) is getattr(zmq, name), name
    for name in own - {"device"}:
        assert issubclass(getattr(zmq.green, name), getattr(zmq, name))
        assert getattr(zmq.green, name) is not getattr(zmq, name)
    assert set(zmq.green.__all__) == set(zmq.__all__)


@needs("gevent")
async def test_kinds_of_contexts_and_sockets(front: Front) -> None:
    pull = front.socket(zmq.PULL)
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


@needs("gevent")
async def test_reprs_have_the_names_that_programs_know(front: Front) -> None:
    class Own(zmq.green.Socket):
        pass

    assert repr(front.context).startswith("<zmq.green.Context() at 0x")
    with front.socket(zmq.PUSH) as socket, Own(front.context, zmq.PULL) as own:
        assert repr(socket).startswith("<zmq.green.Socket(zmq.PUSH) at 0x")
        assert repr(own).startswith(f"<{__name__}.Own(zmq.PULL) at 0x")


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


# ---- the hub ----


RECEIVES = {
    "recv": lambda s: s.recv(),
    "recv_multipart": lambda s: s.recv_multipart(),
    "recv_string": lambda s: s.recv_string(),
    "recv_into": lambda s: s.recv_into(bytearray(3)),
    "recv_many": lambda s: s.recv_many(),
}


@needs("gevent")
@pytest.mark.parametrize("name", RECEIVES)
async def test_thrown_into_in_every_turn(front: Front, name: str) -> None:
    """Another greenlet throws without the hub: also between the engine and the receiver."""
    a, b = front.pair()
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

        thrower = front.start(throw)
        await front.turns(2)
        gevent.spawn(raw.switch)
        await front.turns(2)
        a.send_many([b"1__", b"2__"])
        await front.join(thrower)
        assert raw.dead
        assert first == [b"1__"]
        if not got:
            got.append(b.recv())
        assert got[0] in (b"2__", [b"2__"], "2__", 3)
        assert b.poll(0) == 0


@needs("gevent")
async def test_a_stray_switch_wakes_no_waiter(front: Front) -> None:
    a, b = front.pair()
    receiver = gevent.spawn(b.recv)
    await front.turns(2)
    for _ in range(3):
        gevent.get_hub().loop.run_callback(receiver.switch, "stray")
        await front.sleep(0.001)
    assert not receiver.ready()
    a.send(b"x")
    assert receiver.get() == b"x"


def test_the_hub_is_held_only_while_a_greenlet_waits() -> None:
    """A socket without a waiter keeps no hub; a deadlock is reported as one."""
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


@needs("gevent")
async def test_not_in_the_hub_itself(front: Front) -> None:
    """A callback of the hub may do what need not wait; a call that would wait fails."""
    a, b = front.pair()
    results: list[Any] = []

    def call() -> None:
        for _ in range(2):
            try:
                results.append(b.recv())
            except BaseException as error:
                results.append(type(error).__name__)

    a.send(b"1")
    gevent.get_hub().loop.run_callback(call)
    await front.until(lambda: len(results) == 2)
    assert results == [b"1", "BlockingSwitchOutError"]
    a.send(b"2")
    assert b.recv() == b"2", "it has left something in the queue"


@needs("gevent")
async def test_an_object_with_its_own_recv(front: Front) -> None:
    a, b = front.pair()
    b.recv = lambda *args, **kwargs: zmq.green.Socket.recv(b, *args, **kwargs).upper()
    a.send_multipart([b"a", b"b"])
    assert b.recv_multipart() == [b"A", b"B"]


# ---- monitors, devices, the end ----


@needs("gevent")
async def test_monitor(front: Front) -> None:
    pull = front.socket(zmq.PULL)
    with pull.get_monitor_socket() as monitor:
        event = front.start(recv_monitor_message, monitor)
        await front.turns(2)
        pull.bind("tcp://127.0.0.1:*")
        assert (await front.join(event))["event"] == zmq.EVENT_LISTENING
        pull.disable_monitor()


class Service(NamedTuple):
    """A device between a client and a worker."""

    device: Any
    client: Any
    worker: Any
    sockets: tuple[Any, Any]


@contextmanager
def service(front: Front) -> Iterator[Service]:
    near, far = front.socket(zmq.ROUTER), front.socket(zmq.DEALER)
    client, worker = front.socket(zmq.DEALER), front.socket(zmq.DEALER)
    near.bind("inproc://front")
    far.bind("inproc://back")
    client.connect("inproc://front")
    worker.connect("inproc://back")
    device = gevent.spawn(zmq.green.device, zmq.QUEUE, near, far)
    try:
        yield Service(device, client, worker, (near, far))
    finally:
        device.kill()


@needs("gevent")
async def test_device(front: Front) -> None:
    with service(front) as (_device, client, worker, _sockets):
        for n in range(10):
            client.send_multipart([b"question", b"%d" % n])
            name, *question = worker.recv_multipart()
            assert question == [b"question", b"%d" % n]
            worker.send_multipart([name, b"answer"])
            assert client.recv() == b"answer"


@needs("gevent")
@pytest.mark.parametrize("when", ["0", "1", "2", "3", "running"])
async def test_a_device_that_is_killed_gives_its_sockets_back(front: Front, when: str) -> None:
    with service(front) as (device, client, worker, (near, far)):
        if when == "running":
            client.send(b"0")
            assert worker.recv_multipart()[1] == b"0"
        else:
            await front.turns(int(when))
        device.kill()
        for n in range(3):
            client.send(b"%d" % n)
            assert near.recv_multipart()[1] == b"%d" % n
            await front.sleep(0.001)
        again = gevent.spawn(zmq.green.device, zmq.QUEUE, near, far)
        client.send(b"x")
        assert worker.recv_multipart()[1] == b"x"
        assert not again.ready()
        again.kill()


@needs("gevent")
@pytest.mark.parametrize("which", [0, 1])
async def test_a_device_ends_with_its_socket(front: Front, which: int) -> None:
    with service(front) as (device, client, worker, sockets):
        client.send(b"x")
        worker.recv_multipart()
        with pytest.raises(zmq.ZMQError) as raised:
            sockets[which].send(b"")
        assert raised.value.errno == errno.EBUSY
        sockets[which].close()
        with pytest.raises(zmq.ZMQError) as raised:
            device.get()
        assert raised.value.errno == zmq.ENOTSOCK


@needs("gevent")
async def test_a_context_that_does_not_end_in_time(front: Front) -> None:
    context = zmq.green.Context()
    socket = context.socket(zmq.PULL)
    turns: list[int] = []
    other = gevent.spawn(lambda: [turns.append(gevent.sleep(0.001) or 1) for _ in range(20)])
    with pytest.raises(zmq.TermTimeout) as raised:
        context.term(0.05)
    assert raised.value.timeout == 0.05
    other.get()

    async def end() -> None:
        context.term()

    with pytest.raises(TimeoutError):
        await front.within(0.01, end)
    socket.close()
    context.term()


def test_a_context_that_is_garbage() -> None:
    context: list[Any] = [zmq.green.Context()]
    context.append(context)
    del context
    with pytest.warns(ResourceWarning, match="Unclosed context"):
        gc.collect()
