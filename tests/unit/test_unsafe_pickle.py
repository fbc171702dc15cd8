"""Pickles from sockets that other machines reach: a warning, once for a socket."""

from __future__ import annotations

import asyncio
import functools
import pickle
import socket as sockets
import warnings
from collections.abc import Iterator
from typing import Any

import pytest

import zmq
import zmq.asyncio
from zmq import codecs

FAR = "tcp://192.0.2.1:5555"  # for documentation (RFC 5737): nothing answers there
PUBLIC, SECRET = zmq.curve_keypair() if zmq.has("curve") else (b"", b"")
needs_curve = pytest.mark.skipif(not zmq.has("curve"), reason="libzmq was built without CURVE")


@pytest.fixture
def pull(context: zmq.Context) -> Iterator[zmq.Socket]:
    with context.socket(zmq.PULL) as socket:
        yield socket


def receive(socket: zmq.Socket, how: str = "recv_pyobj") -> None:
    """Receive where nothing is, which needs no peer: the warning comes first."""
    call = {
        "recv_pyobj": socket.recv_pyobj,
        "Pickle": functools.partial(socket.recv_serialized, codecs.Pickle()),
    }[how]
    with pytest.raises(zmq.Again):
        call(flags=zmq.NOBLOCK)


@pytest.mark.parametrize("how", ["recv_pyobj", "Pickle"])
def test_once_for_a_socket_that_is_bound(pull: zmq.Socket, how: str) -> None:
    pull.bind("tcp://*:*")
    with pytest.warns(zmq.UnsafePickleWarning) as told:
        receive(pull, how)
    assert len(told) == 1
    assert told[0].filename == __file__
    assert repr(pull) in str(told[0].message)
    assert pull.get_string(zmq.LAST_ENDPOINT) in str(told[0].message)
    receive(pull, how)  # a warning is an error in these tests
    pull.connect(FAR)
    receive(pull, how)


def test_connected_later_than_the_first_receive(pull: zmq.Socket) -> None:
    pull.bind("tcp://127.0.0.1:*")
    receive(pull)
    pull.connect(FAR)
    with pytest.warns(zmq.UnsafePickleWarning, match="192.0.2.1"):
        receive(pull)


@pytest.mark.parametrize(
    "endpoint",
    [FAR, "tcp://127.0.0.1:0;192.0.2.1:5555", "tcp://far.invalid:5555", "tcp://[2001:db8::1]:5555"],
)
def test_far_endpoints(pull: zmq.Socket, endpoint: str) -> None:
    pull.ipv6 = True
    pull.connect(endpoint)
    with pytest.warns(zmq.UnsafePickleWarning):
        receive(pull)


@pytest.mark.parametrize(
    "endpoint",
    [
        "inproc://near",
        "ipc://@near-by-name",
        "tcp://127.0.0.1:5555",
        "tcp://127.9.9.9:5555",
        "tcp://localhost:5555",
        "tcp://LOCALHOST:5555",
        "tcp://[::1]:5555",
        "tcp://[::ffff:127.0.0.1]:5555",
        "tcp://192.0.2.7:0;127.0.0.1:5555",
    ],
)
def test_near_endpoints(pull: zmq.Socket, endpoint: str) -> None:
    pull.ipv6 = True
    pull.connect(endpoint)
    receive(pull)


def test_an_interface_of_this_machine_alone(pull: zmq.Socket) -> None:
    if "lo" not in [name for _, name in sockets.if_nameindex()]:
        pytest.skip("no interface lo")
    pull.bind("tcp://lo:*")
    receive(pull)


@needs_curve
def test_curve_says_who_may_send(pull: zmq.Socket) -> None:
    pull.curve_server, pull.curve_secretkey = True, SECRET
    pull.bind("tcp://*:*")
    receive(pull)
    pull.curve_server = False
    pull.plain_username, pull.plain_password = b"anna", b"sesame"
    pull.connect(FAR)
    with pytest.warns(zmq.UnsafePickleWarning):  # passwords may be read on the way
        receive(pull)


def test_not_for_what_is_safe(pull: zmq.Socket) -> None:
    pull.connect(FAR)
    for codec in (codecs.SignedPickle(b"k" * 32), codecs.Json(), pickle.dumps):
        with pytest.raises(zmq.Again):
            pull.recv_serialized(codec, zmq.NOBLOCK)
    with pytest.raises(zmq.Again):
        pull.recv_json(zmq.NOBLOCK)


def test_an_error_of_the_warning_takes_no_message(context: zmq.Context) -> None:
    with context.socket(zmq.PUSH) as push, context.socket(zmq.PULL) as pull:
        pull.bind("inproc://taken")
        push.connect("inproc://taken")
        pull.connect(FAR)
        push.send_pyobj(1)
        pull.poll()
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            with pytest.raises(zmq.UnsafePickleWarning):
                pull.recv_pyobj()
        assert pull.recv_pyobj() == 1


def test_in_a_task() -> None:
    async def main() -> Any:
        with zmq.asyncio.Context() as context, context.socket(zmq.PULL) as pull:
            pull.bind("tcp://*:*")
            with context.socket(zmq.PUSH) as push:
                push.connect(pull.last_endpoint.decode().replace("0.0.0.0", "127.0.0.1"))
                await push.send_pyobj([1])
                with pytest.warns(zmq.UnsafePickleWarning) as told:
                    got = await pull.recv_pyobj()
                assert told[0].filename == __file__
                return got

    assert asyncio.run(main()) == [1]
