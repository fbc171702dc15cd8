"""Streams without end in bounded memory; see test_leaks.py."""

from __future__ import annotations

import sys

import pytest

pytest.importorskip("tornado", reason="Tornado is not installed")

from helpers.processes import run_python, snippet

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="resident memory is read from /proc"),
]

PROGRAM = """
import asyncio, gc, os, resource
import zmq
from zmq.eventloop.zmqstream import ZMQStream

SLACK_BYTES = 4 << 20

def measure():
    gc.collect()
    with open("/proc/self/statm") as file:
        rss = int(file.read().split()[1]) * resource.getpagesize()
    return rss, len(gc.get_objects()), len(os.listdir("/proc/self/fd"))

def pair():
    a, b = context.socket(zmq.PAIR), context.socket(zmq.PAIR)
    a.bind("inproc://leak")
    b.connect("inproc://leak")
    return a, b

async def main():
    await work(COUNT // 4)
    before = measure()
    await work(COUNT)
    for _ in range(100):
        after = measure()
        if after[0] - before[0] < SLACK_BYTES and after[2] <= before[2]:
            break
        await asyncio.sleep(0.05)
    print(*(y - x for x, y in zip(before, after)))

context = zmq.Context()
"""
TAIL = """
asyncio.run(main())
context.destroy(linger=0)
"""


def check(count: int, work: str) -> None:
    code = PROGRAM.replace("COUNT", str(count)) + snippet(work) + TAIL
    (line,) = run_python(code, timeout_s=100)
    rss, objects, descriptors = map(int, line.split())
    assert rss < 4 << 20, f"{rss} bytes more after {count} turns"
    assert objects < 100, f"{objects} objects more after {count} turns"
    assert descriptors <= 0, f"{descriptors} descriptors more after {count} turns"


def test_messages() -> None:
    """Callbacks for what is received and sent, there and back."""
    check(
        200_000,
        """
        async def work(count):
            (a, b), left, done = pair(), count, asyncio.Event()
            x, y = ZMQStream(a), ZMQStream(b)

            def back(message):
                nonlocal left
                left -= 1
                if left > 0:
                    x.send_multipart(message)
                elif left == 0:
                    done.set()

            x.on_recv(back)
            x.on_send(lambda message, status: None)
            y.on_recv_stream(lambda one, message: one.send_multipart(message))
            for _ in range(20):
                x.send(bytes(100))
            await done.wait()
            x.close()
            y.close()
        """,
    )


def test_coroutine_callbacks_that_fail() -> None:
    check(
        5_000,
        """
        import logging
        logging.disable(logging.CRITICAL)

        async def work(count):
            (a, b), left, done = pair(), count, asyncio.Event()
            stream = ZMQStream(a)

            async def received(message):
                nonlocal left
                await asyncio.sleep(0)
                left -= 1
                if left == 0:
                    done.set()
                raise ValueError

            stream.on_recv(received)
            for n in range(count):
                b.send(bytes(100))
                if n % 100 == 0:
                    await asyncio.sleep(0)
            await done.wait()
            stream.close()
            b.close()
        """,
    )


def test_streams() -> None:
    """Made, used and closed; one that is full of what it could not send among them."""
    check(
        4_000,
        """
        async def work(count):
            for n in range(count):
                socket = context.socket(zmq.PUSH)
                stream = ZMQStream(socket)
                stream.on_recv(print)
                stream.on_send_stream(print)
                stream.set_close_callback(stream.closed)
                stream.send(bytes(1000))
                await asyncio.sleep(0)
                if n % 2:
                    stream.close(0)
                else:
                    socket.close(0)
            await asyncio.sleep(0.1)
        """,
    )
