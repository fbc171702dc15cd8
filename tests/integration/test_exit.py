"""The end of the interpreter, with sockets that were not closed."""

from __future__ import annotations

import gc
import subprocess
import sys

import pytest

import zmq
from helpers.processes import run_python

SENDER = """
import zmq
socket = zmq.Context.instance().socket(zmq.PUSH)
socket.connect("{endpoint}")
{send}
"""


@pytest.mark.parametrize(
    "send", ["socket.send(bytes(20_000_000))", "socket.send_many([b'x'] * 100)"]
)
def test_messages_sent_last_are_not_lost(context: zmq.Context, send: str) -> None:
    with context.socket(zmq.PULL) as receiver:
        port = receiver.bind_to_random_port("tcp://127.0.0.1")
        receiver.rcvtimeo = 10_000
        run_python(SENDER.format(endpoint=f"tcp://127.0.0.1:{port}", send=send))
        expected = [20_000_000] if "bytes" in send else [1] * 100
        assert [len(receiver.recv()) for _ in expected] == expected


def test_the_end_does_not_wait_for_a_peer_that_is_not_there() -> None:
    run_python(SENDER.format(endpoint="tcp://127.0.0.1:9", send="socket.send(b'x')"))


def test_a_context_and_its_socket_in_a_cycle_are_collected() -> None:
    class Holder:
        def __init__(self) -> None:
            self.context = zmq.Context()
            self.socket = self.context.socket(zmq.PUSH)
            self.me = self

    def let_go() -> None:
        Holder()
        gc.collect()

    with pytest.warns(ResourceWarning):
        let_go()


def test_a_context_that_is_left_says_nothing_at_the_end() -> None:
    child = """
import atexit, sys, zmq, zmq.asyncio
class Cycle:
    pass
atexit._clear()
kept = zmq.Context()
sys.kept = zmq.asyncio.Context()
cycle = Cycle()
cycle.me, cycle.context = cycle, zmq.Context()
"""
    found = subprocess.run(
        [sys.executable, "-W", "error", "-c", child], capture_output=True, text=True, timeout=30
    )
    assert (found.returncode, found.stderr) == (0, "")


OUT_OF_DESCRIPTORS = """
import asyncio, errno, resource, time, zmq, zmq.asyncio
resource.setrlimit(resource.RLIMIT_NOFILE, (60, 60))
async def use():
    sockets, longest, refused = [], 0.0, 0
    with zmq.asyncio.Context() as context:
        for n in range(100):
            began = time.monotonic()
            try:
                sockets.append(context.socket(zmq.PUSH))
            except zmq.ZMQError as error:
                assert error.errno == errno.EMFILE
                refused += 1
                longest = max(longest, time.monotonic() - began)
                if n % 9 == 0:
                    sockets.pop().close()
        for socket in sockets:
            socket.close()
    return refused > 10, longest < 1.0
print(*asyncio.run(use()))
"""


def test_a_loop_goes_on_when_descriptors_have_run_out() -> None:
    """A socket that cannot be opened does not wait for long, and the context ends without one."""
    pytest.importorskip("resource", reason="limits of the number of descriptors")
    assert run_python(OUT_OF_DESCRIPTORS) == ["True True"]


NO_DESCRIPTOR = """
import os, resource, threading, time, zmq
context = zmq.Context()
a, b = context.socket(zmq.PAIR), context.socket(zmq.PAIR)
a.bind("inproc://full")
b.connect("inproc://full")
b.rcvtimeo = 10000
resource.setrlimit(resource.RLIMIT_NOFILE, (60, 60))
taken = []
try:
    while True:
        taken.append(os.dup(0))
except OSError:
    pass
def send():
    time.sleep(0.1)
    a.send(b"x")
for receive in (b.recv, lambda: b.poll(10000) and b.recv()):
    thread = threading.Thread(target=send)
    thread.start()
    print(receive())
    thread.join()
tracker = a.send(bytes(200_000), copy=False, track=True)
print(len(b.recv()))
a.send(bytes(200_000), copy=False)
print(len(b.recv()), tracker.done)
b.rcvtimeo = 50
try:
    b.recv()
except zmq.Again:
    print("in time")
a.close()
b.close()
context.term()
for number in taken:
    os.close(number)
print(context.closed)
"""


def test_calls_wait_without_a_descriptor_of_their_own() -> None:
    pytest.importorskip("resource", reason="limits of the number of descriptors")
    lines = run_python(NO_DESCRIPTOR)
    assert lines == ["b'x'", "b'x'", "200000", "200000 True", "in time", "True"]


POLLER_WITHOUT_DESCRIPTOR = """
import os, resource, threading, zmq
context = zmq.Context()
a, b = context.socket(zmq.PAIR), context.socket(zmq.PAIR)
a.bind("inproc://full")
b.connect("inproc://full")
r, w = os.pipe()
resource.setrlimit(resource.RLIMIT_NOFILE, (60, 60))
taken = []
try:
    while True:
        taken.append(os.dup(0))
except OSError:
    pass
poller = zmq.Poller()
for watched in (b, r):
    poller.register(watched, zmq.POLLIN)
def later(call, *args):
    threading.Timer(0.1, call, args).start()
print(poller.poll(0), zmq.select([b], [], [], 0.01)[0])
later(a.send, b"x")
print(dict(poller.poll(10000)) == {b: zmq.POLLIN}, b.recv())
later(os.write, w, b"x")
print(dict(poller.poll(10000)) == {r: zmq.POLLIN}, os.read(r, 1))
slept = threading.Thread(target=lambda: print(dict(poller.poll(10000)) == {b: zmq.POLLIN}))
slept.start()
for number in taken:
    os.close(number)
print(poller.poll(20))
a.send(b"y")
slept.join()
print(dict(poller.poll(10000)) == {b: zmq.POLLIN}, b.recv(), poller.poll(20))
"""


def test_a_poller_needs_no_descriptor() -> None:
    """Where none is left it looks at all its sockets, and is as before when there are some."""
    pytest.importorskip("resource", reason="limits of the number of descriptors")
    assert run_python(POLLER_WITHOUT_DESCRIPTOR) == [
        "[] []",
        "True b'x'",
        "True b'x'",
        "[]",
        "True",
        "True b'y' []",
    ]
