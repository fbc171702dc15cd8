"""Lazy pirate, the client: asks again when no answer comes, and gives up after some attempts.

    python examples/patterns/lazy_pirate/client.py --connect tcp://127.0.0.1:5555 hello world

It prints an answer for each text, and ends with 1 when a text got none.
"""

from __future__ import annotations

import argparse
import contextlib
import signal
import sys

import zmq


class NoAnswer(Exception):
    """The server gave no answer to any of the attempts."""


class LazyPirate:
    """A client that survives the death of its server. One thread may use it at a time.

    Parameters
    ----------
    context
        Makes its socket.
    address
        Of a REP server, or of a queue of them.
    timeout_ms
        How long an attempt may take, in ms.
    attempts
        How often a request is sent before it fails.
    """

    def __init__(
        self, context: zmq.Context[zmq.Socket[bytes]], address: str, timeout_ms: int, attempts: int
    ) -> None:
        self.attempts = attempts
        self.socket = context.socket(zmq.REQ)
        # A new attempt may follow a request that got no answer; an answer to an earlier attempt
        # is dropped.
        self.socket.req_relaxed = self.socket.req_correlate = True
        # Nothing is kept for a server that is away: it would get all the attempts when it returns.
        self.socket.immediate = True
        self.socket.rcvtimeo = self.socket.sndtimeo = timeout_ms
        self.socket.linger = 0
        # A machine that has lost its power closes no connection: ask for a sign of life.
        self.socket.heartbeat_ivl = timeout_ms
        self.socket.connect(address)

    def ask(self, request: bytes) -> bytes:
        """The answer to a request. Raises NoAnswer after the last attempt."""
        for attempt in range(1, self.attempts + 1):
            try:
                self.socket.send(request)
                return self.socket.recv()
            except zmq.Again:
                print(f"no answer to attempt {attempt}", file=sys.stderr, flush=True)
        raise NoAnswer(f"no answer after {self.attempts} attempts")

    def close(self) -> None:
        self.socket.close()


def main() -> int:
    parser = argparse.ArgumentParser(description="Ask a server that may die.")
    parser.add_argument("--connect", default="tcp://127.0.0.1:5555", metavar="ADDRESS")
    parser.add_argument("--timeout-ms", type=int, default=2500, metavar="MS")
    parser.add_argument("--attempts", type=int, default=3, metavar="N")
    parser.add_argument("text", nargs="+")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # ends like Ctrl-C
    with zmq.Context() as context, contextlib.suppress(KeyboardInterrupt):
        client = LazyPirate(context, options.connect, options.timeout_ms, options.attempts)
        with contextlib.closing(client):
            for text in options.text:
                try:
                    print(client.ask(text.encode()).decode(), flush=True)
                except NoAnswer as error:
                    print(f"{text}: {error}", file=sys.stderr, flush=True)
                    return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
