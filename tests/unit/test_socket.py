"""Socket: making, addresses, sending and receiving, ending."""

from __future__ import annotations

import array
import copy
import io
from collections.abc import Callable

import pytest

import zmq
from helpers.waiting import until

Pair = Callable[..., tuple[zmq.Socket, zmq.Socket]]
Make = Callable[..., zmq.Socket]


def test_a_socket_knows_its_type_and_context(context: zmq.Context, socket: Make) -> None:
    push = socket(zmq.PUSH)
    assert push.type is zmq.SocketType.PUSH
    assert push.TYPE == zmq.PUSH
    assert push.context is context
    assert push.underlying > 0
    assert "PUSH" in repr(push)


def test_a_socket_closes_at_the_end_of_with(context: zmq.Context) -> None:
    with context.socket(zmq.PUSH) as push:
        assert not push.closed
    assert push.closed
    assert "closed" in repr(push)
    push.close()


@pytest.mark.parametrize("given", [(), (None,), ("text", 1), (5, 1)])
def test_a_socket_needs_a_context(given: tuple[object, ...]) -> None:
    with pytest.raises(TypeError):
        zmq.Socket(*given)


def test_sockets_are_themselves_only(socket: Make) -> None:
    a, b = socket(zmq.PUSH), socket(zmq.PUSH)
    assert a != b
    assert len({a, b, a}) == 2


def test_a_shadow_is_the_same_socket(pair: Pair) -> None:
    a, b = pair()
    for shadow in (
        zmq.Socket.shadow(a),
        zmq.Socket.shadow(a.underlying),
        zmq.Socket(shadow=a),
        zmq.Socket(a),
        copy.copy(a),
        copy.deepcopy(a),
    ):
        assert shadow.underlying == a.underlying
        assert shadow.type == zmq.PAIR
        shadow.send(b"through the shadow")
        assert b.recv() == b"through the shadow"
    del shadow
    assert not a.closed
    a.send(b"still open")
    assert b.recv() == b"still open"


def test_closing_a_shadow_closes_the_socket(pair: Pair) -> None:
    a, _ = pair()
    zmq.Socket.shadow(a).close(0)
    assert a.closed
    with pytest.raises(zmq.ZMQError) as caught:
        a.send(b"")
    assert caught.value.errno == zmq.ENOTSOCK


# libzmq takes an ipc path over from the socket that had it.
@pytest.mark.parametrize("transport", ["tcp", "inproc"])
def test_bind_as_a_context_manager(
    socket: Make, endpoint: Callable[[str], str], transport: str
) -> None:
    pull = socket(zmq.PULL)
    with pull.bind(endpoint(transport)) as bound:
        assert bound is pull
        address = pull.last_endpoint.decode()
        with pytest.raises(zmq.ZMQError) as caught:
            socket(zmq.PULL).bind(address)
        assert caught.value.errno == zmq.EADDRINUSE
    # libzmq gives an address up in its own time.
    until(lambda: can_bind(socket(zmq.PULL), address))


def can_bind(socket: zmq.Socket, address: str) -> bool:
    try:
        socket.bind(address)
    except zmq.ZMQError:
        return False
    return True


def test_bind_says_where(socket: Make) -> None:
    bound = socket(zmq.PULL).bind("tcp://127.0.0.1:*")
    assert bound.addr.startswith("tcp://127.0.0.1:")
    assert not bound.addr.endswith("*")


def test_connect_as_a_context_manager(pair: Pair, socket: Make) -> None:
    pull, push = socket(zmq.PULL), socket(zmq.PUSH)
    pull.bind("inproc://here")
    with push.connect("inproc://here"):
        push.send(b"x")
        assert pull.recv() == b"x"
    with pytest.raises(zmq.Again):
        push.send(b"nobody", zmq.NOBLOCK)


def test_unbind_and_bind_again(socket: Make) -> None:
    pull, push = socket(zmq.PULL), socket(zmq.PUSH)
    for _ in range(5):
        pull.bind("inproc://again")
        push.connect(b"inproc://again")
        push.send(b"x")
        assert pull.recv() == b"x"
        push.disconnect(b"inproc://again")
        pull.unbind(b"inproc://again")


