"""A relay in a thread of a process whose main thread waits."""

from __future__ import annotations

import threading
import time
from typing import Any

import zmq
from workers.common import Arguments, Socket, attach, make_socket, ready, result
from workers.memory import resident_kib

SIDES = ("in", "out", "mon")


def relay(args: Arguments) -> None:
    """Relay until the harness ends this process."""
    if args.text("api") in ("bare", "monitored-class", "watched"):
        _with_class(args)
        return
    context = zmq.Context()
    sockets = [make_socket(context, args.text(f"{side}_type"), args) for side in ("in", "out")]
    attach(sockets[0], args.text("in"))
    attach(sockets[1], args.text("out"))
    if args.text("mon", ""):
        sockets.append(make_socket(context, "PUB", args))
        attach(sockets[2], args.text("mon"))
    ready(*sockets)
    thread = threading.Thread(target=_run, args=(args.text("api"), sockets), daemon=True)
    thread.start()
    thread.join()


def _run(api: str, sockets: list[Socket]) -> None:
    if api == "device":
        zmq.device(zmq.QUEUE, *sockets)
    elif api == "proxy":
        zmq.proxy(*sockets)
    else:
        from zmq.devices import monitored_queue

        front, back, monitor = sockets
        monitored_queue(front, back, monitor, b"in", b"out")


def _with_class(args: Arguments) -> None:
    """Relay with a class of zmq.devices; its numbers are asked for ten times a second."""
    monitored = args.text("api") != "bare"
    device = make_device(args, monitored=monitored)
    ports = [bind_side(device, side) for side in (SIDES if monitored else SIDES[:2])]
    device.start()
    time.sleep(0.1)  # PyZMQ's start() does not wait
    print("ready", *(f"tcp://127.0.0.1:{port}" for port in ports), flush=True)
    while True:
        time.sleep(0.1)
        if args.text("api") == "watched":
            device.stats()


def make_device(args: Arguments, *, monitored: bool) -> Any:
    """Return a device that is not started, with the high-water marks of the arguments."""
    from zmq.devices import ThreadDevice, ThreadMonitoredQueue

    kinds = [getattr(zmq, args.text(f"{side}_type")) for side in ("in", "out")]
    device: Any = ThreadMonitoredQueue(*kinds) if monitored else ThreadDevice(zmq.QUEUE, *kinds)
    for side in SIDES if monitored else SIDES[:2]:
        for option in (zmq.SNDHWM, zmq.RCVHWM):
            getattr(device, f"setsockopt_{side}")(option, args.number("hwm", 1000))
    return device


def bind_side(device: Any, side: str) -> int:
    """Have a side of a device bind a free port, and return it."""
    port: int = getattr(device, f"bind_{side}_to_random_port")("tcp://127.0.0.1")
    return port


def crowded(args: Arguments) -> None:
    """Relay between a crowd and a replier; the result is bytes of memory for each client.

    There is a result only if all of them were answered, which they tell at a third endpoint.
    """
    zmq.Context.instance().max_sockets = 100
    device = make_device(args, monitored=False)
    device.setsockopt_in(zmq.BACKLOG, 4096)
    ports = [bind_side(device, side) for side in SIDES[:2]]
    told = zmq.Context().socket(zmq.PULL)
    told.bind("tcp://127.0.0.1:*")
    device.start()
    time.sleep(0.2)
    before = resident_kib()
    addresses = [f"tcp://127.0.0.1:{port}" for port in ports]
    print("ready", *addresses, told.last_endpoint.rstrip(b"\0").decode(), flush=True)
    missing = args.number("clients", 10_000)
    while missing:
        missing -= int(told.recv())
    result((resident_kib() - before) * 1024 / args.number("clients", 10_000))


def crowd(args: Arguments) -> None:
    """Be many clients, each with a socket of its own: all ask, and all have to be answered."""
    context: Any = zmq.Context()
    count = args.number("clients", 10_000)
    context.max_sockets = count + 10
    clients = [make_socket(context, "REQ", args) for _ in range(count)]
    for client in clients:
        client.connect(args.text("at"))
    for _ in range(args.number("rounds", 3)):
        for n, client in enumerate(clients):
            client.send(b"%d" % n)
        for n, client in enumerate(clients):
            if client.recv() != b"%d" % n:
                raise SystemExit("a client got the answer of another")
    tell = make_socket(context, "PUSH", args)
    tell.linger = -1
    tell.connect(args.text("tell"))
    tell.send(b"%d" % count)
    ready()
    time.sleep(60)  # the clients stay until the harness ends this process
