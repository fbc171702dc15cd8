"""A loop that was used before a fork serves what its child opens, and the parent goes on.

A notebook that is run in a ProcessPoolExecutor after one was run in the parent is such a program.
"""

from __future__ import annotations

import importlib.util
import os

import pytest

from helpers.processes import run_python

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")

PROLOGUE = """
import asyncio, os, signal, sys, warnings
warnings.simplefilter("ignore")
import zmq, zmq.asyncio

def fork(work):
    sys.stdout.flush()
    pid = os.fork()
    if pid == 0:
        signal.alarm(10)
        try:
            work()
            os._exit(0)
        except BaseException:
            sys.excepthook(*sys.exc_info())
            os._exit(1)
    print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))

def pair(front):
    context = front.Context()
    a, b = context.socket(zmq.PAIR), context.socket(zmq.PAIR)
    a.linger = b.linger = 0
    b.connect(f"tcp://127.0.0.1:{a.bind_to_random_port('tcp://127.0.0.1')}")
    poller = front.Poller()
    poller.register(b, zmq.POLLIN)
    return context, a, b, poller

async def talk(front=zmq.asyncio):
    context, a, b, poller = pair(front)
    for _ in range(3):
        received = asyncio.ensure_future(b.recv())
        await asyncio.sleep(0.01)
        await a.send(b"1")
        assert await asyncio.wait_for(received, 5) == b"1"
        polled = asyncio.ensure_future(poller.poll(5000))
        await asyncio.sleep(0.01)
        await a.send(b"2")
        assert await polled == [(b, zmq.POLLIN)]
        assert await b.recv() == b"2"
    a.close()
    b.close()
    zmq.Context.term(context)
"""
ASYNCIO = """
async def begin():
    context, a, b, _ = pair(zmq.asyncio)

    async def receive():
        return await b.recv()

    return context, a, asyncio.ensure_future(receive())

async def end(a, waiting):
    await a.send(b"of the parent")
    return (await asyncio.wait_for(waiting, 5)).decode()

loop.run_until_complete(talk())
_, a, waiting = loop.run_until_complete(begin())
for _ in range(2):
    fork(lambda: loop.run_until_complete(talk()))
print(loop.run_until_complete(end(a, waiting)))
loop.run_until_complete(talk())
"""
GREEN = """
def talk():
    context, a, b, poller = pair(front)
    for _ in range(3):
        received = spawn(b.recv)
        sleep(0.01)
        a.send(b"1")
        assert wait(received) == b"1"
        polled = spawn(poller.poll, 5000)
        sleep(0.01)
        a.send(b"2")
        assert wait(polled) == [(b, zmq.POLLIN)]
        assert b.recv() == b"2"
    a.close()
    b.close()
    context.term()

talk()
for _ in range(2):
    fork(talk)
talk()
print("of the parent")
"""
PROGRAMS = {
    "asyncio": "loop = asyncio.new_event_loop()\n" + ASYNCIO,
    "uvloop": "import uvloop\nloop = uvloop.new_event_loop()\n" + ASYNCIO,
    "no-add_reader": """
class Loop(asyncio.SelectorEventLoop):
    def add_reader(self, *args):
        raise NotImplementedError
loop = Loop()
"""
    + ASYNCIO,
    "anyio": """
import zmq.anyio
loop = asyncio.new_event_loop()
loop.run_until_complete(talk(zmq.anyio))
for _ in range(2):
    fork(lambda: loop.run_until_complete(talk(zmq.anyio)))
loop.run_until_complete(talk(zmq.anyio))
print("of the parent")
""",
    "tornado": """
from tornado.ioloop import IOLoop
import zmq.eventloop.future
from zmq.eventloop.zmqstream import ZMQStream

async def streams():
    context, a, b, _ = pair(zmq)
    asks, answers = ZMQStream(a), ZMQStream(b)
    answers.on_recv(answers.send_multipart)
    answer = asyncio.get_running_loop().create_future()
    asks.on_recv(answer.set_result)
    asks.send(b"1")
    assert await asyncio.wait_for(answer, 5) == [b"1"]
    asks.close()
    answers.close()
    context.term()
    await talk(zmq.eventloop.future)

def child():
    loop.run_sync(streams)
    loop.close(all_fds=True)

loop = IOLoop(make_current=False)
loop.run_sync(streams)
_, a, _, _ = pair(zmq)
ours = ZMQStream(a, loop)
for _ in range(2):
    fork(child)
loop.run_sync(streams)
assert not ours.closed()
print("of the parent")
ours.close()
""",
    "gevent": """
from gevent import sleep, spawn
import zmq.green as front
wait = lambda greenlet: greenlet.get(timeout=5)
"""
    + GREEN,
    "eventlet": """
from eventlet import sleep, spawn
import zmq.eventlet as front
wait = lambda thread: thread.wait()
"""
    + GREEN,
    "trio": """
import trio, zmq.anyio
async def talk():
    context, a, b, poller = pair(zmq.anyio)
    with trio.fail_after(5):
        for call in (b.recv, poller.poll, b.recv):
            async with trio.open_nursery() as nursery:
                nursery.start_soon(call)
                await trio.sleep(0.01)
                await a.send(b"1")
    a.close()
    b.close()
    zmq.Context.term(context)

trio.run(talk)
for _ in range(2):
    fork(lambda: trio.run(talk))
trio.run(talk)
print("of the parent")
""",
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_loop_goes_on_in_the_child(name: str) -> None:
    module = {"no-add_reader": "asyncio"}.get(name, name)
    if importlib.util.find_spec(module) is None:
        pytest.skip(f"{module} is not installed")
    lines = run_python(PROLOGUE + PROGRAMS[name], timeout_s=50)
    assert lines == ["0", "0", "of the parent"]


def test_a_pool_of_processes_runs_the_loop_of_its_parent() -> None:
    lines = run_python(
        PROLOGUE
        + """
import concurrent.futures, multiprocessing

def work(_):
    loop.run_until_complete(talk())
    return "done"

loop = asyncio.new_event_loop()
loop.run_until_complete(talk())
forks = multiprocessing.get_context("fork")
with concurrent.futures.ProcessPoolExecutor(2, mp_context=forks) as pool:
    print(*pool.map(work, range(4)))
loop.run_until_complete(talk())
"""
    )
    assert lines == ["done done done done"]


def test_a_poller_goes_on_in_the_child() -> None:
    lines = run_python(
        PROLOGUE
        + """
context, a, b, poller = pair(zmq)
assert poller.poll(1) == []

def child():
    poller.unregister(b)
    context, c, d, _ = pair(zmq)
    poller.register(d, zmq.POLLIN)
    c.send(b"1")
    assert poller.poll(5000) == [(d, zmq.POLLIN)]
    d.close()
    assert poller.poll(0) == [(d, zmq.POLLERR)]

fork(child)
assert poller.poll(1) == []
a.send(b"1")
assert poller.poll(5000) == [(b, zmq.POLLIN)]
print("of the parent")
a.close()
b.close()
"""
    )
    assert lines == ["0", "of the parent"]