def test_bind_to_random_port(socket: Make) -> None:
    pull, push = socket(zmq.PULL), socket(zmq.PUSH)
    port = pull.bind_to_random_port("tcp://127.0.0.1")
    push.connect(f"tcp://127.0.0.1:{port}")
    push.send(b"x")
    assert pull.recv() == b"x"
    narrow = socket(zmq.PULL)
    with pytest.raises(zmq.ZMQBindError):
        narrow.bind_to_random_port("tcp://127.0.0.1", port, port + 1, max_tries=3)


ROUND_TRIPS = [
    ("string", "grüße Ø", {}),
    ("string", "grüße", {"encoding": "latin-1"}),
    ("unicode", "grüße", {}),
    ("json", {"a": [1, None, "ø", 2.5]}, {}),
    ("json", "x", {}),
    ("pyobj", {(1, 2): {3}}, {}),
]


@pytest.mark.parametrize(("kind", "value", "options"), ROUND_TRIPS)
def test_values_come_back(pair: Pair, kind: str, value: object, options: dict[str, str]) -> None:
    a, b = pair()
    getattr(a, f"send_{kind}")(value, **options)
    assert getattr(b, f"recv_{kind}")(**options) == value


def test_serialized(pair: Pair) -> None:
    a, b = pair()
    a.send_serialized([1, 2, 3], lambda numbers: [str(n).encode() for n in numbers])
    assert b.recv_serialized(lambda frames: [int(f) for f in frames]) == [1, 2, 3]
    a.send_serialized([1], lambda numbers: [bytes(numbers)], copy=False)
    assert b.recv_serialized(lambda frames: frames[0].bytes, copy=False) == b"\x01"


