"""Context: making sockets, options, sharing, ending."""

from __future__ import annotations

import copy
import threading
import time
import warnings
from typing import Any
from unittest import mock

import pytest

import zmq
from helpers.processes import run_python
from helpers.waiting import until


def test_a_context_closes_at_the_end_of_with() -> None:
    with zmq.Context() as context:
        assert not context.closed
    assert context.closed


def test_term_twice_is_fine() -> None:
    context = zmq.Context()
    context.term()
    context.term()
    assert context.closed


def test_destroy_closes_the_sockets() -> None:
    context = zmq.Context()
    sockets = [context.socket(zmq.PUSH) for _ in range(3)]
    context.destroy(linger=0)
    assert all(socket.closed for socket in sockets)
    assert context.closed


def test_a_terminated_context_makes_no_socket() -> None:
    context = zmq.Context()
    context.term()
    with pytest.raises(zmq.ZMQError):
        context.socket(zmq.PUSH)


def test_instance_is_shared_until_it_ends() -> None:
    first = zmq.Context.instance()
    assert zmq.Context.instance() is first
    first.term()
    second = zmq.Context.instance()
    assert second is not first
    assert not second.closed
    second.term()


def test_instance_is_one_for_all_threads() -> None:
    barrier = threading.Barrier(8)
    seen = []

    def work() -> None:
        barrier.wait()
        seen.append(zmq.Context.instance())

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(map(id, seen))) == 1
    seen[0].term()


def test_instance_is_one_for_all_threads_however_long_it_takes_to_make() -> None:
    class Slow(zmq.Context):
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            time.sleep(0.05)
            super().__init__(*args, **kwargs)

    barrier = threading.Barrier(8)
    seen = []

    def work() -> None:
        barrier.wait()
        seen.append(Slow.instance())

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(seen) == 8
    assert len(set(map(id, seen))) == 1
    seen[0].term()


def test_a_constructor_may_ask_for_an_instance() -> None:
    class Outer(zmq.Context):
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            self.__dict__["inner"] = zmq.Context.instance()

    outer = Outer.instance()
    inner = outer.__dict__["inner"]
    assert inner is zmq.Context.instance()
    inner.term()
    outer.term()


def test_an_instance_that_is_asked_for_while_it_is_made() -> None:
    """By a signal handler, or by a greenlet of the same thread."""
    made: list[zmq.Context] = []
    given: list[zmq.Context] = []

    class Asked(zmq.Context):
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            made.append(self)
            if len(made) == 1:
                given.append(Asked.instance())

    given.append(Asked.instance())
    assert given[0] is given[1] is made[1] is Asked.instance()
    assert [context.closed for context in made] == [True, False]
    made[1].term()


def test_instance_of_a_subclass_is_that_of_its_base() -> None:
    class Mine(zmq.Context):
        pass

    with zmq.Context.instance() as base:
        assert Mine.instance() is base
    with Mine.instance() as mine, zmq.Context.instance() as base:
        assert type(mine) is Mine
        assert type(base) is zmq.Context


def test_instance_of_a_subclass_may_be_replaced() -> None:
    class Mine(zmq.Context):
        pass

    replacement = Mine()
    Mine._instance = replacement
    try:
        assert Mine.instance() is replacement
    finally:
        Mine._instance = None
        replacement.term()


def test_socket_class_may_be_replaced(context: zmq.Context) -> None:
    class Special(zmq.Socket):
        pass

    class Maker(zmq.Context):
        _socket_class = Special

    with Maker() as maker, maker.socket(zmq.PUSH) as made:
        assert type(made) is Special
    with context.socket(zmq.PUSH, socket_class=Special) as made:
        assert type(made) is Special


def test_socket_options_become_defaults_of_later_sockets(context: zmq.Context) -> None:
    with context.socket(zmq.PUSH) as before:
        context.linger = 17
        context.setsockopt(zmq.SNDHWM, 3)
        assert before.sndhwm == 1000
    with context.socket(zmq.PUSH) as after:
        assert (after.linger, after.sndhwm) == (17, 3)
    assert context.linger == 17
    assert context.getsockopt(zmq.SNDHWM) == 3


def test_a_default_that_does_not_suit_a_type_is_skipped(context: zmq.Context) -> None:
    context.subscribe = b"topic"
    with context.socket(zmq.PUSH) as push, context.socket(zmq.SUB) as sub:
        assert (push.type, sub.type) == (zmq.PUSH, zmq.SUB)


def test_context_options(context: zmq.Context) -> None:
    assert context.io_threads == context.IO_THREADS == context.get(zmq.IO_THREADS) == 1
    context.max_sockets = 7
    assert context.get(zmq.MAX_SOCKETS) == 7
    with zmq.Context(3) as three, zmq.Context(io_threads=2) as two:
        assert (three.io_threads, two.io_threads) == (3, 2)


def test_an_unknown_attribute_is_refused(context: zmq.Context) -> None:
    with pytest.raises(AttributeError, match=r"(?i)no_such_thing"):
        context.no_such_thing = 1
    with pytest.raises(AttributeError, match=r"(?i)no_such_thing"):
        _ = context.no_such_thing


