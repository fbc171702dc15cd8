"""Pausing and asking: by method, and by the commands of zmq_proxy_steerable(3)."""

from __future__ import annotations

import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

import zmq
from helpers.devices import KINDS, TWO_KINDS, bind, make, queue, running, stats_when, still, to
from helpers.waiting import until
from zmq.devices import ThreadDevice, ThreadMonitoredQueue, ThreadProxy, ThreadProxySteerable

Make = Callable[..., zmq.Socket]

# Python 3.12 and later say so of every fork of a process that has threads, as libzmq makes them.
pytestmark = pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning")


@contextmanager
def traffic(device) -> Iterator[None]:
    """Requests and replies without end."""
    going = True
    with zmq.Context() as context:
        sockets = [context.socket(zmq.DEALER), context.socket(zmq.DEALER)]
        for each, side in zip(sockets, ("in", "out"), strict=True):
            each.linger, each.rcvtimeo, each.sndtimeo = 0, 50, 50
            each.connect(to(device, side))

        def ask() -> None:
            while going:
                try:
                    sockets[0].send(b"question")
                    sockets[0].recv()
                except zmq.Again:
                    continue

        def answer() -> None:
            while going:
                try:
                    sockets[1].send_multipart(sockets[1].recv_multipart())
                except zmq.Again:
                    continue

        threads = [threading.Thread(target=each) for each in (ask, answer)]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            going = False
            for thread in threads:
                thread.join(5)
            for each in sockets:
                each.close()


