"""Whole programs of gevent and eventlet: patched standard library, threads, forks, idleness."""

from __future__ import annotations

import sys

import pytest

from helpers.processes import run_python

# How a program of each library begins, and the few calls that the programs below make.
BEGIN = {
    "gevent": """
import gevent
import zmq.green as zmq
from gevent import monkey, sleep, Timeout
def spawn(function, *args):
    return gevent.spawn(function, *args).get
def patch():
    monkey.patch_all()
""",
    "eventlet": """
import eventlet
from eventlet import sleep, Timeout
from zmq import eventlet as zmq
def spawn(function, *args):
    return eventlet.spawn(function, *args).wait
def patch():
    eventlet.monkey_patch()
""",
}
ENV = {"EVENTLET_TESTS": "1"}  # eventlet announces its own end in a warning


def run(library: str, program: str, **env: str) -> list[str]:
    return run_python(BEGIN[library] + program, env={**ENV, **env})


@pytest.fixture(params=BEGIN)
def library(request: pytest.FixtureRequest) -> str:
    return str(request.param)


BACKGROUND = """
import gc, sys, warnings
if sys.argv[1] == "patched":
    patch()
from zmq.auth.thread import ThreadAuthenticator
from zmq.devices import ThreadDevice

context = zmq.Context.instance()
turns = 0

def turn():
    global turns
    while True:
        turns += 1
        sleep(0.001)

spawn(turn)

class Provider:
    async def callback(self, domain, key):
        import asyncio
        await asyncio.sleep(0.01)
        return True

def authenticate():
    authenticator = ThreadAuthenticator(context)
    authenticator.start()
    authenticator.configure_plain(passwords={"anna": "sesame"})
    authenticator.configure_curve_callback(credentials_provider=Provider())
    return authenticator

def ask(mechanism, *credentials):
    with context.socket(zmq.REQ) as client:
        client.connect("inproc://zeromq.zap.01")
        client.send_multipart([b"1.0", b"1", b"", b"::1", b"", mechanism, *credentials])
        return client.recv_multipart()[2].decode()

authenticator = authenticate()
print(ask(b"PLAIN", b"anna", b"sesame"), ask(b"PLAIN", b"anna", b"x"))
print(ask(b"CURVE", bytes(32)))
authenticator.stop()
authenticate()
gc.collect()
print(ask(b"PLAIN", b"anna", b"sesame"))

device = ThreadDevice(zmq.QUEUE, zmq.PULL, zmq.PUSH)
taken, given = device.bind_in_to_random_port(AT), device.bind_out_to_random_port(AT)
device.start()
with context.socket(zmq.PUSH) as push, context.socket(zmq.PULL) as pull:
    push.connect(f"{AT}:{taken}")
    pull.connect(f"{AT}:{given}")
    push.send(b"through")
    print(pull.recv().decode(), device.state)
    print(device.stop(5), device.state)
before = turns
sleep(0.01)
print(turns > before > 3)
context.term()
print("ended")
"""


@pytest.mark.parametrize("patched", ["patched", "as it is"])
def test_what_runs_in_a_thread_of_its_own(library: str, patched: str) -> None:
    program = f"import sys; sys.argv[1:] = [{patched!r}]; AT = 'tcp://127.0.0.1'" + BACKGROUND
    assert run(library, program) == [
        "200 400", "200", "200", "through running", "True stopped", "True", "ended",
    ]  # fmt: skip


PATCHED = """
patch()
import queue, threading, time

def serve():
    with context.socket(zmq.REP) as socket:
        socket.bind("inproc://service")
        for _ in range(100):
            socket.send(socket.recv())

def ask(name):
    with context.socket(zmq.REQ) as socket:
        socket.connect("inproc://service")
        for n in range(50):
            socket.send_json([name, n])
            assert socket.recv_json() == [name, n]
            time.sleep(0)
    done.put(name)

context = zmq.Context()
done = queue.Queue()
threads = [threading.Thread(target=serve)]
threads += [threading.Thread(target=ask, args=(name,)) for name in "ab"]
for thread in threads:
    thread.start()
print(sorted(done.get() for _ in range(2)))
for thread in threads:
    thread.join()
with context.socket(zmq.PAIR) as a, context.socket(zmq.PAIR) as b:
    a.bind("inproc://tracked")
    b.connect("inproc://tracked")
    tracker = a.send(bytearray(100000), copy=False, track=True)
    print(len(b.recv()))
    while not tracker.done:
        time.sleep(0.001)
context.term()
"""


