"""Lazy pirate, the server: answers each text in capitals. It may die at any time.

python examples/patterns/lazy_pirate/server.py --bind tcp://127.0.0.1:5555
"""

from __future__ import annotations

import argparse
import contextlib
import signal
import time

import zmq


def serve(socket: zmq.Socket[bytes], work_s: float = 0.0) -> None:
    """Answer requests without end; an exception ends it, so does closing the socket.

    Parameters
    ----------
    socket
        A REP that is bound or connected.
    work_s
        How long it works on each request, in s.
    """
    while True:
        request = socket.recv()
        print("got", request.decode(), flush=True)
        time.sleep(work_s)  # in place of work
        socket.send(request.upper())


def main() -> None:
    parser = argparse.ArgumentParser(description="Answer requests in capitals.")
    parser.add_argument("--bind", default="tcp://127.0.0.1:5555", metavar="ADDRESS")
    parser.add_argument("--work-ms", type=int, default=0, metavar="MS", help="for each request")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # ends like Ctrl-C
    with (
        contextlib.suppress(KeyboardInterrupt),
        zmq.Context() as context,
        context.socket(zmq.REP) as socket,
    ):
        socket.linger = 0
        socket.bind(options.bind)
        print("listening at", socket.get_string(zmq.LAST_ENDPOINT), flush=True)
        serve(socket, options.work_ms / 1000)


if __name__ == "__main__":
    main()
