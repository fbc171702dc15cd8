"""Socket options: each spelling, each type, and what happens to wrong ones."""

from __future__ import annotations

from collections.abc import Callable

import pytest

import zmq

Make = Callable[..., zmq.Socket]

# Options that can be set on any socket and read again, with a value that is not the default.
SETTABLE = {
    "LINGER": 7,
    "SNDHWM": 5,
    "RCVHWM": 6,
    "RCVTIMEO": 123,
    "SNDTIMEO": 124,
    "BACKLOG": 9,
    "RATE": 50,
    "MAXMSGSIZE": 1 << 40,
    "AFFINITY": 3,
    "RECONNECT_IVL": 11,
    "IPV6": 1,
    "IMMEDIATE": 1,
    "TCP_KEEPALIVE": 1,
    "ROUTING_ID": b"me",
    "PLAIN_USERNAME": b"user",
    "PLAIN_PASSWORD": b"secret",
    "ZAP_DOMAIN": b"domain",
    "SOCKS_PROXY": b"127.0.0.1:1080",
}


@pytest.mark.parametrize("name", SETTABLE)
def test_each_spelling_of_an_option(socket: Make, name: str) -> None:
    value = SETTABLE[name]
    option = zmq.SocketOption[name]
    for write in (
        lambda s: s.setsockopt(option, value),
        lambda s: s.set(option, value),
        lambda s: s.setsockopt(int(option), value),
        lambda s: setattr(s, name, value),
        lambda s: setattr(s, name.lower(), value),
        lambda s: setattr(s, name.title(), value),
    ):
        dealer = socket(zmq.DEALER)
        write(dealer)
        assert dealer.getsockopt(option) == value
        assert dealer.get(int(option)) == value
        assert getattr(dealer, name) == getattr(dealer, name.lower()) == value
        assert getattr(dealer, name.title()) == value


def test_text_options(socket: Make) -> None:
    dealer = socket(zmq.DEALER)
    dealer.setsockopt_string(zmq.ROUTING_ID, "é")
    assert dealer.routing_id == "é".encode()
    assert dealer.getsockopt_string(zmq.ROUTING_ID) == "é"
    dealer.set_string(zmq.ROUTING_ID, "é", "latin-1")
    assert dealer.get_string(zmq.ROUTING_ID, "latin-1") == "é"
    dealer.setsockopt_unicode(zmq.ROUTING_ID, "u")
    assert dealer.getsockopt_unicode(zmq.ROUTING_ID) == "u"
    with pytest.raises(TypeError):
        dealer.getsockopt_string(zmq.LINGER)
    with pytest.raises(TypeError):
        dealer.setsockopt_string(zmq.ROUTING_ID, b"bytes")


@pytest.mark.parametrize("wrong", [b"1", None, 1.5, [], "1"])
def test_a_number_option_says_that_it_takes_a_number(socket: Make, wrong: object) -> None:
    push = socket(zmq.PUSH)
    for write in (
        lambda: push.setsockopt(zmq.SNDHWM, wrong),
        lambda: push.set(zmq.SNDHWM, wrong),
        lambda: setattr(push, "sndhwm", wrong),
    ):
        with pytest.raises(TypeError, match=r"(?s)SNDHWM.*int|int.*SNDHWM"):
            write()
    assert push.sndhwm == 1000


@pytest.mark.parametrize("wrong", ["text", None, 5, bytearray(b"x")])
def test_a_bytes_option_says_that_it_takes_bytes(socket: Make, wrong: object) -> None:
    dealer = socket(zmq.DEALER)
    with pytest.raises(TypeError, match=r"(?s)ROUTING_ID.*bytes"):
        dealer.setsockopt(zmq.ROUTING_ID, wrong)
    assert dealer.routing_id == b""


def test_text_for_an_option_names_the_method_for_it(socket: Make) -> None:
    with pytest.raises(TypeError, match=r"set.*_string"):
        socket(zmq.DEALER).setsockopt(zmq.ROUTING_ID, "text")


@pytest.mark.parametrize("name", ["SNDHWM", "LINGER", "MAXMSGSIZE"])
def test_a_number_too_large_is_refused(socket: Make, name: str) -> None:
    push = socket(zmq.PUSH)
    before = getattr(push, name)
    with pytest.raises(OverflowError):
        setattr(push, name, 1 << 70)
    assert getattr(push, name) == before


def test_an_unsigned_option_takes_and_gives_all_its_values(socket: Make) -> None:
    push = socket(zmq.PUSH)
    for value in (0, 1 << 62, 1 << 63, (1 << 64) - 1):
        push.affinity = value
        assert push.affinity == push.get(zmq.AFFINITY) == value
    push.affinity = -1  # as a number with a sign has them all
    assert push.affinity == (1 << 64) - 1
    with pytest.raises(OverflowError):
        push.affinity = 1 << 64
    assert push.affinity == (1 << 64) - 1
    push.maxmsgsize = -1
    assert push.maxmsgsize == -1


def test_a_value_out_of_range_is_refused_by_libzmq(socket: Make) -> None:
    with pytest.raises(zmq.ZMQError) as caught:
        socket(zmq.PUSH).linger = -2
    assert caught.value.errno == zmq.EINVAL


@pytest.mark.parametrize("number", [99999, -1])
def test_an_unknown_option_is_refused(socket: Make, number: int) -> None:
    push = socket(zmq.PUSH)
    with pytest.raises(zmq.ZMQError) as caught:
        push.getsockopt(number)
    assert caught.value.errno == zmq.EINVAL
    with pytest.raises(zmq.ZMQError) as caught:
        push.setsockopt(number, 1)
    assert caught.value.errno == zmq.EINVAL


@pytest.mark.parametrize("name", ["no_such", "NO_SUCH", "_private", "Recvtimeo"])
def test_an_unknown_attribute_is_refused(socket: Make, name: str) -> None:
    push = socket(zmq.PUSH)
    with pytest.raises(AttributeError, match=rf"(?i){name}"):
        setattr(push, name, 1)
    with pytest.raises(AttributeError, match=rf"(?i){name}"):
        getattr(push, name)
    assert not hasattr(push, name)


def test_options_that_are_only_written(socket: Make) -> None:
    subscriber = socket(zmq.SUB)
    assert not hasattr(subscriber, "SUBSCRIBE")
    assert callable(subscriber.subscribe)
    with pytest.raises(zmq.ZMQError):
        subscriber.getsockopt(zmq.SUBSCRIBE)


@pytest.mark.parametrize("name", ["closed", "underlying", "fd", "last_endpoint"])
def test_what_is_only_read_cannot_be_set(socket: Make, name: str) -> None:
    push = socket(zmq.PUSH)
    with pytest.raises((AttributeError, zmq.ZMQError, TypeError)):
        setattr(push, name, 1)


def test_curve_keys_as_text_and_as_32_bytes(socket: Make) -> None:
    public, secret = zmq.curve_keypair()
    dealer = socket(zmq.DEALER)
    dealer.curve_publickey = public
    dealer.curve_secretkey = secret
    dealer.curve_serverkey = b"\x07" * 32
    assert zmq.curve_public(secret) == public
    with pytest.raises(zmq.ZMQError):
        dealer.curve_publickey = b"short"
