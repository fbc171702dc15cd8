"""The texts of errors, on every front: the socket, the next step, and the page about the error."""

from __future__ import annotations

import pickle
import re
from typing import Any

import pytest

import zmq
from helpers.fronts import Front, needs

NEVER = "tcp://127.0.0.1:9"


async def failed(front: Front, call: Any) -> zmq.ZMQError:
    with pytest.raises(zmq.ZMQError) as caught:
        await front(call())
    return caught.value


def says(error: BaseException, *words: str, page: str = "") -> None:
    text = str(error)
    for each in words:
        assert each in text, text
    assert re.search(rf" \(more: ohmq explain {page or '[a-z-]+'}\)$", text), text


async def test_a_receive_that_ends(front: Front) -> None:
    pull = front.socket(zmq.PULL, rcvtimeo=20)
    says(await failed(front, pull.recv), "PULL socket", "RCVTIMEO=20 ms", "bind() or connect()")
    pull.connect(NEVER)
    says(
        await failed(front, pull.recv_multipart),
        f"connected to {NEVER}",
        "is bound there",
        page="nothing-received",
    )


@pytest.mark.parametrize("transport", ["tcp", "ipc", "inproc"])
async def test_a_long_wait_knows_the_connections(front: Front, transport: str) -> None:
    a, b = front.pair(zmq.PUSH, zmq.PULL, transport=transport)
    await front(a.wait_for_peers(1, 20000))
    a.rcvtimeo = b.rcvtimeo = 100
    says(await failed(front, b.recv), "1 connection stands, but nothing has come so far")
    await front(a.send(b""))
    await front(b.recv())
    says(await failed(front, b.recv), "1 message came before, and 1 connection stands")
    a.close()
    await front.until(lambda: not b.peers())
    says(await failed(front, b.recv), "1 message came before, but ")


async def test_a_long_wait_without_a_connection(front: Front) -> None:
    req = front.socket(zmq.REQ, rcvtimeo=100)
    req.connect(NEVER)
    await front(req.send(b""))
    says(
        await failed(front, req.recv),
        "no connection stands now",
        "REP or ROUTER is bound there",
        "zmq.doctor(socket)",
    )
    push = front.socket(zmq.PUSH, sndtimeo=100, sndhwm=1)
    push.connect(NEVER)
    await front(push.send(b""))
    says(await failed(front, lambda: push.send(b"")), "no connection stands", "zmq.doctor(socket)")


async def test_a_receive_that_does_not_wait(front: Front) -> None:
    pair = front.socket(zmq.PAIR)
    pair.bind("inproc://quiet")
    error = await failed(front, lambda: pair.recv(zmq.DONTWAIT))
    assert (type(error), error.strerror) == (zmq.Again, zmq.strerror(zmq.EAGAIN))
    says(
        error,
        error.strerror,
        "PAIR socket bound to inproc://quiet",
        "DONTWAIT",
        "poll()",
        page="nothing-received",
    )


async def test_a_subscriber_without_a_subscription(front: Front) -> None:
    sub = front.socket(zmq.SUB, rcvtimeo=20)
    sub.connect(NEVER)
    says(await failed(front, sub.recv), "SUB socket", 'subscribe("")')
    sub.subscribe("weather")
    says(await failed(front, sub.recv), "it has 1 subscription")


async def test_a_peer_that_has_become_silent(front: Front) -> None:
    a, b = front.pair(zmq.PUSH, zmq.PULL)
    for _ in range(2):
        await front(a.send(b""))
        await front(b.recv())
    b.rcvtimeo = 20
    says(await failed(front, b.recv), "2 messages came before", "RCVTIMEO")


@pytest.mark.parametrize("timeout", [0, 20])
async def test_a_send_that_ends(front: Front, timeout: int) -> None:
    push = front.socket(zmq.PUSH, sndtimeo=timeout, sndhwm=1)
    push.bind("tcp://127.0.0.1:*")
    says(await failed(front, lambda: push.send(b"")), "PUSH socket bound to", "no peer", "PULL")
    push.connect(NEVER)
    await front(push.send(b""))
    error = await failed(front, lambda: push.send_multipart([b"", b""]))
    says(
        error, "SNDHWM=1", "larger SNDHWM", f"SNDTIMEO={timeout} ms" if timeout else "SNDTIMEO is 0"
    )


