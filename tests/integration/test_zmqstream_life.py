"""ZMQStream: its end, its loops, its errors, its context variables."""

from __future__ import annotations

import asyncio
import contextvars
import gc
import logging
import threading
import weakref
from collections.abc import Callable
from typing import Any

import pytest

pytest.importorskip("tornado", reason="Tornado is not installed")

from tornado.ioloop import IOLoop

import zmq
import zmq.asyncio
from helpers.loops import DEADLINE_S, run, turns, until
from helpers.processes import run_python
from zmq.eventloop.zmqstream import ZMQStream

Pair = Callable[..., tuple[zmq.Socket, zmq.Socket]]


def error_of(call: Callable[..., Any], *args: Any) -> int | None:
    """Return the errno of the ZMQError that a call raises, if any."""
    try:
        call(*args)
    except zmq.ZMQError as error:
        return error.errno
    return None


class TestTheEnd:
    def test_the_socket_is_closed_by_a_thread(self, pair: Pair) -> None:
        socket, _ = pair()

        async def main() -> None:
            stream = ZMQStream(socket)
            closed = asyncio.Event()
            stream.set_close_callback(closed.set)
            stream.on_recv(print)
            await turns()
            closing = asyncio.create_task(asyncio.to_thread(socket.close))
            with pytest.warns(UserWarning, match="after closing socket"):
                await closed.wait()
            await closing
            assert stream.socket is None
            for use in (lambda: stream.send(b""), lambda: stream.on_recv(print), stream.flush):
                with pytest.raises(zmq.ZMQError) as raised:
                    use()
                assert raised.value.errno == zmq.ENOTSOCK
            assert stream.closed()
            assert not stream.receiving()
            with pytest.raises(OSError, match="stream is closed"):
                stream.send(b"")

        run(main)

    def test_the_socket_is_closed_and_the_loop_has_not_seen_it(
        self, pair: Pair, caplog: pytest.LogCaptureFixture
    ) -> None:
        socket, _ = pair()

        async def main() -> None:
            stream = ZMQStream(zmq.Socket.shadow(socket.underlying))
            stream.on_recv(print)
            socket.close()
            with pytest.warns(UserWarning, match="after closing socket"):
                await until(lambda: stream.socket is None)
            assert "closed socket" in caplog.text

        run(main)

    @pytest.mark.parametrize(
        ("use", "arguments"),
        [("closed", []), ("close", []), ("send", [b""]), ("on_recv", [print])],
    )
    def test_a_stream_that_does_nothing_notices_when_it_is_used(
        self, pair: Pair, use: str, arguments: list[Any]
    ) -> None:
        socket, _ = pair()

        async def main() -> None:
            stream = ZMQStream(socket)
            socket.close()
            with pytest.warns(UserWarning, match="after closing socket"):
                outcome = error_of(getattr(stream, use), *arguments)
            assert outcome == (zmq.ENOTSOCK if arguments else None)
            assert stream.closed()

        run(main)

    @pytest.mark.parametrize("busy", ["receiving", "sending"])
    def test_the_context_is_terminated(self, busy: str) -> None:
        """PyZMQ's stream stays open, and the context waits for it for ever."""
        context = zmq.Context()
        socket = context.socket(zmq.DEALER)

        async def main() -> None:
            stream = ZMQStream(socket)
            closed = asyncio.Event()
            stream.set_close_callback(closed.set)
            if busy == "receiving":
                stream.on_recv(print)
            else:
                stream.send(b"nobody is there")
            await turns()
            await asyncio.to_thread(context.term, 10)
            await closed.wait()
            assert stream.closed()
            assert socket.closed

        run(main)

    def test_sending_when_the_context_is_terminated(self) -> None:
        context = zmq.Context()
        stream_socket = context.socket(zmq.PUSH)

        async def main() -> None:
            stream = ZMQStream(stream_socket)
            with pytest.raises(zmq.TermTimeout):
                context.term(0.01)
            with pytest.raises(zmq.ContextTerminated):
                stream.send(b"")
            stream.close()
            assert stream.closed()

        run(main)
        context.term()

    def test_a_closed_stream_needs_no_garbage_collector(self, pair: Pair) -> None:
        socket, peer = pair()

        async def main() -> None:
            stream = ZMQStream(socket)
            stream.on_recv_stream(lambda one, message: one.send_multipart(message))
            stream.on_send_stream(print)
            stream.set_close_callback(stream.closed)
            peer.send(b"")
            await until(lambda: peer.poll(0))
            reference = weakref.ref(stream)
            stream.close()
            await turns()
            gc.disable()
            try:
                del stream
                assert reference() is None
            finally:
                gc.enable()

        run(main)

    def test_a_program_need_not_keep_its_streams(self, pair: Pair) -> None:
        socket, peer = pair()

        async def main() -> None:
            got: list[list[bytes]] = []
            ZMQStream(socket).on_recv(got.append)
            ZMQStream(peer).send(b"1")
            gc.collect()
            await until(lambda: got)
            assert not socket.closed
            assert not peer.closed

        run(main)
        # The sockets are the program's.
        peer.send(b"2")
        assert socket.recv() == b"2"

    def test_a_loop_that_is_closed(self, pair: Pair) -> None:
        socket, peer = pair()

        async def main() -> ZMQStream:
            stream = ZMQStream(socket)
            stream.on_recv(got.append)
            await turns()
            return stream

        got: list[list[bytes]] = []
        stream = run(main)
        peer.send(b"1")
        assert stream.flush() == 1
        assert got == [[b"1"]]
        stream.send(b"2")
        assert peer.recv() == b"2"
        stream.on_recv(None)
        stream.close()
        assert socket.closed

    def test_the_end_of_a_program_is_silent(self) -> None:
        code = """
            import asyncio, sys
            import zmq
            from tornado.ioloop import IOLoop
            from zmq.eventloop.zmqstream import ZMQStream

            async def slow(message):
                called.set()
                await asyncio.sleep(60)

            async def main():
                a, b = context.socket(zmq.PAIR), context.socket(zmq.PAIR)
                a.bind("inproc://a")
                b.connect("inproc://a")
                stream, far = ZMQStream(a), ZMQStream(b)
                stream.on_recv(slow)
                far.on_recv(print)
                far.send(b"1")
                await called.wait()
                waiting = ZMQStream(context.socket(zmq.PUSH))
                waiting.send(b"nobody")
                if sys.argv[1] == "close":
                    for one in (stream, far, waiting):
                        one.close(0)
                return stream, far, waiting

            context, called = zmq.Context(), asyncio.Event()
            streams = asyncio.run(main())
            context.destroy(linger=0)
            print("end")
        """
        for how in ("close", "leave"):
            assert run_python(code, how, options=["-X", "dev", "-W", "error"]) == ["end"]


