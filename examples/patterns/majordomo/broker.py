"""Majordomo, the broker: gives requests for a service to idle workers that offer it.

    python examples/patterns/majordomo/broker.py --bind tcp://127.0.0.1:5555

The request of a worker that dies goes to another worker.
"""

from __future__ import annotations

import argparse
import contextlib
import signal
import time
from collections import defaultdict, deque
from dataclasses import dataclass, field

import mdp

import zmq

#: A request that so many workers have died of is dropped.
ATTEMPTS = 3


@dataclass
class Request:
    client: bytes
    body: list[bytes]
    attempts: int = 0


@dataclass
class Service:
    """Either requests wait for workers, or workers for requests."""

    requests: deque[Request] = field(default_factory=deque)
    idle: deque[bytes] = field(default_factory=deque)


@dataclass
class Worker:
    service: bytes
    seen_at: float
    request: Request | None = None


class Broker:
    """The state of a broker, and what each message does to it.

    Parameters
    ----------
    socket
        A ROUTER that is bound. Clients and workers connect to it.
    heartbeat_s
        The time between two heartbeats, in s.
    """

    def __init__(self, socket: zmq.Socket[bytes], heartbeat_s: float) -> None:
        self.socket = socket
        self.heartbeat_s = heartbeat_s
        self.services: defaultdict[bytes, Service] = defaultdict(Service)
        self.workers: dict[bytes, Worker] = {}
        socket.router_mandatory = True  # sending to a peer that has gone is an error

    def serve(self) -> None:
        """Serve without end; an exception ends it, so does closing the socket."""
        beat_at = time.monotonic()
        while True:
            if self.socket.poll(max(0, round(1000 * (beat_at - time.monotonic())))):
                for message in self.socket.recv_many(multipart=True):
                    self.handle(message)
            if time.monotonic() >= beat_at:
                self.beat()
                beat_at = time.monotonic() + self.heartbeat_s

    def handle(self, message: list[bytes]) -> None:
        match message:
            case [client, b"", mdp.CLIENT, service, *body]:
                self.services[service].requests.append(Request(client, body))
                self.dispatch(service)
            case [peer, b"", mdp.WORKER, mdp.READY, service] if peer not in self.workers:
                self.workers[peer] = Worker(service, time.monotonic())
                print("new worker for", service.decode(errors="replace"), flush=True)
                self.rest(peer)
            case [peer, b"", mdp.WORKER, *command] if peer in self.workers:
                self.workers[peer].seen_at = time.monotonic()
                self.obey(peer, command)
            case [peer, b"", mdp.WORKER, *_]:  # it was taken for dead, or knew another broker
                self.send(peer, b"", mdp.WORKER, mdp.DISCONNECT)

    def obey(self, peer: bytes, command: list[bytes]) -> None:
        """Do what a worker says."""
        worker = self.workers[peer]
        match command:
            case [mdp.REPLY, client, b"", *body] if worker.request is not None:
                worker.request = None
                self.send(client, b"", mdp.CLIENT, worker.service, *body)
                self.rest(peer)
            case [mdp.DISCONNECT]:
                self.lose(peer)

    def rest(self, peer: bytes) -> None:
        """A worker is idle: it gets a request that waits, or waits for one."""
        service = self.workers[peer].service
        self.services[service].idle.append(peer)
        self.dispatch(service)

    def dispatch(self, name: bytes) -> None:
        service = self.services[name]
        while service.requests and service.idle:
            peer, request = service.idle.popleft(), service.requests.popleft()
            head = [b"", mdp.WORKER, mdp.REQUEST, request.client, b""]
            if self.send(peer, *head, *request.body):
                self.workers[peer].request = request
            else:
                service.requests.appendleft(request)
                self.lose(peer)

    def lose(self, peer: bytes) -> None:
        """A worker has gone: its request is the next of those that wait."""
        worker = self.workers.pop(peer)
        service = self.services[worker.service]
        print("lost a worker for", worker.service.decode(errors="replace"), flush=True)
        if worker.request is None:
            with contextlib.suppress(ValueError):
                service.idle.remove(peer)
            return
        worker.request.attempts += 1
        if worker.request.attempts < ATTEMPTS:
            service.requests.appendleft(worker.request)
            self.dispatch(worker.service)
        else:
            print("dropped a request that workers die of", flush=True)

    def beat(self) -> None:
        """Tell the workers that the broker is there, and find those that are not."""
        silent_since = time.monotonic() - mdp.LIVENESS * self.heartbeat_s
        for peer, worker in list(self.workers.items()):
            there = self.send(peer, b"", mdp.WORKER, mdp.HEARTBEAT)
            # dispatch() may have lost it meanwhile.
            if peer in self.workers and (not there or worker.seen_at < silent_since):
                self.lose(peer)

    def send(self, *message: bytes) -> bool:
        """Whether the peer is there, and takes a message."""
        try:
            self.socket.send_multipart(message, zmq.DONTWAIT)
        except zmq.ZMQError as error:
            if error.errno not in (zmq.EHOSTUNREACH, zmq.EAGAIN):
                raise
            return False
        return True


def main() -> None:
    parser = argparse.ArgumentParser(description="Give requests to workers.")
    parser.add_argument("--bind", default="tcp://127.0.0.1:5555", metavar="ADDRESS")
    mdp.add_heartbeat(parser)
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # ends like Ctrl-C
    with (
        contextlib.suppress(KeyboardInterrupt),
        zmq.Context() as context,
        context.socket(zmq.ROUTER) as socket,
    ):
        socket.linger = 1000
        socket.bind(options.bind)
        print("listening at", socket.get_string(zmq.LAST_ENDPOINT), flush=True)
        Broker(socket, options.heartbeat_ms / 1000).serve()


if __name__ == "__main__":
    main()
