"""Requests and replies, one at a time."""

from __future__ import annotations

import threading
from itertools import repeat
from typing import Any, NoReturn

import zmq
from workers.common import Arguments, Socket, attach, make_socket, measure_rate, ready, result


def replier(args: Arguments) -> NoReturn:
    """Send every request back until the harness ends this process."""
    socket = make_socket(zmq.Context(), "REP", args)
    attach(socket, args.text("at"))
    ready(socket)
    _echo(socket)


def requester(args: Arguments) -> None:
    """Ask again and again; the result is microseconds a round trip."""
    socket = make_socket(zmq.Context(), "REQ", args)
    attach(socket, args.text("at"))
    ready()
    _ask(socket, args)


def inproc_roundtrip(args: Arguments) -> None:
    """Ask a thread of this process; the result is microseconds a round trip."""
    context = zmq.Context()
    socket = make_socket(context, "REQ", args)
    socket.bind("inproc://roundtrip")
    threading.Thread(target=_inproc_echo, args=(context, args), daemon=True).start()
    ready()
    _ask(socket, args)


def _inproc_echo(context: Any, args: Arguments) -> NoReturn:
    socket = make_socket(context, "REP", args)
    socket.connect("inproc://roundtrip")
    _echo(socket)


def _echo(socket: Socket) -> NoReturn:
    send, recv = socket.send, socket.recv
    while True:
        send(recv())


def _ask(socket: Socket, args: Arguments) -> None:
    chunk, body = args.number("chunk", 100), bytes(args.number("size", 32))
    send, recv = socket.send, socket.recv

    def step() -> int:
        for _ in repeat(None, chunk):
            send(body)
            recv()
        return chunk

    result(1e6 / measure_rate(step, args))
