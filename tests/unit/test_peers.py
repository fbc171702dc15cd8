"""The table of connections: what the events of a late monitor leave open."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator, Sequence

import pytest

import zmq
from helpers.strangers import GREETING, ready
from helpers.waiting import until
from zmq.core import event_stream


@pytest.fixture
def context() -> Iterator[zmq.Context]:
    with zmq.Context() as context:
        yield context


def test_a_monitor_that_begins_within_a_handshake(context: zmq.Context) -> None:
    """It is told of the end of the handshake, which names no descriptor: that is one connection."""
    with context.socket(zmq.PUSH) as server:
        server.bind("tcp://127.0.0.1:*")
        host, port = server.last_endpoint.decode().removeprefix("tcp://").split(":")
        with socket.create_connection((host, int(port))) as client:
            client.recv(1)  # it is accepted
            with server.connection_events(zmq.EVENT_HANDSHAKE_SUCCEEDED) as events:
                client.sendall(GREETING + ready(b"PULL"))
                next(events)
            assert len(server.peers()) == 1
            assert len(server.wait_for_peers(1)) == 1
        until(lambda: not server.peers())


def test_the_context_ends_just_before_the_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another thread may end it between the check of the socket and the first step of a wait."""
    context = zmq.Context()
    push = context.socket(zmq.PUSH)
    checked = event_stream._checked

    def ended(sockets: Sequence[zmq.Socket]) -> Sequence[zmq.Socket]:
        found = checked(sockets)
        context.destroy()
        return found

    monkeypatch.setattr(event_stream, "_checked", ended)
    with pytest.raises(zmq.ContextTerminated):
        push.wait_for_peers(1)


@pytest.mark.parametrize(
    "follow",
    [
        lambda each: each.peers(),
        lambda each: each.connection_events().close(),
        lambda each: (each.monitor("inproc://events"), each.monitor(None)),
    ],
)
def test_sockets_that_were_closed_just_before(follow: Callable[[zmq.Socket], object]) -> None:
    """They count until libzmq has cleared them away; what a monitor opens waits for that, too."""
    with zmq.Context() as context:
        context.max_sockets = 8
        for _ in range(300):
            with context.socket(zmq.PULL) as one:
                follow(one)


@pytest.mark.skipif(not socket.has_ipv6, reason="no IPv6")
@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0", "localhost"])
@pytest.mark.parametrize("ipv6", [True, False])
def test_a_connection_whose_address_the_system_writes_otherwise(host: str, ipv6: bool) -> None:
    """It is older than the wait, so that it has to be found among those of the process."""
    with zmq.Context() as context:
        context.ipv6 = ipv6
        with context.socket(zmq.REP) as rep, context.socket(zmq.REQ) as req:
            port = rep.bind_to_random_port("tcp://*")
            req.connect(f"tcp://{host}:{port}")
            req.send(b"")
            rep.recv()
            req.rcvtimeo = 100
            with pytest.raises(zmq.Again, match="1 connection stands"):
                req.recv()
            assert len(req.wait_for_peers(1, 20000)) == 1


def test_a_peer_has_one_time(context: zmq.Context) -> None:
    with context.socket(zmq.PUSH) as push, context.socket(zmq.PULL) as pull:
        assert push.peers() == []  # from now on events tell when a peer is there
        push.bind("tcp://127.0.0.1:*")
        pull.connect(push.last_endpoint)
        peers = push.wait_for_peers(1, 20000)
        assert push.peers() == peers


@pytest.mark.parametrize("kind", [zmq.DEALER, zmq.SUB, zmq.PUB, zmq.REQ])
def test_libzmq_leaves_out_a_second_connection(context: zmq.Context, kind: int) -> None:
    with context.socket(kind) as one:
        one.linger = 0
        for _ in range(2):
            one.connect("tcp://127.0.0.1:9")
        assert str(zmq.dump()).count("tcp://127.0.0.1:9") == 1
        one.disconnect("tcp://127.0.0.1:9")
        assert "tcp://127.0.0.1:9" not in str(zmq.dump())
