"""MessageTracker: whether libzmq still holds what was sent."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

import zmq
from helpers.waiting import until

Pair = Callable[..., tuple[zmq.Socket, zmq.Socket]]
LARGE = b"x" * 200_000


def test_a_tracker_of_nothing_is_done() -> None:
    tracker = zmq.MessageTracker()
    assert tracker.done
    assert tracker.wait() is None
    assert tracker.wait(0) is None


def test_a_tracker_waits_for_events_and_trackers() -> None:
    first, second = threading.Event(), threading.Event()
    tracker = zmq.MessageTracker(first, zmq.MessageTracker(second))
    assert not tracker.done
    first.set()
    assert not tracker.done
    with pytest.raises(zmq.NotDone):
        tracker.wait(0.01)
    second.set()
    assert tracker.done
    tracker.wait(0)


def test_wait_ends_when_the_event_comes() -> None:
    event = threading.Event()
    tracker = zmq.MessageTracker(event)
    timer = threading.Timer(0.05, event.set)
    timer.start()
    tracker.wait()
    assert tracker.done
    timer.join()


@pytest.mark.parametrize("wrong", [5, None, "x"])
def test_a_tracker_refuses_what_it_cannot_track(wrong: object) -> None:
    with pytest.raises(TypeError):
        zmq.MessageTracker(wrong)


def test_a_tracker_refuses_a_frame_that_is_not_tracked() -> None:
    with pytest.raises(ValueError):
        zmq.MessageTracker(zmq.Frame(b"x"))


def test_a_sent_message_is_done_when_its_receiver_let_go(pair: Pair) -> None:
    a, b = pair()
    tracker = a.send(LARGE, copy=False, track=True)
    assert not tracker.done
    with pytest.raises(zmq.NotDone):
        tracker.wait(0.01)
    frame = b.recv(copy=False)
    assert not tracker.done
    del frame
    tracker.wait(5)
    assert tracker.done


@pytest.mark.parametrize("transport", ["tcp", "ipc"])
def test_a_message_over_the_wire_is_done_soon(pair: Pair, transport: str) -> None:
    a, b = pair(zmq.PUSH, zmq.PULL, transport)
    tracker = a.send(LARGE, copy=False, track=True)
    assert b.recv() == LARGE
    tracker.wait(5)
    assert tracker.done


def test_all_parts_of_a_message_count(pair: Pair) -> None:
    a, b = pair()
    tracker = a.send_multipart([LARGE, b"small", LARGE], copy=False, track=True)
    assert not tracker.done
    frames = b.recv_multipart(copy=False)
    frames.pop(0)
    assert not tracker.done
    frames.clear()
    tracker.wait(5)


def test_a_frame_and_its_sends_share_a_tracker(pair: Pair) -> None:
    a, b = pair()
    frame = zmq.Frame(LARGE, copy=False, track=True)
    tracker = a.send(frame, copy=False, track=True)
    b.recv()
    assert not tracker.done
    del frame
    tracker.wait(5)


def test_messages_that_are_copied_are_done(pair: Pair) -> None:
    a, _ = pair()
    assert a.send(b"small", copy=False, track=True).done
    assert zmq.Frame(bytearray(LARGE), copy=True, track=True).tracker.done


def test_messages_that_are_discarded_are_done(context: zmq.Context) -> None:
    with context.socket(zmq.PUSH) as socket:
        socket.linger = 0
        socket.connect("tcp://127.0.0.1:1")
        tracker = socket.send(LARGE, copy=False, track=True)
        assert not tracker.done
    until(lambda: tracker.done)
