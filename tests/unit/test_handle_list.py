"""The list of all handles: what it tells, and what is in it while sockets come and go."""

from __future__ import annotations

import gc
import os
import sys
import sysconfig
import threading

import pytest

import zmq
from helpers.processes import run_python

# Sockets are dropped here that were not closed.
pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")

ROUNDS = 300


def test_sockets_are_listed_oldest_first() -> None:
    with zmq.Context() as context:
        first, second, third = (context.socket(zmq.PAIR) for _ in range(3))
        second.close()
        fourth = context.socket(zmq.PAIR)
        assert context._sockets_open() == [first, third, fourth]
        del first
        gc.collect()
        assert context._sockets_open() == [third, fourth]
        third.close()
        fourth.close()
        assert context._sockets_open() == []


def test_sockets_that_come_and_go_in_threads_are_listed() -> None:
    """Each of the threads closes some, drops some, and finds its own in every list."""
    context = zmq.Context()
    context.max_sockets = 4000
    problems: list[object] = []
    kept = context.socket(zmq.PAIR)

    def work() -> None:
        try:
            for n in range(ROUNDS):
                mine = context.socket(zmq.PAIR)
                dropped = context.socket(zmq.PAIR)
                listed = context._sockets_open()
                if mine not in listed or kept not in listed:
                    problems.append(("missing", n, listed))
                del dropped, listed
                mine.close()
                if mine in context._sockets_open():
                    problems.append(("closed", n))
        except Exception as error:
            problems.append(error)

    threads = [threading.Thread(target=work, daemon=True) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive()
    assert problems == []
    assert context._sockets_open() == [kept]
    kept.close()
    context.term()


def test_the_collector_may_take_sockets_while_they_are_listed() -> None:
    """It runs as the list grows, and closes sockets that are in it."""
    with zmq.Context() as context:
        kept = [context.socket(zmq.PAIR) for _ in range(20)]
        before = gc.get_threshold()
        try:
            for _ in range(ROUNDS):
                cycle: list[object] = [context.socket(zmq.PAIR) for _ in range(3)]
                cycle.append(cycle)
                del cycle
                gc.set_threshold(1)
                listed = context._sockets_open()
                gc.set_threshold(*before)
                assert [socket for socket in listed if socket in kept] == kept
                del listed
        finally:
            gc.set_threshold(*before)
        gc.collect()
        assert context._sockets_open() == kept
        for socket in kept:
            socket.close()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_the_child_of_a_fork_begins_with_an_empty_list() -> None:
    """The parent's handles go in the child in any order, and do no harm to the child's."""
    lines = run_python(
        """
        import gc, os, sys, warnings
        import zmq
        from zmq import _native
        warnings.simplefilter("ignore")
        context = zmq.Context()
        parents = [context.socket(zmq.PAIR) for _ in range(5)]

        def listed():
            return sum(len(lines) for lines in _native.summaries_by_context().values())

        print("parent", listed(), flush=True)
        pid = os.fork()
        if pid == 0:
            found = [listed()]
            mine = zmq.Context()
            sockets = [mine.socket(zmq.PAIR) for _ in range(3)]
            found.append(listed())
            while parents:
                del parents[len(parents) // 2]
                gc.collect()
                found.append(listed())
            sockets.pop(1).close()
            gc.collect()
            found.append(listed())
            print("child", *found, flush=True)
            os._exit(0)
        os.waitpid(pid, 0)
        print("parent", listed())
        """,
        timeout_s=30,
    )
    assert lines == ["parent 5", "child 0 3 3 3 3 3 3 2", "parent 5"]


@pytest.mark.skipif(sys.maxsize < 2**32, reason="pointers of 32 bits")
def test_an_open_socket_takes_few_bytes_of_python() -> None:
    """Fields that few sockets need are made when they are needed. PyZMQ's take 451."""
    program = """
        import gc, tracemalloc
        import zmq
        context = zmq.Context()
        sockets = [context.socket(zmq.PULL) for _ in range(50)]
        tracemalloc.start()
        gc.collect()
        before = tracemalloc.get_traced_memory()[0]
        sockets.extend(context.socket(zmq.PULL) for _ in range(400))
        gc.collect()
        print(round((tracemalloc.get_traced_memory()[0] - before) / 400))
        """
    (line,) = run_python(program, timeout_s=30)
    # The same objects are larger without the GIL, and from Python 3.14 on.
    without_gil = sysconfig.get_config_var("Py_GIL_DISABLED")
    assert int(line) < (600 if without_gil else 450 if sys.version_info < (3, 14) else 520)
