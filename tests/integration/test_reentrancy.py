"""Code that runs in the middle of a call: signal handlers, finalizers, forks, other threads."""

from __future__ import annotations

import gc
import threading
from collections.abc import Callable

import pytest

import zmq
from helpers.processes import run_python

Pair = Callable[..., tuple[zmq.Socket, zmq.Socket]]

STORM = """
import faulthandler, os, signal, sys, threading, time
import zmq
faulthandler.dump_traceback_later(25, exit=True)
context = zmq.Context()
a, b = context.socket(zmq.DEALER), context.socket(zmq.DEALER)
a.linger = b.linger = 0
a.bind("inproc://a")
b.connect("inproc://a")
count = 0
def storm(handler):
    signal.signal(signal.SIGALRM, handler)
    signal.setitimer(signal.ITIMER_REAL, 0.0005, 0.0005)
def calm():
    signal.setitimer(signal.ITIMER_REAL, 0)
"""


@pytest.mark.parametrize(
    "call",
    [
        "a.recv(zmq.NOBLOCK)",
        "a.recv_multipart(zmq.NOBLOCK)",
        "full.send(b'x', zmq.NOBLOCK)",
        "full.send_multipart([b'x', b'y'], zmq.NOBLOCK)",
    ],
)
def test_a_handler_uses_the_socket_whose_call_fails(call: str) -> None:
    """Errors are made by Python code: the handler may run in the middle of it."""
    assert run_python(
        STORM
        + f"""
full = context.socket(zmq.PUSH)
def handler(number, frame):
    global count
    count += 1
    a.poll(0), full.poll(0, zmq.POLLOUT)
storm(handler)
while count < 1000:
    try:
        {call}
    except zmq.Again:
        pass
calm()
print("done")
"""
    ) == ["done"]


def test_no_call_fails_with_eintr() -> None:
    assert run_python(
        STORM
        + """
def handler(number, frame):
    global count
    count += 1
storm(handler)
while count < 1500:
    a.events, a.poll(0), b.send(b"x"), a.recv()
    with context.socket(zmq.PAIR) as c, c.bind("inproc://c"):
        pass
calm()
print("done")
"""
    ) == ["done"]


@pytest.mark.parametrize("end", ["a.close(), b.close()", "context.destroy(0)"])
def test_a_handler_closes_the_sockets_of_a_device(end: str) -> None:
    assert run_python(
        STORM
        + f"""
def handler(number, frame):
    calm()
    {end}
storm(handler)
try:
    zmq.proxy(a, b)
except zmq.ZMQError as error:
    print(error.errno == zmq.ENOTSOCK, a.closed, b.closed)
context.term()
"""
    ) == ["True True True"]


def test_trackers_are_told_though_handlers_raise() -> None:
    """The handler may break off any call: no buffer stays lent and no tracker undone."""
    assert run_python(
        STORM
        + """
class Left(Exception):
    pass
armed = False
def handler(number, frame):
    global count
    count += 1
    if armed:
        raise Left
trackers, data = [], bytes(70_000)
a.send(data, copy=False, track=True).done, b.recv()
storm(handler)
while count < 2000:
    try:
        armed = True
        for _ in range(5):
            trackers.append(a.send(data, zmq.NOBLOCK, copy=False, track=True))
        for _ in range(5):
            b.recv(zmq.NOBLOCK, copy=False)
        armed = False
    except (Left, zmq.Again):
        armed = False
calm()
while b.poll(0):
    b.recv()
for tracker in trackers:
    tracker.wait(10)
del tracker, trackers
for _ in range(1000):
    if sys.getrefcount(data) == 2:
        break
    time.sleep(0.005)
print(sys.getrefcount(data))
"""
    ) == ["2"]


