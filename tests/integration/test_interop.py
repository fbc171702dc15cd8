"""This package and PyZMQ on the two ends of one connection, in both directions."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import zmq
from helpers.processes import Child

Make = Callable[..., zmq.Socket]
Start = Callable[..., Child]

# Answers each message in kind; the same program runs on either package.
ECHO = """
import sys, zmq
kind, transport, keys = sys.argv[1:4]
context = zmq.Context()
s = context.socket(getattr(zmq, kind))
s.linger = 5000
s.rcvtimeo = s.sndtimeo = 20000
if keys:
    s.curve_publickey, s.curve_secretkey = (k.encode() for k in keys.split(" ")[:2])
    s.curve_server = 1
s.bind(transport)
print(s.getsockopt_string(zmq.LAST_ENDPOINT), flush=True)
while True:
    frames = s.recv_multipart(copy=False)
    envelope = frames[:1] if kind == "ROUTER" else []
    command = frames[len(envelope)].bytes
    if command == b"stop":
        break
    s.send_multipart([*envelope, *frames[len(envelope):]], copy=False)
s.close()
context.term()
"""


@pytest.fixture(params=["pyzmq", "ohmq"])
def other(request: pytest.FixtureRequest) -> Path:
    """The interpreter at the other end."""
    if request.param == "ohmq":
        return Path(sys.executable)
    path = request.getfixturevalue("pyzmq")
    assert isinstance(path, Path)
    return path


@pytest.fixture(params=["tcp", "ipc"])
def transport(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def exchange(dealer: zmq.Socket) -> None:
    dealer.send(b"x" * 300)
    assert dealer.recv() == b"x" * 300
    parts = [b"a", b"", b"b" * 255, b"c" * 256, bytes(range(256)) * 500]
    dealer.send_multipart(parts, copy=False)
    assert dealer.recv_multipart() == parts
    dealer.send_string("grüße")
    assert dealer.recv_string() == "grüße"
    dealer.send_json({"a": [1, None]})
    assert dealer.recv_json() == {"a": [1, None]}
    dealer.send_pyobj({(1,): {2}})
    assert dealer.recv_pyobj() == {(1,): {2}}
    dealer.send_many([[b"%d" % n, b"m"] for n in range(500)])
    received: list[list[bytes]] = []
    while len(received) < 500:
        received += dealer.recv_many(multipart=True)
    assert received == [[b"%d" % n, b"m"] for n in range(500)]
    dealer.send(b"stop")


@pytest.mark.parametrize("kind", ["ROUTER", "DEALER", "PAIR"])
@pytest.mark.parametrize("secure", [False, True])
def test_both_ends_understand_each_other(
    socket: Make,
    endpoint: Callable[[str], str],
    child: Start,
    other: Path,
    transport: str,
    kind: str,
    secure: bool,
) -> None:
    if secure and not zmq.has("curve"):
        pytest.skip("this libzmq has no CURVE")
    public, secret = zmq.curve_keypair() if secure else (b"", b"")
    keys = f"{public.decode()} {secret.decode()}".strip()
    server = child(["-c", ECHO, kind, endpoint(transport), keys], python=other)
    address = server.line()
    mine = socket(zmq.PAIR if kind == "PAIR" else zmq.DEALER, rcvtimeo=20_000, sndtimeo=20_000)
    if secure:
        mine.curve_serverkey = public
        mine.curve_publickey, mine.curve_secretkey = zmq.curve_keypair()
    mine.linger = 5000
    mine.connect(address)
    exchange(mine)
    assert server.wait() == 0


def test_a_client_with_the_wrong_key_is_not_heard(socket: Make, child: Start, other: Path) -> None:
    if not zmq.has("curve"):
        pytest.skip("this libzmq has no CURVE")
    public, secret = zmq.curve_keypair()
    server = child(
        ["-c", ECHO, "DEALER", "tcp://127.0.0.1:*", f"{public.decode()} {secret.decode()}"],
        python=other,
    )
    address = server.line()
    stranger = socket(zmq.DEALER, rcvtimeo=300)
    stranger.curve_serverkey = zmq.curve_keypair()[0]
    stranger.curve_publickey, stranger.curve_secretkey = zmq.curve_keypair()
    stranger.connect(address)
    stranger.send(b"let me in")
    with pytest.raises(zmq.Again):
        stranger.recv()


def test_subscriptions_cross(socket: Make, child: Start, other: Path) -> None:
    publisher = socket(zmq.XPUB, rcvtimeo=20_000)
    port = publisher.bind_to_random_port("tcp://127.0.0.1")
    listener = child(
        [
            "-c",
            "import sys, zmq\nc = zmq.Context(); s = c.socket(zmq.SUB); s.rcvtimeo = 20000\n"
            "s.connect(sys.argv[1]); s.subscribe('topic')\n"
            "print(s.recv_multipart()); s.close(); c.term()",
            f"tcp://127.0.0.1:{port}",
        ],
        python=other,
    )
    assert publisher.recv() == b"\x01topic"
    publisher.send_multipart([b"other", b"1"])
    publisher.send_multipart([b"topic", b"2"])
    assert listener.line() == "[b'topic', b'2']"
    assert listener.wait() == 0
