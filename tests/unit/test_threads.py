"""Sockets used by several threads: nothing is lost, no thread waits for ever."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

import zmq
from helpers.waiting import until

Pair = Callable[..., tuple[zmq.Socket, zmq.Socket]]
Make = Callable[..., zmq.Socket]
ENDS_S = 10


@pytest.fixture
def background() -> Callable[..., Future]:
    """Calls in daemon threads: one that never ends fails its test and holds up nothing."""

    def start(call: Callable[..., object], *args: object) -> Future:
        future: Future = Future()
        started = threading.Event()

        def run() -> None:
            started.set()
            try:
                future.set_result(call(*args))
            except BaseException as error:
                future.set_exception(error)

        threading.Thread(target=run, daemon=True).start()
        started.wait()
        return future

    return start


def let_it_block(*futures: Future) -> None:
    """Time for threads to arrive at their wait; the test is right without it, only weaker."""
    time.sleep(0.05)
    assert not any(future.done() for future in futures)


def poll_with_poller(socket: zmq.Socket) -> list[tuple[object, int]]:
    poller = zmq.Poller()
    poller.register(socket, zmq.POLLIN)
    return poller.poll()


BLOCKING = {
    "recv": lambda s: s.recv(),
    "recv_frame": lambda s: s.recv(copy=False),
    "recv_multipart": lambda s: s.recv_multipart(),
    "recv_into": lambda s: s.recv_into(bytearray(9)),
    "recv_many": lambda s: s.recv_many(),
    "send": lambda s: s.send(b"x"),
    "send_multipart": lambda s: s.send_multipart([b"x", b"y"]),
    "send_many": lambda s: s.send_many([b"x", b"y"]),
    "poll": lambda s: s.poll(),
    "Poller.poll": poll_with_poller,
    "select": lambda s: zmq.select([s], [], []),
}


POLLERS = {"Poller.poll", "select"}  # which report a closed socket, as they may have others


def end_of(future: Future, socket: zmq.Socket) -> int:
    """The number of the error that a call ends with; ENOTSOCK for a poller's report as well."""
    try:
        found = future.result(ENDS_S)
    except zmq.ZMQError as error:
        return int(error.errno)
    assert found in ([(socket, zmq.POLLERR)], ([], [], [socket]))
    return int(zmq.ENOTSOCK)


@pytest.fixture
def lonely(socket: Make) -> zmq.Socket:
    """A socket without a peer, on which every call blocks."""
    return socket(zmq.DEALER, rcvtimeo=-1, sndtimeo=-1)


@pytest.mark.parametrize("call", BLOCKING)
def test_close_wakes_a_blocked_call(
    lonely: zmq.Socket, background: Callable[..., Future], call: str
) -> None:
    future = background(BLOCKING[call], lonely)
    let_it_block(future)
    lonely.close(0)
    if call not in POLLERS:
        with pytest.raises(zmq.ZMQError, match="socket is closed"):
            future.result(ENDS_S)
    assert end_of(future, lonely) == zmq.ENOTSOCK


@pytest.mark.parametrize("call", BLOCKING)
def test_closing_a_shadow_wakes_a_blocked_call(
    lonely: zmq.Socket, background: Callable[..., Future], call: str
) -> None:
    future = background(BLOCKING[call], lonely)
    let_it_block(future)
    zmq.Socket.shadow(lonely).close(0)
    assert end_of(future, lonely) == zmq.ENOTSOCK


@pytest.mark.parametrize("call", BLOCKING)
def test_term_wakes_a_blocked_call(background: Callable[..., Future], call: str) -> None:
    context = zmq.Context()
    socket = context.socket(zmq.DEALER)
    socket.linger = 0
    future = background(BLOCKING[call], socket)
    let_it_block(future)
    term = background(context.term)
    with pytest.raises(zmq.ContextTerminated):
        future.result(ENDS_S)
    socket.close(0)
    term.result(ENDS_S)


@pytest.mark.parametrize("call", BLOCKING)
def test_destroy_wakes_a_blocked_call(background: Callable[..., Future], call: str) -> None:
    context = zmq.Context()
    socket = context.socket(zmq.DEALER)
    future = background(BLOCKING[call], socket)
    let_it_block(future)
    background(context.destroy, 0).result(ENDS_S)
    assert end_of(future, socket) in (zmq.ENOTSOCK, zmq.ETERM)


