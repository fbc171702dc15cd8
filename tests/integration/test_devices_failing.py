"""Background devices that fail, and those with a loop of their own."""

from __future__ import annotations

import gc
import multiprocessing
import pickle
import re
import threading
import time
from collections.abc import Callable

import pytest

import zmq
from helpers.devices import KINDS, TWO_KINDS, bind, make, running, to
from helpers.waiting import until
from zmq.devices import (
    ProcessDevice,
    ThreadDevice,
    ThreadProxy,
)

Make = Callable[..., zmq.Socket]

# Python 3.12 and later say so of every fork of a process that has threads, as libzmq makes them.
pytestmark = pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning")


WRONG: dict[str, tuple[Callable, type[Exception], str]] = {
    "address": (
        lambda d: d.bind_in("tcp://no-such-interface:1"),
        zmq.ZMQError,
        "no-such-interface",
    ),
    "connect": (lambda d: d.connect_in("tcp://"), zmq.ZMQError, r"in socket.*tcp://"),
    "transport": (lambda d: d.bind_out("smoke://5"), zmq.ZMQError, r"out socket.*smoke://5"),
    "option": (
        lambda d: (d.bind_out("tcp://127.0.0.1:0"), d.setsockopt_out(zmq.SUBSCRIBE, b"")),
        zmq.ZMQError,
        r"out socket.*tcp://127\.0\.0\.1:0.*SUBSCRIBE",
    ),
    "type of an option": (lambda d: d.setsockopt_in(zmq.RCVHWM, "many"), TypeError, "in socket"),
    "no socket type": (lambda d: setattr(d, "in_type", 99), zmq.ZMQError, "in socket.*99"),
    "types": (
        lambda d: setattr(d, "out_type", zmq.SUB),
        zmq.ZMQError,
        "PULL.*cannot make a device",
    ),
}


class TestFailing:
    @pytest.mark.parametrize("kind", TWO_KINDS)
    @pytest.mark.parametrize("what", WRONG)
    def test_start_raises_it(self, kind: str, what: str) -> None:
        spoil, error_class, words = WRONG[what]
        device = make(ThreadDevice, kind, zmq.QUEUE, zmq.PULL, zmq.PUSH)
        spoil(device)
        with pytest.raises(error_class, match=words) as raised:
            device.start()
        assert type(raised.value) is error_class
        assert (device.state, device.done) == ("failed", True)
        assert str(device.error) == str(raised.value)
        assert not device.launcher.is_alive()
        assert device.stop() is False
        device.join(1)

    @pytest.mark.parametrize("kind", KINDS)
    def test_an_address_in_use(self, kind: str, socket: Make) -> None:
        taken = socket(zmq.PULL)
        taken.bind("tcp://127.0.0.1:*")
        address = taken.last_endpoint.decode()
        device = make(ThreadDevice, kind, zmq.QUEUE, zmq.PULL, zmq.PUSH)
        device.bind_in(address)
        with pytest.raises(zmq.ZMQError, match=re.escape(address)) as raised:
            device.start()
        assert raised.value.errno == zmq.EADDRINUSE
        taken.unbind(address)
        taken.close(0)

        def start() -> bool:
            try:
                device.start()
            except zmq.ZMQError:
                return False  # the I/O thread has not closed the listener yet
            return True

        until(start)
        assert to(device, "in") == address
        device.stop(0)

    @pytest.mark.parametrize("kind", TWO_KINDS)
    def test_nothing_is_left_behind(self, kind: str, socket: Make, endpoint) -> None:
        path = endpoint("ipc")
        gc.collect()
        zmq.Context.instance()  # which devices use
        names = {thread.name for thread in threading.enumerate()}
        open_before = len(zmq.dump().splitlines())
        for _ in range(3):
            device = make(ThreadDevice, kind, zmq.QUEUE, zmq.PULL, zmq.PUSH)
            port = device.bind_in_to_random_port("tcp://127.0.0.1")
            device.bind_in(path)
            device.bind_out("tcp://no-such-interface:1")
            with pytest.raises(zmq.ZMQError):
                device.start()
            # At once, and by another program.
            with zmq.Context() as other, other.socket(zmq.PUSH) as push:
                push.bind(f"tcp://127.0.0.1:{port}")
                push.bind(path)
        assert {thread.name for thread in threading.enumerate()} <= names
        assert len(zmq.dump().splitlines()) <= open_before
        assert not multiprocessing.active_children()

    def test_a_factory_that_fails(self) -> None:
        device = ThreadDevice(zmq.QUEUE, zmq.PULL, zmq.PUSH)
        device.context_factory = lambda: 1 / 0
        with pytest.raises(ZeroDivisionError):
            device.start()
        assert device.state == "failed"

    def test_what_cannot_go_to_a_process(self) -> None:
        device = ProcessDevice(zmq.QUEUE, zmq.PULL, zmq.PUSH)
        device.start_method = "spawn"
        device.context_factory = lambda: zmq.Context()
        with pytest.raises((AttributeError, pickle.PicklingError)):
            device.start()
        assert device.state == "failed"
        assert not multiprocessing.active_children()

    def test_the_error_says_where_in_the_process(self) -> None:
        device = ProcessDevice(zmq.QUEUE, zmq.PULL, zmq.PUSH)
        device.start_method = "spawn"
        device.bind_in("smoke://1")
        with pytest.raises(zmq.ZMQError) as raised:
            device.start()
        assert any("in process" in note for note in raised.value.__notes__)


