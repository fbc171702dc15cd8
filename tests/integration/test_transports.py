"""The patterns between real processes, over each transport that crosses them."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable

import pytest

import zmq
from helpers.processes import Child

Make = Callable[..., zmq.Socket]
Start = Callable[..., Child]

PROLOGUE = """
import sys, zmq
context = zmq.Context()
def connect(kind):
    socket = context.socket(kind)
    socket.linger = 5000
    socket.rcvtimeo = socket.sndtimeo = 20000
    return socket
"""


@pytest.fixture(params=["tcp", "ipc"])
def transport(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def bound(socket: Make, endpoint: Callable[[str], str], transport: str) -> Callable[..., tuple]:
    def make(kind: int, **options: object) -> tuple[zmq.Socket, str]:
        made = socket(kind, rcvtimeo=20_000, sndtimeo=20_000, **options)
        made.bind(endpoint(transport))
        return made, made.last_endpoint.decode()

    return make


def test_req_rep(bound: Callable[..., tuple], child: Start) -> None:
    server, address = bound(zmq.REP)
    clients = [
        child(
            [
                "-c",
                PROLOGUE
                + "s = connect(zmq.REQ); s.connect(sys.argv[1])\n"
                + "for n in range(100):\n"
                + "    s.send_json([int(sys.argv[2]), n])\n"
                + "    assert s.recv_json() == [n, int(sys.argv[2])]\n"
                + "s.close(); context.term()",
                address,
                str(number),
            ]
        )
        for number in range(3)
    ]
    for _ in range(300):
        server.send_json(server.recv_json()[::-1])
    assert [c.wait() for c in clients] == [0, 0, 0]


def test_push_pull(bound: Callable[..., tuple], child: Start) -> None:
    push, address = bound(zmq.PUSH)
    results, back = bound(zmq.PULL)
    work = (
        PROLOGUE
        + "jobs = connect(zmq.PULL); jobs.connect(sys.argv[1])\n"
        + "out = connect(zmq.PUSH); out.connect(sys.argv[2])\n"
        + "while (job := jobs.recv_pyobj()) is not None:\n    out.send_pyobj((job, job * job))\n"
        + "jobs.close(); out.close(); context.term()"
    )
    workers = [child(["-c", work, address, back]) for _ in range(2)]
    for n in range(500):
        push.send_pyobj(n)
    received = dict(results.recv_pyobj() for _ in range(500))
    assert received == {n: n * n for n in range(500)}
    # A worker that got one leaves; what follows goes to the one that is left.
    while any(worker.process.poll() is None for worker in workers):
        if push.poll(50, zmq.POLLOUT):
            with contextlib.suppress(zmq.Again):  # the other one has left between the two
                push.send_pyobj(None, zmq.DONTWAIT)
    assert [worker.wait() for worker in workers] == [0, 0]


def test_pub_sub(bound: Callable[..., tuple], child: Start) -> None:
    publisher, address = bound(zmq.XPUB)
    listen = (
        PROLOGUE
        + "s = connect(zmq.SUB); s.connect(sys.argv[1]); s.subscribe(sys.argv[2])\n"
        + "while (m := s.recv_multipart())[1] != b'end':\n"
        + "    print(m[0].decode(), m[1].decode())\ns.close(); context.term()"
    )
    listeners = [child(["-c", listen, address, topic]) for topic in ("a", "b")]
    assert {publisher.recv(), publisher.recv()} == {b"\x01a", b"\x01b"}
    for n in range(20):
        for topic in (b"a", b"b", b"c"):
            publisher.send_multipart([topic, b"%d" % n])
    for topic in (b"a", b"b"):
        publisher.send_multipart([topic, b"end"])
    for listener, topic in zip(listeners, "ab", strict=True):
        assert [listener.line() for _ in range(20)] == [f"{topic} {n}" for n in range(20)]
        assert listener.wait() == 0


def test_router_dealer(bound: Callable[..., tuple], child: Start) -> None:
    router, address = bound(zmq.ROUTER)
    dealer = (
        PROLOGUE
        + "s = connect(zmq.DEALER); s.routing_id = sys.argv[2].encode(); s.connect(sys.argv[1])\n"
        + "s.send_many([b'%d' % n for n in range(200)])\n"
        + "got = []\n"
        + "while len(got) < 200: got += s.recv_many(multipart=True)\n"
        + "assert got == [[b'echo', b'%d' % n] for n in range(200)]\n"
        + "s.close(); context.term()"
    )
    dealers = [child(["-c", dealer, address, name]) for name in ("one", "two", "three")]
    counts: dict[bytes, int] = {}
    for _ in range(600):
        name, data = router.recv_multipart()
        assert int(data) == counts.get(name, 0)
        counts[name] = counts.get(name, 0) + 1
        router.send_multipart([name, b"echo", data])
    assert counts == {b"one": 200, b"two": 200, b"three": 200}
    assert [d.wait() for d in dealers] == [0, 0, 0]


def test_large_messages(bound: Callable[..., tuple], child: Start) -> None:
    pull, address = bound(zmq.PULL)
    sender = child(
        [
            "-c",
            PROLOGUE
            + "s = connect(zmq.PUSH); s.connect(sys.argv[1])\n"
            + "for n in range(5):\n"
            + "    s.send_multipart([b'%d' % n, bytes([n]) * 20_000_000, bytearray(5)])\n"
            + "s.close(); context.term()",
            address,
        ]
    )
    for n in range(5):
        head, body, tail = pull.recv_multipart(copy=False)
        assert head.bytes == b"%d" % n
        assert len(body) == 20_000_000
        assert body.buffer[0] == body.buffer[-1] == n
        assert tail.bytes == bytes(5)
    assert sender.wait() == 0


@pytest.mark.parametrize("kinds", [(zmq.REQ, zmq.REP), (zmq.DEALER, zmq.ROUTER)])
def test_threads_over_inproc(context: zmq.Context, socket: Make, kinds: tuple[int, int]) -> None:
    server = socket(kinds[1], rcvtimeo=20_000)
    server.bind("inproc://threads")
    failures: list[object] = []

    def client(number: int) -> None:
        with context.socket(kinds[0]) as mine:
            mine.linger = 0
            mine.rcvtimeo = 20_000
            mine.connect("inproc://threads")
            for n in range(100):
                mine.send(b"%d-%d" % (number, n))
                if mine.recv() != b"%d-%d" % (number, n):
                    failures.append((number, n))

    threads = [threading.Thread(target=client, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for _ in range(400):
        server.send_multipart(server.recv_multipart())
    for thread in threads:
        thread.join(20)
    assert failures == []


def test_a_server_that_comes_late(context: zmq.Context, socket: Make, child: Start) -> None:
    """Messages that were sent before the peer listened are delivered."""
    probe = socket(zmq.PULL)
    port = probe.bind_to_random_port("tcp://127.0.0.1")
    probe.close()
    address = f"tcp://127.0.0.1:{port}"
    sender = child(
        [
            "-c",
            PROLOGUE
            + "s = connect(zmq.PUSH); s.linger = 20000; s.connect(sys.argv[1])\n"
            + "s.send(b'early'); print('sent'); s.close(); context.term()",
            address,
        ]
    )
    assert sender.line() == "sent"
    server = socket(zmq.PULL, rcvtimeo=20_000)
    server.bind(address)
    assert server.recv() == b"early"
    assert sender.wait() == 0