def test_patched_threads_are_greenlets(library: str) -> None:
    assert run(library, PATCHED) == ["['a', 'b']", "100000"]


IMPORTED_BEFORE = """
import zmq as plain
context = zmq.Context()
patch()
import threading
push, pull = context.socket(zmq.PUSH), context.socket(zmq.PULL)
pull.bind("inproc://x")
push.connect("inproc://x")
thread = threading.Thread(target=lambda: print(pull.recv()))
thread.start()
sleep(0)
push.send(b"x")
thread.join()
context.destroy()
print(context.closed)
"""


def test_patched_after_the_import(library: str) -> None:
    assert run(library, IMPORTED_BEFORE) == ["b'x'", "True"]


THREADS = """
import threading
context = zmq.Context()
a, b = context.socket(zmq.PAIR), context.socket(zmq.PAIR)
a.bind("inproc://threads")
b.connect("inproc://threads")
got = []

def count(socket):
    # Several receivers of one socket, in a hub of this thread's own.
    def receive():
        while True:
            message = socket.recv()
            if message == b"end":
                return
            got.append(int(message))
    for join in [spawn(receive) for _ in range(3)]:
        join()

threads = [threading.Thread(target=count, args=(b,)) for _ in range(2)]
for thread in threads:
    thread.start()
for n in range(300):
    a.send(b"%d" % n)
    if n % 20 == 0:
        sleep(0.001)
for _ in range(6):
    a.send(b"end")
for thread in threads:
    thread.join()
print(sorted(got) == list(range(300)))
context.destroy()
"""


def test_two_threads_with_hubs_share_a_socket(library: str) -> None:
    assert run(library, THREADS) == ["True"]


FORK = """
import os
context = zmq.Context()
a, b = context.socket(zmq.PAIR), context.socket(zmq.PAIR)
a.bind("inproc://before")
b.connect("inproc://before")
receiver = spawn(b.recv)
sleep(0.01)
child = os.fork()
if not child:
    fresh()
    try:
        b.send(b"")
    except zmq.ZMQError as error:
        print("refused")
    inner = zmq.Context()
    c, d = inner.socket(zmq.PAIR), inner.socket(zmq.PAIR)
    c.bind("inproc://after")
    d.connect("inproc://after")
    receiver = spawn(d.recv)
    sleep(0.01)
    c.send(b"in the child")
    print(receiver())
    began = time.process_time(), switches()
    sleep(0.5)
    used, switched = time.process_time() - began[0], switches() - began[1]
    print("idle" if used < 0.1 and switched < 20 else (used, switched), flush=True)
    os._exit(0)
# What is there for the parent shall not keep the child busy.
a.send(b"in the parent")
_, status = os.waitpid(child, 0)
print(receiver())
context.destroy()
"""

SWITCHES = """
import time
def switches():
    with open("/proc/self/status") as status:
        return sum(int(line.split()[1]) for line in status if line.startswith("voluntary"))
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs fork and /proc")
def test_fork(library: str) -> None:
    fresh = {
        "gevent": "def fresh():\n    gevent.reinit()\n",
        # Its hub is shared with the parent until then.
        "eventlet": "def fresh():\n    eventlet.hubs.use_hub()\n",
    }
    lines = run(library, SWITCHES + fresh[library] + FORK)
    assert lines == ["refused", "b'in the child'", "idle", "b'in the parent'"]


IDLE = """
context = zmq.Context()
pulls = [context.socket(zmq.PULL) for _ in range(20)]
for pull in pulls:
    pull.bind("tcp://127.0.0.1:*")
    spawn(pull.recv)
    spawn(pull.poll)
poller = zmq.Poller()
for pull in pulls:
    poller.register(pull, zmq.POLLIN)
polling = spawn(poller.poll)
with context.socket(zmq.PUSH) as push:  # everything has been busy once
    push.connect(pulls[0].last_endpoint.decode())
    push.send(b"x")
    sleep(0.1)
    push.send(b"x")
    print(len(polling()))
    pulls[0].recv()
