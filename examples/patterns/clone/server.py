"""Clone, the server: puts the changes of all clients in one order, keeps them, publishes them.

    python examples/patterns/clone/server.py \\
        --bind tcp://127.0.0.1:5555 --bind-updates tcp://127.0.0.1:5556 --file clone.journal

Killed and started again, with the same file, it goes on where it was.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import signal
import time
from collections.abc import Iterable

from state import Change, State

import zmq


class Journal:
    """A file: a state in its first line, then a change in each."""

    def __init__(self, path: str) -> None:
        self.state = State()
        with contextlib.suppress(FileNotFoundError), open(path, "rb") as file:
            first, *changes = file.read().split(b"\n")[:-1]  # a last line that is cut off is none
            self.state = State.load(first)
            for line in changes:
                self.state.apply(Change.load(line))
        # Short again: the state alone, in the place of the way to it.
        self.file = open(f"{path}.new", "wb")  # noqa: SIM115 - closed by close()
        self.write([self.state.dump()])
        os.replace(f"{path}.new", path)

    def write(self, lines: Iterable[bytes]) -> None:
        """Add lines; they are on disk when this returns."""
        self.file.writelines(line + b"\n" for line in lines)
        self.file.flush()
        os.fsync(self.file.fileno())

    def close(self) -> None:
        self.file.close()


class Server:
    """Answers and publishes.

    Parameters
    ----------
    requests
        A ROUTER that is bound.
    updates
        A PUB that is bound.
    journal
        Its state, and the way to keep it.
    heartbeat_s
        The time between two heartbeats, in s.
    """

    def __init__(
        self,
        requests: zmq.Socket[bytes],
        updates: zmq.Socket[bytes],
        journal: Journal,
        heartbeat_s: float,
    ) -> None:
        self.requests = requests
        self.updates = updates
        self.journal = journal
        self.state = journal.state
        self.heartbeat_s = heartbeat_s

    def serve(self) -> None:
        """Serve without end; an exception ends it, so does closing a socket."""
        beat_at = time.monotonic()
        while True:
            if self.requests.poll(max(0, round(1000 * (beat_at - time.monotonic())))):
                self.handle(self.requests.recv_many(multipart=True))
            if time.monotonic() >= beat_at:
                # Clients learn that the server is there, and whether they have missed a change.
                self.updates.send_multipart([b"heartbeat", b"%d" % self.state.seq])
                beat_at = time.monotonic() + self.heartbeat_s

    def handle(self, messages: list[list[bytes]]) -> None:
        """Take in what has come: one wait for the disk, however many changes there are."""
        changes: list[bytes] = []
        asking: list[bytes] = []
        for message in messages:
            match message:
                case [client, b"snapshot"]:
                    asking.append(client)
                case [_, b"change", data]:
                    change = Change.load(data)
                    # One that has come before comes again where the client was in doubt. One
                    # that is ahead of its turn comes again after those that were lost.
                    if change.number == self.state.applied.get(change.client, 0) + 1:
                        change.seq = self.state.seq + 1
                        self.state.apply(change)
                        changes.append(change.dump())
        if changes:
            self.journal.write(changes)
            self.updates.send_many([b"change", change] for change in changes)
        for client in asking:
            self.requests.send_multipart([client, b"snapshot", self.state.dump()])


def main() -> None:
    parser = argparse.ArgumentParser(description="Keep a state that clients share.")
    parser.add_argument("--bind", default="tcp://127.0.0.1:5555", metavar="ADDRESS")
    parser.add_argument("--bind-updates", default="tcp://127.0.0.1:5556", metavar="ADDRESS")
    parser.add_argument("--file", default="clone.journal")
    parser.add_argument("--heartbeat-ms", type=int, default=1000, metavar="MS")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # ends like Ctrl-C
    with (
        contextlib.suppress(KeyboardInterrupt),
        zmq.Context() as context,
        context.socket(zmq.ROUTER) as requests,
        context.socket(zmq.PUB) as updates,
        contextlib.closing(Journal(options.file)) as journal,
    ):
        requests.linger = updates.linger = 0
        requests.bind(options.bind)
        updates.bind(options.bind_updates)
        for socket in (requests, updates):
            print("listening at", socket.get_string(zmq.LAST_ENDPOINT), flush=True)
        Server(requests, updates, journal, options.heartbeat_ms / 1000).serve()


if __name__ == "__main__":
    main()
