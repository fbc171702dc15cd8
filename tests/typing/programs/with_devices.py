"""Devices in threads and processes, proxies and decorators."""

from __future__ import annotations

import zmq
from zmq.decorators import context, socket
from zmq.devices import (
    ProcessDevice,
    ProcessProxy,
    ThreadDevice,
    ThreadMonitoredQueue,
    ThreadProxy,
    ThreadProxySteerable,
    monitored_queue,
)


def start_queue() -> ThreadDevice:
    queue = ThreadDevice(zmq.QUEUE, zmq.ROUTER, zmq.DEALER)
    queue.bind_in("tcp://127.0.0.1:5559")
    queue.bind_out("tcp://127.0.0.1:5560")
    queue.setsockopt_in(zmq.IDENTITY, b"in")
    queue.setsockopt_out(zmq.LINGER, 0)
    queue.daemon = True
    queue.start()
    return queue


def start_others() -> None:
    streamer = ProcessDevice(zmq.STREAMER, zmq.PULL, zmq.PUSH)
    port: int = streamer.bind_in_to_random_port("tcp://127.0.0.1")
    streamer.connect_out(f"tcp://127.0.0.1:{port}")
    streamer.start()
    forwarder = ThreadProxy(zmq.XSUB, zmq.XPUB, zmq.PUB)
    forwarder.bind_mon("inproc://capture")
    forwarder.start()
    monitored = ThreadMonitoredQueue(zmq.ROUTER, zmq.DEALER, zmq.PUB, b"in", b"out")
    monitored.setsockopt_mon(zmq.SNDHWM, 10)
    monitored.start()
    steerable = ThreadProxySteerable(zmq.PULL, zmq.PUSH, zmq.PUB, zmq.PAIR)
    steerable.connect_ctrl("inproc://steering")
    steerable.start()
    steerable.join(timeout=1)
    print(ProcessProxy(zmq.PULL, zmq.PUSH))


def run_here(a: zmq.Socket[bytes], b: zmq.Socket[bytes], capture: zmq.Socket[bytes]) -> None:
    try:
        zmq.proxy(a, b, capture)
    except zmq.ContextTerminated:
        monitored_queue(a, b, capture, b"in", b"out")
    zmq.device(zmq.FORWARDER, a, b)


@context(io_threads=1)
@socket(zmq.PUB)
def publish(ctx: zmq.Context[zmq.Socket[bytes]], pub: zmq.Socket[bytes], text: str) -> None:
    pub.bind("tcp://127.0.0.1:*")
    pub.send_string(text)
    print(ctx.closed)
