"""A signal each millisecond, with handlers that use the same sockets, in every blocking call."""

from __future__ import annotations

import pytest

from helpers.processes import run_python

PROLOGUE = """
import faulthandler, itertools, random, signal, sys, threading, time
import zmq

seconds = float(sys.argv[1])
faulthandler.dump_traceback_later(seconds * 4 + 60, exit=True)
sys.setswitchinterval(1e-5)
end = time.monotonic() + seconds
context = zmq.Context()
a, b = context.socket(zmq.DEALER), context.socket(zmq.DEALER)
a.linger = b.linger = 0
a.hwm = b.hwm = 5
a.bind(sys.argv[2])
b.connect(a.last_endpoint.decode())
poller = zmq.Poller()
poller.register(b, zmq.POLLIN)
signals = 0

class Left(Exception):
    pass

def handler(number, frame):
    global signals
    signals += 1
    # What a handler may do with sockets that the call it interrupts is using.
    a.events, b.poll(0), b.getsockopt(zmq.FD), poller.poll(0)
    if raising and armed:
        raise Left

raising = sys.argv[3] == "raises"
armed = False

def storm():
    signal.signal(signal.SIGALRM, handler)
    signal.setitimer(signal.ITIMER_REAL, 0.001, 0.001)

def calm():
    signal.setitimer(signal.ITIMER_REAL, 0)

def rarely():
    if random.random() < 0.05:
        time.sleep(random.random() * 0.004)
"""

# The calls are made by map and extend, without a statement between the call and its result: a
# handler that raises there would lose the result, as it would with any function.
RECEIVING = """
def push():
    for number in itertools.count():
        if time.monotonic() > end:
            break
        a.send_multipart([b"%d" % number] * 3)
        rarely()
    while True:
        time.sleep(0.001)
        if len(got) == number:
            a.send_multipart([b"end"] * 3)
            return

calls = {
    "recv_multipart": lambda s: got.extend(map(s.recv_multipart, [0])),
    "recv_frames": lambda s: frames.extend(map(s.recv_multipart, [0], [False])),
    "recv_many": lambda s: many.extend(map(multipart, [7])),
    "recv_noblock": lambda s: got.extend(map(s.recv_multipart, [zmq.NOBLOCK])),
    "poll": lambda s: s.poll() and got.extend(map(s.recv_multipart, [zmq.NOBLOCK])),
    "Poller": lambda s: poller.poll() and got.extend(map(s.recv_multipart, [zmq.NOBLOCK])),
    "timeouts": lambda s: got.extend(map(s.recv_multipart, [0])),
}
import functools
multipart = functools.partial(b.recv_many, multipart=True)
got, frames, many = [], [], []
call = calls[sys.argv[4]]
if sys.argv[4] == "timeouts":
    b.rcvtimeo = 3
thread = threading.Thread(target=push, daemon=True)
thread.start()
storm()
while not got or got[-1][0] != b"end":
    try:
        armed = True
        call(b)
        armed = False
    except (Left, zmq.Again):
        armed = False
    got += [[f.bytes for f in parts] for parts in frames]
    frames.clear()
    got += itertools.chain.from_iterable(many)
    many.clear()
    if not thread.is_alive() and not b.poll(100) and got[-1][0] != b"end":
        sys.exit(f"messages are missing: {len(got)} arrived")
calm()
thread.join()
got.pop()
assert got == [[b"%d" % n] * 3 for n in range(len(got))]
print(len(got) > 100, signals > 20)
"""

SENDING = """
def pull():
    while True:
        parts = b.recv_multipart()
        if parts[0] == b"end":
            return
        got.append(parts)
        rarely()

got, done = [], []
messages = ([b"%d" % n] * 3 for n in itertools.count())

calls = {
    "send_multipart": lambda m: done.extend(map(a.send_multipart, [m])),
    "send_large": lambda m: done.extend(map(a.send_multipart, [m + [bytes(100_000)]])),
    "send_many": lambda m: done.extend(map(a.send_many, [[m]])),
    "poll": lambda m: a.poll(None, zmq.POLLOUT)
    and done.extend(map(a.send_multipart, [m], [zmq.NOBLOCK])),
    "timeouts": lambda m: done.extend(map(a.send_multipart, [m])),
}
call = calls[sys.argv[4]]
if sys.argv[4] == "timeouts":
    a.sndtimeo = 3
thread = threading.Thread(target=pull, daemon=True)
thread.start()
storm()
while time.monotonic() < end:
    message = next(messages)
    sent = len(done) + 1
    while len(done) < sent:
        try:
            armed = True
            call(message)
            armed = False
        except (Left, zmq.Again):
            armed = False
calm()
a.send(b"end")
thread.join(30)
assert not thread.is_alive()
assert [parts[:3] for parts in got] == [[b"%d" % n] * 3 for n in range(len(done))]
print(len(got) > 100, signals > 20)
"""

EPILOGUE = """
b.close()
a.close()
context.term()
"""


def run(program: str, seconds: float, *args: str) -> None:
    seconds = max(3.0, seconds / 4)
    lines = run_python(
        PROLOGUE + program + EPILOGUE, str(seconds), *args, timeout_s=seconds * 4 + 90
    )
    # Enough of both, or nothing was tested.
    assert lines == ["True True"]


ENDPOINTS = {"inproc": "inproc://storm", "tcp": "tcp://127.0.0.1:*"}


@pytest.mark.timeout(900)
@pytest.mark.parametrize(
    "call",
    ["recv_multipart", "recv_frames", "recv_many", "recv_noblock", "poll", "Poller", "timeouts"],
)
@pytest.mark.parametrize("handler", ["returns", "raises"])
@pytest.mark.parametrize("transport", ENDPOINTS)
def test_nothing_is_lost_while_receiving(
    transport: str, handler: str, call: str, seconds: float
) -> None:
    run(RECEIVING, seconds, ENDPOINTS[transport], handler, call)


@pytest.mark.timeout(900)
@pytest.mark.parametrize("call", ["send_multipart", "send_large", "send_many", "poll", "timeouts"])
@pytest.mark.parametrize("handler", ["returns", "raises"])
@pytest.mark.parametrize("transport", ENDPOINTS)
def test_nothing_is_lost_or_sent_twice(
    transport: str, handler: str, call: str, seconds: float
) -> None:
    run(SENDING, seconds, ENDPOINTS[transport], handler, call)
