"""Contexts and sockets, as annotated programs use them. Checked by `make check`, never run."""

from __future__ import annotations

from typing import Any, assert_type

import zmq
from zmq.core.endpoint import SocketContext
from zmq.core.stats import SocketStats

# ---- what a context makes ----

context = zmq.Context()
assert_type(context, zmq.Context[zmq.Socket[bytes]])
assert_type(context.socket(zmq.REQ), zmq.Socket[bytes])
assert_type(zmq.Context(2).socket(zmq.REQ), zmq.Socket[bytes])
assert_type(zmq.Context(io_threads=2), zmq.Context[zmq.Socket[bytes]])
assert_type(zmq.Context(shadow=context), zmq.Context[zmq.Socket[bytes]])
assert_type(zmq.SyncContext(), zmq.Context[zmq.Socket[bytes]])

annotated: zmq.Context[zmq.Socket[bytes]] = zmq.Context.instance()
assert_type(annotated.socket(zmq.PUB), zmq.Socket[bytes])


class Lettered(zmq.Socket[bytes]):
    """A socket of a program's own."""

    def send_letter(self, letter: str) -> None:
        self.send(letter.encode())


class Office(zmq.Context[Lettered]):
    """A context that makes them."""

    _socket_class = Lettered


assert_type(Office().socket(zmq.PUSH), Lettered)
assert_type(Office.instance(), Office)
assert_type(context.socket(zmq.PUSH, socket_class=Lettered), Lettered)
assert_type(context.socket(zmq.PUSH, Lettered), Lettered)


def any_context(given: zmq.Context) -> None:
    """Without a parameter nothing is known of the sockets: those of an event loop fit, too."""
    assert_type(given, zmq.Context[Any])
    assert_type(given.socket(zmq.PUB), Any)


any_context(context)
any_context(Office())


def of_bytes(given: zmq.Context[zmq.Socket[bytes]]) -> None:
    assert_type(given.socket(zmq.PUB), zmq.Socket[bytes])


of_bytes(Office())
of_bytes(zmq.Context.instance())

with zmq.Context() as own, own.socket(zmq.PAIR) as pair:
    assert_type(own, zmq.Context[zmq.Socket[bytes]])
    assert_type(pair, zmq.Socket[bytes])

assert_type(context.closed, bool)
assert_type(context.underlying, int)
context.term(timeout=1.5)
context.destroy(linger=0)
context.set(zmq.IO_THREADS, 2)
assert_type(context.get(zmq.IO_THREADS), int)

# ---- sockets ----

socket = zmq.Socket(context, zmq.DEALER)
assert_type(socket, zmq.Socket[bytes])
assert_type(zmq.Socket(socket), zmq.Socket[bytes])
assert_type(zmq.Socket(shadow=socket.underlying), zmq.Socket[bytes])
assert_type(Lettered.shadow(socket), Lettered)
also: zmq.SyncSocket = socket


def any_socket(given: zmq.Socket) -> None:
    assert_type(given, zmq.Socket[Any])


any_socket(socket)
any_socket(Lettered(context, zmq.PUSH))

assert_type(socket.bind("tcp://127.0.0.1:*"), SocketContext[zmq.Socket[bytes]])
with socket.connect("inproc://here") as connected:
    assert_type(connected, zmq.Socket[bytes])
with Lettered(context, zmq.PUSH).bind(b"inproc://there") as bound:
    assert_type(bound, Lettered)
assert_type(socket.bind_to_random_port("tcp://127.0.0.1"), int)
assert_type(socket.closed, bool)
assert_type(socket.underlying, int)
assert_type(socket.fileno(), int)
assert_type(socket.poll(100, zmq.POLLIN | zmq.POLLOUT), int)
assert_type(socket.stats(), SocketStats)
assert_type(socket.stats().messages_sent, int)
assert_type(socket.stats().blocked_s, float)
assert_type(socket.get_monitor_socket(zmq.Event.CONNECTED | zmq.Event.CLOSED), zmq.Socket[bytes])

# ---- options: by attribute any name is accepted, and gives Any ----

assert_type(socket.linger, Any)
assert_type(socket.LAST_ENDPOINT, Any)
assert_type(socket.some_option_of_a_newer_libzmq, Any)
socket.rcvtimeo = 100
socket.IDENTITY = b"one"
socket.subscribe("topic")
context.linger = 0
context.MAX_SOCKETS = 10
socket.set(zmq.ROUTING_ID, b"two")
socket.setsockopt(zmq.SNDHWM, 1)
assert_type(socket.get_string(zmq.LAST_ENDPOINT), str)
socket.set_string(zmq.ROUTING_ID, "three")