@pytest.mark.parametrize("copying", [True, False])
@pytest.mark.parametrize("size", [0, 1, 29, 33, 255, 256, 65535, 65536, 1_000_000])
def test_messages_of_all_sizes(pair: Pair, transport: str, size: int, copying: bool) -> None:
    a, b = pair(zmq.PUSH, zmq.PULL, transport)
    data = bytes(range(256)) * (size // 256) + bytes(size % 256)
    for sent in (data, bytearray(data), memoryview(data)):
        a.send(sent, copy=copying)
        received = b.recv(copy=copying)
        assert (received if copying else received.bytes) == data


@pytest.mark.parametrize("count", [1, 2, 3, 15, 16, 17, 40, 300])
@pytest.mark.parametrize("copying", [True, False])
def test_multipart_messages(pair: Pair, count: int, copying: bool) -> None:
    a, b = pair()
    parts = [str(n).encode() * n for n in range(count)]
    a.send_multipart(parts, copy=copying)
    a.send_multipart(tuple(parts))
    for _ in range(2):
        received = b.recv_multipart(copy=copying)
        assert [bytes(part) for part in received] == parts
    assert not b.rcvmore


def test_parts_of_all_kinds(pair: Pair) -> None:
    a, b = pair()
    a.send_multipart(
        [b"a", bytearray(b"b"), memoryview(b"c"), zmq.Frame(b"d"), array.array("B", b"e")]
    )
    assert b.recv_multipart() == [b"a", b"b", b"c", b"d", b"e"]


@pytest.mark.parametrize("wrong", ["text", None, 5])
@pytest.mark.parametrize("place", [0, 1, 20])
def test_a_wrong_part_sends_nothing(pair: Pair, wrong: object, place: int) -> None:
    a, b = pair()
    parts: list[object] = [b"x"] * 21
    parts[place] = wrong
    with pytest.raises(TypeError, match=str(place)):
        a.send_multipart(parts)
    a.send_multipart([b"whole", b"message"])
    assert b.recv_multipart() == [b"whole", b"message"]


def test_recv_gives_the_parts_one_by_one(pair: Pair) -> None:
    a, b = pair()
    a.send(b"1", zmq.SNDMORE)
    assert not b.poll(0)
    a.send(b"2")
    assert b.recv() == b"1"
    assert b.rcvmore
    assert b.recv_multipart() == [b"2"]
    assert not b.rcvmore


def test_recv_into(pair: Pair) -> None:
    a, b = pair()
    target = bytearray(b"......")
    a.send(b"abc")
    assert b.recv_into(target) == 3
    assert target == b"abc..."
    a.send(b"longer than that")
    assert b.recv_into(target) == 16
    assert target == b"longer"
    a.send(b"xyz")
    assert b.recv_into(memoryview(target)[1:], nbytes=2) == 3
    assert target == b"lxyger"
    with pytest.raises(zmq.Again):
        b.recv_into(target, flags=zmq.NOBLOCK)
    with pytest.raises(ValueError):
        b.recv_into(target, nbytes=7)
    for wrong in (b"read-only", memoryview(bytearray(8))[::2]):
        with pytest.raises((BufferError, TypeError)):
            b.recv_into(wrong)


def test_hwm_sets_both_marks(socket: Make) -> None:
    push = socket(zmq.PUSH)
    push.hwm = 5
    assert (push.sndhwm, push.rcvhwm, push.hwm, push.get_hwm()) == (5, 5, 5, 5)
    push.set_hwm(6)
    assert push.hwm == 6


def test_copy_threshold(context: zmq.Context, socket: Make) -> None:
    push = socket(zmq.PUSH)
    assert push.copy_threshold == zmq.COPY_THRESHOLD
    push.copy_threshold = 10
    assert push.copy_threshold == 10
    with zmq.Socket(context, zmq.PUSH, copy_threshold=7) as other:
        assert other.copy_threshold == 7


def test_fileno_can_be_selected(pair: Pair) -> None:
    a, _ = pair()
    assert a.fileno() == a.FD == a.fd >= 0


def test_subscriptions(pair: Pair, socket: Make) -> None:
    publisher, subscriber = socket(zmq.XPUB), socket(zmq.SUB)
    publisher.bind("inproc://topics")
    subscriber.connect("inproc://topics")
    subscriber.subscribe("ø")
    subscriber.subscribe = b"b"
    assert {publisher.recv(), publisher.recv()} == {b"\x01" + "ø".encode(), b"\x01b"}
    subscriber.unsubscribe(b"b")
    assert publisher.recv() == b"\x00b"
    publisher.send(b"b not wanted")
    publisher.send("øre".encode())
    assert subscriber.recv_string() == "øre"


def test_a_subclass_may_keep_attributes(context: zmq.Context) -> None:
    class Counting(zmq.Socket):
        count = 0

        def send(self, data: object, *args: object, **kwargs: object) -> object:
            self.count += 1
            return super().send(data, *args, **kwargs)  # type: ignore[arg-type]

    with Counting(context, zmq.PAIR) as a, context.socket(zmq.PAIR) as b:
        a.linger = b.linger = 0
        a.bind("inproc://counted")
        b.connect("inproc://counted")
        a.send_multipart([b"1", b"2", b"3"])
        a.send_string("4")
        a.send_json(5)
        assert a.count == 5
        assert b.recv_multipart() == [b"1", b"2", b"3"]


def test_a_replaced_recv_is_used_by_all_that_receive(context: zmq.Context) -> None:
    class Shouting(zmq.Socket):
        def recv(self, *args: object, **kwargs: object) -> bytes:
            data = super().recv(*args, **kwargs)  # type: ignore[arg-type]
            assert isinstance(data, bytes)
            return data.upper()

    with Shouting(context, zmq.PAIR) as a, context.socket(zmq.PAIR) as b:
        a.linger = b.linger = 0
        a.bind("inproc://shout")
        b.connect("inproc://shout")
        b.send_multipart([b"a", b"b"])
        b.send_string("c")
        assert a.recv_multipart() == [b"A", b"B"]
        assert a.recv_string() == "C"


def test_json_takes_the_options_of_the_json_module(pair: Pair) -> None:
    a, b = pair()
    a.send_json({"b": 1, "a": 1.5}, sort_keys=True, indent=1)
    data = b.recv()
    assert data == b'{\n "a": 1.5,\n "b": 1\n}'
    a.send_json([1.5])
    assert b.recv_json(parse_float=str) == ["1.5"]


def test_pyobj_protocols(pair: Pair) -> None:
    a, b = pair()
    for protocol in range(6):
        a.send_pyobj([protocol], protocol=protocol)
        assert b.recv_pyobj() == [protocol]


def test_a_file_like_buffer_can_be_sent(pair: Pair) -> None:
    a, b = pair()
    a.send(io.BytesIO(b"from a file").getbuffer(), copy=False)
    assert b.recv() == b"from a file"


def test_a_shadow_of_an_address_is_in_the_context_of_its_socket(context: zmq.Context) -> None:
    socket = context.socket(zmq.PULL)
    shadow = zmq.Socket.shadow(socket.underlying)
    assert shadow.context is context
    monitor = shadow.get_monitor_socket()
    socket.bind("tcp://127.0.0.1:*")
    assert monitor.poll(5000)
    monitor.close()
    socket.close()