class TestLoops:
    def test_a_stream_made_in_another_thread(self, pair: Pair) -> None:
        socket, peer = pair()
        loops: list[IOLoop] = []
        running = threading.Event()

        def serve() -> None:
            async def main() -> None:
                loops.append(IOLoop.current())
                running.set()
                await stop.wait()

            stop = asyncio.Event()
            stops.append(stop)
            asyncio.run(main())

        stops: list[asyncio.Event] = []
        thread = threading.Thread(target=serve)
        thread.start()
        assert running.wait(DEADLINE_S)
        in_thread: list[bool] = []
        arrived = threading.Event()

        def received(message: list[bytes]) -> None:
            in_thread.append(threading.current_thread() is thread)
            stream.send_multipart(message)
            arrived.set()

        stream = ZMQStream(socket, loops[0])
        stream.on_recv(received)
        peer.send(b"1")
        assert arrived.wait(DEADLINE_S)
        assert peer.recv() == b"1"
        stream.send(b"2")
        assert peer.recv() == b"2"
        stream.close()
        loops[0].add_callback(stops[0].set)
        thread.join()
        assert in_thread == [True]

    def test_two_loops_share_a_socket(self, pair: Pair) -> None:
        socket, peer = pair(zmq.PULL, zmq.PUSH)
        got: list[bytes] = []
        sent = threading.Event()

        def serve() -> None:
            async def main() -> None:
                stream = ZMQStream(socket)
                stream.on_recv(got.extend)
                await until(lambda: len(got) == 300)

            run(main)

        threads = [threading.Thread(target=serve) for _ in range(2)]
        for thread in threads:
            thread.start()
        for i in range(300):
            peer.send(b"%d" % i)
            sent.wait(0.0001)
        for thread in threads:
            thread.join(DEADLINE_S)
        assert sorted(map(int, got)) == list(range(300))

    def test_two_streams_in_one_loop_share_a_socket(self, pair: Pair) -> None:
        """PyZMQ refuses the second one."""
        socket, peer = pair(zmq.PULL, zmq.PUSH)

        async def main() -> None:
            got: list[bytes] = []
            streams = [ZMQStream(socket) for _ in range(2)]
            for stream in streams:
                stream.on_recv(got.extend)
            for i in range(10):
                peer.send(b"%d" % i)
            await until(lambda: len(got) == 10)
            streams[0].stop_on_recv()
            peer.send(b"10")
            await until(lambda: len(got) == 11)
            assert got == [b"%d" % i for i in range(11)]
            streams[0].close()
            with pytest.warns(UserWarning, match="after closing socket"):
                await until(streams[1].closed)

        run(main)

    def test_not_a_loop(self, pair: Pair) -> None:
        loop: Any = object()
        with pytest.raises(TypeError, match="IOLoop of Tornado"):
            ZMQStream(pair()[0], loop)


