"""Copies for the mon socket of a function: they reach every peer, whenever it comes."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import zmq
import zmq.devices
import zmq.utils.monitor
from helpers.waiting import until

Run = Callable[[zmq.Socket, zmq.Socket, zmq.Socket], None]


def run_monitored_queue(source: zmq.Socket, target: zmq.Socket, mon: zmq.Socket) -> None:
    zmq.devices.monitored_queue(source, target, mon, b"", b"")


def run_proxy(source: zmq.Socket, target: zmq.Socket, mon: zmq.Socket) -> None:
    zmq.proxy(source, target, mon)


class Relay:
    """A relay from a PULL to a PUSH in a thread, with what is at its ends."""

    def __init__(
        self, run: Run, transport: str, folder: Path, mon_type: int, max_sockets: int = 1000
    ) -> None:
        self.context, self.outside = zmq.Context(), zmq.Context()
        self.context.max_sockets = max_sockets
        source, target, mon = map(self.context.socket, (zmq.PULL, zmq.PUSH, mon_type))
        places = {
            "tcp": "tcp://127.0.0.1:*",
            "ipc": f"ipc://{folder}/mon",
            "inproc": "inproc://mon",
        }
        source.bind("tcp://127.0.0.1:*")
        target.bind("tcp://127.0.0.1:*")
        mon.bind(places[transport])
        self.place = mon.last_endpoint
        self.of_readers = self.context if transport == "inproc" else self.outside
        self.push, self.pull = self.outside.socket(zmq.PUSH), self.outside.socket(zmq.PULL)
        self.push.connect(source.last_endpoint)
        self.pull.connect(target.last_endpoint)
        self.pull.rcvtimeo = 10_000
        self.sockets = (source, target, mon)
        self.readers: list[zmq.Socket] = []
        self.series = 0
        self.thread = threading.Thread(target=self.go, args=(run,))

    def go(self, run: Run) -> None:
        with pytest.raises(zmq.ContextTerminated):
            run(*self.sockets)
        for each in self.sockets:
            each.close(0)

    def reader(self) -> zmq.Socket:
        socket = self.of_readers.socket(zmq.SUB)
        socket.subscribe(b"")
        socket.rcvtimeo = 10_000
        socket.connect(self.place)
        self.readers.append(socket)
        return socket

    def send(self, body: bytes) -> None:
        self.push.send(body)
        assert self.pull.recv() == body

    def hears(self, reader: zmq.Socket) -> None:
        """Send until a reader hears of it, and then more: it gets each."""

        def heard() -> bool:
            self.send(b"heard?")
            return bool(reader.poll(20))

        until(heard)
        self.series += 1
        bodies = [b"%d of series %d" % (n, self.series) for n in range(100)]
        for body in bodies:
            self.send(body)
        while (first := reader.recv_multipart()[-1]) != bodies[0]:
            pass
        assert [first, *(reader.recv_multipart()[-1] for _ in range(99))] == bodies

    def end(self) -> None:
        for each in self.readers:
            each.close(0)
        self.outside.destroy(0)
        if self.thread.ident is None:
            self.context.destroy(0)
        else:
            self.context.term()
            self.thread.join(10)


@pytest.fixture(params=[run_monitored_queue, run_proxy], ids=["monitored_queue", "proxy"])
def run(request: pytest.FixtureRequest) -> Run:
    return request.param


@pytest.fixture(params=["tcp", "ipc", "inproc"])
def transport(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture(params=[zmq.PUB, zmq.XPUB], ids=["PUB", "XPUB"])
def relay(
    request: pytest.FixtureRequest, run: Run, transport: str, tmp_path: Path
) -> Iterator[Relay]:
    relay = Relay(run, transport, tmp_path, request.param)
    yield relay
    relay.end()


def test_a_peer_that_was_there_before(relay: Relay) -> None:
    reader = relay.reader()
    if relay.of_readers is relay.outside:
        assert reader.wait_for_peers(1, 10_000)
    relay.thread.start()
    relay.hears(reader)


def test_peers_that_come_and_go(relay: Relay) -> None:
    relay.thread.start()
    relay.send(b"to nobody")
    for _ in range(3):
        reader = relay.reader()
        relay.hears(reader)
        reader.close(0)
        relay.send(b"to nobody, or to one that goes")


def test_two_peers_of_which_one_goes(relay: Relay) -> None:
    relay.thread.start()
    stays, goes = relay.reader(), relay.reader()
    relay.hears(goes)
    goes.close(0)
    relay.send(b"heard?")
    relay.hears(stays)


def test_the_monitor_of_the_program_stays(run: Run, tmp_path: Path) -> None:
    relay = Relay(run, "tcp", tmp_path, zmq.PUB)
    events = relay.sockets[2].get_monitor_socket()
    relay.thread.start()
    reader = relay.reader()
    relay.hears(reader)
    assert events.poll(10_000)
    assert zmq.utils.monitor.recv_monitor_message(events)["event"] == zmq.EVENT_ACCEPTED
    events.close()
    relay.end()


def test_a_context_with_no_socket_left(run: Run, tmp_path: Path) -> None:
    """No monitor can be opened: every copy is sent then."""
    relay = Relay(run, "tcp", tmp_path, zmq.PUB, max_sockets=3)
    with pytest.raises(zmq.ZMQError, match="Too many open files"):
        relay.context.socket(zmq.PAIR)
    relay.thread.start()
    reader = relay.reader()
    relay.hears(reader)
    relay.end()
