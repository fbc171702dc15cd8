"""Majordomo, a client: asks a broker for a service by its name.

    python examples/patterns/majordomo/client.py --connect tcp://127.0.0.1:5555 capitals hello

It prints an answer for each text, and ends with 1 when a text got none.
"""

from __future__ import annotations

import argparse
import contextlib
import signal
import sys

import mdp

import zmq


class NoAnswer(Exception):
    """No answer came to any of the attempts."""


class Client:
    """Asks a broker. One thread may use it at a time.

    Parameters
    ----------
    context
        Makes its sockets.
    address
        Of the broker.
    timeout_ms
        How long an attempt may take, in ms: longer than the work.
    attempts
        How often a request is sent before it fails.
    """

    def __init__(
        self, context: zmq.Context[zmq.Socket[bytes]], address: str, timeout_ms: int, attempts: int
    ) -> None:
        self.context = context
        self.address = address
        self.timeout_ms = timeout_ms
        self.attempts = attempts
        self.socket = self.connected()

    def connected(self) -> zmq.Socket[bytes]:
        socket = self.context.socket(zmq.REQ)
        socket.linger = 0
        socket.rcvtimeo = self.timeout_ms
        socket.connect(self.address)
        return socket

    def ask(self, service: bytes, *body: bytes) -> list[bytes]:
        """The answer of a worker. Raises NoAnswer after the last attempt."""
        for attempt in range(1, self.attempts + 1):
            self.socket.send_multipart([mdp.CLIENT, service, *body])
            try:
                return self.socket.recv_multipart()[2:]
            except zmq.Again:
                print(f"no answer to attempt {attempt}", file=sys.stderr, flush=True)
            # The protocol has no numbers of requests: a new socket gets no answer of before.
            self.socket.close()
            self.socket = self.connected()
        raise NoAnswer(f"no answer after {self.attempts} attempts")

    def close(self) -> None:
        self.socket.close()


def main() -> int:
    parser = argparse.ArgumentParser(description="Ask for a service.")
    parser.add_argument("--connect", default="tcp://127.0.0.1:5555", metavar="ADDRESS")
    parser.add_argument("--timeout-ms", type=int, default=10_000, metavar="MS")
    parser.add_argument("--attempts", type=int, default=3, metavar="N")
    parser.add_argument("service")
    parser.add_argument("text", nargs="+")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # ends like Ctrl-C
    with contextlib.suppress(KeyboardInterrupt), zmq.Context() as context:
        client = Client(context, options.connect, options.timeout_ms, options.attempts)
        with contextlib.closing(client):
            for text in options.text:
                try:
                    (answer,) = client.ask(options.service.encode(), text.encode())
                except NoAnswer as error:
                    print(f"{text}: {error}", file=sys.stderr, flush=True)
                    return 1
                print(answer.decode(), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