def test_many_threads_are_woken_by_close(
    lonely: zmq.Socket, background: Callable[..., Future]
) -> None:
    futures = [background(call, lonely) for call in list(BLOCKING.values()) * 2]
    let_it_block(*futures)
    lonely.close(0)
    assert [end_of(future, lonely) for future in futures] == [zmq.ENOTSOCK] * len(futures)


def test_send_while_another_thread_receives(
    pair: Pair, transport: str, background: Callable[..., Future]
) -> None:
    a, b = pair(zmq.DEALER, zmq.DEALER, transport, rcvtimeo=-1)
    future = background(a.recv)
    let_it_block(future)
    for n in range(100):
        a.send(str(n).encode())
    assert [b.recv() for _ in range(100)] == [str(n).encode() for n in range(100)]
    b.send(b"at last")
    assert future.result(ENDS_S) == b"at last"


def test_receivers_share_a_socket(pair: Pair, transport: str) -> None:
    """Each message is received once, by one of the threads."""
    a, b = pair(zmq.PUSH, zmq.PULL, transport, rcvtimeo=-1, sndtimeo=-1, hwm=0)
    count, threads = 4000, 6

    def receive() -> list[bytes]:
        mine = []
        while (data := b.recv()) != b"stop":
            mine.append(data)
        return mine

    with ThreadPoolExecutor(threads) as pool:
        futures = [pool.submit(receive) for _ in range(threads)]
        for n in range(count):
            a.send(b"%d" % n)
        for _ in range(threads):
            a.send(b"stop")
        received = [data for future in futures for data in future.result(20)]
    assert sorted(received, key=int) == [b"%d" % n for n in range(count)]


def test_senders_share_a_socket(pair: Pair, transport: str) -> None:
    """Messages of several parts are not mixed, and each thread's stay in order."""
    a, b = pair(zmq.PUSH, zmq.PULL, transport, hwm=0)
    count, threads = 800, 5

    def send(thread: int) -> None:
        for n in range(count):
            a.send_multipart([b"%d" % thread, b"%d" % n, b"%d" % thread])

    with ThreadPoolExecutor(threads) as pool:
        futures = [pool.submit(send, thread) for thread in range(threads)]
        messages = [b.recv_multipart() for _ in range(count * threads)]
        for future in futures:
            future.result(20)
    for thread in range(threads):
        mine = [m for m in messages if m[0] == b"%d" % thread]
        assert mine == [[b"%d" % thread, b"%d" % n, b"%d" % thread] for n in range(count)]


def test_threads_share_a_dealer_in_both_directions(pair: Pair) -> None:
    a, b = pair(zmq.DEALER, zmq.DEALER, "tcp", hwm=0, rcvtimeo=-1, sndtimeo=-1)
    count, threads = 500, 4

    def echo() -> None:
        for _ in range(count * threads):
            b.send(b.recv())

    def work(thread: int) -> list[bytes]:
        got = []
        for n in range(count):
            a.send(b"%d-%d" % (thread, n))
            got.append(a.recv())
        return got

    with ThreadPoolExecutor(threads + 1) as pool:
        echoing = pool.submit(echo)
        futures = [pool.submit(work, thread) for thread in range(threads)]
        received = [data for future in futures for data in future.result(25)]
        echoing.result(25)
    expected = {b"%d-%d" % (t, n) for t in range(threads) for n in range(count)}
    assert len(received) == len(expected)
    assert set(received) == expected


HAMMERS = {
    "events": lambda s: s.getsockopt(zmq.EVENTS),
    "poll": lambda s: s.poll(0),
    "send": lambda s: send_if_there_is_room(s),
    "Poller.poll": lambda s: poll_once(s),
    "fd": lambda s: s.fileno(),
}


def send_if_there_is_room(socket: zmq.Socket) -> None:
    with contextlib.suppress(zmq.Again):
        socket.send(b"noise", zmq.NOBLOCK)


def poll_once(socket: zmq.Socket) -> None:
    poller = zmq.Poller()
    poller.register(socket)
    poller.poll(0)


