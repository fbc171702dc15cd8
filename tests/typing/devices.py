"""Uses of devices that the type checkers must accept."""

from __future__ import annotations

from typing import assert_type

import zmq
from zmq.devices import (
    Device,
    DeviceStats,
    MonitoredQueue,
    ProcessDevice,
    ProcessMonitoredQueue,
    ThreadDevice,
    ThreadProxySteerable,
)


def described() -> None:
    device = ThreadDevice(zmq.QUEUE, zmq.ROUTER, zmq.DEALER)
    device.bind_in("tcp://127.0.0.1:*")
    device.connect_out("tcp://127.0.0.1:1")
    device.setsockopt_in(zmq.IDENTITY, "text")
    device.setsockopt_out(zmq.IDENTITY, b"bytes")
    assert_type(device.bind_in_to_random_port("tcp://127.0.0.1", max_tries=3), int)
    device.daemon = False
    device.context_factory = zmq.Context
    queue = MonitoredQueue(zmq.ROUTER, zmq.DEALER, in_prefix="in", out_prefix=b"out")
    queue.bind_mon("tcp://127.0.0.1:*")


def run(device: ProcessMonitoredQueue) -> None:
    with device as same:
        assert_type(same, ProcessMonitoredQueue)
        same.start()
        same.pause()
        same.resume()
    assert_type(device.stop(timeout=1.5), bool)
    assert_type(device.stats(), DeviceStats)
    assert_type(device.stats().peers_in, int | None)
    assert_type(device.state, str)
    assert_type(device.endpoints, dict[str, list[str]])
    assert_type(device.done, bool)
    assert_type(device.error, BaseException | None)
    device.join(timeout=1)


def steered() -> None:
    proxy = ThreadProxySteerable(zmq.PULL, zmq.PUSH, zmq.PUB, zmq.REP)
    proxy.bind_ctrl("inproc://control")
    assert_type(proxy.bind_ctrl_to_random_port("tcp://127.0.0.1"), int)


class Own(ProcessDevice):
    start_method = "spawn"

    def run_device(self) -> None:
        ins, outs = self._setup_sockets()
        outs.send(ins.recv())


def any_device(device: Device) -> DeviceStats:
    return device.stats()
