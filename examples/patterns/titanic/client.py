"""Titanic, a client: leaves requests with the store, and fetches the answers, now or later.

    python examples/patterns/titanic/client.py submit hello world
    python examples/patterns/titanic/client.py fetch TICKET TICKET

`submit` prints a ticket for each text. `fetch` waits for each answer, prints it, and then has the
store forget it.
"""

from __future__ import annotations

import argparse
import contextlib
import signal
import sys
import time
import uuid

import zmq


class TitanicClient:
    """Speaks to a store that may be away: each call waits until it is there.

    Parameters
    ----------
    context
        Makes its socket.
    address
        Of the store.
    timeout_ms
        After which it asks again, in ms.
    """

    def __init__(
        self, context: zmq.Context[zmq.Socket[bytes]], address: str, timeout_ms: int
    ) -> None:
        self.socket = context.socket(zmq.REQ)
        self.socket.req_relaxed = self.socket.req_correlate = True
        self.socket.immediate = True
        self.socket.rcvtimeo = self.socket.sndtimeo = timeout_ms
        self.socket.linger = 0
        self.socket.connect(address)

    def call(self, *request: bytes) -> list[bytes]:
        while True:
            try:
                self.socket.send_multipart(request)
                return self.socket.recv_multipart()
            except zmq.Again:
                print("the store does not answer, asking again", file=sys.stderr, flush=True)

    def submit(self, body: bytes) -> str:
        """Leave a request. The store has it on disk when this returns its ticket."""
        ticket = str(uuid.uuid4())
        self.call(b"submit", ticket.encode(), body)
        return ticket

    def fetch(self, ticket: str) -> bytes | None:
        """The answer, or None if there is none yet. Raises KeyError for an unknown ticket."""
        match self.call(b"fetch", ticket.encode()):
            case [b"answered", answer]:
                return answer
            case [b"unknown"]:
                raise KeyError(ticket)
        return None

    def remove(self, ticket: str) -> None:
        """Have the store forget a request, whether it is answered or not."""
        self.call(b"remove", ticket.encode())

    def close(self) -> None:
        self.socket.close()


def fetched(client: TitanicClient, ticket: str, every_s: float = 0.1) -> bytes:
    """The answer, when there is one."""
    while (answer := client.fetch(ticket)) is None:
        time.sleep(every_s)
    return answer


def main() -> int:
    parser = argparse.ArgumentParser(description="Leave requests, and fetch answers.")
    parser.add_argument("--connect", default="tcp://127.0.0.1:5556", metavar="ADDRESS")
    parser.add_argument("--timeout-ms", type=int, default=2500, metavar="MS")
    parser.add_argument("command", choices=["submit", "fetch"])
    parser.add_argument("word", nargs="+", help="texts, or tickets")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # ends like Ctrl-C
    with contextlib.suppress(KeyboardInterrupt), zmq.Context() as context:
        client = TitanicClient(context, options.connect, options.timeout_ms)
        with contextlib.closing(client):
            for word in options.word:
                if options.command == "submit":
                    print(client.submit(word.encode()), flush=True)
                    continue
                try:
                    print(fetched(client, word).decode(), flush=True)
                except KeyError:
                    print(f"{word}: the store does not know this ticket", file=sys.stderr)
                    return 1
                # It has arrived: not before now may the store forget it.
                client.remove(word)
    return 0


if __name__ == "__main__":
    sys.exit(main())
