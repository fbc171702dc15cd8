"""busy_wait_us: a blocking wait looks for a while before it sleeps. No test asserts a time."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator

import pytest

import zmq
import zmq.asyncio
from helpers.busy_wait import looks, until_it_looks
from helpers.processes import run_python

Pair = Callable[..., tuple[zmq.Socket, zmq.Socket]]
Make = Callable[..., zmq.Socket]

LIMIT_US = 100_000
LATE = b"an answer that comes after a look of 20 ms, within twice that time"
DEFAULT_US = 100 if sys.platform == "linux" else 0


@pytest.fixture(autouse=True)
def nothing_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OHMQ_BUSY_WAIT_US", raising=False)


@pytest.fixture
def answered(pair: Pair, transport: str) -> Iterator[tuple[zmq.Socket, zmq.Socket]]:
    """Return a socket and one that answers it from a thread, until b"" comes."""
    ask, answer = pair(zmq.DEALER, zmq.DEALER, transport)

    def reply() -> None:
        while message := answer.recv():
            if message == LATE:
                time.sleep(0.03)
            answer.send(message)

    thread = threading.Thread(target=reply, daemon=True)
    thread.start()
    yield ask, answer
    if not ask.closed:
        ask.send(b"")
        thread.join()


@pytest.fixture
def looking(answered: tuple[zmq.Socket, zmq.Socket]) -> tuple[zmq.Socket, zmq.Socket]:
    """Return the same, with a socket that looks."""
    answered[0].busy_wait_us = LIMIT_US
    return answered


def look_at_last(ask: zmq.Socket) -> None:
    """Go on with short waits until one has looked: the machine may have other work at first."""
    for _ in until_it_looks(ask):
        ask.send(b"x")
        assert ask.recv() == b"x"


# ---- the option ----


def test_a_stream_does_not_look_by_default(pair: Pair) -> None:
    push, pull = pair(zmq.PUSH, zmq.PULL, "tcp")
    for _ in range(200):
        push.send(b"x")
        pull.recv()
    assert looks(push) == looks(pull) == 0


@pytest.mark.skipif(not DEFAULT_US, reason="a system where a wait looks by default")
@pytest.mark.parametrize("how", ["recv", "poll", "Poller"])
def test_a_wait_for_an_answer_looks_by_default(
    answered: tuple[zmq.Socket, zmq.Socket], how: str
) -> None:
    ask, _ = answered
    poller = zmq.Poller()
    poller.register(ask, zmq.POLLIN)
    for _ in until_it_looks(ask):
        ask.send(b"x")
        if how == "poll":
            ask.poll()
        elif how == "Poller":
            poller.poll()
        ask.recv()


def test_the_default(context: zmq.Context, socket: Make) -> None:
    assert context.busy_wait_us == DEFAULT_US
    assert socket(zmq.PULL).busy_wait_us == DEFAULT_US


def test_a_context_has_it_for_its_new_sockets(context: zmq.Context, socket: Make) -> None:
    before = socket(zmq.PULL)
    context.busy_wait_us = 50
    assert socket(zmq.PULL).busy_wait_us == 50
    assert before.busy_wait_us == DEFAULT_US
    assert zmq.Context.shadow(context).busy_wait_us == 50
    assert zmq.asyncio.Context(context).busy_wait_us == 50


def test_handles_of_a_socket_share_it(socket: Make) -> None:
    pull = socket(zmq.PULL)
    zmq.Socket.shadow(pull).busy_wait_us = 70
    assert pull.busy_wait_us == 70


@pytest.mark.parametrize("value", [-1, LIMIT_US + 1, 1 << 70])
def test_a_number_out_of_range(context: zmq.Context, socket: Make, value: int) -> None:
    for thing in (context, socket(zmq.PULL)):
        thing.busy_wait_us = 9
        with pytest.raises(ValueError, match="from 0 to 100000 us"):
            thing.busy_wait_us = value
        assert thing.busy_wait_us == 9


@pytest.mark.parametrize("value", ["100", 1.5, None])
def test_what_is_no_whole_number(context: zmq.Context, socket: Make, value: object) -> None:
    for thing in (context, socket(zmq.PULL)):
        with pytest.raises(TypeError, match="busy_wait_us takes int"):
            thing.busy_wait_us = value  # type: ignore[assignment]


def test_what_is_closed_refuses_it(socket: Make) -> None:
    pull = socket(zmq.PULL)
    pull.close()
    with pytest.raises(zmq.ZMQError) as error:
        pull.busy_wait_us = 1
    assert error.value.errno == zmq.ENOTSOCK
    context = zmq.Context()
    context.term()
    with pytest.raises(RuntimeError, match="make a new one"):
        context.busy_wait_us = 1


def test_the_environment_says_what_contexts_begin_with(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OHMQ_BUSY_WAIT_US", "120")
    with zmq.Context() as context, context.socket(zmq.PULL) as pull:
        assert (context.busy_wait_us, pull.busy_wait_us) == (120, 120)


@pytest.mark.parametrize("value", ["fast", "1.5", "-1", "100001"])
def test_a_wrong_environment_is_named(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("OHMQ_BUSY_WAIT_US", value)
    with pytest.raises(ValueError, match="environment variable OHMQ_BUSY_WAIT_US"):
        zmq.Context()


# ---- the wait ----


def test_a_socket_with_short_waits_looks(looking: tuple[zmq.Socket, zmq.Socket]) -> None:
    ask, _ = looking
    look_at_last(ask)
    assert ask.stats().busy_wait_s > 0


def test_without_it_nothing_looks(pair: Pair) -> None:
    ask, answer = pair(zmq.DEALER, zmq.DEALER, "tcp")
    ask.busy_wait_us = answer.busy_wait_us = 0
    for _ in range(100):
        ask.send(b"x")
        answer.recv()
    assert looks(ask) == looks(answer) == 0
    assert answer.stats().busy_wait_s == 0


def test_idle_sockets_do_not_look(socket: Make) -> None:
    idle = socket(zmq.PULL)
    idle.bind("tcp://127.0.0.1:*")
    idle.busy_wait_us = LIMIT_US
    for _ in range(20):
        assert idle.poll(1) == 0  # within the limit, but nothing came
    assert looks(idle) == 0


def test_looks_in_vain_become_fewer(looking: tuple[zmq.Socket, zmq.Socket]) -> None:
    ask, _ = looking
    look_at_last(ask)
    ask.busy_wait_us = 20_000
    lost = ask.stats().busy_waits_lost
    for _ in range(12):
        ask.send(LATE)
        ask.recv()
    assert ask.stats().busy_waits_lost - lost <= 4  # waits 1, 3 and 7


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="the system binds no process")
def test_the_default_is_not_for_a_single_core() -> None:
    result = run_python(
        """
        import os, threading, zmq
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
        context = zmq.Context()
        ask, answer = context.socket(zmq.PAIR), context.socket(zmq.PAIR)
        port = answer.bind_to_random_port("tcp://127.0.0.1")
        ask.connect(f"tcp://127.0.0.1:{port}")

        def reply():
            while message := answer.recv():
                answer.send(message)

        thread = threading.Thread(target=reply)
        thread.start()
        for _ in range(1000):
            ask.send(b"x")
            ask.recv()
        ask.send(b"")
        thread.join()
        stats = ask.stats()
        print("looks", stats.busy_waits_won + stats.busy_waits_lost)
        context.destroy(linger=0)
        """
    )
    assert "looks 0" in str(result)


def test_a_time_out_ends_a_look(looking: tuple[zmq.Socket, zmq.Socket]) -> None:
    ask, _ = looking
    look_at_last(ask)
    ask.rcvtimeo = 5
    with pytest.raises(zmq.Again):
        ask.recv()
    assert ask.poll(5) == 0


def test_close_ends_a_look(looking: tuple[zmq.Socket, zmq.Socket]) -> None:
    ask, answer = looking
    look_at_last(ask)
    ask.send(b"")  # the answering thread ends
    timer = threading.Timer(0.02, ask.close)
    timer.start()
    with pytest.raises(zmq.ZMQError) as error:
        ask.recv()
    assert error.value.errno == zmq.ENOTSOCK
    timer.join()
    assert not answer.closed


@pytest.mark.skipif(not hasattr(signal, "pthread_kill"), reason="signals are of POSIX")
def test_a_signal_ends_a_look() -> None:
    result = run_python(
        """
        import signal, threading, time, zmq
        context = zmq.Context()
        ask, answer = context.socket(zmq.PAIR), context.socket(zmq.PAIR)
        port = answer.bind_to_random_port("tcp://127.0.0.1")
        ask.connect(f"tcp://127.0.0.1:{port}")
        ask.busy_wait_us = 100_000

        def reply():
            while message := answer.recv():
                answer.send(message)
            time.sleep(0.01)  # into the look, not into the send before it
            main = threading.main_thread().ident
            signal.pthread_kill(main, signal.SIGINT)

        thread = threading.Thread(target=reply)
        thread.start()
        signal.signal(signal.SIGINT, signal.default_int_handler)
        for _ in range(100):
            ask.send(b"x")
            ask.recv()
        ask.send(b"")
        try:
            ask.recv()
        except KeyboardInterrupt:
            print("interrupted")
        thread.join()
        context.destroy(linger=0)
        """
    )
    assert "interrupted" in str(result)
