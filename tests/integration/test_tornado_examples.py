"""The Tornado examples that ØMQ programs were written after, as they stand in old manuals."""

from __future__ import annotations

import asyncio
import re
import signal
import socket as sockets
from collections.abc import Callable

import pytest

pytest.importorskip("tornado", reason="Tornado is not installed")

import zmq
from helpers.interpreters import ROOT
from helpers.processes import Child, run_python, snippet

# Tornado itself warns that it would rather be used in another way.
OURS_SILENT = ["-X", "dev", "-W", "error", "-W", "ignore::DeprecationWarning"]

INSTALL = """
from zmq.eventloop import ioloop
ioloop.install()
"""

OWN_LOOP = """
from zmq.eventloop.ioloop import ZMQIOLoop

loop = ZMQIOLoop()
"""

INSTALL_LOOP = """
from zmq.eventloop.ioloop import ZMQIOLoop
loop = ZMQIOLoop()
loop.install()
"""

TEST_CASE = """
from tornado.testing import AsyncTestCase
from zmq.eventloop.ioloop import ZMQIOLoop
from zmq.eventloop.zmqstream import ZMQStream

class TestZMQBridge(AsyncTestCase):

     # Use a ZMQ-compatible I/O loop so that we can use `ZMQStream`.
     def get_new_ioloop(self):
         return ZMQIOLoop()
"""

ECHO = """
s = ctx.socket(zmq.REP)
s.bind('tcp://localhost:12345')
stream = ZMQStream(s)
def echo(msg):
    stream.send_multipart(msg)
stream.on_recv(echo)
ioloop.IOLoop.instance().start()
"""

ECHO_TWICE = """
s1 = ctx.socket(zmq.REP)
s1.bind('tcp://localhost:12345')
stream1 = ZMQStream(s1)

s2 = ctx.socket(zmq.REP)
s2.bind('tcp://localhost:54321')
stream2 = ZMQStream(s2)

def echo(stream, msg):
    stream.send_multipart(msg)

stream1.on_recv_stream(echo)
stream2.on_recv_stream(echo)

ioloop.IOLoop.instance().start()
"""

# Asks every port, prints the answers, and stops the loop.
CLIENT = """
import sys, threading
import zmq
from zmq.eventloop import ioloop
from zmq.eventloop.zmqstream import ZMQStream

ctx = zmq.Context()
loop = ioloop.IOLoop.instance()

def ask():
    try:
        for port in sys.argv[1:]:
            with ctx.socket(zmq.REQ) as client:
                client.linger, client.rcvtimeo = 0, 10000
                client.connect(f"tcp://127.0.0.1:{port}")
                client.send_multipart([b"hello", port.encode()])
                print(client.recv_multipart() == [b"hello", port.encode()])
    finally:
        loop.add_callback(loop.stop)

threading.Thread(target=ask).start()
"""


def is_free(port: str) -> bool:
    with sockets.socket() as probe:
        return probe.connect_ex(("127.0.0.1", int(port))) != 0


@pytest.mark.parametrize("example", [ECHO, ECHO_TWICE], ids=["on_recv", "on_recv_stream"])
@pytest.mark.parametrize("installed", [True, False])
def test_echo(example: str, installed: bool) -> None:
    """Word for word, with the ports that they name."""
    ports = re.findall(r"localhost:(\d+)", example)
    if not all(map(is_free, ports)):
        pytest.skip(f"free ports {ports}: another program has them")
    before = INSTALL if installed else ""
    lines = run_python(before + CLIENT + example + "ctx.destroy(0)\nprint('end')", *ports)
    assert lines == ["True"] * len(ports) + ["end"]


def test_install_after_the_loop() -> None:
    """Once it was too late then."""
    code = "import zmq.eventloop\nloop = zmq.eventloop.IOLoop.current()\n" + INSTALL
    code += "ioloop.install()\nassert ioloop.IOLoop.current() is loop\nprint('end')"
    assert run_python(code) == ["end"]


@pytest.mark.parametrize("example", [OWN_LOOP, INSTALL_LOOP], ids=["passed on", "installed"])
def test_a_loop_of_ones_own(example: str) -> None:
    use = snippet(
        """
        import zmq
        from zmq.eventloop.zmqstream import ZMQStream

        ctx = zmq.Context()
        a, b = ctx.socket(zmq.PAIR), ctx.socket(zmq.PAIR)
        a.bind("inproc://a")
        b.connect("inproc://a")
        stream = ZMQStream(a, io_loop=loop)
        assert stream.io_loop is loop
        stream.on_recv(lambda message: (print(message), loop.stop()))
        b.send(b"hello")
        loop.call_later(10, loop.stop)
        loop.start()
        stream.close()
        b.close()
        ctx.term()
        """
    )
    assert run_python(example + use) == ["[b'hello']"]


def test_async_test_case() -> None:
    use = snippet(
        """
        import unittest
        import zmq

        class TestStream(TestZMQBridge):
            def test_receives(self):
                context = zmq.Context()
                a, b = context.socket(zmq.PAIR), context.socket(zmq.PAIR)
                a.bind("inproc://a")
                b.connect("inproc://a")
                stream = ZMQStream(a)
                self.assertIs(stream.io_loop, self.io_loop)
                stream.on_recv(self.stop)
                b.send(b"hello")
                self.assertEqual(self.wait(timeout=10), [b"hello"])
                self.addCleanup(context.term)  # after tearDown, which closes the loop's streams
                self.addCleanup(b.close)

        unittest.main(verbosity=0)
        """
    )
    assert run_python(TEST_CASE + use, options=OURS_SILENT) == []


def test_websockets(child: Callable[..., Child]) -> None:
    """The example that shows in browsers what is published."""
    from tornado.websocket import websocket_connect

    bridge = child([str(ROOT / "examples" / "tornado_websockets.py")])
    publish_to, page = bridge.line().split()

    async def main() -> object:
        with zmq.Context() as context, context.socket(zmq.PUB) as publisher:
            publisher.linger = 0
            publisher.connect(publish_to)
            browser = await websocket_connect(page.replace("http", "ws") + "/messages")
            answer = asyncio.ensure_future(browser.read_message())
            # Until the subscription is there, what is published is lost.
            while not answer.done():
                publisher.send_multipart([b"news", "at nine: ØMQ".encode()])
                await asyncio.sleep(0.01)
            browser.close()
            return await answer

    assert asyncio.run(asyncio.wait_for(main(), 20)) == "news\nat nine: ØMQ"
    bridge.process.send_signal(signal.SIGINT)
    assert bridge.line() == "end"
    assert bridge.wait() == 0
    assert bridge.complaint() == ""
