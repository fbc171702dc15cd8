"""Close, term and destroy against threads in every blocking call: none hangs, nothing crashes."""

from __future__ import annotations

import contextlib
import random
import threading
import time
from collections.abc import Callable

import pytest

import zmq

ENDS_S = 20.0


def poll_with_poller(s: zmq.Socket) -> None:
    """A poller tells of a closed socket by an event."""
    poller = zmq.Poller()
    poller.register(s, zmq.POLLIN)
    if any(events & zmq.POLLERR for _, events in poller.poll()):
        raise zmq.ZMQError(zmq.ENOTSOCK)


def select(s: zmq.Socket) -> None:
    if zmq.select([s], [], [])[2]:
        raise zmq.ZMQError(zmq.ENOTSOCK)


def relay(s: zmq.Socket) -> None:
    """A device with the socket at one side."""
    with s.context.socket(zmq.DEALER) as other:
        zmq.proxy(s, other)


CALLS: list[Callable[[zmq.Socket], object]] = [
    lambda s: s.recv(),
    lambda s: s.recv(copy=False),
    lambda s: s.recv_multipart(),
    lambda s: s.recv_many(),
    lambda s: s.recv_into(bytearray(3)),
    lambda s: s.send(b"x"),
    lambda s: s.send_multipart([b"x", b"y" * 100_000]),
    lambda s: s.send_many([b"x"] * 50),
    lambda s: s.poll(),
    lambda s: s.poll(None, zmq.POLLOUT) and s.recv(zmq.NOBLOCK),
    lambda s: s.getsockopt(zmq.EVENTS),
    select,
    lambda s: zmq.Socket.shadow(s).recv(),
    poll_with_poller,
]
# The last two come from making a socket of a context that has ended.
ENDED = {zmq.ENOTSOCK, zmq.ETERM, zmq.ENOTSUP, zmq.EFAULT}