async def test_a_send_that_does_not_wait(front: Front) -> None:
    dealer = front.socket(zmq.DEALER)
    dealer.bind("inproc://alone")
    error = await failed(front, lambda: dealer.send(b"", zmq.DONTWAIT))
    says(
        error,
        "DEALER socket bound to inproc://alone",
        "DONTWAIT",
        "connects to it",
        page="cannot-send",
    )


async def test_the_wrong_direction(front: Front) -> None:
    pub, sub = front.pair(zmq.PUB, zmq.SUB)
    says(await failed(front, pub.recv), "PUB socket", "only sends", "a SUB socket")
    says(
        await failed(front, lambda: sub.send(b"")),
        "SUB socket",
        "only receives",
        "a PUB socket",
        page="wrong-direction",
    )


async def test_a_send_out_of_turn(front: Front) -> None:
    req, rep = front.pair(zmq.REQ, zmq.REP)
    says(await failed(front, lambda: rep.send(b"")), "REP socket", "recv() a request first")
    await front(req.send(b""))
    error = await failed(front, lambda: req.send(b""))
    assert error.errno == zmq.EFSM
    says(error, "REQ socket", "recv() the reply first", "REQ_RELAXED", page="out-of-turn")


async def test_an_unknown_peer(front: Front) -> None:
    router = front.socket(zmq.ROUTER, router_mandatory=1)
    router.bind("inproc://router")
    error = await failed(front, lambda: router.send_multipart([b"stranger", b""]))
    assert error.errno == zmq.EHOSTUNREACH
    says(error, "ROUTER socket", "b'stranger'", "identity", page="unknown-peer")


@pytest.mark.parametrize("method", ["recv", "recv_multipart", "send"])
async def test_a_closed_socket(front: Front, method: str) -> None:
    pair = front.socket(zmq.PAIR)
    pair.bind("inproc://closed")
    pair.close()
    arguments = [b""] if method == "send" else []
    error = await failed(front, lambda: getattr(pair, method)(*arguments))
    assert error.strerror == zmq.strerror(zmq.ENOTSOCK)
    says(
        error,
        "the socket is closed (PAIR socket bound to inproc://closed)",
        "context.socket()",
        page="closed-socket",
    )


@needs("loop")
async def test_a_socket_that_is_closed_under_a_waiting_send(front: Front) -> None:
    push = front.socket(zmq.PUSH)
    push.bind("inproc://shut")
    waiting = front.start(push.send, b"")
    await front.settle()
    push.close()
    await front.finished(waiting)
    if isinstance(waiting.error, zmq.ZMQError):
        says(waiting.error, "PUSH socket bound to inproc://shut")
    else:
        assert "futures" in front.can  # which are cancelled, as PyZMQ's are


@pytest.mark.parametrize(
    ("wrong", "step"),
    [
        ("text", "send_string"),
        (None, "b''"),
        (5, "send_json"),
        ({}, "send_json"),
        ([b""], "send_multipart"),
    ],
)
async def test_what_is_no_message(front: Front, wrong: object, step: str) -> None:
    push = front.socket(zmq.PUSH)
    push.bind("inproc://wrong")
    with pytest.raises(TypeError) as caught:
        await front(push.send(wrong))
    says(caught.value, "PUSH socket bound to inproc://wrong", step, page="wrong-argument")


async def test_bytes_in_place_of_parts(front: Front) -> None:
    push = front.socket(zmq.PUSH)
    with pytest.raises(TypeError) as caught:
        await front(push.send_multipart(b"abc"))
    says(caught.value, "PUSH socket", "a list of parts, not bytes", "send_multipart([data])")
    with pytest.raises(TypeError) as caught:
        await front(push.send_multipart(5))
    says(caught.value, "PUSH socket", "a list of parts, not 'int'")
    with pytest.raises(TypeError) as caught:
        await front(push.send_many([b"a", [b"b", "text"]]))
    says(caught.value, "message 1", "Frame 1 ('text')", "encode")


async def test_errors_can_be_sent_to_another_process(front: Front) -> None:
    pull = front.socket(zmq.PULL, rcvtimeo=0)
    pull.connect(NEVER)
    error = await failed(front, pull.recv)
    twin = pickle.loads(pickle.dumps(error))
    assert (type(twin), twin.errno, str(twin)) == (type(error), error.errno, str(error))
