"""bind to the machine's own name, which libzmq does not look up."""

from __future__ import annotations

import errno
import socket as sockets

import pytest

import zmq
from helpers.waiting import until


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


TEXTS = ["tcp://127.0.0.1:*", "tcp://127.0.0.1:0", "tcp://*:*", "ipc://*"]


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("encode", [str, str.encode])
def test_unbind_takes_the_text_that_bind_took(context, text: str, encode) -> None:
    with context.socket(zmq.PULL) as socket:
        for _ in range(3):
            socket.bind(encode(text))
        endpoints = []
        for _ in range(2):
            socket.unbind(encode(text))
            socket.bind(text)
            endpoints.append(socket.last_endpoint.decode())
        socket.unbind(endpoints[1])  # by what it is
        socket.unbind(text)
        socket.unbind(text)
        with pytest.raises(zmq.ZMQError) as raised:
            socket.unbind(text)
        assert raised.value.errno == errno.ENOENT


def test_unbind_of_a_port_on_all_interfaces(context) -> None:
    with context.socket(zmq.PULL) as socket, context.socket(zmq.PULL) as probe:
        socket.bind("tcp://*:*")
        port = socket.last_endpoint.rpartition(b":")[2].decode()
        socket.unbind("tcp://*:*")
        for _ in range(3):
            until(lambda: bound(socket, f"tcp://*:{port}"))
            with pytest.raises(zmq.ZMQError, match="in use"):
                probe.bind(f"tcp://127.0.0.1:{port}")
            socket.unbind(f"tcp://*:{port}")
        until(lambda: bound(probe, f"tcp://127.0.0.1:{port}"))


def test_unbind_of_the_name_of_an_interface(context) -> None:
    name = next((name for _, name in sockets.if_nameindex() if name.startswith("lo")), None)
    if name is None:
        pytest.skip("an interface of the machine itself")
    with context.socket(zmq.PULL) as socket:
        socket.bind(f"tcp://{name}:*")
        port = socket.last_endpoint.rpartition(b":")[2].decode()
        socket.unbind(f"tcp://{name}:*")
        until(lambda: bound(socket, f"tcp://{name}:{port}"))
        socket.unbind(f"tcp://{name}:{port}")


def test_unbind_of_localhost_with_a_port_that_was_found(context) -> None:
    with context.socket(zmq.PULL) as socket:
        socket.bind("tcp://localhost:*")
        socket.unbind("tcp://localhost:*")
        with pytest.raises(zmq.ZMQError) as raised:
            socket.unbind("tcp://localhost:*")
        assert raised.value.errno == errno.ENOENT


@pytest.mark.parametrize(
    "text", ["tcp://localhost:9", "tcp://127.0.0.1:9", "inproc://later", "ipc:///tmp/ohmq-nobody"]
)
def test_disconnect_takes_what_connect_took(context, text: str) -> None:
    with context.socket(zmq.PUSH) as socket:
        for undo in (text, text.encode(), None):
            socket.connect(text)
            socket.disconnect(socket.last_endpoint if undo is None else undo)
            with pytest.raises(zmq.ZMQError) as raised:
                socket.disconnect(text)
            assert raised.value.errno == errno.ENOENT


def bound(socket: zmq.Socket[bytes], endpoint: str) -> bool:
    """Whether it could be bound: libzmq gives up a port in its own time."""
    try:
        socket.bind(endpoint)
    except zmq.ZMQError as error:
        if error.errno != errno.EADDRINUSE:
            raise
        return False
    return True
