"""The end of devices: nothing that they took in is lost, and nothing keeps them from ending."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
import time
from collections.abc import Callable

import pytest

import zmq
from helpers.devices import (
    KINDS,
    TWO_KINDS,
    Counter,
    bind,
    count_until_quiet,
    make,
    queue,
    running,
    stats_when,
    to,
)
from helpers.sockets import deliver
from helpers.waiting import until
from zmq.devices import ThreadDevice, ThreadProxy, ThreadProxySteerable

Make = Callable[..., zmq.Socket]

# Python 3.12 and later say so of every fork of a process that has threads, as libzmq makes them.
pytestmark = pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning")
MESSAGES = 2000


def streamer(kind: str) -> object:
    return queue(kind, zmq.PULL, zmq.PUSH)


def fill(socket: Make, device, count: int = MESSAGES, size: int = 10) -> zmq.Socket:
    """Send into a device."""
    push = socket(zmq.PUSH, sndhwm=0)
    push.connect(to(device, "in"))
    for n in range(count):
        push.send_multipart([b"%d" % n, bytes(size)])
    return push


class TestNothingIsLost:
    @pytest.mark.parametrize("kind", KINDS)
    def test_stop_hands_on_what_was_taken_in(self, kind: str, socket: Make) -> None:
        device = streamer(kind)
        with running(device):
            pull = socket(zmq.PULL)
            pull.connect(to(device, "out"))
            stats_when(device, lambda s: s.peers_out == 1)
            fill(socket, device)
            # As long as it sends, it is not what the device has taken in.
            stats_when(device, lambda s: s.messages_in > 0)
            with Counter(pull) as received:
                stats_when(device, lambda s: s.messages_in == MESSAGES)
                assert device.stop(10) is True
                assert received.total(MESSAGES) == MESSAGES
        assert device.stats().messages_in == MESSAGES

    @pytest.mark.parametrize("kind", TWO_KINDS)
    def test_also_what_waits_in_its_queues(self, kind: str, socket: Make) -> None:
        """A full output: most messages are in the queue of the in socket when stop() comes."""
        device = streamer(kind)
        device.setsockopt_in(zmq.RCVHWM, 0)
        device.setsockopt_out(zmq.SNDHWM, 10)
        with running(device):
            pull = socket(zmq.PULL, rcvhwm=10)
            pull.connect(to(device, "out"))
            stats_when(device, lambda s: s.peers_out == 1)
            # More than the system's buffers on the way out can hold.
            deliver(to(device, "in"), [bytes(20_000)] * MESSAGES)
            until(lambda: device.stats().blocked_in_s > 0)
            assert device.stats().messages_in < MESSAGES
            with Counter(pull) as received:
                assert device.stop() is True
                assert received.total(MESSAGES) == MESSAGES

    @pytest.mark.parametrize("kind", TWO_KINDS)
    def test_also_of_a_device_that_is_paused(self, kind: str, socket: Make) -> None:
        device = streamer(kind)
        with running(device):
            pull = socket(zmq.PULL)
            pull.connect(to(device, "out"))
            stats_when(device, lambda s: s.peers_out == 1)
            device.pause()
            deliver(to(device, "in"), [b"x"] * 100)
            assert device.stats().messages_in == 0
            assert device.stop(10) is True
            assert count_until_quiet(pull, 100) == 100

    def test_subscribers_that_come_and_go_are_no_loss(self, socket: Make) -> None:
        device = bind(ThreadDevice(zmq.FORWARDER, zmq.XSUB, zmq.XPUB))
        with running(device):
            publisher, subscriber = socket(zmq.XPUB), socket(zmq.SUB)
            publisher.connect(to(device, "in"))
            subscriber.connect(to(device, "out"))
            subscriber.subscribe("")
            assert publisher.recv() == b"\1"
            clean: list[bool] = []
            stopper = threading.Thread(target=lambda: clean.append(device.stop(5)))
            stopper.start()
            while stopper.is_alive():
                subscriber.subscribe("news")
                subscriber.unsubscribe("news")
                subscriber.poll(1)
            assert clean == [True]

    @pytest.mark.parametrize("kind", TWO_KINDS)
    def test_from_clients_that_send_more_than_can_be_handed_on(
        self, kind: str, socket: Make
    ) -> None:
        """The intake ends in time for what is inside to leave: all of it, and no more is taken.

        What a client was in the middle of sending is lost, which stop() says. Where it says that
        nothing is lost, all the rest comes through the device that is started next.
        """
        device = streamer(kind)
        going = True
        sent = 0

        def send() -> None:
            nonlocal sent
            while going:
                with contextlib.suppress(zmq.Again):
                    push.send(bytes(2000))
                    sent += 1

        with running(device):
            push, pull = socket(zmq.PUSH, sndtimeo=50), socket(zmq.PULL)
            push.connect(to(device, "in"))
            pull.connect(to(device, "out"))
            stats_when(device, lambda s: (s.peers_in, s.peers_out) == (1, 1))
            sender = threading.Thread(target=send)
            # It takes some 15,000 a second.
            with Counter(pull, lambda count: count % 20 or time.sleep(0.001)) as received:
                sender.start()
                try:
                    stats_when(device, lambda s: s.blocked_in_s > 0)
                    nothing_lost = device.stop(4)
                    assert nothing_lost or "went on sending" in device.left_behind
                finally:
                    going = False
                    sender.join(20)
                passed = device.stats().messages_in
                assert received.total(passed) == passed
            device.start()
            rest = count_until_quiet(pull, sent - passed if nothing_lost else 0)
            assert passed + rest <= sent
            assert passed + rest == sent or not nothing_lost

    @pytest.mark.parametrize("kind", TWO_KINDS)
    def test_while_clients_go_on_sending(self, kind: str, socket: Make) -> None:
        """There is always more to come: it ends all the same."""
        device = streamer(kind)
        with running(device), zmq.Context() as context:
            pull = socket(zmq.PULL)
            pull.connect(to(device, "out"))
            stats_when(device, lambda s: s.peers_out == 1)
            going = True

            def send() -> None:
                with context.socket(zmq.PUSH) as push:
                    push.linger, push.sndtimeo = 0, 100
                    push.connect(to_in)
                    while going:
                        try:
                            push.send(b"x")
                        except zmq.Again:
                            continue

            to_in = to(device, "in")
            sender = threading.Thread(target=send)
            with Counter(pull) as received:
                sender.start()
                try:
                    stats_when(device, lambda s: s.messages_in > 1000)
                    device.stop(10)
                    assert device.done
                finally:
                    going = False
                    sender.join(10)
                passed = device.stats().messages_in
                assert received.total(passed) == passed

    @pytest.mark.parametrize("kind", TWO_KINDS)
    def test_requests_and_replies(self, kind: str, socket: Make) -> None:
        with running(queue(kind)) as device:
            client, worker = socket(zmq.DEALER), socket(zmq.DEALER)
            client.connect(to(device, "in"))
            worker.connect(to(device, "out"))
            for n in range(200):
                client.send(b"%d" % n)
            for _ in range(200):
                worker.send_multipart(worker.recv_multipart())
            stats_when(device, lambda s: s.messages_out == 200)
            assert device.stop(5) is True
            assert [int(client.recv()) for _ in range(200)] == list(range(200))


class TestNothingKeepsIt:
    @pytest.mark.parametrize("kind", TWO_KINDS)
    def test_no_peer_for_what_it_holds(self, kind: str, socket: Make) -> None:
        with running(streamer(kind)) as device:
            fill(socket, device, 5)
            stats_when(device, lambda s: s.blocked_in_s > 0)
            begin = time.monotonic()
            assert device.stop(0.3) is False
            assert time.monotonic() - begin >= 0.3
            assert (device.state, device.done) == ("stopped", True)
            assert device.stop(0.3) is False

    def test_without_a_limit_it_ends_when_nothing_moves(self, socket: Make, monkeypatch) -> None:
        """One direction is stuck; it does not help that the other one goes on."""
        monkeypatch.setattr("zmq.devices._run.STALL_S", 0.5)
        device = queue("thread", zmq.DEALER, zmq.DEALER)
        for option in (zmq.SNDHWM, zmq.RCVHWM):
            device.setsockopt_out(option, 10)
        with running(device):
            front, back = socket(zmq.DEALER), socket(zmq.DEALER, rcvhwm=10)
            front.connect(to(device, "in"))
            back.connect(to(device, "out"))
            stats_when(device, lambda s: s.peers_in == s.peers_out == 1)
            while front.poll(300, zmq.POLLOUT):
                front.send(bytes(100_000))
            going = True

            def chat() -> None:
                while going:
                    back.send(b"x")
                    time.sleep(0.001)

            thread = threading.Thread(target=chat)
            thread.start()
            stats_when(device, lambda s: s.messages_out > 10)
            clean = device.stop()
            going = False
            thread.join(5)
            assert clean is False
            assert device.done

    @pytest.mark.parametrize("kind", TWO_KINDS)
    def test_a_peer_that_takes_nothing_of_what_was_sent(self, kind: str, socket: Make) -> None:
        """Messages queued for a peer that does not read end with the device's time."""
        device = streamer(kind)
        device.context_factory = zmq.Context
        with running(device):
            pull = socket(zmq.PULL, rcvhwm=1)
            pull.connect(to(device, "out"))
            stats_when(device, lambda s: s.peers_out == 1)
            push = socket(zmq.PUSH)
            push.connect(to(device, "in"))
            for _ in range(20):
                push.send(bytes(1_000_000))
            stats_when(device, lambda s: s.messages_in == 20)
            assert device.stop(0.5) is False
            assert device.done

    @pytest.mark.parametrize("kind", TWO_KINDS)
    def test_many_at_once_ask(self, kind: str) -> None:
        with running(queue(kind)) as device:
            answers: list[bool] = []
            threads = [
                threading.Thread(target=lambda: answers.append(device.stop(5))) for _ in range(5)
            ]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join(10)
            assert answers == [True] * 5

    def test_threads_ask_after_its_end(self) -> None:
        """A new thread may have the number of one that has ended: here, that of the device."""
        answers: list[bool] = []
        with running(queue("thread")) as device:
            assert device.stop(5)
            for _ in range(20):
                thread = threading.Thread(target=lambda: answers.append(device.stop(5)))
                thread.start()
                thread.join(10)
        assert answers == [True] * 20

    def test_stats_go_on_while_others_stop_it(self) -> None:
        with running(queue("spawn")) as device:
            ended = threading.Event()
            looked = threading.Event()

            def look() -> None:
                while not ended.is_set():
                    device.stats()
                    _ = device.state
                    looked.set()

            thread = threading.Thread(target=look)
            thread.start()
            assert looked.wait(10)
            assert device.stop(5) is True
            ended.set()
            thread.join(5)
            assert not thread.is_alive()
            assert device.state == "stopped"

    def test_a_process_that_does_not_answer_is_killed(self, socket: Make) -> None:
        device = queue("spawn")
        device.start()
        os.kill(device.launcher.pid, signal.SIGSTOP)
        assert device.stop(0.2) is False
        assert (device.state, device.done) == ("failed", True)
        assert "SIGKILL" in str(device.error)
        assert not device.launcher.is_alive()

    def test_terminating_the_process_drains_it(self, socket: Make) -> None:
        """As multiprocessing ends daemons at the end of a program."""
        with running(streamer("spawn")) as device:
            pull = socket(zmq.PULL)
            pull.connect(to(device, "out"))
            stats_when(device, lambda s: s.peers_out == 1)
            device.pause()
            deliver(to(device, "in"), [b"x"] * 100)
            device.launcher.terminate()
            device.join(10)
            assert device.state == "stopped"
            assert count_until_quiet(pull, 100) == 100

    def test_interrupting_the_process_does_nothing(self) -> None:
        with running(queue("spawn")) as device:
            os.kill(device.launcher.pid, signal.SIGINT)
            time.sleep(0.2)  # nothing shows that the signal has been ignored
            assert device.state == "running"
            assert device.stop(5) is True


