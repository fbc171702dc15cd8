"""A request and its answer, between two threads. Run it: python examples/quickstart.py"""

from __future__ import annotations

import threading

import zmq


def answer_once(socket: zmq.Socket) -> None:
    socket.send_string("Hello, " + socket.recv_string())


with zmq.Context() as context, context.socket(zmq.REP) as server, context.socket(zmq.REQ) as client:
    port = server.bind_to_random_port("tcp://127.0.0.1")
    threading.Thread(target=answer_once, args=(server,)).start()
    client.connect(f"tcp://127.0.0.1:{port}")
    client.send_string("world")
    print(client.recv_string())
