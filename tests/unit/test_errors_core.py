"""Misuse raises, and says what is wrong and what to do."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable

import pytest

import zmq

Pair = Callable[..., tuple[zmq.Socket, zmq.Socket]]
Make = Callable[..., zmq.Socket]

USES = {
    "send": lambda s: s.send(b""),
    "send frame": lambda s: s.send(zmq.Frame(b""), copy=False),
    "send_multipart": lambda s: s.send_multipart([b""]),
    "send_many": lambda s: s.send_many([b""]),
    "send_string": lambda s: s.send_string(""),
    "send_json": lambda s: s.send_json(1),
    "send_pyobj": lambda s: s.send_pyobj(1),
    "recv": lambda s: s.recv(),
    "recv frame": lambda s: s.recv(copy=False),
    "recv_into": lambda s: s.recv_into(bytearray(1)),
    "recv_multipart": lambda s: s.recv_multipart(),
    "recv_many": lambda s: s.recv_many(),
    "recv_string": lambda s: s.recv_string(),
    "recv_json": lambda s: s.recv_json(),
    "recv_pyobj": lambda s: s.recv_pyobj(),
    "bind": lambda s: s.bind("inproc://x"),
    "connect": lambda s: s.connect("inproc://x"),
    "unbind": lambda s: s.unbind("inproc://x"),
    "disconnect": lambda s: s.disconnect("inproc://x"),
    "bind_to_random_port": lambda s: s.bind_to_random_port("tcp://127.0.0.1"),
    "getsockopt": lambda s: s.getsockopt(zmq.LINGER),
    "setsockopt": lambda s: s.setsockopt(zmq.LINGER, 0),
    "get attribute": lambda s: s.linger,
    "set attribute": lambda s: setattr(s, "linger", 0),
    "hwm": lambda s: s.hwm,
    "subscribe": lambda s: s.subscribe(b""),
    "fileno": lambda s: s.fileno(),
    "monitor": lambda s: s.monitor("inproc://m"),
    "get_monitor_socket": lambda s: s.get_monitor_socket(),
}


def poller(socket: zmq.Socket) -> zmq.Poller:
    made = zmq.Poller()
    made.register(socket)
    return made


@pytest.mark.parametrize("use", USES)
def test_a_closed_socket_says_that_it_is_closed(socket: Make, use: str) -> None:
    dealer = socket(zmq.SUB if use == "subscribe" else zmq.DEALER)
    dealer.close()
    with pytest.raises(zmq.ZMQError, match="socket is closed") as caught:
        USES[use](dealer)
    assert caught.value.errno == zmq.ENOTSOCK


def test_pollers_report_a_closed_socket(socket: Make) -> None:
    dealer = socket(zmq.DEALER)
    dealer.close()
    assert poller(dealer).poll(0) == [(dealer, zmq.POLLERR)]
    assert zmq.zmq_poll([(dealer, zmq.POLLIN)], 0) == [(dealer, zmq.POLLERR)]
    assert zmq.select([dealer], [], [], 0) == ([], [], [dealer])


@pytest.mark.parametrize(
    ("call", "number"),
    [(lambda s: s.poll(0), zmq.ENOTSUP), (lambda s: zmq.proxy(s, s), zmq.EFAULT)],
    ids=["poll", "proxy"],
)
def test_a_closed_socket_has_the_error_of_pyzmq(
    socket: Make, call: Callable[[zmq.Socket], object], number: int
) -> None:
    dealer = socket(zmq.DEALER)
    dealer.close()
    with pytest.raises(zmq.ZMQError, match="closed") as caught:
        call(dealer)
    assert caught.value.errno == number


def test_what_still_works_on_a_closed_socket(socket: Make) -> None:
    dealer = socket(zmq.DEALER)
    dealer.close()
    dealer.close()
    dealer.close(linger=0)
    assert dealer.closed
    assert dealer.type == zmq.DEALER
    assert "closed" in repr(dealer)
    assert dealer.underlying == 0


# libzmq takes an ipc path over from the socket that had it.
@pytest.mark.parametrize("transport", ["tcp", "inproc"])
def test_an_address_in_use_is_named(
    socket: Make, endpoint: Callable[[str], str], transport: str
) -> None:
    first, second = socket(zmq.PULL), socket(zmq.PULL)
    first.bind(endpoint(transport))
    address = first.last_endpoint.decode()
    with pytest.raises(zmq.ZMQError) as caught:
        second.bind(address)
    assert caught.value.errno == zmq.EADDRINUSE
    assert address in str(caught.value)
    assert ("take another port" if transport == "tcp" else "take another name") in str(caught.value)


@pytest.mark.parametrize(
    ("address", "number", "advice"),
    [
        ("tcp://192.0.2.1:9", errno.EADDRNOTAVAIL, "no network interface of this machine"),
        ("ipc:///no/such/folder/socket", errno.ENOENT, "the directory of a path has to exist"),
    ],
)
def test_an_address_that_cannot_be_had_has_an_advice(
    socket: Make, address: str, number: int, advice: str
) -> None:
    puller = socket(zmq.PULL)
    with pytest.raises(zmq.ZMQError, match=advice) as caught:
        puller.bind(address)
    assert caught.value.errno == number
    with pytest.raises(zmq.ZMQError) as caught:
        puller.unbind(address)
    assert advice not in str(caught.value)


@pytest.mark.parametrize(
    ("address", "number"),
    [
        ("nonsense", zmq.EINVAL),
        ("", zmq.EINVAL),
        ("carrier-pigeon://coop", zmq.EPROTONOSUPPORT),
        ("tcp://127.0.0.1", zmq.EINVAL),
        ("udp://127.0.0.1:9", zmq.ENOCOMPATPROTO),
    ],
)
def test_a_wrong_address_is_named(socket: Make, address: str, number: int) -> None:
    for call in (socket(zmq.PULL).bind, socket(zmq.PULL).connect):
        with pytest.raises(zmq.ZMQError) as caught:
            call(address)
        assert caught.value.errno == number
        assert address in str(caught.value)


def test_a_missing_directory_is_named(socket: Make) -> None:
    with pytest.raises(zmq.ZMQError, match="/no/such/directory") as caught:
        socket(zmq.PULL).bind("ipc:///no/such/directory/socket")
    assert caught.value.errno == errno.ENOENT


def test_an_ipc_path_that_is_too_long_gives_both_lengths(socket: Make) -> None:
    path = "/tmp/" + "x" * 200
    for call in (socket(zmq.PULL).bind, socket(zmq.PULL).connect):
        with pytest.raises(zmq.ZMQError) as caught:
            call(f"ipc://{path}")
        assert caught.value.errno == errno.ENAMETOOLONG
        assert str(len(path)) in str(caught.value)
        assert str(zmq.IPC_PATH_MAX_LEN) in str(caught.value)
    with pytest.raises(zmq.ZMQError) as caught:
        socket(zmq.PULL).bind(f"ipc://{path}")
    assert str(zmq.IPC_PATH_MAX_LEN) in caught.value.strerror


@pytest.mark.parametrize("length", [246, 247, 5000])
def test_an_inproc_name_may_be_long(socket: Make, length: int) -> None:
    endpoint = "inproc://" + "x" * length
    pull, push = socket(zmq.PULL), socket(zmq.PUSH)
    with pull.bind(endpoint):
        assert pull.last_endpoint.decode() == endpoint
        push.connect(endpoint)
        push.send(b"over it")
        assert pull.recv() == b"over it"


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:99999", b"tcp://127.0.0.1:75536"])
def test_a_port_that_does_not_exist_warns(socket: Make, address: str | bytes) -> None:
    for call in (socket(zmq.PULL).bind, socket(zmq.PUSH).connect):
        with pytest.warns(RuntimeWarning, match=r"is above 65535, and libzmq takes it for") as told:
            call(address)
        assert told[0].filename == __file__


def test_a_number_that_has_no_room(socket: Make) -> None:
    with pytest.raises(OverflowError, match="option SNDHWM of a PUSH socket is a number from"):
        socket(zmq.PUSH).sndhwm = 1 << 40


@pytest.mark.parametrize("parts", [{}, {b"a": b"b"}, {b"a"}, iter([b"a"])])
def test_parts_that_are_no_sequence(socket: Make, parts: object) -> None:
    # From Python 3.12 on a slice may be the key of a dict.
    missing_key = isinstance(parts, dict) and sys.version_info >= (3, 12)
    with pytest.raises(KeyError if missing_key else TypeError) as caught:
        socket(zmq.PUSH).send_multipart(parts)
    assert missing_key or "list() makes one of it" in str(caught.value)


def test_an_ipc_path_of_the_greatest_length_works(socket: Make) -> None:
    path = "/tmp/ohmq-".ljust(zmq.IPC_PATH_MAX_LEN, "x")
    try:
        socket(zmq.PULL).bind(f"ipc://{path}")
    finally:
        if os.path.exists(path):
            os.unlink(path)


@pytest.mark.parametrize(
    "call",
    [
        lambda s: s.send("text"),
        lambda s: s.send("text", copy=False),
        lambda s: s.send_multipart([b"x", "text"]),
        lambda s: s.send_many(["text"]),
    ],
)
def test_text_names_the_method_for_it(pair: Pair, call: Callable[[zmq.Socket], object]) -> None:
    a, b = pair()
    with pytest.raises(TypeError, match=r"send_string|encode"):
        call(a)
    assert not b.poll(10)


@pytest.mark.parametrize("wrong", [None, 5, 1.5, [b"x"], object()])
@pytest.mark.parametrize("copying", [True, False])
def test_what_is_no_message_is_refused(pair: Pair, wrong: object, copying: bool) -> None:
    a, b = pair()
    with pytest.raises(TypeError):
        a.send(wrong, copy=copying)
    assert not b.poll(10)


@pytest.mark.parametrize(
    ("kind", "call", "number"),
    [
        (zmq.PUSH, lambda s: s.recv(), zmq.ENOTSUP),
        (zmq.PULL, lambda s: s.send(b""), zmq.ENOTSUP),
        (zmq.PUB, lambda s: s.recv(zmq.NOBLOCK), zmq.ENOTSUP),
        (zmq.SUB, lambda s: s.send(b""), zmq.ENOTSUP),
        (zmq.REP, lambda s: s.send(b""), zmq.EFSM),
        (zmq.REQ, lambda s: s.recv(), zmq.EFSM),
    ],
)
def test_calls_that_a_type_does_not_have(
    socket: Make, kind: int, call: Callable[[zmq.Socket], object], number: int
) -> None:
    with pytest.raises(zmq.ZMQError) as caught:
        call(socket(kind))
    assert caught.value.errno == number


def test_a_mandatory_router_names_its_problem(socket: Make) -> None:
    router = socket(zmq.ROUTER, router_mandatory=1)
    with pytest.raises(zmq.ZMQError) as caught:
        router.send_multipart([b"nobody", b"x"])
    assert caught.value.errno == zmq.EHOSTUNREACH


@pytest.mark.parametrize("flags", ["1", None, b"1"])
def test_wrong_flags_are_refused(pair: Pair, flags: object) -> None:
    a, b = pair()
    with pytest.raises(TypeError):
        a.send(b"x", flags)
    with pytest.raises(TypeError):
        b.recv(flags)


def test_timeouts_raise_again(pair: Pair) -> None:
    _, b = pair(rcvtimeo=10)
    with pytest.raises(zmq.Again) as caught:
        b.recv()
    assert caught.value.errno == zmq.EAGAIN
    with pytest.raises(zmq.Again):
        b.recv_multipart(zmq.NOBLOCK)


def test_errors_leave_no_socket_behind(context: zmq.Context) -> None:
    with pytest.raises(zmq.ZMQError):
        context.socket(99)
    with pytest.raises(TypeError):
        context.socket("PUSH")
    context.term(timeout=5)
