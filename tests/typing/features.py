"""Polling, devices and what is built on the sockets. Checked by `make check`, never run."""

from __future__ import annotations

import sys
from typing import Any, assert_type

import zmq
from zmq.auth import load_certificate
from zmq.auth.thread import ThreadAuthenticator
from zmq.constants import Event, SocketType
from zmq.core.monitor import MonitorMessage
from zmq.decorators import context as with_context
from zmq.decorators import socket as with_socket
from zmq.devices import DeviceStats, Relay, RelayStats, monitored_queue
from zmq.utils.monitor import parse_monitor_message, recv_monitor_message


def poll(socket: zmq.Socket[bytes]) -> None:
    poller = zmq.Poller()
    poller.register(socket, zmq.POLLIN)
    poller.register(sys.stdin, zmq.POLLIN | zmq.POLLERR)
    poller.register(0)
    poller.modify(socket, zmq.POLLOUT)
    assert_type(poller.poll(), list[tuple[Any, int]])
    ready = dict(poller.poll(timeout=100))
    if socket in ready and ready[socket] & zmq.POLLIN:
        assert_type(socket.recv(), bytes)
    poller.unregister(socket)
    assert_type(poller.sockets, list[tuple[Any, int]])
    assert_type(socket in poller, bool)
    assert_type(
        zmq.select([socket], [], [socket], timeout=0.1), tuple[list[Any], list[Any], list[Any]]
    )
    assert_type(zmq.zmq_poll([(socket, zmq.POLLIN), (0, zmq.POLLIN)], 100), list[tuple[Any, int]])


def devices(a: zmq.Socket[bytes], b: zmq.Socket[bytes], c: zmq.Socket[bytes]) -> None:
    monitored_queue(a, b, c)
    monitored_queue(a, b, c, in_prefix="from clients", out_prefix=b"from workers")
    zmq.proxy(a, b)
    zmq.proxy(a, b, capture=c)
    zmq.proxy_steerable(a, b, None, c)
    zmq.device(zmq.QUEUE, a, b)
    relay = Relay(a, b, c, in_prefix=None)
    relay.run()
    relay.pause()
    relay.stop()
    assert_type(relay.join(timeout=1.0), bool)
    assert_type(relay.stats(), RelayStats)
    assert_type(relay.measure(), DeviceStats)


def fairness() -> None:
    zmq.set_fairness()
    zmq.set_fairness(messages=10, ms=0.5)


def monitor(socket: zmq.Socket[bytes], of_any_kind: zmq.Socket) -> None:
    events = socket.get_monitor_socket()
    assert_type(recv_monitor_message(events), MonitorMessage)
    assert_type(recv_monitor_message(events, zmq.DONTWAIT)["event"], Event)
    endpoint: bytes = recv_monitor_message(of_any_kind)["endpoint"]
    print(endpoint)
    assert_type(parse_monitor_message([b"", b""])["value"], int)


@with_context()
@with_socket(zmq.PUSH)
def run(context: zmq.Context, socket: zmq.Socket[bytes]) -> int:
    socket.connect("inproc://somewhere")
    return 1


@with_context("ctx", io_threads=2)
@with_socket("work", zmq.PULL, context_name="ctx")
async def run_named(ctx: zmq.Context, work: zmq.Socket[bytes]) -> None: ...


def authenticate(context: zmq.Context[zmq.Socket[bytes]]) -> None:
    authenticator = ThreadAuthenticator(context)
    authenticator.start()
    authenticator.allow("127.0.0.1", "::1")
    authenticator.configure_plain(domain="*", passwords={"user": "password"})
    authenticator.configure_curve(domain="*", location="/certificates")
    authenticator.stop()
    public, secret = load_certificate("server.key_secret")
    assert_type(public, bytes)
    assert_type(secret, bytes | None)
    assert_type(zmq.curve_keypair(), tuple[bytes, bytes])
    assert_type(zmq.curve_public(public), bytes)


def numbers() -> None:
    assert_type(zmq.PUB, SocketType)
    assert_type(zmq.EVENT_CONNECTED, Event)
    assert_type(zmq.zmq_version(), str)
    assert_type(zmq.zmq_version_info(), tuple[int, int, int])
    assert_type(zmq.pyzmq_version_info() >= (22, 3), bool)
    assert_type(zmq.ohmq_version, str)
    assert_type(zmq.has("curve"), bool)
    assert_type(zmq.dump(), str)
    assert_type(zmq.strerror(zmq.EAGAIN), str)


def diagnosis(socket: zmq.Socket[bytes]) -> None:
    found = zmq.doctor(socket, timeout=1)
    assert_type(bool(found), bool)
    assert_type(found.findings[0].mend, str)
    assert_type(found.steps[0].ok, bool | None)


def errors(context: zmq.Context[zmq.Socket[bytes]]) -> None:
    try:
        context.term(timeout=1)
    except zmq.TermTimeout as late:
        assert_type(late.sockets, list[str])
        assert_type(late.timeout, float)
    except (zmq.Again, zmq.ContextTerminated) as error:
        assert_type(error.errno, int | None)
        assert_type(error.strerror, str)
