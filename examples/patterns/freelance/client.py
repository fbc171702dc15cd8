"""Freelance, a client: knows several servers, and gets its answer from one that lives.

    python examples/patterns/freelance/client.py \\
        --connect tcp://127.0.0.1:5555 --connect tcp://127.0.0.1:5556 hello world

Without texts it reads them from the lines of its input. It prints each answer and its server.
"""

from __future__ import annotations

import argparse
import contextlib
import signal
import sys
import time
from collections.abc import Iterable

import zmq

#: How soon to look again for a server when none is there, in ms.
LOOK_MS = 50


class NoAnswer(Exception):
    """None of the servers answered in time."""


class Freelance:
    """A client of several servers that do the same. One thread may use it at a time.

    Parameters
    ----------
    context
        Makes its sockets.
    addresses
        Of REP servers. The first is asked first, until another one has answered in its place.
    hedge_ms
        How long one server has, in ms, until the next is asked as well.
    timeout_ms
        How long all of them have together, in ms.
    """

    def __init__(
        self,
        context: zmq.Context[zmq.Socket[bytes]],
        addresses: Iterable[str],
        hedge_ms: int,
        timeout_ms: int,
    ) -> None:
        self.hedge_ms = hedge_ms
        self.timeout_ms = timeout_ms
        self.number = 0
        self.poller = zmq.Poller()
        self.servers: dict[zmq.Socket[bytes], str] = {}  # in the order in which they are asked
        for address in addresses:
            socket = context.socket(zmq.DEALER)
            socket.linger = 0
            # To send to a server that is away fails at once, instead of waiting for it.
            socket.immediate = True
            socket.heartbeat_ivl = timeout_ms
            socket.connect(address)
            self.servers[socket] = address
            self.poller.register(socket, zmq.POLLIN)

    def ask(self, request: bytes) -> tuple[bytes, str]:
        """The first answer, and the address that it comes from. Raises NoAnswer."""
        self.number += 1
        number = b"%d" % self.number
        deadline = time.monotonic() + self.timeout_ms / 1000
        turn: list[zmq.Socket[bytes]] = []
        while (left_s := deadline - time.monotonic()) > 0:
            turn = turn or list(self.servers)
            sent = False
            while turn and not sent:
                sent = self.sent(turn.pop(0), [number, b"", request])
            wait_ms = self.hedge_ms if sent else LOOK_MS
            for socket, _ in self.poller.poll(min(wait_ms, 1000 * left_s)):
                for answered, _, answer in socket.recv_many(multipart=True):
                    if answered == number:  # others come late, from servers that were given up
                        self.prefer(socket)
                        return answer, self.servers[socket]
        raise NoAnswer(f"no server answered within {self.timeout_ms} ms")

    def sent(self, socket: zmq.Socket[bytes], message: list[bytes]) -> bool:
        """Whether the server is there. What stands before the empty part, REP sends back."""
        try:
            socket.send_multipart(message, zmq.DONTWAIT)
        except zmq.Again:
            return False
        return True

    def prefer(self, socket: zmq.Socket[bytes]) -> None:
        """Ask this one first from now on."""
        self.servers = {socket: self.servers.pop(socket), **self.servers}

    def close(self) -> None:
        for socket in self.servers:
            socket.close()


def main() -> int:
    parser = argparse.ArgumentParser(description="Ask several servers, until one answers.")
    parser.add_argument("--connect", action="append", required=True, metavar="ADDRESS")
    parser.add_argument("--hedge-ms", type=int, default=500, metavar="MS")
    parser.add_argument("--timeout-ms", type=int, default=5000, metavar="MS")
    parser.add_argument("text", nargs="*")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # ends like Ctrl-C
    with contextlib.suppress(KeyboardInterrupt), zmq.Context() as context:
        client = Freelance(context, options.connect, options.hedge_ms, options.timeout_ms)
        with contextlib.closing(client):
            for text in options.text or map(str.strip, sys.stdin):
                try:
                    answer, address = client.ask(text.encode())
                except NoAnswer as error:
                    print(f"{text}: {error}", file=sys.stderr, flush=True)
                    return 1
                print(answer.decode(), "from", address, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
