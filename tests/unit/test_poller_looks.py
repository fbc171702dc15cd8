"""A poller begins without an epoll set, and has one after a few looks: nothing of it shows."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

import zmq
from helpers.waiting import until

Pair = Callable[..., tuple[zmq.Socket, zmq.Socket]]

# More than a poller makes without a set, and fewer.
each_number_of_looks = pytest.mark.parametrize("looks", range(8))


def looked(looks: int, *sockets: zmq.Socket) -> zmq.Poller:
    """A poller for sockets at which it has looked so often."""
    poller = zmq.Poller()
    for socket in sockets:
        poller.register(socket, zmq.POLLIN)
    for _ in range(looks):
        assert poller.poll(0) == []
    return poller


def in_thread(call: Callable[[], object]) -> Callable[[], object]:
    """Call in a thread; what is returned waits for the result."""
    results: list[object] = []
    thread = threading.Thread(target=lambda: results.append(call()), daemon=True)
    thread.start()

    def result() -> object:
        thread.join(10)
        assert results, "it is still waiting"
        return results[0]

    return result


@each_number_of_looks
def test_a_message_wakes_a_sleeper(pair: Pair, looks: int) -> None:
    a, b = pair()
    poller = looked(looks, b)
    for text in (b"first", b"second", b"third"):
        found = in_thread(lambda: poller.poll(10_000))
        a.send(text)
        assert found() == [(b, zmq.POLLIN)]
        assert poller.poll(0) == [(b, zmq.POLLIN)]  # until it is received
        assert b.recv() == text
        assert poller.poll(0) == []


@each_number_of_looks
def test_a_socket_that_is_closed_ends_the_sleep(pair: Pair, looks: int) -> None:
    _, b = pair()
    poller = looked(looks, b)
    found = in_thread(lambda: poller.poll(10_000))
    b.close()
    assert found() == [(b, zmq.POLLERR)]


@each_number_of_looks
def test_sockets_come_and_go_while_another_thread_sleeps(pair: Pair, looks: int) -> None:
    (_, b), (c, d) = pair(), pair()
    poller = looked(looks, b)
    found = in_thread(lambda: poller.poll(10_000))
    poller.register(d, zmq.POLLIN)
    poller.unregister(b)
    c.send(b"x")
    assert found() == [(d, zmq.POLLIN)]


@each_number_of_looks
def test_a_set_is_made_while_another_thread_sleeps_without_one(pair: Pair, looks: int) -> None:
    a, b = pair()
    poller = looked(0, b)
    found = in_thread(lambda: poller.poll(10_000))
    for _ in range(looks):
        assert poller.poll(1) == []
    a.send(b"x")
    assert found() == [(b, zmq.POLLIN)]
    assert poller.poll(0) == [(b, zmq.POLLIN)]


@each_number_of_looks
def test_what_another_call_has_looked_at_is_found(pair: Pair, looks: int) -> None:
    a, b = pair()
    poller = looked(looks, b)
    a.send(b"x")
    until(lambda: b.get(zmq.EVENTS) & zmq.POLLIN)  # takes the signal
    assert poller.poll(10_000) == [(b, zmq.POLLIN)]


@pytest.mark.parametrize("number", [1, 16, 17, 40])
def test_few_and_many_sockets(pair: Pair, number: int) -> None:
    pairs = [pair() for _ in range(number)]
    poller = looked(0, *(b for _, b in pairs))
    for a, b in (pairs[0], pairs[-1], pairs[number // 2]) * 3:
        found = in_thread(lambda: poller.poll(10_000))
        a.send(b"x")
        assert found() == [(b, zmq.POLLIN)]
        assert b.recv() == b"x"
