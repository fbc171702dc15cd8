"""Devices started and stopped over and over leave nothing: no descriptor, thread, child, memory."""

from __future__ import annotations

import sys

import pytest

from helpers.processes import run_python

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="resident memory is read from /proc"),
]

PROGRAM = """
import gc, multiprocessing, os, resource, sys, threading, time
import zmq
from zmq.devices import *

def measure():
    gc.collect()
    with open("/proc/self/statm") as file:
        rss = int(file.read().split()[1]) * resource.getpagesize()
    sockets = len(zmq.dump().splitlines())
    return (rss, len(os.listdir("/proc/self/fd")), threading.active_count(), sockets,
            len(multiprocessing.active_children()), len(gc.get_objects()))

def thread(n):
    device = ThreadMonitoredQueue(zmq.ROUTER, zmq.DEALER)
    for side in ("in", "out", "mon"):
        getattr(device, f"bind_{side}")("tcp://127.0.0.1:*")
    pass_one(device)

def failing(n):
    device = ThreadProxy(zmq.PULL, zmq.PUSH)
    device.bind_in("tcp://127.0.0.1:*")
    device.bind_mon_to_random_port("tcp://127.0.0.1")
    device.bind_out("smoke://1")
    try:
        device.start()
    except zmq.ZMQError:
        return
    raise AssertionError

def process(n):
    device = ProcessDevice(zmq.QUEUE, zmq.ROUTER, zmq.DEALER)
    device.start_method = "fork"
    device.bind_in("tcp://127.0.0.1:*")
    device.bind_out("tcp://127.0.0.1:*")
    if n % 3:
        pass_one(device)
    else:
        device.start()
        device.launcher.kill()
        device.join()
        assert device.state == "failed"

def pass_one(device):
    device.start()
    with zmq.Context() as context:
        client, worker = context.socket(zmq.REQ), context.socket(zmq.REP)
        client.connect(device.endpoints["in"][0])
        worker.connect(device.endpoints["out"][0])
        client.send(b"x")
        worker.send(worker.recv())
        client.recv()
        client.close(0)
        worker.close(0)
    device.stats()
    device.pause()
    assert device.stop(5) is True

work, count = globals()[sys.argv[1]], int(sys.argv[2])
for n in range(count // 3):
    work(n)

def settled():
    # libzmq closes what it has in threads of its own: until nothing has changed for a while.
    seen = [measure()]
    while len(seen) < 8 or len({each[1:5] for each in seen[-8:]}) > 1:
        time.sleep(0.05)
        seen.append(measure())
    return seen[-1]

before = settled()
for n in range(count):
    work(n)
for _ in range(600):
    after = measure()
    if after[1:5] == before[1:5]:
        break
    time.sleep(0.05)
print(*(y - x for x, y in zip(before, after)))
"""


@pytest.mark.parametrize(("what", "count"), [("thread", 150), ("failing", 150), ("process", 45)])
def test_nothing_stays(what: str, count: int) -> None:
    (line,) = run_python(PROGRAM, what, str(count), timeout_s=110)
    rss, descriptors, threads, sockets, children, objects = map(int, line.split())
    assert rss < 2 << 20
    assert (descriptors, threads, sockets, children) == (0, 0, 0, 0)
    assert objects < 100


def test_a_program_may_end_without_stopping_its_devices() -> None:
    (line,) = run_python(
        """
        import zmq
        from zmq.devices import *

        for cls in (ThreadDevice, ProcessDevice):
            device = cls(zmq.QUEUE, zmq.ROUTER, zmq.DEALER)
            device.bind_in("tcp://127.0.0.1:*")
            device.start()
        print(device.state)
        """
    )
    assert line == "running"
