"""Espresso, a subscriber: prints what is published of some topics.

python examples/patterns/espresso/subscriber.py --connect tcp://127.0.0.1:5556 coffee tea
"""

from __future__ import annotations

import argparse
import contextlib
import signal

import zmq


def main() -> None:
    parser = argparse.ArgumentParser(description="Print what is published of some topics.")
    parser.add_argument("--connect", default="tcp://127.0.0.1:5556", metavar="ADDRESS")
    parser.add_argument("topic", nargs="+")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # ends like Ctrl-C
    with (
        contextlib.suppress(KeyboardInterrupt),
        zmq.Context() as context,
        context.socket(zmq.SUB) as socket,
    ):
        for topic in options.topic:
            socket.subscribe(topic)
        socket.connect(options.connect)
        while True:
            for topic, text in socket.recv_many(multipart=True):
                print(topic.decode(), text.decode(), flush=True)


if __name__ == "__main__":
    main()
