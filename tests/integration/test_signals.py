"""Signals: Ctrl-C leaves every blocked call; a handler that returns ends none."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable

import pytest

from helpers.processes import Child, run_python

Start = Callable[..., Child]

PROLOGUE = """
import os, signal, sys, threading, time
import zmq
context = zmq.Context()
socket = context.socket(zmq.DEALER)
socket.linger = 0
def poller():
    p = zmq.Poller()
    p.register(socket, zmq.POLLIN)
    return p
"""
BLOCKING = {
    "recv": "socket.recv()",
    "recv_frame": "socket.recv(copy=False)",
    "recv_multipart": "socket.recv_multipart()",
    "recv_into": "socket.recv_into(bytearray(5))",
    "recv_many": "socket.recv_many()",
    "recv_json": "socket.recv_json()",
    "recv_timeo": "setattr(socket, 'rcvtimeo', 60000); socket.recv()",
    "send": "socket.send(b'x')",
    "send_multipart": "socket.send_multipart([b'x', b'y'])",
    "send_many": "socket.send_many([b'x'] * 5)",
    "poll": "socket.poll()",
    "poll_timeout": "socket.poll(60000)",
    "Poller.poll": "poller().poll()",
    "Poller.poll_timeout": "poller().poll(60000)",
    "select": "zmq.select([socket], [], [])",
    "term": "context.term()",
    "proxy": "zmq.proxy(context.socket(zmq.ROUTER), socket)",
    "device": "zmq.device(zmq.QUEUE, context.socket(zmq.ROUTER), socket)",
}


@pytest.mark.parametrize("call", BLOCKING)
def test_ctrl_c_leaves_a_blocked_call(child: Start, call: str) -> None:
    one = child(
        [
            "-c",
            PROLOGUE
            + f"try:\n    print('ready')\n    {BLOCKING[call]}\n"
            + "except KeyboardInterrupt:\n    print('interrupted')\n"
            # What the interrupted call used can be used and closed.
            + "socket.close()\nprint('closed')\nos._exit(0)",
        ]
    )
    assert one.line() == "ready"
    # Before, while and after the call begins to wait: whichever it is, one arrives.
    while one.process.poll() is None:
        os.kill(one.pid, signal.SIGINT)
        try:
            assert one.line(0.3) == "interrupted"
            break
        except AssertionError as error:
            if "no line within" not in str(error):
                raise
    assert one.line() == "closed"
    assert one.wait() == 0


def test_a_handler_that_raises_leaves_the_call() -> None:
    assert (
        run_python(
            PROLOGUE
            + """
class Stop(Exception):
    pass

def handler(number, frame):
    raise Stop

signal.signal(signal.SIGALRM, handler)
for call in (socket.recv, socket.poll, poller().poll, lambda: socket.send(b"x")):
    signal.setitimer(signal.ITIMER_REAL, 0.05)
    try:
        call()
    except Stop:
        print("left")
socket.close()
context.term()
"""
        )
        == ["left"] * 4
    )


def test_a_handler_that_returns_does_not_end_the_wait() -> None:
    assert (
        run_python(
            PROLOGUE
            + """
count = 0
def handler(number, frame):
    global count
    count += 1

signal.signal(signal.SIGALRM, handler)
signal.setitimer(signal.ITIMER_REAL, 0.02, 0.02)
peer = context.socket(zmq.DEALER)
peer.linger = 0
socket.bind("inproc://a")
peer.connect("inproc://a")

def send_when_disturbed():
    seen = count
    while count < seen + 5:
        time.sleep(0.005)
    peer.send(b"at last")

for call in (socket.recv, lambda: socket.recv_multipart()[0],
             lambda: socket.poll() and socket.recv(),
             lambda: poller().poll() and socket.recv(), lambda: socket.recv_many()[0]):
    thread = threading.Thread(target=send_when_disturbed)
    thread.start()
    print(call().decode())
    thread.join()
# A signal after the interpreter has given up its handlers would kill it.
signal.setitimer(signal.ITIMER_REAL, 0)
"""
        )
        == ["at last"] * 5
    )


def test_a_signal_that_interrupts_another_thread_is_seen() -> None:
    """Nothing ends the sleep of the main thread then, as when a signal comes just before it."""
    assert (
        run_python(
            PROLOGUE
            + """
class Stop(Exception):
    pass

def handler(number, frame):
    raise Stop

def disturb(seen):
    while socket.stats().would_block == seen:
        time.sleep(0.005)
    signal.pthread_kill(threading.get_ident(), signal.SIGUSR1)

signal.signal(signal.SIGUSR1, handler)
for call in (socket.recv, lambda: socket.send(b"x")):
    thread = threading.Thread(target=disturb, args=(socket.stats().would_block,))
    thread.start()
    try:
        call()
    except Stop:
        print("left")
    thread.join()
"""
        )
        == ["left"] * 2
    )


def test_timeouts_are_kept_though_signals_arrive() -> None:
    """The time that is left is waited for, not the whole time again, nor no time at all."""
    lines = run_python(
        PROLOGUE
        + """
count = 0
def handler(number, frame):
    global count
    count += 1

signal.signal(signal.SIGALRM, handler)
signal.setitimer(signal.ITIMER_REAL, 0.02, 0.02)
socket.rcvtimeo = socket.sndtimeo = 300
for call in (socket.recv, socket.recv_multipart, lambda: socket.send(b"x")):
    before, count = time.monotonic(), 0
    try:
        call()
    except zmq.Again:
        print("again", count >= 3, time.monotonic() - before >= 0.29)
for call in (lambda: socket.poll(300), lambda: poller().poll(300)):
    before, count = time.monotonic(), 0
    print(not call(), count >= 3, time.monotonic() - before >= 0.29)
# A signal after the interpreter has given up its handlers would kill it.
signal.setitimer(signal.ITIMER_REAL, 0)
"""
    )
    assert lines == ["again True True"] * 3 + ["True True True"] * 2


def test_a_signal_reaches_the_main_thread_while_another_one_waits() -> None:
    assert run_python(
        PROLOGUE
        + """
thread = threading.Thread(target=lambda: print(socket.recv().decode()))
socket.bind("inproc://a")
peer = context.socket(zmq.DEALER)
peer.linger = 0
peer.connect("inproc://a")
thread.start()
try:
    signal.raise_signal(signal.SIGINT)
    time.sleep(10)
except KeyboardInterrupt:
    print("interrupted")
peer.send(b"received")
thread.join()
"""
    ) == ["interrupted", "received"]
