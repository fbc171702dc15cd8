"""A client: asks, waits for the answer, asks again, until SIGTERM or Ctrl-C.

It waits for an answer without limit, as the queue may be paused; after SIGTERM, for 5 seconds.

    python client.py tcp://127.0.0.1:5555 [name] [requests per second, 0: no limit]

It prints `count SENT ANSWERED` a few times a second and once more at the end.
"""

from __future__ import annotations

import signal
import sys
import time

import zmq

PATIENCE_S = 5.0
LOOK_MS = 100
REPORT_S = 0.25


def main(endpoint: str, name: str = "client", rate: str = "1000") -> None:
    stop: list[int] = []  # filled by a signal; looked at between two requests only
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda number, _: stop.append(number))
    pause = 1 / float(rate) if float(rate) else 0.0
    sent = answered = 0
    report_at = 0.0
    with zmq.Context() as context, context.socket(zmq.REQ) as socket:
        socket.connect(endpoint)
        socket.linger = 0
        while not stop:
            request = f"{name} asks #{sent + 1}".encode()
            socket.send(request)
            sent += 1
            if not answer_comes(socket, stop):
                break  # the last count says so
            answered += socket.recv().endswith(request)
            if time.monotonic() >= report_at:
                print("count", sent, answered, flush=True)
                report_at = time.monotonic() + REPORT_S
            time.sleep(pause)
    print("count", sent, answered, flush=True)


def answer_comes(socket: zmq.Socket[bytes], stop: list[int]) -> bool:
    """Wait for an answer; False when it is too late for one."""
    waited_s = 0.0
    while not socket.poll(LOOK_MS):
        waited_s += LOOK_MS / 1000 if stop else 0.0
        if waited_s >= PATIENCE_S:
            return False
    return True


if __name__ == "__main__":
    main(*sys.argv[1:])