class TestByMethod:
    @pytest.mark.parametrize("kind", KINDS)
    @pytest.mark.parametrize("cls", [ThreadDevice, ThreadProxy, ThreadMonitoredQueue])
    def test_pause_and_resume(self, kind: str, cls: type) -> None:
        types = (zmq.ROUTER, zmq.DEALER)
        device = make(cls, kind, *(((zmq.QUEUE,) if cls is ThreadDevice else ()) + types))
        with running(bind(device)), traffic(device):
            stats_when(device, lambda s: s.messages_out > 10)
            device.pause()
            assert device.state == "paused"
            until(lambda: still(device))  # after the burst that is on its way
            assert device.state == "paused"
            assert still(device)
            device.pause()
            device.resume()
            assert device.state == "running"
            before = device.stats().messages_out
            stats_when(device, lambda s: s.messages_out > before + 10)
            device.resume()

    @pytest.mark.parametrize("kind", TWO_KINDS)
    def test_not_after_the_end(self, kind: str) -> None:
        device = queue(kind)
        device.start()
        device.stop(1)
        for method in (device.pause, device.resume):
            with pytest.raises(RuntimeError, match="has ended"):
                method()

    @pytest.mark.parametrize("kind", TWO_KINDS)
    def test_from_many_threads(self, kind: str) -> None:
        with running(queue(kind)) as device, traffic(device):
            failures: list[BaseException] = []

            def use() -> None:
                try:
                    for _ in range(50):
                        device.pause()
                        assert device.stats().messages_in >= 0
                        device.resume()
                        assert device.state in ("running", "paused")
                except BaseException as error:
                    failures.append(error)

            threads = [threading.Thread(target=use) for _ in range(4)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join(20)
            assert failures == []
            device.resume()
            before = device.stats().messages_out
            stats_when(device, lambda s: s.messages_out > before)


def numbers(frames: list[bytes]) -> list[int]:
    """Eight frames of an unsigned 64-bit number each."""
    assert len(frames) == 8
    return [struct.unpack("=Q", frame)[0] for frame in frames]


class TestByProtocol:
    @pytest.mark.parametrize("kind", KINDS)
    @pytest.mark.parametrize("ctrl", [zmq.PAIR, zmq.REP])
    def test_all_commands(self, kind: str, ctrl: int, socket: Make) -> None:
        device = bind(make(ThreadProxySteerable, kind, zmq.ROUTER, zmq.DEALER, zmq.PUB, ctrl))
        with running(device):
            control = socket(zmq.PAIR if ctrl == zmq.PAIR else zmq.REQ)
            control.connect(to(device, "ctrl"))

            def say(command: bytes) -> None:
                control.send(command)
                if ctrl == zmq.REP:
                    assert control.recv() == b""

            with traffic(device):
                stats_when(device, lambda s: s.messages_out > 10)
                say(b"PAUSE")
                until(lambda: device.state == "paused")
                until(lambda: still(device))  # after the burst that is on its way
                assert still(device)
                # A method undoes what a command did, and the other way round.
                device.resume()
                before = device.stats().messages_out
                stats_when(device, lambda s: s.messages_out > before + 10)
                device.pause()
                say(b"RESUME")
                until(lambda: device.state == "running")
                say(b"NONSENSE")
                before = device.stats().messages_out
                stats_when(device, lambda s: s.messages_out > before + 10)
            until(lambda: still(device))
            control.send(b"STATISTICS")
            got = numbers(control.recv_multipart())
            stats = device.stats()
            in_to_out = [stats.messages_in, stats.bytes_in]
            out_to_in = [stats.messages_out, stats.bytes_out]
            # Received and sent by the in socket, received and sent by the out socket.
            assert got == [*in_to_out, *out_to_in, *out_to_in, *in_to_out]
            say(b"PAUSE")
            control.send(b"STATISTICS")
            assert numbers(control.recv_multipart()) == got
            control.send(b"TERMINATE")
            device.join(5)
            assert (device.state, device.done) == ("stopped", True)

    def test_commands_in_a_row(self, socket: Make) -> None:
        device = bind(ThreadProxySteerable(zmq.ROUTER, zmq.DEALER))
        assert device.ctrl_type == zmq.PAIR
        with running(device):
            control = socket(zmq.PAIR)
            control.connect(to(device, "ctrl"))
            for _ in range(100):
                control.send(b"PAUSE")
                control.send(b"STATISTICS")
                control.send(b"RESUME")
            for _ in range(100):
                assert numbers(control.recv_multipart()) == [0] * 8

    def test_the_function_ends_at_once(self, context: zmq.Context, socket: Make) -> None:
        """zmq.proxy_steerable gives its sockets back: what waits in them is not lost."""
        pull, push, control, steering = (
            socket(each) for each in (zmq.PULL, zmq.PUSH, zmq.PAIR, zmq.PAIR)
        )
        control.bind("inproc://steer")
        steering.connect("inproc://steer")
        pull.bind("inproc://pull")
        source = socket(zmq.PUSH)
        source.connect("inproc://pull")
        for n in range(3):
            source.send_multipart([b"%d" % n, b"more"])
        ended = []
        thread = threading.Thread(
            target=lambda: ended.append(zmq.proxy_steerable(pull, push, None, control))
        )
        thread.start()
        time.sleep(0.1)  # time to come to its wait; the test is right without it
        steering.send(b"TERMINATE")
        thread.join(5)
        assert ended == [0]
        assert [pull.recv_multipart() for _ in range(3)] == [[b"%d" % n, b"more"] for n in range(3)]

    def test_a_relay_goes_on_with_what_it_gave_back(self, socket: Make) -> None:
        from zmq.devices import Relay

        pull, push, source, sink = (
            socket(each) for each in (zmq.PULL, zmq.PUSH, zmq.PUSH, zmq.PULL)
        )
        pull.bind("inproc://pull")
        push.bind("inproc://push")
        source.connect("inproc://pull")
        for n in range(10):
            source.send_multipart([b"%d" % n, b"more"])
        relay = Relay(pull, push, in_prefix=None)
        for _ in range(3):
            thread = threading.Thread(target=relay.run)
            thread.start()
            time.sleep(0.05)  # time to come to its wait; the test is right without it
            relay.stop()
            thread.join(5)
        sink.connect("inproc://push")
        thread = threading.Thread(target=relay.run)
        thread.start()
        assert [sink.recv_multipart() for _ in range(10)] == [
            [b"%d" % n, b"more"] for n in range(10)
        ]
        relay.stop()
        thread.join(5)
        assert relay.stats().messages_in == 10