class Swapping(ThreadDevice):
    """A run_device() of its own, as a subclass may have: it turns each message round."""

    def run_device(self) -> None:
        ins, outs = self._setup_sockets()
        while True:
            outs.send_multipart(ins.recv_multipart()[::-1])


class SwappingProcess(ProcessDevice):
    run_device = Swapping.run_device


class Wrapped(ThreadProxy):
    """A run_device() that adds something to the one it replaces."""

    def run_device(self) -> None:
        self.before = threading.current_thread()
        super().run_device()


class Idle(ThreadDevice):
    """Has no sockets at all."""

    def run(self) -> None:
        self.event = threading.Event()
        self.event.wait(10)


class SaysItIsDone(Idle):
    """Sets what programs of PyZMQ set, and goes on."""

    def run(self) -> None:
        self.event = threading.Event()
        self.done = True
        self.event.wait()


class FailsLater(ThreadDevice):
    def run_device(self) -> None:
        self._setup_sockets()
        time.sleep(0.2)
        raise ArithmeticError("later")


class TestOwnLoops:
    def test_stop_does_not_wait_for_a_loop_that_goes_on(self) -> None:
        device = SaysItIsDone(zmq.QUEUE, zmq.PULL, zmq.PUSH)
        device.start()
        stopper = threading.Thread(target=device.stop, args=(0.05,), daemon=True)
        try:
            stopper.start()
            stopper.join(20)
            assert not stopper.is_alive()
            assert device.launcher.is_alive()
        finally:
            device.event.set()
            device.launcher.join(20)

    @pytest.mark.parametrize("cls", [Swapping, SwappingProcess])
    def test_run_device_of_a_subclass(self, cls, socket: Make) -> None:
        device = bind(cls(zmq.QUEUE, zmq.PULL, zmq.PUSH))
        if cls is SwappingProcess:
            device.start_method = "fork"  # this module has no name under which to import it
        device.start()
        assert device.state == "running"
        push, pull = socket(zmq.PUSH), socket(zmq.PULL)
        push.connect(to(device, "in"))
        pull.connect(to(device, "out"))
        push.send_multipart([b"a", b"b"])
        assert pull.recv_multipart() == [b"b", b"a"]
        with pytest.raises(RuntimeError, match=r"run_device\(\) of its own"):
            device.pause()
        assert device.stats().messages_in == 0
        assert device.stop(5) is True
        assert (device.state, device.done) == ("stopped", True)
        assert not device.launcher.is_alive()

    def test_errors_of_its_sockets_are_raised_by_start(self) -> None:
        device = Swapping(zmq.QUEUE, zmq.PULL, zmq.PUSH)
        device.bind_in("smoke://1")
        with pytest.raises(zmq.ZMQError, match="smoke://1"):
            device.start()

    def test_a_wrapper_of_the_usual_loop(self) -> None:
        with running(bind(Wrapped(zmq.PULL, zmq.PUSH))) as device:
            assert device.before is device.launcher
            device.pause()
            assert device.state == "paused"

    def test_one_that_tells_nothing(self) -> None:
        device = Idle(zmq.QUEUE, zmq.PULL, zmq.PUSH)
        device.start()
        assert device.state == "running"
        assert device.stop(0.1) is False
        device.event.set()
        device.join(5)
        assert device.done

    def test_what_goes_wrong_later_is_told(self) -> None:
        told = []
        before, threading.excepthook = threading.excepthook, told.append
        try:
            device = bind(FailsLater(zmq.QUEUE, zmq.PULL, zmq.PUSH))
            device.start()
            device.join(5)
        finally:
            threading.excepthook = before
        assert (device.state, device.done, str(device.error)) == ("failed", True, "later")
        assert [one.exc_type for one in told] == [ArithmeticError]
