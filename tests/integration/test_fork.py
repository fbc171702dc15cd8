"""After a fork the child has its own context, and its parent's sockets refuse it."""

from __future__ import annotations

import os

import pytest

from helpers.processes import run_python

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")

PROLOGUE = """
import os, sys, threading, time, warnings
import zmq
warnings.simplefilter("ignore", DeprecationWarning)
context = zmq.Context.instance()
a, b = context.socket(zmq.PAIR), context.socket(zmq.PAIR)
a.linger = b.linger = 0
a.rcvtimeo = b.rcvtimeo = 5000
a.bind("tcp://127.0.0.1:*")
b.connect(a.last_endpoint.decode())
a.send(b"before")
assert b.recv() == b"before"
def poller(socket):
    p = zmq.Poller()
    p.register(socket)
    return p
def fork(work):
    sys.stdout.flush()
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            work()
            sys.stdout.flush()
            status = 0
        finally:
            os._exit(status)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
"""
EPILOGUE = """
a.send(b"after")
print(b.recv().decode())
b.send_multipart([b"and", b"back"])
assert a.recv_multipart() == [b"and", b"back"]
a.close()
b.close()
context.term()
print("end")
"""


def test_the_sockets_of_the_parent_refuse_the_child() -> None:
    lines = run_python(
        PROLOGUE
        + """
def work():
    uses = [
        lambda: a.send(b"x"), lambda: a.recv(), lambda: a.recv(zmq.NOBLOCK), lambda: a.poll(0),
        lambda: a.send_multipart([b"x"]), lambda: a.recv_multipart(), lambda: a.send_many([b"x"]),
        lambda: a.recv_many(), lambda: a.linger, lambda: setattr(a, "linger", 0),
        lambda: a.bind("inproc://x"), lambda: poller(a).poll(0), lambda: a.fileno(),
        lambda: context.socket(zmq.PUSH),
    ]
    for use in uses:
        try:
            use()
            print("no error")
        except zmq.ZMQError as error:
            print(("parent" in str(error), error.errno == zmq.ENOTSOCK))
fork(work)
"""
        + EPILOGUE
    )
    assert lines == ["(True, True)"] * 14 + ["after", "end"]


def test_closing_the_sockets_of_the_parent_is_harmless() -> None:
    lines = run_python(
        PROLOGUE
        + """
def work():
    a.close()
    b.close(0)
    context.term()
    context.destroy()
    print(a.closed, b.closed)
fork(work)
"""
        + EPILOGUE
    )
    assert lines == ["True True", "after", "end"]


def test_the_child_has_a_context_of_its_own() -> None:
    lines = run_python(
        PROLOGUE
        + """
def work():
    mine = zmq.Context.instance()
    print(mine is not context, mine.closed)
    c, d = mine.socket(zmq.PAIR), mine.socket(zmq.PAIR)
    c.bind("inproc://child")
    d.connect("inproc://child")
    c.send(b"in the child")
    print(d.recv().decode())
    big = b"x" * 200_000
    c.send(big, copy=False, track=True)
    print(d.recv() == big)
    c.close()
    d.close()
    mine.term()
fork(work)
"""
        + EPILOGUE
    )
    assert lines == ["True False", "in the child", "True", "after", "end"]


def test_a_child_that_forgets_the_sockets_of_its_parent() -> None:
    lines = run_python(
        PROLOGUE
        + """
import gc
def work():
    global a, b, context
    del a, b, context
    zmq.Context._instance = None
    gc.collect()
    print("collected")
fork(work)
"""
        + EPILOGUE
    )
    assert lines == ["collected", "after", "end"]


def test_fork_while_another_thread_waits() -> None:
    lines = run_python(
        PROLOGUE
        + """
got = []
a.rcvtimeo = -1
thread = threading.Thread(target=lambda: got.append(a.recv()))
thread.start()
time.sleep(0.05)
def work():
    try:
        a.send(b"x")
    except zmq.ZMQError as error:
        print("parent" in str(error))
    zmq.Context.instance().term()
for _ in range(5):
    fork(work)
b.send(b"woken")
thread.join(10)
print(got)
"""
        + EPILOGUE
    )
    assert lines == ["True"] * 5 + ["[b'woken']", "after", "end"]


