"""Peers of a socket: those that keys admit, those of a forked child, and calls that come late."""

from __future__ import annotations

import os
import socket as system_socket
import threading
from collections.abc import Callable

import pytest

import zmq
from helpers.processes import run_python
from helpers.sockets import ANY, connected
from helpers.waiting import until
from zmq.auth import secure_client, secure_server

Make = Callable[..., zmq.Socket]
#: A limit for what has to come.
LONG_MS = 20000


@pytest.mark.skipif(not zmq.has("curve"), reason="libzmq was built without CURVE")
class TestCurve:
    def test_only_a_client_with_an_accepted_key_is_a_peer(self, socket: Make) -> None:
        anna, bob = zmq.curve_keypair(), zmq.curve_keypair()
        server = socket(zmq.PULL)
        failed = server.connection_events(zmq.EVENT_HANDSHAKE_FAILED_AUTH, LONG_MS)
        key = secure_server(server, clients=[anna[0]])
        server.bind(ANY)
        stranger, friend = socket(zmq.PUSH), socket(zmq.PUSH)
        secure_client(stranger, key, bob)
        stranger.connect(server.last_endpoint.decode())
        next(failed)
        assert server.peers() == []
        secure_client(friend, key, anna)
        friend.connect(server.last_endpoint.decode())
        assert len(server.wait_for_peers(1, LONG_MS)) == 1
        assert len(friend.wait_for_peers(1, LONG_MS)) == 1
        assert stranger.peers() == []

    def test_a_client_without_keys_waits_in_vain(self, socket: Make) -> None:
        server, client = socket(zmq.PULL), socket(zmq.PUSH)
        secure_server(server, clients=[zmq.curve_keypair()[0]])
        server.peers()
        events = client.connection_events(zmq.EVENT_DISCONNECTED, LONG_MS)
        connected(server, client, "tcp")
        next(events)
        with pytest.raises(zmq.Again, match="0 of 1 peers"):
            client.wait_for_peers(1, 50)
        assert server.peers() == []


@pytest.mark.parametrize("transport", ["tcp", "ipc"])
def test_connections_that_are_older_than_the_first_call(
    transport: str, socket: Make, endpoint: Callable[[str], str]
) -> None:
    server, clients = socket(zmq.ROUTER), [socket(zmq.DEALER) for _ in range(3)]
    server.bind(endpoint(transport))
    for client in clients:
        client.connect(server.last_endpoint.decode())
        client.send(b"here")
    for _ in clients:
        server.recv_multipart()
    assert len(server.wait_for_peers(3, LONG_MS)) == 3
    for client in clients:
        (peer,) = client.wait_for_peers(1, LONG_MS)
        assert peer.endpoint == server.last_endpoint.decode()
    clients[0].close()
    until(lambda: len(server.peers()) == 2)


def test_a_disconnect_ends_a_peer_at_both_sides(socket: Make) -> None:
    push, pull = connected(socket(zmq.PUSH), socket(zmq.PULL), "tcp")
    push.wait_for_peers(1, LONG_MS)
    pull.wait_for_peers(1, LONG_MS)
    pull.disconnect(push.last_endpoint)
    assert pull.peers() == []
    # libzmq closes the connection when the socket is used next.
    until(lambda: pull.poll(0) == 0 and push.peers() == [])
    pull.connect(push.last_endpoint.decode())
    push.wait_for_peers(1, LONG_MS)


def test_a_connection_is_listed_once(socket: Make) -> None:
    """The call comes while its handshake ends: it is found, and then told of by an event."""
    for _ in range(500):
        push, pull = socket(zmq.PUSH), socket(zmq.PULL)
        pull.bind(ANY)
        push.connect(pull.last_endpoint)
        push.wait_for_peers(timeout=LONG_MS)
        with pytest.raises(zmq.Again):
            push.wait_for_peers(2, timeout=0)
        push.close()
        pull.close()


@pytest.mark.skipif(not os.path.isdir("/dev/fd"), reason="this system does not list descriptors")
def test_what_was_found_is_over_with_its_descriptor(socket: Make) -> None:
    """libzmq tells of the end of a connection, and closes its descriptor later: here much later."""
    push, pull = connected(socket(zmq.PUSH), socket(zmq.PULL), "tcp")
    push.send(b"")
    pull.recv()
    port = int(push.last_endpoint.decode().rpartition(":")[2])
    (accepted,) = [fd for fd in descriptors() if port_of(fd) == port]
    copy = os.dup(accepted)
    ended = push.connection_events(zmq.EVENT_DISCONNECTED, LONG_MS)
    pull.close()
    next(ended)
    assert len(push.wait_for_peers(1, LONG_MS)) == 1
    os.close(copy)
    assert push.peers() == []


def descriptors() -> list[int]:
    return [int(name) for name in os.listdir("/dev/fd")]


def port_of(fd: int) -> int:
    """The own port of a connection; 0 of what is none."""
    try:
        with system_socket.socket(fileno=os.dup(fd)) as found:
            found.getpeername()
            name = found.getsockname()
    except OSError:
        return 0
    return int(name[1]) if isinstance(name, tuple) else 0


def test_threads_ask_while_peers_come_and_go(socket: Make) -> None:
    server = socket(zmq.PULL)
    server.bind(ANY)
    over = threading.Event()
    seen: list[int] = []

    def ask() -> None:
        while not over.is_set():
            seen.append(len(server.peers()))

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for _ in range(20):
        client = socket(zmq.PUSH)
        client.connect(server.last_endpoint.decode())
        client.wait_for_peers(1, LONG_MS)
        client.close()
    over.set()
    for thread in threads:
        thread.join()
    assert set(seen) <= set(range(21))
    assert len(set(seen)) > 1
    until(lambda: server.peers() == [])


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_child_has_peers_of_its_own() -> None:
    lines = run_python(
        f"LONG_MS = {LONG_MS}"
        """
import os, sys, warnings
import zmq
warnings.simplefilter("ignore", DeprecationWarning)
push, pull = zmq.Context.instance().socket(zmq.PUSH), zmq.Context.instance().socket(zmq.PULL)
events = push.connection_events()
push.bind("tcp://127.0.0.1:*")
pull.connect(push.last_endpoint.decode())
push.wait_for_peers(1, LONG_MS)
pid = os.fork()
if pid == 0:
    status = 1
    try:
        for use in (push.peers, push.wait_for_peers, events.__next__):
            try:
                use()
            except zmq.ZMQError as error:
                print("parent" in str(error))
        with zmq.Context() as context, context.socket(zmq.PUSH) as a, context.socket(zmq.PULL) as b:
            a.bind("tcp://127.0.0.1:*")
            b.connect(a.last_endpoint.decode())
            print(len(a.wait_for_peers(1, LONG_MS)), len(b.wait_for_peers(1, LONG_MS)))
        status = 0
    finally:
        sys.stdout.flush()
        os._exit(status)
assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
print(len(push.peers()), len(pull.peers()))
pull.close()
while push.peers():
    pass
print("gone")
events.close()
push.close()
zmq.Context.instance().term()
"""
    )
    assert lines == ["True", "True", "True", "1 1", "1 1", "gone"]
