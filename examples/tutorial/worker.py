"""A worker of the tutorial: squares numbers. `python worker.py NAME [ADDRESS]`."""

from __future__ import annotations

import sys

import zmq

name = sys.argv[1]
address = sys.argv[2] if len(sys.argv) > 2 else "tcp://127.0.0.1:5556"

with zmq.Context() as context, context.socket(zmq.REP) as socket:
    socket.connect(address)
    while True:
        number = int(socket.recv())
        print("worker", name, "gets", number, flush=True)
        socket.send(b"%d" % (number * number))
