"""zmq.anyio beside what every front has in common (tests/fronts): scopes, turns, contexts."""

from __future__ import annotations

import asyncio
import warnings
from collections.abc import Callable, Coroutine, Iterator
from contextlib import suppress
from functools import partial
from typing import Any

import anyio
import pytest

import zmq
import zmq.anyio
import zmq.asyncio
import zmq.core.engine
from helpers.anyio_sockets import Pair, anyio_pairs
from helpers.processes import run_python
from zmq.utils.monitor import recv_monitor_message

Main = Callable[[], Coroutine[Any, Any, Any]]
DEADLINE_S = 20.0


@pytest.fixture
def pair() -> Iterator[Pair]:
    with anyio_pairs() as pair:
        yield pair


@pytest.fixture(params=["asyncio", "trio"])
def run(request: pytest.FixtureRequest) -> Callable[[Main], Any]:
    """Runs a scenario on both backends of anyio; one that hangs fails."""

    def run(main: Main) -> Any:
        async def limited() -> Any:
            with anyio.fail_after(DEADLINE_S):
                return await main()

        return anyio.run(limited, backend=request.param)

    return run


# ---- calls ----


def test_a_call_that_is_not_awaited_does_nothing(run: Callable[[Main], Any], pair: Pair) -> None:
    async def main() -> None:
        a, b = pair()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)
            for call in (
                a.send(b"x"),
                a.send_multipart([b"x"]),
                a.send_many([b"x"]),
                a.send_string("x"),
                a.send_json(1),
                a.send_pyobj(1),
                a.send_serialized([b"x"], list),
            ):
                assert isinstance(call, Coroutine)
                call.close()
            assert await b.poll(0) == 0
            await a.send(b"kept")
            for call in (
                b.recv(),
                b.recv_multipart(),
                b.recv_many(),
                b.recv_string(),
                b.recv_into(bytearray(9)),
                b.recv_serialized(list),
                b.poll(),
            ):
                assert isinstance(call, Coroutine)
                call.close()
                del call
        assert await b.recv() == b"kept"

    run(main)


def test_what_is_there_is_received_in_a_cancelled_scope(
    run: Callable[[Main], Any], pair: Pair
) -> None:
    """No checkpoint for it; without a message the scope ends the call."""

    async def main() -> list[bytes]:
        a, b = pair()
        await a.send(b"1")
        await a.send(b"2")
        got = []
        with anyio.CancelScope() as scope:
            scope.cancel()
            got.append(await b.recv())
            got.append((await b.recv_multipart())[0])
            got.append(await b.recv())
        assert scope.cancelled_caught
        return got

    assert run(main) == [b"1", b"2"]


@pytest.mark.parametrize("how", ["recv", "send", "poll", "poller"])
def test_a_loop_that_never_has_to_wait_is_cancelled(
    run: Callable[[Main], Any], pair: Pair, how: str
) -> None:
    """It gives way now and then, and there the scope ends it."""

    async def main() -> None:
        a, b = pair(zmq.PUSH, zmq.PULL)
        raw = zmq.Socket.shadow(a.underlying)
        poller = zmq.anyio.Poller()
        poller.register(b, zmq.POLLIN)
        raw.send(b"")
        with anyio.CancelScope() as scope:
            scope.cancel()
            while True:
                if how == "recv":
                    raw.send(b"")
                    await b.recv()
                elif how == "send":
                    await a.send(b"")
                elif how == "poll":
                    assert await b.poll() == zmq.POLLIN
                else:
                    assert await poller.poll(0) == [(b, zmq.POLLIN)]
        assert scope.cancelled_caught

    run(main)


def test_a_send_that_is_cancelled_where_it_gives_way_is_not_sent(
    run: Callable[[Main], Any], pair: Pair
) -> None:
    async def main() -> None:
        a, b = pair(zmq.PUSH, zmq.PULL)
        total = 0
        for call in (
            partial(a.send, b"x"),
            partial(a.send_multipart, [b"x"]),
            partial(a.send_many, [b"x"]),
        ):
            sent = 0
            with anyio.CancelScope() as scope:
                scope.cancel()
                while True:
                    await call()
                    sent += 1
            assert scope.cancelled_caught
            received = 0
            with suppress(zmq.Again):
                while True:
                    await b.recv(zmq.DONTWAIT)
                    received += 1
            assert received == sent
            total += sent
        assert total > 0

    run(main)


def test_others_have_their_turns(run: Callable[[Main], Any], pair: Pair) -> None:
    async def main() -> None:
        a, b = pair(zmq.PUSH, zmq.PULL)
        turns = 0

        async def count() -> None:
            nonlocal turns
            while True:
                await anyio.lowlevel.checkpoint()
                turns += 1

        async with anyio.create_task_group() as group:
            group.start_soon(count)
            while turns < 50:
                await a.send(b"")
                await b.recv()
            group.cancel_scope.cancel()

    run(main)


