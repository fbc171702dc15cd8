"""Sending and receiving: what the arguments say of the result. Checked by `make check`."""

from __future__ import annotations

import array
import dataclasses
from typing import Any, assert_type

import numpy as np

import zmq
from zmq import Frame, MessageTracker, codecs


def send(socket: zmq.Socket[bytes], copied: bool) -> None:
    assert_type(socket.send(b"part"), None)
    assert_type(socket.send(bytearray(b"part"), zmq.SNDMORE), None)
    assert_type(socket.send(memoryview(b"part"), flags=zmq.DONTWAIT | zmq.SNDMORE), None)
    assert_type(socket.send(array.array("d", [1.0])), None)
    assert_type(socket.send(Frame(b"part")), None)
    assert_type(socket.send(b"part", track=True), None)
    assert_type(socket.send(b"part", copy=False), MessageTracker)
    assert_type(socket.send(b"part", 0, False), MessageTracker)
    assert_type(socket.send(b"part", copy=False, track=True), MessageTracker)
    assert_type(socket.send(b"part", copy=copied), MessageTracker | None)
    assert_type(socket.send(Frame(b"part", track=True), copy=False, track=True), MessageTracker)
    assert_type(socket.send(Frame(b"part"), copy=False), MessageTracker | None)
    # A frame has its own tracker, also where it is copied.
    assert_type(socket.send(Frame(b"part", track=True), track=True), MessageTracker)
    assert_type(socket.send(Frame(b"part", track=True), 0, copied, True), MessageTracker)
    assert_type(socket.send(b"part", 0, copied), MessageTracker | None)
    assert_type(socket.send(b"part", copy=copied, track=True), MessageTracker | None)
    assert_type(socket.send(b"part", track=copied), None)
    assert_type(socket.send(b"part", routing_id=7), None)
    assert_type(socket.send(b"part", group="group"), None)

    assert_type(
        socket.send_multipart([b"a", bytearray(b"b"), memoryview(b"c"), Frame(b"d")]),
        MessageTracker | None,
    )
    socket.send_multipart((b"a", b"b"), zmq.DONTWAIT)
    assert_type(socket.send_multipart([b"a"], copy=False), MessageTracker | Any)
    assert_type(socket.send_multipart([b"a"], 0, False, True), MessageTracker | Any)
    assert_type(socket.send_multipart([b"a"], copy=copied), MessageTracker | None)
    assert_type(socket.send_string("text"), MessageTracker | None)
    assert_type(socket.send_json({"a": [1, None]}, sort_keys=True), None)
    assert_type(socket.send_pyobj(object()), MessageTracker | None)
    assert_type(
        socket.send_serialized(1.5, lambda number: [str(number).encode()]), MessageTracker | None
    )


def receive(socket: zmq.Socket[bytes], copied: bool) -> None:
    assert_type(socket.recv(), bytes)
    assert_type(socket.recv(zmq.DONTWAIT), bytes)
    assert_type(socket.recv(copy=True), bytes)
    assert_type(socket.recv(copy=False), Frame)
    assert_type(socket.recv(0, False), Frame)
    assert_type(socket.recv(copy=False, track=True), Frame)
    assert_type(socket.recv(copy=copied), bytes | Frame)
    assert_type(socket.recv_multipart(), list[bytes])
    assert_type(socket.recv_multipart(zmq.DONTWAIT), list[bytes])
    assert_type(socket.recv_multipart(copy=False), list[Frame])
    assert_type(socket.recv_multipart(0, False), list[Frame])
    assert_type(socket.recv_multipart(copy=copied), list[bytes] | list[Frame])
    identity, _, body = socket.recv_multipart()
    assert_type(identity + body, bytes)

    assert_type(socket.recv_into(bytearray(10)), int)
    assert_type(socket.recv_into(memoryview(bytearray(10)), nbytes=5, flags=zmq.DONTWAIT), int)
    assert_type(socket.recv_string(), str)
    assert_type(socket.recv_json(), Any)
    assert_type(socket.recv_pyobj(), Any)
    assert_type(socket.recv_serialized(len), int)


@dataclasses.dataclass
class Point:
    x: int


def objects(socket: zmq.Socket[bytes]) -> None:
    points = codecs.MessagePack(Point)
    socket.send_serialized(Point(1), points, copy=False)
    assert_type(socket.recv_serialized(points), Point)
    assert_type(socket.recv_serialized(points.decode), Point)
    assert_type(socket.recv_serialized(codecs.Json()), Any)
    assert_type(socket.recv_serialized(codecs.MessagePack()), Any)
    assert_type(
        socket.recv_serialized(codecs.Array(writable=True), copy=False),
        np.ndarray[Any, np.dtype[Any]],
    )


def many(socket: zmq.Socket[bytes], whole: bool) -> None:
    assert_type(socket.send_many([b"a", bytearray(b"b"), [b"c", Frame(b"d")], (b"e", b"f")]), int)
    assert_type(socket.send_many((b"%d" % i for i in range(10)), zmq.DONTWAIT), int)
    assert_type(socket.recv_many(), list[bytes])
    assert_type(socket.recv_many(10, zmq.DONTWAIT), list[bytes])
    assert_type(socket.recv_many(multipart=True), list[list[bytes]])
    assert_type(socket.recv_many(multipart=whole), list[bytes] | list[list[bytes]])


def connections(socket: zmq.Socket[bytes]) -> None:
    assert_type(socket.peers()[0].since, float | None)
    assert_type(socket.wait_for_peers(2, timeout=100)[0].endpoint, str)
    assert_type(socket.wait_for_subscribers(1, "topic", 100), int)
    for event in socket.connection_events(zmq.EVENT_CONNECTED, timeout=10):
        assert_type(event.event, zmq.Event)
        assert_type(event.reason, str | None)


def frames(frame: Frame) -> None:
    assert_type(frame.bytes, bytes)
    assert_type(frame.buffer, memoryview)
    assert_type(memoryview(frame), memoryview)
    assert_type(bytes(frame), bytes)
    assert_type(frame.more, bool)
    assert_type(frame.group, str)
    assert_type(frame.routing_id, int)
    assert_type(frame.tracker, MessageTracker | None)
    assert_type(frame.get(zmq.MORE), int)
    assert_type(frame.get("Peer-Address"), int | str)
    frame.group = "group"
    frame.routing_id = 7
    same: zmq.Message = frame
    assert_type(same, Frame)


def tracked(socket: zmq.Socket[bytes], data: bytearray) -> None:
    tracker = socket.send(data, copy=False, track=True)
    tracker.wait(timeout=1.0)
    assert_type(tracker.done, bool)
    assert_type(MessageTracker(tracker, Frame(data, track=True)).done, bool)


class Quiet(zmq.Socket[bytes]):
    """A socket that says nothing of what it sends: programs have such classes."""

    def send_multipart(  # type: ignore[no-untyped-def]
        self, *args, **kwargs
    ):
        super().send_multipart(*args, **kwargs)


def endpoints(socket: zmq.Socket[bytes]) -> None:
    assert_type(socket.bind("inproc://here").addr, str)
    assert_type(socket.connect("inproc://there").addr, str)