@pytest.mark.parametrize("hammer", HAMMERS)
@pytest.mark.parametrize("waiting", ["recv", "poll", "Poller.poll"])
def test_no_wake_up_is_lost(
    pair: Pair, background: Callable[..., Future], hammer: str, waiting: str
) -> None:
    """A thread that waits is woken though another one reads the socket's state all the time."""
    a, b = pair(zmq.DEALER, zmq.DEALER, "tcp", rcvtimeo=-1, hwm=50)
    stop = threading.Event()

    def noise() -> None:
        while not stop.is_set():
            HAMMERS[hammer](a)

    def wait_and_receive() -> bytes:
        if waiting != "recv":
            assert BLOCKING[waiting](a)
        return a.recv()

    noisy = background(noise)
    try:
        for n in range(50):
            future = background(wait_and_receive)
            b.send(b"%d" % n)
            assert future.result(ENDS_S) == b"%d" % n
            if b.poll(0):
                b.recv_many(500)
    finally:
        stop.set()
    noisy.result(ENDS_S)


def test_a_thread_in_poll_and_one_in_recv_both_go_on(
    pair: Pair, background: Callable[..., Future]
) -> None:
    a, b = pair(zmq.DEALER, zmq.DEALER, "tcp", rcvtimeo=-1)
    polling, receiving = background(b.poll), background(b.recv)
    let_it_block(polling, receiving)
    a.send(b"1")
    assert receiving.result(ENDS_S) == b"1"
    a.send(b"2")
    assert polling.result(ENDS_S) == zmq.POLLIN
    assert b.recv() == b"2"


def test_a_full_sender_goes_on_when_there_is_room(
    pair: Pair, background: Callable[..., Future]
) -> None:
    a, b = pair(zmq.PUSH, zmq.PULL, "inproc", sndtimeo=-1, hwm=1)
    sent = 0
    while a.poll(0, zmq.POLLOUT):
        a.send(b"%d" % sent)
        sent += 1
    future = background(a.send, b"last")
    let_it_block(future)
    received = [b.recv() for _ in range(sent + 1)]
    future.result(ENDS_S)
    assert received[-1] == b"last"


def test_sockets_are_opened_and_closed_by_many_threads(context: zmq.Context) -> None:
    def work(thread: int) -> int:
        done = 0
        for n in range(40):
            with context.socket(zmq.PAIR) as a, context.socket(zmq.PAIR) as b:
                a.linger = b.linger = 0
                a.rcvtimeo = 10_000
                a.bind(f"inproc://open-{thread}-{n}")
                b.connect(f"inproc://open-{thread}-{n}")
                b.send(b"x")
                done += a.recv() == b"x"
        return done

    with ThreadPoolExecutor(6) as pool:
        assert sum(pool.map(work, range(6))) == 240


def test_close_while_others_send_and_receive(context: zmq.Context) -> None:
    """A thread that uses the socket at that moment gets an exception, never a crash."""
    for _ in range(20):
        a, b = context.socket(zmq.DEALER), context.socket(zmq.DEALER)
        a.linger = b.linger = 0
        a.bind("inproc://race")
        b.connect("inproc://race")
        ended: list[int] = []

        def use(
            call: Callable[[zmq.Socket], object],
            a: zmq.Socket = a,
            ended: list[int] = ended,
        ) -> None:
            try:
                while call(a) != [(a, zmq.POLLERR)]:
                    pass
                ended.append(int(zmq.ENOTSOCK))
            except zmq.ZMQError as error:
                ended.append(int(error.errno))

        calls = [BLOCKING[name] for name in ("send", "recv", "poll", "Poller.poll")]
        threads = [threading.Thread(target=use, args=(call,), daemon=True) for call in calls]
        for thread in threads:
            thread.start()
        for _ in range(50):
            b.send(b"x")
        a.close(0)
        for thread in threads:
            thread.join(ENDS_S)
        # ENOTSUP is for a poll that begins when the socket is closed.
        assert len(ended) == len(threads)
        assert set(ended) <= {zmq.ENOTSOCK, zmq.ENOTSUP}
        b.close(0)


def test_a_dropped_socket_of_another_thread_is_closed(context: zmq.Context) -> None:
    thread = threading.Thread(target=lambda: context.socket(zmq.PUSH))
    with pytest.warns(ResourceWarning):  # noqa: PT031 - some time after the thread's start
        thread.start()
        thread.join()
        until(lambda: "0 socket" in repr(context) or "()" in repr(context))
