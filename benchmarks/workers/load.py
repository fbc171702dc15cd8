"""Round trips at an offered load: requests leave when they are due, whatever has come back by then.

The time of each counts from the moment in which it was due: so waiting in line is counted.
"""

from __future__ import annotations

import threading
import time
from itertools import repeat
from typing import Any, NoReturn

import zmq
from workers.common import Arguments, Socket, make_socket, ready, result

PERCENTILES = (50.0, 99.0, 99.9)


def echoer(args: Arguments) -> NoReturn:
    """Send back to a PULL what has come from a PUSH, until the harness ends this process."""
    context: Any = zmq.Context()
    requests, replies = make_socket(context, "PULL", args), make_socket(context, "PUSH", args)
    for socket in (requests, replies):
        socket.bind("tcp://127.0.0.1:*")
    ready(requests, replies)
    recv, send = requests.recv, replies.send
    while True:
        send(recv())


def offered_load(args: Arguments) -> None:
    """Ask ``rate`` times a second; the results are percentiles of microseconds."""
    context: Any = zmq.Context()
    requests, replies = make_socket(context, "PUSH", args), make_socket(context, "PULL", args)
    replies.connect(args.text("replies"))
    requests.connect(args.text("requests"))
    body = bytes(args.number("size", 32))
    for _ in repeat(None, 100):  # both connections are there
        requests.send(body)
        replies.recv()
    ready()
    rate, warm_s = args.number("rate", 1000), args.real("warm", 0.2)
    count = int(rate * (warm_s + args.real("seconds", 1.0)))
    due = [n / rate for n in range(count)]
    begin = time.perf_counter() + 0.01
    sender = threading.Thread(target=_send_when_due, args=(requests, body, due, begin))
    sender.start()
    arrived = []
    for _ in repeat(None, count):  # one connection each way: in the order of the requests
        replies.recv()
        arrived.append(time.perf_counter())
    sender.join()
    times = sorted(
        (at - begin - planned) * 1e6
        for at, planned in zip(arrived, due, strict=True)
        if planned >= warm_s
    )
    result(*(times[int(len(times) * each / 100)] for each in PERCENTILES))


def _send_when_due(socket: Socket, body: bytes, due: list[float], begin: float) -> None:
    sent = 0
    while sent < len(due):
        elapsed = time.perf_counter() - begin
        if elapsed < due[sent]:
            time.sleep(due[sent] - elapsed)
            continue
        socket.send(body)
        sent += 1