def test_iteration_gives_messages(run: Callable[[Main], Any], pair: Pair) -> None:
    async def main() -> list[list[bytes]]:
        a, b = pair()
        async with anyio.create_task_group() as group:

            async def produce() -> None:
                for n in range(3):
                    await a.send_multipart([b"%d" % n, b"part"])
                    await anyio.sleep(0.001)

            group.start_soon(produce)
            got = []
            async with b:
                async for message in b:
                    got.append(message)
                    if len(got) == 3:
                        break
        assert b.closed
        return got

    assert run(main) == [[b"0", b"part"], [b"1", b"part"], [b"2", b"part"]]


def test_monitors(run: Callable[[Main], Any], pair: Pair) -> None:
    async def main() -> set[Any]:
        server, client = pair(zmq.REP, zmq.REQ)
        monitor = client.get_monitor_socket(zmq.EVENT_CONNECTED | zmq.EVENT_HANDSHAKE_SUCCEEDED)
        assert type(monitor) is zmq.anyio.Socket
        port = server.bind_to_random_port("tcp://127.0.0.1")
        client.connect(f"tcp://127.0.0.1:{port}")
        seen = {(await recv_monitor_message(monitor))["event"] for _ in range(2)}
        client.disable_monitor()
        monitor.close()
        return seen

    assert run(main) == {zmq.EVENT_CONNECTED, zmq.EVENT_HANDSHAKE_SUCCEEDED}


# ---- contexts ----


def test_the_end_of_a_context_does_not_block_the_loop(run: Callable[[Main], Any]) -> None:
    async def main() -> None:
        peers = zmq.Context()
        peer = peers.socket(zmq.PULL)
        port = peer.bind_to_random_port("tcp://127.0.0.1")
        peer.unbind(peer.last_endpoint)

        async def take() -> None:
            # The loop goes on while the context waits until its message is taken.
            await anyio.sleep(0.05)
            peer.bind(f"tcp://127.0.0.1:{port}")

        async with anyio.create_task_group() as group, zmq.anyio.Context() as context:
            socket = context.socket(zmq.PUSH)
            socket.connect(f"tcp://127.0.0.1:{port}")
            await socket.send(b"last words")
            group.start_soon(take)
        assert socket.closed
        assert context.closed
        assert peer.recv() == b"last words"
        peers.destroy(linger=0)

    run(main)


def test_the_end_of_a_context_can_be_cancelled(run: Callable[[Main], Any]) -> None:
    """Unsent messages stay on their way."""
    peers = zmq.Context()
    peer = peers.socket(zmq.PULL)
    port = peer.bind_to_random_port("tcp://127.0.0.1")
    peer.unbind(peer.last_endpoint)

    async def main() -> zmq.anyio.Context:
        with anyio.move_on_after(0.05) as scope:
            async with zmq.anyio.Context() as context:
                socket = context.socket(zmq.PUSH)
                socket.connect(f"tcp://127.0.0.1:{port}")
                await socket.send(b"last words")
        assert scope.cancelled_caught
        assert socket.closed
        return context

    context = run(main)
    peer.bind(f"tcp://127.0.0.1:{port}")
    assert peer.recv() == b"last words"
    context.term()
    peers.destroy(linger=0)


# ---- loops ----


def test_asyncio_and_anyio_sockets_wait_in_one_queue(pair: Pair) -> None:
    """Two handles of one socket, in one loop."""

    async def main() -> tuple[bytes, bytes]:
        a, b = pair()
        of_asyncio = zmq.asyncio.Socket.from_socket(b)
        first = of_asyncio.recv()
        second = asyncio.create_task(b.recv())
        await asyncio.sleep(0)
        await a.send(b"1")
        await a.send(b"2")
        return await first, await second

    assert asyncio.run(asyncio.wait_for(main(), DEADLINE_S)) == (b"1", b"2")


def test_without_a_loop(pair: Pair) -> None:
    _, b = pair()
    receiving = b.recv()
    with pytest.raises(RuntimeError, match="no running event loop"):
        receiving.send(None)


def test_only_the_loop_that_runs_is_imported() -> None:
    (line,) = run_python(
        """
        import sys
        import zmq.anyio
        before = {"asyncio", "trio", "anyio"} & set(sys.modules)
        import trio

        async def main():
            async with zmq.anyio.Context() as context, context.socket(zmq.PAIR) as socket:
                await socket.poll(1)

        trio.run(main)
        print(sorted(before), "zmq.loops.asyncio" in sys.modules, "anyio" in sys.modules)
        """
    )
    assert line == "[] False False"
