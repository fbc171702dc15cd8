"""ZMQStream: what it does beyond what PyZMQ shows, see tests/helpers/compat/streams for that."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

pytest.importorskip("tornado", reason="Tornado is not installed")


import zmq
import zmq.asyncio
from helpers.loops import run, turns, until
from zmq.eventloop.zmqstream import ZMQStream

Pair = Callable[..., tuple[zmq.Socket, zmq.Socket]]


@pytest.fixture
def fairness() -> Iterator[Callable[..., None]]:
    yield zmq.set_fairness
    zmq.set_fairness()


# Every one of these makes libzmq take up what its peers have sent, and with it the signal.
def read_events(socket: zmq.Socket, other: zmq.Socket) -> None:
    socket.getsockopt(zmq.EVENTS)


def send_raw(socket: zmq.Socket, other: zmq.Socket) -> None:
    socket.send(b"raw")


def send_by_shadow(socket: zmq.Socket, other: zmq.Socket) -> None:
    other.send(b"shadow")


def poll_shadow(socket: zmq.Socket, other: zmq.Socket) -> None:
    other.poll(0)


class TestWakeUps:
    """Rule 3: whatever else is done with the socket, a stream learns of its messages."""

    @pytest.mark.parametrize("act", [read_events, send_raw, send_by_shadow, poll_shadow])
    def test_calls_beside_a_receiving_stream(self, pair: Pair, transport: str, act: Any) -> None:
        socket, peer = pair(transport=transport)

        async def main() -> None:
            other = zmq.Socket(shadow=socket)
            stream = ZMQStream(socket)
            got: list[list[bytes]] = []
            stream.on_recv(got.append)
            await turns()
            for i in range(50):
                peer.send(b"%d" % i)
                if i % 2:
                    await turns(i % 5)
                act(socket, other)
                await until(lambda: len(got) > i)  # noqa: B023
            assert got == [[b"%d" % i] for i in range(50)]
            stream.close()

        run(main)

    def test_a_thread_beside_a_receiving_stream(self, pair: Pair) -> None:
        socket, peer = pair(transport="tcp")
        over = threading.Event()

        def disturb() -> None:
            while not over.is_set():
                socket.getsockopt(zmq.EVENTS)

        async def main() -> None:
            stream = ZMQStream(socket)
            got: list[list[bytes]] = []
            stream.on_recv(got.append)
            for i in range(200):
                peer.send(b"%d" % i)
                await until(lambda: len(got) > i)  # noqa: B023
            over.set()
            thread.join()
            stream.close()

        thread = threading.Thread(target=disturb)
        thread.start()
        try:
            run(main)
        finally:
            over.set()
            thread.join()

    @pytest.mark.parametrize("act", [read_events, poll_shadow])
    def test_calls_beside_a_stream_that_waits_to_send(self, pair: Pair, act: Any) -> None:
        push, pull = pair(zmq.PUSH, zmq.PULL, "tcp", sndhwm=1, rcvhwm=1, sndbuf=4096, rcvbuf=4096)
        body = bytes(100_000)

        async def main() -> None:
            other = zmq.Socket(shadow=push)
            stream = ZMQStream(push)
            sent: list[Any] = []
            stream.on_send(lambda message, status: sent.append(status))
            for _ in range(100):
                stream.send(body)
            await turns(5)
            assert stream.sending()
            for i in range(100):
                await until(lambda: pull.poll(0))
                assert pull.recv() == body
                act(push, other)
                if i % 3:
                    await turns(i % 7)
                    act(push, other)
            await until(lambda: not stream.sending())
            assert sent == [None] * 100
            stream.close()

        run(main)

    def test_raw_receives_take_their_share_and_lose_nothing(self, pair: Pair) -> None:
        socket, peer = pair(zmq.PULL, zmq.PUSH)

        async def main() -> None:
            stream = ZMQStream(socket)
            got: list[bytes] = []
            stream.on_recv(got.extend)
            for i in range(500):
                peer.send(b"%d" % i)
                if i % 3 == 0:
                    with contextlib.suppress(zmq.Again):
                        got.append(socket.recv(zmq.DONTWAIT))
                if i % 10 == 0:
                    await turns(1)
            await until(lambda: len(got) == 500)
            assert sorted(map(int, got)) == list(range(500))
            stream.close()

        run(main)

    def test_a_stream_and_futures_share_a_socket(self, pair: Pair) -> None:
        socket, peer = pair(zmq.PULL, zmq.PUSH)

        async def main() -> None:
            future_socket = zmq.asyncio.Socket(shadow=socket)
            stream = ZMQStream(socket)
            got: list[bytes] = []
            first = future_socket.recv()
            await turns()
            stream.on_recv(got.extend)
            await turns()
            for i in range(3):
                peer.send(b"%d" % i)
            assert await first == b"0"
            await until(lambda: len(got) == 2)
            assert got == [b"1", b"2"]
            stream.close()

        run(main)


class TestFairness:
    """Rule 5: a flood leaves turns to others."""

    def test_receiving(self, pair: Pair, fairness: Callable[..., None]) -> None:
        socket, peer = pair(zmq.PULL, zmq.PUSH, rcvhwm=0, sndhwm=0)
        for i in range(2000):
            peer.send(b"%d" % i)

        async def main(limit: int) -> None:
            stream = ZMQStream(socket)
            got: list[list[bytes]] = []
            stream.on_recv(got.append)
            most = seen = 0
            while len(got) < 1000:
                await asyncio.sleep(0)
                most, seen = max(most, len(got) - seen), len(got)
            stream.stop_on_recv()
            # One pass over the queues may follow another before it is seen that time is up.
            assert limit <= most <= 2 * limit
            stream._engine.ring()
            stream.on_recv(None)

        fairness(messages=10, ms=0)
        run(lambda: main(10))
        fairness(messages=100, ms=0)
        run(lambda: main(100))

    def test_the_usual_limits(self, pair: Pair) -> None:
        socket, peer = pair(zmq.PULL, zmq.PUSH, rcvhwm=0, sndhwm=0)
        for _ in range(1000):
            peer.send(b"")

        async def main() -> None:
            stream = ZMQStream(socket)
            count = turned = 0
            slow = threading.Event()

            def received(message: list[bytes]) -> None:
                nonlocal count
                count += 1
                slow.wait(0.0002)  # so that 64 of them take longer than 1 ms

            stream.on_recv(received)
            while count < 1000:
                await asyncio.sleep(0)
                turned += 1
            assert turned >= 1000 // 64
            stream.close()

        run(main)

    def test_calling_back_after_sends(self, pair: Pair) -> None:
        push, _ = pair(zmq.PUSH, zmq.PULL, rcvhwm=0, sndhwm=0)

        async def main() -> None:
            stream = ZMQStream(push)
            count = turned = 0
            slow = threading.Event()

            def sent(message: list[bytes], status: Any) -> None:
                nonlocal count
                count += 1
                slow.wait(0.0002)

            stream.on_send(sent)
            for _ in range(1000):
                stream.send(b"")
            while count < 1000:
                await asyncio.sleep(0)
                turned += 1
            assert turned >= 1000 // 64
            stream.close()

        run(main)

    def test_calling_back_obeys_set_fairness(
        self, pair: Pair, fairness: Callable[..., None]
    ) -> None:
        push, _ = pair(zmq.PUSH, zmq.PULL, rcvhwm=0, sndhwm=0)
        fairness(messages=1, ms=0)

        async def main() -> None:
            stream = ZMQStream(push)
            turned = 0
            told_in: list[int] = []
            stream.on_send(lambda message, status: told_in.append(turned))
            for _ in range(10):
                stream.send(b"")
            while len(told_in) < 10:
                await asyncio.sleep(0)
                turned += 1
            assert len(set(told_in)) == 10
            stream.close()

        run(main)

    def test_an_echo_keeps_pace_with_a_flood(self, pair: Pair) -> None:
        """Messages to send do not pile up behind received ones."""
        socket, peer = pair(zmq.DEALER, zmq.DEALER, rcvhwm=0, sndhwm=0)
        for _ in range(5000):
            peer.send(b"")

        async def main() -> None:
            stream = ZMQStream(socket)
            waiting = []

            def echo(message: list[bytes]) -> None:
                stream.send_multipart(message)
                waiting.append(len(stream._sending.unsent))

            stream.on_recv(echo)
            await until(lambda: len(waiting) == 5000)
            assert max(waiting) == 0
            stream.close()

        run(main)


class TestSending:
    def test_what_waits_is_what_was_given(self, socket: Callable[..., zmq.Socket]) -> None:
        push, pull = socket(zmq.PUSH), socket(zmq.PULL)

        async def main() -> None:
            stream = ZMQStream(push)
            sent: list[Any] = []
            stream.on_send(lambda message, status: sent.append((message, status)))
            buffer = bytearray(b"before")
            message = [buffer]
            stream.send_multipart(message)
            tracked = [b"x" * 100_000]
            stream.send_multipart(tracked, copy=False, track=True)
            buffer[:] = b"after "
            push.bind("inproc://given")
            pull.connect("inproc://given")
            await until(lambda: len(sent) == 2)
            assert sent[0][0] is message
            assert sent[0][1] is None
            assert sent[1][0] is tracked
            assert isinstance(sent[1][1], zmq.MessageTracker)
            assert pull.recv() == b"before"
            assert pull.recv() == tracked[0]
            stream.close()

        run(main)

    def test_order(self, socket: Callable[..., zmq.Socket]) -> None:
        push, pull = socket(zmq.PUSH, sndhwm=5), socket(zmq.PULL, rcvhwm=5)
        push.bind("inproc://order")

        async def main() -> None:
            stream = ZMQStream(push)
            for i in range(100):
                stream.send(b"%d" % i)
            await turns()
            pull.connect("inproc://order")
            got: list[list[bytes]] = []
            sink = ZMQStream(pull)
            sink.on_recv(got.append)
            for i in range(100, 200):
                stream.send(b"%d" % i)
                if i % 7 == 0:
                    await turns(1)
            await until(lambda: len(got) == 200)
            assert got == [[b"%d" % i] for i in range(200)]
            stream.close()
            sink.close()

        run(main)

    def test_close_sends_what_the_socket_takes(self, pair: Pair) -> None:
        push, pull = pair(zmq.PUSH, zmq.PULL)

        async def main() -> None:
            stream = ZMQStream(push)
            stream.send(b"goodbye")
            stream.close()

        run(main)
        assert pull.recv() == b"goodbye"


class TestOverridden:
    """A subclass that sends and receives in its own way is asked."""

    def test_methods_of_the_socket(self, context: zmq.Context) -> None:
        class Marked(zmq.Socket):
            def recv_multipart(self, *args: Any, **kwargs: Any) -> Any:
                return [b"received", *super().recv_multipart(*args, **kwargs)]

            def send_multipart(self, msg_parts: Any, *args: Any, **kwargs: Any) -> Any:
                return super().send_multipart([b"sent", *msg_parts], *args, **kwargs)

        async def main() -> None:
            a = context.socket(zmq.PAIR, socket_class=Marked)
            b = context.socket(zmq.PAIR)
            a.bind("inproc://marked")
            stream = ZMQStream(a)
            sent: list[list[bytes]] = []
            got: list[list[bytes]] = []
            stream.on_recv(got.append)
            stream.on_send(lambda message, status: sent.append(message))
            stream.send(b"early")
            await turns(5)
            assert stream.sending()
            b.connect("inproc://marked")
            stream.send(b"late")
            b.send(b"x")
            await until(lambda: got and len(sent) == 2)
            assert got == [[b"received", b"x"]]
            assert sent == [[b"early"], [b"late"]]
            assert b.recv_multipart() == [b"sent", b"early"]
            assert b.recv_multipart() == [b"sent", b"late"]
            stream.close()
            b.close()

        run(main)
