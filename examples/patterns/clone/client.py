"""Clone, a client: has a copy of the server's state, and may change it.

    python examples/patterns/clone/client.py \\
        --connect tcp://127.0.0.1:5555 --connect-updates tcp://127.0.0.1:5556

Lines of its input are KEY=VALUE for a change, or ? to print the state. At the end of its input it
waits until the server has kept all its changes.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import signal
import sys
import threading
import uuid

from state import Change, State

import zmq


class Clone:
    """A copy of the state. Any thread may use it; a thread of its own keeps it up to date.

    Parameters
    ----------
    context
        Makes its sockets.
    address
        Of the server, for requests.
    updates
        Of the server, for what it publishes.
    """

    def __init__(self, context: zmq.Context[zmq.Socket[bytes]], address: str, updates: str) -> None:
        self.name = str(uuid.uuid4())
        self.number = 0
        self.lock = threading.Condition()  # of all that follows
        self.state = State()
        self.ready = False  # there is a state without a gap
        self.later: list[bytes] = []  # came while there was none
        self.unseen: list[Change] = []  # our own that the server has not published yet
        self.requests = context.socket(zmq.DEALER)
        self.updates = context.socket(zmq.SUB)
        self.requests.linger = 0
        self.updates.subscribe(b"")
        self.requests.connect(address)
        self.updates.connect(updates)
        self.thread = threading.Thread(target=self.follow)
        self.thread.start()

    def set(self, key: str, value: str) -> None:
        """Change the state, of all clients. Does not wait."""
        with self.lock:
            self.number += 1
            self.unseen.append(Change(self.name, self.number, key, value))
            self.offer(self.unseen[-1:])

    def flush(self) -> None:
        """Wait until the server has kept all changes of this client."""
        with self.lock:
            self.lock.wait_for(lambda: not self.unseen)

    def values(self) -> dict[str, str]:
        """The state, as soon as there is one."""
        with self.lock:
            self.lock.wait_for(lambda: self.ready)
            return dict(self.state.values)

    def close(self) -> None:
        self.requests.close()
        self.updates.close()  # ends the wait of the thread
        self.thread.join()

    # ---- in the thread

    def follow(self) -> None:
        poller = zmq.Poller()
        poller.register(self.requests, zmq.POLLIN)
        poller.register(self.updates, zmq.POLLIN)
        with contextlib.suppress(zmq.ZMQError):  # closed
            while True:
                for socket, _ in poller.poll():
                    for message in socket.recv_many(multipart=True):
                        with self.lock:
                            self.handle(message)
                            self.lock.notify_all()

    def handle(self, message: list[bytes]) -> None:
        match message:
            case [b"change", data] if self.ready:
                self.take(data)
            case [b"change", data]:
                self.later.append(data)
            case [b"heartbeat", seq]:
                # A change was missed; or this is the first sign of the server.
                if not self.ready or int(seq) != self.state.seq:
                    self.ask()
                self.offer(self.unseen)  # may have been lost with a server
            case [b"snapshot", data] if not self.ready:
                self.state, self.ready = State.load(data), True
                self.forget_seen()
                later, self.later = self.later, []
                for data in later:
                    self.handle([b"change", data])

    def take(self, data: bytes) -> None:
        """Apply the next change. One that has come before is not applied again."""
        change = Change.load(data)
        if change.seq == self.state.seq + 1:
            self.state.apply(change)
            self.forget_seen()
        elif change.seq > self.state.seq:
            self.ask()
            self.later.append(data)

    def ask(self) -> None:
        """Ask for the whole state. What is published meanwhile is kept for later."""
        self.ready = False
        self.request(b"snapshot")

    def offer(self, changes: list[Change]) -> None:
        for change in changes:
            self.request(b"change", change.dump())

    def request(self, *message: bytes) -> None:
        with contextlib.suppress(zmq.Again):  # full: the next heartbeat brings it up again
            self.requests.send_multipart(message, zmq.DONTWAIT)

    def forget_seen(self) -> None:
        last = self.state.applied.get(self.name, 0)
        self.unseen = [change for change in self.unseen if change.number > last]


def main() -> None:
    parser = argparse.ArgumentParser(description="Share a state.")
    parser.add_argument("--connect", default="tcp://127.0.0.1:5555", metavar="ADDRESS")
    parser.add_argument("--connect-updates", default="tcp://127.0.0.1:5556", metavar="ADDRESS")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # ends like Ctrl-C
    with contextlib.suppress(KeyboardInterrupt), zmq.Context() as context:
        clone = Clone(context, options.connect, options.connect_updates)
        with contextlib.closing(clone):
            for line in sys.stdin:
                key, equals, value = line.strip().partition("=")
                if equals:
                    clone.set(key, value)
                elif key == "?":
                    print(json.dumps(clone.values(), sort_keys=True), flush=True)
            clone.flush()


if __name__ == "__main__":
    main()
