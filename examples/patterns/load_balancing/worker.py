"""Load balancing, a worker: does one piece of work at a time.

python examples/patterns/load_balancing/worker.py --connect tcp://127.0.0.1:5556
"""

from __future__ import annotations

import argparse
import contextlib
import signal
import time
from collections.abc import Callable

import zmq


def serve(socket: zmq.Socket[bytes], work: Callable[[bytes], bytes]) -> None:
    """Work without end; an exception ends it, so does closing the socket (a DEALER)."""
    while True:
        *envelope, request = socket.recv_multipart()
        # The answer says that the worker is idle, too.
        socket.send_multipart([*envelope, work(request)])


def main() -> None:
    parser = argparse.ArgumentParser(description="Answer requests in capitals.")
    parser.add_argument("--connect", default="tcp://127.0.0.1:5556", metavar="ADDRESS")
    parser.add_argument("--work-ms", type=int, default=0, metavar="MS", help="for each request")
    options = parser.parse_args()

    def capitals(request: bytes) -> bytes:
        print("got", request.decode(errors="replace"), flush=True)
        time.sleep(options.work_ms / 1000)  # in place of work
        return request.upper()

    signal.signal(signal.SIGTERM, signal.default_int_handler)  # ends like Ctrl-C
    with (
        contextlib.suppress(KeyboardInterrupt),
        zmq.Context() as context,
        context.socket(zmq.DEALER) as socket,
    ):
        socket.linger = 0
        # libzmq sends an empty message over each new connection: so the broker knows the worker.
        socket.probe_router = socket.immediate = True
        socket.connect(options.connect)
        serve(socket, capitals)


if __name__ == "__main__":
    main()
