"""Authenticators in event loops: real handshakes over tcp, and their beginnings and ends."""

from __future__ import annotations

import asyncio
import gc
import logging
import threading
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

import zmq
import zmq.asyncio
from zmq.auth.asyncio import AsyncioAuthenticator

needs_curve = pytest.mark.skipif(not zmq.has("curve"), reason="libzmq was built without CURVE")
DEADLINE_S = 20.0


def kinds() -> list[Any]:
    missing = pytest.mark.skip(reason="Tornado is not installed")
    try:
        from zmq.auth.ioloop import IOLoopAuthenticator
    except ModuleNotFoundError:
        return [AsyncioAuthenticator, pytest.param(None, marks=missing, id="IOLoopAuthenticator")]
    return [AsyncioAuthenticator, IOLoopAuthenticator]


KINDS = kinds()


def run(main: Callable[[], Coroutine[Any, Any, Any]]) -> Any:
    async def bounded() -> Any:
        return await asyncio.wait_for(main(), DEADLINE_S)

    return asyncio.run(bounded())


def server(context: zmq.Context) -> tuple[zmq.Socket, str]:
    socket = context.socket(zmq.PULL)
    socket.linger = 0
    socket.zap_domain = b"global"
    return socket, "tcp://127.0.0.1:*"


async def accepted(context: zmq.Context, address: bytes, **options: Any) -> bool:
    """Whether a client with these options gets through its handshake."""
    client = context.socket(zmq.PUSH)
    client.linger = 0
    for name, value in options.items():
        setattr(client, name, value)
    monitor = zmq.asyncio.Socket(
        shadow=client.get_monitor_socket(
            zmq.EVENT_HANDSHAKE_SUCCEEDED | zmq.EVENT_HANDSHAKE_FAILED_AUTH
        )
    )
    client.connect(address.rstrip(b"\0").decode())
    event = int.from_bytes((await monitor.recv_multipart())[0][:2], "little")
    client.disable_monitor()
    monitor.close()
    client.close()
    return event == zmq.EVENT_HANDSHAKE_SUCCEEDED


@pytest.mark.parametrize("kind", KINDS)
class TestHandshakes:
    def test_plain(self, context: zmq.Context, kind: Any) -> None:
        async def main() -> None:
            authenticator = kind(context)
            authenticator.start()
            authenticator.configure_plain("global", {"anna": "sesame"})
            socket, address = server(context)
            socket.plain_server = True
            socket.bind(address)
            at = socket.last_endpoint
            assert await accepted(context, at, plain_username=b"anna", plain_password=b"sesame")
            assert not await accepted(context, at, plain_username=b"anna", plain_password=b"x")
            assert await accepted(context, at, plain_username=b"anna", plain_password=b"sesame")
            authenticator.stop()
            assert authenticator.zap_socket is None
            authenticator.stop()
            socket.close()

        run(main)

    @needs_curve
    def test_a_provider_that_takes_its_time(self, context: zmq.Context, kind: Any) -> None:
        class Provider:
            def __init__(self) -> None:
                self.asked: list[tuple[str, bytes]] = []

            async def callback(self, domain: str, key: bytes) -> bool:
                self.asked.append((domain, key))
                await asyncio.sleep(0.01)
                if len(self.asked) == 3:
                    raise ValueError("no database")
                return len(self.asked) == 1

        async def main() -> None:
            provider = Provider()
            public, secret = zmq.curve_keypair()
            own_public, own_secret = zmq.curve_keypair()
            authenticator = kind(context, log=logging.getLogger("quiet"))
            authenticator.log.propagate = False
            authenticator.log.addHandler(logging.NullHandler())
            authenticator.start()
            authenticator.configure_curve_callback("global", provider)
            socket, address = server(context)
            socket.curve_server = True
            socket.curve_publickey, socket.curve_secretkey = public, secret
            socket.bind(address)
            outcomes = [
                await accepted(
                    context,
                    socket.last_endpoint,
                    curve_serverkey=public,
                    curve_publickey=own_public,
                    curve_secretkey=own_secret,
                )
                for _ in range(3)
            ]
            assert outcomes == [True, False, False]
            assert provider.asked[0] == ("global", own_public)
            authenticator.stop()
            socket.close()

        run(main)


