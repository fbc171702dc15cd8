"""Loops that end while something still waits in them leave no descriptor, whatever is kept of it.

Each program ends a number of loops, in an interpreter of its own, and counts its descriptors.
"""

from __future__ import annotations

import importlib.util
import sys

import pytest

from helpers.processes import run_python

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="descriptors are read from /proc"),
]

PROLOGUE = """
import asyncio, gc, os, sys, threading, time, warnings
warnings.simplefilter("ignore")
import zmq, zmq.asyncio

base = zmq.Context()
kept, pipe = [], os.pipe()

def things(front):
    number = len(kept)
    socket = (getattr(front, "_Context", None) or front.Context).shadow(base).socket(zmq.PULL)
    socket.bind(f"inproc://{number}")
    poller, mixed = front.Poller(), front.Poller()
    poller.register(socket, zmq.POLLIN)
    mixed.register(socket, zmq.POLLIN)
    mixed.register(pipe[0], zmq.POLLIN)
    for each in (poller, mixed) * 5:
        zmq.Poller.poll(each, 0)  # until each has its set
    return socket, [
        socket.recv, socket.recv_multipart, socket.poll, lambda: socket.poll(60_000),
        poller.poll, lambda: poller.poll(60_000), mixed.poll,
    ]

async def main(front=zmq.asyncio):
    socket, calls = things(front)
    waits = [asyncio.ensure_future(call()) for call in calls]
    await asyncio.sleep(0.01)
    kept.append((socket, waits, calls))

def count():
    # Two pollers have a set of their own for as long as they are kept, a socket its mailbox.
    gc.collect()
    return len(os.listdir("/proc/self/fd"))

def settled(looks):
    # libzmq closes what it has in a thread of its own: until nothing has changed for a while.
    seen = [-1]
    while seen[-looks:] != [seen[-1]] * looks:
        time.sleep(0.05)
        seen.append(count())
    return seen[-1]
"""
EPILOGUE = """
def let_go():
    for socket, *_ in kept:
        socket.close(0)
    kept.clear()

# As many as later: threads that have waited leave their wakers for others to use.
for _ in range(LOOPS):
    loop()
let_go()
before = settled(20)
for _ in range(LOOPS):
    loop()
for socket, *_ in kept:
    socket.close(0)
for _ in range(600):
    if count() - before <= LOOPS * 2:
        break
    time.sleep(0.05)
print((count() - before) // LOOPS - 2, "more a loop while all is kept")
let_go()
for _ in range(600):
    if count() <= before:
        break
    time.sleep(0.05)
# Threads of other loops may have left a waker or two more for others to use.
print((count() - before) // LOOPS, "more a loop in the end")
sys.stdout.flush()
os._exit(0)
"""

LOOPS = {
    "asyncio": "def loop(): asyncio.run(main())",
    "uvloop": "import uvloop\ndef loop(): uvloop.run(main())",
    "no-add_reader": """
class Loop(asyncio.SelectorEventLoop):
    def add_reader(self, *args):
        raise NotImplementedError
    def remove_reader(self, *args):
        raise NotImplementedError
def loop():
    loop = Loop()
    loop.run_until_complete(main())
    loop.close()
""",
    "tornado": """
from tornado.ioloop import IOLoop
import zmq.eventloop.future
from zmq.eventloop.zmqstream import ZMQStream
def loop():
    async def streams():
        await main(zmq.eventloop.future)
        receiving, sending = ZMQStream(base.socket(zmq.PULL)), ZMQStream(base.socket(zmq.PUSH))
        receiving.on_recv(print)
        sending.send(b"waits for a peer")
        await asyncio.sleep(0.01)
    asyncio.set_event_loop(asyncio.new_event_loop())
    io_loop = IOLoop.current()
    io_loop.run_sync(streams)
    io_loop.close(all_fds=True)
    asyncio.set_event_loop(None)
""",
    "anyio": "import zmq.anyio\ndef loop(): asyncio.run(main(zmq.anyio))",
    "trio": """
import trio, zmq.anyio
async def run():
    socket, calls = things(zmq.anyio)
    async with trio.open_nursery() as nursery:
        for call in calls:
            nursery.start_soon(call)
        await trio.sleep(0.01)
        nursery.cancel_scope.cancel()
    kept.append((socket, calls))
def loop(): trio.run(run)
""",
}


@pytest.mark.parametrize("name", LOOPS)
def test_nothing_is_left_of_a_loop(name: str) -> None:
    module = {"no-add_reader": "asyncio", "tornado": "tornado.ioloop"}.get(name, name)
    if importlib.util.find_spec(module.partition(".")[0]) is None:
        pytest.skip(f"{module} is not installed")
    program = PROLOGUE + LOOPS[name] + EPILOGUE.replace("LOOPS", "8")
    assert run_python(program, timeout_s=100) == [
        "0 more a loop while all is kept",
        "0 more a loop in the end",
    ]


HUBS = """
def work():
    socket, calls = things(front)
    greenlets = [spawn(call) for call in calls]
    sleep(0.01)
    kept.append((socket, calls, greenlets))

def only_the_hub():
    kept.append((base.socket(zmq.PULL), front.Poller(), spawn(sleep, 60)))
    sleep(0.01)

def in_threads(work):
    for _ in range(8):
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
    for socket, *_ in kept:
        socket.close(0)
    return settled(8)

in_threads(work)
start = in_threads(only_the_hub)
bare = in_threads(only_the_hub) - start
start = in_threads(work)
ours = in_threads(work) - start
print((ours - bare) // 8, "more of each thread than its hub has")
sys.stdout.flush()
os._exit(0)
"""


@pytest.mark.parametrize(
    ("module", "front", "kept"), [("gevent", "zmq.green", 2), ("eventlet", "zmq.eventlet", 3)]
)
def test_nothing_is_left_of_a_hub_in_a_thread(module: str, front: str, kept: int) -> None:
    """But for two pollers, and eventlet's hub, which green threads that wait keep."""
    pytest.importorskip(module, reason=f"{module} is not installed")
    program = PROLOGUE + f"from {module} import sleep, spawn\nimport {front} as front\n" + HUBS
    assert run_python(program, timeout_s=100) == [f"{kept} more of each thread than its hub has"]
