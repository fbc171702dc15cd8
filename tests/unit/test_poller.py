"""Poller, select and Socket.poll: readiness of sockets and of descriptors."""

from __future__ import annotations

import copy
import os
import pickle
import socket as stdlib_socket
import threading
from collections.abc import Callable, Iterator

import pytest

import zmq
import zmq.asyncio
from helpers.waiting import until

Pair = Callable[..., tuple[zmq.Socket, zmq.Socket]]
Make = Callable[..., zmq.Socket]


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    ends = os.pipe()
    yield ends
    for end in ends:
        os.close(end)


def test_an_empty_poller() -> None:
    poller = zmq.Poller()
    assert poller.sockets == []
    assert poller.poll(0) == []
    assert poller.poll(10) == []


def test_registering(pair: Pair) -> None:
    a, b = pair()
    poller = zmq.Poller()
    poller.register(a)
    poller.register(b, zmq.POLLIN)
    assert a in poller
    assert poller.sockets == [(a, zmq.POLLIN | zmq.POLLOUT), (b, zmq.POLLIN)]
    poller.modify(a, zmq.POLLIN)
    poller.register(b, zmq.POLLOUT)
    assert poller.sockets == [(a, zmq.POLLIN), (b, zmq.POLLOUT)]
    poller.unregister(a)
    assert a not in poller
    assert poller.sockets == [(b, zmq.POLLOUT)]
    poller.register(b, 0)
    assert b not in poller
    with pytest.raises(KeyError):
        poller.unregister(a)


def test_unregistering_keeps_the_others_in_place(pair: Pair) -> None:
    sockets = [s for _ in range(4) for s in pair()]
    poller = zmq.Poller()
    for socket in sockets:
        poller.register(socket, zmq.POLLOUT)
    for gone in (sockets[3], sockets[0], sockets[7]):
        poller.unregister(gone)
        sockets.remove(gone)
        assert [s for s, _ in poller.sockets] == sockets
        assert poller.poll(0) == [(s, zmq.POLLOUT) for s in sockets]


def test_what_is_ready_comes_in_the_order_of_registration(pair: Pair) -> None:
    a, b = pair()
    c, d = pair()
    poller = zmq.Poller()
    for socket in (d, b, a, c):
        poller.register(socket)
    a.send(b"x")
    assert poller.poll(1000) == [
        (d, zmq.POLLOUT),
        (b, zmq.POLLIN | zmq.POLLOUT),
        (a, zmq.POLLOUT),
        (c, zmq.POLLOUT),
    ]
    assert type(poller.poll(0)[0][1]) is int


def test_a_message_wakes_a_poller(pair: Pair, transport: str) -> None:
    a, b = pair(zmq.PUSH, zmq.PULL, transport)
    poller = zmq.Poller()
    poller.register(b, zmq.POLLIN)
    assert poller.poll(10) == []
    timer = threading.Timer(0.05, a.send, (b"x",))
    timer.start()
    assert poller.poll() == [(b, zmq.POLLIN)]
    timer.join()
    # Still so until the message is received: levels, not edges.
    assert poller.poll(0) == poller.poll(0) == [(b, zmq.POLLIN)]
    b.recv()
    assert poller.poll(0) == []


def test_the_last_part_ends_readiness(pair: Pair) -> None:
    a, b = pair()
    poller = zmq.Poller()
    poller.register(b, zmq.POLLIN)
    a.send_multipart([b"1", b"2"])
    b.recv()
    assert poller.poll(0) == [(b, zmq.POLLIN)]
    b.recv()
    assert poller.poll(0) == []


def test_descriptors_and_things_that_have_one(pipe: tuple[int, int], pair: Pair) -> None:
    read, write = pipe
    a, b = pair()
    poller = zmq.Poller()
    poller.register(read, zmq.POLLIN)
    poller.register(b, zmq.POLLIN)
    assert poller.poll(10) == []
    os.write(write, b"x")
    assert poller.poll(1000) == [(read, zmq.POLLIN)]
    a.send(b"x")
    assert dict(poller.poll(1000)) == {read: zmq.POLLIN, b: zmq.POLLIN}
    one, two = stdlib_socket.socketpair()
    with one, two:
        poller.register(one, zmq.POLLIN)
        two.send(b"x")
        assert (one.fileno(), zmq.POLLIN) in poller.poll(1000)
        poller.unregister(one)
    assert len(poller.poll(0)) == 2


