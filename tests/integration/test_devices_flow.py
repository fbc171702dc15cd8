"""Traffic through a device: patterns, back-pressure, security, statistics."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable

import pytest

import zmq
from helpers.devices import (
    TWO_KINDS,
    bind,
    count_until_quiet,
    make,
    queue,
    running,
    stats_when,
    still,
    to,
)
from helpers.waiting import until
from zmq.devices import ThreadDevice, ThreadMonitoredQueue, ThreadProxy

Make = Callable[..., zmq.Socket]

# Python 3.12 and later say so of every fork of a process that has threads, as libzmq makes them.
pytestmark = pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning")


class TestBackPressure:
    @pytest.mark.parametrize("kind", TWO_KINDS)
    def test_a_full_output_stops_its_direction_alone(self, kind: str, socket: Make) -> None:
        device = make(ThreadDevice, kind, zmq.QUEUE, zmq.DEALER, zmq.DEALER)
        for option in (zmq.SNDHWM, zmq.RCVHWM):
            device.setsockopt_in(option, 10)
            device.setsockopt_out(option, 10)
        with running(bind(device)):
            front, back = socket(zmq.DEALER, hwm=10), socket(zmq.DEALER, hwm=10)
            front.connect(to(device, "in"))
            back.connect(to(device, "out"))
            stats_when(device, lambda s: s.peers_in == s.peers_out == 1)
            # The other end is not read: sending ends some time.
            sent = 0
            while front.poll(300, zmq.POLLOUT):
                front.send(bytes(50_000))
                sent += 1
            until(lambda: still(device))
            stuck = device.stats()
            assert stuck.messages_in < sent
            # The other direction goes on meanwhile.
            for n in range(500):
                back.send(b"%d" % n)
                assert front.recv() == b"%d" % n
            stats = device.stats()
            assert stats.messages_out == 500
            assert stats.messages_in == stuck.messages_in
            assert stats.blocked_in_s > stuck.blocked_in_s > 0
            assert stats.blocked_out_s < 0.5
            # And this one when there is room again, with all that was sent.
            assert count_until_quiet(back, sent) == sent
            after = stats_when(device, lambda s: s.messages_in == sent)
            time.sleep(0.2)  # a time that must not count
            assert device.stats().blocked_in_s == after.blocked_in_s

    @pytest.mark.parametrize("kind", TWO_KINDS)
    def test_no_peer_is_a_full_output(self, kind: str, socket: Make) -> None:
        with running(queue(kind, zmq.PULL, zmq.PUSH)) as device:
            push = socket(zmq.PUSH)
            push.connect(to(device, "in"))
            push.send(b"first")
            before = stats_when(device, lambda s: s.blocked_in_s > 0).blocked_in_s
            stats_when(device, lambda s: s.blocked_in_s > before + 0.2)
            pull = socket(zmq.PULL)
            pull.connect(to(device, "out"))
            assert pull.recv() == b"first"

    @pytest.mark.parametrize("kind", TWO_KINDS)
    def test_it_sleeps_when_it_can_do_nothing(self, kind: str, socket: Make) -> None:
        """Blocked in one direction, and paused with messages waiting: neither burns a processor."""
        with running(queue(kind, zmq.PULL, zmq.PUSH)) as device:
            push = socket(zmq.PUSH)
            push.connect(to(device, "in"))
            for paused in (False, True):
                if paused:
                    device.pause()
                for _ in range(100):
                    push.send(b"x")
                until(lambda: still(device))
                pid = "self" if kind == "thread" else str(device.launcher.pid)
                before = processor_s(pid)
                time.sleep(1.0)  # how much it uses can only be seen over a time
                # Of the second that passed; a loop that spins takes all of it.
                assert processor_s(pid) - before < 0.5


def processor_s(pid: str) -> float:
    """Processor time that a process has had."""
    with open(f"/proc/{pid}/stat") as file:
        fields = file.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class TestPatterns:
    @pytest.mark.parametrize("kind", TWO_KINDS)
    def test_forwarder_passes_subscriptions(self, kind: str, socket: Make) -> None:
        """Messages without a subscriber do not even reach the device."""
        with running(queue(kind, zmq.XSUB, zmq.XPUB)) as device:
            pub, sub = socket(zmq.XPUB), socket(zmq.SUB)
            pub.connect(to(device, "in"))
            sub.connect(to(device, "out"))
            sub.subscribe("wanted")
            assert pub.recv() == b"\x01wanted"
            for text in ("unwanted", "wanted: 1"):
                pub.send_string(text)
            assert sub.recv() == b"wanted: 1"
            assert device.stats().messages_in == 1
            sub.unsubscribe("wanted")
            assert pub.recv() == b"\x00wanted"
            assert device.stats().messages_out == 2

    @pytest.mark.parametrize("kind", TWO_KINDS)
    def test_forwarder_with_sub_and_pub(self, kind: str, socket: Make) -> None:
        device = make(ThreadDevice, kind, zmq.FORWARDER, zmq.SUB, zmq.PUB)
        device.setsockopt_in(zmq.SUBSCRIBE, "")
        with running(bind(device)):
            pub, sub = socket(zmq.PUB), socket(zmq.SUB)
            pub.connect(to(device, "in"))
            sub.connect(to(device, "out"))
            sub.subscribe("")

            def heard() -> bool:
                pub.send(b"again")
                return bool(sub.poll(10))

            until(heard)

    @pytest.mark.parametrize("kind", TWO_KINDS)
    def test_two_routers_have_the_first_parts_swapped(self, kind: str, socket: Make) -> None:
        device = make(ThreadMonitoredQueue, kind, zmq.ROUTER, zmq.ROUTER)
        with running(bind(device)):
            a, b = socket(zmq.DEALER), socket(zmq.DEALER)
            a.identity, b.identity = b"a", b"b"
            a.connect(to(device, "in"))
            b.connect(to(device, "out"))
            stats_when(device, lambda s: s.peers_in == s.peers_out == 1)
            time.sleep(0.1)  # a router has to hear the name of its peer
            a.send_multipart([b"b", b"hello", b"you"])
            assert b.recv_multipart() == [b"a", b"hello", b"you"]
            b.send_multipart([b"a", b"back"])
            assert a.recv_multipart() == [b"b", b"back"]
            a.send_multipart([b"nobody", b"lost"])
            a.send_multipart([b"b", b"not lost"])
            assert b.recv_multipart() == [b"a", b"not lost"]

    @pytest.mark.parametrize("kind", TWO_KINDS)
    def test_a_router_that_must_know_its_peers(self, kind: str, socket: Make) -> None:
        """A message without a receiver ends whole: no part of it is taken for another message."""
        device = make(ThreadDevice, kind, zmq.QUEUE, zmq.PAIR, zmq.ROUTER)
        device.setsockopt_out(zmq.ROUTER_MANDATORY, 1)
        with running(bind(device)):
            source, known = socket(zmq.PAIR), socket(zmq.DEALER)
            known.identity = b"known"
            source.connect(to(device, "in"))
            known.connect(to(device, "out"))
            known.send(b"here")
            assert source.recv_multipart() == [b"known", b"here"]
            source.send_multipart([b"unknown", b"known", b"not a message"])
            source.send_multipart([b"known", b"a message"])
            assert known.recv_multipart() == [b"a message"]
            assert not known.poll(50)

    @pytest.mark.parametrize("kind", TWO_KINDS)
    def test_many_clients_and_workers(self, kind: str, socket: Make) -> None:
        with running(queue(kind)) as device, zmq.Context() as context:

            def work() -> None:
                with context.socket(zmq.REP) as worker:
                    worker.connect(to_out)
                    while (request := worker.recv()) != b"end":
                        worker.send(request * 2)
                    worker.send(b"ended")

            to_out = to(device, "out")
            workers = [threading.Thread(target=work) for _ in range(4)]
            for each in workers:
                each.start()
            stats_when(device, lambda s: s.peers_out == 4)
            clients = [socket(zmq.REQ) for _ in range(10)]
            for client in clients:
                client.connect(to(device, "in"))
            for n in range(50):
                for i, client in enumerate(clients):
                    client.send(b"%d-%d" % (n, i))
                for i, client in enumerate(clients):
                    assert client.recv() == b"%d-%d" % (n, i) * 2
            stats_when(device, lambda s: s.peers_in == 10)
            for left in range(len(workers) - 1, -1, -1):
                clients[0].send(b"end")
                assert clients[0].recv() == b"ended"
                # Until its connection has ended, a worker may be given the next request.
                stats_when(device, lambda s, left=left: s.peers_out == left)
            for each in workers:
                each.join(5)

    @pytest.mark.parametrize("kind", TWO_KINDS)
    def test_large_and_many_parts(self, kind: str, socket: Make) -> None:
        with running(queue(kind, zmq.PULL, zmq.PUSH)) as device:
            push, pull = socket(zmq.PUSH), socket(zmq.PULL)
            push.connect(to(device, "in"))
            pull.connect(to(device, "out"))
            parts = [bytes([n % 256]) * (n * 7) for n in range(2000)]
            push.send_multipart(parts)
            push.send(bytes(5_000_000))
            assert pull.recv_multipart() == parts
            assert len(pull.recv()) == 5_000_000
            stats = device.stats()
            assert (stats.messages_in, stats.bytes_in) == (2, sum(map(len, parts)) + 5_000_000)


class TestCurve:
    @pytest.mark.parametrize("kind", TWO_KINDS)
    def test_all_sides(self, kind: str, socket: Make) -> None:
        if not zmq.has("curve"):
            pytest.skip("libzmq without CURVE")
        public, secret = zmq.curve_keypair()
        device = make(ThreadMonitoredQueue, kind, zmq.ROUTER, zmq.DEALER)
        for side in ("in", "out", "mon"):
            set_option = getattr(device, f"setsockopt_{side}")
            set_option(zmq.CURVE_SERVER, 1)
            set_option(zmq.CURVE_SECRETKEY, secret)
        with running(bind(device)):

            def peer(socket_type: int, side: str) -> zmq.Socket:
                made = socket(socket_type)
                made.curve_publickey, made.curve_secretkey = zmq.curve_keypair()
                made.curve_serverkey = public
                made.connect(to(device, side))
                return made

            stranger = socket(zmq.REQ)
            stranger.connect(to(device, "in"))
            stranger.send(b"in clear")
            monitor = peer(zmq.SUB, "mon")
            monitor.subscribe("")
            client, worker = peer(zmq.REQ, "in"), peer(zmq.REP, "out")
            time.sleep(0.2)  # a PUB does not tell that it has the subscription
            client.send(b"secret")
            assert worker.recv() == b"secret"
            worker.send(b"answer")
            assert client.recv() == b"answer"
            assert [monitor.recv_multipart()[::3] for _ in "io"] == [
                [b"in", b"secret"],
                [b"out", b"answer"],
            ]
            assert not worker.poll(100)
            assert not stranger.poll(0)

    def test_connecting_sides(self, socket: Make) -> None:
        public, secret = zmq.curve_keypair()
        server = socket(zmq.PULL, curve_server=1, curve_secretkey=secret)
        server.bind("tcp://127.0.0.1:*")
        device = bind(ThreadProxy(zmq.PULL, zmq.PUSH), "in")
        mine = zmq.curve_keypair()
        for option, value in (
            (zmq.CURVE_SERVERKEY, public),
            (zmq.CURVE_PUBLICKEY, mine[0]),
            (zmq.CURVE_SECRETKEY, mine[1]),
        ):
            device.setsockopt_out(option, value)
        device.connect_out(server.last_endpoint.decode())
        with running(device):
            push = socket(zmq.PUSH)
            push.connect(to(device, "in"))
            push.send(b"through")
            assert server.recv() == b"through"


class TestStats:
    @pytest.mark.parametrize("kind", TWO_KINDS)
    def test_rates_are_those_of_the_last_second(self, kind: str, socket: Make) -> None:
        with running(queue(kind, zmq.PULL, zmq.PUSH)) as device:
            push, pull = socket(zmq.PUSH), socket(zmq.PULL)
            push.connect(to(device, "in"))
            pull.connect(to(device, "out"))
            assert device.stats().messages_in_per_s == 0.0
            begin = time.monotonic()
            sent = 0
            while (elapsed := time.monotonic() - begin) < 1.5:
                push.send(bytes(100))
                pull.recv()
                sent += 1
                time.sleep(0.002)
            stats = device.stats()
            assert stats.messages_in == sent
            assert stats.messages_in_per_s == pytest.approx(sent / elapsed, rel=0.4)
            assert stats.bytes_in_per_s == pytest.approx(stats.messages_in_per_s * 100)
            assert stats.messages_out_per_s == stats.bytes_out_per_s == 0.0
            assert stats.seconds >= 1.5
            stats_when(device, lambda s: s.messages_in_per_s == 0.0)
            assert device.stats().messages_in == sent
            # A pause that is long before the next message is no part of the rate.
            push.send(b"x")
            pull.recv()
            one = stats_when(device, lambda s: s.messages_in_per_s > 0)
            assert one.messages_in_per_s < 20
            assert device.stop(5) is True
            ended = device.stats()
            assert ended.messages_in == sent + 1
            assert ended.messages_in_per_s == 0.0
            time.sleep(0.1)  # a time that must not count
            assert device.stats() == ended

    @pytest.mark.parametrize("kind", TWO_KINDS)
    def test_peers_come_and_go(self, kind: str, socket: Make) -> None:
        with running(queue(kind)) as device:
            assert (device.stats().peers_in, device.stats().peers_out) == (0, 0)
            clients = [socket(zmq.REQ) for _ in range(50)]
            for client in clients:
                client.connect(to(device, "in"))
            worker = socket(zmq.REP)
            worker.connect(to(device, "out"))
            stats_when(device, lambda s: (s.peers_in, s.peers_out) == (50, 1))
            for client in clients[10:]:
                client.close(0)
            stats_when(device, lambda s: (s.peers_in, s.peers_out) == (10, 1))
            worker.close(0)
            stats_when(device, lambda s: (s.peers_in, s.peers_out) == (10, 0))

    @pytest.mark.parametrize("kind", TWO_KINDS)
    def test_peers_that_it_connects_to(self, kind: str, socket: Make) -> None:
        device = make(ThreadDevice, kind, zmq.QUEUE, zmq.ROUTER, zmq.DEALER)
        worker = socket(zmq.REP)
        worker.bind("tcp://127.0.0.1:*")
        address = worker.last_endpoint.decode()
        device.connect_out(address)
        device.setsockopt_out(zmq.RECONNECT_IVL, 20)
        bind(device, "in")
        with running(device):
            stats_when(device, lambda s: s.peers_out == 1)
            worker.close(0)
            stats_when(device, lambda s: s.peers_out == 0)
            again = socket(zmq.REP)

            def rebound() -> bool:
                try:
                    again.bind(address)
                except zmq.ZMQError:
                    return False
                return True

            until(rebound)
            stats_when(device, lambda s: s.peers_out == 1)

    def test_more_connections_than_an_idle_device_would_hear_of(self, socket: Make) -> None:
        """Unread events stop libzmq's I/O thread: those of a paused device are read, too."""
        with running(queue("thread")) as device, zmq.Context() as context:
            context.max_sockets = 3000
            device.pause()
            for _ in range(15):
                clients = [context.socket(zmq.DEALER) for _ in range(100)]
                for client in clients:
                    client.linger = 0
                    client.connect(to(device, "in"))
                stats_when(device, lambda s: s.peers_in == 100)
                for client in clients:
                    client.close()
                stats_when(device, lambda s: s.peers_in == 0)