class Users:
    """Threads that use sockets until they are told that the socket has ended."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.failures: list[BaseException] = []
        self.threads: list[threading.Thread] = []

    def add(self, s: zmq.Socket, calls: list[Callable[[zmq.Socket], object]]) -> None:
        thread = threading.Thread(
            target=self.use, args=(s, calls, random.Random(self.rng.random())), daemon=True
        )
        self.threads.append(thread)
        thread.start()

    def use(
        self, s: zmq.Socket, calls: list[Callable[[zmq.Socket], object]], rng: random.Random
    ) -> None:
        while True:
            try:
                rng.choice(calls)(s)
            except zmq.Again:
                continue
            except zmq.ZMQError as error:
                if error.errno not in ENDED:
                    self.failures.append(error)
                return
            except TypeError as error:
                if "only an open socket can be shadowed" not in str(error):
                    self.failures.append(error)
                return
            except RuntimeError as error:  # of a device that opens a socket
                if "Context has been destroyed" not in str(error):
                    self.failures.append(error)
                return
            except BaseException as error:
                self.failures.append(error)
                return

    def end(self) -> None:
        deadline = time.monotonic() + ENDS_S
        for thread in self.threads:
            thread.join(max(0.0, deadline - time.monotonic()))
            assert not thread.is_alive(), "a thread still waits"
        assert not self.failures, self.failures


def sockets(context: zmq.Context, endpoint: str, rng: random.Random) -> list[zmq.Socket]:
    """Connected ones, and one without a peer."""
    a, b, lonely = (context.socket(zmq.DEALER) for _ in range(3))
    for s in (a, b, lonely):
        s.linger = 0
        s.hwm = rng.choice([1, 1000])
    a.bind(endpoint)
    b.connect(a.getsockopt_string(zmq.LAST_ENDPOINT))
    return [a, b, lonely]


def in_any_order(rng: random.Random, calls: list[Callable[[], object]]) -> None:
    rng.shuffle(calls)
    for call in calls:
        call()
        if rng.random() < 0.3:
            time.sleep(rng.random() * 0.003)


def close_all(context: zmq.Context, made: list[zmq.Socket], rng: random.Random) -> None:
    def close_shadow(s: zmq.Socket) -> None:
        with contextlib.suppress(TypeError):
            zmq.Socket.shadow(s).close(0)

    calls: list[Callable[[], object]] = []
    for s in made:
        calls += [s.close, lambda s=s: close_shadow(s)][: rng.choice([1, 2])]  # type: ignore[misc]
    in_any_order(rng, calls)
    context.term()


def term_first(context: zmq.Context, made: list[zmq.Socket], rng: random.Random) -> None:
    ends = [threading.Thread(target=context.term, daemon=True) for _ in range(2)]
    for thread in ends:
        thread.start()
    with contextlib.suppress(zmq.TermTimeout):
        context.term(timeout=0.002)
    in_any_order(rng, [s.close for s in made])
    for thread in ends:
        thread.join(ENDS_S)
        assert not thread.is_alive()


def destroy(context: zmq.Context, made: list[zmq.Socket], rng: random.Random) -> None:
    ends = [threading.Thread(target=context.destroy, args=(0,), daemon=True) for _ in range(2)]
    for thread in ends:
        thread.start()
    for thread in ends:
        thread.join(ENDS_S)
        assert not thread.is_alive()


ENDS = [close_all, term_first, destroy]


@pytest.mark.timeout(900)
@pytest.mark.parametrize("transport", ["inproc", "tcp", "ipc"])
def test_every_thread_ends(
    endpoint: Callable[[str], str], rng: random.Random, going: Callable[[], bool], transport: str
) -> None:
    while going():
        context = zmq.Context()
        made = sockets(context, endpoint(transport), rng)
        users = Users(rng)
        for s in made:
            for _ in range(rng.choice([0, 1, 3])):
                users.add(s, [rng.choice(CALLS)] if rng.random() < 0.5 else CALLS)
        time.sleep(rng.choice([0, 0, 0.0005, 0.005]))
        rng.choice(ENDS)(context, made, rng)
        users.end()
        assert context.closed
        assert all(s.closed for s in made)


@pytest.mark.timeout(900)
def test_sockets_that_come_and_go_in_a_poller(
    context: zmq.Context, rng: random.Random, going: Callable[[], bool]
) -> None:
    """A thread waits in a poller; others register sockets there, close them and take them out."""
    poller = zmq.Poller()
    stop = threading.Event()
    failures: list[BaseException] = []

    def wait() -> None:
        while not stop.is_set():
            try:
                poller.poll(5)
            except zmq.ZMQError as error:
                if error.errno != zmq.ENOTSOCK:
                    failures.append(error)
            except BaseException as error:
                failures.append(error)

    def change(rng: random.Random) -> None:
        try:
            while not stop.is_set():
                s = context.socket(zmq.PAIR)
                poller.register(s, rng.choice([zmq.POLLIN, zmq.POLLOUT, 3]))
                shadow = zmq.Socket.shadow(s)
                if rng.random() < 0.3:
                    poller.register(shadow)
                s.poll(0)
                steps = [s.close, lambda s=s: poller.unregister(s)]
                if shadow in poller:
                    steps.append(lambda shadow=shadow: poller.unregister(shadow))
                in_any_order(rng, steps)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=wait, daemon=True) for _ in range(2)]
    threads += [
        threading.Thread(target=change, args=(random.Random(rng.random()),), daemon=True)
        for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    while going() and not failures:
        time.sleep(0.05)
    stop.set()
    for thread in threads:
        thread.join(ENDS_S)
        assert not thread.is_alive()
    assert not failures, failures
    assert poller.sockets == []
    assert poller.poll(0) == []


@pytest.mark.timeout(900)
def test_devices_end_with_their_sockets(rng: random.Random, going: Callable[[], bool]) -> None:
    while going():
        context = zmq.Context()
        s = context.socket(zmq.ROUTER)
        s.linger = 0
        users = Users(rng)
        users.add(s, [relay])
        time.sleep(rng.choice([0, 0.001, 0.005]))
        rng.choice([s.close, lambda context=context: context.destroy(0)])()
        users.end()
        context.destroy(0)