class TestTerminate:
    """TERMINATE on the control socket ends a device as stop() does."""

    @pytest.mark.parametrize("kind", TWO_KINDS)
    @pytest.mark.parametrize("ctrl", [zmq.PAIR, zmq.REP, zmq.SUB, zmq.PULL])
    def test_it_drains(self, kind: str, ctrl: int, socket: Make) -> None:
        device = bind(make(ThreadProxySteerable, kind, zmq.PULL, zmq.PUSH, zmq.PUB, ctrl))
        if ctrl == zmq.SUB:
            device.setsockopt_ctrl(zmq.SUBSCRIBE, "")
        with running(device):
            pull = socket(zmq.PULL)
            pull.connect(to(device, "out"))
            other = {zmq.PAIR: zmq.PAIR, zmq.REP: zmq.REQ, zmq.SUB: zmq.XPUB, zmq.PULL: zmq.PUSH}
            control = socket(other[ctrl])
            control.connect(to(device, "ctrl"))
            stats_when(device, lambda s: s.peers_out == 1)
            if ctrl == zmq.SUB:
                assert control.recv() == b"\1"
            control.send(b"PAUSE")
            until(lambda: device.state == "paused")
            if ctrl == zmq.REP:
                assert control.recv() == b""
            deliver(to(device, "in"), [b"x"] * 100)
            assert device.stats().messages_in == 0
            control.send(b"TERMINATE")
            device.join(10)
            assert device.state == "stopped"
            assert count_until_quiet(pull, 100) == 100
            assert device.stop() is True


class TestLingering:
    def test_a_thread_leaves_what_it_sent_to_the_context(self, socket: Make) -> None:
        """The context is the program's: it goes on sending after stop()."""
        device = ThreadProxy(zmq.PULL, zmq.PUSH)
        bind(device)
        with running(device):
            pull = socket(zmq.PULL, rcvhwm=1)
            pull.connect(to(device, "out"))
            stats_when(device, lambda s: s.peers_out == 1)
            fill(socket, device, 500)
            stats_when(device, lambda s: s.messages_in == 500)
            assert device.stop(5) is True
            assert count_until_quiet(pull, 500) == 500

    def test_options_of_a_socket_are_kept(self) -> None:
        device = ThreadDevice(zmq.QUEUE, zmq.PULL, zmq.PUSH)
        device.setsockopt_out(zmq.LINGER, 0)
        bind(device)
        with running(device):
            assert device.stop(1) is True
