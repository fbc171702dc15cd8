"""A daemon closes all descriptors that it has inherited, and opens files of its own.

They get the same numbers. Nothing that is left of the parent's objects may close them, or write
into them.
"""

from __future__ import annotations

import os

import pytest

from helpers.processes import run_python

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")

# The child lets go of what is in `held`, and of what has one of NAMES.
PROLOGUE = """
NAMES = set("context s t relay device authenticator poller a_context g_context".split())
import asyncio, gc, os, sys, tempfile, threading, time, warnings
import zmq
warnings.simplefilter("ignore")
held, loops = {}, []
context = held["context"] = zmq.Context()

def bound(kind=zmq.PULL, made_of=None):
    s = held[len(held)] = (made_of or context).socket(kind)
    s.linger = 0
    s.bind_to_random_port("tcp://127.0.0.1")
    return s

def in_thread(function, *args):
    def work():
        try:
            function(*args)
        except Exception:
            pass
    threading.Thread(target=work, daemon=True).start()
    time.sleep(0.1)
"""
EPILOGUE = """
def work():
    os.closerange(3, 400)
    files = [tempfile.TemporaryFile("w+b", buffering=0) for _ in range(100)]
    numbers = {os.fstat(file.fileno()).st_ino for file in files}
    for name in NAMES & globals().keys():
        del globals()[name]
    held.clear()
    gc.collect()
    gc.collect()
    for file in files:
        found = os.fstat(file.fileno())  # raises for one that was closed
        numbers.remove(found.st_ino)
        assert found.st_size == 0, "something has written into a file of the daemon"
    mine = zmq.Context()
    a, b = mine.socket(zmq.PAIR), mine.socket(zmq.PAIR)
    b.rcvtimeo = 5000
    a.bind("inproc://daemon")
    b.connect("inproc://daemon")
    for message in (b"small", bytes(200_000)):
        a.send(message, copy=False)
        assert b.recv() == message
    poller = zmq.Poller()
    poller.register(b)
    poller.register(files[0], zmq.POLLOUT)
    a.send(b"polled")
    assert b in dict(poller.poll(5000))
    a.close()
    b.close()
    mine.term()

sys.stdout.flush()
pid = os.fork()
if pid == 0:
    status = 1
    try:
        work()
        status = 0
    except BaseException:
        import traceback
        traceback.print_exc(file=sys.stdout)
    finally:
        sys.stdout.flush()
        os._exit(status)
print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
sys.stdout.flush()
os._exit(0)
"""
ASYNC = """
import zmq.asyncio
a_context = held["asyncio"] = zmq.asyncio.Context()
async def use():
    s = bound(made_of=a_context)
    poller = held["poller"] = zmq.asyncio.Poller()
    poller.register(s)
    held["futures"] = s.recv(), s.poll(5000), poller.poll(5000)
    await asyncio.sleep(0.01)
"""
DEVICE = """
device = held["device"] = {kind}(zmq.QUEUE, zmq.ROUTER, zmq.DEALER)
device.bind_in_to_random_port("tcp://127.0.0.1")
device.bind_out_to_random_port("tcp://127.0.0.1")
"""
GREEN = """
import {library}, zmq.{module} as green
g_context = held["green"] = green.Context()
s = bound(made_of=g_context)
held["greenlet"] = {library}.spawn(s.recv)
{library}.sleep(0.01)
poller = held["poller"] = green.Poller()
poller.register(s)
assert not poller.poll(5)
held["polling"] = {library}.spawn(poller.poll, 5000)
{library}.sleep(0.01)
"""
PROGRAMS = {
    "sockets": "for _ in range(5):\n    bound()",
    "shadows": "s = bound()\nheld['shadow'] = zmq.Socket(shadow=s), zmq.Context.shadow(context)",
    "a receiver": "in_thread(bound().recv)",
    "a monitor": "held['monitor'] = bound().get_monitor_socket()",
    "a poller": (
        "poller = held['poller'] = zmq.Poller()\n"
        "poller.register(bound())\npoller.register(0)\npoller.poll(10)"
    ),
    "a poller that is waited for": (
        "poller = held['poller'] = zmq.Poller()\npoller.register(bound())\nin_thread(poller.poll)"
    ),
    "loans": (
        "s = bound(zmq.PUSH)\nt = held['peer'] = context.socket(zmq.PULL)\n"
        "t.connect(s.last_endpoint.decode())\n"
        "s.send(bytes(200_000), copy=False)\nheld['frame'] = t.recv(copy=False)\n"
        "held['lent'] = zmq.Frame(bytes(200_000), copy=False, track=True)"
    ),
    "a context that ends": (
        "s = bound()\ntry:\n    context.term(timeout=0.01)\nexcept zmq.TermTimeout:\n    pass"
    ),
    "a relay": (
        "from zmq.devices import Relay\n"
        "relay = held['relay'] = Relay(bound(), bound(zmq.PUSH))\nin_thread(relay.run)\n"
        "held['idle'] = Relay(bound(), bound(zmq.PUSH))"
    ),
    "a device in a thread": (
        "from zmq.devices import ThreadDevice\n"
        + DEVICE.format(kind="ThreadDevice")
        + "device.start()"
    ),
    "a device in a process": (
        "from zmq.devices import ProcessDevice\n"
        + DEVICE.format(kind="ProcessDevice")
        + "device.start()"
    ),
    "a device that was not started": (
        "from zmq.devices import ThreadDevice\n" + DEVICE.format(kind="ThreadDevice")
    ),
    "asyncio": ASYNC
    + "loop = asyncio.new_event_loop()\nloops.append(loop)\nloop.run_until_complete(use())",
    "asyncio that has ended": ASYNC + "asyncio.run(use())",
    "a stream": (
        "from zmq.eventloop.zmqstream import ZMQStream\nasync def use():\n"
        "    stream = held['stream'] = ZMQStream(bound())\n    stream.on_recv(print)\n"
        "    await asyncio.sleep(0.01)\n"
        "loop = asyncio.new_event_loop()\nloops.append(loop)\nloop.run_until_complete(use())"
    ),
    "trio": (
        "import trio, zmq.anyio\nasync def use():\n"
        "    t_context = held['trio'] = zmq.anyio.Context()\n    s = bound(made_of=t_context)\n"
        "    poller = held['poller'] = zmq.anyio.Poller()\n    poller.register(s)\n"
        "    await poller.poll(5)\n    with trio.move_on_after(0.01):\n        await s.recv()\n"
        "trio.run(use)"
    ),
    "gevent": GREEN.format(library="gevent", module="green"),
    "eventlet": GREEN.format(library="eventlet", module="eventlet"),
    "an authenticator in a thread": (
        "from zmq.auth.thread import ThreadAuthenticator\n"
        "authenticator = held['auth'] = ThreadAuthenticator(context)\nauthenticator.start()"
    ),
    "an authenticator in a loop": (
        "import zmq.asyncio\nfrom zmq.auth.asyncio import AsyncioAuthenticator\n"
        "async def use():\n"
        "    authenticator = held['auth'] = AsyncioAuthenticator(zmq.asyncio.Context())\n"
        "    authenticator.start()\n    await asyncio.sleep(0.01)\n"
        "loop = asyncio.new_event_loop()\nloops.append(loop)\nloop.run_until_complete(use())"
    ),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_files_of_a_daemon_are_left_alone(name: str) -> None:
    lines = run_python(
        PROLOGUE + PROGRAMS[name] + EPILOGUE,
        env={"EVENTLET_TESTS": "1"},  # it announces its own end in a warning
    )
    assert lines == ["0"]
