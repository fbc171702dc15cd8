"""A monitor: sees every message that crosses the queue, and prints one now and then.

    python monitor.py tcp://127.0.0.1:5557

Each message has one more part in front: `in` (a request) or `out` (an answer). Lines that
it prints: `ready` after the first message, `sample SIDE SIZES TEXT`, and `seen IN OUT`.
On SIGTERM or Ctrl-C it reads the messages that are still on their way, prints `seen` for the last
time and ends; a second signal ends it at once.
"""

from __future__ import annotations

import signal
import sys
import time

import zmq

PROBE = b"probe"  # sent by the demo to find out whether the monitor sees anything yet
SAMPLE_S = 0.5
QUIET_MS = 500


def main(endpoint: str) -> None:
    stop: list[int] = []
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda number, _: stop.append(number))
    seen = {b"in": 0, b"out": 0}
    sampled, sample_at = b"", 0.0
    with zmq.Context() as context, context.socket(zmq.SUB) as socket:
        socket.rcvhwm = 0  # no limit: nothing may be dropped while this process is busy
        socket.subscribe(b"")
        socket.connect(endpoint)
        while len(stop) < 2:
            if not socket.poll(QUIET_MS):
                if stop:
                    break
                continue
            side, *parts = socket.recv_multipart()
            if parts[-1].endswith(PROBE):
                print("ready", flush=True)
                continue
            seen[side] += 1
            if side != sampled and time.monotonic() >= sample_at:
                sampled, sample_at = side, time.monotonic() + SAMPLE_S
                sizes = "+".join(str(len(part)) for part in parts)
                print("sample", side.decode(), sizes, parts[-1].decode(), flush=True)
                print("seen", seen[b"in"], seen[b"out"], flush=True)
    print("seen", seen[b"in"], seen[b"out"], flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
