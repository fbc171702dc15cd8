"""Frame: data, buffer, properties."""

from __future__ import annotations

import array
import copy
import gc
import weakref
from collections.abc import Callable

import pytest

import zmq

Pair = Callable[..., tuple[zmq.Socket, zmq.Socket]]


class Weak(bytearray):
    """A buffer that can be watched: bytearray itself has no weak references."""


@pytest.mark.parametrize(
    "data",
    [b"", b"abc", bytearray(b"abc"), memoryview(b"abc"), array.array("i", [1, 2]), b"x" * 70000],
)
@pytest.mark.parametrize("how", [True, False, None])
def test_a_frame_has_the_data_of_its_buffer(data: object, how: bool | None) -> None:
    frame = zmq.Frame(data, copy=how)
    expected = bytes(memoryview(data).cast("B")) if len(data) else b""  # type: ignore[arg-type]
    assert frame.bytes == bytes(frame) == frame.buffer.tobytes() == expected
    assert len(frame) == len(expected)


def test_an_empty_frame() -> None:
    assert zmq.Frame().bytes == b""
    assert len(zmq.Frame()) == 0
    assert not zmq.Frame()


@pytest.mark.parametrize("wrong", ["text", 5, 1.5, [1]])
def test_what_is_no_buffer_is_refused(wrong: object) -> None:
    with pytest.raises(TypeError):
        zmq.Frame(wrong)


def test_a_buffer_with_gaps_is_refused() -> None:
    with pytest.raises((BufferError, TypeError, ValueError)):
        zmq.Frame(memoryview(b"abcdef")[::2])


def test_bytes_and_buffer_are_made_once() -> None:
    frame = zmq.Frame(b"abc" * 30)
    assert frame.bytes is frame.bytes
    made_of = b"x" * 100
    for copies in (None, True, False):
        assert zmq.Frame(made_of, copy=copies).bytes == made_of
        assert zmq.Frame(made_of, copy=copies).bytes is not made_of
    assert frame.buffer is frame.buffer


def test_the_buffer_protocol() -> None:
    frame = zmq.Frame(b"abcdef")
    view = memoryview(frame)
    assert (view.format, view.itemsize, view.nbytes, view.contiguous) == ("B", 1, 6, True)
    assert b"".join([b">", frame]) == b">abcdef"


def test_a_view_keeps_the_data_of_a_frame_that_is_gone(pair: Pair) -> None:
    a, b = pair()
    a.send(b"y" * 5000)
    view = memoryview(b.recv(copy=False))
    gc.collect()
    # Fill what memory became free.
    for _ in range(50):
        a.send(b"n" * 5000)
        b.recv(copy=False)
    assert view == b"y" * 5000


def test_a_copy_shares_the_data_and_outlives_the_original() -> None:
    frame = zmq.Frame(b"abc" * 100)
    other = copy.copy(frame)
    del frame
    assert other.bytes == b"abc" * 100


def test_a_frame_without_copy_sees_changes_and_one_with_a_copy_does_not() -> None:
    data = bytearray(b"x" * 100)
    shared, own = zmq.Frame(data, copy=False), zmq.Frame(data, copy=True)
    data[0] = ord("y")
    assert own.bytes[:1] == b"x"
    assert shared.bytes[:1] == b"y"


def test_repr_shows_the_data_and_the_size_of_long_data() -> None:
    assert repr(zmq.Frame(b"hello")) == str(zmq.Frame(b"hello")) == "<zmq.Frame(b'hello')>"
    long = repr(zmq.Frame(b"x" * 5000))
    assert len(long) < 60
    assert "xxx" in long


def test_more_marks_all_parts_but_the_last(pair: Pair) -> None:
    a, b = pair()
    a.send_multipart([b"a", b"b", b"c"])
    assert [f.more for f in b.recv_multipart(copy=False)] == [True, True, False]


def test_properties_of_the_connection(pair: Pair) -> None:
    a, b = pair(zmq.PUSH, zmq.PULL, "tcp")
    a.send(b"x")
    frame = b.recv(copy=False)
    assert frame["Peer-Address"] == frame.get("Peer-Address") == "127.0.0.1"
    assert frame.get("Socket-Type") == "PUSH"
    assert frame.get(zmq.MORE) == 0
    with pytest.raises(zmq.ZMQError) as caught:
        frame.get("No-Such-Property")
    assert caught.value.errno == zmq.EINVAL


def test_an_unknown_attribute_is_refused() -> None:
    frame = zmq.Frame(b"x")
    with pytest.raises(AttributeError):
        frame.no_such_thing = 1
    with pytest.raises(AttributeError):
        _ = frame.no_such_thing


@pytest.mark.skipif(zmq.DRAFT_API, reason="this libzmq has the draft API")
@pytest.mark.parametrize("name", ["group", "routing_id"])
def test_draft_properties_say_that_they_need_the_draft_api(name: str) -> None:
    frame = zmq.Frame(b"x")
    with pytest.raises(RuntimeError, match="draft"):
        getattr(frame, name)
    with pytest.raises(RuntimeError, match="draft"):
        frame.get(name)


def test_one_frame_can_be_sent_many_times(pair: Pair) -> None:
    a, b = pair()
    frame = zmq.Frame(b"again" * 20000, copy=False)
    for copying in (True, False, True):
        a.send(frame, copy=copying)
    assert [b.recv() == b"again" * 20000 for _ in range(3)] == [True] * 3
    assert frame.bytes == b"again" * 20000


def test_a_received_frame_can_be_forwarded(pair: Pair) -> None:
    (a, b), (c, d) = pair(), pair()
    a.send(b"forward" * 10000)
    c.send(b.recv(copy=False), copy=False)
    assert d.recv() == b"forward" * 10000


def test_a_frame_holds_its_buffer_until_it_is_gone() -> None:
    data = Weak(b"x" * 70000)
    watch = weakref.ref(data)
    frame = zmq.Frame(data, copy=False)
    del data
    gc.collect()
    assert watch() is not None
    assert frame.bytes[:1] == b"x"


def test_frames_of_a_subclass() -> None:
    class Mine(zmq.Frame):
        def twice(self) -> bytes:
            return self.bytes * 2

    assert Mine(b"ab").twice() == b"abab"


def test_an_array_of_numbers(pair: Pair) -> None:
    numpy = pytest.importorskip("numpy", reason="numpy is not installed")
    a, b = pair()
    numbers = numpy.arange(12, dtype="i4").reshape(3, 4)
    a.send(numbers, copy=False)
    assert (numpy.frombuffer(b.recv(), dtype="i4").reshape(3, 4) == numbers).all()
    a.send_multipart([numbers, b"end"])
    frames = b.recv_multipart(copy=False)
    assert numpy.frombuffer(frames[0], dtype="i4").sum() == numbers.sum()