spawn(poller.poll)
sleep(0.1)
began = time.process_time(), switches()
sleep(1)
print(time.process_time() - began[0], switches() - began[1])
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs /proc")
def test_idle_means_no_cpu(library: str) -> None:
    ready, figures = run(library, SWITCHES + IDLE)
    assert ready == "1"
    cpu_s, switches = figures.split()
    assert float(cpu_s) < 0.02
    assert int(switches) <= 5  # of the sleep itself


LOOPS = {
    "gevent": [("GEVENT_LOOP", loop) for loop in ("libev-cext", "libuv-cffi", "libev-cffi")],
    "eventlet": [("EVENTLET_HUB", hub) for hub in ("epolls", "poll", "selects", "asyncio")],
}

EVERYTHING = """
context = zmq.Context()
a, b = context.socket(zmq.PAIR), context.socket(zmq.PAIR)
a.bind("tcp://127.0.0.1:*")
b.connect(a.last_endpoint.decode())
for n in range(20):
    receivers = [spawn(b.recv) for _ in range(3)]
    sleep(0)
    for _ in receivers:
        a.send(b"%d" % n)
    assert [receive() for receive in receivers] == [b"%d" % n] * 3
with Timeout(0.01, False):
    b.recv()
b.rcvtimeo = 10
try:
    b.recv()
except zmq.Again:
    print("again")
poller = zmq.Poller()
poller.register(b, zmq.POLLIN)
assert poller.poll(5) == []
polling = spawn(poller.poll)
sleep(0.01)
a.send(b"x")
assert polling() == [(b, zmq.POLLIN)]
print(b.recv())
context.destroy()
"""


@pytest.mark.parametrize(
    ("name", "variable", "loop"),
    [(name, *loop) for name, loops in LOOPS.items() for loop in loops],
)
def test_every_loop_of_the_library(name: str, variable: str, loop: str) -> None:
    available = run_python(
        "import gevent\ntry:\n    gevent.get_hub()\nexcept ImportError: print('missing')"
        if name == "gevent"
        else "import eventlet.hubs\neventlet.hubs.get_hub()",
        env={**ENV, variable: loop},
    )
    if available:
        pytest.skip(f"gevent was built without {loop}")
    assert run(name, EVERYTHING, **{variable: loop}) == ["again", "b'x'"]


STREAM = """
from gevent import monkey
monkey.patch_all()
import gevent
import zmq.green as zmq
from zmq.green.eventloop import ioloop, zmqstream

ioloop.install()
context = zmq.Context()
pull, push = context.socket(zmq.PULL), context.socket(zmq.PUSH)
pull.bind("tcp://127.0.0.1:*")
push.connect(pull.last_endpoint.decode())
loop = ioloop.IOLoop()
stream = zmqstream.ZMQStream(pull, io_loop=loop)
got = []

def received(message):
    got.append(message)
    if len(got) == 3:
        loop.add_callback(loop.stop)

stream.on_recv(received)
# Greenlets have their turns while Tornado's loop waits.
gevent.spawn(lambda: [(gevent.sleep(0.01), push.send(b"%d" % n)) for n in range(3)])
loop.call_later(10, loop.stop)
loop.start()
print(got)
stream.close()
loop.close()
context.destroy()
"""


def test_streams_beside_greenlets() -> None:
    assert run_python(STREAM) == ["[[b'0'], [b'1'], [b'2']]"]


TRACKER = """
from gevent import monkey
monkey.patch_all()
import zmq.green as zmq

with zmq.Context() as context:
    with context.socket(zmq.PAIR) as a, context.socket(zmq.PAIR) as b:
        a.bind("inproc://tracked")
        b.connect("inproc://tracked")
        tracker = a.send(bytearray(100000), copy=False, track=True)
        import gevent
        gevent.spawn_later(0.01, b.recv)
        tracker.wait(10)
        print(tracker.done)
"""


def test_a_tracker_in_a_patched_program() -> None:
    """The thread that gives memory back is one, also where threads are greenlets."""
    assert run_python(TRACKER) == ["True"]
