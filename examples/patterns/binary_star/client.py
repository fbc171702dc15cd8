"""Binary star, a client: asks one of two servers, and the other one when no answer comes.

    python examples/patterns/binary_star/client.py \\
        --connect tcp://127.0.0.1:5555 --connect tcp://127.0.0.1:5565 hello world

The first address is that of the primary. Without texts it reads them from the lines of its input.
"""

from __future__ import annotations

import argparse
import contextlib
import signal
import sys
from collections import deque
from collections.abc import Iterable

import zmq


class NoAnswer(Exception):
    """Neither server answered any of the attempts."""


class StarClient:
    """Asks the server that answered last. One thread may use it at a time.

    Parameters
    ----------
    context
        Makes its sockets.
    addresses
        Of the servers. The first is asked first.
    timeout_ms
        How long an attempt may take, in ms.
    attempts
        How often a request is sent before it fails.
    """

    def __init__(
        self,
        context: zmq.Context[zmq.Socket[bytes]],
        addresses: Iterable[str],
        timeout_ms: int,
        attempts: int,
    ) -> None:
        self.attempts = attempts
        self.servers: deque[zmq.Socket[bytes]] = deque()
        for address in addresses:
            socket = context.socket(zmq.REQ)
            socket.req_relaxed = socket.req_correlate = True  # asks again, hears no late answers
            socket.immediate = True  # keeps nothing for a server that is away
            socket.rcvtimeo = socket.sndtimeo = timeout_ms
            socket.linger = 0
            socket.connect(address)
            self.servers.append(socket)

    def ask(self, request: bytes) -> bytes:
        """The answer of the server in charge. Raises NoAnswer after the last attempt."""
        for attempt in range(1, self.attempts + 1):
            try:
                self.servers[0].send(request)
                return self.servers[0].recv()
            except zmq.Again:
                print(f"no answer to attempt {attempt}", file=sys.stderr, flush=True)
                self.servers.rotate()
        raise NoAnswer(f"no answer after {self.attempts} attempts")

    def close(self) -> None:
        for socket in self.servers:
            socket.close()


def main() -> int:
    parser = argparse.ArgumentParser(description="Ask two servers of which one is in charge.")
    parser.add_argument("--connect", action="append", required=True, metavar="ADDRESS")
    parser.add_argument("--timeout-ms", type=int, default=1000, metavar="MS")
    parser.add_argument("--attempts", type=int, default=20, metavar="N")
    parser.add_argument("text", nargs="*")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # ends like Ctrl-C
    with contextlib.suppress(KeyboardInterrupt), zmq.Context() as context:
        client = StarClient(context, options.connect, options.timeout_ms, options.attempts)
        with contextlib.closing(client):
            for text in options.text or map(str.strip, sys.stdin):
                try:
                    print(client.ask(text.encode()).decode(), flush=True)
                except NoAnswer as error:
                    print(f"{text}: {error}", file=sys.stderr, flush=True)
                    return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
