"""Lines that a checker has to refuse: each comment is an error in itself once nothing is wrong."""
# pyright: reportUnnecessaryTypeIgnoreComment=true

from __future__ import annotations

import zmq
from zmq.devices import monitored_queue


def mistakes(context: zmq.Context[zmq.Socket[bytes]], socket: zmq.Socket[bytes]) -> None:
    # Text is no message.
    socket.send("text")  # type: ignore[call-overload]
    socket.send_multipart(["text"])  # type: ignore[list-item]
    socket.send_many(["text"])  # type: ignore[list-item]
    socket.send_string(b"bytes")  # type: ignore[arg-type]
    socket.send(None)  # type: ignore[call-overload]
    zmq.Frame("text")  # type: ignore[arg-type]
    # What is received is bytes, and cannot be written to.
    text: str = socket.recv()  # type: ignore[assignment]
    socket.recv_into(10)  # type: ignore[arg-type]
    socket.recv(copy=False).decode()  # type: ignore[attr-defined]
    # Flags are numbers.
    socket.recv("DONTWAIT")  # type: ignore[call-overload]
    # A socket needs a context and a type.
    zmq.Socket()  # type: ignore[call-overload]
    zmq.Socket(context)  # type: ignore[call-overload]
    zmq.Socket("inproc://x", zmq.PUB)  # type: ignore[call-overload]
    context.socket("PUB")  # type: ignore[call-overload]
    zmq.Context("1")  # type: ignore[call-overload]
    zmq.Context[int]()  # type: ignore[type-var]
    # Endpoints are text; ports come with them.
    socket.bind(5555)  # type: ignore[arg-type]
    socket.connect(None)  # type: ignore[arg-type]
    # A device has two sockets, a monitored one three.
    monitored_queue(socket, socket)  # type: ignore[call-arg]
    zmq.proxy(socket)  # type: ignore[call-arg]
    # Of the module, only what is there.
    zmq.PUBB  # type: ignore[attr-defined]  # noqa: B018
    zmq.TermTimeout("late", [])  # type: ignore[arg-type]
    context.term(timeout="1")  # type: ignore[arg-type]
    print(text)