@pytest.mark.parametrize("kind", KINDS)
class TestLife:
    def test_many_times(self, context: zmq.Context, kind: Any) -> None:
        async def main() -> None:
            authenticator = kind(context)
            for i in range(20):
                authenticator.start()
                with pytest.raises(zmq.ZMQError, match="stop it first") as caught:
                    authenticator.start()
                assert caught.value.errno == zmq.EADDRINUSE
                if i % 2:
                    await asyncio.sleep(0)
                authenticator.stop()

        run(main)

    def test_goes_on_without_a_reference(self, context: zmq.Context, kind: Any) -> None:
        class Provider:
            async def callback(self, domain: str, key: bytes) -> bool:
                await asyncio.sleep(0.01)
                gc.collect()
                return True

        async def main() -> None:
            def set_up() -> None:
                authenticator = kind(context)
                authenticator.start()
                authenticator.configure_curve_callback("global", Provider())

            set_up()
            gc.collect()
            await asyncio.sleep(0.01)
            gc.collect()
            request = [b"1.0", b"1", b"global", b"::1", b"", b"CURVE", bytes(32)]
            with zmq.asyncio.Socket(context, zmq.REQ) as client:
                client.linger, client.rcvtimeo = 0, 5000
                client.connect("inproc://zeromq.zap.01")
                for _ in range(2):
                    await client.send_multipart(request)
                    assert (await client.recv_multipart())[2] == b"200"

        run(main)

    def test_without_a_loop(self, context: zmq.Context, kind: Any) -> None:
        def start() -> None:
            with pytest.raises(RuntimeError):
                authenticator.start()

        authenticator = kind(context)
        # In a thread that no loop was ever set for.
        thread = threading.Thread(target=start)
        thread.start()
        thread.join()
        assert authenticator.zap_socket is None
        authenticator.stop()

    def test_before_the_loop_runs(self, context: zmq.Context, kind: Any) -> None:
        async def main() -> None:
            with zmq.asyncio.Socket(context, zmq.REQ) as client:
                client.linger, client.rcvtimeo = 0, 5000
                client.connect("inproc://zeromq.zap.01")
                await client.send_multipart([b"1.0", b"1", b"", b"::1", b"", b"NULL"])
                assert (await client.recv_multipart())[2] == b"200"
            authenticator.stop()
            await asyncio.sleep(0.01)

        loop = asyncio.new_event_loop()
        asyncio.set_event_loop(loop)
        try:
            authenticator = kind(context)
            authenticator.start()
            loop.run_until_complete(asyncio.wait_for(main(), DEADLINE_S))
        finally:
            asyncio.set_event_loop(None)
            loop.close()

    def test_stopped_by_a_thread(self, context: zmq.Context, kind: Any) -> None:
        async def main() -> None:
            authenticator = kind(context)
            authenticator.start()
            await asyncio.sleep(0.01)
            tasks = asyncio.all_tasks() - {asyncio.current_task()}
            await asyncio.to_thread(authenticator.stop)
            await asyncio.wait([task for task in tasks if task.get_name() == "zmq-auth"])

        run(main)

    def test_the_context_ends_first(self, kind: Any) -> None:
        context = zmq.Context()

        async def main() -> None:
            authenticator = kind(context)
            authenticator.start()
            await asyncio.sleep(0.01)
            await asyncio.to_thread(context.term, 10)
            assert authenticator.zap_socket.closed
            authenticator.stop()

        run(main)

    def test_the_loop_ends_first(self, context: zmq.Context, kind: Any) -> None:
        async def main() -> Any:
            authenticator = kind(context)
            authenticator.start()
            await asyncio.sleep(0)
            return authenticator

        authenticator = run(main)
        authenticator.stop()
        assert authenticator.zap_socket is None

    @needs_curve
    def test_stop_while_a_provider_is_at_work(self, context: zmq.Context, kind: Any) -> None:
        async def main() -> None:
            entered, cancelled = asyncio.Event(), asyncio.Event()

            class Provider:
                async def callback(self, domain: str, key: bytes) -> bool:
                    entered.set()
                    try:
                        await asyncio.sleep(60)
                    finally:
                        cancelled.set()
                    return True

            public, secret = zmq.curve_keypair()
            authenticator = kind(context)
            authenticator.start()
            authenticator.configure_curve_callback("global", Provider())
            socket, address = server(context)
            socket.curve_server = True
            socket.curve_publickey, socket.curve_secretkey = public, secret
            socket.bind(address)
            client = context.socket(zmq.PUSH)
            client.linger = 0
            client.curve_serverkey = public
            client.curve_publickey, client.curve_secretkey = zmq.curve_keypair()
            client.connect(socket.last_endpoint.rstrip(b"\0").decode())
            await entered.wait()
            authenticator.stop()
            await cancelled.wait()
            client.close()
            socket.close()

        run(main)


def test_a_loop_that_is_given(context: zmq.Context) -> None:
    loop = asyncio.new_event_loop()
    with pytest.warns(DeprecationWarning, match="loop"):
        authenticator = AsyncioAuthenticator(context, loop)
    authenticator.start()
    authenticator.configure_plain("global", {"anna": "sesame"})
    socket, address = server(context)
    socket.plain_server = True
    socket.bind(address)

    async def ask() -> bool:
        return await accepted(
            context, socket.last_endpoint, plain_username=b"anna", plain_password=b"sesame"
        )

    assert loop.run_until_complete(asyncio.wait_for(ask(), DEADLINE_S))
    authenticator.stop()
    loop.run_until_complete(asyncio.sleep(0))
    loop.close()
    socket.close()


def test_a_loop_of_tornado(context: zmq.Context) -> None:
    ioloop = pytest.importorskip("tornado.ioloop", reason="Tornado is not installed")
    from zmq.auth.ioloop import IOLoopAuthenticator

    loop = ioloop.IOLoop(make_current=False)
    thread = threading.Thread(target=loop.start)
    with pytest.warns(DeprecationWarning, match="io_loop"):
        authenticator = IOLoopAuthenticator(context, io_loop=loop)
    authenticator.configure_plain("global", {"anna": "sesame"})
    authenticator.start()
    thread.start()
    socket, address = server(context)
    socket.plain_server = True
    socket.bind(address)
    assert run(
        lambda: accepted(
            context, socket.last_endpoint, plain_username=b"anna", plain_password=b"sesame"
        )
    )
    authenticator.stop()
    loop.add_callback(loop.stop)
    thread.join()
    loop.close()
    socket.close()
