"""The table of connections: what the events of a late monitor leave open."""

from __future__ import annotations

import socket
from collections.abc import Iterator, Sequence

import pytest

import zmq
from helpers.waiting import until
from zmq.core import event_stream

GREETING = b"\xff" + bytes(8) + b"\x7f\x03\x00" + b"NULL".ljust(20, b"\0") + bytes(32)
READY = b"\x04\x1a\x05READY\x0bSocket-Type\x00\x00\x00\x04PULL"


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
                client.sendall(GREETING + READY)
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
