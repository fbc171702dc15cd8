"""Majordomo, a worker: offers a service to a broker, and comes back when the broker does.

python examples/patterns/majordomo/worker.py --connect tcp://127.0.0.1:5555 capitals
"""

from __future__ import annotations

import argparse
import contextlib
import signal
import threading
import time
from collections.abc import Callable

import mdp

import zmq

Work = Callable[[list[bytes]], list[bytes]]


class Worker:
    """Works for one broker, and one service.

    Parameters
    ----------
    context
        Makes its sockets.
    address
        Of the broker.
    service
        The name that clients ask for.
    heartbeat_s
        The time between two heartbeats, in s.
    """

    def __init__(
        self,
        context: zmq.Context[zmq.Socket[bytes]],
        address: str,
        service: str,
        heartbeat_s: float,
    ) -> None:
        self.context = context
        self.address = address
        self.service = service.encode()
        self.heartbeat_s = heartbeat_s

    def serve(self, work: Work) -> None:
        """Call `work` with each request, without end. An exception ends it, and is told."""
        while True:
            # A new socket is a new worker for the broker: nothing of before is left.
            with self.context.socket(zmq.DEALER) as socket:
                socket.linger = 1000
                socket.connect(self.address)
                socket.send_multipart([b"", mdp.WORKER, mdp.READY, self.service])
                threading.Thread(target=self.beat, args=[socket]).start()
                try:
                    self.converse(socket, work)
                    socket.linger = 0  # what it would still say is for a broker that is gone
                except BaseException:
                    # The broker need not find out by itself.
                    with contextlib.suppress(zmq.Again):
                        socket.send_multipart([b"", mdp.WORKER, mdp.DISCONNECT], zmq.DONTWAIT)
                    raise
            print("looking for the broker", flush=True)

    def converse(self, socket: zmq.Socket[bytes], work: Work) -> None:
        """Answer requests until the broker is silent, or sends the worker away."""
        while socket.poll(round(1000 * mdp.LIVENESS * self.heartbeat_s)):
            match socket.recv_multipart():
                case [b"", mdp.WORKER, mdp.REQUEST, client, b"", *body]:
                    answer = work(body)
                    socket.send_multipart([b"", mdp.WORKER, mdp.REPLY, client, b"", *answer])
                case [b"", mdp.WORKER, mdp.DISCONNECT]:
                    return

    def beat(self, socket: zmq.Socket[bytes]) -> None:
        """Send heartbeats, also while the other thread works, until it closes the socket."""
        with contextlib.suppress(zmq.ZMQError):
            while True:
                time.sleep(self.heartbeat_s)
                socket.send_multipart([b"", mdp.WORKER, mdp.HEARTBEAT])


def main() -> None:
    parser = argparse.ArgumentParser(description="Answer requests in capitals.")
    parser.add_argument("--connect", default="tcp://127.0.0.1:5555", metavar="ADDRESS")
    parser.add_argument("--work-ms", type=int, default=0, metavar="MS", help="for each request")
    mdp.add_heartbeat(parser)
    parser.add_argument("service")
    options = parser.parse_args()

    def capitals(body: list[bytes]) -> list[bytes]:
        print("got", b" ".join(body).decode(errors="replace"), flush=True)
        time.sleep(options.work_ms / 1000)  # in place of work
        return [part.upper() for part in body]

    signal.signal(signal.SIGTERM, signal.default_int_handler)  # ends like Ctrl-C
    with contextlib.suppress(KeyboardInterrupt), zmq.Context() as context:
        seconds = options.heartbeat_ms / 1000
        Worker(context, options.connect, options.service, seconds).serve(capitals)


if __name__ == "__main__":
    main()
