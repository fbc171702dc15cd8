"""Monitors: closed in any order, on and off, read late or never; nothing waits for them."""

from __future__ import annotations

import errno
import itertools
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import zmq
from helpers.processes import run_python
from helpers.waiting import until
from zmq.utils.monitor import recv_monitor_message

Make = Callable[..., Any]
#: More events than the queues of a monitor hold.
MANY = 2500

linux = pytest.mark.skipif(sys.platform != "linux", reason="descriptors are counted in /proc")


def descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))


def settled() -> int:
    """The number of descriptors, once libzmq has closed those that it does not need."""
    found = [-1]
    while found[-3:] != [found[-1]] * 3:
        time.sleep(0.02)
        found.append(descriptors())
    return found[-1]


def run(target: Callable[[], Any], timeout_s: float = 20.0) -> Any:
    """Return what a function returns in a thread of its own; fail when it hangs."""
    results: list[Any] = []
    thread = threading.Thread(target=lambda: results.append(target()), daemon=True)
    thread.start()
    thread.join(timeout_s)
    assert not thread.is_alive(), f"{target} hangs"
    return results[0]


def make_events(socket: Any, n: int = MANY) -> None:
    """Have a socket cause at least n events."""
    for _ in range(n // 2 + 1):
        socket.bind("tcp://127.0.0.1:*")
        socket.unbind(socket.last_endpoint)


def events(monitor: Any) -> Iterator[int]:
    """Events of a monitor as far as MONITOR_STOPPED."""
    monitor.rcvtimeo = 5000
    while True:
        event = recv_monitor_message(monitor)["event"]
        yield event
        if event == zmq.EVENT_MONITOR_STOPPED:
            return


def exchange(context: zmq.Context) -> bytes:
    """Return what a message over tcp brings: libzmq's threads are at work."""
    with context.socket(zmq.PUSH) as push, context.socket(zmq.PULL) as pull:
        pull.rcvtimeo = 5000
        push.bind("tcp://127.0.0.1:*")
        pull.connect(push.last_endpoint.decode())
        push.send(b"traffic")
        return pull.recv()


# ---- orders of closing --------------------------------------------------------------------------

STEPS: dict[str, Callable[[Any, Any], None]] = {
    "close the reader": lambda _, reader: reader.close(),
    "disable": lambda watched, _: watched.disable_monitor(),
    "close the socket": lambda watched, _: watched.close(0),
}
ORDERS = [
    order
    for n in (1, 2, 3)
    for order in itertools.permutations(STEPS, n)
    if "close the socket" in order and "disable" not in order[order.index("close the socket") :]
]


@linux
@pytest.mark.parametrize("order", ORDERS, ids="-".join)
@pytest.mark.parametrize("connected", [False, True], ids=["idle", "connected"])
def test_every_order_of_closing(
    context: zmq.Context, order: tuple[str, ...], connected: bool
) -> None:
    server = context.socket(zmq.ROUTER)
    server.bind("tcp://127.0.0.1:*")

    def once() -> None:
        watched = context.socket(zmq.DEALER)
        watched.linger = 0
        reader = watched.get_monitor_socket()
        if connected:
            watched.connect(server.last_endpoint.decode())
        for step in order:
            STEPS[step](watched, reader)
        reader.close()

    def work() -> bool:
        for _ in range(15):
            once()
        return True

    once()
    assert exchange(context) == b"traffic"
    before = settled()
    assert run(work)
    until(lambda: descriptors() <= before)
    assert exchange(context) == b"traffic"
    run(lambda: context.destroy(linger=0))


@linux
def test_a_socket_that_is_closed_takes_its_monitor_along(context: zmq.Context) -> None:
    """Without disable_monitor, and with a mask that leaves MONITOR_STOPPED out."""
    watched = context.socket(zmq.DEALER)
    before = settled()
    for _ in range(20):
        watched.close(0)
        watched = context.socket(zmq.DEALER)
        reader = watched.get_monitor_socket(zmq.EVENT_CONNECTED)
        reader.close()
    watched.close(0)
    until(lambda: descriptors() <= before)


def test_the_reader_hears_of_the_end(context: zmq.Context) -> None:
    server, watched = context.socket(zmq.ROUTER), context.socket(zmq.ROUTER)
    server.linger = watched.linger = 0
    reader, all_events = watched.get_monitor_socket(), server.get_monitor_socket()
    watched.bind("tcp://127.0.0.1:*")
    watched.close()
    seen = list(events(reader))
    assert seen == [zmq.EVENT_LISTENING, zmq.EVENT_CLOSED, zmq.EVENT_MONITOR_STOPPED]
    server.disable_monitor()
    # There at once: the call itself has sent it.
    last = recv_monitor_message(all_events, zmq.NOBLOCK)
    assert last["event"] == zmq.EVENT_MONITOR_STOPPED
    assert not all_events.closed
    for each in (reader, all_events, server):
        each.close()


def test_an_end_that_was_not_asked_for_is_not_told(context: zmq.Context) -> None:
    with context.socket(zmq.ROUTER) as watched:
        reader = watched.get_monitor_socket(zmq.EVENT_LISTENING)
        watched.bind("tcp://127.0.0.1:*")
        watched.disable_monitor()
        assert recv_monitor_message(reader, zmq.NOBLOCK)["event"] == zmq.EVENT_LISTENING
        assert reader.poll(50) == 0
        reader.close()


# ---- on and off ---------------------------------------------------------------------------------


@pytest.mark.parametrize("address", [None, "inproc://monitored"])
def test_off_and_on_again(context: zmq.Context, address: str | None) -> None:
    with context.socket(zmq.ROUTER) as watched:
        for _ in range(50):
            reader = watched.get_monitor_socket(zmq.EVENT_LISTENING, address)
            watched.bind("tcp://127.0.0.1:*")
            assert recv_monitor_message(reader, zmq.NOBLOCK)["event"] == zmq.EVENT_LISTENING
            watched.unbind(watched.last_endpoint)
            watched.disable_monitor()
            reader.close()
        assert watched.get_monitor_socket() is watched.get_monitor_socket()
        watched.get_monitor_socket().close()
        again = watched.get_monitor_socket(zmq.EVENT_LISTENING)
        watched.bind("tcp://127.0.0.1:*")
        assert recv_monitor_message(again, zmq.NOBLOCK)["event"] == zmq.EVENT_LISTENING
        again.close()


def test_another_address_ends_the_first_monitor(context: zmq.Context) -> None:
    with (
        context.socket(zmq.ROUTER) as watched,
        context.socket(zmq.PAIR) as first,
        context.socket(zmq.PAIR) as second,
    ):
        first.rcvtimeo = second.rcvtimeo = 5000
        watched.monitor("inproc://first", zmq.EVENT_ALL)
        first.connect("inproc://first")
        watched.monitor("inproc://second", zmq.EVENT_LISTENING)
        second.connect("inproc://second")
        watched.bind("tcp://127.0.0.1:*")
        assert list(events(first)) == [zmq.EVENT_MONITOR_STOPPED]
        assert recv_monitor_message(second)["event"] == zmq.EVENT_LISTENING


def test_monitors_come_and_go_in_many_threads(context: zmq.Context) -> None:
    watched = context.socket(zmq.ROUTER)
    watched.linger = 0
    readers: list[Any] = []
    ended = []

    def on_and_off() -> None:
        for _ in range(30):
            # Another thread may have ended the monitor, and given its address up.
            readers.append(watched.get_monitor_socket())
            readers[-1].poll(1)
            watched.bind("tcp://127.0.0.1:*")
            watched.disable_monitor()
        ended.append(True)

    threads = [threading.Thread(target=on_and_off, daemon=True) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert ended == [True] * 4
    for reader in readers:
        reader.close()
    watched.close()
    assert exchange(context) == b"traffic"


# ---- readers that are late, or that never come --------------------------------------------------


@pytest.mark.parametrize("reader", ["does not read", "is closed", "is not there"])
def test_nothing_waits_for_a_reader(context: zmq.Context, reader: str) -> None:
    watched = context.socket(zmq.ROUTER)
    watched.linger = 0
    if reader == "is not there":
        watched.monitor("inproc://nobody", zmq.EVENT_ALL)
    else:
        monitor = watched.get_monitor_socket()
        if reader == "is closed":
            monitor.close()
    assert run(lambda: make_events(watched)) is None
    assert exchange(context) == b"traffic"
    if reader == "is not there":
        assert until(lambda: watched.stats().events_dropped) > 0
    watched.disable_monitor()
    watched.close()
    run(lambda: context.destroy(linger=0))


def test_what_is_too_much_is_dropped_and_counted(context: zmq.Context) -> None:
    """The newest 1,000 events are kept beside those that the queue of the reader has."""
    watched = context.socket(zmq.ROUTER)
    watched.linger = 0
    monitor = watched.get_monitor_socket(zmq.EVENT_LISTENING | zmq.EVENT_MONITOR_STOPPED)
    for _ in range(4000):
        watched.bind("tcp://127.0.0.1:*")
        last = watched.last_endpoint
        watched.unbind(last)
    dropped = watched.stats().events_dropped
    assert dropped == 1000
    watched.disable_monitor()
    monitor.rcvtimeo = 5000
    received = []
    while True:
        event = recv_monitor_message(monitor)
        if event["event"] == zmq.EVENT_MONITOR_STOPPED:
            break
        received.append(event["endpoint"])
    assert received[-1] == last
    assert len(received) + watched.stats().events_dropped == 4000
    monitor.close()
    watched.close()


def test_a_context_ends_with_a_monitor_that_is_full(context: zmq.Context) -> None:
    watched = context.socket(zmq.ROUTER)
    watched.linger = 0
    monitor = watched.get_monitor_socket()
    make_events(watched)
    ending = threading.Thread(target=context.term, daemon=True)
    ending.start()
    # Longer than all that is in its queue.
    with pytest.raises(zmq.ContextTerminated):
        list(iter(monitor.recv_multipart, None))
    for each in (watched, monitor):
        each.close()
    ending.join(10)
    assert not ending.is_alive()


# ---- the program's own address ------------------------------------------------------------------


def test_the_own_address(context: zmq.Context) -> None:
    """Events are kept for a first reader, and for the next one."""
    with context.socket(zmq.ROUTER) as watched:
        watched.monitor("inproc://own", zmq.EVENT_LISTENING | zmq.EVENT_MONITOR_STOPPED)
        for _ in range(3):
            watched.bind("tcp://127.0.0.1:*")
            with context.socket(zmq.PAIR) as reader:
                reader.rcvtimeo = 5000
                reader.connect("inproc://own")
                assert recv_monitor_message(reader)["endpoint"] == watched.last_endpoint
            time.sleep(0.2)  # libzmq closes it in its own time, and gives it what comes until then
        reader = context.socket(zmq.PAIR)
        reader.connect("inproc://own")
        reader.rcvtimeo = 5000
        watched.bind("tcp://127.0.0.1:*")
        assert recv_monitor_message(reader)["endpoint"] == watched.last_endpoint
        watched.monitor(None, 0)
        assert list(events(reader)) == [zmq.EVENT_MONITOR_STOPPED]
        reader.close()


def test_a_reader_that_is_there_before_the_monitor(context: zmq.Context) -> None:
    with context.socket(zmq.PAIR) as reader, context.socket(zmq.ROUTER) as watched:
        reader.rcvtimeo = 5000
        reader.connect("inproc://early")
        watched.monitor("inproc://early", zmq.EVENT_LISTENING)
        watched.bind("tcp://127.0.0.1:*")
        assert recv_monitor_message(reader)["event"] == zmq.EVENT_LISTENING


@linux
def test_own_addresses_leave_nothing(context: zmq.Context) -> None:
    """The address is free at once, and so are the descriptors, with a reader or without."""
    with context.socket(zmq.ROUTER) as watched:
        before = settled()
        for n in range(30):
            watched.monitor("inproc://again", zmq.EVENT_ALL)
            watched.bind("tcp://127.0.0.1:*")
            watched.unbind(watched.last_endpoint)
            if n % 3:
                reader = context.socket(zmq.PAIR)
                reader.connect("inproc://again")
                reader.close()
            watched.monitor(None, 0)
        until(lambda: descriptors() <= before)


@pytest.mark.parametrize(
    ("address", "mask", "error"),
    [
        ("tcp://127.0.0.1:5555", zmq.EVENT_ALL, zmq.EPROTONOSUPPORT),
        ("nonsense", zmq.EVENT_ALL, zmq.EINVAL),
        ("inproc://x", 1 << 16, zmq.EINVAL),
        ("inproc://x", -1, zmq.EINVAL),
        ("inproc://taken", zmq.EVENT_ALL, errno.EADDRINUSE),
    ],
)
def test_what_cannot_be_monitored(socket: Make, address: str, mask: int, error: int) -> None:
    taken, watched = socket(zmq.PAIR), socket(zmq.ROUTER)
    taken.bind("inproc://taken")
    with pytest.raises(zmq.ZMQError) as refused:
        watched.monitor(address, mask)
    assert refused.value.errno == error
    with pytest.raises(zmq.ZMQError):
        watched.get_monitor_socket(mask, address)
    reader = watched.get_monitor_socket(zmq.EVENT_LISTENING)
    watched.bind("tcp://127.0.0.1:*")
    assert recv_monitor_message(reader)["event"] == zmq.EVENT_LISTENING
    reader.close()


@pytest.mark.parametrize("mask", [0, zmq.EVENT_CLOSED, zmq.EVENT_ALL])
def test_only_what_is_asked_for_comes(context: zmq.Context, mask: int) -> None:
    with context.socket(zmq.ROUTER) as watched:
        reader = watched.get_monitor_socket(mask)
        make_events(watched, 2)
        seen = set()
        while reader.poll(200):
            seen.add(recv_monitor_message(reader)["event"])
        assert all(event & mask for event in seen)
        assert bool(seen) == bool(mask)
        reader.close()


def test_events_of_a_message_are_there_with_it(context: zmq.Context) -> None:
    """Events that libzmq has reported by then are not late because of their way."""
    for _ in range(20):
        with context.socket(zmq.PULL) as pull, context.socket(zmq.PUSH) as push:
            reader = pull.get_monitor_socket(zmq.EVENT_ACCEPTED)
            pull.bind("tcp://127.0.0.1:*")
            pull.rcvtimeo = 5000
            push.connect(pull.last_endpoint.decode())
            push.send(b"x")
            assert pull.recv() == b"x"
            assert recv_monitor_message(reader, zmq.NOBLOCK)["event"] == zmq.EVENT_ACCEPTED
            reader.close()


@pytest.mark.parametrize(
    ("address", "number"),
    [
        ("tcp://127.0.0.1:{port}", errno.EADDRINUSE),
        ("tcp://no-such-interface:5555", errno.ENODEV),
        ("ipc:///no/such/directory/socket", errno.ENOENT),
        ("tcp://192.0.2.1:5555", errno.EADDRNOTAVAIL),
    ],
)
def test_a_bind_that_fails_keeps_its_errno(address: str, number: int, context: zmq.Context) -> None:
    """libzmq may overwrite errno where it sends the event of the failure."""
    with context.socket(zmq.PULL) as taken, context.socket(zmq.PULL) as pull:
        port = taken.bind_to_random_port("tcp://127.0.0.1")
        reader = pull.get_monitor_socket(zmq.EVENT_BIND_FAILED)
        reader.rcvtimeo = 5000
        for _ in range(3):
            with pytest.raises(zmq.ZMQError) as raised:
                pull.bind(address.format(port=port))
            assert raised.value.errno == number
        if "interface" not in address:
            assert recv_monitor_message(reader)["value"] == number
        reader.close()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_monitors_after_a_fork() -> None:
    """The child has monitors of its own; those of the parent go on."""
    run_python(
        """
        import os, zmq
        from zmq.utils.monitor import recv_monitor_message

        def listen(watched, monitor):
            monitor.rcvtimeo = 5000
            watched.bind("tcp://127.0.0.1:*")
            assert recv_monitor_message(monitor)["event"] == zmq.EVENT_LISTENING

        context = zmq.Context()
        watched = context.socket(zmq.ROUTER)
        monitor = watched.get_monitor_socket()
        listen(watched, monitor)
        child = os.fork()
        if child == 0:
            own = zmq.Context().socket(zmq.ROUTER)
            listen(own, own.get_monitor_socket())
            watched.close(); monitor.close()
            os._exit(7)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
        listen(watched, monitor)
        context.destroy(linger=0)
        """
    )
