"""send_many and recv_many: many messages in one call, as many single calls would have done it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import pytest

import zmq

Pair = Callable[..., tuple[zmq.Socket, zmq.Socket]]


def test_messages_arrive_in_order(pair: Pair, transport: str) -> None:
    a, b = pair(zmq.PUSH, zmq.PULL, transport, hwm=0)
    messages = [b"%d" % n for n in range(5000)]
    assert a.send_many(messages) == 5000
    received: list[bytes] = []
    while len(received) < 5000:
        received += b.recv_many()
    assert received == messages


def test_messages_of_all_kinds(pair: Pair) -> None:
    a, b = pair()
    messages = [
        b"a",
        [b"b", bytearray(b"c")],
        memoryview(b"d"),
        zmq.Frame(b"e"),
        (b"f",),
        b"g" * 70000,
    ]
    assert a.send_many(messages) == 6
    assert b.recv_many(multipart=True) == [
        [b"a"],
        [b"b", b"c"],
        [b"d"],
        [b"e"],
        [b"f"],
        [b"g" * 70000],
    ]


def test_any_iterable_will_do(pair: Pair) -> None:
    a, b = pair()

    def generate() -> Iterator[bytes]:
        yield b"1"
        yield b"2"

    assert a.send_many(generate()) == 2
    assert a.send_many((b"3",)) == 1
    assert a.send_many([]) == 0
    assert b.recv_many() == [b"1", b"2", b"3"]


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 100])
def test_the_limit(pair: Pair, limit: int) -> None:
    a, b = pair()
    messages = [b"%d" % n for n in range(20)]
    a.send_many(messages)
    received = []
    while len(received) < 20:
        some = b.recv_many(limit)
        assert 1 <= len(some) <= limit
        received += some
    assert received == messages


@pytest.mark.parametrize("limit", [0, -1])
def test_a_limit_below_one_is_refused(pair: Pair, limit: int) -> None:
    _, b = pair()
    with pytest.raises(ValueError):
        b.recv_many(limit)


def test_without_multipart_the_parts_come_singly(pair: Pair) -> None:
    a, b = pair()
    a.send_many([[b"1", b"2"], b"3", [b"4", b"5", b"6"]])
    assert b.recv_many(4) == [b"1", b"2", b"3", b"4"]
    assert b.rcvmore
    assert b.recv_multipart() == [b"5", b"6"]


def test_with_multipart_messages_are_whole(pair: Pair) -> None:
    a, b = pair()
    a.send_many([[b"1", b"2"], b"3", [b"4", b"5"]])
    assert b.recv_many(2, multipart=True) == [[b"1", b"2"], [b"3"]]
    assert b.recv_many(2, multipart=True) == [[b"4", b"5"]]


def test_a_half_message_is_not_received(pair: Pair) -> None:
    a, b = pair()
    a.send_many([b"whole"])
    a.send(b"first part", zmq.SNDMORE)
    assert b.recv_many(multipart=True) == [[b"whole"]]
    a.send(b"second part")
    assert b.recv_many(multipart=True) == [[b"first part", b"second part"]]


def test_an_empty_socket(pair: Pair) -> None:
    _, b = pair(rcvtimeo=20)
    with pytest.raises(zmq.Again):
        b.recv_many()
    with pytest.raises(zmq.Again):
        b.recv_many(flags=zmq.NOBLOCK)


def test_it_waits_for_the_first_message(pair: Pair) -> None:
    a, b = pair(zmq.PUSH, zmq.PULL, "tcp")
    timer = threading.Timer(0.05, a.send, (b"late",))
    timer.start()
    assert b.recv_many() == [b"late"]
    timer.join()


def test_dontwait_says_how_many_there_was_room_for(pair: Pair) -> None:
    a, b = pair(zmq.PUSH, zmq.PULL, hwm=5)
    messages = [b"%d" % n for n in range(100)]
    sent = a.send_many(messages, zmq.DONTWAIT)
    assert 0 < sent < 100
    assert a.send_many(messages, zmq.DONTWAIT) == 0
    assert b.recv_many() == messages[:sent]


def test_sndtimeo_ends_the_wait(pair: Pair) -> None:
    a, b = pair(zmq.PUSH, zmq.PULL, hwm=5, sndtimeo=30)
    messages = [b"%d" % n for n in range(100)]
    sent = a.send_many(messages)
    assert 0 < sent < 100
    assert b.recv_many() == messages[:sent]


def test_it_waits_until_all_are_sent(pair: Pair) -> None:
    a, b = pair(zmq.PUSH, zmq.PULL, hwm=5)
    messages = [b"%d" % n for n in range(2000)]
    received: list[bytes] = []

    def receive() -> None:
        while len(received) < len(messages):
            received.extend(b.recv_many(13))

    thread = threading.Thread(target=receive)
    thread.start()
    assert a.send_many(messages) == 2000
    thread.join(10)
    assert received == messages


@pytest.mark.parametrize("wrong", ["text", None, 5, [b"x", "text"], [None]])
def test_a_wrong_message_sends_nothing(pair: Pair, wrong: object) -> None:
    a, b = pair()
    with pytest.raises(TypeError):
        a.send_many([b"1", b"2", wrong, b"3"])
    assert not b.poll(20)
    assert a.send_many([b"fine"]) == 1
    assert b.recv_many() == [b"fine"]


def test_text_names_the_method_for_it(pair: Pair) -> None:
    a, _ = pair()
    with pytest.raises(TypeError, match="send_string"):
        a.send_many(["text"])


def test_an_empty_message_list_is_refused(pair: Pair) -> None:
    a, b = pair()
    with pytest.raises((IndexError, ValueError)):
        a.send_many([b"1", []])
    assert not b.poll(20)


def test_an_error_in_between_says_how_many_were_sent(pair: Pair) -> None:
    # REQ takes one request; the second is out of turn.
    a, b = pair(zmq.REQ, zmq.REP)
    with pytest.raises(zmq.ZMQError) as caught:
        a.send_many([b"1", b"2"])
    assert caught.value.errno == zmq.EFSM
    assert caught.value.sent == 1
    assert b.recv() == b"1"


def test_send_and_send_many_mix(pair: Pair) -> None:
    a, b = pair()
    a.send_many([b"1", b"2"])
    a.send(b"3")
    a.send_multipart([b"4", b"5"])
    a.send_many([[b"6", b"7"]])
    assert b.recv() == b"1"
    assert b.recv_many(2) == [b"2", b"3"]
    assert b.recv_many(multipart=True) == [[b"4", b"5"], [b"6", b"7"]]


def test_a_closed_socket_says_so(pair: Pair) -> None:
    a, b = pair()
    a.close()
    b.close()
    for call in (lambda: a.send_many([b"x"]), b.recv_many):
        with pytest.raises(zmq.ZMQError, match="socket is closed"):
            call()


def test_a_subclass_sees_each_message(context: zmq.Context) -> None:
    class Counting(zmq.Socket):
        seen = 0

        def send(self, *args: object, **kwargs: object) -> object:
            self.seen += 1
            return super().send(*args, **kwargs)  # type: ignore[arg-type]

    with Counting(context, zmq.PAIR) as a, context.socket(zmq.PAIR) as b:
        a.linger = b.linger = 0
        a.bind("inproc://each")
        b.connect("inproc://each")
        assert a.send_many([b"1", b"2"]) == 2
        assert a.seen == 2
        assert b.recv_many() == [b"1", b"2"]