def test_a_child_is_forked_while_another_thread_is_in_a_call() -> None:
    """The lock that the thread holds is not held in the child for ever."""
    assert run_python(
        STORM
        + """
import warnings
warnings.simplefilter("ignore", DeprecationWarning)  # of forking with threads
sys.setswitchinterval(1e-5)
def send():
    while True:
        a.send(b"x" * 100), b.recv()
def sleep():
    # While a thread sleeps, sends over inproc give up the GIL.
    context.socket(zmq.PAIR).recv()
for target in (send, sleep):
    threading.Thread(target=target, daemon=True).start()
for _ in range(150):
    child = os.fork()
    if child == 0:
        signal.alarm(10)
        try:
            a.poll(0)
        except zmq.ZMQError as error:
            a.close()
            os._exit(error.errno != zmq.ENOTSOCK)
        os._exit(2)
    assert os.waitpid(child, 0)[1] == 0
print("done")
os._exit(0)
"""
    ) == ["done"]


def test_the_messages_change_while_they_are_sent(pair: Pair) -> None:
    a, b = pair(zmq.PUSH, zmq.PULL, hwm=1, sndtimeo=-1)
    messages = [b"%d" % n for n in range(500)]
    expected = list(messages)
    thread = threading.Thread(target=a.send_many, args=(messages,), daemon=True)
    thread.start()
    assert b.poll(5000)
    messages.clear()
    assert [b.recv() for _ in expected] == expected
    thread.join(10)
    assert not thread.is_alive()


def test_a_poller_in_a_cycle_with_its_socket_is_collected(context: zmq.Context) -> None:
    class Owner(zmq.Socket):
        poller: zmq.Poller

    with context.socket(zmq.PAIR) as socket:
        for _ in range(20):
            poller = zmq.Poller()
            owner = Owner(shadow=socket)
            poller.register(owner)
            poller.poll(0)
            owner.poller = poller
            del owner, poller
            gc.collect()
            # The socket knew the poller: now it must not.
            assert socket.poll(0) == 0


def test_a_frame_is_made_once() -> None:
    frame = zmq.Frame(b"x" * 100_000)
    view = frame.buffer
    with pytest.raises(TypeError, match="made once"):
        frame.__init__(b"y")  # type: ignore[misc]
    assert view[:1] == b"x"


def test_an_unregistered_socket_is_not_reported_by_another_thread(pair: Pair) -> None:
    a, b = pair()
    a.send(b"x")
    poller = zmq.Poller()
    stop = threading.Event()
    results: list[object] = []

    def poll() -> None:
        while not stop.is_set():
            results.extend(poller.poll(1))

    thread = threading.Thread(target=poll)
    thread.start()
    for _ in range(300):
        poller.register(b, zmq.POLLIN)
        poller.unregister(b)
    stop.set()
    thread.join(10)
    assert not thread.is_alive()
    assert all(result == (b, zmq.POLLIN) for result in results)
    assert poller.poll(0) == []


def test_the_parts_of_a_message_go_to_one_thread(pair: Pair, transport: str) -> None:
    a, b = pair(zmq.PUSH, zmq.PULL, transport, hwm=0, rcvtimeo=-1, sndtimeo=-1)
    calls: list[Callable[[], list[list[bytes]]]] = [
        lambda: [b.recv_multipart()],
        lambda: [[frame.bytes for frame in b.recv_multipart(copy=False)]],
        lambda: b.recv_many(3, multipart=True),
    ]
    received: list[list[bytes]] = []

    def receive(call: Callable[[], list[list[bytes]]]) -> None:
        messages: list[list[bytes]] = []
        while [b"end"] not in messages:
            messages = call()
            received.extend(messages)

    threads = [threading.Thread(target=receive, args=(call,), daemon=True) for call in calls * 2]
    for thread in threads:
        thread.start()
    # Large parts are copied without the GIL, between one part and the next.
    expected = [[b"%d" % n, b"%d" % n, bytes(300_000), b"%d" % n] for n in range(400)]
    for parts in expected:
        a.send_multipart(parts)
    while any(thread.is_alive() for thread in threads):
        a.send(b"end")
        for thread in threads:
            thread.join(0.01)
    assert sorted(m for m in received if m != [b"end"]) == sorted(expected)
