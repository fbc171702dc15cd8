"""Binary star, a server: one of two, of which one is in charge.

    python examples/patterns/binary_star/server.py primary --bind tcp://127.0.0.1:5555 \\
        --bind-state tcp://127.0.0.1:5556 --peer-state tcp://127.0.0.1:5566
    python examples/patterns/binary_star/server.py backup --bind tcp://127.0.0.1:5565 \\
        --bind-state tcp://127.0.0.1:5566 --peer-state tcp://127.0.0.1:5556
"""

from __future__ import annotations

import argparse
import contextlib
import enum
import signal
import sys
import time

import zmq


class State(enum.Enum):
    PRIMARY = b"primary"  # has begun as the primary, and knows nothing of its peer
    BACKUP = b"backup"  # the same, of the backup
    ACTIVE = b"active"  # is in charge
    PASSIVE = b"passive"  # its peer is in charge


#: (its own state, that of its peer): what it becomes. Other pairs change nothing.
HEARD = {
    (State.PRIMARY, State.BACKUP): State.ACTIVE,
    (State.PRIMARY, State.ACTIVE): State.PASSIVE,
    (State.BACKUP, State.ACTIVE): State.PASSIVE,
    # The one that was in charge has been started again.
    (State.PASSIVE, State.PRIMARY): State.ACTIVE,
    (State.PASSIVE, State.BACKUP): State.ACTIVE,
}

#: In these a server takes charge when a client asks it and its peer is silent. A backup that has
#: never heard its primary does not: it cannot tell whether that is dead, or not reached.
MAY_TAKE_OVER = {State.PRIMARY, State.PASSIVE}

#: A peer that has been silent for so many heartbeats is taken for dead.
LIVENESS = 3


class SplitBrain(Exception):
    """Both servers were in charge. The backup ends; what it has done meanwhile needs a look."""


class Star:
    """The state of one server.

    Parameters
    ----------
    state
        PRIMARY or BACKUP, to begin with.
    heartbeat_s
        The time between two heartbeats of the peer, in s.
    """

    def __init__(self, state: State, heartbeat_s: float) -> None:
        self.begun = self.state = state
        self.silence_s = LIVENESS * heartbeat_s
        self.heard_at = time.monotonic()

    def hear(self, peer: State) -> None:
        """The peer says what it is. Raises SplitBrain."""
        self.heard_at = time.monotonic()
        if self.state is peer is State.ACTIVE and self.begun is State.BACKUP:
            raise SplitBrain(SplitBrain.__doc__)
        self.become(HEARD.get((self.state, peer), self.state))

    def may_answer(self) -> bool:
        """A client asks: whether this server is, or now becomes, the one in charge."""
        silent = time.monotonic() - self.heard_at > self.silence_s
        if self.state in MAY_TAKE_OVER and silent:
            self.become(State.ACTIVE)
        return self.state is State.ACTIVE

    def become(self, state: State) -> None:
        if state is not self.state:
            self.state = state
            print(state.value.decode(), flush=True)


def serve(
    star: Star,
    clients: zmq.Socket[bytes],
    own: zmq.Socket[bytes],
    peer: zmq.Socket[bytes],
    heartbeat_s: float,
) -> None:
    """Serve without end; an exception ends it, so does closing a socket.

    Parameters
    ----------
    star
        The state.
    clients
        A ROUTER that is bound.
    own
        A PUB, which tells the peer the state.
    peer
        A SUB, which hears that of the peer.
    heartbeat_s
        The time between two heartbeats, in s.
    """
    poller = zmq.Poller()
    # The peer first: a server that was itself stopped must not take its peer for dead.
    poller.register(peer, zmq.POLLIN)
    poller.register(clients, zmq.POLLIN)
    beat_at = time.monotonic()
    while True:
        for socket, _ in poller.poll(max(0.0, 1000 * (beat_at - time.monotonic()))):
            if socket is peer:
                star.hear(State(peer.recv()))
                continue
            for *envelope, request in clients.recv_many(multipart=True):
                # A client that gets no answer asks the other server.
                if star.may_answer():
                    answer = star.begun.value + b": " + request.upper()
                    clients.send_multipart([*envelope, answer])
        if time.monotonic() >= beat_at:
            own.send(star.state.value)
            beat_at = time.monotonic() + heartbeat_s


def main() -> int:
    parser = argparse.ArgumentParser(description="Be one of two servers.")
    parser.add_argument("role", choices=["primary", "backup"])
    parser.add_argument("--bind", required=True, metavar="ADDRESS", help="for clients")
    parser.add_argument("--bind-state", required=True, metavar="ADDRESS", help="for the peer")
    parser.add_argument("--peer-state", required=True, metavar="ADDRESS", help="of the peer")
    parser.add_argument("--heartbeat-ms", type=int, default=1000, metavar="MS")
    options = parser.parse_args()
    heartbeat_s = options.heartbeat_ms / 1000
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # ends like Ctrl-C
    with (
        contextlib.suppress(KeyboardInterrupt),
        zmq.Context() as context,
        context.socket(zmq.ROUTER) as clients,
        context.socket(zmq.PUB) as own,
        context.socket(zmq.SUB) as peer,
    ):
        clients.linger = own.linger = 0
        own.bind(options.bind_state)
        peer.conflate = True  # of what it has said, the last counts
        peer.subscribe(b"")
        peer.connect(options.peer_state)
        clients.bind(options.bind)
        print("listening at", clients.get_string(zmq.LAST_ENDPOINT), flush=True)
        try:
            serve(Star(State[options.role.upper()], heartbeat_s), clients, own, peer, heartbeat_s)
        except SplitBrain as error:
            print(error, file=sys.stderr, flush=True)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