def test_a_descriptor_wakes_a_poller(pipe: tuple[int, int], pair: Pair) -> None:
    read, write = pipe
    _, b = pair()
    poller = zmq.Poller()
    poller.register(b, zmq.POLLIN)
    poller.register(read, zmq.POLLIN)
    timer = threading.Timer(0.05, os.write, (write, b"x"))
    timer.start()
    assert poller.poll() == [(read, zmq.POLLIN)]
    timer.join()


def test_a_closed_end_is_an_event(pair: Pair) -> None:
    read, write = os.pipe()
    os.close(read)
    poller = zmq.Poller()
    poller.register(write, zmq.POLLOUT)
    try:
        ((_, events),) = poller.poll(1000)
        assert events & zmq.POLLERR
    finally:
        os.close(write)


def test_a_socket_and_its_shadow(pair: Pair) -> None:
    a, b = pair()
    shadow = zmq.Socket.shadow(b)
    poller = zmq.Poller()
    poller.register(b, zmq.POLLIN)
    poller.register(shadow, zmq.POLLIN)
    assert poller.poll(10) == []
    a.send(b"x")
    ready = [s for s, _ in poller.poll(1000)]
    assert ready
    assert all(s is b or s is shadow for s in ready)


class Fileno:
    """Something with a fileno() that a test chooses."""

    def __init__(self, fileno: Callable[[], object]) -> None:
        self.fileno = fileno


def refuse() -> int:
    raise OSError("no descriptor")


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        (5.5, TypeError),
        ("x", TypeError),
        (None, TypeError),
        (object(), TypeError),
        (Fileno(refuse), ValueError),
        (Fileno(lambda: "x"), ValueError),
        (Fileno(lambda: 2**40), ValueError),
        (2**31, OverflowError),
        (2**40, OverflowError),
        (-(2**40), OverflowError),
        (2**70, OverflowError),
    ],
    ids=[
        "float",
        "str",
        "None",
        "object",
        "fileno raises",
        "fileno gives text",
        "fileno gives too much",
        "2**31",
        "2**40",
        "-2**40",
        "2**70",
    ],
)
def test_what_cannot_be_polled_is_refused_by_poll(wrong: object, error: type[Exception]) -> None:
    """Suites of programs register stand-ins of sockets, and never poll them."""
    poller = zmq.Poller()
    poller.register(wrong, zmq.POLLIN)
    assert wrong in poller
    assert poller.sockets == [(wrong, zmq.POLLIN)]
    for timeout in (0, 10, None):
        with pytest.raises(error):
            poller.poll(timeout)
    poller.modify(wrong, zmq.POLLOUT)
    assert poller.sockets == [(wrong, zmq.POLLOUT)]
    poller.unregister(wrong)
    assert wrong not in poller
    with pytest.raises(KeyError):
        poller.unregister(wrong)
    poller.register(wrong)
    poller.register(wrong, 0)
    assert poller.poll(0) == []
    with pytest.raises(error):
        zmq.zmq_poll([(wrong, zmq.POLLIN)], 0)
    with pytest.raises(error):
        zmq.select([wrong], [], [], 0)


@pytest.mark.parametrize(
    ("flags", "error"), [("x", TypeError), ([1], TypeError), (2**40, OverflowError)]
)
def test_flags_that_are_no_number_are_refused_by_poll(
    pair: Pair, flags: object, error: type[Exception]
) -> None:
    poller = zmq.Poller()
    socket, _ = pair()
    poller.register(socket, flags)  # type: ignore[arg-type]
    assert poller.sockets == [(socket, flags)]
    for timeout in (0, 10, None):
        with pytest.raises(error):
            poller.poll(timeout)
    poller.modify(socket, zmq.POLLIN)
    assert poller.poll(0) == []
    poller.modify(socket, flags)  # type: ignore[arg-type]
    poller.unregister(socket)
    assert poller.poll(0) == []