def test_a_shadow_shares_the_context(context: zmq.Context) -> None:
    for shadow in (
        zmq.Context.shadow(context.underlying),
        zmq.Context.shadow(context),
        zmq.Context(shadow=context),
        zmq.Context(context),
        copy.copy(context),
        copy.deepcopy(context),
    ):
        assert shadow.underlying == context.underlying
        sender, receiver = shadow.socket(zmq.PAIR), context.socket(zmq.PAIR)
        sender.bind("inproc://shared")
        receiver.connect("inproc://shared")
        sender.send(b"over one context")
        assert receiver.recv() == b"over one context"
        sender.close(0)
        receiver.close(0)
        del shadow
    assert not context.closed


def test_dropping_a_shadow_leaves_the_context_alone(context: zmq.Context) -> None:
    with context.socket(zmq.PUSH) as socket:
        shadow = zmq.Context.shadow(context.underlying)
        del shadow
        assert not context.closed
        assert socket.linger == -1


def test_a_forgotten_context_is_named_in_a_warning() -> None:
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        context = zmq.Context()
        del context
    assert any(w.category is ResourceWarning and "context" in str(w.message).lower() for w in seen)


def test_a_forgotten_socket_is_named_in_a_warning(context: zmq.Context) -> None:
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        socket = context.socket(zmq.PUSH)
        del socket
    assert any(w.category is ResourceWarning and "socket" in str(w.message).lower() for w in seen)


def test_a_process_with_open_sockets_ends() -> None:
    # The message cannot be delivered: nothing but the interpreter's end discards it.
    assert run_python(
        """
        import zmq
        context = zmq.Context.instance()
        socket = context.socket(zmq.PUSH)
        socket.linger = 0
        socket.connect("tcp://127.0.0.1:1")
        socket.send(b"x")
        print("end")
        """
    ) == ["end"]


class TestTermWithTimeout:
    def test_returns_when_everything_is_closed(self) -> None:
        context = zmq.Context()
        context.socket(zmq.PUSH).close(0)
        context.term(timeout=5)
        assert context.closed

    def test_lists_what_is_open(self) -> None:
        context = zmq.Context()
        socket = context.socket(zmq.PULL)
        socket.bind("inproc://still-open")
        with pytest.raises(TimeoutError) as caught:
            context.term(timeout=0.05)
        assert isinstance(caught.value, zmq.ZMQError)
        assert caught.value.errno == zmq.ETIMEDOUT
        assert "PULL" in str(caught.value)
        assert "inproc://still-open" in str(caught.value)
        assert not context.closed
        socket.close(0)
        context.term(timeout=5)
        assert context.closed

    def test_lists_closed_sockets_that_have_messages_to_send(self) -> None:
        context = zmq.Context()
        socket = context.socket(zmq.PUSH)
        socket.linger = 1000
        socket.connect("ipc:///nonexistent/nobody-listens")
        socket.send(b"never delivered")
        socket.close()
        with pytest.raises(TimeoutError, match="PUSH"):
            context.term(timeout=0.05)
        # The message is given up when its time is over.
        context.term(timeout=20)
        assert context.closed

    def test_a_context_that_is_dropped_after_it_does_not_block(self) -> None:
        # A process of its own: what cannot be sent goes on in the background for ever.
        assert run_python(
            """
            import zmq
            context = zmq.Context()
            socket = context.socket(zmq.PUSH)
            socket.connect("ipc:///nonexistent/nobody-listens")
            socket.send(b"never delivered")
            socket.close()
            try:
                context.term(timeout=0.05)
            except TimeoutError:
                print("late")
            del socket, context
            print("dropped")
            """
        ) == ["late", "dropped"]

    def test_sockets_used_meanwhile_raise_context_terminated(self) -> None:
        context = zmq.Context()
        socket = context.socket(zmq.PULL)
        with pytest.raises(TimeoutError):
            context.term(timeout=0.05)
        with pytest.raises(zmq.ContextTerminated):
            socket.recv(zmq.NOBLOCK)
        socket.close(0)
        context.term(timeout=5)

    def test_zero_does_not_wait(self) -> None:
        context = zmq.Context()
        socket = context.socket(zmq.PULL)
        with pytest.raises(TimeoutError):
            context.term(timeout=0)
        socket.close(0)
        until(lambda: ended(context))

    def test_names_the_line_in_development_mode(self) -> None:
        assert run_python(
            """
            import zmq
            context = zmq.Context()
            socket = context.socket(zmq.PULL)
            try:
                context.term(timeout=0.05)
            except TimeoutError as error:
                print("<string>:4" in str(error) or str(error))
            socket.close(0)
            """,
            options=["-X", "dev"],
        ) == ["True"]


def ended(context: zmq.Context) -> bool:
    try:
        context.term(timeout=0)
    except TimeoutError:
        return False
    return context.closed


def test_options_that_can_only_be_set_are_no_attributes() -> None:
    with zmq.Context() as context:
        assert not hasattr(context, "THREAD_AFFINITY_CPU_ADD")
        with pytest.raises(AttributeError, match="write-only"):
            context.thread_affinity_cpu_remove  # noqa: B018
        with pytest.raises(zmq.ZMQError) as caught:
            context.get(zmq.THREAD_AFFINITY_CPU_ADD)
        assert caught.value.errno == zmq.EINVAL
        assert "closed" in mock.Mock(spec=context)._mock_methods


def test_an_option_may_be_minus_one() -> None:
    with zmq.Context() as context:
        assert context.get(zmq.THREAD_SCHED_POLICY) == context.thread_sched_policy == -1
