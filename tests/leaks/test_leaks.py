"""Work without end in bounded memory: each kind of work a few hundred thousand times.

Each test runs in an interpreter of its own, warms up, measures resident memory, the number of
objects that the collector knows and the number of open descriptors, works, and measures again.
"""

from __future__ import annotations

import sys

import pytest

from helpers.processes import run_python

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="resident memory is read from /proc"),
]

PROGRAM = """
import array, contextlib, copy, gc, os, resource, sys, time
import zmq

context = zmq.Context()

def pair(transport="inproc", **options):
    a, b = context.socket(zmq.PAIR), context.socket(zmq.PAIR)
    for s in (a, b):
        s.linger = 0
        s.rcvtimeo = 10000
        s.hwm = 1000
    a.bind("inproc://leak" if transport == "inproc" else "tcp://127.0.0.1:*")
    b.connect(a.last_endpoint.decode())
    return a, b

def measure():
    gc.collect()
    with open("/proc/self/statm") as file:
        rss = int(file.read().split()[1]) * resource.getpagesize()
    return rss, len(gc.get_objects()), len(os.listdir("/proc/self/fd"))

{setup}

def work(count):
    for n in range(count):
{body}

# The first wait of a thread makes the descriptor that wakes it, and keeps it. On a busy machine a
# send may have to wait: libzmq looks only now and then for the room that a receiver has made.
with context.socket(zmq.PUSH) as lonely, contextlib.suppress(zmq.Again):
    lonely.sndtimeo = 1
    lonely.send(b"")
work({count} // 4)
before = measure()
work({count})
# Threads of libzmq may still be letting go of the last few.
for _ in range(100):
    after = measure()
    if after[0] - before[0] < {slack} and after[2] <= before[2]:
        break
    time.sleep(0.05)
print(*(y - x for x, y in zip(before, after)))
sys.stdout.flush()
os._exit(0)
"""
SLACK_BYTES = 4 << 20


def check(setup: str, body: str, count: int) -> None:
    program = PROGRAM.format(
        setup=setup,
        body="\n".join("        " + line for line in body.strip("\n").splitlines()),
        count=count,
        slack=SLACK_BYTES,
    )
    (line,) = run_python(program, timeout_s=100)
    rss, objects, descriptors = map(int, line.split())
    # A leak of as little as 20 bytes a turn of 200000 would show.
    assert rss < SLACK_BYTES, f"{rss} bytes more after {count} turns"
    assert objects < 100, f"{objects} objects more after {count} turns"
    assert descriptors <= 0, f"{descriptors} descriptors more after {count} turns"


TRAFFIC = {
    "send and recv": "a.send(b'x' * 100); b.recv()",
    "send and recv large": "a.send(b'x' * 70000 if n % 50 == 0 else b''); b.recv()",
    "frames": "a.send(zmq.Frame(b'x' * 100)); b.recv(copy=False).bytes",
    "frames with views": "a.send(b'x' * 100); f = b.recv(copy=False); f.buffer, memoryview(f)",
    "copies of frames": "f = zmq.Frame(b'x' * 100); copy.copy(f).bytes; f.buffer; repr(f)",
    "multipart": "a.send_multipart([b'x', bytearray(9), b'']); b.recv_multipart()",
    "multipart frames": "a.send_multipart([b'x', b'y'], copy=False); b.recv_multipart(copy=False)",
    "long multipart": "n % 10 or a.send_multipart([b'x'] * 40); n % 10 or b.recv_multipart()",
    "strings": "a.send_string('text'); b.recv_string()",
    "objects": "a.send_pyobj([n]); b.recv_pyobj(); a.send_json([n]); b.recv_json()",
    "recv_into": "a.send(b'12345'); b.recv_into(target)",
    "many": "n % 50 or (a.send_many([b'x', [b'y', b'z']] * 50), b.recv_many(300))",
    "many multipart": (
        "n % 50 or (a.send_many([b'x', [b'y', b'z']] * 50), b.recv_many(multipart=True))"
    ),
    "polls": "b.poll(0); p.poll(0); a.send(b''); p.poll(0); b.poll(0); b.recv()",
    "select": "zmq.select([a, b], [a], [], 0); zmq.zmq_poll([(a, 1)], 0)",
    "options": "a.linger; a.linger = 0; a.getsockopt(17); a.setsockopt(17, 0); a.last_endpoint",
    "text options": "a.routing_id = b'me'; a.routing_id; a.setsockopt_string(zmq.ROUTING_ID, 'u')",
    "shadows": "s = zmq.Socket.shadow(a); s.type; del s; zmq.Context.shadow(context.underlying)",
    "trackers": "t = a.send(b'x', copy=False, track=True); b.recv(); t.done; zmq.MessageTracker(t)",
    "stats": "a.stats(); n % 100 or zmq.dump()",
}


