"""Paranoid pirate, the broker: gives each request to an idle worker that is still there.

    python examples/patterns/paranoid_pirate/broker.py \\
        --bind tcp://127.0.0.1:5555 --bind-workers tcp://127.0.0.1:5556

Its clients are lazy pirates: they ask again where the worker died with their request.
"""

from __future__ import annotations

import argparse
import contextlib
import signal
from collections import deque

import zmq


def delivered(socket: zmq.Socket[bytes], message: list[bytes]) -> bool:
    """Send to a peer, or say that it is not there."""
    try:
        socket.send_multipart(message, zmq.DONTWAIT)
    except zmq.ZMQError as error:
        if error.errno not in (zmq.EHOSTUNREACH, zmq.EAGAIN):
            raise
        return False
    return True


def relay(clients: zmq.Socket[bytes], workers: zmq.Socket[bytes]) -> None:
    """Relay without end; an exception ends it, so does closing a socket.

    Parameters
    ----------
    clients
        A ROUTER that is bound.
    workers
        A ROUTER that is bound and has `router_mandatory`, which makes it an error to send to a peer
        that has gone.
    """
    idle: dict[bytes, None] = {}  # in order: the first has been idle for the longest time
    requests: deque[list[bytes]] = deque()
    some_idle, none_idle = zmq.Poller(), zmq.Poller()
    for poller, sockets in (some_idle, (workers, clients)), (none_idle, (workers,)):
        for socket in sockets:
            poller.register(socket, zmq.POLLIN)
    while True:
        # Requests wait in their socket until a worker can take one.
        for socket, _ in (some_idle if idle else none_idle).poll():
            if socket is workers:
                for worker, *answer in workers.recv_many(multipart=True):
                    if answer == [b""]:
                        print("new worker", flush=True)
                    else:
                        clients.send_multipart(answer)
                    idle[worker] = None
            elif not requests:
                requests.append(clients.recv_multipart())
        while idle and requests:
            worker = next(iter(idle))
            del idle[worker]
            if delivered(workers, [worker, *requests[0]]):
                requests.popleft()
            else:
                print("a worker has gone", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description="Give requests to workers that are there.")
    parser.add_argument("--bind", default="tcp://127.0.0.1:5555", metavar="ADDRESS")
    parser.add_argument("--bind-workers", default="tcp://127.0.0.1:5556", metavar="ADDRESS")
    parser.add_argument("--heartbeat-ms", type=int, default=1000, metavar="MS")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # ends like Ctrl-C
    with (
        contextlib.suppress(KeyboardInterrupt),
        zmq.Context() as context,
        context.socket(zmq.ROUTER) as clients,
        context.socket(zmq.ROUTER) as workers,
    ):
        clients.linger = workers.linger = 0
        workers.router_mandatory = True
        # A worker that has hung, or whose machine is off, closes no connection: libzmq does.
        workers.heartbeat_ivl = options.heartbeat_ms
        workers.heartbeat_timeout = 3 * options.heartbeat_ms
        clients.bind(options.bind)
        workers.bind(options.bind_workers)
        for socket in (clients, workers):
            print("listening at", socket.get_string(zmq.LAST_ENDPOINT), flush=True)
        relay(clients, workers)


if __name__ == "__main__":
    main()