def test_a_file_is_asked_for_its_descriptor_at_each_poll(pipe: tuple[int, int]) -> None:
    reader, writer = pipe
    number = [reader]
    moving = Fileno(lambda: number[0])
    poller = zmq.Poller()
    poller.register(moving, zmq.POLLIN | zmq.POLLOUT)
    assert poller.poll(0) == []
    number[0] = writer
    assert poller.poll(0) == [(writer, zmq.POLLOUT)]
    with open(os.devnull) as file:
        poller.unregister(moving)
        poller.register(file, zmq.POLLIN)
        assert poller.poll(0) == [(file.fileno(), zmq.POLLIN)]
    with pytest.raises(ValueError, match="fileno"):
        poller.poll(0)
    poller.unregister(file)


def test_timeouts(pair: Pair) -> None:
    a, b = pair()
    poller = zmq.Poller()
    poller.register(b, zmq.POLLIN)
    for timeout in (0, 1, 1.5, True):
        assert poller.poll(timeout) == []
        assert b.poll(timeout) == 0
    a.send(b"x")
    for forever in (None, -1, -5):
        assert poller.poll(forever) == [(b, zmq.POLLIN)]
        assert b.poll(forever) == zmq.POLLIN
    with pytest.raises(TypeError):
        poller.poll("soon")


def test_poll_of_one_socket(pair: Pair) -> None:
    a, b = pair()
    assert a.poll(0) == 0
    assert a.poll(0, zmq.POLLOUT) == zmq.POLLOUT
    a.send(b"x")
    assert b.poll() == zmq.POLLIN
    assert b.poll(0, zmq.POLLIN | zmq.POLLOUT) == 3
    assert b.poll(0, 0) == 0


def test_a_closed_socket_is_reported_and_the_others_go_on(pair: Pair) -> None:
    a, b = pair()
    poller = zmq.Poller()
    poller.register(a, zmq.POLLIN)
    poller.register(b, zmq.POLLIN)
    b.send(b"x")
    b.close()
    for timeout in (0, 10, None):
        assert poller.poll(timeout) == [(a, zmq.POLLIN), (b, zmq.POLLERR)]
    poller.modify(b, zmq.POLLOUT)
    assert poller.poll(0) == [(a, zmq.POLLIN), (b, zmq.POLLERR)]
    assert zmq.zmq_poll([(b, zmq.POLLIN), (a, zmq.POLLIN)], 10) == [
        (b, zmq.POLLERR),
        (a, zmq.POLLIN),
    ]
    assert zmq.select([a, b], [b], [], 1) == ([a], [], [b])
    poller.unregister(b)
    assert poller.poll(0) == [(a, zmq.POLLIN)]
    poller.register(b)
    assert poller.poll() == [(a, zmq.POLLIN), (b, zmq.POLLERR)]


def test_a_socket_that_is_closed_ends_the_wait(pair: Pair) -> None:
    a, b = pair()
    poller = zmq.Poller()
    poller.register(a, zmq.POLLIN)
    poller.register(b, zmq.POLLIN)
    results: list[object] = []
    thread = threading.Thread(target=lambda: results.append(poller.poll(10_000)), daemon=True)
    thread.start()
    a.close()
    thread.join(10)
    assert results == [[(a, zmq.POLLERR)]]


def test_many_sockets(socket: Make) -> None:
    pullers = [socket(zmq.PULL) for _ in range(200)]
    push = socket(zmq.PUSH)
    poller = zmq.Poller()
    for n, pull in enumerate(pullers):
        pull.bind(f"inproc://many-{n}")
        poller.register(pull, zmq.POLLIN)
    assert poller.poll(0) == []
    for n in (0, 99, 199):
        push.connect(f"inproc://many-{n}")
    push.send_many([b"1", b"2", b"3"])
    assert poller.poll(1000) == [(pullers[n], zmq.POLLIN) for n in (0, 99, 199)]
    for n in (0, 99, 199):
        pullers[n].recv()
    assert poller.poll(0) == []