@pytest.mark.long
@pytest.mark.parametrize("work", TRAFFIC)
def test_traffic(work: str) -> None:
    check(
        "a, b = pair(); target = bytearray(3); p = zmq.Poller(); p.register(a); p.register(b)",
        TRAFFIC[work],
        200_000,
    )


def test_a_lot_of_traffic_over_tcp() -> None:
    check(
        "a, b = pair('tcp')",
        "a.send_many([b'x' * 32] * 100)\ngot = 0\nwhile got < 100: got += len(b.recv_many(100))",
        3_000,
    )


def test_large_messages_that_are_lent() -> None:
    check(
        "a, b = pair('tcp'); data = bytearray(100_000)",
        "t = a.send(data, copy=False, track=True); b.recv(); t.wait(10)\n"
        "a.send(bytes(100_000)); b.recv(copy=False)",
        3_000,
    )


FAILURES = {
    "recv": "b.recv(zmq.NOBLOCK)",
    "recv frame": "b.recv(zmq.NOBLOCK, copy=False)",
    "recv_multipart": "b.recv_multipart(zmq.NOBLOCK)",
    "recv_many": "b.recv_many(flags=zmq.NOBLOCK)",
    "recv_into": "b.recv_into(b'read-only')",
    "send text": "a.send('text')",
    "send part": "a.send_multipart([b'x', b'y', None])",
    "send many": "a.send_many([b'x', [b'y', None]])",
    "send nowhere": "lonely.send(b'x' * 70000, zmq.NOBLOCK)",
    "send parts nowhere": "lonely.send_multipart([b'x', b'y' * 70000], zmq.NOBLOCK)",
    "send buffer nowhere": "lonely.send(bytearray(70000), zmq.NOBLOCK, copy=False)",
    "frame": "zmq.Frame('text')",
    "option": "a.setsockopt(zmq.LINGER, 'text')",
    "attribute": "a.no_such_thing",
    "bind": "a.bind('nonsense')",
    "closed": "closed.recv()",
    "poll": "closed.poll(0)",
    "poller": "broken.poll(0)",
    "tracker": "zmq.MessageTracker(5)",
    "wait": "b.recv_into(bytearray(1), nbytes=2)",
}


@pytest.mark.parametrize("failure", FAILURES)
def test_failures(failure: str) -> None:
    check(
        "a, b = pair(); closed = context.socket(zmq.PULL); closed.close()\n"
        "lonely = context.socket(zmq.PUSH); lonely.linger = 0\n"
        "broken = zmq.Poller(); broken.register(object())",
        f"try:\n    {FAILURES[failure]}\n    raise SystemExit('did not fail')\n"
        "except (zmq.ZMQBaseError, TypeError, ValueError, BufferError, AttributeError):\n    pass",
        100_000,
    )


def test_sockets() -> None:
    check(
        "",
        "a, b = context.socket(zmq.PUSH), context.socket(zmq.PULL)\n"
        "a.linger = b.linger = 0\n"
        "b.bind('inproc://one'); a.connect('inproc://one'); a.send(b'x'); b.recv()\n"
        "a.close(); b.close()\n"
        # What waits for libzmq's reaper, which closes sockets in its own time, is no leak.
        "n % 50 or time.sleep(0.005)",
        5_000,
    )


def test_sockets_that_are_forgotten() -> None:
    check(
        "import warnings; warnings.simplefilter('ignore')",
        "a = context.socket(zmq.PUSH); a.linger = 0; del a",
        3_000,
    )


def test_contexts() -> None:
    check(
        "",
        "with zmq.Context() as mine, mine.socket(zmq.PUSH) as s:\n    s.bind('inproc://x')",
        400,
    )


def test_pollers() -> None:
    check(
        "a, b = pair()",
        "p = zmq.Poller(); p.register(a); p.register(b, 1); p.register(0, 1); p.poll(0)\n"
        "p.unregister(a); p.modify(b, 3)",
        40_000,
    )


def test_monitors() -> None:
    check(
        "a, b = pair()",
        "m = a.get_monitor_socket(addr=f'inproc://m{n}'); a.disable_monitor(); m.close(0)\n"
        # libzmq takes closed sockets apart in a thread of its own, which has to keep up.
        "n % 50 or time.sleep(0.02)",
        1_000,
    )


def test_threads_that_wait() -> None:
    check(
        "import threading; a, b = pair('tcp')",
        "t = threading.Thread(target=b.recv); t.start(); a.send(b'x'); t.join()",
        1_500,
    )
