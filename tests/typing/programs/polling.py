"""Many sockets in one thread."""

from __future__ import annotations

import socket as os_socket

import zmq
from zmq import POLLERR, POLLIN, POLLOUT, Poller


def broker(frontend: zmq.Socket[bytes], backend: zmq.Socket[bytes]) -> None:
    poller = zmq.Poller()
    poller.register(frontend, zmq.POLLIN)
    poller.register(backend, zmq.POLLIN)
    workers: list[bytes] = []
    while True:
        events = dict(poller.poll(1000))
        if not events:
            return
        if backend in events:
            worker, _, *answer = backend.recv_multipart()
            workers.append(worker)
            if answer[0] != b"READY":
                frontend.send_multipart(answer)
        if frontend in events and events[frontend] == zmq.POLLIN and workers:
            backend.send_multipart([workers.pop(0), b"", *frontend.recv_multipart()])


def with_descriptors(sub: zmq.Socket[bytes], plain: os_socket.socket) -> list[int]:
    poller = Poller()
    poller.register(sub)
    poller.register(plain, POLLIN | POLLERR)
    poller.modify(plain.fileno(), flags=POLLOUT)
    ready = [events for _, events in poller.poll(timeout=None)]
    poller.unregister(sub)
    readable, writable, failed = zmq.select([sub], [], [sub], timeout=0.1)
    print(readable, writable, failed, sub in poller)
    return ready


def event_names(events: int) -> list[str]:
    return [flag.name or "" for flag in zmq.PollEvent if flag & events]
