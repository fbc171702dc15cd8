"""Titanic, the store: keeps requests on disk until a service has answered them.

    python examples/patterns/titanic/store.py \\
        --bind tcp://127.0.0.1:5556 --connect tcp://127.0.0.1:5555 --file titanic.db

The service is any REP, or a queue of them. It may be away, and the clients as well.
"""

from __future__ import annotations

import argparse
import contextlib
import signal
import sqlite3
import time
from collections import deque

import zmq

#: So many requests are with the service at a time.
WINDOW = 10


class Store:
    """A file of requests and answers. What a transaction has written survives the process.

    A request has a ticket, which its client has made: given twice, it is kept once.
    """

    def __init__(self, db: sqlite3.Connection) -> None:
        self.db = db
        self.db.execute("PRAGMA synchronous = FULL")  # on disk, when a transaction is over
        self.db.execute(
            "CREATE TABLE IF NOT EXISTS request (ticket BLOB PRIMARY KEY, body BLOB, answer BLOB)"
        )

    def open_tickets(self) -> list[bytes]:
        rows = self.db.execute("SELECT ticket FROM request WHERE answer IS NULL ORDER BY rowid")
        return [ticket for (ticket,) in rows]

    def open_body(self, ticket: bytes) -> bytes | None:
        """A request that has no answer yet."""
        query = "SELECT body FROM request WHERE ticket = ? AND answer IS NULL"
        row = self.db.execute(query, [ticket]).fetchone()
        return row and bytes(row[0])

    def add(self, ticket: bytes, body: bytes) -> bool:
        """Whether it is new."""
        query = "INSERT OR IGNORE INTO request VALUES (?, ?, NULL)"
        return self.db.execute(query, [ticket, body]).rowcount == 1

    def answer(self, ticket: bytes, answer: bytes) -> None:
        """Keep the first answer to a request."""
        query = "UPDATE request SET answer = ? WHERE ticket = ? AND answer IS NULL"
        self.db.execute(query, [answer, ticket])

    def fetch(self, ticket: bytes) -> list[bytes]:
        query = "SELECT answer FROM request WHERE ticket = ?"
        match self.db.execute(query, [ticket]).fetchone():
            case None:
                return [b"unknown"]
            case [None]:
                return [b"waiting"]
            case [answer]:
                return [b"answered", answer]
        raise AssertionError

    def remove(self, ticket: bytes) -> None:
        self.db.execute("DELETE FROM request WHERE ticket = ?", [ticket])


class Titanic:
    """Serves clients (a ROUTER that is bound) and hands requests to a service (a DEALER)."""

    def __init__(
        self,
        store: Store,
        clients: zmq.Socket[bytes],
        service: zmq.Socket[bytes],
        retry_s: float,
    ) -> None:
        self.store = store
        self.clients = clients
        self.service = service
        self.retry_s = retry_s
        self.waiting = deque(store.open_tickets())
        self.out: dict[bytes, float] = {}  # with the service, until when

    def serve(self) -> None:
        """Serve without end; an exception ends it, so does closing a socket."""
        poller = zmq.Poller()
        poller.register(self.clients, zmq.POLLIN)
        poller.register(self.service, zmq.POLLIN)
        while True:
            self.hand_out()
            for socket, _ in poller.poll(1000 * min(1.0, self.retry_s)):
                if socket is self.clients:
                    self.answer_clients()
                else:
                    with self.store.db:
                        for ticket, _, answer in self.service.recv_many(multipart=True):
                            self.store.answer(ticket, answer)
                            self.out.pop(ticket, None)

    def answer_clients(self) -> None:
        """Answer all that have asked: one transaction, so one wait for the disk."""
        replies = []
        with self.store.db:
            for message in self.clients.recv_many(multipart=True):
                at = message.index(b"") + 1
                replies.append([*message[:at], *self.reply(message[at:])])
        for reply in replies:  # not before all is on disk
            self.clients.send_multipart(reply)

    def reply(self, request: list[bytes]) -> list[bytes]:
        match request:
            case [b"submit", ticket, body]:
                if self.store.add(ticket, body):
                    self.waiting.append(ticket)
                return [b"accepted"]
            case [b"fetch", ticket]:
                return self.store.fetch(ticket)
            case [b"remove", ticket]:
                self.store.remove(ticket)
                return [b"removed"]
        return [b"what?"]

    def hand_out(self) -> None:
        now = time.monotonic()
        for ticket in [ticket for ticket, until in self.out.items() if until < now]:
            del self.out[ticket]
            self.waiting.append(ticket)
        while self.waiting and len(self.out) < WINDOW:
            ticket = self.waiting[0]
            body = self.store.open_body(ticket)
            if body is not None:
                try:
                    # A REP sends back what stands before the empty part.
                    self.service.send_multipart([ticket, b"", body], zmq.DONTWAIT)
                except zmq.Again:
                    return  # the service is away
                self.out[ticket] = now + self.retry_s
            self.waiting.popleft()


def main() -> None:
    parser = argparse.ArgumentParser(description="Keep requests until they are answered.")
    parser.add_argument("--bind", default="tcp://127.0.0.1:5556", metavar="ADDRESS")
    parser.add_argument("--connect", default="tcp://127.0.0.1:5555", metavar="SERVICE")
    parser.add_argument("--file", default="titanic.db")
    parser.add_argument("--retry-ms", type=int, default=10_000, metavar="MS", help="to ask again")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # ends like Ctrl-C
    with (
        contextlib.suppress(KeyboardInterrupt),
        zmq.Context() as context,
        context.socket(zmq.ROUTER) as clients,
        context.socket(zmq.DEALER) as service,
        contextlib.closing(sqlite3.connect(options.file)) as db,
    ):
        clients.linger = service.linger = 0
        # Nothing is kept for a service that is away: it is in the file.
        service.immediate = True
        service.heartbeat_ivl = options.retry_ms
        service.connect(options.connect)
        clients.bind(options.bind)
        print("listening at", clients.get_string(zmq.LAST_ENDPOINT), flush=True)
        Titanic(Store(db), clients, service, options.retry_ms / 1000).serve()


if __name__ == "__main__":
    main()