def test_multiprocessing_with_fork() -> None:
    lines = run_python(
        PROLOGUE
        + """
import multiprocessing
def work(address, queue):
    with zmq.Context() as mine, mine.socket(zmq.REQ) as s:
        s.connect(address)
        s.send_pyobj(os.getpid())
        queue.put(s.recv_pyobj())

server = context.socket(zmq.REP)
server.linger = 0
server.rcvtimeo = 10000
port = server.bind_to_random_port("tcp://127.0.0.1")
forking = multiprocessing.get_context("fork")
queue = forking.Queue()
processes = [forking.Process(target=work, args=(f"tcp://127.0.0.1:{port}", queue)) for _ in "123"]
for p in processes:
    p.start()
pids = set()
for _ in processes:
    pids.add(server.recv_pyobj())
    server.send_pyobj(len(pids))
for p in processes:
    p.join(10)
print(sorted(queue.get(timeout=5) for _ in processes), [p.exitcode for p in processes])
print(pids == {p.pid for p in processes})
server.close()
"""
        + EPILOGUE
    )
    assert lines == ["[1, 2, 3] [0, 0, 0]", "True", "after", "end"]


def test_a_child_that_ends_as_python_does() -> None:
    """The child runs its exit handlers and finalizers, the parent's sockets among them."""
    lines = run_python(
        PROLOGUE
        + """
sys.stdout.flush()
pid = os.fork()
if pid == 0:
    sys.exit(7)
print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
"""
        + EPILOGUE
    )
    assert lines == ["7", "after", "end"]


def test_the_lock_of_instance_is_free_in_the_child() -> None:
    """A thread of the parent is making an instance at the time of the fork."""
    lines = run_python(
        PROLOGUE
        + """
context.destroy(0)
making, goes_on = threading.Event(), threading.Event()
class Slow(zmq.Context):
    def __init__(self, *args, **kwargs):
        making.set()
        goes_on.wait()
        super().__init__(*args, **kwargs)
thread = threading.Thread(target=Slow.instance)
thread.start()
making.wait()
def work():
    class Mine(zmq.Context):
        pass
    found = zmq.Context.instance()
    assert found is zmq.Context.instance() is Mine.instance() is not context
    found.term()
    print("child")
fork(work)
goes_on.set()
thread.join()
print(Slow.instance() is Slow.instance())
Slow.instance().term()
"""
    )
    assert lines == ["child", "True"]


def test_what_a_device_of_the_parent_uses_does_not_hang_the_child() -> None:
    lines = run_python(
        PROLOGUE
        + """
from zmq.devices import Relay
c, d = context.socket(zmq.PULL), context.socket(zmq.PUSH)
relay = Relay(c, d)
thread = threading.Thread(target=relay.run)
thread.start()
while relay.join(0):
    time.sleep(0.01)
def work():
    relay.stop()
    print(relay.join(), relay.join(5))
    c.close()
    d.close(0)
    print(c.closed, d.closed)
fork(work)
print(relay.join(0))
relay.stop()
thread.join()
c.close()
d.close()
"""
        + EPILOGUE
    )
    assert lines == ["True True", "True True", "False", "after", "end"]


def test_a_poller_of_the_parent_serves_the_child() -> None:
    """Once the sockets of the parent are taken out of it."""
    lines = run_python(
        PROLOGUE
        + """
r, w = os.pipe()
shared = poller(a)
shared.register(r, zmq.POLLIN)
assert shared.poll(0)
def work():
    shared.unregister(a)
    mine = zmq.Context.instance()
    c, d = mine.socket(zmq.PAIR), mine.socket(zmq.PAIR)
    c.bind("inproc://child")
    d.connect("inproc://child")
    shared.register(c, zmq.POLLIN)
    print(shared.poll(10))
    d.send(b"x")
    print(shared.poll(5000) == [(c, zmq.POLLIN)], c.recv())
    os.write(w, b"!")
    print(shared.poll(5000) == [(r, zmq.POLLIN)])
    c.close()
    d.close()
    mine.term()
fork(work)
"""
        + EPILOGUE
    )
    assert lines == ["[]", "True b'x'", "True", "after", "end"]
