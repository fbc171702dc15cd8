"""A client of the tutorial: asks for squares. `python client.py [ADDRESS]`."""

from __future__ import annotations

import sys

import zmq

address = sys.argv[1] if len(sys.argv) > 1 else "tcp://127.0.0.1:5555"

with zmq.Context() as context, context.socket(zmq.REQ) as socket:
    socket.connect(address)
    for number in range(1000):
        socket.send(b"%d" % number)
        print(number, "squared is", socket.recv().decode())
