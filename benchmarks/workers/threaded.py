"""Threads of one process, each of which sends to itself through inproc."""

from __future__ import annotations

import threading
import time
from itertools import count as numbers
from itertools import repeat

import zmq
from workers.common import Arguments, Socket, make_socket, ready, result

CHUNK = 100


def threads(args: Arguments) -> None:
    """Let ``count`` threads send and receive; messages per second, of all of them together."""
    count, shared = args.number("count", 2), args.number("shared", 0)
    context = zmq.Context()
    pairs = [_pair(context, args, n) for n in range(1 if shared else count)]
    # The sockets of PyZMQ are not to be used by two threads at once.
    lock = threading.Lock() if shared and not hasattr(zmq.Socket, "send_many") else None
    done = [0] * count
    going = threading.Event()
    going.set()
    running = [
        threading.Thread(target=_exchange, args=(*pairs[n % len(pairs)], lock, done, n, going))
        for n in range(count)
    ]
    ready()
    for thread in running:
        thread.start()
    time.sleep(args.real("warm", 0.2))
    before, begin = sum(done), time.perf_counter()
    time.sleep(args.real("seconds", 1.0))
    after, end = sum(done), time.perf_counter()
    going.clear()
    for thread in running:
        thread.join()
    result((after - before) / (end - begin))


def _pair(context: zmq.Context[Socket], args: Arguments, number: int) -> tuple[Socket, Socket]:
    receiver, sender = make_socket(context, "PULL", args), make_socket(context, "PUSH", args)
    receiver.bind(f"inproc://threads-{number}")
    sender.connect(f"inproc://threads-{number}")
    return sender, receiver


def _exchange(
    sender: Socket,
    receiver: Socket,
    lock: threading.Lock | None,
    done: list[int],
    number: int,
    going: threading.Event,
) -> None:
    """Send a few and receive as many: where a socket is shared, also those of other threads."""
    body = bytes(32)
    send, recv = sender.send, receiver.recv
    for chunks in numbers(1):
        if not going.is_set():
            return
        if lock is None:
            for _ in repeat(None, CHUNK):
                send(body)
            for _ in repeat(None, CHUNK):
                recv()
        else:
            for _ in repeat(None, CHUNK):
                with lock:
                    send(body)
            for _ in repeat(None, CHUNK):
                with lock:
                    recv()
        done[number] = chunks * CHUNK
