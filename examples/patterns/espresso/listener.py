"""Espresso, a listener: prints all that passes the proxy, in both directions.

    python examples/patterns/espresso/listener.py --connect tcp://127.0.0.1:5557

It may come and go at any time.
"""

from __future__ import annotations

import argparse
import contextlib
import signal

from proxy import PUBLISHED, SUBSCRIBED

import zmq


def words_for(message: list[bytes]) -> str:
    match message:
        case [kind, *parts] if kind == PUBLISHED:
            return f"published {b' '.join(parts).decode(errors='replace')}"
        case [kind, wish] if kind == SUBSCRIBED and wish[:1] in (b"\0", b"\1"):
            topic = wish[1:].decode(errors="replace")
            return f"{'subscribed' if wish[0] else 'unsubscribed'} {topic}"
    return f"unknown {message}"


def main() -> None:
    parser = argparse.ArgumentParser(description="Print what passes a proxy.")
    parser.add_argument("--connect", default="tcp://127.0.0.1:5557", metavar="ADDRESS")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # ends like Ctrl-C
    with (
        contextlib.suppress(KeyboardInterrupt),
        zmq.Context() as context,
        context.socket(zmq.SUB) as socket,
    ):
        socket.subscribe(b"")
        socket.connect(options.connect)
        while True:
            for message in socket.recv_many(multipart=True):
                print(words_for(message), flush=True)


if __name__ == "__main__":
    main()
