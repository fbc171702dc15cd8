"""bind to the machine's own name, which libzmq does not look up."""

from __future__ import annotations

import errno
import socket as sockets

import pytest

import zmq


@pytest.mark.parametrize("name", ["localhost", sockets.gethostname()])
def test_a_name_of_this_machine(context: zmq.Context[zmq.Socket[bytes]], name: str) -> None:
    try:
        sockets.getaddrinfo(name, None, sockets.AF_INET)
    except OSError:
        pytest.skip(f"an address of {name}: the machine does not know its own name")
    with context.socket(zmq.REP) as server, context.socket(zmq.REQ) as client:
        ask(server, client, name)


def ask(server: zmq.Socket[bytes], client: zmq.Socket[bytes], name: str) -> None:
    bound = server.bind(f"tcp://{name}:*")
    port = str(bound.addr).rpartition(":")[2]
    client.connect(f"tcp://{name}:{port}")
    client.send(b"who")
    assert server.recv() == b"who"
    server.unbind(f"tcp://{name}:{port}")
    with pytest.raises(zmq.ZMQError) as raised:
        server.unbind(f"tcp://{name}:{port}")
    assert raised.value.errno == errno.ENOENT


def test_another_name(context: zmq.Context[zmq.Socket[bytes]]) -> None:
    with (
        context.socket(zmq.REP) as socket,
        pytest.raises(zmq.ZMQError, match="such-name") as raised,
    ):
        socket.bind("tcp://no-such-name:5555")
    assert raised.value.errno == errno.ENODEV
