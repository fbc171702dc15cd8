"""Socket.stats() and zmq.dump(): what a program can ask of its own sockets."""

from __future__ import annotations

from collections.abc import Callable

import pytest

import zmq
from helpers.processes import run_python

Pair = Callable[..., tuple[zmq.Socket, zmq.Socket]]
Make = Callable[..., zmq.Socket]


def test_a_new_socket_has_done_nothing(socket: Make) -> None:
    assert tuple(socket(zmq.PUSH).stats()) == (0, 0, 0, 0, 0, 0, 0, 0, 0, 0)


@pytest.mark.parametrize("copying", [True, False])
def test_messages_and_bytes_each_way(pair: Pair, transport: str, copying: bool) -> None:
    a, b = pair(zmq.DEALER, zmq.DEALER, transport)
    a.send(b"12345", copy=copying)
    a.send_multipart([b"123", b"", b"x" * 70000], copy=copying)
    a.send_many([b"1", [b"22", b"333"]])
    for _ in range(4):
        b.recv_multipart(copy=copying)
    b.send_string("back")
    a.recv_string()
    sent, received = a.stats(), b.stats()
    assert (sent.messages_sent, sent.bytes_sent) == (4, 5 + 3 + 70000 + 6)
    assert (sent.messages_received, sent.bytes_received) == (1, 4)
    assert (received.messages_received, received.bytes_received) == (4, 70014)
    assert (received.messages_sent, received.bytes_sent) == (1, 4)


def test_recv_many_and_recv_into_count(pair: Pair) -> None:
    a, b = pair()
    a.send_many([b"12"] * 9)
    b.recv_into(bytearray(1))
    b.recv_many(3)
    b.recv_many(multipart=True)
    assert b.stats().messages_received == 9
    assert b.stats().bytes_received == 18


def test_a_message_in_parts_counts_once(pair: Pair) -> None:
    a, b = pair()
    a.send(b"1", zmq.SNDMORE)
    a.send(b"2")
    b.recv()
    b.recv()
    assert a.stats().messages_sent == b.stats().messages_received == 1
    assert a.stats().bytes_sent == b.stats().bytes_received == 2


def test_calls_that_would_block_are_counted(pair: Pair) -> None:
    _, b = pair(rcvtimeo=30)
    for _ in range(3):
        with pytest.raises(zmq.Again):
            b.recv(zmq.NOBLOCK)
    assert b.stats().would_block == 3
    assert b.stats().blocked_s == 0
    with pytest.raises(zmq.Again):
        b.recv()
    stats = b.stats()
    assert stats.would_block == 4
    # It waited about 0.03 s: surely not nothing, surely not a minute.
    assert 0 < stats.blocked_s < 60


def test_failed_sends_do_not_count(pair: Pair) -> None:
    a, _ = pair()
    with pytest.raises(TypeError):
        a.send("text")
    with pytest.raises(TypeError):
        a.send_multipart([b"x", None])
    assert tuple(a.stats()) == (0, 0, 0, 0, 0, 0, 0, 0, 0, 0)


def test_a_shadow_has_the_same_numbers(pair: Pair) -> None:
    a, _ = pair()
    zmq.Socket.shadow(a).send(b"abc")
    assert a.stats().bytes_sent == zmq.Socket.shadow(a).stats().bytes_sent == 3


def test_stats_are_named(socket: Make) -> None:
    assert socket(zmq.PUSH).stats()._fields == (
        "messages_sent",
        "messages_received",
        "bytes_sent",
        "bytes_received",
        "would_block",
        "blocked_s",
        "events_dropped",
        "busy_waits_won",
        "busy_waits_lost",
        "busy_wait_s",
    )


def test_dump_names_contexts_and_sockets(socket: Make) -> None:
    pull, push = socket(zmq.PULL), socket(zmq.PUSH)
    pull.bind("inproc://dumped")
    push.connect("inproc://dumped")
    text = zmq.dump()
    assert "PULL" in text
    assert "PUSH" in text
    assert text.count("inproc://dumped") >= 2


def test_dump_forgets_what_is_closed(socket: Make) -> None:
    pull = socket(zmq.PULL)
    pull.bind("inproc://forgotten")
    pull.close()
    assert "inproc://forgotten" not in zmq.dump()


def test_dump_of_a_process_without_sockets() -> None:
    lines = run_python("import zmq; text = zmq.dump(); print(type(text).__name__, 'PULL' in text)")
    assert lines == ["str False"]


def test_dump_shows_the_traffic(pair: Pair) -> None:
    a, b = pair()
    a.send_many([b"x"] * 1234)
    b.recv_many(77)
    text = zmq.dump()
    assert "1234" in text
    assert "77" in text
