"""A relay in a thread of a process whose main thread waits."""

from __future__ import annotations

import threading

import zmq
from workers.common import Arguments, Socket, attach, make_socket, ready


def relay(args: Arguments) -> None:
    """Relay until the harness ends this process."""
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
