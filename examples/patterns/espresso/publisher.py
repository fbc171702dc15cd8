"""Espresso, a publisher: publishes the lines of its input, whose first word is the topic.

python examples/patterns/espresso/publisher.py --connect tcp://127.0.0.1:5555
"""

from __future__ import annotations

import argparse
import contextlib
import signal
import sys
import threading

import zmq


def show_wishes(socket: zmq.Socket[bytes]) -> None:
    """Print which topics subscribers want, until the socket (an XPUB) is closed."""
    with contextlib.suppress(zmq.ZMQError):
        while True:
            wish = socket.recv()
            print("wanted" if wish[0] else "unwanted", wish[1:].decode(), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description="Publish the lines of the input.")
    parser.add_argument("--connect", default="tcp://127.0.0.1:5555", metavar="ADDRESS")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # ends like Ctrl-C
    with (
        contextlib.suppress(KeyboardInterrupt),
        zmq.Context() as context,
        context.socket(zmq.XPUB) as socket,  # a PUB that is told of subscriptions
    ):
        socket.linger = 1000
        socket.connect(options.connect)
        threading.Thread(target=show_wishes, args=[socket]).start()
        for line in sys.stdin:
            topic, _, text = line.strip().partition(" ")
            socket.send_multipart([topic.encode(), text.encode()])


if __name__ == "__main__":
    main()
