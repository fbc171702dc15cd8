"""Monitors of devices: what they show, and that none of them ever slows the device."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable

import pytest

import zmq
from helpers.devices import TWO_KINDS, bind, make, running, stats_when, to
from helpers.processes import Child, snippet
from helpers.waiting import until
from zmq.devices import ThreadMonitoredQueue, ThreadProxy

Make = Callable[..., zmq.Socket]

# Python 3.12 and later say so of every fork of a process that has threads, as libzmq makes them.
pytestmark = pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning")

#: The types that a monitor may have, with those that read them.
READERS = {zmq.PUB: zmq.SUB, zmq.XPUB: zmq.SUB, zmq.PUSH: zmq.PULL, zmq.PAIR: zmq.PAIR}
NAMES = {each: each.name for each in READERS}
MESSAGES = 3000

monitors = pytest.mark.parametrize("mon_type", READERS, ids=NAMES.get)
kinds = pytest.mark.parametrize("kind", TWO_KINDS)


def reader(socket: Make, device, mon_type: int, **options: object) -> zmq.Socket:
    """A socket that reads the monitor of a device."""
    made = socket(READERS[mon_type], **options)
    if made.type == zmq.SUB:
        made.subscribe("")
    made.connect(to(device, "mon"))
    return made


class Stream:
    """Messages from a PUSH through a device to a PULL, as fast as they go."""

    def __init__(self, socket: Make, device) -> None:
        self.device = device
        self.push, self.pull = socket(zmq.PUSH), socket(zmq.PULL)
        self.push.connect(to(device, "in"))
        self.pull.connect(to(device, "out"))
        stats_when(device, lambda s: s.peers_in == s.peers_out == 1)
        self.sent = 0

    def send(self, count: int, size: int = 20) -> None:
        """Send, and require that all of them arrive."""
        thread = threading.Thread(
            target=lambda: [self.push.send_multipart([b"x", bytes(size)]) for _ in range(count)]
        )
        thread.start()
        for _ in range(count):
            assert self.pull.recv_multipart()[0] == b"x"
        thread.join(5)
        self.sent += count

    def seen_by(self, monitor: zmq.Socket, timeout_s: float = 10.0) -> None:
        """Send until the monitor hears of it, and forget what it heard."""

        def heard() -> bool:
            self.send(1)
            return bool(monitor.poll(20))

        until(heard, timeout_s)
        while monitor.poll(100):
            monitor.recv_multipart()


def subscribed(a: zmq.Socket, b: zmq.Socket, monitor: zmq.Socket) -> None:
    """Send from a to b until the monitor hears of it, and forget what it heard."""

    def heard() -> bool:
        a.send(b"heard?")
        return b.recv() == b"heard?" and bool(monitor.poll(20))

    until(heard)
    a.send(b"heard")
    assert b.recv() == b"heard"
    while monitor.recv_multipart()[1] != b"heard":
        pass


class TestShows:
    @kinds
    @monitors
    def test_every_message_with_its_prefix(self, kind: str, mon_type: int, socket: Make) -> None:
        device = make(
            ThreadMonitoredQueue, kind, zmq.PAIR, zmq.PAIR, mon_type, "in to out", b"out to in"
        )
        with running(bind(device)):
            monitor = reader(socket, device, mon_type)
            a, b = socket(zmq.PAIR), socket(zmq.PAIR)
            a.connect(to(device, "in"))
            b.connect(to(device, "out"))
            subscribed(a, b, monitor)
            before = device.stats().monitor_dropped  # while it was being connected
            for n in range(100):
                a.send_multipart([b"%d" % n, b"", b"part"])
                assert b.recv_multipart() == [b"%d" % n, b"", b"part"]
                b.send(b"answer")
                assert a.recv() == b"answer"
            for n in range(100):
                assert monitor.recv_multipart() == [b"in to out", b"%d" % n, b"", b"part"]
                assert monitor.recv_multipart() == [b"out to in", b"answer"]
            assert device.stats().monitor_dropped == before

    @kinds
    def test_a_proxy_has_no_prefix(self, kind: str, socket: Make) -> None:
        device = make(ThreadProxy, kind, zmq.PULL, zmq.PUSH, zmq.PUSH)
        with running(bind(device)):
            monitor = reader(socket, device, zmq.PUSH)
            Stream(socket, device).send(2)
            assert monitor.recv_multipart() == [b"x", bytes(20)]

    @kinds
    def test_connecting_monitor(self, kind: str, socket: Make) -> None:
        monitor = socket(zmq.SUB)
        monitor.subscribe("")
        monitor.bind("tcp://127.0.0.1:*")
        device = make(ThreadMonitoredQueue, kind, zmq.PULL, zmq.PUSH, zmq.PUB)
        device.connect_mon(monitor.last_endpoint.decode())
        with running(bind(device, "in", "out")):
            Stream(socket, device).seen_by(monitor)


class TestNeverSlows:
    @kinds
    @monitors
    def test_a_monitor_that_is_not_read(self, kind: str, mon_type: int, socket: Make) -> None:
        device = make(ThreadMonitoredQueue, kind, zmq.PULL, zmq.PUSH, mon_type)
        with running(bind(device)):
            stream = Stream(socket, device)
            stream.send(MESSAGES)
            # No subscriber: nothing to drop. The others have no place for a single copy.
            dropped = 0 if mon_type in (zmq.PUB, zmq.XPUB) else MESSAGES
            stats_when(device, lambda s: s.monitor_dropped == dropped)

    @kinds
    @monitors
    def test_a_reader_that_has_stopped(self, kind: str, mon_type: int, socket: Make) -> None:
        """The messages that it reads in the end and those that were dropped are all messages."""
        device = make(ThreadMonitoredQueue, kind, zmq.PULL, zmq.PUSH, mon_type)
        device.setsockopt_mon(zmq.SNDHWM, 20)
        with running(bind(device)):
            stream = Stream(socket, device)
            monitor = reader(socket, device, mon_type, rcvhwm=20)
            stream.seen_by(monitor)
            before = device.stats()
            stream.send(MESSAGES, size=10_000)
            stats = device.stats()
            assert stats.messages_in - before.messages_in == MESSAGES
            seen = 0
            while monitor.poll(300):
                assert [len(part) for part in monitor.recv_multipart()] == [2, 1, 10_000]
                seen += 1
            dropped = device.stats().monitor_dropped - before.monitor_dropped
            assert dropped > 0
            assert seen + dropped == MESSAGES
            # And then it is shown what comes.
            stream.seen_by(monitor)

    @kinds
    @pytest.mark.parametrize("mon_type", [zmq.PUB, zmq.XPUB], ids=NAMES.get)
    def test_a_slow_subscriber_costs_the_others_nothing(
        self, kind: str, mon_type: int, socket: Make
    ) -> None:
        device = make(ThreadMonitoredQueue, kind, zmq.PULL, zmq.PUSH, mon_type)
        device.setsockopt_mon(zmq.SNDHWM, 20)
        with running(bind(device)):
            stream = Stream(socket, device)
            slow = reader(socket, device, mon_type, rcvhwm=20)
            fast = reader(socket, device, mon_type, rcvhwm=0)
            stream.seen_by(slow)
            stream.seen_by(fast)
            before = device.stats().monitor_dropped
            for _ in range(100):
                # Never more at once than the fast one has room for.
                stream.send(10, size=50_000)
                for _ in range(10):
                    assert fast.recv_multipart()[0] == b"in"
            assert not fast.poll(100)
            assert device.stats().monitor_dropped > before

    @kinds
    def test_many_filters(self, kind: str, socket: Make) -> None:
        """Subscriptions that an XPUB receives do not pile up, however often they change."""
        device = make(ThreadMonitoredQueue, kind, zmq.PULL, zmq.PUSH, zmq.XPUB)
        with running(bind(device)):
            stream = Stream(socket, device)
            monitor = reader(socket, device, zmq.XPUB)
            for n in range(2000):
                monitor.subscribe(b"%d" % n)
                monitor.unsubscribe(b"%d" % n)
            stream.seen_by(monitor)

    @kinds
    def test_own_options_count(self, kind: str, socket: Make) -> None:
        """With XPUB_NODROP set by a program, ZMQ_PUB decides: it drops without counting."""
        device = make(ThreadMonitoredQueue, kind, zmq.PULL, zmq.PUSH, zmq.PUB)
        device.setsockopt_mon(zmq.SNDHWM, 20)
        device.setsockopt_mon(zmq.XPUB_NODROP, 0)
        with running(bind(device)):
            stream = Stream(socket, device)
            monitor = reader(socket, device, zmq.PUB, rcvhwm=20)
            stream.seen_by(monitor)
            stream.send(1000, size=10_000)
            assert device.stats().monitor_dropped == 0

    @kinds
    @monitors
    def test_its_reader_is_killed(
        self, kind: str, mon_type: int, socket: Make, child: Callable[..., Child]
    ) -> None:
        device = make(ThreadMonitoredQueue, kind, zmq.PULL, zmq.PUSH, mon_type)
        device.setsockopt_mon(zmq.SNDHWM, 20)
        with running(bind(device)):
            stream = Stream(socket, device)
            for ending in (signal.SIGKILL, signal.SIGSTOP):
                watcher = child(["-c", snippet(WATCHER), READERS[mon_type].name, to(device, "mon")])
                until(lambda: stream.send(1) or watcher._selector.select(0.02))  # noqa: B023
                assert watcher.line() == "in"
                os.kill(watcher.pid, ending)
                stream.send(MESSAGES, size=10_000)
                if ending == signal.SIGSTOP:
                    assert device.stats().monitor_dropped > 0
                watcher.kill()
            # A new one is served as the first was. The one place of a PAIR is free when what the
            # old one has not read has lingered for a second; until then a peer comes again.
            deadline = time.monotonic() + 10
            while True:
                again = reader(socket, device, mon_type)
                try:
                    stream.seen_by(again, 1.5)
                    break
                except AssertionError:
                    assert time.monotonic() < deadline
                    again.close()


WATCHER = """
import sys, zmq
with zmq.Context() as context, context.socket(getattr(zmq, sys.argv[1])) as monitor:
    if sys.argv[1] == "SUB":
        monitor.subscribe("")
    monitor.rcvhwm = 20
    monitor.connect(sys.argv[2])
    while True:
        print(monitor.recv_multipart()[0].decode())
"""
