"""A worker: answers one request after the other. Start as many as you like.

python worker.py tcp://127.0.0.1:5556 [name]
"""

from __future__ import annotations

import signal
import sys

import zmq


def main(endpoint: str, name: str = "worker") -> None:
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: sys.exit())
    with zmq.Context() as context, context.socket(zmq.REP) as socket:
        socket.connect(endpoint)
        while True:
            request = socket.recv()
            socket.send(name.encode() + b" did: " + request)


if __name__ == "__main__":
    main(*sys.argv[1:])