def test_two_pollers_see_the_same_socket(pair: Pair) -> None:
    a, b = pair(zmq.PUSH, zmq.PULL, "tcp")
    pollers = [zmq.Poller() for _ in range(2)]
    for poller in pollers:
        poller.register(b, zmq.POLLIN)
    results: list[object] = []
    threads = [
        threading.Thread(target=lambda p=p: results.append(p.poll(10_000)), daemon=True)
        for p in pollers
    ]
    for thread in threads:
        thread.start()
    a.send(b"x")
    for thread in threads:
        thread.join(10)
    assert results == [[(b, zmq.POLLIN)]] * 2


def test_registering_while_a_poll_goes_on(pair: Pair) -> None:
    """The wait that is under way takes no notice or takes it up; it neither fails nor hangs."""
    a, b = pair()
    _, d = pair()
    poller = zmq.Poller()
    poller.register(b, zmq.POLLIN)
    results: list[object] = []
    thread = threading.Thread(target=lambda: results.append(poller.poll(10_000)), daemon=True)
    thread.start()
    poller.register(d, zmq.POLLIN)
    a.send(b"x")
    thread.join(10)
    assert results == [[(b, zmq.POLLIN)]]


def test_select(pair: Pair, pipe: tuple[int, int]) -> None:
    a, b = pair()
    read, write = pipe
    assert zmq.select([], [], [], 0) == ([], [], [])
    assert zmq.select([b], [], [], 0.01) == ([], [], [])
    assert zmq.select([b, read], [a], [], 0) == ([], [a], [])
    a.send(b"x")
    os.write(write, b"x")
    assert zmq.select([b], [], []) == ([b], [], [])
    readable, writable, failed = zmq.select([b, read], [b], [b], 1)
    assert (set(readable), writable, failed) == ({b, read}, [b], [])


def test_zmq_poll(pair: Pair) -> None:
    a, b = pair()
    assert zmq.zmq_poll([(b, zmq.POLLIN)], 0) == []
    assert zmq.zmq_poll([(a, zmq.POLLOUT), (b, zmq.POLLIN)], 0) == [(a, zmq.POLLOUT)]
    a.send(b"x")
    assert zmq.zmq_poll([(b, zmq.POLLIN), (b, zmq.POLLOUT)]) == [(b, 1), (b, 2)]


def test_the_fd_of_a_socket_with_events(pair: Pair) -> None:
    """An event loop may watch FD itself, if it reads EVENTS after each edge."""
    a, b = pair(zmq.PUSH, zmq.PULL, "tcp")
    poller = zmq.Poller()
    poller.register(b.fd, zmq.POLLIN)
    a.send(b"x")

    def ready() -> bool:
        poller.poll(100)
        return bool(b.events & zmq.POLLIN)

    until(ready)
    assert b.recv(zmq.NOBLOCK) == b"x"


@pytest.mark.parametrize("poller_class", [zmq.Poller, zmq.asyncio.Poller])
def test_a_copy_of_a_poller_watches_the_same(
    poller_class: type[zmq.Poller], socket: Make, pipe: tuple[int, int]
) -> None:
    poller = poller_class()
    pull = socket(zmq.PULL)
    poller.register(pull, zmq.POLLIN)
    poller.register(pipe[0], zmq.POLLIN)
    other = copy.copy(poller)
    assert type(other) is poller_class
    assert other.sockets == poller.sockets == [(pull, zmq.POLLIN), (pipe[0], zmq.POLLIN)]
    other.unregister(pipe[0])
    assert pipe[0] in poller


@pytest.mark.parametrize(
    "again", [copy.deepcopy, lambda poller: pickle.loads(pickle.dumps(poller))]
)
def test_an_object_that_holds_a_poller_can_be_copied_and_pickled(
    again: Callable[[zmq.Poller], zmq.Poller], pipe: tuple[int, int]
) -> None:
    poller = zmq.Poller()
    poller.register(pipe[0], zmq.POLLIN)
    os.write(pipe[1], b"x")
    assert again(poller).poll(0) == [(pipe[0], zmq.POLLIN)]