class TestErrors:
    def test_the_loop_is_told(self, pair: Pair, caplog: pytest.LogCaptureFixture) -> None:
        socket, peer = pair()

        async def main() -> None:
            told: list[Any] = []
            asyncio.get_running_loop().set_exception_handler(
                lambda loop, context: told.append(context["exception"])
            )
            stream = ZMQStream(socket)

            def fail(message: list[bytes]) -> None:
                raise ValueError(message)

            stream.on_recv(fail)
            peer.send(b"1")
            peer.send(b"2")
            await until(lambda: len(told) == 2)
            assert [error.args for error in told] == [([b"1"],), ([b"2"],)]
            stream.on_recv(None)
            stream.on_send(lambda message, status: 1 / 0)
            stream.send(b"x")
            await until(lambda: len(told) == 3)
            assert isinstance(told[2], ZeroDivisionError)
            stream.close()

        with caplog.at_level(logging.ERROR):
            run(main)
        records = [r for r in caplog.records if r.name == "tornado.general"]
        assert [type(r.exc_info[1]) for r in records if r.exc_info] == [
            ValueError,
            ValueError,
            ZeroDivisionError,
        ]

    def test_a_socket_that_cannot_receive(self, socket: Callable[..., zmq.Socket]) -> None:
        async def main() -> None:
            stream = ZMQStream(socket(zmq.PUSH))
            stream.on_recv(print)
            await turns(5)
            assert stream.receiving()
            assert not stream.closed()
            assert stream.flush() == 0
            stream.close()

        run(main)

    def test_time_outs_of_the_socket_do_not_count(self, pair: Pair) -> None:
        socket, peer = pair(zmq.DEALER, zmq.DEALER)
        socket.rcvtimeo = socket.sndtimeo = 5
        context = zmq.Context()

        async def main() -> None:
            lonely = context.socket(zmq.PUSH)
            lonely.sndtimeo = lonely.linger = 5
            stream, waiting = ZMQStream(socket), ZMQStream(lonely)
            got: list[list[bytes]] = []
            stream.on_recv(got.append)
            waiting.send(b"nobody")
            await asyncio.sleep(0.05)  # nothing shows that a time-out has not ended it
            assert waiting.sending()
            peer.send(b"late")
            await until(lambda: got)
            stream.close()
            waiting.close()

        run(main)
        context.term(10)

    def test_arguments_of_send(self, pair: Pair) -> None:
        socket, peer = pair()

        async def main() -> None:
            stream = ZMQStream(socket)
            with pytest.raises(AssertionError, match="callback is a function"):
                stream.on_recv_stream(5)  # type: ignore[arg-type]
            stream.send_multipart((b"1", b"2"))
            assert peer.recv_multipart() == [b"1", b"2"]
            stream.close()

        run(main)


class TestContextVariables:
    def test_each_callback_has_those_of_the_call_that_set_it(self, pair: Pair) -> None:
        name: contextvars.ContextVar[str] = contextvars.ContextVar("name", default="nobody")
        pairs = {who: pair() for who in ("anna", "bert")}

        async def main() -> None:
            got: list[tuple[str, str]] = []
            streams = []

            def ask(who: str) -> None:
                def received(message: list[bytes]) -> None:
                    got.append((who, name.get()))
                    name.set(f"{who} again")

                async def later(message: list[bytes]) -> None:
                    received(message)

                name.set(who)
                streams.append(ZMQStream(pairs[who][0]))
                streams[-1].on_recv(received if who == "anna" else later)

            for who in pairs:
                contextvars.copy_context().run(ask, who)
            for _ in range(2):
                for _, peer in pairs.values():
                    peer.send(b"")
                await until(lambda: len(got) % 2 == 0 and got)
                await turns(5)
            await until(lambda: len(got) == 4)
            assert [seen for who, seen in got if who == "anna"] == ["anna", "anna again"]
            # A task changes its own copy.
            assert [seen for who, seen in got if who == "bert"] == ["bert", "bert"]
            assert name.get() == "nobody"
            for stream in streams:
                stream.close()

        run(main)

    def test_a_stream_asked_again_within_its_callback(self, pair: Pair) -> None:
        name: contextvars.ContextVar[str] = contextvars.ContextVar("name", default="nobody")
        socket, peer = pair()

        async def main() -> None:
            got: list[str] = []
            stream = ZMQStream(socket)

            def first(message: list[bytes]) -> None:
                got.append(name.get())
                name.set("first")
                stream.on_recv(second)
                name.set("later")

            def second(message: list[bytes]) -> None:
                got.append(name.get())

            stream.on_recv(first)
            peer.send(b"1")
            await until(lambda: got)
            await turns()
            peer.send(b"2")
            await until(lambda: len(got) == 2)
            assert got == ["nobody", "first"]
            stream.close()

        run(main)
