"""Paranoid pirate, a worker: takes one request at a time, and finds its broker again.

python examples/patterns/paranoid_pirate/worker.py --connect tcp://127.0.0.1:5556
"""

from __future__ import annotations

import argparse
import contextlib
import signal
import time
from collections.abc import Callable

import zmq


def open_worker(
    context: zmq.Context[zmq.Socket[bytes]], address: str, heartbeat_ms: int
) -> zmq.Socket[bytes]:
    """A socket that makes itself known to the broker, also to one that comes later.

    Parameters
    ----------
    context
        Makes the socket.
    address
        Of the broker, for its workers.
    heartbeat_ms
        The time between two signs of life that it asks for, in ms.
    """
    socket = context.socket(zmq.DEALER)
    socket.linger = 0
    # libzmq sends an empty message to each peer that it meets, so the broker knows the worker. With
    # `immediate` a peer is a connection; without, it is the address, and met only once.
    socket.probe_router = socket.immediate = True
    # A broker that is silent for longer is left, and connected to anew.
    socket.heartbeat_ivl = heartbeat_ms
    socket.heartbeat_timeout = 3 * heartbeat_ms
    socket.reconnect_ivl, socket.reconnect_ivl_max = 100, 10_000  # ms, twice as long each time
    socket.connect(address)
    return socket


def serve(socket: zmq.Socket[bytes], work: Callable[[bytes], bytes]) -> None:
    """Answer requests without end; an exception ends it, so does closing the socket."""
    while True:
        *envelope, request = socket.recv_multipart()
        socket.send_multipart([*envelope, work(request)])


def main() -> None:
    parser = argparse.ArgumentParser(description="Answer requests in capitals.")
    parser.add_argument("--connect", default="tcp://127.0.0.1:5556", metavar="ADDRESS")
    parser.add_argument("--work-ms", type=int, default=0, metavar="MS", help="for each request")
    parser.add_argument("--heartbeat-ms", type=int, default=1000, metavar="MS")
    options = parser.parse_args()

    def capitals(request: bytes) -> bytes:
        print("got", request.decode(errors="replace"), flush=True)
        time.sleep(options.work_ms / 1000)  # in place of work
        return request.upper()

    signal.signal(signal.SIGTERM, signal.default_int_handler)  # ends like Ctrl-C
    with (
        contextlib.suppress(KeyboardInterrupt),
        zmq.Context() as context,
        open_worker(context, options.connect, options.heartbeat_ms) as socket,
    ):
        serve(socket, capitals)


if __name__ == "__main__":
    main()
