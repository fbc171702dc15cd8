"""Helpers that open sockets in a context that they are given: any loop's context will do."""

from __future__ import annotations

import asyncio
import importlib
import os
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import zmq
import zmq.asyncio
import zmq.auth
from helpers.waiting import until
from zmq.auth.asyncio import AsyncioAuthenticator
from zmq.auth.thread import ThreadAuthenticator
from zmq.devices import ThreadDevice, ThreadMonitoredQueue, ThreadProxy
from zmq.log.handlers import PUBHandler

ours_only = pytest.mark.skipif(
    not hasattr(zmq, "ohmq_version"), reason="PyZMQ's devices and handlers need blocking sockets"
)
FRONTS = ["zmq", "zmq.asyncio", "zmq.anyio", "zmq.eventloop.future", "zmq.green", "zmq.eventlet"]
os.environ.setdefault("EVENTLET_TESTS", "1")  # eventlet announces its own end in a warning


@pytest.fixture(params=FRONTS)
def make_context(request: pytest.FixtureRequest) -> Any:
    front = pytest.importorskip(request.param, reason=f"what {request.param} needs is missing")
    return front.Context


@pytest.fixture
def foreign(make_context: Any) -> Iterator[Any]:
    context = make_context()
    yield context
    zmq.Context(context).destroy(linger=0)


def allowed(context: Any) -> bool:
    """Whether a blocking client of the same context gets an answer of the ZAP handler."""
    with zmq.Context(context).socket(zmq.REQ) as client:
        client.linger, client.rcvtimeo = 0, 5000
        client.connect("inproc://zeromq.zap.01")
        client.send_multipart([b"1.0", b"1", b"", b"127.0.0.1", b"", b"NULL"])
        return client.recv_multipart()[2] == b"200"


def test_thread_authenticator(foreign: Any) -> None:
    authenticator = ThreadAuthenticator(foreign)
    assert authenticator.context is foreign
    authenticator.start()
    assert type(authenticator.zap_socket) is zmq.Socket
    assert allowed(foreign)
    assert authenticator.is_alive()
    authenticator.stop()


def test_asyncio_authenticator(foreign: Any) -> None:
    async def main() -> None:
        authenticator = AsyncioAuthenticator(foreign)
        authenticator.start()
        assert type(authenticator.zap_socket) is zmq.Socket
        assert await asyncio.to_thread(allowed, foreign)
        authenticator.stop()

    asyncio.run(main())


def test_authenticator_without_a_runner(foreign: Any) -> None:
    authenticator = zmq.auth.Authenticator(foreign)
    authenticator.start()
    assert type(authenticator.zap_socket) is zmq.Socket
    authenticator.stop()


@ours_only
@pytest.mark.parametrize("kind", [ThreadDevice, ThreadProxy, ThreadMonitoredQueue])
def test_devices(foreign: Any, kind: Any) -> None:
    args = (
        (zmq.QUEUE, zmq.PULL, zmq.PUSH) if kind is ThreadDevice else (zmq.PULL, zmq.PUSH, zmq.PUB)
    )
    device = kind(*args)
    device.context_factory = lambda: foreign
    device.bind_in("inproc://in")
    device.bind_out("inproc://out")
    device.start()
    blocking = zmq.Context(foreign)
    with blocking.socket(zmq.PUSH) as push, blocking.socket(zmq.PULL) as pull:
        pull.rcvtimeo = 5000
        push.connect("inproc://in")
        pull.connect("inproc://out")
        push.send(b"through")
        assert pull.recv() == b"through"
        assert device.stop(5)


@ours_only
def test_a_loop_of_a_device_class_gets_sockets_of_its_context(foreign: Any) -> None:
    kinds: list[Any] = []

    class Own(ThreadDevice):
        def run_device(self) -> None:
            kinds.extend(type(socket) for socket in self._setup_sockets())

    device = Own(zmq.QUEUE, zmq.PULL, zmq.PUSH)
    device.context_factory = lambda: foreign
    device.start()
    until(lambda: device.done)
    assert kinds == [foreign._socket_class] * 2


@ours_only
def test_pub_handler(foreign: Any) -> None:
    handler = PUBHandler("inproc://log", foreign)
    assert type(handler.socket) is zmq.Socket
    handler.close()


@pytest.mark.parametrize(
    "name", ["zmq.proxy", "zmq.proxy_steerable", "zmq.device", "zmq.devices.monitored_queue"]
)
@ours_only
def test_functions_that_relay(foreign: Any, name: str) -> None:
    module, _, function = name.rpartition(".")
    relay: Callable[..., Any] = getattr(importlib.import_module(module), function)
    sockets = [foreign.socket(kind) for kind in (zmq.PULL, zmq.PUSH, zmq.PUB)]
    for number, socket in enumerate(sockets):
        socket.bind(f"inproc://relay-{number}")

    def run() -> None:
        args = (zmq.QUEUE, *sockets[:2]) if name == "zmq.device" else tuple(sockets)
        with pytest.raises(zmq.ContextTerminated):
            relay(*args)
        for socket in sockets:
            socket.close(0)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    blocking = zmq.Context(foreign)
    with blocking.socket(zmq.PUSH) as push, blocking.socket(zmq.PULL) as pull:
        pull.rcvtimeo = 5000
        push.connect("inproc://relay-0")
        pull.connect("inproc://relay-1")
        push.send(b"through")
        assert pull.recv() == b"through"
    blocking.term(10)
    thread.join(10)
    assert not thread.is_alive()
